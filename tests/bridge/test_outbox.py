from __future__ import annotations

import asyncio
import errno
from typing import Any, cast

import zmq

from npc_bridge.outbox import PeerOutbox
from tests.bridge.support import WAIT_S


class FakeSocket:
    """Takes frames, or refuses them as ZeroMQ does."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.refusal: int | None = None

    def send_multipart(self, frames: list[bytes], *, flags: int) -> asyncio.Future[None]:
        assert flags == zmq.DONTWAIT
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.refusal == errno.EAGAIN:
            done.set_exception(zmq.Again())
        elif self.refusal is not None:
            done.set_exception(zmq.ZMQError(self.refusal))
        else:
            self.taken.append(frames[1])
            done.set_result(None)
        return done


def outbox(socket: FakeSocket, lost: list[str], max_bytes: int = 100) -> PeerOutbox:
    return PeerOutbox(cast("Any", socket), b"peer", max_bytes, lost.append)


async def test_a_full_queue_means_later_and_keeps_the_order() -> None:
    socket, lost = FakeSocket(), []
    box = outbox(socket, lost)
    box.send(b"1")
    socket.refusal = errno.EAGAIN
    box.send(b"2")
    box.send(b"3")
    waiting = asyncio.create_task(box.room())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    socket.refusal = None
    box.send(b"4")
    await asyncio.wait_for(waiting, WAIT_S)
    assert (socket.taken, lost) == ([b"1", b"2", b"3", b"4"], [])


async def test_a_client_that_is_gone_is_told_once() -> None:
    socket, lost = FakeSocket(), []
    box = outbox(socket, lost)
    socket.refusal = errno.EHOSTUNREACH
    box.send(b"1")
    box.send(b"2")
    await box.room()
    assert (socket.taken, lost) == ([], ["is gone"])


async def test_a_client_that_goes_while_frames_wait() -> None:
    socket, lost = FakeSocket(), []
    box = outbox(socket, lost)
    socket.refusal = errno.EAGAIN
    box.send(b"1")
    socket.refusal = errno.EHOSTUNREACH
    await asyncio.wait_for(box.room(), WAIT_S)
    assert lost == ["is gone"]


async def test_what_waits_is_bounded() -> None:
    socket, lost = FakeSocket(), []
    box = outbox(socket, lost, max_bytes=10)
    socket.refusal = errno.EAGAIN
    box.send(b"x" * 6)
    box.send(b"x" * 6)
    assert lost == ["does not read what is sent"]
    await asyncio.wait_for(box.room(), WAIT_S)
