"""Which keys and values are kept: by the ids they stand for, least recently used out first, capped in bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar


class Snapshot(Protocol):
    """Keys and values of one row, never written to."""

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        ...

    def prefix(self, length: int) -> Self:
        """Those of its first `length` tokens, without a copy."""
        ...


S = TypeVar("S", bound=Snapshot)


@dataclass(frozen=True, slots=True)
class Hit(Generic[S]):
    """What a lookup found.

    Args:
        snapshot: of the first `length` tokens asked for.
        length: at least 1.
    """

    snapshot: S
    length: int


class PrefixCache(Generic[S]):
    """Snapshots by token ids.

    Any common start of a prompt and an entry is a hit: a line needs its dialogue's own history, a new dialogue
    the part of another's prompt that is its character's.

    Args:
        max_bytes: bytes of all snapshots together; 0 keeps none.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.nbytes = 0
        self._entries: dict[tuple[int, ...], S] = {}  # least recently used first

    def __len__(self) -> int:
        return len(self._entries)

    def lookup(self, ids: Sequence[int]) -> Hit[S] | None:
        """The longest kept start of `ids`; its entry becomes the one used last."""
        asked = tuple(ids)
        best: tuple[int, ...] | None = None
        length = 0
        for entry in self._entries:
            if entry[: length + 1] == asked[: length + 1] and len(entry) > length < len(asked):
                best, length = entry, common_prefix(entry, asked)
        if best is None:
            return None
        snapshot = self._entries.pop(best)
        self._entries[best] = snapshot
        return Hit(snapshot.prefix(length), length)

    def insert(self, ids: Sequence[int], snapshot: S) -> None:
        """Keeps the snapshot of `ids`, in place of those it continues.

        It is not kept when it alone is over the cap or when an entry already starts with `ids`.
        """
        new = tuple(ids)
        if not new or snapshot.nbytes > self.max_bytes:
            return
        longer = next((entry for entry in self._entries if entry[: len(new)] == new), None)
        if longer is not None:
            self._entries[longer] = self._entries.pop(longer)
            return
        for entry in [entry for entry in self._entries if new[: len(entry)] == entry]:
            self._drop(entry)
        while self.nbytes + snapshot.nbytes > self.max_bytes:
            self._drop(next(iter(self._entries)))
        self._entries[new] = snapshot
        self.nbytes += snapshot.nbytes

    def clear(self) -> None:
        """Drops everything."""
        self._entries.clear()
        self.nbytes = 0

    def _drop(self, entry: tuple[int, ...]) -> None:
        self.nbytes -= self._entries.pop(entry).nbytes


def common_prefix(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many ids both start with; halving compares slices in C, which is faster than a loop over ids."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
