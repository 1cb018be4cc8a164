"""A client's session: requests and their answers, lines and their frames, pings, and one reason when it is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from npc_bridge.frames import event_of
from npc_bridge.inbox import Inbox
from npc_bridge.limits import PROTOCOL_MAJOR
from npc_bridge.link import Link
from npc_bridge.messages import CLIENT_MESSAGES, SERVER_MESSAGES, message_type
from npc_sdk.errors import (
    BridgeError,
    BridgeFailed,
    Disconnected,
    NpcError,
    RequestRefused,
    UnknownType,
)

REQUEST_TIMEOUT_S = 60.0
"""Longest wait for the answer to a request that is no line, in seconds."""

SETTLE_TURNS = 8_192
"""Most turns of the loop given to reading what came before the connection was lost."""

log = logging.getLogger("npc_bridge.connection")


class Connection:
    """A session with a server, from hello to bye.

    Args:
        link: a socket that was let in.
        name: what the client is called in the server's log.
        ping_s: pings a server that was silent for so many seconds.
        silence_s: a server that sends nothing for so many seconds is gone.
    """

    def __init__(self, link: Link, *, name: str, ping_s: float, silence_s: float) -> None:
        self.limits: Mapping[str, float] = {}
        self._link = link
        self._name = name
        self._ping_s, self._silence_s = ping_s, silence_s
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._pongs: dict[int, asyncio.Future[None]] = {}
        self._inboxes: dict[str, Inbox] = {}
        self._welcome: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._numbers = 0
        self._heard_s = time.monotonic()
        self._loss: NpcError | None = None
        self._work: list[asyncio.Task[None]] = []

    async def greet(self, timeout_s: float) -> None:
        """Says hello and waits for the welcome.

        Args:
            timeout_s: longest wait, in seconds.

        Raises:
            RequestRefused: if the server wants no session, such as for its version or its limits.
            Disconnected: if no welcome comes within the limit.
        """
        self._work = [
            asyncio.create_task(part) for part in (self._receive(), self._notice_loss(), self._keep_alive())
        ]
        await self._send("hello", v=[PROTOCOL_MAJOR], client=self._name)
        try:
            async with asyncio.timeout(timeout_s):
                self.limits = (await self._welcome)["limits"]
        except TimeoutError as exc:
            raise Disconnected(f"{self._link.endpoint} sent no welcome within {timeout_s:g} s.") from exc

    async def close(self) -> None:
        """Says bye and ends everything that is open; may be called twice."""
        if self._loss is None:
            try:
                await self._send("bye")
            except BridgeError as exc:
                log.debug("no bye was sent: %s", exc)
        self._lose(Disconnected("The client was closed.", hint="Connect anew."))
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._link.close()

    async def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Sends a request that is no line and waits for its answer.

        Args:
            kind: one of REQUESTS, but none of LINES.
            fields: its fields without `rq`.

        Raises:
            RequestRefused: with the server's code.
            Disconnected: if the connection is lost, or no answer comes within REQUEST_TIMEOUT_S.
            ProtocolError: if a field does not fit.
        """
        rq = self._next_rq()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[rq] = answer
        try:
            await self._send(kind, rq=rq, **fields)
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                return await answer
        except TimeoutError as exc:
            raise Disconnected(f"{kind!r} was not answered within {REQUEST_TIMEOUT_S:g} s.") from exc
        finally:
            self._answers.pop(rq, None)
            if not answer.done():
                answer.cancel()

    async def begin(self, kind: str, /, **fields: Any) -> tuple[str, Inbox]:
        """Asks for a line.

        Args:
            kind: one of LINES.
            fields: its fields without `rq`.

        Returns:
            the request's `rq` and what comes for it.

        Raises:
            Disconnected: if the connection is lost.
            ProtocolError: if a field does not fit.
        """
        rq = self._next_rq()
        inbox = self._inboxes[rq] = Inbox()
        try:
            await self._send(kind, rq=rq, **fields)
        except BaseException:
            del self._inboxes[rq]
            raise
        return rq, inbox

    async def grant(self, rq: str, count: int) -> None:
        """Grants a line more credit; one that is over needs none."""
        if rq in self._inboxes and self._loss is None:
            await self._send("credit", rq=rq, n=count)

    async def cancel(self, rq: str) -> None:
        """Asks the server to end a line; one that is over needs no asking."""
        if rq in self._inboxes and self._loss is None:
            await self._send("cancel", rq=rq)

    def forget(self, rq: str) -> None:
        """The line is over and read to its end."""
        self._inboxes.pop(rq, None)

    async def abandon(self, rq: str) -> None:
        """Nobody reads that line any more: if it is not over, it is cancelled, and what still comes is dropped."""
        try:
            await self.cancel(rq)
        except BridgeError as exc:
            log.debug("an abandoned line could not be cancelled: %s", exc)
        self.forget(rq)

    async def ping(self) -> float:
        """Asks whether the server answers.

        Returns:
            seconds until it did.

        Raises:
            Disconnected: if it is gone.
        """
        began_s = time.monotonic()
        number = self._next_number()
        pong = self._pongs[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send("ping", x=number)
            async with asyncio.timeout(self._silence_s):
                await pong
        except TimeoutError as exc:
            raise Disconnected(f"No pong came within {self._silence_s:g} s.") from exc
        finally:
            self._pongs.pop(number, None)
            if not pong.done():
                pong.cancel()
        return time.monotonic() - began_s

    async def _send(self, kind: str, /, **fields: Any) -> None:
        if self._loss is not None:
            self._raise_loss()
        await self._link.send(CLIENT_MESSAGES[kind].write(**fields))

    def _raise_loss(self) -> NoReturn:
        assert self._loss is not None
        raise self._loss

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _next_rq(self) -> str:
        return f"r{self._next_number()}"

    async def _receive(self) -> None:
        try:
            while True:
                message = await self._link.receive()
                self._heard_s = time.monotonic()
                await self._take(message)
                # recv gives what is there without waiting: a long burst must not starve the readers.
                await asyncio.sleep(0)
        except NpcError as exc:
            self._lose(exc)
        except Exception:
            log.exception("the client failed while it received")
            self._lose(BridgeFailed("The client failed while it received; its log tells why."))

    async def _take(self, message: Mapping[str, Any]) -> None:
        try:
            kind = message_type(message, SERVER_MESSAGES)
        except UnknownType as exc:
            log.info("ignored, as a newer server may send it: %s", exc)
            return
        found = kind.read(message)
        match kind.name:
            case "welcome":
                if not self._welcome.done():
                    self._welcome.set_result(found)
            case "opened" | "result":
                self._answer(found["rq"], found)
            case "ping":
                await self._send("pong", x=found["x"])
            case "pong":
                if found["x"] in self._pongs and not self._pongs[found["x"]].done():
                    self._pongs[found["x"]].set_result(None)
            case "bye":
                self._lose(Disconnected(f"The server ended the session: {found['why']}."))
            case "error" if found["rq"] is None:
                self._untied_error(found)
            case _:
                self._line_frame(kind.name, found)

    def _untied_error(self, found: Mapping[str, Any]) -> None:
        if found["fatal"] or not self._welcome.done():
            self._lose(_refusal(found))
        else:
            log.warning("the server refused a message: %s: %s", found["code"], found["message"])

    def _answer(self, rq: str, found: dict[str, Any]) -> None:
        answer = self._answers.get(rq)
        if answer is not None and not answer.done():
            answer.set_result(found)

    def _line_frame(self, name: str, found: Mapping[str, Any]) -> None:
        rq = found["rq"]
        answer = self._answers.get(rq)
        if name == "error" and answer is not None:
            if not answer.done():
                answer.set_exception(_refusal(found))
        elif rq in self._inboxes:
            event = event_of(name, found)
            self._inboxes[rq].put(event, found["n"] if event.terminal else found["seq"])

    async def _notice_loss(self) -> None:
        error = await self._link.lost()
        # What the server sent before it went, such as the ends of the open lines, is here already: read it first.
        for _ in range(SETTLE_TURNS):
            if not self._link.has_mail:
                break
            await asyncio.sleep(0)
        self._link.hang_up()
        self._lose(error)

    async def _keep_alive(self) -> None:
        pinged_s = 0.0
        pause_s = min(self._ping_s, self._silence_s) / 4
        while self._loss is None:
            slept_s = time.monotonic()
            await asyncio.sleep(pause_s)
            now_s = time.monotonic()
            if now_s - slept_s > 2 * pause_s:
                self._heard_s = now_s  # this program stood still, as in a debugger: that is not the server's silence
            silent_s = now_s - self._heard_s
            if silent_s > self._silence_s:
                self._lose(Disconnected(f"The server at {self._link.endpoint} was silent for {silent_s:.1f} s."))
            elif silent_s > self._ping_s and now_s - pinged_s > self._ping_s:
                pinged_s = now_s
                try:
                    await self._send("ping", x=self._next_number())
                except NpcError as exc:
                    self._lose(exc)

    def _lose(self, error: NpcError) -> None:
        """The first reason counts; everything that waits learns it."""
        if self._loss is not None:
            return
        self._loss = error
        futures: list[asyncio.Future[Any]] = [self._welcome, *self._answers.values(), *self._pongs.values()]
        for waiting in futures:
            if not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # nobody may be left to look at it
        for inbox in self._inboxes.values():
            inbox.fail(error)


def _refusal(found: Mapping[str, Any]) -> RequestRefused:
    return RequestRefused(
        code=found["code"], message=found["message"], hint=found["hint"], retryable=found["retryable"]
    )
