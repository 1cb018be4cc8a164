"""One frozen question of the judge's, and how a file holds it: a JSON object a line, compressed."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from npc_sdk.backend import Message, Prompt, Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One prompt with what its answer must be.

    Args:
        id: names it.
        row: the ability.
        column: `in` or `new`.
        system, tools, contexts, messages: the prompt.
        checks: expectations in the words of a sheet's `tests`.
        gold: the generator's own answer.
    """

    id: str
    row: str
    column: str
    system: str
    tools: list[Any]
    contexts: list[str]
    messages: list[dict[str, str]]
    checks: dict[str, Any]
    gold: str

    @property
    def prompt(self) -> Prompt:
        """What the model reads."""
        messages = tuple(Message(Role(message["role"]), message["content"]) for message in self.messages)
        return Prompt(system=self.system, tools=tuple(self.tools), contexts=tuple(self.contexts), messages=messages)


def write_items(items: Iterable[Item], path: Path) -> int:
    """Writes the items to an .xz file.

    Returns:
        how many there are.
    """
    lines = [f"{json.dumps(asdict(item), ensure_ascii=False)}\n" for item in items]
    path.write_bytes(lzma.compress("".join(lines).encode(), preset=9))
    return len(lines)


def read_items(folder: Path, limit: int | None = None) -> list[Item]:
    """The items of every *.jsonl.xz in `folder`.

    Args:
        folder: where the files lie.
        limit: most items of a row and column; None for all.
    """
    return list(first_of_each(_all_items(folder), lambda item: (item.row, item.column), limit))


def first_of_each(things: Iterable[T], kind: Callable[[T], Hashable], limit: int | None) -> Iterator[T]:
    """The first `limit` things of each kind; all of them if it is None."""
    taken: dict[Hashable, int] = {}
    for thing in things:
        key = kind(thing)
        taken[key] = taken.get(key, 0) + 1
        if limit is None or taken[key] <= limit:
            yield thing


def _all_items(folder: Path) -> Iterator[Item]:
    for path in sorted(folder.glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            yield from (Item(**json.loads(line)) for line in file)
