from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.errors import SheetError, UnknownCharacter
from npc_sdk.sheets import find_sheets


def test_a_folder_means_its_sheets_and_not_their_parts(write, minimal):
    for name in ("b.yaml", "a.yml", "town/c.yaml", "archetypes/d.yaml", "town/lore/e.yaml", ".git/f.yaml", "g.txt"):
        write(name, minimal)
    write("docker-compose.yaml", "services: {}\n")
    write("utf16.yaml", minimal.encode("utf-16"))
    assert find_sheets([Path()]) == [Path("a.yml"), Path("b.yaml"), Path("utf16.yaml"), Path("town/c.yaml")]


def test_a_file_means_itself_once_whatever_it_holds(write):
    path = write("lore/notes.txt", "x")
    assert find_sheets([path, path]) == [path]


def test_a_folder_without_sheets_is_a_fault_and_not_a_success(write):
    write("town/readme.md", "x")
    with pytest.raises(SheetError, match="town: expected at least one sheet"):
        find_sheets([Path("town")])


def test_a_path_where_nothing_is_gets_the_nearest_name(write, minimal):
    write("town/mira.yaml", minimal)
    with pytest.raises(UnknownCharacter, match=r"no file is at 'town.mria\.yaml'; did you mean 'mira\.yaml'\?"):
        find_sheets([Path("town/mria.yaml")])
