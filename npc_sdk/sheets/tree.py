"""What a YAML file says, with the place of every value, so that sheets merge and faults still find their line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column count from 1; line 0 is the file itself."""

    path: Path
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file.

    Args:
        value: a scalar, child nodes by key, or a list of child nodes.
        place: where the value begins.
        key_place: where its key stands; the same as `place` for a list item.
        written: a scalar as the file spells it, such as `no` for a false.
    """

    value: Scalar | dict[str, Node] | list[Node]
    place: Place
    key_place: Place
    written: str = ""

    def plain(self) -> Plain:
        """The value as plain data, without places."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, part: str | int) -> Node | None:
        """The child of that key or 0-based index, or None."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and part < len(self.value):
            return self.value[part]
        return None

    def find(self, key: Key) -> Node | None:
        """The node at that key below this one, or None."""
        node: Node | None = self
        for part in key:
            node = node.child(part) if node else None
        return node

    def nearest(self, key: Key) -> Node:
        """The node at that key or, where there is none, the deepest one on the way to it."""
        node = self
        for part in key:
            below = node.child(part)
            if below is None:
                break
            node = below
        return node

    def fields(self) -> dict[str, Node]:
        """The children by key; empty for anything but a map."""
        return self.value if isinstance(self.value, dict) else {}

    def items(self) -> list[Node]:
        """The children in order; empty for anything but a list."""
        return self.value if isinstance(self.value, list) else []

    def walk(self, key: Key = ()) -> Iterator[tuple[Key, Node]]:
        """This node and all below it, each with its key."""
        yield key, self
        children: Sequence[tuple[str | int, Node]] = [*self.fields().items(), *enumerate(self.items())]
        for part, child in children:
            yield from child.walk((*key, part))


def dotted(key: Key) -> str:
    """A key as people write it, such as `speech.examples.0.npc`; list items count from 0."""
    return ".".join(map(str, key))


def merge(base: Node, top: Node) -> Node:
    """Lay one map over another, as `extends` does.

    Maps merge key by key. Everything else, lists too, is replaced by what `top` has. A null in `top` removes the key
    that `base` has; where `base` has none, the null stays and is a value like any other.

    Args:
        base: the archetype.
        top: what extends it; its places stand for the merged maps.
    """
    if not (isinstance(base.value, dict) and isinstance(top.value, dict)):
        return top
    fields = dict(base.value)
    for key, node in top.value.items():
        if key not in fields:
            fields[key] = node
        elif node.value is None:
            del fields[key]
        else:
            fields[key] = merge(fields[key], node)
    return Node(fields, top.place, top.key_place)


def is_number(value: object) -> bool:
    """Whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
