"""What a field of a message may hold. Each kind has the label that stands in PROTOCOL.md's tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_NAME = re.compile(r"[A-Za-z0-9._:-]+")


def size_bytes(text: str) -> int:
    """Bytes of UTF-8; a lone surrogate counts 3, for it is the encoder's part to refuse it."""
    return len(text.encode("utf-8", "surrogatepass"))


class Kind(Protocol):
    """What one field may hold."""

    @property
    def label(self) -> str:
        """The kind, as PROTOCOL.md writes it."""
        ...

    def admits(self, value: Any) -> bool:
        """Whether `value` is of this kind."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string of so many bytes of UTF-8."""

    min_bytes: int
    max_bytes: int

    @property
    def label(self) -> str:
        """Such as `str(0..64)`."""
        return f"str({self.min_bytes}..{self.max_bytes})"

    def admits(self, value: Any) -> bool:
        """Whether it is a string within the bounds."""
        return isinstance(value, str) and self.min_bytes <= size_bytes(value) <= self.max_bytes


@dataclass(frozen=True, slots=True)
class Name:
    """1 to 64 characters out of letters, digits, `.`, `_`, `:` and `-`."""

    label: str = "name"

    def admits(self, value: Any) -> bool:
        """Whether it is a string of that form."""
        return isinstance(value, str) and len(value) <= 64 and _NAME.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer within bounds, both included."""

    least: int
    most: int

    @property
    def label(self) -> str:
        """Such as `int(0..256)`."""
        return f"int({self.least}..{self.most})"

    def admits(self, value: Any) -> bool:
        """Whether it is an integer (not a boolean) within the bounds."""
        return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    label: str = "bool"

    def admits(self, value: Any) -> bool:
        """Whether it is a boolean."""
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def label(self) -> str:
        """Such as `one of silent, auto, must`."""
        return "one of " + ", ".join(self.words)

    def admits(self, value: Any) -> bool:
        """Whether it is one of the words."""
        return isinstance(value, str) and value in self.words


@dataclass(frozen=True, slots=True)
class WholeList:
    """A list of 1 to 16 integers from 0 to 65535."""

    label: str = "list(int)"

    def admits(self, value: Any) -> bool:
        """Whether it is such a list."""
        return isinstance(value, list | tuple) and 1 <= len(value) <= 16 and all(map(Whole(0, 65_535).admits, value))


@dataclass(frozen=True, slots=True)
class Changes:
    """A map of strings to strings or nil."""

    label: str = "map(str, str or nil)"

    def admits(self, value: Any) -> bool:
        """Whether it is such a map."""
        return isinstance(value, Mapping) and all(held is None or isinstance(held, str) for held in value.values())


@dataclass(frozen=True, slots=True)
class NameLists:
    """A map of strings to lists of strings."""

    label: str = "map(str, list(str))"

    def admits(self, value: Any) -> bool:
        """Whether it is such a map."""
        return isinstance(value, Mapping) and all(
            isinstance(held, list | tuple) and all(isinstance(each, str) for each in held) for held in value.values()
        )


@dataclass(frozen=True, slots=True)
class NumberMap:
    """A map of strings to numbers that are not negative."""

    label: str = "map(str, number)"

    def admits(self, value: Any) -> bool:
        """Whether it is such a map."""
        return isinstance(value, Mapping) and all(
            isinstance(held, int | float) and not isinstance(held, bool) and held >= 0 for held in value.values()
        )


@dataclass(frozen=True, slots=True)
class AnyMap:
    """A map of strings to anything in the profile."""

    label: str = "map"

    def admits(self, value: Any) -> bool:
        """Whether it is a map."""
        return isinstance(value, Mapping)


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value of the profile, nil included."""

    label: str = "any"

    def admits(self, value: Any) -> bool:
        """Always."""
        return True
