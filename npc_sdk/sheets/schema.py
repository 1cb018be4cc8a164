"""Writes the JSON Schemas that editors complete sheets from: `python -m npc_sdk.sheets.schema [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from npc_sdk.character import LoreBook
from npc_sdk.sheets.sheet_file import SheetFile
from npc_sdk.sheets.shipped import shipped_dir

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of each schema file by its name, newline at the end."""
    character, archetype = _allow_null(_schema_of(SheetFile)), _allow_null(_schema_of(SheetFile))
    # an archetype is whole only together with the sheet that extends it
    for part in (archetype, archetype["$defs"]["Identity"]):
        del part["required"]
    files = {"character": character, "archetype": archetype, "lore": _schema_of(LoreBook)}
    return {f"{name}.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in files.items()}


def stale_files(folder: Path) -> list[str]:
    """The names of the schema files that are not there or differ from what the models say."""
    return [name for name, text in schemas().items() if _text_of(folder / name) != text]


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the schema files of the shipped characters; returns the exit code, 1 for a stale file."""
    parser = argparse.ArgumentParser(prog="python -m npc_sdk.sheets.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is stale")
    options = parser.parse_args(argv)
    folder = shipped_dir()
    stale = stale_files(folder)
    if options.check:
        for name in stale:
            sys.stderr.write(f"{folder / name} is stale; run `python -m npc_sdk.sheets.schema`\n")
        return 1 if stale else 0
    for name in stale:
        (folder / name).write_text(schemas()[name], encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {folder / name}\n")
    return 0


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"$schema": DRAFT, **model.model_json_schema(by_alias=True)}


def _allow_null(schema: dict[str, Any]) -> dict[str, Any]:
    # null removes what an archetype has, so an editor must let it stand at every key that may be left out
    for part in (schema, *schema["$defs"].values()):
        optional = [key for key in part["properties"] if key not in part.get("required", ())]
        part["properties"].update({key: _or_null(part["properties"][key]) for key in optional})
    return schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    patterns = schema.get("patternProperties", {})
    if patterns:
        schema = {**schema, "patternProperties": {key: _or_null(value) for key, value in patterns.items()}}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {"anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}], **rest}
    return schema


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
