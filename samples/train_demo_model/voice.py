"""An NPC's manner of speech: lines of its style, and plain answers with the style around them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from train_demo_model.english import capital, sentences, vocative
from train_demo_model.styles import Style
from train_demo_model.template import Template

_BARE = 0.04  # share of answers without any flourish
_ADDRESSED = 0.75  # share of answers that name the player by a form of address that the sheet gives
_CATCHPHRASE = 0.2
_UNLIMITED = 4  # sentences


@dataclass(slots=True)
class Voice:
    """How one character talks.

    Args:
        style: the manner.
        rng: draws.
        values: `name`, `role`, `place`, `addr` as far as the character has them.
        told_address: whether the sheet says how the character calls people.
        must_address: whether a rule demands it in every line.
        max_sentences: most sentences in a line.
        end_phrase: what a rule demands at the end of every line.
        catchphrase: comes up now and then.
        favorite: a word that a rule wants in every line.
    """

    style: Style
    rng: random.Random
    values: Mapping[str, str]
    told_address: bool = False
    must_address: bool = False
    max_sentences: int | None = None
    end_phrase: str = ""
    catchphrase: str = ""
    favorite: str = ""
    _said: set[str] = field(default_factory=set)

    def line(self, category: str, **more: str) -> str:
        """A line of the style.

        Args:
            category: such as `greet`.
            more: values of slots that only this category has.
        """
        values = {**self.values, **more}
        fitting = [line for line in self.style.lines[category] if line.slots <= values.keys()]
        short = [line for line in fitting if line.sentence_count <= self._room()]
        return self._finished(self._fresh(short or fitting or self.style.lines["unclear"]).fill(values))

    def answer(self, core: Template, values: Mapping[str, str]) -> str:
        """A plain answer with an opener, a lead or a closer of the style.

        Args:
            core: the answer.
            values: of its slots.
        """
        values = {**self.values, **values}
        plain = core.fill(values)
        room = self._room() - len(sentences(plain))
        chance = self.rng.random()
        if chance < _BARE:
            return self._finished(plain)
        if (chance < 0.30 or room < 1) and self._may_lead(plain):
            return self._finished(self._fresh(self.style.leads).fill(values) + core.clause(values))
        if room < 1:
            return self._finished(plain)
        if chance < 0.68:
            text = f"{self._around(self.style.openers)} {plain}"
        elif chance < 0.94 or room < 2:
            text = f"{plain} {self._closer()}"
        else:
            text = f"{self._around(self.style.openers)} {plain} {self._closer()}"
        return self._finished(text)

    def around_line(self, category: str, core: Template, values: Mapping[str, str]) -> str:
        """A short line of the style, such as a "yes", and the plain answer after it."""
        values = {**self.values, **values}
        plain = core.fill(values)
        fitting = [
            line
            for line in self.style.lines[category]
            if line.slots <= values.keys() and line.sentence_count + len(sentences(plain)) <= self._room()
        ]
        if not fitting:
            return self.answer(core, values)
        return self._finished(f"{self._fresh(fitting).fill(values)} {plain}")

    def _may_lead(self, plain: str) -> bool:
        return not plain.startswith(("Yes", "No", "Aye", "Nay")) and len(plain) > 3

    def _around(self, texts: Sequence[Template]) -> str:
        room = self._room() - 1
        short = [text for text in texts if text.sentence_count <= room]
        return self._fresh(short or texts).fill(self.values)

    def _closer(self) -> str:
        if self.catchphrase and self.rng.random() < _CATCHPHRASE:
            return self.catchphrase if self.catchphrase[-1:] in ".!?" else f"{self.catchphrase}."
        return self._around(self.style.closers)

    def _fresh(self, texts: Sequence[Template]) -> Template:
        """One that was not said in this dialogue, while there are such; with the address where the sheet gives it."""
        unsaid = [text for text in texts if text.text not in self._said] or list(texts)
        if self.told_address and self.rng.random() < _ADDRESSED:
            unsaid = [text for text in unsaid if "addr" in text.slots] or unsaid
        chosen = self.rng.choice(unsaid)
        self._said.add(chosen.text)
        return chosen

    def _room(self) -> int:
        return (self.max_sentences or _UNLIMITED) - (1 if self.end_phrase else 0)

    def _finished(self, text: str) -> str:
        address = self.values.get("addr", "")
        wanted = self.must_address or (self.told_address and self.rng.random() < _ADDRESSED)
        if wanted and address and address.casefold() not in text.casefold():
            text = _with_word(text, address)
        if self.favorite and self.favorite.casefold() not in text.casefold():
            text = _with_word(text, self.favorite)
        if self.end_phrase:
            ending = self.end_phrase if self.end_phrase[-1:] in ".!?" else f"{self.end_phrase}."
            text = f"{text} {ending[:1].upper()}{ending[1:]}"
        return text


def _with_word(text: str, word: str) -> str:
    """The text with a word that stands for itself, at its end or, if that is open, before it."""
    named = vocative(text, word)
    return named if named != text else f"{capital(word)} - {text}"
