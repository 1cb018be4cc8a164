from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from npc_sdk.errors import SheetError
from npc_sdk.sheets import load_character

MINIMAL = "schema: npc/1\nid: ada\nname: Ada\nidentity: {role: miller}\n"

Write = Callable[[str, str | bytes], Path]
Faults = Callable[[str | bytes], list[str]]


@pytest.fixture
def minimal() -> str:
    """The smallest sheet that has no faults, four lines long."""
    return MINIMAL


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file below the working folder, which is empty at first."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, content: str | bytes) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def faults(write: Write) -> Faults:
    """The faults of a sheet of that content, as people read them; empty for a good sheet."""

    def faults_of(content: str | bytes) -> list[str]:
        try:
            load_character(write("sheet.yaml", content))
        except SheetError as exc:
            return [str(fault) for fault in exc.faults]
        return []

    return faults_of
