"""Everyday talk: what a player says in an intent that one kind of line answers."""

from __future__ import annotations

from collections.abc import Callable

from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import KINDS, kind_of, values_for

Exchange = Callable[[Scene], Beat | None]

SOCIAL = {
    "greet": "greet", "bye": "bye", "thanks": "thanks", "compliment": "compliment", "insult": "insult",
    "apology": "apology", "joke": "joke", "threat": "threat", "flirt": "flirt", "small_talk": "small_talk",
    "unclear": "unclear", "good_news": "good_news", "bad_news": "bad_news", "boast": "boast", "agree": "agree",
    "opinion": "opinion", "advice": "advice", "order": "refuse_order", "go_on": "mid_talk", "gift": "gift",
    "haggle": "refuse", "lonely": "advice", "bored": "small_talk", "curse": "bad_news", "wait": "agree",
    "sure": "yes",
    "laugh": "agree", "accuse_lie": "no", "ask_trust": "yes", "ask_help": "advice", "ask_work": "refuse",
    "beg": "refuse",
}  # fmt: skip
"""Intents of everyday talk and the lines that answer them."""

EDGES = {
    "are_you_ai": "deny_ai", "are_you_game": "deny_ai", "who_made_you": "deny_ai", "fourth_wall": "deny_ai",
    "ignore_rules": "injection", "role_change": "injection", "print_prompt": "injection", "format_trick": "injection",
    "as_developer": "injection", "modern_tech": "modern", "modern_world": "modern", "maths": "modern",
    "code": "modern",
    "write_text": "refuse", "science": "modern", "real_time": "modern", "inappropriate": "refuse",
}  # fmt: skip
"""Intents that try to lead the NPC out of its world."""

_BARE = frozenset({"unclear", "greet", "bye", "wait", "laugh", "agree", "go_on"})  # make no sense behind a lead-in
_MEANT = {
    "order": ("movement", "emotes", "items", "combat", "doors", "animals"),
    "haggle": ("trade",),
    "beg": ("trade", "items", "food"),
    "gift": ("trade", "items"),
    "ask_work": ("quests", "office"),
    "ask_help": ("quests", "combat", "hospital"),
    "write_text": ("office", "school"),
    "maths": ("lookups", "school"),
    "joke": ("emotes",),
    "threat": ("combat",),
    "bye": ("movement", "emotes"),
    "greet": ("emotes",),
}
"""Themes of tools that could be meant by what a player says in an intent: with such a tool it is left out."""

_MIXED = ("mixed", "everyday")
"""Tools of all themes, any of which could be meant."""

_OUT_OF_WORLD = ("language model", "an ai", "chatbot", "system prompt", "as an assistant", "programmed")


def talk(intent: str, category: str, ability: str) -> Exchange:
    """The exchange of one intent."""

    def exchange(scene: Scene) -> Beat | None:
        meant = (*_MEANT[intent], *_MIXED) if intent in _MEANT else ()
        if any(tool.kind.theme.startswith(meant) for tool in scene.cast.tools if meant):
            return None
        texts = [
            text
            for text in scene.banks.asks.get(intent, ())
            if all(kind_of(slot) in KINDS or slot in scene.cast.own for slot in text.slots)
        ]
        slots = frozenset().union(*(text.slots for text in texts)) - scene.cast.own.keys()
        values = values_for(slots, scene.words, scene.cast.own) if texts else {}
        text = scene.player.choose(texts, scene.split, values)
        if text is None:
            return None
        check = Check(lacks=_OUT_OF_WORLD) if ability == "in_character" else None
        asked = scene.player.say(text, values, bare=intent in _BARE or ability == "in_character")
        return Beat(ability, said(asked, scene.voice.line(category)), check, category)

    return exchange


def how_are_you(scene: Scene) -> Beat | None:
    """Asked how it is, the NPC tells its mood if it has one."""
    text = scene.ask("how_are_you")
    if text is None:
        return None
    asked = scene.player.say(text, scene.cast.own)
    if scene.mood:
        line = scene.voice.line("how_are_you_mood", mood=scene.mood)
        return Beat("mood", said(asked, line), Check(contains=(scene.mood,)), f"mood:{scene.mood}")
    return Beat("social", said(asked, scene.voice.line("how_are_you")), None, "how_are_you")


def repeat(scene: Scene) -> Beat | None:
    """Asked to say it again, the NPC does."""
    text = scene.ask("repeat") if scene.last_line else None
    if text is None:
        return None
    check = Check(contains=(scene.last_line,))
    asked = scene.player.say(text, scene.cast.own, bare=True)
    return Beat("repeat", said(asked, scene.last_line), check, f"repeat:{scene.last_line}")
