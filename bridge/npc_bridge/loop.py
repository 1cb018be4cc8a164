"""Starting asyncio so that ZeroMQ works on every system."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a program that uses the bridge, as `asyncio.run` does, on a loop that ZeroMQ can wait on.

    Args:
        main: the program.

    Returns:
        what `main` returns.
    """
    # Windows' default proactor loop cannot wait on the sockets that libzmq signals with; the selector loop can.
    factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)
