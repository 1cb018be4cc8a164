"""The judging command: its options, and what it prints and writes."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from npc_sdk.engine.load import open_engine
from npc_sdk.models import DEFAULT_MODEL
from train_demo_model.item import Item, read_items
from train_demo_model.judge_items import Verdict, ask_all, judge_text
from train_demo_model.judge_natural import natural_cases, play_natural
from train_demo_model.judge_table import as_dict, by_length, table
from train_demo_model.plots import plot_by_length

HELDOUT = Path(__file__).parent / "heldout"


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    command = argparse.ArgumentParser(description="Judges a model by what it never saw.", allow_abbrev=False)
    command.add_argument("--model", default=DEFAULT_MODEL, help="demo, or a model folder (default %(default)s)")
    command.add_argument("--heldout", type=Path, default=HELDOUT, help="folder of the items")
    command.add_argument("--limit", type=int, help="most items of each row and column")
    command.add_argument("--columns", default="in,new,natural", help="which (default %(default)s)")
    command.add_argument("--json", action="store_true", help="print JSON instead of the table")
    command.add_argument(
        "--answers", type=Path, help="write every answer with its verdict here, a JSON object a line"
    )
    command.add_argument("--plot", type=Path, help="draw accuracy by prompt length here, a PNG")
    command.add_argument("--gold", action="store_true", help="judge the generator's own answers; all must pass")
    return command


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = parser().parse_args(arguments)
    columns = options.columns.split(",")
    items = [item for item in read_items(options.heldout, options.limit) if item.column in columns]
    if options.gold:
        return judge_gold(items)
    natural = options.heldout / "natural" if "natural" in columns else None
    verdicts = asyncio.run(verdicts_of(options.model, items, natural, options.limit))
    if options.answers:
        lines = (json.dumps(asdict(verdict) | {"ok": verdict.ok}, ensure_ascii=False) for verdict in verdicts)
        options.answers.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if options.plot:
        plot(verdicts, options.plot)
    if options.json:
        print(json.dumps(as_dict(verdicts)))
    else:
        Console(width=150).print(table(verdicts))
    return 0


async def verdicts_of(model: str, items: Sequence[Item], natural: Path | None, limit: int | None) -> list[Verdict]:
    """Asks a model everything, with a progress bar on stderr."""
    cases = natural_cases(natural, limit) if natural else []
    async with open_engine(model) as engine:
        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task("judging", total=len(items) + len(cases))
            # Prompts of one length together: a batch is as slow as its longest.
            ordered = sorted(items, key=lambda item: len(item.system))
            verdicts = await ask_all(ordered, engine, lambda: bar.advance(task))
            return verdicts + await play_natural(cases, engine, lambda: bar.advance(task))


def judge_gold(items: Sequence[Item]) -> int:
    """Prints the items whose own answer fails; 0 if none does."""
    faulty = [(item, why) for item in items if (why := judge_text(item, item.gold))]
    for item, why in faulty:
        print(f"{item.id}: {item.gold!r}: {'; '.join(why)}")
    print(f"{len(items) - len(faulty)} of {len(items)} pass")
    return 1 if faulty else 0


def plot(verdicts: Sequence[Verdict], picture: Path) -> None:
    """Accuracy on facts by prompt length, unseen phrasings."""
    found = by_length(verdicts, "new")
    points = [(name, one.share, *one.interval) for name, one in found.items() if one.count]
    plot_by_length(points, picture, "facts of sheet or context, phrasings never trained on")
