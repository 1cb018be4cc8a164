"""Paragraphs of public-domain books, for fluent and varied English and for words that no template has."""

from __future__ import annotations

import lzma
import random
from pathlib import Path

_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "—": " - ", "–": "-", "\u00a0": " ", "…": "...", "_": ""}
)
MIN_CHARS, MAX_CHARS = 400, 4_000
"""How long a passage is."""


class Books:
    """Passages drawn from a file with one paragraph a line, books parted by a form feed line.

    Args:
        path: plain or .xz text.
    """

    def __init__(self, path: Path) -> None:
        opener = lzma.open if path.suffix == ".xz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            self._lines = file.read().split("\n")

    def passage(self, dice: random.Random) -> str:
        """Some whole paragraphs that follow each other, in plain ASCII quotes."""
        wanted = dice.randint(MIN_CHARS, MAX_CHARS)
        taken: list[str] = []
        place = dice.randrange(len(self._lines))
        while sum(map(len, taken)) < wanted:
            line = self._lines[place % len(self._lines)].strip()
            place += 1
            if "\f" in line and taken:
                break
            if line and line != "\f":
                taken.append(line)
        return "\n".join(taken).translate(_PLAIN)[: 3 * MAX_CHARS]
