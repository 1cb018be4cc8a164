"""Loads a character: its sheet, what that extends, and its lore books, with the faults of all in one report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from npc_sdk.character import Character
from npc_sdk.errors import UnknownCharacter
from npc_sdk.sheets.books import check_entries, read_books
from npc_sdk.sheets.finder import find_sheets, locate_path
from npc_sdk.sheets.parser import read_tree
from npc_sdk.sheets.references import resolve_reference
from npc_sdk.sheets.report import Report, describe, nearest, quote, shorten
from npc_sdk.sheets.sheet_file import SheetFile
from npc_sdk.sheets.shipped import SHEET_SUFFIXES, shipped_dir, shipped_ids
from npc_sdk.sheets.tests_section import check_tests
from npc_sdk.sheets.tool_schemas import check_tools
from npc_sdk.sheets.tree import Node, merge
from npc_sdk.sheets.wording import MISSING, validate

MAX_EXTENDS = 8
"""Longest chain of `extends`, the sheet itself not counted."""


def load_character(ref: str | Path) -> Character:
    """Load a character with everything that its sheet refers to.

    `extends` names an archetype, and that may extend another one: maps merge key by key, everything else (lists too)
    is replaced, and null removes a key of the archetype. An archetype may be partial. The entries of `lore.books`
    are added behind the sheet's own `lore.entries`. All these paths are relative to the folder of the sheet that was
    asked for, and stay inside it.

    Args:
        ref: the id of a shipped character, or the path of a sheet; text with a path separator or an ending of
            `SHEET_SUFFIXES` is a path.

    Returns:
        The character, with nothing left to read.

    Raises:
        UnknownCharacter: no shipped character has that id, or no file has that path.
        SheetError: the files have faults; all of them are listed.
    """
    report = Report()
    sheet = _read_sheet(_locate(ref), report)
    character = _build(sheet, report) if sheet else None
    report.raise_if_any()
    assert character is not None, "a sheet that gives no character has a fault"
    return character


def load_folder(path: Path) -> dict[str, Character]:
    """Load the sheets of a folder.

    Args:
        path: a folder, or one sheet.

    Returns:
        The characters by id.

    Raises:
        UnknownCharacter: nothing is at that path.
        SheetError: a sheet has faults, two have the same id, or there is none; all faults of all sheets are listed.
    """
    report = Report()
    characters: dict[str, Character] = {}
    owners: dict[str, Path] = {}
    for sheet in filter(None, [_read_sheet(file, report) for file in find_sheets([path])]):
        character = _build(sheet, report)
        identity = sheet.tree.child("id")
        if identity and isinstance(identity.value, str):
            owner = owners.setdefault(identity.value, sheet.path)
            if owner != sheet.path:
                report.add(identity.place, ("id",), "an id of its own", f"{describe(identity)} as in {owner.name}")
        if character:
            characters[character.id] = character
    report.raise_if_any()
    return characters


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet merged with what it extends; `is_whole` is false when a part of the chain could not be read."""

    path: Path
    tree: Node
    is_whole: bool


def _locate(ref: str | Path) -> Path:
    text = str(ref)
    if isinstance(ref, Path) or "/" in text or "\\" in text or text.lower().endswith(SHEET_SUFFIXES):
        return locate_path(Path(ref))
    ids = shipped_ids()
    if text in ids:
        return shipped_dir() / f"{text}.yaml"
    near = nearest(text, ids)
    meant = f"; did you mean {near!r}?" if near else ""
    raise UnknownCharacter(
        f"no shipped character has the id {quote(text)}{meant}",
        hint=f"Give one of {', '.join(ids)}, or the path of a sheet.",
    )


def _read_sheet(path: Path, report: Report) -> _Sheet | None:
    tree = read_tree(path, report)
    if tree is None:
        return None
    chain, paths = [tree], [path]
    while (extends := chain[-1].child("extends")) and extends.value is not None:
        base_path = _base_path(extends, paths, report)
        base = read_tree(base_path, report) if base_path else None
        if base_path is None or base is None:
            break
        chain.append(base)
        paths.append(base_path)
    return _Sheet(path, reduce(merge, reversed(chain)), is_whole=not (extends and extends.value is not None))


def _base_path(extends: Node, paths: list[Path], report: Report) -> Path | None:
    path = resolve_reference(extends, ("extends",), paths[0].parent, report)
    if path is None:
        return None
    if path.resolve() in [earlier.resolve() for earlier in paths]:
        names = " -> ".join(shorten(earlier.name) for earlier in [*paths, path])
        report.add(extends.place, ("extends",), "archetypes that end somewhere", f"a cycle: {names}")
        return None
    if len(paths) > MAX_EXTENDS:
        report.add(extends.place, ("extends",), f"at most {MAX_EXTENDS} archetypes, one extending the other", "more")
        return None
    return path


def _build(sheet: _Sheet, report: Report) -> Character | None:
    before = len(report)
    file = validate(SheetFile, sheet.tree, report, frozenset() if sheet.is_whole else MISSING)
    check_tools(sheet.tree, report)
    check_tests(sheet.tree, report, tools=sheet.is_whole)
    books = read_books(sheet.tree, sheet.path.parent, report)
    check_entries(sheet.tree, books, report)
    if file is None or not sheet.is_whole or len(report) > before:
        return None
    fields = {key: node for key, node in sheet.tree.fields().items() if key != "extends"}
    character = Character.model_validate(replace(sheet.tree, value=fields).plain())
    entries = (*character.lore.entries, *(entry for book in books for entry in book.entries))
    return character.model_copy(update={"lore": character.lore.model_copy(update={"entries": entries})})
