"""Programs that the process tests start: `python -m tests.bridge.processes serve|talk ...`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from npc_bridge.auth import PlainToken
from npc_bridge.client import BridgeClient, RemoteDialogue
from npc_bridge.limits import Limits
from npc_bridge.loop import run
from npc_bridge.server import Server
from npc_sdk.events import Delta
from tests.bridge.support import LONG, MIRA, CountingBackend


def say(**found: object) -> None:
    """One line of JSON for the test."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


async def serve(token_file: str) -> None:
    """Serves slow lines until SIGTERM; tells its endpoint, and every change of its open streams."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    backend = CountingBackend([LONG] * 100, pause_s=0.01)
    wordy = MIRA.model_copy(update={"generation": MIRA.generation.model_copy(update={"max_tokens": 400})})
    limits = Limits(ping_s=0.2)
    async with Server({"mira": wordy}, backend, security=PlainToken(Path(token_file)), limits=limits) as server:
        say(endpoint=server.endpoint)
        watch = asyncio.create_task(report(server, backend))
        await server.run(stop)
        watch.cancel()
    say(stopped=True)


async def report(server: Server, backend: CountingBackend) -> None:
    """Tells how many sessions and streams are open, and how many were cancelled, when it changes."""
    last: tuple[int, int, int] | None = None
    while True:
        now = (server.session_count, backend.open_streams, len(backend.cancels))
        if now != last:
            say(sessions=now[0], streams=now[1], cancels=now[2])
            last = now
        await asyncio.sleep(0.01)


async def talk(endpoint: str, token_file: str, count: str) -> None:
    """Has so many dialogues speak at once; tells each first delta and each terminal event."""
    async with BridgeClient.connect(endpoint, token_file=Path(token_file), silence_s=3.0) as client:
        dialogues = [await client.open("mira") for _ in range(int(count))]
        await asyncio.gather(*(listen(number, dialogue) for number, dialogue in enumerate(dialogues)))


async def listen(number: int, dialogue: RemoteDialogue) -> None:
    """Reads one line."""
    texts = []
    async for event in dialogue.say("Hello."):
        if isinstance(event, Delta):
            texts.append(event.text)
            if len(texts) == 1:
                say(began=number)
        elif event.terminal:
            say(number=number, deltas=len(texts), joined="".join(texts), **event.as_dict())


if __name__ == "__main__":
    run({"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:]))
