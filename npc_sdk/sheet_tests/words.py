"""Compares texts the way a reader would: whole words, numbers by value, names, and the words that tell something."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SAME = str.maketrans(
    {**dict.fromkeys("‘’‛′´", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑‒–—―", "-")}
)
_CURRENCY = (("$", "dollars"), ("€", "euros"), ("£", "pounds"), ("¥", "yen"))

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_UNITS = {word: value for words in (_SMALL, _ORDINALS) for value, word in enumerate(words)}
_UNITS |= {word: (index + 2) * 10 for index, word in enumerate(_TENS)}
_UNITS |= {f"{word[:-1]}ieth": value for word, value in list(_UNITS.items()) if word in _TENS}
_UNITS["dozen"] = 12
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
WEAK_NUMBERS = frozenset({"one", "first", "second"})
"""Words for numbers that mostly mean something else: "no one", "at first", "wait a second"."""

_FIGURE = r"\d+(?::\d\d)+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TOKEN = re.compile(rf"(?P<figure>{_FIGURE})|(?P<word>[^\W\d_]+)")
_CAPITAL = re.compile(r"(?<![\w'-])[A-Z][\w'-]*(?: [A-Z][\w'-]*)*")

_COMMON = frozenset(
    "a about above after again ago all almost also always am among an and another any anyone anything are as at "
    "away back be because been before being below between both but by can cannot come cost costs could did do "
    "does doing done don't down each else even ever every few for from get give go got had has have he her here "
    "hers herself him himself his how i if in into is it its itself just know let like made make many may me "
    "might mine more most much must my myself near never no nobody none nor not nothing now of off often oh on "
    "once one only or other our out over own pay please price quite rather really said same say see shall she "
    "should since so some something still such sure take tell than that the their them then there these they "
    "thing this those though through to today too under until up upon us very was way we well went were what "
    "when where which while who whom whose why will with within without would yes yet you your yours".split()
)


def plain(text: str) -> str:
    """The text as it is compared: lower case, plain quotes and dashes, single spaces."""
    return " ".join(text.translate(_SAME).casefold().split())


def stands_in(wanted: str, text: str) -> bool:
    """Whether a text stands in another as whole words; `wanted` may end in `*` for any ending.

    `12` does not stand in `120` or `12.50`, nor `AI` in `said`; plurals and possessives of `wanted` count.
    """
    words = plain(wanted)
    open_end = words.endswith("*")
    words = words.rstrip("*").rstrip() if open_end else words
    before = r"(?<!\w)(?<!\d[.,])" if words[:1].isalnum() else ""
    after = r"(?:'?s|es)?(?!\w)" if words[-1:].isalpha() else r"(?![\w])(?![.,]\d)" if words[-1:].isdigit() else ""
    return re.search(before + re.escape(words) + ("" if open_end else after), plain(text)) is not None


def numbers(text: str, *, weak: bool = True) -> set[str]:
    """The numbers of a text by their value, in figures or in words; clock times as they stand.

    Args:
        text: any text.
        weak: whether lone words of `WEAK_NUMBERS` count.
    """
    found: set[str] = set()
    reader = _NumberReader(found, weak)
    for match in _TOKEN.finditer(_spelt_currency(plain(text))):
        reader.read(match["figure"], match["word"] or "")
    reader.end()
    return found


class _NumberReader:
    """Adds up the words of one number after the other: "two hundred and forty" is 240."""

    def __init__(self, found: set[str], weak: bool) -> None:
        self._found = found
        self._weak = weak
        self._total = self._current = 0.0
        self._words: list[str] = []

    def read(self, figure: str | None, word: str) -> None:
        if figure and ":" in figure:
            self.end()
            self._found.add(figure)
        elif figure:
            self.end()
            self._current, self._words = float(figure.replace(",", "")), [figure]
        elif word in _SCALES and self._words:
            self._scale(_SCALES[word])
        elif word in _SCALES:
            self._current, self._words = float(_SCALES[word]), [word]
        elif word in _UNITS:
            self._add(word, _UNITS[word])
        elif word not in ("and", "st", "nd", "rd", "th") or not self._words:
            self.end()

    def _scale(self, scale: int) -> None:
        self._current = max(self._current, 1) * scale
        if scale > 100:
            self._total, self._current = self._total + self._current, 0.0

    def _add(self, word: str, value: int) -> None:
        room = 100 if self._current % 100 == 0 else 10 if self._current % 10 == 0 and value < 10 else 0
        if self._words and (value >= room or self._words[-1].isdigit()):
            self.end()
        self._current += value
        self._words.append(word)

    def end(self) -> None:
        """The number is over."""
        if self._words and (self._weak or self._words[0] not in WEAK_NUMBERS or len(self._words) > 1):
            self._found.add(f"{self._total + self._current:.10g}")
        self._total, self._current, self._words = 0.0, 0.0, []


def names(text: str) -> list[tuple[str, ...]]:
    """Runs of capitalised words that are names by their place: not the first word of a sentence alone."""
    text = " ".join(text.translate(_SAME).split())
    found = []
    for match in _CAPITAL.finditer(text):
        run = [word.removesuffix("'s").rstrip("'-") for word in match[0].split()]
        opens = re.search(r"(?:^|[.!?…:;\"(*-]|\s')\s*$", text[: match.start()]) is not None
        if opens and (len(run) == 1 or plain(run[0]) in _COMMON):
            run = run[1:]
        kept = tuple(word for word in run if len(word) > 1 and not re.match(r"I'", word) and not word.isupper())
        if kept:
            found.append(kept)
    return found


def telling(text: str) -> dict[str, str]:
    """The words of a text that say something, by their stem: no numbers, no words that any text has."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", _spelt_currency(plain(text)))
    return {
        stem(word): word
        for word in words
        if len(word) > 2 and word not in _COMMON and word not in _UNITS and word not in _SCALES
    }


def stems(text: str) -> set[str]:
    """The stems of all words of a text."""
    return {stem(word) for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", _spelt_currency(plain(text)))}


def stem(word: str) -> str:
    """A word without its common endings, so that "closes" and "closed" are the same."""
    word = word.removesuffix("'s").removesuffix("'")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def all_words(texts: Iterable[str]) -> set[str]:
    """The words of texts in lower case, possessives without their ending."""
    return {word.removesuffix("'s") for text in texts for word in re.findall(r"[\w']+", plain(text))}


def _spelt_currency(text: str) -> str:
    for sign, word in _CURRENCY:
        text = re.sub(rf"{re.escape(sign)}\s?({_FIGURE})", rf"\1 {word}", text)
    return text
