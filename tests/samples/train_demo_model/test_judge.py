"""The judge: its checks, its intervals, and one round on an engine."""

from __future__ import annotations

import json
import lzma
from dataclasses import asdict
from pathlib import Path

import pytest
from train_demo_model.item import Item, read_items
from train_demo_model.judge_command import main
from train_demo_model.judge_items import Verdict, judge_text
from train_demo_model.judge_natural import natural_cases
from train_demo_model.judge_table import ROWS, Cell, as_dict, by_length

GIVE = {
    "name": "give_item",
    "description": "Gives an item.",
    "parameters": {
        "type": "object",
        "properties": {"item": {"type": "string"}, "quantity": {"type": "integer"}},
        "required": ["item"],
    },
}
HELDOUT = Path(__file__).parents[3] / "samples" / "train_demo_model" / "heldout"


def item(number: int = 1, **changes: object) -> Item:
    fields = {
        "id": f"in-fact-{number}",
        "row": "fact",
        "column": "in",
        "system": "You are Mira, the smith of Oakbridge.\nKnowledge:\n- A sword costs 40 gold.",
        "tools": [GIVE],
        "contexts": [],
        "messages": [{"role": "user", "content": "How much is a sword?"}],
        "checks": {"contains": ["40 gold"], "no_tool": True},
        "gold": "40 gold, friend.",
    }
    return Item(**(fields | changes))  # type: ignore[arg-type]


def call(**arguments: object) -> str:
    return f"<toolcall> {json.dumps({'name': 'give_item', 'arguments': arguments})} </toolcall>"


def test_a_line_is_judged_by_all_checks() -> None:
    assert judge_text(item(), "A sword? 40 gold.") == ()
    assert judge_text(item(), "A sword is 30 gold.") == ('"40 gold" is not in the answer',)
    assert judge_text(item(), call(item="sword")) != ()
    styled = item(checks={"regex": ["hmph", "gold"]})
    assert judge_text(styled, "Hmph. Gold.") == ()
    assert judge_text(styled, "Gold.") == ("nothing in the answer matches 'hmph'",)


def test_a_call_must_have_the_wanted_arguments_and_no_others() -> None:
    wanted = item(checks={"tool": {"name": "give_item", "arguments": {"item": "sword"}}})
    assert judge_text(wanted, call(item="sword")) == ()
    assert "item" in judge_text(wanted, call(item="shield"))[0]
    assert "other arguments" in judge_text(wanted, call(item="sword", quantity=2))[0]
    assert judge_text(wanted, "Here it is.") == ("no tool was called",)
    assert "malformed" in judge_text(wanted, "<toolcall> {oops </toolcall>")[0]


def test_not_to_know_means_not_to_make_up() -> None:
    absent = item(checks={"does_not_know": True})
    assert judge_text(absent, "I don't know, friend.") == ()
    assert judge_text(absent, "I don't know, but old Gruvenhild does.") != ()


@pytest.mark.parametrize(
    ("right", "count", "low", "high"), [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (118, 120, 0.941, 0.995)]
)
def test_the_intervals_are_wilsons(right: int, count: int, low: float, high: float) -> None:
    assert Cell(right, count).interval == pytest.approx((low, high), abs=5e-4)
    assert Cell(0, 0).interval == (0.0, 1.0)


def test_verdicts_are_counted_by_row_column_and_length() -> None:
    def verdict(row: str, tokens: int, ok: bool) -> Verdict:
        why = () if ok else ("wrong",)
        return Verdict(id="x", row=row, column="new", tokens=tokens, why=why, asked="", said="")

    verdicts = [verdict("fact", 500, True), verdict("fact", 513, False), verdict("fact_long", 1500, True)]
    found = {row["row"]: (row["right"], row["count"]) for row in as_dict(verdicts)["rows"]}
    assert found == {"fact": (1, 2), "fact_long": (1, 1)}
    assert [cell.count for cell in by_length(verdicts, "new").values()] == [1, 1, 1, 0, 0]


def test_the_natural_tests_have_rows_of_the_table() -> None:
    cases = natural_cases(HELDOUT / "natural")
    assert len(cases) >= 300
    assert {case.test.tags[0] for case in cases} <= set(ROWS)
    assert all(len(case.seeds) == 1 for case in cases)
    assert len(natural_cases(HELDOUT / "natural", limit=2)) == 2 * len({case.test.tags[0] for case in cases})


def test_the_command_asks_an_engine_and_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(json.dumps(asdict(item(number))) + "\n" for number in range(3))
    (tmp_path / "in.jsonl.xz").write_bytes(lzma.compress(lines.encode()))
    assert len(read_items(tmp_path, limit=2)) == 2
    answers = tmp_path / "answers.jsonl"
    command = ["--heldout", str(tmp_path), "--columns", "in", "--limit", "2"]
    assert main([*command, "--json", "--answers", str(answers)]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["row"], row["column"], row["count"]) for row in rows] == [("fact", "in", 2)]
    assert len(answers.read_text().splitlines()) == 2
    assert main([*command, "--gold"]) == 0
