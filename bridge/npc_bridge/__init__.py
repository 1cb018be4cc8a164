"""npc_bridge: NPC lines over ZeroMQ, as bridge/PROTOCOL.md has it.

Importing the package loads nothing; ZeroMQ, msgpack and the dialogues load with the first name that is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npc_bridge.auth import CurveClient, CurveServer, PlainToken
    from npc_bridge.client import BridgeClient, Info, RemoteDialogue, ServedCharacter
    from npc_bridge.limits import PROTOCOL_VERSION, Limits
    from npc_bridge.loop import run
    from npc_bridge.server import Server

__all__ = [
    "PROTOCOL_VERSION",
    "BridgeClient",
    "CurveClient",
    "CurveServer",
    "Info",
    "Limits",
    "PlainToken",
    "RemoteDialogue",
    "ServedCharacter",
    "Server",
    "run",
]

_HOMES = {
    "PROTOCOL_VERSION": "npc_bridge.limits",
    "BridgeClient": "npc_bridge.client",
    "CurveClient": "npc_bridge.auth",
    "CurveServer": "npc_bridge.auth",
    "Info": "npc_bridge.client",
    "Limits": "npc_bridge.limits",
    "PlainToken": "npc_bridge.auth",
    "RemoteDialogue": "npc_bridge.client",
    "ServedCharacter": "npc_bridge.client",
    "Server": "npc_bridge.server",
    "run": "npc_bridge.loop",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'npc_bridge' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
