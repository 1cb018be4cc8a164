"""How players put things: lead-ins, tails, small letters, missing stops, typing errors."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping, Sequence

from train_demo_model.banks import Banks
from train_demo_model.split import Split, phrasings
from train_demo_model.template import Template

_TYPO = 0.05
_SMALL = 0.1
_LEAD = 0.1
_TAIL = 0.05
_UNSTOPPED = 0.12
_MIN_TYPO_CHARS = 8


class Player:
    """Says authored texts the way players type.

    Args:
        banks: for lead-ins and tails.
        rng: draws.
        split: of phrasings.
    """

    def __init__(self, banks: Banks, rng: random.Random, split: Split) -> None:
        self._rng = rng
        self._leads = phrasings(banks.asks.get("lead", ()), split if split != "new" else "in")
        self._tails = phrasings(banks.asks.get("tail", ()), split if split != "new" else "in")

    def choose(self, texts: Sequence[Template], split: Split, values: Mapping[str, str]) -> Template | None:
        """One of `texts` that belongs to `split` and whose slots `values` has; None if there is none."""
        fitting = [text for text in phrasings(texts, split) if text.slots <= values.keys()]
        return self._rng.choice(fitting) if fitting else None

    def say(self, text: Template, values: Mapping[str, str], *, exact: bool = False, bare: bool = False) -> str:
        """`text` as typed.

        Args:
            text: what is said.
            values: of its slots.
            exact: keep upper and lower case, because the answer must repeat what was said.
            bare: no lead-in and no tail.
        """
        rng = self._rng
        if rng.random() < _TYPO and len(text.literal) > _MIN_TYPO_CHARS:
            said = text.with_literals(self._mistyped(text), values)
        elif not bare and self._leads and rng.random() < _LEAD:
            said = self._led(text, values)
        else:
            said = text.fill(values)
        if not bare and self._tails and rng.random() < _TAIL and len(said) > _MIN_TYPO_CHARS:
            said = self._tailed(said, values)
        if not exact and rng.random() < _SMALL:
            said = said.lower()
        if rng.random() < _UNSTOPPED:
            said = said.rstrip(".?!") or said
        return " ".join(said.split())

    def _led(self, text: Template, values: Mapping[str, str]) -> str:
        leads = [lead for lead in self._leads if lead.slots <= values.keys()]
        lead = self._rng.choice(leads).fill(values).rstrip()
        runs_on = lead[-1:] not in ".!?"
        return f"{lead} {text.clause(values) if runs_on else text.fill(values)}"

    def _tailed(self, said: str, values: Mapping[str, str]) -> str:
        tails = [tail for tail in self._tails if tail.slots <= values.keys()]
        tail = self._rng.choice(tails).fill(values)
        starts_sentence = tail.strip()[:1].isupper()
        if starts_sentence:
            return f"{said if said[-1:] in '.?!' else said + '.'} {tail.strip()}"
        body = said.rstrip(".?!")
        ending = said[len(body) :]
        return f"{body}{tail if tail[:1] in ' ,' else ' ' + tail}".rstrip(".?!") + ending

    def _mistyped(self, text: Template) -> list[str]:
        literals = list(text.literals)
        at = max(range(len(literals)), key=lambda number: len(literals[number]))
        words = literals[at].split(" ")
        long = [number for number, word in enumerate(words) if len(word) > 3 and word.isalpha()]
        if long:
            number = self._rng.choice(long)
            words[number] = _typo(words[number], self._rng)
        literals[at] = " ".join(words)
        return literals


def _typo(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind < 0.7:
        return word[:at] + word[at + 1 :]
    if kind < 0.9:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice(string.ascii_lowercase) + word[at + 1 :]
