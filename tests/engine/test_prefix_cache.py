"""The longest kept start is found, and the cap holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.engine.prefix_cache import PrefixCache, common_prefix


@dataclass(frozen=True)
class IdsSnapshot:
    """A snapshot that is its ids, ten bytes each."""

    ids: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return 10 * len(self.ids)

    def prefix(self, length: int) -> Self:
        return type(self)(self.ids[:length])


def insert(cache: PrefixCache[IdsSnapshot], *ids: int) -> None:
    cache.insert(ids, IdsSnapshot(ids))


IDS = st.lists(st.integers(0, 2), max_size=9).map(tuple)


@settings(max_examples=300)
@given(st.lists(IDS, max_size=12), IDS, st.integers(0, 300))
def test_the_longest_start_is_found_and_the_cap_holds(
    inserted: list[tuple[int, ...]], asked: tuple[int, ...], cap: int
) -> None:
    cache: PrefixCache[IdsSnapshot] = PrefixCache(cap)
    for ids in inserted:
        insert(cache, *ids)
        assert cache.nbytes == sum(snapshot.nbytes for snapshot in cache._entries.values()) <= cap
        assert all(ids == snapshot.ids for ids, snapshot in cache._entries.items())
        assert not any(
            one != other and other[: len(one)] == one for one in cache._entries for other in cache._entries
        )
    longest = max((common_prefix(ids, asked) for ids in cache._entries), default=0)
    hit = cache.lookup(asked)
    assert (hit.length if hit else 0) == longest
    assert hit is None or hit.snapshot.ids == asked[:longest]


@given(IDS, IDS)
def test_common_prefix(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    assert common_prefix(one, other) == count


def test_a_continuation_replaces_what_it_continues() -> None:
    cache: PrefixCache[IdsSnapshot] = PrefixCache(1000)
    insert(cache, 1, 2)
    insert(cache, 1, 2, 3)
    assert len(cache) == 1
    insert(cache, 1, 2)
    assert len(cache) == 1
    hit = cache.lookup((1, 2, 3, 4))
    assert hit is not None
    assert hit.length == 3


def test_the_least_recently_used_goes_first() -> None:
    cache: PrefixCache[IdsSnapshot] = PrefixCache(90)
    insert(cache, 1, 1, 1)
    insert(cache, 2, 2, 2)
    insert(cache, 3, 3, 3)
    assert cache.lookup((1, 1)) is not None
    insert(cache, 4, 4, 4)
    assert cache.lookup((2, 2)) is None
    assert cache.lookup((1, 1)) is not None


def test_what_is_over_the_cap_alone_is_not_kept() -> None:
    cache: PrefixCache[IdsSnapshot] = PrefixCache(20)
    insert(cache, 7)
    insert(cache, 1, 2, 3)
    assert cache.lookup((1, 2, 3)) is None
    assert cache.lookup((7,)) is not None


def test_clearing_drops_all() -> None:
    cache: PrefixCache[IdsSnapshot] = PrefixCache(20)
    insert(cache, 7)
    cache.clear()
    assert (len(cache), cache.nbytes, cache.lookup((7,))) == (0, 0, None)
