"""The server that the bridge sample talks to: `python -m tests.samples.serve TOKEN_FILE`, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from npc_bridge import PlainToken, Server, run
from npc_sdk.errors import NpcError, OutOfMemory
from npc_sdk.sheets import load_character
from npc_sdk.testing import ScriptedBackend

LINES: tuple[str | NpcError, ...] = ("Well met, Ada. Mind the sparks.", OutOfMemory("The device is full."))


async def main(token_file: Path) -> None:
    """Tells its endpoint on the first line."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    security = PlainToken(token_file)
    async with Server({"mira": load_character("mira")}, ScriptedBackend(LINES), security=security) as server:
        print(server.endpoint, flush=True)  # noqa: T201
        await server.run(stop)


if __name__ == "__main__":
    run(main(Path(sys.argv[1])))
