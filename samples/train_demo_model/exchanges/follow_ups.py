"""What only makes sense after something was asked: "Why?", "And Aldo?", "I don't understand."."""

from __future__ import annotations

from train_demo_model.cast import Fact
from train_demo_model.exchanges.facts import key_values, quoted, unambiguous
from train_demo_model.frames import Question
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.template import Template

_OTHER = 0.35  # share of follow-ups about another of the same kind, where there is one
_CLARIFIED = 0.08


def follow_up(scene: Scene, fact: Fact, question: Question | None) -> Beat | None:
    """Something said about the fact that was just talked of.

    Args:
        scene: the dialogue.
        fact: what was just talked of.
        question: what was asked of it.
    """
    chance = scene.rng.random()
    if question and chance < _OTHER and (beat := _same_of_another(scene, fact, question)):
        return beat
    if chance > 1 - _CLARIFIED:
        return _clarified(scene, fact)
    return _elliptical(scene, fact)


def _elliptical(scene: Scene, fact: Fact) -> Beat | None:
    """ "Why?", "And when was that?"."""
    if not fact.frame.follow_ups:
        return None
    question = scene.rng.choice(fact.frame.follow_ups)
    ask = scene.player.choose(question.asks, scene.split, fact.values)
    return _beat(scene, fact, question, ask, scene.player.say(ask, fact.values, bare=True)) if ask else None


def _same_of_another(scene: Scene, fact: Fact, question: Question) -> Beat | None:
    """ "And Aldo?": the same question about a fact of the same kind."""
    others = [other for other in scene.cast.facts if other.frame is fact.frame and other is not fact]
    scene.rng.shuffle(others)
    for other in others:
        for ask in question.asks:
            differing = [slot for slot in sorted(ask.slots) if other.values[slot] != fact.values[slot]]
            if len(differing) != 1 or not unambiguous(scene, other, ask):
                continue
            values = {"x": other.values[differing[0]]}
            text = scene.ask("topic", values)
            return _beat(scene, other, question, ask, scene.player.say(text, values, bare=True)) if text else None
    return None


def _clarified(scene: Scene, fact: Fact) -> Beat | None:
    """ "I don't understand.": the whole fact, if it can be told as it stands."""
    text = scene.ask("clarify_no") if not fact.frame.own else None
    if text is None:
        return None
    line = scene.voice.answer(quoted(fact), fact.values)
    return Beat(
        "follow_up", said(scene.player.say(text, scene.cast.own, bare=True), line), None, "follow_up", fact=fact
    )


def _beat(scene: Scene, fact: Fact, question: Question, ask: Template, asked: str) -> Beat:
    keys = key_values(fact, ask, question.answers)
    line = scene.voice.answer(scene.answer_to(question), fact.values)
    check = Check(contains=keys) if keys else None
    return Beat("follow_up", said(asked, line), check, "follow_up", fact=fact, question=question)
