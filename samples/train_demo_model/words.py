"""The open lexicon: lists of words by kind, compounds and coined words.

Every slot is open: at least half of what is drawn comes from thousands of English words or is coined, so that the
model learns to copy a word and never to recall it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from train_demo_model.split import WORD_SHARE, Split, held

BANKS = Path(__file__).parent / "banks"
"""The authored banks."""

MIN_SPLIT_WORDS = 90
"""Shorter lists are closed classes, such as units, and are not split."""

COMMONNESS = 1.7
"""How much more often the beginning of a list comes up than its end; 1 is not at all."""

_ONSETS = (
    "b br c cl cr d dr f fl fr g gl gr h j k kl kr l m n p pl pr qu r s sh sk sl sn st str t th tr v vr w y z ts"
).split()
_VOWELS = "a e i o u ae ai ea ee ei ia ie io oa oo ou uu y a e i o u a e o".split()
_CODAS = "b ck d f g k l ll lt m mp n nd ng nk nt p r rd rk rn rt s sh sk ss st t th v x z".split()


@cache
def read_list(name: str) -> tuple[str, ...]:
    """The words of `banks/words/NAME.txt`."""
    return tuple((BANKS / "words" / f"{name}.txt").read_text().split("\n")[:-1])


@cache
def _split_list(name: str, unseen: bool) -> tuple[str, ...]:
    words = read_list(name)
    if len(words) < MIN_SPLIT_WORDS:
        return words
    return tuple(word for word in words if any(held(part, WORD_SHARE) for part in word.split()) == unseen)


class Words:
    """Draws words.

    Args:
        rng: draws.
        split: `train` never draws a held-out word; the others draw only such where a list is open.
    """

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self._unseen = split != "train"

    def of(self, *lists: str) -> str:
        """A word of one of `lists`; of long lists the first, which are the most common, come up most."""
        words = _split_list(self.rng.choice(lists) if len(lists) > 1 else lists[0], self._unseen)
        if len(words) < MIN_SPLIT_WORDS:
            return self.rng.choice(words)
        return words[int(len(words) * self.rng.random() ** COMMONNESS)]

    def pick(self, options: Sequence[str]) -> str:
        """One of `options`."""
        return self.rng.choice(options)

    def any_word(self) -> str:
        """Any English word that can stand as a noun."""
        return self.of("lexicon", "lexicon", "lexicon", "noun")

    def coined(self, syllables: int | None = None) -> str:
        """A word that does not exist, in small letters."""
        while True:
            count = syllables or self.rng.choice((1, 2, 2, 2, 3))
            word = "".join(self._syllable() for _ in range(count))
            if self.rng.random() < 0.6 or len(word) < 3:
                word += self.rng.choice(_CODAS)
            if held(word, WORD_SHARE) == self._unseen:
                return word

    def open(self, *lists: str) -> str:
        """A thing: of `lists` about half the time, else any word, a compound or a coined word."""
        chance = self.rng.random()
        if chance < 0.45:
            return self.of(*lists)
        if chance < 0.62:
            return self.any_word()
        if chance < 0.72:
            return f"{self.of('adj')} {self.of(*lists)}"
        if chance < 0.80:
            return f"{self.of('material')} {self.of(*lists)}"
        if chance < 0.88:
            return f"{self.of('lexicon', 'noun')} {self.of('thing', 'gear', 'noun')}"
        return self.coined()

    def _syllable(self) -> str:
        inner = self.rng.choice(_CODAS) if self.rng.random() < 0.15 else ""
        return self.rng.choice(_ONSETS) + self.rng.choice(_VOWELS) + inner
