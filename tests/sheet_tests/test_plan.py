from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.sheet_test import SheetTest
from npc_sdk.sheet_tests.plan import OWN, Sheet, has_tag, make_case
from tests.sheet_tests.helpers import a_character


def made(expect, sheet_more=None, runs=5, seed=0, **more):
    test = SheetTest.model_validate({"name": "x", "turns": [{"player": "Hi.", "expect": expect}], **more})
    return make_case(Sheet(Path("ada.yaml"), a_character(**(sheet_more or {}))), OWN, test, runs=runs, seed=seed)


def test_seeds_depend_on_names_run_and_seed_alone():
    first, again, other, shifted = (
        made({"no_tool": True}),
        made({"max_sentences": 1}, runs=3),
        made({"no_tool": True}, name="y"),
        made({"no_tool": True}, seed=1),
    )
    assert len(set(first.seeds)) == 5
    assert again.seeds == first.seeds[:3]
    assert not {*first.seeds} & ({*other.seeds} | {*shifted.seeds})


@pytest.mark.parametrize(
    ("expect", "sheet", "more", "runs", "threshold"),
    [
        ({"no_tool": True}, {}, {}, 5, 0.8),
        ({"no_tool": True}, {"generation": {"temperature": 0.0}}, {}, 1, 1.0),
        ({"keeps_secret": ["x"]}, {}, {}, 5, 1.0),
        ({"no_tool": True}, {}, {"runs": 7, "threshold": 0.5}, 7, 0.5),
    ],
)
def test_runs_and_threshold_have_sensible_defaults(expect, sheet, more, runs, threshold):
    case = made(expect, sheet, **more)
    assert (len(case.seeds), case.threshold) == (runs, threshold)


def test_tests_are_chosen_by_any_of_the_tags():
    test = made({"no_tool": True}, tags=["Fact", "price"]).test
    assert has_tag(test, []) and has_tag(test, ["fact"]) and has_tag(test, ["tool", "price"])  # noqa: PT018
    assert not has_tag(test, ["tool"])


def test_the_digest_changes_with_the_sheet_and_not_with_its_tests():
    one, same, other = (
        Sheet(Path("ada.yaml"), a_character(**more)).digest
        for more in ({}, {"tests": [{"name": "x", "turns": [{"player": "Hi."}]}]}, {"name": "Ida Finch"})
    )
    assert one == same != other
