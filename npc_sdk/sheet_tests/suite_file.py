"""Reads suites: files of tests that fit any character, ready-made or a studio's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from npc_sdk.errors import UnknownSuite
from npc_sdk.sheet_base import Line, SheetModel, Text
from npc_sdk.sheet_test import SheetTest
from npc_sdk.sheets.parser import read_tree
from npc_sdk.sheets.report import Report
from npc_sdk.sheets.tests_section import check_tests
from npc_sdk.sheets.wording import validate

SUITES_DIR = Path(__file__).parent / "suites"


class SuiteTest(SheetTest):
    """A test that may not fit every character. In its texts `{name}`, `{first_name}` and `{role}` are the
    character's."""

    unless: Annotated[tuple[Line, ...], Field(max_length=20, strict=False)] = ()
    """Words; where one of them stands in the sheet the test is left out."""


class SuiteFile(SheetModel):
    """A suite."""

    format: Literal["suite/1"] = Field(alias="schema")
    """The version of this format: always `suite/1`."""
    about: Text
    """What the suite tests."""
    tests: Annotated[tuple[SuiteTest, ...], Field(max_length=200, strict=False)]
    """Tests as in a sheet."""


def shipped_suites() -> tuple[str, ...]:
    """The names of the ready-made suites, sorted."""
    return tuple(sorted(path.stem for path in SUITES_DIR.glob("*.yaml")))


def read_suite(ref: str) -> SuiteFile:
    """A suite by its name, or by the path of its file.

    Raises:
        UnknownSuite: there is none.
        SheetError: the file has faults; all are listed.
    """
    path = SUITES_DIR / f"{ref}.yaml" if ref in shipped_suites() else Path(ref)
    if not path.is_file():
        raise UnknownSuite(f"{ref!r} is neither a suite ({', '.join(shipped_suites())}) nor a file.")
    report = Report()
    tree = read_tree(path, report)
    suite = validate(SuiteFile, tree, report) if tree else None
    if tree:
        check_tests(tree, report, tools=False)
    report.raise_if_any()
    assert suite is not None, "a file that gives no suite has a fault"
    return suite
