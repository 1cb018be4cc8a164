from __future__ import annotations

from collections import Counter

import pytest

from npc_sdk.sheets import load_character, load_folder, shipped_dir, shipped_ids


def test_eight_characters_ship_and_each_file_is_named_by_its_id():
    assert len(shipped_ids()) == 8
    assert "mira" in shipped_ids()
    assert set(load_folder(shipped_dir())) == set(shipped_ids())


@pytest.mark.parametrize("name", shipped_ids())
def test_a_shipped_character_is_complete(name):
    character = load_character(name)
    assert character.id == name
    assert character.persona.traits
    assert character.speech.style
    assert character.knowledge.facts
    assert character.state["mood"]
    assert len(character.greetings) >= 2
    fallback = type(character.fallback)()
    assert fallback.model_dump() != character.fallback.model_dump()


def test_shipped_characters_know_one_another_by_the_names_they_go_by():
    characters = load_folder(shipped_dir()).values()
    names = {character.name for character in characters}
    for character in characters:
        assert set(character.relationships) <= names - {character.name}


def test_no_lore_key_brings_up_more_than_one_entry():
    entries = {entry.id: entry for name in shipped_ids() for entry in load_character(name).lore.entries}
    counts = Counter(key.lower() for entry in entries.values() for key in entry.keys)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_sheet_names_its_schema_for_editors():
    for path in shipped_dir().rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert schema != first, path
        assert (path.parent / schema).is_file(), path
