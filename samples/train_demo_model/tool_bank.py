"""Authored tools: what they are called, what they need, what players say to get them used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from train_demo_model.slots import KINDS, kind_of
from train_demo_model.template import Template

_SLOT = re.compile(r"\{[^}]*\}")


class _Loader(yaml.CSafeLoader):
    """Reads `on`, `off`, `yes` and `no` as the words they are; only `true` and `false` are booleans."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the base class
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool") or first in "tfTF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a kind of tool.

    Args:
        key: what the asks call it.
        names: what a schema may call it.
        describe: what a schema may say of it.
        spec: `slot`, `enum`, `flag`, `list` or `object` with what belongs to it.
        optional: whether a call may leave it out.
        parts: the parameters inside an `object`.
    """

    key: str
    names: tuple[str, ...]
    describe: tuple[str, ...]
    spec: Mapping[str, Any]
    optional: bool
    parts: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a player says, and the arguments that its words imply beside those it names."""

    text: Template
    implied: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)  # each is itself
class ToolKind:
    """One kind of tool."""

    where: str
    names: tuple[str, ...]
    describe: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    asks: tuple[Request, ...]
    results: tuple[Any, ...]
    done: tuple[Template, ...]
    fails: tuple[Template, ...]
    about_say: tuple[Template, ...]
    about_ask: tuple[Template, ...]
    offers: tuple[Request, ...]

    @property
    def theme(self) -> str:
        """The file that it stands in."""
        return self.where.removeprefix("tools/").split(".")[0]


def alike(one: ToolKind, other: ToolKind) -> bool:
    """Whether both do the same, so that nobody could say which of them a player means."""
    return not _deeds(one).isdisjoint(_deeds(other))


@lru_cache(1 << 10)  # composed kinds come and go
def _deeds(kind: ToolKind) -> frozenset[str]:
    asks = (_SLOT.sub("_", request.text.text).casefold().strip(" .?!") for request in kind.asks)
    return frozenset((*kind.names, *asks))


def read_tools(folder: Path, faults: list[str]) -> Iterator[ToolKind]:
    """All tools under `folder`; what is wrong goes to `faults`."""
    for path in sorted(folder.glob("*.yaml")):
        try:
            data = yaml.load(path.read_text(), _Loader)
        except yaml.YAMLError as exc:
            faults.append(f"tools/{path.name}: {exc}")
            continue
        for number, entry in enumerate(data["tools"] if isinstance(data, dict) else data, 1):
            try:
                yield _tool(f"tools/{path.name}#{number}", entry)
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                faults.append(f"tools/{path.name} tool {number}: {exc!r}")


def _tool(where: str, data: dict[str, Any]) -> ToolKind:
    parameters = tuple(_parameter(key, spec) for key, spec in (data.get("params") or {}).items())
    tool = ToolKind(
        where=where,
        names=tuple(data["names"]),
        describe=tuple(data["describe"]),
        parameters=parameters,
        asks=tuple(_request(text) for text in data["asks"]),
        results=tuple(data["results"]),
        done=tuple(Template(text) for text in data["done"]),
        fails=tuple(Template(text) for text in data["fails"]),
        about_say=tuple(Template(text) for text in data.get("about_say") or ()),
        about_ask=tuple(Template(text) for text in data.get("about_ask") or ()),
        offers=tuple(_request(text) for text in data.get("offers") or ()),
    )
    _check(tool)
    return tool


def _parameter(key: str, spec: dict[str, Any]) -> Parameter:
    kinds = {"slot", "enum", "flag", "list", "object"} & spec.keys()
    if len(kinds) != 1:
        raise ValueError(f"parameter {key!r} must be one of slot, enum, flag, list, object")
    for kind in ("slot", "list"):
        if kind in spec and kind_of(spec[kind]) not in KINDS:
            raise ValueError(f"parameter {key!r} has no known slot: {spec[kind]!r}")
    described = tuple(spec.get("describe") or ())
    parts = tuple(_parameter(part, inner) for part, inner in spec.get("object", {}).items())
    return Parameter(key, tuple(spec.get("names") or (key,)), described, spec, bool(spec.get("optional")), parts)


def _request(text: str) -> Request:
    said, arrow, implied = text.partition(" => ")
    pairs = [part.split(":", 1) for part in implied.split(",")] if arrow else []
    return Request(Template(said.strip()), {key.strip(): value.strip() for key, value in pairs})


def _check(tool: ToolKind) -> None:
    keys = {parameter.key for parameter in tool.parameters}
    needed = {parameter.key for parameter in tool.parameters if not parameter.optional}
    for request in (*tool.asks, *tool.offers):
        named = {slot.split(".")[0] for slot in request.text.slots} | request.implied.keys()
        if needed - named:
            raise ValueError(f"{request.text.text!r} does not set {sorted(needed - named)}")
        unknown = {
            slot for slot in named - keys if kind_of(slot) not in KINDS and slot not in {"name", "role", "place"}
        }
        if unknown:
            raise ValueError(f"{request.text.text!r} names {sorted(unknown)}, which are no parameters")
        for fail in tool.fails:
            unsaid = {slot for slot in fail.slots - request.text.slots if kind_of(slot) not in KINDS}
            if unsaid - {"me", "name", "role", "place"}:
                raise ValueError(f"{fail.text!r} needs {sorted(unsaid)}, which {request.text.text!r} does not say")
