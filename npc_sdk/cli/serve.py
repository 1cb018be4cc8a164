"""`npc serve`: NPCs for a game, over ZeroMQ."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.logging import RichHandler

import npc_bridge
import npc_sdk
from npc_sdk.backend import Backend
from npc_sdk.character import Character
from npc_sdk.cli.output import AsJson, Device, Model, coded, err, out, print_json
from npc_sdk.sheets import load_folder, shipped_dir


@coded
def serve(
    bind: str = typer.Option("tcp://127.0.0.1:0", "--bind", help="Endpoint; port 0 takes a free one."),
    characters: Path | None = typer.Option(
        None, "--characters", help="Folder of sheets; the shipped ones if left out."
    ),
    curve: Path | None = typer.Option(
        None, "--curve", help="Key folder made by `npc keys`; needed off this machine."
    ),
    model: str = Model,
    device: str = Device,
    as_json: bool = AsJson,
) -> None:
    """Serve characters to games until SIGTERM or Ctrl-C; open lines get their terminal event first.

    Prints the endpoint and the token file once it is ready.

    Example: npc serve --bind tcp://127.0.0.1:5555 --characters my_game/characters
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=err)])
    sheets = load_folder(shipped_dir() if characters is None else characters)
    with err.status(f"Loading the model {model} ..."):
        engine = npc_sdk.open_engine(model, device=device)
    npc_bridge.run(_serve(sheets, engine, bind, curve, as_json))


async def _serve(
    sheets: Mapping[str, Character], backend: Backend, bind: str, curve: Path | None, as_json: bool
) -> None:
    stop = asyncio.Event()
    _on_signals(stop)
    security = None if curve is None else npc_bridge.CurveServer(curve)
    try:
        async with npc_bridge.Server(sheets, backend, bind=bind, security=security) as server:
            _tell_ready(server, sheets, backend, as_json)
            await server.run(stop)
    finally:
        await backend.aclose()


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows' loops have no add_signal_handler; a plain handler wakes the loop from the main thread instead.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _tell_ready(server: npc_bridge.Server, sheets: Mapping[str, Character], backend: Backend, as_json: bool) -> None:
    token_file = None if server.token_file is None else str(server.token_file)
    if as_json:
        ready = {"type": "ready", "endpoint": server.endpoint, "token_file": token_file, "model": backend.label}
        print_json({**ready, "characters": sorted(sheets)})
        return
    out.print(f"endpoint    {server.endpoint}", markup=False)
    if token_file is not None:
        out.print(f"token file  {token_file}", markup=False)
    out.print(f"model       {backend.label}", markup=False)
    out.print(f"characters  {', '.join(sorted(sheets))}", markup=False)
