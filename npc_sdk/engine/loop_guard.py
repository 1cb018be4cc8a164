"""Lines that repeat themselves without end, found on their tokens."""

from __future__ import annotations

LOOP_TOKENS = 40
"""Longest run of tokens whose repetition is looked for."""

MAX_REPEATS = ((3, 8), (9, 4), (LOOP_TOKENS, 3))
"""How often a run may stand in a row: up to 3 tokens 8 times ("ha ha ha ..."), up to 9 tokens 4 times, longer ones,
which are whole sentences, 3 times."""

_MOST_TOKENS = [0] + [
    length * next(repeats for longest, repeats in MAX_REPEATS if length <= longest)
    for length in range(1, LOOP_TOKENS + 1)
]


class LoopGuard:
    """The tokens of one line. Costs a few microseconds a token, however long the line is."""

    def __init__(self) -> None:
        self._last: list[int] = []
        self._equal = [0] * (LOOP_TOKENS + 1)  # by distance: how many of the last tokens equal those so far before

    def note(self, token: int) -> None:
        """Adds a token."""
        last = self._last
        for distance in range(1, min(len(last), LOOP_TOKENS) + 1):
            self._equal[distance] = self._equal[distance] + 1 if last[-distance] == token else 0
        last.append(token)
        if len(last) > LOOP_TOKENS:
            del last[0]

    def would_loop(self, token: int) -> bool:
        """Whether a run would stand once more than it may, if `token` came next."""
        last = self._last
        return any(
            last[-distance] == token and self._equal[distance] + 1 + distance > _MOST_TOKENS[distance]
            for distance in range(1, min(len(last), LOOP_TOKENS) + 1)
        )
