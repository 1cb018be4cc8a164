"""npc_sdk: a roleplay SDK for game NPCs. A YAML sheet in, a streamed line out, on the player's own machine.

Importing the package loads no torch, no transformers and no zmq; each name loads what it needs when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npc_sdk.backend import Backend, Priority, Sampling
    from npc_sdk.blocking import BlockingDialogue
    from npc_sdk.character import Character
    from npc_sdk.dialogue import Dialogue, Respond
    from npc_sdk.engine.engine import Engine
    from npc_sdk.engine.limits import EngineLimits
    from npc_sdk.engine.load import open_codec, open_engine
    from npc_sdk.errors import NpcError
    from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence, ToolCall
    from npc_sdk.sheets import load_character, load_folder, shipped_ids

_HOMES = {
    "Backend": "npc_sdk.backend",
    "BlockingDialogue": "npc_sdk.blocking",
    "Character": "npc_sdk.character",
    "Delta": "npc_sdk.events",
    "Dialogue": "npc_sdk.dialogue",
    "End": "npc_sdk.events",
    "EndReason": "npc_sdk.events",
    "Engine": "npc_sdk.engine.engine",
    "EngineLimits": "npc_sdk.engine.limits",
    "Event": "npc_sdk.events",
    "Failed": "npc_sdk.events",
    "Notice": "npc_sdk.events",
    "NpcError": "npc_sdk.errors",
    "Priority": "npc_sdk.backend",
    "Respond": "npc_sdk.dialogue",
    "Sampling": "npc_sdk.backend",
    "Sentence": "npc_sdk.events",
    "ToolCall": "npc_sdk.events",
    "load_character": "npc_sdk.sheets",
    "load_folder": "npc_sdk.sheets",
    "open_codec": "npc_sdk.engine.load",
    "open_engine": "npc_sdk.engine.load",
    "shipped_ids": "npc_sdk.sheets",
}

__all__ = [
    "Backend",
    "BlockingDialogue",
    "Character",
    "Delta",
    "Dialogue",
    "End",
    "EndReason",
    "Engine",
    "EngineLimits",
    "Event",
    "Failed",
    "Notice",
    "NpcError",
    "Priority",
    "Respond",
    "Sampling",
    "Sentence",
    "ToolCall",
    "load_character",
    "load_folder",
    "open_codec",
    "open_engine",
    "shipped_ids",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'npc_sdk' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
