"""`npc test` as a writer and a pipeline meet it, on the demo model."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.test_cli import npc, objects

SHEET = """schema: npc/1
id: ada
name: Ada Finch
identity: {role: miller, place: Oakbridge}
knowledge:
  facts: [A sack of flour costs 7 gold., The mill is called Old Creaker.]
generation: {temperature: 0}
tests:
  - name: price of flour
    tags: [fact]
    turns:
      - player: How much is a sack of flour?
        expect: {knows: A sack of flour costs 7 gold., in_character: true}
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "ada.yaml"
    path.write_text(SHEET, encoding="utf-8")
    return path


def broken(sheet: Path, before: str, after: str) -> None:
    text = sheet.read_text(encoding="utf-8")
    assert before in text
    sheet.write_text(text.replace(before, after), encoding="utf-8")


def test_a_good_sheet_passes_with_a_table(sheet: Path) -> None:
    done = npc("test", str(sheet))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "price of flour" in done.stdout
    assert "1/1" in done.stdout
    assert done.stdout.rstrip().endswith("1 passed")
    assert done.stderr == ""


def test_a_wrong_price_fails_with_a_transcript_and_in_json_and_junit(sheet: Path, tmp_path: Path) -> None:
    broken(sheet, "[A sack of flour costs 7 gold.", "[A sack of flour costs 9 gold.")
    junit = tmp_path / "results.xml"
    done = npc("test", str(sheet), "--junit", str(junit))
    assert done.returncode == 1
    assert "Player: How much is a sack of flour?" in done.stdout
    assert "x knows: the answer lacks the number 7" in done.stdout
    assert "wanted A sack of flour costs 7 gold." in done.stdout
    assert done.stdout.rstrip().endswith("0 passed, 1 failed")
    failure = ElementTree.parse(junit).find("testsuite/testcase/failure")
    assert failure is not None
    assert "Ada Finch: " in (failure.text or "")
    (told,) = objects(npc("test", str(sheet), "--json").stdout)
    assert (told["ok"], told["passed"], told["failed"]) == (False, 0, 1)
    (turn,) = told["tests"][0]["results"][0]["turns"]
    assert turn["failures"][0]["expectation"] == "knows"
    assert turn["failures"][0]["said"] == turn["answer"]


def test_a_replay_shows_what_a_changed_sheet_changed(sheet: Path, tmp_path: Path) -> None:
    recording = tmp_path / "answers.json"
    assert npc("test", str(sheet), "--record", str(recording)).returncode == 0
    kept = json.loads(recording.read_text(encoding="utf-8"))
    assert kept["model"] == "demo"
    same = npc("test", str(sheet), "--replay", str(recording))
    assert same.returncode == 0
    assert "0 of 1 answers changed" in same.stdout
    broken(sheet, "A sack of flour costs 7 gold.", "A sack of flour costs 9 gold.")
    changed = npc("test", str(sheet), "--replay", str(recording))
    assert changed.returncode == 0, "the expectation changed with the sheet, so the test passes"
    assert "1 of 1 answers changed" in changed.stdout
    assert "[-7" in changed.stdout
    assert "9 gold.+]" in changed.stdout or "[+9" in changed.stdout


def test_the_order_of_tests_and_what_runs_beside_them_do_not_change_an_answer(sheet: Path) -> None:
    broken(sheet, "temperature: 0", "temperature: 0.7")
    alone, together = (
        objects(npc("test", str(sheet), "--json", "--suite", suite).stdout)[0]["tests"]
        for suite in ("sheet", "facts,sheet")
    )
    beside = [test for test in together if test["suite"] == "sheet"]
    assert [run["seed"] for run in alone[0]["results"]] == [run["seed"] for run in beside[0]["results"]]
    assert [run["turns"] for run in alone[0]["results"]] == [run["turns"] for run in beside[0]["results"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("{sheet}", "--suite", "injektion"), "injektion"),
        (("{sheet}", "--tag", "nothing"), "with the tag nothing"),
        (("{sheet}", "--replay", "{folder}/none.json"), "none.json"),
        (("{sheet}", "--record", "{folder}/none/x.json"), "cannot be written"),
        (("{folder}/ida.yaml",), "did you mean 'ada.yaml'"),
        (("{bad}",), "bad.yaml:6:"),
        (("{sheet}", "--model", "demmo"), "demmo"),
    ],
    ids="suite tag replay record path fault model".split(),
)
def test_what_was_asked_wrongly_ends_with_2_and_one_message(
    sheet: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SHEET.replace("  facts:", "  fakts:"), encoding="utf-8")
    done = npc("test", *(word.format(sheet=sheet, folder=tmp_path, bad=bad) for word in words))
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
