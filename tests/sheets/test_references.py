from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../b.yaml", "a path that does not climb out of the folder with '..'"),
        ("lore/../../b.yaml", "a path that does not climb out of the folder with '..'"),
        ("/etc/passwd", "a path relative to the sheet's folder, with forward slashes"),
        ("C:/b.yaml", "a path relative to the sheet's folder, with forward slashes"),
        ("lore\\b.yaml", "a path relative to the sheet's folder, with forward slashes"),
    ],
)
@pytest.mark.parametrize(
    ("line", "place"), [("lore: {{books: ['{}']}}", "5:16: lore.books.0"), ("extends: '{}'", "5:10: extends")]
)
def test_paths_that_could_leave_the_folder_are_refused(faults, minimal, line, place, name, problem):
    assert faults(f"{minimal}{line.format(name)}\n") == [f"sheet.yaml:{place}: expected {problem}, found '{name}'"]


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, write, faults, minimal):
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("schema: lore/1\nid: b\nentries: []\n")
    write("lore/x", "")
    try:
        os.symlink(outside, tmp_path / "lore" / "b.yaml")
    except OSError:
        pytest.skip("links are not allowed here")
    (fault,) = faults(minimal + "lore: {books: [lore/b.yaml]}\n")
    assert "expected a path inside the folder of the sheet, found 'lore/b.yaml', a link that leads out of it" in fault


def test_a_circle_of_links_is_a_fault(tmp_path, faults, minimal):
    try:
        os.symlink(tmp_path / "a.yaml", tmp_path / "b.yaml")
        os.symlink(tmp_path / "b.yaml", tmp_path / "a.yaml")
    except OSError:
        pytest.skip("links are not allowed here")
    assert len(faults(minimal + "lore: {books: [a.yaml]}\n")) == 1


def test_a_file_that_is_not_there_gets_the_nearest_name(write, faults, minimal):
    write("lore/oakbridge.yaml", "")
    assert faults(minimal + "lore: {books: [lore/oakholow.yaml]}\n") == [
        "sheet.yaml:5:16: lore.books.0: expected a file, found 'lore/oakholow.yaml', which is not there; "
        "did you mean 'lore/oakbridge.yaml'?"
    ]


def test_a_name_that_no_file_system_takes_is_a_fault(faults, minimal):
    assert len(faults(f"{minimal}lore: {{books: [{'a' * 300}, {'b' * 300}/c.yaml]}}\n")) == 2


@pytest.mark.parametrize("value", ["[a]", "{a: b}", "7", "' '"])
def test_a_name_that_is_no_text_is_a_fault_in_an_archetype_too(write, faults, minimal, value):
    write("base.yaml", f"extends: {value}\n")
    (fault,) = faults(minimal + "extends: base.yaml\n")
    assert fault.startswith("base.yaml:1:10: extends: expected text")
    assert len(faults(f"{minimal}lore: {{books: [{value}]}}\n")) == 1


def test_a_folder_in_place_of_a_book_is_a_fault(write, faults, minimal):
    write("lore/b.yaml", "")
    found = faults(minimal + "lore: {books: [lore]}\n")
    assert found == [f"{Path('lore')}: expected a file, found a folder"]
