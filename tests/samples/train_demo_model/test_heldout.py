"""Frozen items: the generator's own answers pass, and training never sees their words."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from train_demo_model.banks import load_banks
from train_demo_model.heldout import Column, items
from train_demo_model.heldout_rows import ROWS
from train_demo_model.item import write_items

KEYS = {"id", "row", "column", "system", "tools", "contexts", "messages", "checks", "gold"}
FROZEN = Path(__file__).parents[3] / "samples" / "train_demo_model" / "heldout"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lzma.decompress(path.read_bytes()).decode().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("column", ["in", "new"])
def test_every_row_gets_its_items_the_same_each_time(tmp_path: Path, column: Column) -> None:
    count = write_items(items(load_banks(), column, 4), tmp_path / "items.jsonl.xz")
    written = read(tmp_path / "items.jsonl.xz")
    assert len(written) == count
    assert all(item.keys() == KEYS for item in written)
    rows = Counter(item["row"] for item in written)
    assert rows.keys() == {row.name for row in ROWS if column == "in" or not row.only_in}
    assert all(item["messages"][-1]["role"] == "user" for item in written)
    again = [item.id for item in items(load_banks(), column, 4)]
    assert [item["id"] for item in written] == again


@pytest.mark.parametrize("path", sorted(FROZEN.glob("*.jsonl.xz")), ids=lambda path: path.name)
def test_the_frozen_items_are_well_formed(path: Path) -> None:
    frozen = read(path)
    assert len({item["id"] for item in frozen}) == len(frozen)
    assert all(item.keys() == KEYS and item["checks"] for item in frozen)
