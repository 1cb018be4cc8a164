"""A live conversation in the terminal."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from rich.table import Table

from npc_sdk.backend import Backend
from npc_sdk.budget import count_parts
from npc_sdk.cli.game import answered
from npc_sdk.cli.output import err, out
from npc_sdk.cli.terminal import Terminal
from npc_sdk.dialogue import Dialogue
from npc_sdk.events import End, Event

HELP = """/prompt      the exact text that the model reads
/why         what the last line was made from: tokens, lore, times
/save FILE   the dialogue as JSON
/quit        leave (Ctrl-D too); Ctrl-C stops a line"""


class Conversation:
    """Reads lines from the player, streams the NPC's.

    Args:
        dialogue: with whom.
        backend: its backend, for /why.
        runner: runs the coroutines; Ctrl-C reaches the line that it runs.
    """

    def __init__(self, dialogue: Dialogue, backend: Backend, runner: asyncio.Runner) -> None:
        self._dialogue = dialogue
        self._backend = backend
        self._runner = runner
        self._terminal = Terminal()
        self._last: End | None = None
        self._commands = {"/prompt": self._prompt, "/why": self._why, "/save": self._save, "/help": self._help}

    def run(self) -> None:
        """Talks until /quit or the end of input."""
        name = self._dialogue.character.name
        err.print(f"You talk with {name} ({self._backend.label}). /help lists commands.", style="dim", markup=False)
        self._hear(self._dialogue.greet())
        while (text := self._read()) is not None:
            word, _, rest = text.partition(" ")
            if word == "/quit":
                break
            if word.startswith("/"):
                self._command(word, rest.strip())
            elif text:
                self._hear(self._dialogue.say(text))

    def _read(self) -> str | None:
        """What the player typed; None at the end of input."""
        try:
            return out.input("[bold]> [/bold]").strip()
        except EOFError:
            out.print()
            return None
        except KeyboardInterrupt:
            err.print("\n/quit or Ctrl-D leaves.", style="dim", markup=False)
            return ""

    def _command(self, word: str, rest: str) -> None:
        action = self._commands.get(word)
        if action is not None:
            action(rest)
            return
        near = difflib.get_close_matches(word, [*self._commands, "/quit"], n=1)
        meant = f" Did you mean {near[0]}?" if near else " /help lists the commands."
        err.print(f"There is no command {word}.{meant}", style="red", markup=False)

    def _hear(self, events: AsyncGenerator[Event, None]) -> None:
        out.print(f"{self._dialogue.character.name}: ", style="bold yellow", end="", markup=False)
        self._runner.run(self._stream(events))

    async def _stream(self, events: AsyncGenerator[Event, None]) -> None:
        """Shows a line to its end. Ctrl-C cancels this task: that stops the line, not the program."""
        showing = asyncio.create_task(self._show(events))
        while not showing.done():
            try:
                await asyncio.shield(showing)
            except asyncio.CancelledError:
                self._dialogue.cancel()

    async def _show(self, events: AsyncGenerator[Event, None]) -> None:
        async with aclosing(answered(self._dialogue, events)) as heard:
            async for event in heard:
                self._terminal.show(event)
                if isinstance(event, End):
                    self._last = event

    def _help(self, _: str) -> None:
        out.print(HELP, markup=False)

    def _prompt(self, _: str) -> None:
        out.print(self._backend.codec.render(self._dialogue.prompt), markup=False)

    def _why(self, _: str) -> None:
        parts = count_parts(self._dialogue.prompt, self._backend.codec)
        table = Table(show_header=False, box=None)
        table.add_row("model", self._backend.label)
        table.add_row(
            "prompt",
            f"{parts.total} tokens: sheet {parts.system}, tools {parts.tools}, lore {parts.contexts}, "
            f"turns {parts.messages}",
        )
        table.add_row("window", f"{self._backend.window_tokens} tokens")
        table.add_row("lore", ", ".join(self._dialogue.lore) or "none")
        table.add_row("state", ", ".join(f"{key}: {value}" for key, value in self._dialogue.state.items()) or "none")
        if self._last is not None:
            used, times = self._last.usage, self._last.timings
            table.add_row("last line", f"{used.completion_tokens} tokens in {used.rounds} round(s)")
            table.add_row("kept", f"{used.reused_tokens} of {used.prompt_tokens} prompt tokens were not read again")
            table.add_row("first token", f"{times.first_token_ms:.0f} ms ({times.queue_ms:.0f} ms of it queued)")
            table.add_row("decode", f"{times.decode_ms:.0f} ms")
        out.print(table)

    def _save(self, where: str) -> None:
        if not where:
            err.print("Give a file: /save mira.json", style="red", markup=False)
            return
        try:
            Path(where).write_text(json.dumps(self._dialogue.save(), ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as exc:
            err.print(f"{where} was not written: {exc.strerror}.", style="red", markup=False)
            return
        out.print(f"Saved to {where}.", style="dim", markup=False)
