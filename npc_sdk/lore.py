"""Lore: which entries of the books stand in the prompt.

An entry goes in when one of its keys comes up, and stays: the tuned format puts lore before all turns, so every
change of it makes the model read the whole history again. Entries leave when history is cut, when everything is
read again anyway, or when a newly touched entry needs their room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from npc_sdk.character import LoreEntry
from npc_sdk.chat_format import neutralise


class LoreShelf:
    """The entries that stand in one dialogue's prompt, in the order in which they came in.

    Args:
        entries: all that the character could tell.
        budget_tokens: most tokens of all entries in the prompt together.
        count: tokens of a text.
    """

    def __init__(self, entries: Sequence[LoreEntry], budget_tokens: int, count: Callable[[str], int]) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self._patterns = {entry.id: _pattern(entry.keys) for entry in entries if entry.keys}
        self._texts = {entry.id: neutralise(entry.text) for entry in entries}
        self._budget_tokens = budget_tokens
        self._count = count
        self._sizes: dict[str, int] = {}
        self._shelf: dict[str, int] = {}  # id -> when it was last touched
        self._clock = 0
        self._put(entry for entry in entries if entry.always)

    @property
    def ids(self) -> tuple[str, ...]:
        """The entries in the prompt, in prompt order."""
        return tuple(self._shelf)

    @property
    def texts(self) -> tuple[str, ...]:
        """Their texts, neutralised."""
        return tuple(self._texts[id_] for id_ in self._shelf)

    @property
    def tokens(self) -> int:
        """What they cost together; at most the budget."""
        return sum(self._size(id_) for id_ in self._shelf)

    def touch(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Puts in the entries whose keys stand in `texts`.

        Returns:
            the ids that are new in the prompt.
        """
        before = set(self._shelf)
        self._put(self._matches(texts))
        return tuple(id_ for id_ in self._shelf if id_ not in before)

    def keep_only_touched(self, texts: Iterable[str]) -> None:
        """Drops what the remaining turns do not touch; called when history was cut."""
        touched = {entry.id for entry in self._matches(texts)}
        for id_ in list(self._shelf):
            if id_ not in touched and not self._entries[id_].always:
                del self._shelf[id_]

    def restore(self, ids: Iterable[str]) -> None:
        """Puts back saved entries in their order; ids that the books no longer have are passed over."""
        self._clock += 1
        for id_ in ids:
            if id_ in self._entries and id_ not in self._shelf and self._make_room(self._size(id_)):
                self._shelf[id_] = self._clock

    def _matches(self, texts: Iterable[str]) -> list[LoreEntry]:
        heard = "\n".join(texts).casefold()
        return [self._entries[id_] for id_, pattern in self._patterns.items() if pattern.search(heard)]

    def _put(self, entries: Iterable[LoreEntry]) -> None:
        self._clock += 1
        wanted = sorted(entries, key=lambda entry: -entry.priority)
        for entry in wanted:
            if entry.id in self._shelf:
                self._shelf[entry.id] = self._clock
        for entry in wanted:
            if entry.id not in self._shelf and self._make_room(self._size(entry.id)):
                self._shelf[entry.id] = self._clock

    def _make_room(self, size: int) -> bool:
        """Frees `size` tokens by dropping what was touched longest ago; False, and no change, if it cannot."""
        free = self._budget_tokens - self.tokens
        leaving: list[str] = []
        stale = sorted(
            (id_ for id_, when in self._shelf.items() if when < self._clock and not self._entries[id_].always),
            key=self._shelf.__getitem__,
        )
        for id_ in stale:
            if free >= size:
                break
            free += self._size(id_)
            leaving.append(id_)
        if free < size:
            return False
        for id_ in leaving:
            del self._shelf[id_]
        return True

    def _size(self, id_: str) -> int:
        if id_ not in self._sizes:
            self._sizes[id_] = self._count(f"\n<context> {self._texts[id_]} </context>")
        return self._sizes[id_]


def _pattern(keys: Iterable[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(key.casefold()) for key in keys)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")
