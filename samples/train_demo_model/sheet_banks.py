"""The banks of the other parts of a sheet: backgrounds, goals, relationships, secrets, rules, states, events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from train_demo_model.frames import Frame, FrameReader
from train_demo_model.template import Template

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RelationKind:
    """What another person may be to the character."""

    relations: tuple[str, ...]
    attitude: Template
    answers: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class SecretKind:
    """Something to keep: how the sheet tells it, how a rule names it, how players dig for it."""

    statements: tuple[Template, ...]
    topics: tuple[Template, ...]
    asks: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class UnknownKind:
    """A subject that the character knows nothing about."""

    subject: Template
    asks: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class StateKind:
    """A state such as the weather: its values and what players ask about it."""

    values: tuple[Template, ...]
    asks: tuple[Template, ...]
    answers: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class SheetBanks:
    """All of them; what has no file is empty."""

    frames: Mapping[str, tuple[Frame, ...]] = field(default_factory=dict)
    """`backgrounds`, `appearances`, `scenarios`, `likes`, `goods`, `rules`."""
    goals: tuple[Template, ...] = ()
    relationships: tuple[RelationKind, ...] = ()
    secrets: tuple[SecretKind, ...] = ()
    unknown: tuple[UnknownKind, ...] = ()
    moods: tuple[str, ...] = ()
    states: Mapping[str, StateKind] = field(default_factory=dict)
    events: Mapping[str, tuple[Template, ...]] = field(default_factory=dict)
    catchphrases: tuple[Template, ...] = ()
    endphrases: tuple[Template, ...] = ()


FRAME_FILES = ("backgrounds", "appearances", "scenarios", "likes", "goods", "rules")
"""Files in the format of facts."""


def read_sheet_banks(folder: Path, faults: list[str]) -> SheetBanks:
    """The files under `folder`; what is wrong goes to `faults`."""
    reader = _Reader(folder, faults)
    return SheetBanks(
        frames={name: reader.frames(name) for name in FRAME_FILES},
        goals=reader.each_line("goals", Template),
        relationships=reader.each_line("relationships", _relation),
        secrets=reader.each_block("secrets", _secret),
        unknown=reader.each_block("unknown", _unknown),
        moods=reader.each_line("moods", str),
        states=dict(reader.each_section("states", _state)),
        events=dict(reader.each_section("events", lambda lines: _templates("\n".join(lines), "\n"))),
        catchphrases=reader.each_line("catchphrases", Template),
        endphrases=reader.each_line("endphrases", Template),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    faults: list[str]

    def frames(self, name: str) -> tuple[Frame, ...]:
        path = self.folder / f"{name}.txt"
        return tuple(FrameReader(path, self.faults).frames()) if path.exists() else ()

    def each_line(self, name: str, make: Callable[[str], T]) -> tuple[T, ...]:
        return self._made(name, make, [line for _, line in self._lines(name) if line])

    def each_block(self, name: str, make: Callable[[list[str]], T]) -> tuple[T, ...]:
        blocks: list[list[str]] = [[]]
        for _, line in self._lines(name):
            if line:
                blocks[-1].append(line)
            elif blocks[-1]:
                blocks.append([])
        return self._made(name, make, [block for block in blocks if block])

    def each_section(self, name: str, make: Callable[[list[str]], T]) -> Iterator[tuple[str, T]]:
        sections: dict[str, list[str]] = {}
        title = ""
        for _, line in self._lines(name):
            if line.startswith("##"):
                title = line[2:].strip()
            elif line:
                sections.setdefault(title, []).append(line)
        for title, lines in sections.items():
            for made in self._made(name, make, [lines]):
                yield title, made

    def _lines(self, name: str) -> Iterator[tuple[int, str]]:
        path = self.folder / f"{name}.txt"
        if path.exists():
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if line.startswith("##") or not line.startswith("#"):
                    yield number, line.strip()

    def _made(self, name: str, make: Callable[..., T], sources: list[str] | list[list[str]]) -> tuple[T, ...]:
        made: list[T] = []
        for source in sources:
            try:
                made.append(make(source))
            except ValueError as exc:
                self.faults.append(f"sheet/{name}.txt: {exc} in {str(source)[:80]!r}")
        return tuple(made)


def _templates(text: str, separator: str = "|") -> tuple[Template, ...]:
    return tuple(Template(part.strip()) for part in text.split(separator) if part.strip())


def _relation(line: str) -> RelationKind:
    relations, colons, rest = line.partition("::")
    attitude, arrow, answers = rest.partition("=>")
    if not colons or not arrow:
        raise ValueError("expected `relations :: attitude => answers`")
    return RelationKind(
        tuple(part.strip() for part in relations.split(",")), Template(attitude.strip()), _templates(answers)
    )


def _secret(block: list[str]) -> SecretKind:
    topics = [line[1:] for line in block[1:] if line.startswith(":")]
    asks = [line[1:] for line in block[1:] if line.startswith("?")]
    if not topics or not asks:
        raise ValueError("expected a line with : and one with ?")
    return SecretKind(_templates(block[0]), _templates(topics[0]), _templates("|".join(asks)))


def _unknown(block: list[str]) -> UnknownKind:
    asks = [line[1:] for line in block[1:] if line.startswith("?")]
    if not asks:
        raise ValueError("expected a line with ?")
    return UnknownKind(Template(block[0]), _templates("|".join(asks)))


def _state(lines: list[str]) -> StateKind:
    values = _templates("|".join(line[1:] for line in lines if line.startswith("=")))
    asked = [line[1:].partition("=>") for line in lines if line.startswith("?")]
    if not values or not asked:
        raise ValueError("expected lines with = and ?")
    return StateKind(
        values,
        _templates("|".join(asks for asks, _, _ in asked)),
        _templates("|".join(answers for _, _, answers in asked)),
    )
