"""What players tell in passing, in words of their own, and whether the NPC remembers it."""

from __future__ import annotations

from train_demo_model.cast import Fact
from train_demo_model.exchanges.facts import key_values, question_label
from train_demo_model.frames import Frame
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import can_fill, values_for

_TRIES = 6


def tell_news(scene: Scene) -> Beat | None:
    """The player tells something; the NPC takes note."""
    frame = _fresh_frame(scene)
    if frame is None:
        return None
    values = values_for(frame.all_slots, scene.words, scene.cast.own)
    text = scene.rng.choice(frame.statements)
    fact = Fact(frame, values, text.fill(values), "heard")
    asked = scene.player.say(text, values, exact=True, bare=True)
    return Beat("tell", said(asked, scene.voice.line("noted")), None, "noted", heard=fact)


def recall_news(scene: Scene) -> Beat | None:
    """Asked for it, the NPC says what it was told."""
    for _ in range(_TRIES if scene.heard else 0):
        fact = scene.rng.choice(scene.heard)
        question = scene.rng.choice(fact.frame.questions)
        ask = scene.player.choose(question.asks, scene.split, fact.values)
        if ask is None:
            continue
        keys = key_values(fact, ask, question.answers)
        line = scene.voice.answer(scene.answer_to(question), fact.values)
        asked = scene.player.say(ask, fact.values)
        return Beat(
            "recall", said(asked, line), Check(contains=keys) if keys else None, question_label(fact, question)
        )
    return None


def ask_unheard(scene: Scene) -> Beat | None:
    """Asked for something that the player never told, the NPC says so."""
    frame = _fresh_frame(scene) if not scene.heard else None
    if frame is None:
        return None
    values = values_for(frame.all_slots, scene.words, scene.cast.own)
    ask = scene.player.choose(scene.rng.choice(frame.questions).asks, scene.split, values)
    if ask is None:
        return None
    line = scene.voice.line("not_told")
    return Beat("untold", said(scene.player.say(ask, values), line), Check(says="not_told"), "not_told")


def _fresh_frame(scene: Scene) -> Frame | None:
    """A kind of news that did not come up yet."""
    known = {fact.frame for fact in scene.heard}
    for _ in range(_TRIES if scene.banks.told else 0):
        frame = scene.rng.choice(scene.banks.told)
        allowed = scene.split == "new" or not frame.unseen
        if allowed and frame not in known and can_fill(frame.all_slots, scene.cast.own):
            return frame
    return None
