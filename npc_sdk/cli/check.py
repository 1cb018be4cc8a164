"""`npc check`: every fault of sheets, and where their tokens go."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

import npc_sdk
from npc_sdk.budget import SheetBudget, sheet_budget
from npc_sdk.cli.output import EXIT_FAILED, AsJson, Model, coded, err, out, print_json, tell
from npc_sdk.errors import SheetError
from npc_sdk.sheets import find_sheets, load_character

WINDOW_TOKENS = 4_096
"""The window that sheets are planned for: that of Nemotron-Mini and of the demo model."""


@coded
def check(
    paths: list[Path] = typer.Argument(help="Sheets, or folders of sheets."),
    model: str = Model,
    as_json: bool = AsJson,
) -> None:
    """Check character sheets: all faults with file:line:column, and the tokens of each part.

    Fails (exit code 1) when a sheet has a fault, or leaves room for fewer typical turns than its history.min_turns.

    Example: npc check characters/
    """
    sheets = find_sheets(paths)
    with err.status(f"Loading the tokenizer of {model} ..."):
        codec = npc_sdk.open_codec(model)
    budgets: dict[Path, SheetBudget] = {}
    faulty = 0
    for path in sheets:
        try:
            budgets[path] = sheet_budget(load_character(path), codec, WINDOW_TOKENS)
        except SheetError as exc:
            faulty += 1
            if as_json:
                print_json(_faults(path, exc))
            else:
                tell(exc)
            continue
        if as_json:
            print_json({"type": "sheet", "path": str(path), **budgets[path].as_dict()})
    if not as_json and budgets:
        out.print(_table(budgets, model))
    if faulty or not all(budget.enough for budget in budgets.values()):
        raise typer.Exit(EXIT_FAILED)


def _faults(path: Path, exc: SheetError) -> dict[str, object]:
    faults = [
        {
            "path": str(fault.path),
            "line": fault.line,
            "column": fault.column,
            "key": fault.key,
            "expected": fault.expected,
            "found": fault.found,
            "nearest": fault.nearest,
        }
        for fault in exc.faults
    ]
    return {"type": "error", "path": str(path), **exc.as_dict(), "faults": faults}


def _table(budgets: dict[Path, SheetBudget], model: str) -> Table:
    table = Table(caption=f"tokens of {model}, in a window of {WINDOW_TOKENS:,}", box=None, caption_justify="left")
    table.add_column("sheet", overflow="fold")
    for head in ("sheet text", "tools", "lore", "reply", "left", "turns"):
        table.add_column(head, justify="right")
    table.add_column("")
    for path, budget in budgets.items():
        verdict = "[green]ok[/green]" if budget.enough else f"[red]under its floor of {budget.min_turns} turns[/red]"
        figures = (budget.system, budget.tools, budget.lore, budget.reply, budget.history, budget.turns)
        table.add_row(str(path), *(f"{figure:,}" for figure in figures), verdict)
    return table
