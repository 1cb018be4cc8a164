"""The turns of a dialogue, and how they are cut to fit the window.

Turns go whole and oldest first, by exchange: what the player did and all that the NPC said and called for it, so a
call never parts from its result. A cut goes down to a low-water mark, so that the next cut is many turns away
and the kept keys and values stay valid until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from npc_sdk.backend import Message, Role
from npc_sdk.errors import WindowExceeded

LOW_WATER_SHARE = 0.5
"""A cut leaves at most this share of the room that history has."""


class TurnKind(StrEnum):
    """What an item of history is."""

    PLAYER = "player"
    EVENT = "event"
    STATE = "state"
    LINE = "line"
    CALL = "call"
    RESULT = "result"


_ROLES = {
    TurnKind.PLAYER: Role.USER,
    TurnKind.EVENT: Role.USER,
    TurnKind.STATE: Role.USER,
    TurnKind.LINE: Role.ASSISTANT,
    TurnKind.CALL: Role.ASSISTANT,
    TurnKind.RESULT: Role.TOOL,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One item of history.

    Args:
        kind: what it is.
        text: as the prompt shows it, neutralised.
        ids: for LINE and CALL, the ids that the model generated; None to encode `text`.
        state: for STATE, what it told.
    """

    kind: TurnKind
    text: str
    ids: tuple[int, ...] | None = None
    state: Mapping[str, str] = field(default_factory=dict)

    @property
    def role(self) -> Role:
        """Who the turn is from, in the chat template's words."""
        return _ROLES[self.kind]


class History:
    """The turns that the NPC still remembers, oldest first."""

    def __init__(self, turns: Sequence[Turn] = ()) -> None:
        self._turns = list(turns)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, oldest first."""
        return tuple(self._turns)

    def add(self, *turns: Turn) -> None:
        """Appends turns."""
        self._turns.extend(turns)

    def truncate(self, length: int) -> None:
        """Takes back the newest turns until `length` are left."""
        del self._turns[length:]

    def insert_before_newest(self, newest: int, turn: Turn) -> None:
        """Puts `turn` before the newest `newest` turns."""
        self._turns.insert(len(self._turns) - newest, turn)

    def forget(self, turns: Sequence[Turn]) -> None:
        """Takes out these very turns, wherever they stand."""
        gone = {id(turn) for turn in turns}
        self._turns = [turn for turn in self._turns if id(turn) not in gone]

    def told_state(self) -> dict[str, str]:
        """The state as the remaining turns tell it; a thing that is over is told as an empty text."""
        told: dict[str, str] = {}
        for turn in self._turns:
            told.update(turn.state)
        return told

    def messages(self) -> tuple[Message, ...]:
        """The turns as messages; neighbouring turns of the player's side are one message, as in training."""
        return tuple(_merge(run) for run in _runs(self._turns))

    def exchanges(self) -> list[list[Turn]]:
        """The turns in units that go together: each turn of the player's side with the NPC's turns behind it."""
        groups: list[list[Turn]] = []
        for turn in self._turns:
            if turn.role is Role.USER or not groups:
                groups.append([])
            groups[-1].append(turn)
        return groups

    def cut(self, count: Callable[[Sequence[Message]], int], room_tokens: int, *, keep: int) -> tuple[Turn, ...]:
        """Drops the oldest exchanges if the history is over its room, down to the low-water mark.

        Args:
            count: tokens of these messages in the prompt, counted on ids.
            room_tokens: most tokens that history may have.
            keep: how many of the newest turns must stay.

        Returns:
            the turns that were dropped, oldest first; empty if nothing had to go.

        Raises:
            WindowExceeded: if the turns that must stay are over the room; nothing is dropped then.
        """
        total = count(self.messages())
        if total <= room_tokens:
            return ()
        groups = self.exchanges()
        most = _droppable(groups, keep)
        dropped = 0
        low_water = int(room_tokens * LOW_WATER_SHARE)
        while dropped < most and total > low_water:
            dropped += 1
            total = count(History([turn for group in groups[dropped:] for turn in group]).messages())
        if total > room_tokens:
            raise WindowExceeded(f"The newest turns have {total} tokens, there is room for {room_tokens}.")
        gone = tuple(turn for group in groups[:dropped] for turn in group)
        del self._turns[: len(gone)]
        return gone


def _droppable(groups: Sequence[Sequence[Turn]], keep: int) -> int:
    """How many of the oldest groups hold none of the newest `keep` turns."""
    free = sum(map(len, groups)) - keep
    most = 0
    for group in groups:
        free -= len(group)
        if free < 0:
            break
        most += 1
    return most


def _runs(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    run: list[Turn] = []
    for turn in turns:
        if run and not (turn.role is Role.USER and run[-1].role is Role.USER):
            yield run
            run = []
        run.append(turn)
    if run:
        yield run


def _merge(run: Sequence[Turn]) -> Message:
    return Message(run[0].role, "\n".join(turn.text for turn in run), run[0].ids)
