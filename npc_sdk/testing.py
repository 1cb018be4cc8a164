"""A backend that speaks what a test tells it: for game teams that test quests, and for our own tests.

backend = ScriptedBackend(["Well met.", '<toolcall> {"name": "open_shop", "arguments": {}} </toolcall>'])
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable

from npc_sdk import chat_format
from npc_sdk.backend import Finished, Piece, Prompt, Request
from npc_sdk.errors import EngineClosed, NpcError
from npc_sdk.events import EndReason, Timings, Usage


class CharacterCodec:
    """The Nemotron format with one id per character: exact, tiny, and needs no model."""

    stops = (chat_format.TURN_START,)

    def render(self, prompt: Prompt) -> str:
        """The exact prompt text."""
        return chat_format.render(prompt)

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """One id per character of the prompt text."""
        return tuple(map(ord, self.render(prompt)))

    def count(self, text: str) -> int:
        """The number of characters."""
        return len(text)


class ScriptedBackend:
    """Answers each request with the next line of a script and keeps the requests for inspection.

    Args:
        lines: what to say, in order; an NpcError is raised in place of a line. When the script is used up,
            the request fails with an assertion that shows how many lines there were.
        window_tokens: the window, in characters.
        piece_chars: how many characters a piece has.
        pause_s: seconds between pieces, so that a test can cancel in the middle.
    """

    label = "scripted"

    def __init__(
        self,
        lines: Iterable[str | NpcError],
        *,
        window_tokens: int = 16_384,
        piece_chars: int = 4,
        pause_s: float = 0.0,
    ) -> None:
        self.codec = CharacterCodec()
        self.window_tokens = window_tokens
        self.requests: list[Request] = []
        self._lines = deque(lines)
        self._piece_chars = piece_chars
        self._pause_s = pause_s
        self._cancelled: set[str] = set()
        self._closed = False

    async def stream(self, request: Request) -> AsyncGenerator[Piece | Finished, None]:
        """The next scripted line in pieces, then `Finished`."""
        if self._closed:
            raise EngineClosed("The scripted backend was asked for a line after aclose().")
        self.requests.append(request)
        if not self._lines:
            raise AssertionError(f"the script has only {len(self.requests) - 1} lines")
        line = self._lines.popleft()
        if isinstance(line, NpcError):
            raise line
        deadline = None if request.deadline_s is None else asyncio.get_running_loop().time() + request.deadline_s
        said = ""
        reason = EndReason.DONE
        for start in range(0, len(line), self._piece_chars):
            await asyncio.sleep(self._pause_s)
            if request.request_id in self._cancelled:
                reason = EndReason.CANCELLED
            elif deadline is not None and asyncio.get_running_loop().time() > deadline:
                reason = EndReason.DEADLINE
            elif len(said) >= request.max_tokens:
                reason = EndReason.LENGTH
            if reason is not EndReason.DONE:
                break
            piece = line[start : start + self._piece_chars]
            said += piece
            yield Piece(piece)
        self._cancelled.discard(request.request_id)
        usage = Usage(prompt_tokens=len(request.prompt_ids), completion_tokens=len(said), rounds=1)
        yield Finished(reason=reason, ids=tuple(map(ord, said.rstrip())), usage=usage, timings=Timings())

    def cancel(self, request_id: str) -> None:
        """Ends the request's stream at its next piece."""
        self._cancelled.add(request_id)

    async def aclose(self) -> None:
        """Refuses all further requests."""
        self._closed = True
