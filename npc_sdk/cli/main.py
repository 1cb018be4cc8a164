"""The `npc` command: chat, serve, check, test, prompt, keys, pull."""

from __future__ import annotations

import os
import sys

import typer

from npc_sdk.cli.chat import chat
from npc_sdk.cli.check import check
from npc_sdk.cli.keys import keys
from npc_sdk.cli.prompt import prompt
from npc_sdk.cli.pull import pull
from npc_sdk.cli.serve import serve
from npc_sdk.cli.sheet_test import sheet_test

app = typer.Typer(
    name="npc",
    help="Game NPCs that talk, from a YAML sheet, on this machine. Try: npc chat mira",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(chat)
app.command()(serve)
app.command()(check)
app.command("test")(sheet_test)
app.command()(prompt)
app.command()(pull)
app.add_typer(keys, name="keys")


def main() -> None:
    """Entry point of the `npc` script."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows pipe is not UTF-8 by default, and NPCs speak in dashes and quotes.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except BrokenPipeError:
        # The reader went away (`| head`); stdout is closed for good, so that Python does not flush into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
