"""How `npc test` shows results to people: a table, transcripts of what failed, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from npc_sdk.sheet_tests.plan import OWN
from npc_sdk.sheet_tests.recording import Change, word_diff
from npc_sdk.sheet_tests.results import CaseResult, Run
from npc_sdk.sheet_tests.transcript import headline, transcript

_STYLES = {"player": "", "npc": "yellow", "game": "cyan", "fault": "red"}
_DIFF_STYLES = {"=": "", "-": "red strike", "+": "green"}


def results_table(results: Sequence[CaseResult], model: str) -> Table:
    """One row per test: sheet, test, runs passed, threshold, time."""
    table = Table(box=None, pad_edge=False, caption=f"model {model}", caption_justify="left")
    table.add_column("sheet", no_wrap=True)
    table.add_column("test", overflow="fold")
    for head in ("passed", "needed", "time"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("")
    last = None
    for result in results:
        case = result.case
        sheet = Text("" if case.sheet.path == last else case.sheet.path.stem)
        last = case.sheet.path
        name = Text(case.test.name if case.suite == OWN else f"{case.suite}: {case.test.name}")
        verdict = Text("ok", "green") if result.ok else Text("failed", "bold red")
        passed = f"{result.passed}/{len(result.runs)}"
        table.add_row(sheet, name, passed, f"{case.threshold:.0%}", f"{result.time_s:.1f} s", verdict)
    return table


def failures_text(results: Sequence[CaseResult], *, verbose: bool) -> Iterator[Text]:
    """A transcript for each test that failed; with `verbose` for each run that failed."""
    for result in results:
        bad = result.failed_runs
        if not bad or (result.ok and not verbose):
            continue
        yield Text(f"\n{headline(result)}", "bold")
        for run in bad if verbose else bad[:1]:
            yield _transcript(result, run)
        if len(bad) > 1 and not verbose:
            yield Text(f"  {len(bad) - 1} more failed; --verbose shows them", "dim")


def changes_text(changes: Sequence[Change], compared: int) -> Iterator[Text]:
    """What changed in the answers: removed words in red, new ones in green."""
    for change in changes:
        of = change.case
        text = Text(f"\n{of.sheet.path.name}, {of.test.name} (seed {change.seed})\n", "bold")
        text.append(f"  {change.text}\n", "not bold")
        for kind, words in word_diff(change.before, change.after):
            marked = words if kind == "=" else f"[{kind}{words}{kind}]"
            text.append(
                f"  {marked}" if text.plain.endswith("\n") else f" {marked}", f"not bold {_DIFF_STYLES[kind]}"
            )
        yield text
    yield Text(f"\n{len(changes)} of {compared} answers changed", "bold")


def summary(results: Sequence[CaseResult]) -> Text:
    """The last line: how many tests passed."""
    passed = sum(result.ok for result in results)
    failed = len(results) - passed
    told = f"\n{passed} passed" + (f", {failed} failed" if failed else "")
    return Text(told, "bold red" if failed else "bold green")


def _transcript(result: CaseResult, run: Run) -> Text:
    text = Text(f"  seed {run.seed}\n", "dim")
    lines = [Text(f"  {line.text}", f"not dim {_STYLES[line.kind]}") for line in transcript(result.case, run)]
    return text + Text("\n").join(lines)
