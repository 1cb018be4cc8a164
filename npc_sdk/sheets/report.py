"""Collects the faults of all files of a sheet, so that one run shows all of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from npc_sdk.errors import Fault, SheetError
from npc_sdk.sheets.tree import Key, Node, Place, dotted

MAX_FAULTS = 100
"""Most faults listed in one report; the rest are counted."""

MAX_SHOWN_CHARS = 60
"""Longest piece of a file that a fault quotes, in characters."""

MAX_KNOWN_WORDS = 1_000
"""Most words that are searched for the nearest spelling."""


class Report:
    """The faults found so far. A place is faulted once: what else is wrong there follows from the first fault."""

    def __init__(self) -> None:
        self._faults: dict[tuple[Place, str], Fault] = {}
        self._files: dict[Path, int] = {}

    def __len__(self) -> int:
        return len(self._faults)

    def nearest(self, word: str, known: Iterable[str]) -> str | None:
        """As the function `nearest`, but None once the report is full: such help would cost time and not be seen."""
        return None if len(self) > MAX_FAULTS else nearest(word, known)

    def begin(self, path: Path) -> None:
        """Note that a file is being read; the report lists faults in this order of files."""
        self._files.setdefault(path, len(self._files))

    def add(self, place: Place, key: Key, expected: str, found: str, nearest: str | None = None) -> None:
        """Note a fault.

        Args:
            place: where it is; later faults of the same place are dropped, but missing keys of one map are all kept.
            key: its key within the file.
            expected, found: plain words, as in `Fault`.
            nearest: the nearest allowed spelling.
        """
        self.begin(place.path)
        name = shorten(dotted(key))
        fault = Fault(place.path, place.line, place.column, name, expected, found, nearest)
        self._faults.setdefault((place, name if found == NO_SUCH_KEY or not place.line else ""), fault)

    def raise_if_any(self) -> None:
        """Raise when there are faults, in the order of files and lines.

        Raises:
            SheetError: with at most `MAX_FAULTS` faults and a count of the rest.
        """
        if not self._faults:
            return
        faults = sorted(self._faults.values(), key=lambda fault: (self._files[fault.path], fault.line, fault.column))
        shown, rest = faults[:MAX_FAULTS], faults[MAX_FAULTS:]
        if rest:
            expected = f"at most {MAX_FAULTS} faults in a report"
            shown.append(Fault(rest[0].path, 0, 0, "", expected, f"{len(rest)} more"))
        raise SheetError(shown)


NO_SUCH_KEY = "no such key"


def shorten(text: str) -> str:
    """Text of a file made fit for one line of a terminal: cut to `MAX_SHOWN_CHARS`, control characters escaped."""
    cut = text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def quote(text: str) -> str:
    """Text of a file in quotes, shortened."""
    return f"'{shorten(text)}'"


def describe(node: Node) -> str:
    """What stands at a node, in plain words."""
    match node.value:
        case dict():
            return "a map of keys and values"
        case list():
            return "a list"
        case None:
            return "nothing"
        case bool():
            return f"{node.written}, which YAML reads as {str(node.value).lower()}"
        case int() | float():
            return f"the number {shorten(node.written)}"
        case "":
            return "empty text"
        case str() as text:
            return quote(text)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is spelt most like `word`, if one is near; upper and lower case count as equal."""
    by_lower = {name.lower(): name for name in islice(known, MAX_KNOWN_WORDS)}
    found = difflib.get_close_matches(word.lower()[:MAX_SHOWN_CHARS], by_lower, n=1)
    return by_lower[found[0]] if found else None
