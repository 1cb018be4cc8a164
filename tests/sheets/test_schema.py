from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from npc_sdk.sheets import schema, shipped_dir, shipped_ids


def test_the_shipped_schemas_are_those_of_the_models(capsys):
    assert schema.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_schema_fails_the_check_with_a_line_that_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(schema, "shipped_dir", lambda: tmp_path)
    assert schema.main(["--check"]) == 1
    assert "is stale; run `python -m npc_sdk.sheets.schema`" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0


@pytest.mark.parametrize("name", list(schema.schemas()))
def test_the_schemas_are_valid(name):
    Draft202012Validator.check_schema(json.loads((shipped_dir() / name).read_text(encoding="utf-8")))


def test_archetypes_and_lore_are_valid_by_their_schemas():
    for folder, name in (("archetypes", "archetype"), ("lore", "lore")):
        validator = Draft202012Validator(json.loads(schema.schemas()[f"{name}.schema.json"]))
        for path in (shipped_dir() / folder).glob("*.yaml"):
            assert list(validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == [], path


def test_an_editor_finds_nothing_amiss_in_a_shipped_sheet():
    validator = Draft202012Validator(json.loads(schema.schemas()["character.schema.json"]))
    for name in shipped_ids():
        sheet = yaml.safe_load((shipped_dir() / f"{name}.yaml").read_text(encoding="utf-8"))
        assert list(validator.iter_errors(sheet)) == [], name


def test_an_editor_lets_null_remove_what_an_archetype_has():
    validator = Draft202012Validator(json.loads(schema.schemas()["archetype.schema.json"]))
    sheet = {"greetings": None, "speech": {"style": None}, "tools": {"open_shop": None}, "lore": None}
    assert list(validator.iter_errors(sheet)) == []
