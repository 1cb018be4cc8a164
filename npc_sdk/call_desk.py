"""The open tool calls of one line: handed to the game one by one, answered, timed out or called off."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from typing import Any

from npc_sdk.errors import ToolCallUnknown, ToolResultInvalid
from npc_sdk.events import Event, Notice, ToolCall
from npc_sdk.tools import MAX_RESULT_TOKENS, Call, result_text

NO_ANSWER = '{"error": "no answer"}'
"""Stands in for a result that did not come."""


class CallDesk:
    """Hands calls over and takes their results.

    Args:
        first_call: number of the first call, within the dialogue.
        count_tokens: of a text.
        remember: is given each call's result, or `NO_ANSWER`, exactly once.
    """

    def __init__(
        self, first_call: int, *, count_tokens: Callable[[str], int], remember: Callable[[str], None]
    ) -> None:
        self._numbers = itertools.count(first_call)
        self._count_tokens = count_tokens
        self._remember = remember
        self._open: dict[str, asyncio.Future[str]] = {}
        self._called_off = False
        self.count = 0

    async def hand_over(self, call: Call, limit_s: float) -> AsyncGenerator[Event, None]:
        """The call as an event, then a wait for its result.

        Args:
            call: a valid one.
            limit_s: longest wait, in seconds.

        Yields:
            the call, and a notice if no result came.
        """
        call_id = f"call-{next(self._numbers)}"
        self.count += 1
        self._open[call_id] = asyncio.get_running_loop().create_future()
        result = NO_ANSWER
        try:
            yield ToolCall(call_id, call.name, call.arguments)
            result = await self._result(call_id, limit_s)
        finally:
            del self._open[call_id]
            self._remember(result)
        if result == NO_ANSWER and not self._called_off:
            yield Notice("tool_result_missing", f"No result for {call_id} came in time.")

    def answer(self, call_id: str, result: Any) -> None:
        """Answers an open call.

        Raises:
            ToolCallUnknown: if it is not open.
            ToolResultInvalid: if the result is not JSON or too long; the call stays open.
        """
        future = self._open.get(call_id)
        if future is None or future.done():
            raise ToolCallUnknown(f"No call {call_id!r} is open; open calls: {', '.join(self._open) or 'none'}.")
        text = result_text(result)
        tokens = self._count_tokens(text)
        if tokens > MAX_RESULT_TOKENS:
            raise ToolResultInvalid(f"The tool result has {tokens} tokens, the limit is {MAX_RESULT_TOKENS}.")
        future.set_result(text)

    def call_off(self) -> None:
        """Open calls go on without their results."""
        self._called_off = True
        for future in self._open.values():
            if not future.done():
                future.set_result(NO_ANSWER)

    async def _result(self, call_id: str, limit_s: float) -> str:
        try:
            async with asyncio.timeout(limit_s):
                return await self._open[call_id]
        except TimeoutError:
            return NO_ANSWER
