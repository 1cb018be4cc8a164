"""Says in plain words what pydantic found wrong with a tree. The border of pydantic's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from npc_sdk.sheets.report import NO_SUCH_KEY, Report, describe, quote
from npc_sdk.sheets.tree import Key, Node

AnyModel = TypeVar("AnyModel", bound=BaseModel)

_WANTED: Mapping[str, str] = {
    "string_type": "text",
    "string_unicode": "text",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of keys and values",
    "model_type": "a map of keys and values",
    "model_attributes_type": "a map of keys and values",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length} items",
    "literal_error": "{expected}",
}
_PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_]{0,63}$": "a name of a-z, 0-9 and _ that begins with a letter (at most 64)",
    r"^[^\r\n]*$": "text on one line",
}


def validate(
    model: type[AnyModel], tree: Node, report: Report, skip: frozenset[str] = frozenset()
) -> AnyModel | None:
    """The model that a tree describes, or None with every fault of it noted.

    Args:
        model: the pydantic model.
        tree: a whole file, merged with what it extends.
        report: takes the faults.
        skip: kinds of pydantic errors that say nothing here: `MISSING` when what the file extends was unreadable.
    """
    try:
        return model.model_validate(tree.plain())
    except ValidationError as exc:
        for error in exc.errors(include_url=False, include_input=False):
            if error["type"] not in skip:
                _add(error, model, tree, report)
        return None


MISSING = frozenset({"missing"})


def _add(error: ErrorDetails, model: type[BaseModel], tree: Node, report: Report) -> None:
    on_key = error["loc"][-1:] == ("[key]",)
    key: Key = error["loc"][:-1] if on_key else error["loc"]
    node = tree.nearest(key)
    if error["type"] == "missing":
        report.add(node.key_place, key, f"the key {quote(str(key[-1]))}", NO_SUCH_KEY)
    elif error["type"] == "extra_forbidden":
        known = _known_keys(model, key[:-1])
        meant = report.nearest(str(key[-1]), known)
        expected = "a known key" if meant else f"one of {', '.join(known)}"
        report.add(node.key_place, key, expected, quote(str(key[-1])), meant)
    elif on_key:
        report.add(node.key_place, key, f"as key {_wanted(error)}", quote(str(key[-1])))
    else:
        report.add(node.place, key, _wanted(error) + _advice(error, node), _found(error, node))


def _wanted(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]]
    return _WANTED.get(error["type"], "a valid value").format_map(context)


def _advice(error: ErrorDetails, node: Node) -> str:
    wants_text = error["type"] in {"string_type", "literal_error"}
    return " in quotes" if wants_text and isinstance(node.value, bool | int | float) else ""


def _found(error: ErrorDetails, node: Node) -> str:
    if error["type"] == "too_long":
        return f"{len(node.items()) or len(node.fields())} items"
    if error["type"] == "string_too_long":
        return f"{len(str(node.value))} characters"
    return describe(node)


def _known_keys(model: type[BaseModel], key: Key) -> list[str]:
    for part in key:
        if isinstance(part, int) or part not in _fields(model):
            continue
        model = _model_in(_fields(model)[part]) or model
    return [*_fields(model)]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)
