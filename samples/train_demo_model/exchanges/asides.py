"""What players say beside their question: thanks for the last answer, or something of themselves."""

from __future__ import annotations

from dataclasses import replace

from npc_sdk.backend import Message, Role
from train_demo_model.exchanges import facts, memory, news
from train_demo_model.scene import Beat, Scene

_POLITE = ("thanks", "compliment", "small_talk", "agree", "good_news", "bad_news")
_TELLS = 0.6  # share of asides in which the player tells something to remember


def ask_beside(scene: Scene) -> Beat | None:
    """An aside and a question about the sheet in one message; the NPC answers the question."""
    asked = scene.rng.choice((facts.ask_fact, facts.ask_fact, facts.ask_self))(scene)
    if asked is None or len(asked.messages) != 2:
        return None
    if scene.rng.random() < _TELLS:
        tell = scene.rng.choice((memory.tell, news.tell_news))(scene)
        return replace(_with_aside(asked, tell.asked), told=tell.told, heard=tell.heard) if tell else None
    text = scene.ask(scene.rng.choice(_POLITE))
    aside = scene.player.say(text, scene.cast.own, bare=True) if text else ""
    return _with_aside(asked, aside) if aside and not aside.endswith("?") else None


def _with_aside(beat: Beat, aside: str) -> Beat:
    stopped = aside if aside[-1:] in ".!?" else f"{aside}."
    return replace(beat, messages=(Message(Role.USER, f"{stopped} {beat.asked}"), *beat.messages[1:]))
