"""Is it true that ...: facts put to the NPC as they are, or with one thing changed."""

from __future__ import annotations

from train_demo_model.cast import Fact
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import draw
from train_demo_model.template import Template

_NAMED = ("P", "L", "item", "animal", "n", "price", "year", "color", "day", "clock", "food", "dur", "group")
_TRUE = 0.5


def verify(scene: Scene) -> Beat | None:
    """The player states a fact; the NPC says whether it is so, and how it is."""
    facts = [fact for fact in scene.cast.facts if fact.part in {"facts", "context"} and _usable(fact)]
    if not facts:
        return None
    fact = scene.rng.choice(facts)
    statement = fact.frame.statements[0]
    values = dict(fact.values)
    true = scene.rng.random() < _TRUE
    if not true:
        slots = [slot for slot in sorted(statement.slots) if slot.rstrip("23") in _NAMED]
        slot = scene.rng.choice(slots)
        values[slot] = draw(slot, scene.words)
        if values[slot] in scene.cast.text:
            return None
    claim = statement.clause(values).rstrip(".")
    ask = scene.ask("verify_true", {"s": claim})
    if ask is None:
        return None
    core = Template(_escaped(fact.text))
    answer = scene.voice.around_line("yes" if true else "no", core, {})
    wanted = tuple(value for slot, value in fact.values.items() if slot in statement.slots and values[slot] != value)
    check = Check(says="yes") if true else Check(says="no", contains=wanted)
    return Beat(
        "verify", said(scene.player.say(ask, {"s": claim}, bare=True), answer), check, f"verify:{true}", fact=fact
    )


def _usable(fact: Fact) -> bool:
    text = fact.frame.statements[0]
    named = any(slot.rstrip("23") in _NAMED for slot in text.slots)
    return (
        named
        and not fact.frame.own
        and text.text.rstrip(".").count(".") == 0
        and "?" not in text.text
        and fact.text.endswith(".")
    )


def _escaped(text: str) -> str:
    return text.replace("{", "(").replace("}", ")")
