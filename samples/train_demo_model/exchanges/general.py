"""Questions that ask for a whole part of the sheet: looks, story, what is going on, goods, family."""

from __future__ import annotations

import re

from train_demo_model.cast import Acquaintance, Fact
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import kind_of
from train_demo_model.template import Template

_PARTS = {
    "ask_looks": ("appearances", ""),
    "ask_background": ("backgrounds", ""),
    "ask_scenario": ("scenarios", ""),
    "ask_likes": ("likes", r"\b(?:loves?|likes?|fond|favou?rite|enjoys?|mad about)\b"),
    "ask_fear": ("likes", r"\b(?:afraid|fears?|frighten|scared|terrified|dreads?)\b"),
}
_SELLS = re.compile(r"\bsells?\b", re.IGNORECASE)
_GOODS = frozenset({"items", "foods", "animals", "item", "food"})
_KIN = re.compile(
    r"brother|sister|mother|father|son\b|daughter|aunt|uncle|cousin|niece|nephew|wife|husband|twin|child|grand",
    re.IGNORECASE,
)
_FRIENDS = re.compile(r"friend|companion|ally|comrade|pal\b|enemy|rival|nemesis|foe", re.IGNORECASE)


def ask_part(scene: Scene) -> Beat | None:
    """One part of the sheet in general; the fullest of its answers is the answer."""
    intent = scene.rng.choice(sorted(_PARTS))
    part, wanted = _PARTS[intent]
    facts = [
        fact
        for fact in scene.cast.facts
        if fact.part == part and re.search(wanted, fact.frame.statements[0].text, re.I)
    ]
    text = scene.ask(intent) if len(facts) == 1 else None
    if text is None:
        return None
    core = _fullest(facts[0])
    keys = tuple(facts[0].values[slot] for slot in sorted(core.slots) if slot not in scene.cast.own)
    line = scene.voice.answer(core, facts[0].values)
    return Beat(
        "self", said(scene.player.say(text, scene.cast.own), line), Check(one_of=keys) if keys else None, intent
    )


def ask_goods(scene: Scene) -> Beat | None:
    """What is for sale: everything that the sheet says is."""
    sold = [
        fact for fact in scene.cast.facts if fact.part == "goods" and _SELLS.search(fact.frame.statements[0].text)
    ]
    goods = [fact.values[slot] for fact in sold for slot in sorted(fact.frame.slots) if kind_of(slot) in _GOODS][:4]
    text = scene.ask("ask_goods") if goods else None
    if text is None:
        return None
    values = {"list": listed(goods)}
    line = scene.voice.answer(scene.core("goods_list", values), values)
    return Beat("self", said(scene.player.say(text, scene.cast.own), line), Check(contains=tuple(goods)), "goods")


def ask_circle(scene: Scene) -> Beat | None:
    """Family, or friends and enemies."""
    family = scene.rng.random() < 0.5
    pattern = _KIN if family else _FRIENDS
    people = [known for known in scene.cast.people if pattern.search(known.relation)][:3]
    text = scene.ask("ask_family" if family else "ask_friends") if people else None
    if text is None:
        return None
    values = {"list": listed([f"my {known.relation} {known.name}" for known in people]), **_first(people)}
    section = "circle" if len(people) > 1 else "relation_of"
    line = scene.voice.answer(scene.core(section, values), values)
    names = tuple(known.name for known in people)
    return Beat("relation", said(scene.player.say(text, scene.cast.own), line), Check(contains=names), "circle")


def ask_state_of_world(scene: Scene) -> Beat | None:
    """Weather or time where the sheet says nothing of them."""
    key = scene.rng.choice(("weather", "time"))
    text = scene.ask(f"ask_{key}")
    if text is None or (key in scene.cast.character.state and key not in scene.cast.states):
        return None
    asked = scene.player.say(text, scene.cast.own)
    if key not in scene.cast.states:
        if scene.cast.states or any(
            word in scene.cast.text.casefold() for word in (key, "o'clock", "rain", "snow", "storm")
        ):
            return None
        return Beat("absent", said(asked, scene.voice.line("dont_know")), Check(says="dont_know"), "dont_know")
    values = {**scene.cast.own, "v": scene.cast.character.state[key]}
    line = scene.voice.answer(scene.rng.choice(scene.cast.states[key].answers), values)
    return Beat("self", said(asked, line), Check(contains=(values["v"],)), f"state:{key}")


def listed(parts: list[str]) -> str:
    """ "a, b and c"."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _fullest(fact: Fact) -> Template:
    answers = [
        answer
        for question in fact.frame.questions
        for answer in question.answers
        if answer.slots <= fact.values.keys()
    ]
    return max(answers, key=lambda answer: (len(answer.slots), len(answer.text)))


def _first(people: list[Acquaintance]) -> dict[str, str]:
    return {"P": people[0].name, "relation": people[0].relation}
