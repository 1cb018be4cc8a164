"""What a studio installs: the wheel holds the two packages with their data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from npc_sdk.sheets import shipped_ids

ROOT = Path(__file__).parents[1]
LIMIT_S = 120


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_nothing_but_the_two_packages_lands_in_site_packages(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"npc_sdk", "npc_bridge"}


def test_characters_lore_model_and_type_marks_are_in_it(names: set[str]) -> None:
    assert {f"npc_sdk/characters/{id_}.yaml" for id_ in shipped_ids()} <= names
    assert "npc_sdk/demo_model/model.safetensors" in names
    assert "npc_sdk/demo_model/MODEL_CARD.md" in names
    assert {"npc_sdk/py.typed", "npc_bridge/py.typed"} <= names
    assert any(name.startswith("npc_sdk/characters/lore/") for name in names)
    assert "npc_sdk/sheet_tests/suites/injection.yaml" in names


def test_an_editable_install_puts_no_folder_into_site_packages_that_hides_the_package(tmp_path: Path) -> None:
    build = "import hatchling.build, sys; print(hatchling.build.build_editable(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    with zipfile.ZipFile(tmp_path / done.stdout.strip().splitlines()[-1]) as opened:
        names = opened.namelist()
    assert [name for name in names if name.startswith(("npc_sdk/", "npc_bridge/"))] == []
