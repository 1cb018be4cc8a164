"""The little grammar that slots need: a or an, plurals, numbers in words, sentences."""

from __future__ import annotations

import re

_VOWEL_SOUND = re.compile(
    r"(?!one\b|once\b|uni(?!n|m)|use|usu|uti|eu|ewe|ur[aieo]|ubiq|uv)[aeiou]|hour|honest|honor|heir",
    re.IGNORECASE,
)
_LETTERS_WITH_VOWEL = re.compile(r"[AEFHILMNORSX](?:[A-Z0-9-]|$)")
_VOWEL_NUMBER = re.compile(r"8|1[18](?:\D|$)|1[18]\d\d(?:\D|$)")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(]?[A-Z0-9])")
_TITLES = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|No|Prof)\.$")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth", "goose": "geese",
    "mouse": "mice", "ox": "oxen", "person": "people", "wolf": "wolves", "knife": "knives", "life": "lives",
    "wife": "wives", "leaf": "leaves", "loaf": "loaves", "half": "halves", "shelf": "shelves", "thief": "thieves",
    "calf": "calves", "elf": "elves", "sheep": "sheep", "deer": "deer", "fish": "fish", "dwarf": "dwarves",
    "scarf": "scarves", "die": "dice", "staff": "staffs", "potato": "potatoes", "tomato": "tomatoes",
    "echo": "echoes", "hero": "heroes", "mango": "mangoes",
}  # fmt: skip


def an(word: str) -> str:
    """The article that goes before `word`: `a` or `an`."""
    if word[:1].isdigit():
        return "an" if _VOWEL_NUMBER.match(word) else "a"
    if word[:2].isupper() or (len(word) == 1 and word.isupper()):
        return "an" if _LETTERS_WITH_VOWEL.match(word) else "a"
    return "an" if _VOWEL_SOUND.match(word) else "a"


def plural(noun: str) -> str:
    """The plural of a singular noun; of a compound, that of its last word (before an "of")."""
    if " of " in noun:
        head, rest = noun.split(" of ", 1)
        return f"{plural(head)} of {rest}"
    start, _, last = noun.rpartition(" ")
    before, _, tail = last.rpartition("-")
    return f"{start} {_plural_word(last, before, tail)}".strip()


def _plural_word(last: str, before: str, tail: str) -> str:
    if tail in _IRREGULAR:
        return f"{before}-{_IRREGULAR[tail]}" if before else _IRREGULAR[tail]
    if last.endswith("man") and len(last) > 4 and not last.endswith(("human", "talisman", "german", "caiman")):
        return f"{last[:-2]}en"
    if last.endswith(("s", "x", "z", "ch", "sh")):
        return f"{last}es"
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{last[:-1]}ies"
    return f"{last}s"


def number_word(number: int) -> str:
    """A number below 100 in words."""
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")


def ordinal(number: int) -> str:
    """Such as "third" or "21st"."""
    words = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
    if 1 <= number <= len(words):
        return words[number - 1]
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def capital(text: str) -> str:
    """`text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def sentences(text: str) -> list[str]:
    """The sentences of `text`."""
    found: list[str] = []
    for part in _SENTENCE_END.split(text):
        if found and _TITLES.search(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return [part.strip() for part in found if part.strip()]


def vocative(text: str, address: str) -> str:
    """`text` with the one spoken to named at its end: "Two miles." becomes "Two miles, stranger."."""
    body = text.rstrip('.!?"')
    ending = text[len(body) :]
    if not body or body[-1] in ",;:" or body.endswith(f", {address}") or not ending or ending.startswith(".."):
        return text
    return f"{body}, {address}{ending}"
