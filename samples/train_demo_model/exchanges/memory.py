"""What players tell of themselves, and whether the NPC remembers it."""

from __future__ import annotations

from train_demo_model.english import an
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import draw
from train_demo_model.words import Words

SLOTS = {
    "name": "player",
    "job": "role",
    "home": "L",
    "hometown": "L",
    "destination": "L",
    "quest": "thing",
    "fav_color": "color",
    "fav_food": "food",
    "fav_animal": "animals",
    "gold": "price",
    "pet": "animal",
    "pet_name": "P",
    "enemy": "P",
    "friend": "P",
    "companion": "P",
    "spouse": "P",
    "brother": "P",
    "sister": "P",
    "teacher": "P",
    "employer": "P",
    "lost_item": "item",
    "weapon": "item",
    "birthday": "day",
    "age": "age",
    "children": "n",
    "fear": "animals",
    "allergy": "food",
    "skill": "skill",
    "instrument": "item",
    "ship": "title",
    "injury": "body",
    "debt": "price",
    "plan": "time",
    "code": "word",
    "god": "god",
    "meet": "clock",
}
"""What a player may tell, and the slot it is told with."""

_WITH_ARTICLE = frozenset({"job", "pet"})
_WITH_THE = frozenset({"instrument", "weapon", "lost_item"})
_DRAWN = {"plan": "future"}  # what is drawn for a slot that is drawn otherwise elsewhere
_MOST_AT_ONCE = 2
_GREETING = 0.12  # share of what is told that comes with a greeting before it
_BACK = 0.4  # share of what is told that the NPC says back


def tell(scene: Scene) -> Beat | None:
    """The player tells something; the NPC takes note."""
    subject = scene.rng.choice([subject for subject in SLOTS if subject not in scene.told])
    if subject == "name" and scene.cast.player:
        return None
    slot = SLOTS[subject]
    values = {**scene.cast.own, slot: drawn_value(subject, scene.words)}
    text = scene.player.choose(
        [ask for ask in scene.banks.asks.get(f"tell_{subject}", ()) if slot in ask.slots], scene.split, values
    )
    if text is None:
        return None
    told = phrase(subject, values[slot])
    asked = scene.player.say(text, values, exact=True, bare=True)
    if scene.rng.random() < _GREETING and (greeting := scene.ask("greet")):
        asked = f"{greeting.fill(scene.cast.own).rstrip('.,!?')}{scene.rng.choice('.!,')} {asked}"
    back = scene.rng.random() < _BACK
    line = scene.voice.line("noted_back", it=told) if back else scene.voice.line("noted")
    return Beat("tell", said(asked, line), None, "noted", {subject: values[slot]})


def recall(scene: Scene) -> Beat | None:
    """Asked for something that was told, the NPC says it."""
    if not scene.told:
        return None
    subject = scene.rng.choice(sorted(scene.told))
    text = scene.ask(f"recall_{subject}")
    if text is None:
        return None
    value = scene.told[subject]
    line = scene.voice.line("recall", it=phrase(subject, value))
    return Beat(
        "recall",
        said(scene.player.say(text, scene.cast.own), line),
        Check(contains=(value,)),
        f"recall:{subject}:{value}",
    )


def ask_untold(scene: Scene) -> Beat | None:
    """Asked for something that was never told, the NPC says so."""
    subject = scene.rng.choice([subject for subject in SLOTS if subject not in scene.told])
    if subject == "name" and scene.cast.player:
        return player_name(scene)
    text = scene.ask(f"recall_{subject}")
    if text is None:
        return None
    line = scene.voice.line("not_told")
    return Beat("untold", said(scene.player.say(text, scene.cast.own), line), Check(says="not_told"), "not_told")


def player_name(scene: Scene) -> Beat | None:
    """The player's name that a context tells."""
    text = scene.ask("recall_name") if scene.cast.player else None
    if text is None or scene.cast.player is None:
        return None
    values = {"player": scene.cast.player}
    line = scene.voice.answer(scene.core("player_name", values), values)
    return Beat(
        "recall",
        said(scene.player.say(text, scene.cast.own), line),
        Check(contains=(scene.cast.player,)),
        "player_name",
    )


def recall_all(scene: Scene) -> Beat | None:
    """Asked for everything, the NPC says all that it was told, if that is not too much."""
    text = scene.ask("recall_any") if len(scene.told) <= _MOST_AT_ONCE else None
    if text is None:
        return None
    asked = scene.player.say(text, scene.cast.own)
    if not scene.told:
        return Beat("untold", said(asked, scene.voice.line("not_told")), Check(says="not_told"), "not_told")
    phrases = [phrase(subject, value) for subject, value in scene.told.items()]
    line = scene.voice.line("recall", it=" and ".join(phrases))
    check = Check(contains=tuple(scene.told.values()))
    return Beat("recall", said(asked, line), check, f"recall_all:{phrases}")


def drawn_value(subject: str, words: Words) -> str:
    """Something to tell of `subject`."""
    return draw(_DRAWN.get(subject, SLOTS[subject]), words)


def phrase(subject: str, value: str) -> str:
    """What was told as a noun phrase: "a mason", "the color green"."""
    if subject in _WITH_ARTICLE:
        return f"{an(value)} {value}"
    if subject in _WITH_THE:
        return f"the {value}"
    if subject == "fav_color":
        return f"the color {value}"
    if subject == "injury":
        return f"the {value}"
    return f"{value} years old" if subject == "age" else value
