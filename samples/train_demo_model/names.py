"""Names of people, places, groups, gods and titles: real ones, compounds and coined ones."""

from __future__ import annotations

from train_demo_model.english import capital
from train_demo_model.words import Words

_PLACE_STARTS = "Port Fort New Old Upper Lower Saint North South East West Mount Lake Camp Castle".split()
_NUMBERED = "Dock Deck Sector Bay Level Ward Room Gate Outpost Station Hangar Block Pier Platform Cell".split()
_GODHEADS = "Mother Father One Lady Lord Flame Star Saint".split()
_STREETS = "Street Lane Road Row Avenue Alley Square".split()


def title_case(text: str) -> str:
    """Every word with a capital but the small ones."""
    return " ".join(word if word in {"of", "the", "and", "in"} else capital(word) for word in text.split(" "))


def person(words: Words) -> str:
    """A person's name, such as "Aldo Brennan", "Captain Vrosk", "Mirael", "Old Hesper" or "R-17"."""
    chance = words.rng.random()
    if chance < 0.04:
        return words.pick((f"Unit {words.rng.randint(2, 99)}", _serial(words), capital(words.any_word())))
    given = capital(words.coined()) if chance < 0.42 else words.of("first_name")
    chance = words.rng.random()
    if chance < 0.42:
        return given
    if chance < 0.50:
        return f"{words.of('honorific')} {given if words.rng.random() < 0.5 else surname(words)}"
    if chance < 0.56:
        return f"{given} {words.of('epithet')}"
    return f"{given} {surname(words)}"


def _serial(words: Words) -> str:
    return "-".join(f"{words.coined(1)[:1].upper()}{words.rng.randint(1, 9)}" for _ in range(2))


def surname(words: Words) -> str:
    """A last name."""
    chance = words.rng.random()
    if chance < 0.35:
        return words.of("last_name")
    if chance < 0.65:
        return capital(words.of("surname_part")) + words.of("surname_end")
    return capital(words.coined())


def place(words: Words) -> str:
    """A place that one can be in, at or near, such as "Oakford", "the Crimson Mill" or "Dock 31"."""
    chance = words.rng.random()
    if chance < 0.20:
        return capital(words.coined())
    if chance < 0.38:
        return words.of("town")
    if chance < 0.54:
        return capital(words.of("surname_part")) + words.of("surname_end")
    if chance < 0.70:
        return f"the {title_case(_quality(words))} {title_case(words.of('feature_name', 'room'))}"
    if chance < 0.78:
        return f"the {title_case(words.open('animal', 'gear'))}"
    if chance < 0.86:
        return f"{capital(words.coined())}'s {title_case(words.of('feature_name'))}"
    if chance < 0.92:
        return f"{words.pick(_PLACE_STARTS)} {capital(words.coined())}"
    if chance < 0.96:
        return f"{words.pick(_NUMBERED)} {words.rng.randint(1, 99)}"
    return f"{capital(words.any_word())} {words.pick(_STREETS)}"


def group(words: Words) -> str:
    """A group with its article, such as "the Brass Hand" or "the Vrosk family"."""
    chance = words.rng.random()
    if chance < 0.35:
        return f"the {title_case(_quality(words))} {title_case(words.of('animal', 'body', 'gear'))}"
    if chance < 0.6:
        return f"the {capital(words.coined())} {words.of('group_noun')}"
    if chance < 0.8:
        return f"the {title_case(words.any_word())} {title_case(words.of('group_noun'))}"
    return f"the {title_case(words.of('group_noun'))} of {title_case(words.any_word())}"


def title(words: Words) -> str:
    """The name of a book, a song, a ship."""
    chance = words.rng.random()
    if chance < 0.4:
        return f"The {title_case(_quality(words))} {title_case(words.of('title_noun'))}"
    if chance < 0.6:
        return f"{title_case(words.of('title_noun'))} of {capital(words.coined())}"
    if chance < 0.8:
        return f"The {title_case(words.any_word())} and the {title_case(words.of('title_noun', 'animal'))}"
    return f"{title_case(words.any_word())} {title_case(words.of('title_noun'))}"


def god(words: Words) -> str:
    """Somebody to swear by."""
    chance = words.rng.random()
    if chance < 0.3:
        return words.of("deity")
    if chance < 0.75:
        return capital(words.coined())
    return f"the {title_case(_quality(words))} {words.pick(_GODHEADS)}"


def _quality(words: Words) -> str:
    return words.of("adj", "color", "material", "lexicon")
