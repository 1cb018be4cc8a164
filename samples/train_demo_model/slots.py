"""What a slot of each kind draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from train_demo_model import names
from train_demo_model.english import number_word, ordinal, plural
from train_demo_model.words import Words

_TRADES = "keeper maker seller hunter guard trader repairer trainer reader collector".split()
_DOINGS = (
    "making selling mending hunting painting collecting counting carving cleaning stealing drawing finding guarding"
).split()
_BASE_COLORS = "red blue green gray brown white yellow".split()
_AGES = (9, 95)
_YEARS = ((180, 1999), (1700, 2450))


def values_for(slots: Iterable[str], words: Words, given: Mapping[str, str]) -> dict[str, str]:
    """A value for every slot, all different.

    Args:
        slots: names such as `item2`; the digits only tell slots of one kind apart.
        words: draws.
        given: values that are set already.

    Returns:
        the given values and the new ones.
    """
    values = dict(given)
    taken = {value.casefold() for value in values.values()}
    for slot in sorted(slots):
        if slot in values:
            continue
        for _ in range(20):
            value = draw(slot, words)
            if value.casefold() not in taken:
                break
        values[slot] = value
        taken.add(value.casefold())
    return values


def can_fill(slots: Iterable[str], given: Mapping[str, str]) -> bool:
    """Whether every slot is given or of a kind that can be drawn; `place` is neither for a character without one."""
    return all(slot in given or kind_of(slot) in KINDS for slot in slots)


def kind_of(slot: str) -> str:
    """The kind of a slot: `item2` is an `item`."""
    return slot.rstrip("0123456789")


def draw(slot: str, words: Words) -> str:
    """A value for one slot.

    Raises:
        KeyError: if there is no such kind.
    """
    return KINDS[kind_of(slot)](words)


def _item(words: Words) -> str:
    return words.open("thing", "gear")


def _number(words: Words) -> str:
    number = words.rng.choice((words.rng.randint(2, 12), words.rng.randint(2, 60), words.rng.randint(13, 999)))
    return number_word(number) if number < 100 and words.rng.random() < 0.3 else str(number)


def _price(words: Words) -> str:
    amount = words.rng.choice((words.rng.randint(2, 30), words.rng.randint(10, 999)))
    if words.rng.random() < 0.08:
        return f"${amount}"
    unit = words.of("unit") if words.rng.random() < 0.85 else plural(words.coined())
    return f"{number_word(amount) if amount < 100 and words.rng.random() < 0.2 else amount} {unit}"


def _clock(words: Words) -> str:
    hour = words.rng.randint(1, 12)
    spelt = number_word(hour)
    digital = f"{words.rng.randint(0, 23):02}:{words.rng.randint(0, 59):02}"
    spoken = (f"{spelt} o'clock", f"half past {spelt}", f"quarter to {spelt}")
    return words.pick(
        (*spoken, f"{hour} o'clock", f"{hour} in the morning", f"{hour} in the evening", digital, "noon")
    )


def _span(units: str) -> Callable[[Words], str]:
    def drawn(words: Words) -> str:
        number = words.rng.randint(2, 40)
        told = number_word(number) if words.rng.random() < 0.6 else str(number)
        return f"{told} {words.pick(units.split())}"

    return drawn


def _thing(words: Words) -> str:
    chance = words.rng.random()
    if chance < 0.55:
        return f"the {_item(words)}"
    if chance < 0.7:
        return f"the {words.of('adj')} {words.of('gear', 'thing')}"
    if chance < 0.85:
        return f"the {_item(words)} of {names.person(words)}"
    return f"the {names.title_case(words.of('title_noun'))} of {names.place(words)}"


def _role(words: Words) -> str:
    chance = words.rng.random()
    if chance < 0.6:
        return words.of("role")
    if chance < 0.75:
        return words.any_word()
    if chance < 0.9:
        return f"{words.of('adj', 'noun', 'thing', 'animal')} {words.pick(_TRADES)}"
    return words.coined()


def _body(words: Words) -> str:
    side = words.pick(("left", "right", "", ""))
    return f"{side} {words.of('body')}".strip()


def _many(one: Callable[[Words], str]) -> Callable[[Words], str]:
    return lambda words: plural(one(words))


def _of(*lists: str) -> Callable[[Words], str]:
    return lambda words: words.of(*lists)


def _open(*lists: str) -> Callable[[Words], str]:
    return lambda words: words.open(*lists)


def _skill(words: Words) -> str:
    if words.rng.random() < 0.6:
        return words.of("skill", "skill", "activity")
    return f"{words.pick(_DOINGS)} {plural(_item(words))}"


def _age(words: Words) -> str:
    age = words.rng.randint(*_AGES)
    return str(age) if words.rng.random() < 0.6 else number_word(age)


def _color(words: Words) -> str:
    if words.rng.random() < 0.7:
        return words.of("color")
    return f"{words.of('lexicon')} {words.pick(_BASE_COLORS)}"


KINDS: Mapping[str, Callable[[Words], str]] = {
    "P": names.person,
    "L": names.place,
    "item": _item,
    "items": _many(_item),
    "animal": _open("animal"),
    "animals": _many(_open("animal")),
    "food": _open("food"),
    "foods": _many(_open("food")),
    "plant": _open("plant"),
    "creature": _open("creature", "creature_more"),
    "creatures": _many(_open("creature", "creature_more")),
    "material": lambda words: words.of("material") if words.rng.random() < 0.7 else words.any_word(),
    "role": _role,
    "roles": _many(_role),
    "rel": _of("rel"),
    "n": _number,
    "nth": lambda words: ordinal(words.rng.randint(2, 40)),
    "price": _price,
    "year": lambda words: str(words.rng.randint(*words.rng.choice(_YEARS))),
    "age": _age,
    "day": _of("day"),
    "time": _of("time"),
    "clock": _clock,
    "dur": _span("days weeks months years hours minutes nights winters summers"),
    "dist": _span("miles leagues paces steps yards kilometers blocks feet meters"),
    "dir": lambda words: words.pick("north south east west northeast northwest southeast southwest".split()),
    "color": _color,
    "group": names.group,
    "thing": _thing,
    "word": lambda words: words.any_word() if words.rng.random() < 0.7 else words.coined(),
    "adj": _of("adj"),
    "title": names.title,
    "god": names.god,
    "sick": lambda words: words.of("sick") if words.rng.random() < 0.6 else f"{words.any_word()} fever",
    "skill": _skill,
    "body": _body,
    "weather": _of("weather"),
    "future": _of("future"),
    "mood": _of("mood"),
    "species": lambda words: words.of("species") if words.rng.random() < 0.5 else words.open("animal", "creature"),
    "player": names.person,
}
"""Every kind of slot."""
