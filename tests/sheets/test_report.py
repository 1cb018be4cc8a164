from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.errors import SheetError
from npc_sdk.sheets import load_character
from npc_sdk.sheets.report import MAX_FAULTS, Report, nearest, shorten
from npc_sdk.sheets.tree import Place

DATA = Path(__file__).parent / "data"


def test_a_sheet_of_many_faults_gives_the_golden_report(monkeypatch):
    monkeypatch.chdir(DATA)
    with pytest.raises(SheetError) as caught:
        load_character("faulty.yaml")
    assert str(caught.value) + "\n" == (DATA / "faulty.report.txt").read_text(encoding="utf-8")
    assert caught.value.code == "sheet_invalid"


def test_faults_over_the_limit_are_counted():
    report = Report()
    for line in range(1, MAX_FAULTS + 8):
        report.add(Place(Path("a"), line, 1), (), "x", "y")
    with pytest.raises(SheetError) as caught:
        report.raise_if_any()
    assert len(caught.value.faults) == MAX_FAULTS + 1
    assert str(caught.value.faults[-1]) == "a: expected at most 100 faults in a report, found 7 more"


def test_a_place_is_faulted_once():
    report = Report()
    report.add(Place(Path("a"), 1, 1), ("x",), "first", "y")
    report.add(Place(Path("a"), 1, 1), ("x",), "second", "y")
    with pytest.raises(SheetError, match="expected first"):
        report.raise_if_any()
    assert len(report) == 1


def test_shortened_text_never_controls_a_terminal():
    assert shorten("\x1b[31m\n\ud800") == "\\x1b[31m\\n\\ud800"
    assert len(shorten("x" * 1000)) == 60


def test_nearest_ignores_case_and_gives_none_when_nothing_is_near():
    assert nearest("NAEM", ["name", "id"]) == "name"
    assert nearest("zzzz", ["name", "id"]) is None
