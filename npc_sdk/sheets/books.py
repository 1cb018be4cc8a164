"""Reads the lore books of a sheet, and checks their entries together with the sheet's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npc_sdk.character import LoreBook, LoreEntry
from npc_sdk.sheets.parser import read_tree
from npc_sdk.sheets.references import resolve_reference
from npc_sdk.sheets.report import Report, describe, quote
from npc_sdk.sheets.tree import Key, Node
from npc_sdk.sheets.wording import validate

MAX_BOOKS = 32
"""Most lore books of one character, as the model has it; further names are not looked up."""

MAX_ENTRIES = 2_000
"""Most lore entries of one character, those of its books included."""


@dataclass(frozen=True, slots=True)
class Book:
    """A lore book as it was read; `entries` is empty when it has faults."""

    tree: Node
    entries: tuple[LoreEntry, ...]


def read_books(sheet: Node, root: Path, report: Report) -> list[Book]:
    """The lore books that a sheet names, without those that cannot be read.

    Args:
        sheet: the sheet, merged with what it extends.
        root: the folder that the names are relative to.
        report: takes the faults.
    """
    names = sheet.find(("lore", "books"))
    books: dict[Path, Book] = {}
    for index, name in enumerate(names.items()[:MAX_BOOKS] if names else ()):
        key: Key = ("lore", "books", index)
        path = resolve_reference(name, key, root, report)
        if path is not None and path.resolve() in books:
            report.add(name.place, key, "each book once", f"{quote(path.name)} again")
            continue
        tree = read_tree(path, report) if path else None
        if path is not None and tree is not None:
            book = validate(LoreBook, tree, report)
            books[path.resolve()] = Book(tree, book.entries if book else ())
    return list(books.values())


def check_entries(sheet: Node, books: Sequence[Book], report: Report) -> None:
    """Note entries whose id came before, entries that nothing can bring up, and too many entries.

    Args:
        sheet: the sheet, merged with what it extends.
        books: its lore books.
        report: takes the faults.
    """
    own = sheet.find(("lore", "entries"))
    entries: list[tuple[Key, Node]] = [(("lore", "entries", i), e) for i, e in enumerate(own.items() if own else ())]
    for book in books:
        below = book.tree.child("entries")
        entries += [(("entries", index), entry) for index, entry in enumerate(below.items() if below else ())]
    first: dict[str, Node] = {}
    for key, entry in entries:
        _check_id(key, entry, first, report)
        _check_reachable(key, entry, report)
    if len(entries) > MAX_ENTRIES:
        place = sheet.nearest(("lore", "books")).key_place
        report.add(place, ("lore", "books"), f"at most {MAX_ENTRIES} entries in all", f"{len(entries)}")


def _check_id(key: Key, entry: Node, first: dict[str, Node], report: Report) -> None:
    identity = entry.child("id")
    if identity is None or not isinstance(identity.value, str):
        return
    seen = first.setdefault(identity.value, identity)
    if seen is not identity:
        found = f"{describe(identity)}, as in {seen.place.path.name}:{seen.place.line}"
        report.add(identity.place, (*key, "id"), "an id of its own", found)


def _check_reachable(key: Key, entry: Node, report: Report) -> None:
    always, keys = entry.child("always"), entry.child("keys")
    if not isinstance(entry.value, dict) or (always is not None and always.value is not False):
        return
    if keys is None or keys.value == []:
        report.add(entry.place, key, "`keys` or `always: true`", "neither, so it is never told")
