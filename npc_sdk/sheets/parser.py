"""Turns YAML text into a tree with places. The border of yaml's errors.

Only plain YAML is read: anchors, aliases, merge keys and tags are faults where they stand. They are refused on the
event stream, before anything could expand, so neither an alias bomb nor a tag that builds objects has any effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from npc_sdk.sheets.report import Report, describe, quote, shorten
from npc_sdk.sheets.source import UNPRINTABLE, read_text
from npc_sdk.sheets.tree import Key, Node, Place, Scalar, is_number

MAX_DEPTH = 16
"""Deepest nesting of maps and lists."""

MAX_NODES = 32_000
"""Most keys and values in one file; keeps the reading of a hostile file under a second."""

MAX_WHOLE_NUMBER = 2**63 - 1
"""Largest whole number, as the wire can carry it."""

# part of the parser's words, what was expected, what was found
_SYNTAX_HELP = (
    (r"'\t'", "spaces", "a tab"),
    ("<document start>", "one document in the file", "more after its end"),
    ("<stream end>", "a value or a closing bracket", "the end of the file"),
    ("mapping values are not allowed", "text with a colon in quotes", "a second colon"),
    ("found unexpected end of stream", "a closing quote", "the end of the file"),
    ("unknown escape", "a known escape, or single quotes around the text", "a backslash"),
    ("could not find expected ':'", "a colon after the key", "none"),
    ("found duplicate anchor", "plain YAML", "an anchor"),
    ("<block end>", "the same indentation as the lines above", "another one"),
    ("expected ',' or", "a comma or the closing bracket", "something else"),
    ("cannot start any token", "text in quotes", "a character that YAML keeps for itself"),
)


class Unreadable(Exception):
    """Raised inside this package when the rest of a file gives no tree; the faults are in the report."""


def read_tree(path: Path, report: Report) -> Node | None:
    """The tree of a file, or None when it cannot be read to its end.

    Args:
        path: any path.
        report: takes the faults.
    """
    text = read_text(path, report)
    return None if text is None else parse(text, path, report)


def parse(text: str, path: Path, report: Report) -> Node | None:
    """The tree of a YAML text, or None when it cannot be read to its end.

    Args:
        text: printable text, as `read_text` returns it.
        path: the file, for the places of faults.
        report: takes the faults.
    """
    if not text.strip():
        report.add(Place(path), (), "a map of keys and values", "an empty file")
        return None
    try:
        return _Parser(text, path, report).document()
    except Unreadable:
        return None
    except yaml.YAMLError as exc:
        _report_syntax(exc, text, path, report)
        return None


class _Parser:
    """Builds the tree from the event stream; recursion is bounded by `MAX_DEPTH`."""

    def __init__(self, text: str, path: Path, report: Report) -> None:
        self._loader: Any = yaml.SafeLoader(text)
        self._path = path
        self._report = report
        self._nodes = 0

    def document(self) -> Node:
        self._next()
        if isinstance(self._peek(), yaml.StreamEndEvent):
            self._refuse(self._peek(), (), "a map of keys and values", "only comments")
        self._next()
        root = self._node(self._next(), (), 0, None)
        self._next()
        if not isinstance(self._peek(), yaml.StreamEndEvent):
            self._refuse(self._peek(), (), "one document in the file", "a second one")
        if not isinstance(root.value, dict):
            self._report.add(root.place, (), "a map of keys and values", describe(root))
            raise Unreadable
        return root

    def _peek(self) -> yaml.Event:
        event: yaml.Event = self._loader.peek_event()
        return event

    def _next(self) -> yaml.Event:
        event: yaml.Event = self._loader.get_event()
        return event

    def _place(self, event: yaml.Event) -> Place:
        mark: Any = event.start_mark
        return Place(self._path, mark.line + 1, mark.column + 1)

    def _refuse(self, event: yaml.Event, key: Key, expected: str, found: str) -> None:
        self._report.add(self._place(event), key, expected, found)
        raise Unreadable

    def _node(self, event: yaml.Event, key: Key, depth: int, key_place: Place | None) -> Node:
        place = self._place(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(event, key, f"at most {MAX_NODES} keys and values in one file", "more")
        if depth > MAX_DEPTH:
            self._refuse(event, (), f"at most {MAX_DEPTH} levels of nesting", "more")
        self._check_plain(event, key)
        match event:
            case yaml.MappingStartEvent():
                return Node(self._map(key, depth), place, key_place or place)
            case yaml.SequenceStartEvent():
                return Node(self._list(key, depth), place, key_place or place)
            case yaml.ScalarEvent():
                return Node(self._scalar(event, key), place, key_place or place, event.value)
            case _:
                return Node("", place, key_place or place)

    def _check_plain(self, event: yaml.Event, key: Key) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            self._report.add(place, key, "the value itself", f"the alias {quote(f'*{anchor}')}")
        elif anchor is not None:
            self._report.add(place, key, "a value without an anchor", f"the anchor {quote(f'&{anchor}')}")
        elif tag is not None:
            self._report.add(place, key, "a value without a tag", f"the tag {quote(tag)}")

    def _list(self, key: Key, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*key, len(items)), depth + 1, None))
        return items

    def _map(self, key: Key, depth: int) -> dict[str, Node]:
        fields: dict[str, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name = self._key(event, key, depth)
            if name in fields:
                found = f"the key of line {fields[name].key_place.line} again"
                self._report.add(self._place(event), (*key, name), "each key once", found)
            child = self._node(self._next(), (*key, name), depth + 1, self._place(event))
            fields.setdefault(name, child)
        return fields

    def _key(self, event: yaml.Event, key: Key, depth: int) -> str:
        node = self._node(event, key, depth + 1, None)
        if isinstance(node.value, dict | list):
            self._report.add(node.place, key, "a key that is text", "a map or list as key")
            return ""
        if node.written == "<<" and not isinstance(node.value, str):
            self._report.add(node.place, key, "plain keys", "the merge key '<<'; use `extends`")
        elif not isinstance(node.value, str):
            found = f"{shorten(node.written) or 'nothing'}, which YAML does not read as text"
            self._report.add(node.place, key, "a key that is text, in quotes", found)
        return node.value if isinstance(node.value, str) else node.written

    def _scalar(self, event: yaml.ScalarEvent, key: Key) -> Scalar:
        written: str = event.value
        if match := UNPRINTABLE.search(written):
            self._report.add(self._place(event), key, "printable text", f"the character U+{ord(match[0]):04X}")
            return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)
        tag: str = self._loader.resolve(yaml.ScalarNode, written, event.implicit)
        read = _READERS.get(tag.rpartition(":")[2])
        if read is None or event.tag is not None:
            return written
        try:
            return read(written)
        except ValueError as exc:
            self._report.add(self._place(event), key, *exc.args)
            return written


def _number(written: str) -> int | float:
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,18})", written) and abs(int(written)) <= MAX_WHOLE_NUMBER:
        return int(written)
    if re.fullmatch(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?", written) and is_number(float(written)):
        return float(written)
    raise ValueError("a plain decimal number, or text in quotes", shorten(written))


def _date(written: str) -> str:
    raise ValueError("text in quotes", f"{shorten(written)}, which YAML reads as a date")


def _null(written: str) -> None:
    return None


def _merge_key(written: str) -> None:
    return None


def _bool(written: str) -> bool:
    return written.lower() in {"yes", "true", "on"}


_READERS: dict[str, Callable[[str], Scalar]] = {
    "null": _null,
    "bool": _bool,
    "int": _number,
    "float": _number,
    "timestamp": _date,
    "merge": _merge_key,
}


def _report_syntax(exc: yaml.YAMLError, text: str, path: Path, report: Report) -> None:
    mark, problem = getattr(exc, "problem_mark", None), str(getattr(exc, "problem", None) or "")
    end = len(text.split("\n")) if mark is None else mark.line + 1
    tabbed = [number for number, line in enumerate(text.split("\n")[:end], start=1) if re.match(r" *\t", line)]
    for number in tabbed:
        report.add(Place(path, number, 1), (), "spaces for indentation", "a tab")
    if tabbed:
        return
    known = ((expected, found) for part, expected, found in _SYNTAX_HELP if part in problem)
    expected, found = next(known, ("valid YAML", shorten(problem.removeprefix("found "))))
    report.add(Place(path, end, mark.column + 1 if mark else 0), (), expected, found)
