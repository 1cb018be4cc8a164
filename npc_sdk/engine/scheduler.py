"""Who waits, who runs, who must end. Pure decisions: no tensors, no threads, no clock of its own."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from npc_sdk.engine.request import RowRequest
from npc_sdk.errors import InputError, QueueFull
from npc_sdk.events import EndReason


@dataclass(frozen=True, slots=True)
class Ending:
    """A request that must end before its next token."""

    row: RowRequest
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Plan:
    """The work of one step.

    Args:
        endings: requests that were cancelled or are past their deadline.
        decode: rows that get one more token.
        prefill: the row that joins, or none. One a step, so that those who speak pause for one prompt at most.
    """

    endings: tuple[Ending, ...]
    decode: tuple[RowRequest, ...]
    prefill: tuple[RowRequest, ...]

    @property
    def ending_rows(self) -> list[RowRequest]:
        """The requests of `endings`."""
        return [ending.row for ending in self.endings]


class Scheduler:
    """The requests of an engine: a bounded queue by priority, and the rows that decode.

    Args:
        max_rows: most rows.
        max_queued: most requests that wait.
    """

    def __init__(self, *, max_rows: int, max_queued: int) -> None:
        self._max_rows = max_rows
        self._max_queued = max_queued
        self._waiting: list[tuple[int, int, RowRequest]] = []  # a heap by priority, then arrival
        self._running: list[RowRequest] = []

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return bool(self._waiting or self._running)

    def submit(self, row: RowRequest) -> None:
        """Queues a request.

        Raises:
            QueueFull: if as many wait as may.
            InputError: if a request of that id is open.
        """
        request = row.request
        if any(other.request.request_id == request.request_id for other in self.open_rows()):
            raise InputError(
                f"A request named {request.request_id!r} is open already.",
                hint="Give every open request its own request_id.",
            )
        if len(self._waiting) >= self._max_queued:
            raise QueueFull(
                f"{len(self._waiting)} requests wait for the engine, the most that may (max_queued); "
                f"{len(self._running)} are running."
            )
        heapq.heappush(self._waiting, (int(request.priority), row.number, row))

    def plan(self, now_s: float) -> Plan:
        """The next step: who ends, who decodes, who joins."""
        endings = tuple(
            Ending(row, reason) for row in self.open_rows() if (reason := row.end_reason(now_s)) is not None
        )
        self.leave(ending.row for ending in endings)
        decode = tuple(self._running)
        prefill: tuple[RowRequest, ...] = ()
        if self._waiting and len(self._running) < self._max_rows:
            row = heapq.heappop(self._waiting)[-1]
            self._running.append(row)
            prefill = (row,)
        return Plan(endings, decode, prefill)

    def leave(self, rows: Iterable[RowRequest]) -> None:
        """Takes requests out of the queue and the batch."""
        gone = {row.number for row in rows}
        if not gone:
            return
        self._running = [row for row in self._running if row.number not in gone]
        self._waiting = [item for item in self._waiting if item[1] not in gone]
        heapq.heapify(self._waiting)

    def open_rows(self) -> list[RowRequest]:
        """All requests, the running ones first."""
        return [*self._running, *(item[-1] for item in self._waiting)]
