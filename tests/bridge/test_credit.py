from __future__ import annotations

import asyncio

import pytest

from npc_bridge.credit import Credit
from npc_sdk.errors import CreditOverflow, SlowReader
from tests.bridge.support import WAIT_S


async def test_takes_what_was_given_and_then_waits() -> None:
    credit = Credit(2, slow_s=WAIT_S)
    await credit.take()
    await credit.take()
    third = asyncio.create_task(credit.take())
    await asyncio.sleep(0.05)
    assert not third.done()
    credit.grant(1)
    await asyncio.wait_for(third, WAIT_S)


async def test_waiting_too_long_is_an_error() -> None:
    with pytest.raises(SlowReader, match=r"waited 0\.05 s"):
        await Credit(0, slow_s=0.05).take()


async def test_lifting_frees_a_waiter_for_good() -> None:
    credit = Credit(0, slow_s=WAIT_S)
    waiter = asyncio.create_task(credit.take())
    await asyncio.sleep(0.01)
    credit.lift()
    await asyncio.wait_for(waiter, WAIT_S)
    for _ in range(1_000):
        await credit.take()


async def test_too_much_is_refused_and_the_limit_stays() -> None:
    credit = Credit(200, slow_s=0.05)
    with pytest.raises(CreditOverflow, match="301 credits"):
        credit.grant(101)
    for _ in range(256):
        await credit.take()
    with pytest.raises(SlowReader):
        await credit.take()
