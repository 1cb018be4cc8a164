"""How many frames of a line may be under way: the reader grants, the line takes."""

from __future__ import annotations

import asyncio

from npc_bridge.limits import MAX_CREDIT
from npc_sdk.errors import CreditOverflow, SlowReader


class Credit:
    """The credit of one line.

    Args:
        count: frames granted with the request, 0 to MAX_CREDIT.
        slow_s: longest wait for more, in seconds.
    """

    def __init__(self, count: int, slow_s: float) -> None:
        self._left = count
        self._slow_s = slow_s
        self._lifted = False
        self._open = asyncio.Event()

    async def take(self) -> None:
        """Takes one, waiting for it if there is none.

        Raises:
            SlowReader: if none was granted in time.
        """
        if self._left == 0 and not self._lifted:
            self._open.clear()
            try:
                async with asyncio.timeout(self._slow_s):
                    await self._open.wait()
            except TimeoutError as exc:
                raise SlowReader(f"The line waited {self._slow_s:g} s for credit.") from exc
        if not self._lifted:
            self._left -= 1

    def grant(self, count: int) -> None:
        """Adds credit.

        Raises:
            CreditOverflow: if there would be more than MAX_CREDIT; the credit is then exactly that.
        """
        wanted = self._left + count
        self._left = min(wanted, MAX_CREDIT)
        self._open.set()
        if wanted > MAX_CREDIT:
            raise CreditOverflow(f"The line would have {wanted} credits, the limit is {MAX_CREDIT}.")

    def lift(self) -> None:
        """From now on `take` never waits: the line is ending."""
        self._lifted = True
        self._open.set()
