"""Authored text with slots: `A {animal} bit {P}.`; the code puts right a/an and the start of sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from train_demo_model.english import an, capital, plural, sentences

_SLOT = re.compile(r"\{(a |an )?([A-Za-z_][\w.]*)(:s)?\}")
_STARTS_SENTENCE = re.compile(r"(?:^|(?<!\.\.)[.!?][\"')]*\s+)[\"'(]?$")
_ARTICLE = re.compile(r"(?:^|(?<=[^A-Za-z']))([Aa])n? $")
_STAYS_CAPITAL = re.compile(r"(?:I|I'\w+|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|[A-Z]{2,})\b")


@dataclass(frozen=True, slots=True)
class Slot:
    """One `{slot}` of a template.

    Args:
        name: as in the values.
        article: whether it stands as `{a slot}`.
        many: whether it stands as `{slot:s}`, the plural of the value.
        starts: whether it is the first word of a sentence.
    """

    name: str
    article: bool
    many: bool
    starts: bool

    def fill(self, value: str, *, starts: bool) -> str:
        """The value as it reads here."""
        text = plural(value) if self.many else value
        if self.article:
            text = f"{an(text)} {text}"
        return capital(text) if starts else text


class Template:
    """A text with slots.

    Args:
        text: as its author wrote it.
        key: what tells whether it is held out, for texts that are made from one pattern; by default the text.

    Attributes:
        slots: the names of its slots.

    Raises:
        ValueError: if its braces are no slots.
    """

    def __init__(self, text: str, key: str = "") -> None:
        self.text = text
        self.key = key or text
        self.slots = frozenset(name for _, name, _ in _SLOT.findall(text))
        if "{" in (rest := _SLOT.sub("", text)) or "}" in rest:
            raise ValueError(f"not a slot in {text!r}")

    @cached_property
    def _parts(self) -> tuple[str | Slot, ...]:
        parts: list[str | Slot] = []
        end = 0
        for match in _SLOT.finditer(self.text):
            starts = _STARTS_SENTENCE.search(self.text[: match.start()]) is not None
            parts.append(self.text[end : match.start()])
            parts.append(Slot(match[2], match[1] is not None, match[3] is not None, starts))
            end = match.end()
        return (*parts, self.text[end:])

    @cached_property
    def literal(self) -> str:
        """Its own words, without the slots."""
        return " ".join(part for part in self._parts if isinstance(part, str))

    @cached_property
    def sentence_count(self) -> int:
        """How many sentences it has."""
        return len(sentences(self.text))

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """Its own texts between the slots, in order."""
        return tuple(part for part in self._parts if isinstance(part, str))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with `values` in its slots."""
        return self._fill(values, clause=False)

    def clause(self, values: Mapping[str, str]) -> str:
        """The text as it runs on after a lead: its first letter small unless the word is always capital."""
        return self._fill(values, clause=True)

    def with_literals(self, literals: list[str], values: Mapping[str, str]) -> str:
        """The text with other words between its slots (the player's typing errors), slots as they are."""
        told = iter(literals)
        return "".join(
            next(told) if isinstance(part, str) else part.fill(values[part.name], starts=part.starts)
            for part in self._parts
        )

    def _fill(self, values: Mapping[str, str], *, clause: bool) -> str:
        done = ""
        for part in self._parts:
            if isinstance(part, str):
                done += part
                continue
            value = part.fill(values[part.name], starts=part.starts and not (clause and not done))
            article = _ARTICLE.search(done)
            if done.endswith((" the ", "The ")) and value[:4].casefold() == "the ":
                value = value[4:]
            elif article:
                done = f"{done[: article.start()]}{article[1]}{an(value)[1:]} "
            done += value
        if clause and self._parts[0]:
            return done if _STAYS_CAPITAL.match(done) else done[:1].lower() + done[1:]
        return done

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def __str__(self) -> str:
        return self.key
