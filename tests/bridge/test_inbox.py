from __future__ import annotations

import pytest

from npc_bridge.inbox import MAX_WAITING, Inbox
from npc_sdk.errors import Disconnected, ProtocolError
from npc_sdk.events import Delta, End, EndReason, Failed


def end(deltas: int) -> End:
    return End(reason=EndReason.DONE, text="", delta_count=deltas)


async def test_gives_frames_in_order() -> None:
    inbox = Inbox()
    inbox.put(Delta("a"), 0)
    inbox.put(end(1), 1)
    assert [await inbox.get(), await inbox.get()] == [Delta("a"), end(1)]


@pytest.mark.parametrize("number", [1, 7])
def test_a_gap_is_noticed(number: int) -> None:
    with pytest.raises(ProtocolError, match=f"frame {number} came where 0 was due"):
        Inbox().put(Delta("a"), number)


def test_a_frame_that_comes_twice_is_noticed() -> None:
    inbox = Inbox()
    inbox.put(Delta("a"), 0)
    with pytest.raises(ProtocolError):
        inbox.put(Delta("a"), 0)


def test_missing_deltas_are_noticed_at_the_end() -> None:
    with pytest.raises(ProtocolError, match="ends with 3 deltas, 0 came"):
        Inbox().put(end(3), 0)


async def test_failing_ends_it_once() -> None:
    inbox = Inbox()
    inbox.put(Delta("a"), 0)
    inbox.fail(Disconnected("gone"))
    inbox.fail(Disconnected("gone again"))
    inbox.put(end(1), 1)
    await inbox.get()
    last = await inbox.get()
    assert isinstance(last, Failed)
    assert (last.code, last.delta_count, last.message) == ("disconnected", 1, "gone")
    assert not inbox._waiting


def test_a_server_cannot_fill_the_memory() -> None:
    inbox = Inbox()
    for number in range(MAX_WAITING):
        inbox.put(Delta("a"), number)
    with pytest.raises(ProtocolError, match="more than were granted"):
        inbox.put(Delta("a"), MAX_WAITING)
