"""How items of a stream get from the engine's thread to the asyncio loop that asked for them."""

from __future__ import annotations

import asyncio

from npc_sdk.backend import Finished, Piece
from npc_sdk.errors import NpcError


class Outbox:
    """The items of one stream, in order. Made in the loop that reads it.

    It holds at most one item per token of its request and one terminal, so it is bounded by `max_tokens`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[Piece | Finished | NpcError] = asyncio.Queue()

    def put(self, item: Piece | Finished | NpcError) -> bool:
        """Hands an item over, from any thread; False when the reader's loop is closed and nobody will read it."""
        try:
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)
        except RuntimeError:
            # asyncio has no other way to say that a loop is closed, and asking before would be a race.
            return False
        return True

    async def get(self) -> Piece | Finished | NpcError:
        """The next item."""
        return await self._items.get()
