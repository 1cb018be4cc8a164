"""What a tool may be called with in this turn: the sheet's JSON Schemas with live names filled in.

A text parameter of a sheet may carry `x-from: NAME`. Then its value is one of the names that the game passes with the
turn under NAME, or, with `x-from: conversation`, words that stand in the conversation. The model does not read that
keyword: what it may write is held by the schemas made here, so the prompt, and what is kept of it, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from npc_sdk.backend import CallSchema
from npc_sdk.character import Tool
from npc_sdk.chat_format import neutralise_json
from npc_sdk.errors import TextInvalid, TextTooLong
from npc_sdk.player_text import admit

LIVE_KEY = "x-from"
"""The keyword."""

CONVERSATION = "conversation"
"""The name that stands for the words of the conversation."""

MAX_LIVE_LISTS = 32
"""Most lists of names with one turn."""

MAX_LIVE_NAMES = 1_000
"""Most names of one list."""

MAX_LIVE_CHARS = 100
"""Longest name, in characters."""

MAX_CONVERSATION_WORDS = 600
"""How many of the newest words of the conversation may be used."""

MAX_RUN_WORDS = 8
"""Most words of the conversation in one argument."""

LIST_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""What the name of a list looks like."""

_MAX_WORD_CHARS = 40
_BETWEEN_RUNS = re.compile(r"[^\w\s'’-]+")  # words on both sides of a comma were not said as one

LiveNames = Mapping[str, Sequence[str]]
"""Names by the name of their list, such as `{"items": ["rope", "lantern"]}`."""


class _NothingToChoose(Exception):
    """A value has no admissible choice in this turn."""


def admit_objects(objects: LiveNames | None) -> dict[str, tuple[str, ...]]:
    """What the caller passed with a turn, checked and neutralised.

    Args:
        objects: names by the name of their list; None for no lists.

    Raises:
        TextInvalid: if it is no map of such names, or a name holds nothing to read.
        TextTooLong: if there are more lists or names, or longer ones, than may be.
    """
    if objects is None:
        return {}
    if not isinstance(objects, Mapping):
        raise TextInvalid(f"The objects must be a map of lists of names, found {type(objects).__name__}.")
    if len(objects) > MAX_LIVE_LISTS:
        raise TextTooLong(f"There are {len(objects)} lists of objects, the limit is {MAX_LIVE_LISTS}.")
    return {_admit_list_name(name): _admit_names(name, names) for name, names in objects.items()}


def call_schemas(tools: Mapping[str, Tool], objects: LiveNames, texts: Iterable[str]) -> tuple[CallSchema, ...]:
    """The tools that may be called in this turn.

    Args:
        tools: of the sheet, by name.
        objects: names by the name of their list. Without its list a parameter is plain text; a list without names
            takes the parameter away and, where it is required, the tool.
        texts: the conversation, newest first; not read unless a tool asks for its words.
    """
    lists: dict[str, Sequence[str]] = dict(objects)
    if any(_uses_conversation(tool.parameters) for tool in tools.values()):
        lists[CONVERSATION] = word_runs(texts)
    found = []
    for name, tool in tools.items():
        try:
            found.append(CallSchema(name, neutralise_json(_filled(tool.parameters, lists))))
        except _NothingToChoose:
            continue
    return tuple(found)


def shown_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's parameters as the model reads them, without the keyword."""
    shown = {key: value for key, value in parameters.items() if key != LIVE_KEY}
    return {key: _below(key, value, shown_schema) for key, value in shown.items()}


def word_runs(texts: Iterable[str]) -> list[str]:
    """Whole words that follow each other in a text, one to `MAX_RUN_WORDS` of them, each run once.

    Args:
        texts: newest first; `MAX_CONVERSATION_WORDS` words are read.
    """
    runs: dict[str, None] = {}
    room = MAX_CONVERSATION_WORDS
    for text in texts:
        for part in _BETWEEN_RUNS.split(text):
            words = [word for word in part.split() if len(word) <= _MAX_WORD_CHARS and re.search(r"\w", word)][:room]
            room -= len(words)
            for start in range(len(words)):
                for stop in range(start + 1, min(start + MAX_RUN_WORDS, len(words)) + 1):
                    runs[" ".join(words[start:stop])] = None
        if room <= 0:
            break
    return list(runs)


def _filled(schema: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    filled = {key: value for key, value in schema.items() if key != LIVE_KEY}
    source = schema.get(LIVE_KEY)
    if isinstance(source, str) and source in lists:
        names = [name for name in lists[source] if _fits(name, schema)]
        if not names:
            raise _NothingToChoose
        filled["enum"] = names
    if isinstance(schema.get("properties"), Mapping):
        filled["properties"] = _filled_fields(schema, lists)
    return {
        key: value if key == "properties" else _below(key, value, lambda below: _filled(below, lists))
        for key, value in filled.items()
    }


def _filled_fields(schema: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    fields = {}
    for name, field in schema["properties"].items():
        try:
            fields[name] = _filled(field, lists) if isinstance(field, Mapping) else field
        except _NothingToChoose:
            if name in schema.get("required", ()):
                raise
    return fields


def _below(keyword: str, value: Any, change: Any) -> Any:
    """`value` of a keyword with the schemas in it changed."""
    if keyword in ("properties", "patternProperties") and isinstance(value, Mapping):
        return {name: change(each) if isinstance(each, Mapping) else each for name, each in value.items()}
    if keyword in ("items", "additionalProperties") and isinstance(value, Mapping):
        return change(value)
    if keyword in ("anyOf", "prefixItems") and isinstance(value, list):
        return [change(each) if isinstance(each, Mapping) else each for each in value]
    return value


def _fits(name: str, schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("minLength", 0) <= len(name) <= schema.get("maxLength", len(name)))


def _uses_conversation(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get(LIVE_KEY) == CONVERSATION or any(map(_uses_conversation, value.values()))
    return isinstance(value, list) and any(map(_uses_conversation, value))


def _admit_list_name(name: object) -> str:
    if not isinstance(name, str) or not LIST_NAME.fullmatch(name) or name == CONVERSATION:
        shown = name[:80] if isinstance(name, str) else name
        raise TextInvalid(
            f"A list's name is lower-case letters, digits and _, not {CONVERSATION!r}; found {shown!r}."
        )
    return name


def _admit_names(name: str, names: object) -> tuple[str, ...]:
    if not isinstance(names, Sequence) or isinstance(names, str | bytes):
        raise TextInvalid(f"The objects {name!r} must be a list of names, found {type(names).__name__}.")
    if len(names) > MAX_LIVE_NAMES:
        raise TextTooLong(f"There are {len(names):,} {name}, the limit is {MAX_LIVE_NAMES:,}.")
    admitted = (admit(each, what=f"A name in {name!r}", max_chars=MAX_LIVE_CHARS) for each in names)
    return tuple(dict.fromkeys(" ".join(each.split()) for each in admitted))
