"""How commands speak: people read stderr and stdout, machines read one JSON object a line."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console

from npc_sdk.errors import InputError, NpcError, SheetError, UnknownCharacter, UnknownModel

P = ParamSpec("P")
R = TypeVar("R")

EXIT_FAILED = 1
EXIT_USAGE = 2

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = typer.Option(False, "--json", help="Print one JSON object a line, for machines.")
Model = typer.Option("demo", "--model", "-m", help="`demo`, `nemotron-mini`, or the folder of a model.")
Device = typer.Option("auto", "--device", help="`auto`, `cpu`, `cuda`, `cuda:1` or `mps`.")


def print_json(data: Mapping[str, Any]) -> None:
    """One object on one line of stdout, at once."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def coded(command: Callable[P, R]) -> Callable[P, R]:
    """The command, with every NpcError told in one place and turned into an exit code."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except NpcError as exc:
            fail(exc, as_json=bool(kwargs.get("as_json")))

    return told


def fail(exc: NpcError, *, as_json: bool, exit_code: int | None = None) -> NoReturn:
    """Tells the error and ends the program: with that code, or 2 if it was asked wrongly and 1 otherwise."""
    if as_json:
        print_json({"type": "error", **exc.as_dict()})
    tell(exc)
    wrong = isinstance(exc, UnknownCharacter | UnknownModel | InputError)
    raise typer.Exit(exit_code or (EXIT_USAGE if wrong else EXIT_FAILED))


def tell(exc: NpcError) -> None:
    """The error for people: what happened, then what to do; on one line if it fits one."""
    gap = "\n" if isinstance(exc, SheetError) and exc.faults else " "
    err.print(f"npc: {exc.message}{gap}{exc.hint}", style="red", markup=False)
