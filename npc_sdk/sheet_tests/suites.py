"""The tests that a suite has for one character: those of its file, and those made from the sheet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from npc_sdk.character import Character
from npc_sdk.prompt import system_text, tool_schemas
from npc_sdk.sheet_test import SheetTest
from npc_sdk.sheet_tests.fact_questions import fact_tests
from npc_sdk.sheet_tests.suite_file import SuiteFile, SuiteTest
from npc_sdk.sheet_tests.tool_requests import tool_tests
from npc_sdk.sheet_tests.words import stands_in

MAKERS: Mapping[str, Callable[[Character], tuple[list[SheetTest], list[str]]]] = {
    "facts": fact_tests,
    "tools": tool_tests,
}
"""Suites that are made, in whole or in part, from the sheet: tests, and notes about what could not be made."""


TITLES = frozenset(
    "sister brother saint old lady lord sir captain cpl corporal sergeant mr mr. mrs mrs. ms. dr dr. the".split()
)


@dataclass(frozen=True, slots=True)
class Suite:
    """What a suite has for one character.

    Args:
        tests: what to play.
        notes: what was left out and why, for people.
    """

    tests: tuple[SheetTest, ...]
    notes: tuple[str, ...]


def suite_for(name: str, file: SuiteFile, character: Character) -> Suite:
    """The tests of a suite that fit a character.

    Args:
        name: the suite's, or a path.
        file: its file.
        character: whom to test.
    """
    text = _text_of(character)
    tests: list[SheetTest] = []
    notes: list[str] = []
    for test in file.tests:
        words = [word for word in test.unless if stands_in(word, text)]
        if words:
            notes.append(f"{name}: {test.name!r} is left out, the sheet speaks of {words[0]!r}")
        else:
            tests.append(_filled(test, character))
    if name in MAKERS:
        made, more = MAKERS[name](character)
        tests += made
        notes += [f"{name}: {note}" for note in more]
    return Suite(tuple(tests), tuple(notes))


def _filled(test: SuiteTest, character: Character) -> SheetTest:
    first_name = next((word for word in character.name.split() if word.lower() not in TITLES), character.name)
    text = test.model_dump_json(exclude={"unless"}, exclude_unset=True)
    for key, value in (("name", character.name), ("first_name", first_name), ("role", character.identity.role)):
        text = text.replace(f"{{{key}}}", json.dumps(value, ensure_ascii=False)[1:-1])
    return SheetTest.model_validate_json(text)


def _text_of(character: Character) -> str:
    lore = (part for entry in character.lore.entries for part in (*entry.keys, entry.text))
    return "\n".join([system_text(character), json.dumps(tool_schemas(character)), *lore])
