"""`npc test`: play the tests of character sheets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import npc_sdk
from npc_sdk.backend import Backend
from npc_sdk.cli.output import EXIT_FAILED, EXIT_USAGE, AsJson, Device, Model, err, fail, out, print_json
from npc_sdk.cli.sheet_test_report import changes_text, failures_text, results_table, summary
from npc_sdk.errors import NpcError, ReportNotWritten, SheetError, SheetTestError
from npc_sdk.sheet_test import MAX_RUNS
from npc_sdk.sheet_tests.collect import collect
from npc_sdk.sheet_tests.junit import junit_xml
from npc_sdk.sheet_tests.plan import DEFAULT_RUNS, OWN, Case, Sheet
from npc_sdk.sheet_tests.play import play_all
from npc_sdk.sheet_tests.recording import (
    Change,
    Recording,
    changes,
    read_recording,
    record,
    recording_text,
    replayed,
)
from npc_sdk.sheet_tests.results import CaseResult
from npc_sdk.sheets import find_sheets, load_character, shipped_dir, shipped_ids


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What `npc test` has to tell."""

    model: str
    results: list[CaseResult]
    notes: list[str]
    changes: list[Change] | None
    compared: int

    @property
    def ok(self) -> bool:
        return all(result.ok for result in self.results)


def sheet_test(
    sheets: list[str] = typer.Argument(help="Sheets, folders of sheets, or shipped ids such as `mira`."),
    model: str = Model,
    device: str = Device,
    runs: int = typer.Option(
        DEFAULT_RUNS, "--runs", "-n", min=1, max=MAX_RUNS, help="How often each test is played that does not say."
    ),
    suite: list[str] = typer.Option(
        [OWN],
        "--suite",
        help="`sheet` (the sheet's own tests), `facts`, `injection`, `memory`, `modern_world`, `tools`, `all`, "
        "or a suite file; several with commas.",
    ),
    tag: list[str] = typer.Option([], "--tag", help="Only tests with this tag; may be given again."),
    junit: Path | None = typer.Option(None, "--junit", help="Write JUnit XML to this file."),
    record_to: Path | None = typer.Option(None, "--record", help="Write all answers to this file."),
    replay: Path | None = typer.Option(
        None, "--replay", help="Play the lines of this recording again and show which answers changed."
    ),
    seed: int = typer.Option(0, "--seed", min=0, help="Another seed draws other lines."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Show every failed run, not one per test."),
    as_json: bool = AsJson,
) -> None:
    """Play the tests of character sheets and show what failed, as a conversation.

    Exit code 0 if all pass, 1 if one fails, 2 if a sheet or an option is at fault.

    Example: npc test characters/ --runs 10 --suite sheet,injection --junit results.xml
    """
    try:
        for file in filter(None, (junit, record_to)):
            _write(file, None)
        found = [Sheet(path, load_character(path)) for path in find_sheets(map(_located, sheets))]
        old = None if replay is None else read_recording(replay)
        cases, notes = _planned(found, _names(suite, old), tag, runs, seed, old)
        outcome = asyncio.run(_play(cases, notes, model, device, old))
        if junit:
            _write(junit, junit_xml(outcome.results, outcome.model))
        if record_to:
            _write(record_to, recording_text(record(outcome.results, outcome.model)))
    except (SheetError, SheetTestError) as exc:
        fail(exc, as_json=as_json, exit_code=EXIT_USAGE)
    except NpcError as exc:
        fail(exc, as_json=as_json)
    _tell(outcome, seed, verbose=verbose, as_json=as_json)
    if not outcome.ok:
        raise typer.Exit(EXIT_FAILED)


def _located(ref: str) -> Path:
    shipped = ref in shipped_ids() and not Path(ref).exists()
    return shipped_dir() / f"{ref}.yaml" if shipped else Path(ref)


def _names(suites: Sequence[str], old: Recording | None) -> list[str]:
    """The suites asked for; for a replay those of the recording."""
    if old is not None:
        return list(dict.fromkeys(test.suite for test in old.tests))
    return [name.strip() for part in suites for name in part.split(",") if name.strip()]


def _planned(
    sheets: list[Sheet], suites: list[str], tags: list[str], runs: int, seed: int, old: Recording | None
) -> tuple[list[Case], list[str]]:
    if old is None:
        found = collect(sheets, suites, tags=tags, runs=runs, seed=seed)
        return list(found.cases), list(found.notes)
    found = collect(sheets, suites, tags=tags, runs=runs, seed=seed, may_be_empty=True)
    return replayed(old, sheets, found.cases)


async def _play(cases: list[Case], notes: list[str], model: str, device: str, old: Recording | None) -> _Outcome:
    with err.status(f"Loading the model {model} ..."):
        engine: Backend = npc_sdk.open_engine(model, device=device, dtype="portable")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
            task = bar.add_task("conversations", total=sum(len(case.seeds) for case in cases))
            results = await play_all(cases, engine, on_run=lambda case, run: bar.advance(task))
    finally:
        await engine.aclose()
    if old is None:
        return _Outcome(engine.label, results, notes, None, 0)
    if old.model != engine.label:
        notes = [*notes, f"recorded with the model {old.model}, played with {engine.label}"]
    changed, compared = changes(old, results)
    return _Outcome(engine.label, results, notes, changed, compared)


def _tell(outcome: _Outcome, seed: int, *, verbose: bool, as_json: bool) -> None:
    if as_json:
        print_json(_as_dict(outcome, seed))
        return
    out.print(results_table(outcome.results, outcome.model))
    for note in outcome.notes:
        err.print(f"note: {note}", style="dim", markup=False)
    for text in failures_text(outcome.results, verbose=verbose):
        out.print(text)
    if outcome.changes is not None:
        for text in changes_text(outcome.changes, outcome.compared):
            out.print(text)
    out.print(summary(outcome.results))


def _as_dict(outcome: _Outcome, seed: int) -> dict[str, object]:
    passed = sum(result.ok for result in outcome.results)
    told: dict[str, object] = {
        "type": "tests",
        "model": outcome.model,
        "seed": seed,
        "ok": outcome.ok,
        "passed": passed,
        "failed": len(outcome.results) - passed,
        "notes": outcome.notes,
        "tests": [result.as_dict() for result in outcome.results],
    }
    if outcome.changes is not None:
        told |= {"compared": outcome.compared, "changes": [change.as_dict() for change in outcome.changes]}
    return told


def _write(path: Path, text: str | None) -> None:
    """Writes a file; None only tries whether it could be, before minutes of work would be lost."""
    try:
        if text is None:
            path.open("a", encoding="utf-8").close()
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        raise ReportNotWritten(f"{path} cannot be written: {exc.strerror}.") from exc
