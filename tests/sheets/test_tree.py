from __future__ import annotations

from pathlib import Path

from npc_sdk.sheets.parser import parse
from npc_sdk.sheets.report import Report
from npc_sdk.sheets.tree import Node, merge


def tree(text: str, name: str = "t.yaml") -> Node:
    node = parse(text, Path(name), Report())
    assert node is not None
    return node


def test_maps_merge_key_by_key_and_everything_else_is_replaced():
    base = tree("a: {x: 1, y: 2}\nb: [1, 2]\nc: old\n")
    top = tree("a: {y: 3, z: 4}\nb: [5]\nc: {d: new}\n")
    assert merge(base, top).plain() == {"a": {"x": 1, "y": 3, "z": 4}, "b": [5], "c": {"d": "new"}}


def test_null_removes_a_key_of_the_base_and_is_a_value_where_there_is_none():
    assert merge(tree("a: {x: 1, y: 2}\nb: 1\n"), tree("a: {x: ~}\nb:\nc:\n")).plain() == {"a": {"y": 2}, "c": None}


def test_merged_values_keep_the_place_in_their_own_file():
    merged = merge(tree("a:\n  x: 1\n", "base.yaml"), tree("a:\n  y: 2\n", "top.yaml"))
    x, y = merged.find(("a", "x")), merged.find(("a", "y"))
    assert x is not None
    assert y is not None
    assert (x.place.path.name, x.place.line, x.place.column) == ("base.yaml", 2, 6)
    assert (y.place.path.name, y.key_place.column) == ("top.yaml", 3)


def test_walk_visits_every_node_with_its_key():
    assert [key for key, _ in tree("a: [b, {c: d}]\n").walk()] == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "c")]
