"""Questions about what stands in the prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from train_demo_model.cast import Fact
from train_demo_model.content import content
from train_demo_model.frames import Question
from train_demo_model.scene import Beat, Check, Scene, plain, said
from train_demo_model.template import Template
from train_demo_model.tool_use import BoundTool

_TRIES = 12
_QUOTED = 0.2  # share of answers that are the fact as the sheet tells it
_REQUEST = re.compile(r"\b(?:can|could|may|might|will|would) (?:i|we|you)\b", re.IGNORECASE)


def ask_fact(scene: Scene) -> Beat | None:
    """Any fact of the prompt."""
    return _ask_one(scene, [fact for fact in scene.cast.facts if fact.part in {"facts", "context"}], "fact")


def ask_self(scene: Scene) -> Beat | None:
    """Background, looks, likes, goods, scenario: what the sheet says of the character."""
    own = {"backgrounds", "appearances", "scenarios", "likes", "goods"}
    return _ask_one(scene, [fact for fact in scene.cast.facts if fact.part in own], "self")


def ask_rule(scene: Scene) -> Beat | None:
    """What a rule of the sheet settles."""
    return _ask_one(scene, [fact for fact in scene.cast.facts if fact.part == "rules"], "rule")


def about_entity(scene: Scene) -> Beat | None:
    """ "What do you know about X?" for something that occurs in one fact only."""
    for _ in range(_TRIES):
        facts = [fact for fact in scene.cast.facts if fact.part in {"facts", "context"} and not fact.frame.own]
        if not facts:
            return None
        fact = scene.rng.choice(facts)
        names = [
            fact.values[slot]
            for slot in sorted(fact.frame.slots)
            if slot.rstrip("23") in {"P", "L", "group", "thing", "title"}
        ]
        if not names:
            continue
        name = scene.rng.choice(names)
        if scene.cast.text.casefold().count(name.casefold()) != fact.text.casefold().count(name.casefold()):
            continue
        ask = scene.ask("about_fact", {"x": name})
        if ask is None or any(ask.fill({"x": name}) == question for question in _texts(fact)):
            return None
        core = quoted(fact)
        answer = scene.voice.answer(core, fact.values)
        wanted = tuple(
            value
            for slot, value in fact.values.items()
            if slot in fact.frame.slots and value != name and value in fact.text
        )
        check = Check(one_of=wanted) if wanted else None
        asked = scene.player.say(ask, {**scene.cast.own, "x": name})
        return Beat("fact", said(asked, answer), check, f"about:{fact.text}", fact=fact)
    return None


def question_label(fact: Fact, question: Question) -> str:
    """The kind of answer that a question about a fact gets."""
    return f"{fact.text}:{question.asks[0].text}"


def unambiguous(scene: Scene, fact: Fact, ask: Template) -> bool:
    """Whether no other fact of the prompt could be meant by the question."""
    asked = plain(ask.fill(fact.values))
    others = [other for other in scene.cast.facts if other is not fact]
    return not any(asked in scene.answered_by(other) or _answers_rather(other, fact, ask) for other in others)


def key_values(fact: Fact, ask: Template, answers: Sequence[Template]) -> tuple[str, ...]:
    """The values that every answer brings and the question does not."""
    common = frozenset.intersection(*(answer.slots for answer in answers)) - ask.slots
    return tuple(fact.values[slot] for slot in sorted(common) if slot not in {"me", "name"})


def _answers_rather(other: Fact, fact: Fact, ask: Template) -> bool:
    """Whether a question about `fact` has more words of another one, or only a name that the other has too."""
    names = [fact.values[slot] for slot in ask.slots & fact.frame.slots]
    if not content(ask.literal) and any(name in other.text for name in names):
        return True
    asked = content(ask.fill(fact.values))
    shared = len(asked & content(other.text))
    return shared > 1 and shared > len(asked & content(fact.text))


def sounds_like_a_request(scene: Scene, asked: str) -> bool:
    """Whether a tool of the NPC's might be meant: no question, or "Can I have ..." with a word of the tool."""
    if asked.endswith("?") and not _REQUEST.search(asked):
        return False
    words = content(asked)
    return any(words & tool.words or names_thing(tool, asked) for tool in scene.cast.tools)


def names_thing(tool: BoundTool, text: str) -> bool:
    """Whether something that the tool deals with is named."""
    said = text.casefold()
    return any(value.casefold() in said for values in tool.things.values() for value in values)


def _ask_one(scene: Scene, facts: list[Fact], ability: str) -> Beat | None:
    for _ in range(_TRIES if facts else 0):
        fact = scene.rng.choice(facts)
        beat = _beat(scene, fact, scene.rng.choice(fact.frame.questions), ability)
        if beat:
            return beat
    return None


def _beat(scene: Scene, fact: Fact, question: Question, ability: str) -> Beat | None:
    split = "new" if fact.frame.unseen and scene.split == "new" else scene.split
    asks = question.asks if fact.frame.unseen and split == "new" else ()
    ask = scene.rng.choice(asks) if asks else scene.player.choose(question.asks, split, fact.values)
    if ask is None or not unambiguous(scene, fact, ask) or sounds_like_a_request(scene, ask.fill(fact.values)):
        return None
    answer = scene.answer_to(question)
    if not fact.frame.own and not answer.text.startswith(("Yes", "No")) and scene.rng.random() < _QUOTED:
        answer = quoted(fact)
    keys = key_values(fact, ask, question.answers)
    row = "unseen_kind" if ability == "fact" and fact.frame.unseen else ability
    line = scene.voice.answer(answer, fact.values)
    asked = scene.player.say(ask, fact.values)
    check = Check(contains=keys) if keys else None
    return Beat(row, said(asked, line), check, question_label(fact, question), fact=fact, question=question)


def quoted(fact: Fact) -> Template:
    """The fact in the third person, as an answer."""
    usable = [text for text in fact.frame.statements if not text.text.startswith(("You", "I "))]
    return (usable or list(fact.frame.statements))[0]


def _texts(fact: Fact) -> list[str]:
    return [ask.fill(fact.values) for question in fact.frame.questions for ask in question.asks]
