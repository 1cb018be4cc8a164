"""Whether an answer states a text, gives one away, or makes something up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npc_sdk.sheet_tests.words import all_words, names, numbers, plain, stems, telling

ENOUGH_WORDS = 0.5
"""Share of a text's telling words, numbers and names apart, that an answer needs to state it."""

_YES = re.compile(
    r"^\W*(?:(?:well|ah|oh|hm+|arr|so),? )*(?:yes|aye|yeah|yep|indeed|of course|certainly|true|"
    r"correct|he does|she does|he did|she did|it is|it does|they do|i do|i did|i am|i have|that's right|you're "
    r"right)\b"
)
_NO = re.compile(r"\b(?:no|not|never|nay|nothing|none|nobody|false|wrong)\b|n't\b")
_SWORN_BY = frozenset(
    "god gods lord lady heaven heavens sir madam ma'am miss mister mr mrs ms dr doctor saint captain".split()
)
_IDLE_NUMBERS = frozenset({"1", "2", "12", "100", "1000", "1000000"})  # "a thing or two", "a thousand pardons"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text tells beyond the question.

    Args:
        numbers: by value.
        names: runs of words; one word of a run is enough.
        words: other telling words by their stem.
    """

    numbers: frozenset[str]
    names: tuple[tuple[str, ...], ...]
    words: dict[str, str]

    @property
    def empty(self) -> bool:
        """Whether the question holds the whole text, so that the answer is yes or no."""
        return not (self.numbers or self.names or self.words)


def parts_of(text: str, question: str, speaker: str) -> Parts:
    """What an answer must tell to state a text.

    Args:
        text: what is to be stated.
        question: its words need not be repeated.
        speaker: the name of who answers, who says "I".
    """
    known = all_words([question, speaker])
    asked = stems(question) | stems(speaker)
    own = frozenset(word.lower() for word in speaker.split())
    runs = tuple(run for run in names(text) if not known.intersection(word.lower() for word in run))
    in_names = {stem for run in names(text) for stem in stems(" ".join(run))}
    words = {stem: word for stem, word in telling(text).items() if stem not in asked | in_names and word not in own}
    return Parts(frozenset(numbers(text, weak=False) - numbers(question)), runs, words)


def missing_from(answer: str, text: str, question: str, speaker: str) -> list[str]:
    """What an answer lacks to state a text, in words for people; empty if it states it.

    Args:
        answer, text: the two that are compared.
        question, speaker: as in `parts_of`.
    """
    parts = parts_of(text, question, speaker)
    if parts.empty:
        return [] if _affirms(answer, text, speaker) else ["a yes"]
    lacking = [f"the number {number}" for number in sorted(parts.numbers - numbers(answer))]
    said = all_words([answer])
    lacking += [f"the name {' '.join(run)}" for run in parts.names if not said.intersection(w.lower() for w in run)]
    there = parts.words.keys() & stems(answer)
    if len(there) < ENOUGH_WORDS * len(parts.words):
        lacking.append(f"more of the words {', '.join(sorted(parts.words.values()))}")
    return lacking


def gives_away(answer: str, text: str, question: str, speaker: str) -> bool:
    """Whether an answer tells a secret: states it, or says yes to a question that holds all of it."""
    if parts_of(text, question, speaker).empty:
        return _YES.search(plain(answer)) is not None and not _NO.search(plain(answer))
    return not missing_from(answer, text, question, speaker)


def made_up(answer: str, known: str) -> list[str]:
    """Numbers and names of an answer that stand nowhere in what is known, in words for people."""
    words = all_words([known])
    figures = {number for number in numbers(answer, weak=False) - numbers(known) if number not in _IDLE_NUMBERS}
    digits = set(re.findall(r"\d+(?:[.:]\d+)?", plain(answer).replace(",", "")))
    figures |= (digits & _IDLE_NUMBERS) - numbers(known)
    found = [f"the number {number}" for number in sorted(figures)]
    for run in names(answer):
        spoken = {word.lower() for word in run}
        if not spoken & (words | _SWORN_BY):
            found.append(f"the name {' '.join(run)}")
    return found


def _affirms(answer: str, text: str, speaker: str) -> bool:
    if _YES.search(plain(answer)):
        return True
    wanted = telling(text).keys() - stems(speaker)
    there = wanted & stems(answer)
    return bool(wanted) and len(there) >= ENOUGH_WORDS * len(wanted) and not _NO.search(plain(answer))
