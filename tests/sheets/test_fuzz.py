from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npc_sdk.errors import SheetError
from npc_sdk.sheets import load_character, shipped_dir

MIRA = (shipped_dir() / "mira.yaml").read_text(encoding="utf-8")
PIECES = [
    "\t",
    "&a ",
    "*a",
    "!!int ",
    "<<: ",
    "[",
    "{",
    "? ",
    "- ",
    ": ",
    "'",
    '"',
    "|\n",
    "%",
    "---\n",
    "\0",
    "\r",
    "~",
    "yes",
]


def load_quickly(path: Path) -> None:
    started = time.monotonic()
    try:
        load_character(path)
    except SheetError as exc:
        str(exc).encode()
    assert time.monotonic() - started < 5


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "sheet.yaml"


@given(data=st.binary(max_size=400))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_raise_nothing_but_sheet_errors(path, data):
    path.write_bytes(data)
    load_quickly(path)


@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, len(MIRA)), st.integers(0, 12), st.one_of(st.sampled_from(PIECES), st.text(max_size=6))
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_sheets_raise_nothing_but_sheet_errors(path, edits):
    text = MIRA
    for start, cut, piece in edits:
        text = text[:start] + piece + text[start + cut :]
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    load_quickly(path)


@given(
    tree=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=8,
    ),
    key=st.sampled_from(["identity", "tools", "lore", "speech", "state", "extends", "relationships", "meta", "id"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_shape_of_value_raises_nothing_but_sheet_errors(path, tree, key):
    path.write_bytes(f"schema: npc/1\nid: a\nname: b\n{key}: {flow(tree)}\n".encode("utf-8", "surrogatepass"))
    load_quickly(path)


def flow(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return str(value).lower()
