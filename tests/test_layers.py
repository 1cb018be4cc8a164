"""An import only goes down: the table of layers, and what may be imported where."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import npc_sdk

ROOT = Path(__file__).parents[1]
PACKAGES = {"npc_sdk": ROOT / "npc_sdk", "npc_bridge": ROOT / "bridge" / "npc_bridge"}

LAYERS: dict[int, str] = {
    0: "npc_sdk.errors npc_sdk.events",
    1: "npc_sdk.sheet_base npc_sdk.sheet_test npc_sdk.character npc_sdk.backend",
    2: "npc_sdk.chat_format npc_sdk.prompt npc_sdk.sentences npc_sdk.line_parser npc_sdk.tools npc_sdk.lore "
    "npc_sdk.player_text npc_sdk.history npc_sdk.save npc_sdk.memory npc_sdk.sheets npc_sdk.models npc_sdk.download "
    "npc_sdk.budget npc_sdk.call_schemas",
    3: "npc_sdk.call_desk npc_sdk.line_record npc_sdk.utterance npc_sdk.dialogue npc_sdk.testing npc_sdk.sheet_tests",
    4: "npc_sdk.engine npc_bridge.limits npc_bridge.fields npc_bridge.messages npc_bridge.wire npc_bridge.frames "
    "npc_bridge.credit npc_bridge.inbox npc_bridge.outbox npc_bridge.keys npc_bridge.token_file npc_bridge.auth",
    5: "npc_bridge.link npc_bridge.connection npc_bridge.client npc_bridge.line npc_bridge.session npc_bridge.peer "
    "npc_bridge.server npc_bridge.loop npc_bridge npc_sdk.loop_thread npc_sdk.blocking_line npc_sdk.blocking",
    6: "npc_sdk npc_sdk.cli",
}
"""Modules, or packages with all that is in them. The top packages only hand out names."""

WHOLE = {"npc_sdk.sheets", "npc_sdk.sheet_tests", "npc_sdk.engine", "npc_sdk.cli"}
LIBRARIES = {"torch": "npc_sdk.engine", "llguidance": "npc_sdk.engine", "zmq": "npc_bridge", "msgpack": "npc_bridge"}
"""Who alone may import what."""

LAYER_OF = {name: layer for layer, names in LAYERS.items() for name in names.split()}


@cache
def modules() -> dict[str, ast.Module]:
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join([package, *(part for part in parts if part != "__init__")])
            found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def layer_of(module: str) -> int | None:
    whole = next((package for package in WHOLE if module.startswith(f"{package}.")), module)
    return LAYER_OF.get(whole)


def names_of(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in modules() else node.module


def is_own(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


def imports(module: str) -> set[str]:
    return {name for node in ast.walk(modules()[module]) for name in names_of(node)}


MODULES = sorted(modules())


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_layer(module: str) -> None:
    assert layer_of(module) is not None, f"{module} is missing from the table of layers in tests/test_layers.py"


@pytest.mark.parametrize("module", MODULES)
def test_an_import_goes_down_or_stays_in_its_layer(module: str) -> None:
    mine = layer_of(module)
    if mine is None:
        pytest.skip("the test of the table tells of it")
    for name in sorted(filter(is_own, imports(module))):
        theirs = layer_of(name)
        assert theirs is not None, f"{module} imports {name}, which the table of layers does not have"
        assert theirs <= mine, f"{module} (layer {mine}) imports {name} (layer {theirs})"


def test_no_modules_import_each_other_in_a_circle() -> None:
    sorter = graphlib.TopologicalSorter({name: set(filter(is_own, imports(name))) - {name} for name in MODULES})
    sorter.prepare()


@pytest.mark.parametrize("module", MODULES)
def test_own_code_is_not_imported_inside_a_function(module: str) -> None:
    for function in ast.walk(modules()[module]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [name for node in ast.walk(function) for name in names_of(node) if is_own(name)]
            assert not inner, f"{module}.{function.name} imports {inner}"


@pytest.mark.parametrize(("library", "place"), LIBRARIES.items())
def test_heavy_libraries_live_in_one_place(library: str, place: str) -> None:
    users = [name for name in MODULES if any(found.split(".")[0] == library for found in imports(name))]
    assert users
    assert [name for name in users if not f"{name}.".startswith(f"{place}.")] == []


def test_the_sdk_is_imported_without_torch_transformers_or_zmq() -> None:
    code = "import sys, npc_sdk; print([m for m in ('torch', 'transformers', 'zmq', 'msgpack') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_public_names_are_sorted_and_there() -> None:
    assert list(npc_sdk.__all__) == sorted(npc_sdk.__all__)
    assert len(set(npc_sdk.__all__)) == len(npc_sdk.__all__) > 0
    for name in npc_sdk.__all__:
        assert getattr(npc_sdk, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Dialog'"):
        _ = npc_sdk.Dialog
