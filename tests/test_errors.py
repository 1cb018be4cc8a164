"""The tree of errors is the one drawn in its module; every code is its own and every error can be shown."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from npc_sdk import errors
from npc_sdk.errors import Fault, NpcError, RequestRefused, SheetError


def tree(cls: type[NpcError]) -> list[type[NpcError]]:
    below = [cls]
    for sub in cls.__subclasses__():
        if sub.__module__ == errors.__name__:
            below += tree(sub)
    return below


ALL = tree(NpcError)


def drawn() -> dict[str, str]:
    """Each class in the drawing with its parent."""
    parents, line_of = {}, [(0, "NpcError")]
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^([ │]*)[├└]── (\w+)", line):
            depth = len(found[1])
            while line_of[-1][0] >= depth and len(line_of) > 1:
                line_of.pop()
            parents[found[2]] = line_of[-1][1]
            line_of.append((depth, found[2]))
    return parents


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn() == {cls.__name__: cls.__bases__[0].__name__ for cls in ALL if cls is not NpcError}


def test_every_class_has_a_code_of_its_own() -> None:
    codes = Counter(cls.code for cls in ALL if cls is not RequestRefused)
    assert [code for code, count in codes.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z][a-z_]*", code) for code in codes)


def made(cls: type[NpcError]) -> NpcError:
    if cls is RequestRefused:
        return RequestRefused(code="queue_full", message="Full.", hint="Wait.", retryable=True)
    if cls is SheetError:
        return SheetError([Fault(Path("a.yaml"), 1, 2, "name", "text", "3", nearest="mane")])
    return cls("What was asked; what was found.")


@pytest.mark.parametrize("cls", ALL)
def test_every_error_can_be_shown(cls: type[NpcError]) -> None:
    error = made(cls)
    shown = json.loads(json.dumps(error.as_dict()))
    assert list(shown) == ["code", "message", "hint", "retryable"]
    assert shown["message"] == str(error) != ""
    assert shown["hint"].endswith((".", "`"))
    assert cls.__doc__


def test_a_hint_of_its_own_stands_in_for_the_classes() -> None:
    assert NpcError("x", hint="Do y.").hint == "Do y."
    assert "did you mean 'mane'?" in str(made(SheetError))
