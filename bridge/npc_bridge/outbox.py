"""What is on its way to one client: handed to ZeroMQ at once, or kept until its queue has room."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

import zmq
import zmq.asyncio

RETRY_S = 0.01
"""Seconds between attempts while a client's queue in ZeroMQ is full."""


class Outbox(Protocol):
    """Where lines and sessions put their frames."""

    def send(self, frame: bytes) -> None:
        """Sends a frame after all frames before it; never waits."""
        ...

    async def room(self) -> None:
        """Returns when nothing waits to be sent."""
        ...


class PeerOutbox:
    """The outbox of one connection. Sending never blocks: a hung client must not hold up the others.

    Args:
        socket: the ROUTER.
        routing_id: the connection.
        max_bytes: most bytes kept while ZeroMQ's own queue is full.
        on_lost: called once, with the reason, when the client is gone or does not read.
    """

    def __init__(
        self, socket: zmq.asyncio.Socket, routing_id: bytes, max_bytes: int, on_lost: Callable[[str], None]
    ) -> None:
        self._socket = socket
        self._routing_id = routing_id
        self._max_bytes = max_bytes
        self._on_lost = on_lost
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._retry: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self._closed = False

    def send(self, frame: bytes) -> None:
        """Sends a frame after all frames before it; a client that is gone gets nothing more."""
        if self._closed or (not self._waiting and self._try(frame)):
            return
        if self._waiting_bytes + len(frame) > self._max_bytes:
            self._lose("does not read what is sent")
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._empty.clear()
        if self._retry is None:
            self._retry = asyncio.create_task(self._drain())

    async def room(self) -> None:
        """Returns when nothing waits to be sent."""
        await self._empty.wait()

    def close(self) -> None:
        """Drops what waits."""
        self._closed = True
        self._waiting.clear()
        self._empty.set()
        if self._retry is not None:
            self._retry.cancel()

    async def _drain(self) -> None:
        while self._waiting and not self._closed:
            if self._try(self._waiting[0]):
                if self._waiting:
                    self._waiting_bytes -= len(self._waiting.popleft())
            else:
                await asyncio.sleep(RETRY_S)
        self._retry = None
        self._empty.set()

    def _try(self, frame: bytes) -> bool:
        """Whether the frame is dealt with: taken by ZeroMQ, or nobody is there to take it."""
        sent = self._socket.send_multipart([self._routing_id, frame], flags=zmq.DONTWAIT)
        try:
            # With DONTWAIT the future is done when it is returned; nothing is waited for here.
            cast("asyncio.Future[object]", sent).result()
        except zmq.Again:
            return False
        except zmq.ZMQError as exc:
            if exc.errno != errno.EHOSTUNREACH:
                raise
            self._lose("is gone")
        return True

    def _lose(self, reason: str) -> None:
        if not self._closed:
            self.close()
            self._on_lost(reason)
