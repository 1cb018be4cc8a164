"""Checks what the models of a `tests:` section cannot say: what goes together, and names that the sheet must have."""

from __future__ import annotations

import re

from npc_sdk.sheets.report import Report, quote
from npc_sdk.sheets.tree import Key, Node, Place

_STEPS = ("player", "event", "state")


def check_tests(tree: Node, report: Report, *, tools: bool = True) -> None:
    """Note every fault of the `tests:` section of a sheet, or of a suite.

    Args:
        tree: the sheet, merged with what it extends.
        report: takes the faults.
        tools: whether the tree has the tools that the tests name.
    """
    section = tree.child("tests")
    first: dict[object, Node] = {}
    for index, test in enumerate(section.items() if section else ()):
        key: Key = ("tests", index)
        name = test.child("name")
        if name and isinstance(name.value, str) and first.setdefault(name.value.strip(), name) is not name:
            found = f"{quote(name.value)}, as in line {first[name.value.strip()].place.line}"
            report.add(name.place, (*key, "name"), "a name of its own", found)
        _check_turns(test, key, report)
        if tools:
            _check_tools(test, key, tree, report)


def _check_turns(test: Node, key: Key, report: Report) -> None:
    turns = test.child("turns")
    for index, turn in enumerate(turns.items() if turns else ()):
        _check_turn(turn, (*key, "turns", index), report)
    if turns and not any(turn.child("expect") for turn in turns.items()):
        report.add(turns.key_place, (*key, "turns"), "at least one turn with `expect`", "none, so nothing is tested")


def _check_turn(turn: Node, key: Key, report: Report) -> None:
    if not isinstance(turn.value, dict):
        return
    steps = [step for step in _STEPS if turn.child(step)]
    if len(steps) != 1:
        report.add(turn.place, key, f"exactly one of {', '.join(_STEPS)}", " and ".join(steps) or "none of them")
    expect, objects = turn.child("expect"), turn.child("objects")
    if expect and steps == ["state"]:
        report.add(expect.key_place, (*key, "expect"), "no `expect` beside `state`", "one, though nothing is said")
    if objects and steps == ["state"]:
        report.add(objects.key_place, (*key, "objects"), "`objects` beside `player` or `event`", "them beside state")
    if expect:
        _check_expect(expect, (*key, "expect"), report)


def _check_expect(expect: Node, key: Key, report: Report) -> None:
    if expect.value == {}:
        report.add(expect.place, key, "at least one expectation", "none")
    for name, node in expect.fields().items():
        if node.value == []:
            report.add(node.place, (*key, name), "at least one text", "an empty list")
    tool, no_tool = expect.child("tool"), expect.child("no_tool")
    if tool and no_tool and no_tool.value is True:
        report.add(no_tool.key_place, (*key, "no_tool"), "`tool` or `no_tool`", "both")
    patterns = expect.child("regex")
    for pattern in (patterns.items() or [patterns]) if patterns else ():
        try:
            re.compile(pattern.value if isinstance(pattern.value, str) else "")
        except (re.error, OverflowError, RecursionError) as exc:
            report.add(pattern.place, (*key, "regex"), "a regular expression", f"{quote(str(pattern.value))}: {exc}")


def _check_tools(test: Node, key: Key, tree: Node, report: Report) -> None:
    tools = tree.child("tools")
    known = tools.fields() if tools else {}
    results = test.child("tool_results")
    for name, node in results.fields().items() if results else ():
        _check_name(name, node.key_place, (*key, "tool_results", name), known, report)
    turns = test.child("turns")
    for index, turn in enumerate(turns.items() if turns else ()):
        below: Key = ("expect", "tool")
        wanted = turn.find(below)
        if wanted is None:
            continue
        named = wanted.child("name") or wanted
        if not isinstance(named.value, str):
            continue
        place: Key = (*key, "turns", index, *below)
        if _check_name(named.value, named.place, place, known, report):
            properties = known[named.value].find(("parameters", "properties"))
            arguments = wanted.child("arguments")
            for name, node in arguments.fields().items() if arguments else ():
                if properties is None or name not in properties.fields():
                    near = report.nearest(name, properties.fields() if properties else {})
                    report.add(
                        node.key_place, (*place, "arguments", name), "an argument of the tool", quote(name), near
                    )


def _check_name(name: str, place: Place, key: Key, known: dict[str, Node], report: Report) -> bool:
    if name in known:
        return True
    listed = f"one of the sheet's tools ({', '.join(known)})" if known else "a tool of the sheet, which has none"
    report.add(place, key, listed, quote(name), report.nearest(name, known))
    return False
