"""What the README shows is run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from npc_sdk.sheets import load_character

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
LIMIT_S = 120


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no {language} block"
    return found[1]


def test_the_program_has_eight_lines_and_an_npc_answers(tmp_path: Path) -> None:
    program = block("python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 8
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT_S, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_sheet_is_a_character(tmp_path: Path) -> None:
    sheet = tmp_path / "bram.yaml"
    sheet.write_text(block("yaml"), encoding="utf-8")
    assert load_character(sheet).name == "Bram Oakes"


def test_the_tests_of_that_sheet_are_tests(tmp_path: Path) -> None:
    tests = re.findall(r"^```yaml\n(tests:.*?)^```", README, re.MULTILINE | re.DOTALL)
    sheet = tmp_path / "bram.yaml"
    sheet.write_text(block("yaml") + tests[0], encoding="utf-8")
    assert len(load_character(sheet).tests) == 2


def test_everything_that_it_links_to_is_there() -> None:
    root = Path(__file__).parents[1]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (root / link).exists()] == []
