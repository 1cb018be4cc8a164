"""Paths that a sheet names: archetypes and lore books. None leads out of the sheet's own folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path, PurePosixPath

from npc_sdk.sheets.report import Report, describe, quote
from npc_sdk.sheets.tree import Key, Node

MAX_NEAR_FILES = 1_000
"""Most files of a folder that are searched for the nearest spelling."""


def resolve_reference(node: Node, key: Key, root: Path, report: Report) -> Path | None:
    """The file that a sheet names, or None with a fault at the name.

    Args:
        node: the name, a path relative to `root` with forward slashes.
        key: its key in the sheet.
        root: the folder of the sheet that was asked for.
        report: takes the faults.
    """
    name = node.value
    if not isinstance(name, str) or not name.strip():
        report.add(node.place, key, "text" if not isinstance(name, str) else "text that is not empty", describe(node))
        return None
    problem = _form_problem(name)
    if problem:
        report.add(node.place, key, problem, quote(name))
        return None
    path = root / name
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            found = f"{quote(name)}, a link that leads out of it"
            report.add(node.place, key, "a path inside the folder of the sheet", found)
            return None
        if path.exists():
            return path
        near = report.nearest(name, _files_beside(name, root))
    except (OSError, RuntimeError) as exc:
        # a name that is too long, a folder that may not be looked into, or a circle of symbolic links
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "links in a circle"
        report.add(node.place, key, "a readable file", f"{quote(name)}: {reason.lower()}")
        return None
    report.add(node.place, key, "a file", f"{quote(name)}, which is not there", near)
    return None


def _form_problem(name: str) -> str | None:
    if not name.isprintable():
        return "a printable path"
    if name.startswith("/") or "\\" in name or ":" in name:
        return "a path relative to the sheet's folder, with forward slashes"
    if ".." in PurePosixPath(name).parts:
        return "a path that does not climb out of the folder with '..'"
    return None


def _files_beside(name: str, root: Path) -> list[str]:
    parent = PurePosixPath(name).parent
    folder = root / parent
    if not folder.is_dir():
        return []
    files = islice(folder.iterdir(), MAX_NEAR_FILES)
    return sorted((parent / path.name).as_posix() for path in files)
