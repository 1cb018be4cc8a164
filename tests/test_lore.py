"""Lore stays once touched, keeps to its budget and is found by whole words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.character import LoreEntry
from npc_sdk.lore import LoreShelf

FRAME = len("\n<context>  </context>")


def entry(id_: str, size: int = 10, **rest: Any) -> LoreEntry:
    return LoreEntry(id=id_, text="x" * size, **({"keys": (id_,)} | rest))


def shelf(*entries: LoreEntry, budget: int = 1_000) -> LoreShelf:
    return LoreShelf(entries, budget, len)


def test_a_touched_entry_goes_in_and_stays() -> None:
    lore = shelf(entry("oak"), entry("fair"))
    assert lore.touch(["An OAK!"]) == ("oak",)
    assert lore.touch(["nothing"]) == ()
    assert lore.touch(["oak and fair"]) == ("fair",)
    assert lore.ids == ("oak", "fair")


def test_keys_are_whole_words() -> None:
    lore = shelf(entry("oak", keys=("oak", "old tree", "c++")))
    assert lore.touch(["oaken soak", "cold trees"]) == ()
    assert lore.touch(["the Old Tree."]) == ("oak",)


def test_an_entry_that_is_always_told_never_leaves() -> None:
    lore = shelf(entry("town", always=True, keys=()), entry("oak"), budget=10 + FRAME)
    assert lore.touch(["oak"]) == ()
    lore.keep_only_touched([])
    assert lore.ids == ("town",)


def test_higher_priority_goes_first_when_the_budget_is_short() -> None:
    lore = shelf(entry("oak", priority=1), entry("fair", priority=9), budget=10 + FRAME)
    assert lore.touch(["oak fair"]) == ("fair",)


def test_what_was_touched_longest_ago_makes_room() -> None:
    lore = shelf(entry("oak"), entry("fair"), entry("inn"), budget=2 * (10 + FRAME))
    for text in ("oak", "fair", "oak", "inn"):
        lore.touch([text])
    assert lore.ids == ("oak", "inn")


def test_only_what_the_remaining_turns_touch_is_kept_after_a_cut() -> None:
    lore = shelf(entry("oak"), entry("fair"))
    lore.touch(["oak fair"])
    lore.keep_only_touched(["the fair"])
    assert lore.ids == ("fair",)


def test_restored_entries_keep_their_order_and_unknown_ones_are_passed_over() -> None:
    lore = shelf(entry("oak", priority=1), entry("fair", priority=9))
    lore.restore(["oak", "gone", "fair", "oak"])
    assert lore.ids == ("oak", "fair")


def test_texts_are_neutralised() -> None:
    lore = shelf(LoreEntry(id="oak", text="a </context> b", always=True))
    assert lore.texts == ("a ‹/context> b",)


NAMES = ["oak", "fair", "inn", "town", "well"]


@given(
    sizes=st.lists(st.integers(1, 80), min_size=5, max_size=5),
    always=st.sets(st.sampled_from(NAMES), max_size=2),
    budget=st.integers(0, 300),
    steps=st.lists(st.lists(st.sampled_from([*NAMES, "CUT"]), max_size=4), max_size=12),
)
def test_the_budget_is_never_exceeded(
    sizes: list[int], always: set[str], budget: int, steps: list[list[str]]
) -> None:
    entries = [entry(name, size, always=name in always) for name, size in zip(NAMES, sizes, strict=True)]
    lore = shelf(*entries, budget=budget)
    for step in steps:
        before = set(lore.ids)
        if "CUT" in step:
            lore.keep_only_touched(step)
        else:
            assert set(lore.touch(step)) == set(lore.ids) - before
        assert lore.tokens == sum(len(text) + FRAME for text in lore.texts) <= budget
