from __future__ import annotations

from npc_sdk.character import LoreUse
from npc_sdk.sheets import load_character
from npc_sdk.sheets.books import MAX_BOOKS, MAX_ENTRIES

BOOK = "schema: lore/1\nid: b\nentries:\n"
ENTRY = "  - {id: %s, keys: [k], text: t}\n"


def test_entries_of_books_are_added_behind_the_sheets_own(write, minimal):
    write("lore/b.yaml", BOOK + ENTRY % "two" + ENTRY % "three")
    own = "lore: {books: [lore/b.yaml], entries: [{id: one, keys: [k], text: t}]}\n"
    lore = load_character(write("sheet.yaml", minimal + own)).lore
    assert [entry.id for entry in lore.entries] == ["one", "two", "three"]
    assert lore.books == ("lore/b.yaml",)


def test_faults_of_a_book_point_into_the_book(write, faults, minimal):
    write("b.yaml", BOOK + "  - {id: one, keys: [k], txt: t}\n  - {id: two, text: t}\n")
    assert faults(minimal + "shout: loud\nlore: {books: [b.yaml]}\n")[1:] == [
        "b.yaml:4:5: entries.0.text: expected the key 'text', found no such key",
        "b.yaml:4:26: entries.0.txt: expected a known key, found 'txt'; did you mean 'text'?",
        "b.yaml:5:5: entries.1: expected `keys` or `always: true`, found neither, so it is never told",
    ]


def test_an_id_that_two_files_use_is_a_fault(write, faults, minimal):
    write("b.yaml", BOOK + ENTRY % "one")
    write("c.yaml", BOOK + ENTRY % "one")
    assert faults(minimal + "lore: {books: [b.yaml, c.yaml]}\n") == [
        "c.yaml:4:10: entries.0.id: expected an id of its own, found 'one', as in b.yaml:4"
    ]


def test_a_book_is_named_once(write, faults, minimal):
    write("b.yaml", BOOK + ENTRY % "one")
    assert faults(minimal + "lore: {books: [b.yaml, ./b.yaml]}\n") == [
        "sheet.yaml:5:24: lore.books.1: expected each book once, found 'b.yaml' again"
    ]


def test_an_entry_that_is_always_told_needs_no_keys(faults, minimal):
    assert faults(minimal + "lore: {entries: [{id: a, text: t, always: true}]}\n") == []
    assert len(faults(minimal + "lore: {entries: [{id: a, text: t, keys: []}]}\n")) == 1


def test_too_many_entries_in_all_are_a_fault(write, faults, minimal):
    for name in "ab":
        entries = "".join(f"  - {{id: {name}{n}, keys: [k], text: t}}\n" for n in range(MAX_ENTRIES // 2 + 1))
        write(f"{name}.yaml", BOOK + entries)
    assert faults(minimal + "lore: {books: [a.yaml, b.yaml]}\n") == [
        "sheet.yaml:5:8: lore.books: expected at most 2000 entries in all, found 2002"
    ]


def test_names_over_the_limit_of_books_are_counted_and_not_looked_up(faults, minimal):
    found = faults(f"{minimal}lore: {{books: [{', '.join(f'{n}.yaml' for n in range(20_000))}]}}\n")
    assert "lore.books: expected at most 32 items, found 20000 items" in found[0]
    assert len(found) == 1 + MAX_BOOKS
    assert any(getattr(limit, "max_length", None) == MAX_BOOKS for limit in LoreUse.model_fields["books"].metadata)
