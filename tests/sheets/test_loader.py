from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.character import Character
from npc_sdk.errors import SheetError, UnknownCharacter
from npc_sdk.sheets import load_character, load_folder, shipped_ids
from npc_sdk.sheets.loader import MAX_EXTENDS


def test_a_loaded_character_survives_a_round_trip_through_json():
    mira = load_character("mira")
    assert Character.model_validate_json(mira.model_dump_json(by_alias=True)) == mira


def test_an_archetype_may_be_partial_and_is_overlaid(write, minimal):
    write("kinds/old.yaml", "identity: {place: Ford, role: elder}\nrules: [Be slow.]\ngreetings: [Ah.]\n")
    character = load_character(write("ada.yaml", minimal + "extends: kinds/old.yaml\ngreetings: null\n"))
    assert (character.identity.role, character.identity.place) == ("miller", "Ford")
    assert (character.rules, character.greetings) == (("Be slow.",), ())
    assert type(character) is Character


def test_archetypes_extend_archetypes_by_paths_from_the_folder_of_the_sheet(write, minimal):
    write("kinds/a.yaml", "extends: kinds/b.yaml\nrules: [A.]\n")
    write("kinds/b.yaml", "rules: [B.]\nscenario: Rain.\n")
    character = load_character(write("ada.yaml", minimal + "extends: kinds/a.yaml\n"))
    assert (character.rules, character.scenario) == (("A.",), "Rain.")


def test_faults_of_an_archetype_point_into_the_archetype(write, faults, minimal):
    write("base.yaml", "persona:\n  trait: [old]\nspeech: {max_sentences: many}\n")
    assert faults(minimal + "extends: base.yaml\nrules: 1\n") == [
        "sheet.yaml:6:8: rules: expected a list, found the number 1",
        "base.yaml:2:3: persona.trait: expected a known key, found 'trait'; did you mean 'traits'?",
        "base.yaml:3:25: speech.max_sentences: expected a whole number, found 'many'",
    ]


def test_a_broken_archetype_does_not_make_keys_of_the_sheet_seem_missing(write, faults):
    write("base.yaml", "identity: {role: smith\n")
    found = faults("schema: npc/1\nextends: base.yaml\nnaem: Ada\n")
    assert found == [
        "sheet.yaml:3:1: naem: expected a known key, found 'naem'; did you mean 'name'?",
        "base.yaml:2:1: expected a value or a closing bracket, found the end of the file",
    ]


def test_a_cycle_is_shown(write, faults, minimal):
    write("a.yaml", "extends: b.yaml\n")
    write("b.yaml", "extends: ./a.yaml\n")
    assert faults(minimal + "extends: a.yaml\n") == [
        "b.yaml:1:10: extends: expected archetypes that end somewhere, "
        "found a cycle: sheet.yaml -> a.yaml -> b.yaml -> a.yaml"
    ]


def test_a_chain_may_be_as_long_as_the_limit_and_no_longer(write, faults, minimal):
    for n in range(1, MAX_EXTENDS):
        write(f"{n}.yaml", f"extends: {n + 1}.yaml\n")
    write(f"{MAX_EXTENDS}.yaml", "scenario: Rain.\n")
    assert faults(minimal + "extends: 1.yaml\n") == []
    write(f"{MAX_EXTENDS}.yaml", f"extends: {MAX_EXTENDS + 1}.yaml\n")
    write(f"{MAX_EXTENDS + 1}.yaml", "scenario: Rain.\n")
    (fault,) = faults(minimal + "extends: 1.yaml\n")
    assert fault.startswith("8.yaml:1:10: extends: expected at most 8 archetypes")


def test_an_unknown_id_gets_the_nearest_one_and_the_list():
    with pytest.raises(
        UnknownCharacter, match="no shipped character has the id 'mria'; did you mean 'mira'"
    ) as caught:
        load_character("mria")
    assert all(name in caught.value.hint for name in shipped_ids())


@pytest.mark.parametrize("ref", ["", "Mira\0", "mira ", "no_such_person", "\ud800"])
def test_an_id_that_is_not_shipped_is_unknown(ref):
    with pytest.raises(UnknownCharacter):
        load_character(ref)


@pytest.mark.parametrize("ref", ["mria.yaml", "./mria", "folder/mria.yaml", Path("mria"), "a\0b.yaml"])
def test_a_path_where_nothing_is_is_unknown(write, minimal, ref):
    write("mira.yaml", minimal)
    with pytest.raises(UnknownCharacter):
        load_character(ref)


def test_text_with_an_ending_or_a_separator_is_a_path(write, minimal):
    write("mira.yaml", minimal)
    assert load_character("mira.yaml").id == "ada"
    assert load_character("./mira.yaml").id == "ada"
    assert load_character("mira").id == "mira"


def test_a_folder_in_place_of_a_sheet_is_a_fault(tmp_path):
    with pytest.raises(SheetError, match="expected a file, found a folder"):
        load_character(tmp_path)


def test_a_folder_gives_its_characters_by_id(write, minimal):
    write("town/ada.yaml", minimal)
    write("town/bo.yaml", minimal.replace("ada", "bo"))
    assert list(load_folder(Path("town"))) == ["ada", "bo"]


def test_ids_that_two_sheets_share_are_reported_with_all_other_faults(write, minimal):
    write("town/a.yaml", minimal)
    write("town/b.yaml", minimal + "rules: 1\n")
    write("town/c.yaml", "schema: npc/1\nrules: [\n")
    with pytest.raises(SheetError) as caught:
        load_folder(Path("town"))
    assert [(fault.path.name, fault.key, fault.found) for fault in caught.value.faults] == [
        ("b.yaml", "id", "'ada' as in a.yaml"),
        ("b.yaml", "rules", "the number 1"),
        ("c.yaml", "", "the end of the file"),
    ]
