"""Fact frames: one statement as a writer would put it on a sheet, with the questions it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from train_demo_model.slots import KINDS, kind_of
from train_demo_model.split import FRAME_SHARE, held
from train_demo_model.template import Template

OWN_SLOTS = frozenset({"me", "name", "role", "place", "player"})
"""Slots that the character brings in, not the frame."""


_YOU = re.compile(r"\b(you|your|yours|yourself)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """Ways to ask one thing and ways to answer it."""

    asks: tuple[Template, ...]
    answers: tuple[Template, ...]


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: comparing long texts is slow
class Frame:
    """One kind of fact.

    Args:
        where: file and line.
        statements: wordings of it.
        questions: what it answers.
        follow_ups: elliptical questions that make sense after another question about it.
        slots: those of the statement.
        all_slots: those and what players bring up in their questions.
        unseen: whether training never sees it.
        worlds: where it fits; empty fits anywhere.
        beyond: questions that it seems to answer and does not.
    """

    where: str
    statements: tuple[Template, ...]
    questions: tuple[Question, ...]
    follow_ups: tuple[Question, ...]
    slots: frozenset[str]
    all_slots: frozenset[str]
    unseen: bool
    worlds: frozenset[str] = frozenset()
    beyond: tuple[Template, ...] = ()

    @property
    def file(self) -> str:
        """Where it stands, without the line."""
        return self.where.partition(":")[0]

    @property
    def own(self) -> bool:
        """Whether it is about the NPC itself: its sheet then need not say who."""
        told = self.statements[0].text
        if "me" in self.slots or told.startswith(("You ", "Your ")):
            return True
        asked = [_YOU.search(question.asks[0].text) is not None for question in self.questions]
        return asked[0] or sum(asked) * 2 > len(asked)


@dataclass(slots=True)
class FrameReader:
    """Reads a file of frames; what is wrong goes to `faults`, and that frame is left out."""

    path: Path
    faults: list[str]
    worlds: frozenset[str] = frozenset()

    def frames(self) -> list[Frame]:
        """All good frames of the file."""
        return [frame for block in self.blocks() if (frame := self.frame(block))]

    def blocks(self) -> Iterator[list[tuple[int, str]]]:
        """The numbered lines of every frame."""
        block: list[tuple[int, str]] = []
        for number, line in enumerate([*self.path.read_text().split("\n"), ""], 1):
            if line.startswith("#"):
                self._head(line)
            elif line.strip():
                block.append((number, line.strip()))
            elif block:
                yield block
                block = []

    def _head(self, line: str) -> None:
        if "worlds:" in line:
            worlds = {world.strip() for world in line.split("worlds:")[1].split(",")}
            self.worlds = frozenset(worlds - {"any"})

    def frame(
        self, block: list[tuple[int, str]], patterns: list[str] | None = None, held_by: str = ""
    ) -> Frame | None:
        """The frame that `block` holds; None, and a fault, if it is wrong.

        Args:
            block: its numbered lines.
            patterns: the lines that they were made from, if several frames are made from one.
            held_by: decides whether the frame is held out; by default its statement.
        """
        where = f"{self.path.parent.name}/{self.path.name}:{block[0][0]}"
        try:
            lines = list(zip((line for _, line in block), patterns or [line for _, line in block], strict=True))
            statements = _templates(*lines[0])
            slots = frozenset().union(*(statement.slots for statement in statements[:1])) | {"me"}
            questions = tuple(_question(line[1:], key[1:]) for line, key in lines[1:] if line.startswith("?"))
            follow_ups = tuple(_question(line[1:], key[1:]) for line, key in lines[1:] if line.startswith("~"))
            beyond = tuple(
                text for line, key in lines[1:] if line.startswith("!") for text in _templates(line[1:], key[1:])
            )
            _check(statements, questions, follow_ups, slots, [line for line, _ in lines[1:]])
            _check_beyond(beyond, slots)
        except ValueError as exc:
            self.faults.append(f"{where}: {exc}")
            return None
        texts = [text for question in (*questions, *follow_ups) for text in (*question.asks, *question.answers)]
        all_slots = frozenset().union(*(text.slots for text in (*statements, *texts)))
        unseen = held(held_by or statements[0].text, FRAME_SHARE)
        return Frame(
            where, statements, questions, follow_ups, statements[0].slots, all_slots, unseen, self.worlds, beyond
        )


def _check(
    statements: tuple[Template, ...],
    questions: tuple[Question, ...],
    follow_ups: tuple[Question, ...],
    slots: frozenset[str],
    lines: list[str],
) -> None:
    odd = [line for line in lines if line[0] not in "?~!"]
    if odd or not questions:
        raise ValueError(f"a line starts with none of ? ~ !: {odd[0]!r}" if odd else "no questions")
    texts = [text for question in (*questions, *follow_ups) for text in (*question.asks, *question.answers)]
    used = frozenset().union(*(text.slots for text in (*statements, *texts)))
    unknown = {slot for slot in used if kind_of(slot) not in KINDS and slot not in OWN_SLOTS}
    if unknown:
        raise ValueError(f"unknown slots {sorted(unknown)}")
    for question in (*questions, *follow_ups):
        asked = frozenset.intersection(*(ask.slots for ask in question.asks))
        for answer in question.answers:
            extra = answer.slots - slots - OWN_SLOTS - asked
            if extra:
                raise ValueError(
                    f"{sorted(extra)} of the answer {answer.text!r} stand in no statement and no question"
                )
    for statement in statements[1:]:
        if statements[0].slots - statement.slots - {"me"}:
            raise ValueError(f"the wording {statement.text!r} lacks {sorted(statements[0].slots - statement.slots)}")


def _check_beyond(beyond: tuple[Template, ...], slots: frozenset[str]) -> None:
    for ask in beyond:
        if extra := ask.slots - slots - OWN_SLOTS:
            raise ValueError(f"{sorted(extra)} of {ask.text!r} stand in no statement")


def _question(line: str, pattern: str) -> Question:
    asks, arrow, answers = line.partition("=>")
    asked, _, answered = pattern.partition("=>")
    if not arrow:
        raise ValueError(f"no => in {line!r}")
    return Question(_templates(asks, asked), _templates(answers, answered))


def _templates(text: str, pattern: str) -> tuple[Template, ...]:
    parts = zip(text.split("|"), pattern.split("|"), strict=True)
    found = tuple(Template(part.strip(), key.strip()) for part, key in parts if part.strip())
    if not found:
        raise ValueError("empty text")
    return found
