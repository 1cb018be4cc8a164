"""Finds the sheets that a path on the command line means."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from npc_sdk.errors import Fault, SheetError, UnknownCharacter
from npc_sdk.sheets.report import Report, nearest, quote
from npc_sdk.sheets.shipped import SHEET_SUFFIXES
from npc_sdk.sheets.source import read_text

NOT_SHEETS = frozenset({"archetypes", "lore"})
"""Folders whose files are parts of sheets."""


def find_sheets(paths: Iterable[Path]) -> list[Path]:
    """The sheets that paths mean, each once, in order.

    A file means itself. A folder means the sheets in it and below it, except in folders named as in `NOT_SHEETS`:
    YAML files that mention their format, `npc/1`, and those that cannot be read as text, so that their faults show.

    Args:
        paths: files and folders.

    Raises:
        UnknownCharacter: nothing is at one of the paths.
        SheetError: a folder holds no sheets.
    """
    found: dict[Path, None] = {}
    for path in paths:
        sheets = _sheets_below(path) if locate_path(path).is_dir() else [path]
        if not sheets:
            raise SheetError([Fault(path, 0, 0, "", "at least one sheet (*.yaml with `schema: npc/1`)", "none")])
        found.update(dict.fromkeys(sheets))
    return list(found)


def locate_path(path: Path) -> Path:
    """The path, when something is there.

    Raises:
        UnknownCharacter: nothing is there; the nearest file name of the folder is in the message.
    """
    try:
        missing = not path.exists()
    except OSError:
        return path  # a place that cannot be looked at: reading it gives the reason
    if not missing:
        return path
    folder = path.parent
    names = [name for name in os.listdir(folder) if name.endswith(SHEET_SUFFIXES)] if folder.is_dir() else []
    near = nearest(path.name, sorted(names))
    meant = f"; did you mean {near!r}?" if near else ""
    raise UnknownCharacter(
        f"no file is at {quote(str(path))}{meant}", hint="Give the path of a sheet, or the id of a shipped character."
    )


def _sheets_below(folder: Path) -> list[Path]:
    sheets: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_SHEETS and not name.startswith("."))
        files = (Path(parent, name) for name in sorted(names) if name.endswith(SHEET_SUFFIXES))
        sheets += [path for path in files if _may_be_sheet(path)]
    return sheets


def _may_be_sheet(path: Path) -> bool:
    text = read_text(path, Report())
    return text is None or re.search(r"npc/\d", text) is not None
