from __future__ import annotations

import asyncio
import sys

import pytest

from npc_bridge import loop


async def answer() -> tuple[int, type[asyncio.AbstractEventLoop]]:
    await asyncio.sleep(0)
    return 42, type(asyncio.get_running_loop())


def test_runs_and_returns() -> None:
    assert loop.run(answer())[0] == 42


def test_windows_gets_the_selector_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert issubclass(loop.run(answer())[1], asyncio.SelectorEventLoop)
