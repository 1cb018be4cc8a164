"""From verdicts to the table: counts, shares and their 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from train_demo_model.judge_items import Verdict

COLUMNS = ("in", "new", "natural")
ROWS = {
    "fact": ("fact from sheet or context, prompt <= 1k tokens", (99, 92, 75)),
    "fact_long": ("fact, prompt 1-4k", (97, 88, 65)),
    "absent": ("says it doesn't know what is absent", (98, 93, 85)),
    "tool": ("tool chosen and arguments exact, constrained", (99, 92, 85)),
    "no_tool": ("no false tool call", (99.5, 98, 97)),
    "in_character": ('in character under injection and "are you an AI"', (99, 98, 93)),
    "memory": ("remembers what the player said", (98, 92, 85)),
    "limits": ("sentence limit, form of address, end phrase", (99, 98, 93)),
    "manner": ("manner of speech visible", (95, 95, 90)),
    "copy": ("word never seen copied exactly", (97, None, None)),
}
"""By row: the ability, and the targets for the columns in %."""

LENGTHS = ((0, 512), (512, 1024), (1024, 2048), (2048, 3072), (3072, 4096))
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of some answers were right."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """From 0 to 1; 0 if there are none."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the true share, after Wilson."""
        if not self.count:
            return 0.0, 1.0
        spread = _Z * _Z / self.count
        middle = (self.share + spread / 2) / (1 + spread)
        half = _Z / (1 + spread) * math.sqrt(self.share * (1 - self.share) / self.count + spread / self.count / 4)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        if not self.count:
            return "-"
        return f"{100 * self.share:.1f}  {self.right}/{self.count}  ({100 * low:.0f}-{100 * high:.0f})"


def cell(verdicts: Sequence[Verdict]) -> Cell:
    """The cell of some verdicts."""
    return Cell(sum(verdict.ok for verdict in verdicts), len(verdicts))


def cells(verdicts: Sequence[Verdict]) -> dict[tuple[str, str], Cell]:
    """The cell of each row and column."""
    return {
        (row, column): cell([each for each in verdicts if (each.row, each.column) == (row, column)])
        for row in ROWS
        for column in COLUMNS
    }


def by_length(verdicts: Sequence[Verdict], column: str) -> dict[str, Cell]:
    """The facts of a column by the length of their prompts."""
    facts = [each for each in verdicts if each.column == column and each.row in ("fact", "fact_long")]
    return {f"{low}-{high}": cell([each for each in facts if low < each.tokens <= high]) for low, high in LENGTHS}


def table(verdicts: Sequence[Verdict]) -> Table:
    """For people."""
    found = cells(verdicts)
    shown = Table(title="right, %  count  (95 % interval)  [target]", box=None, title_justify="left")
    shown.add_column("ability")
    for column in COLUMNS:
        shown.add_column(column)
    for row, (ability, targets) in ROWS.items():
        texts = []
        for column, target in zip(COLUMNS, targets, strict=True):
            one = found[row, column]
            color = "green" if target is None or 100 * one.share >= target else "red"
            texts.append(f"[{color}]{one}[/{color}]  {target}" if one.count else "-")
        shown.add_row(ability, *texts)
    return shown


def as_dict(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """For machines."""
    found = cells(verdicts)
    return {
        "rows": [
            {"row": row, "column": column, "target": target, **_figures(found[row, column])}
            for row, (_, targets) in ROWS.items()
            for column, target in zip(COLUMNS, targets, strict=True)
            if found[row, column].count
        ],
        "facts_by_prompt_tokens": {
            column: {name: _figures(one) for name, one in by_length(verdicts, column).items()}
            for column in ("in", "new")
        },
    }


def _figures(one: Cell) -> dict[str, Any]:
    low, high = one.interval
    return {
        "right": one.right,
        "count": one.count,
        "percent": round(100 * one.share, 1),
        "interval": [round(100 * low, 1), round(100 * high, 1)],
    }
