"""What of a line goes into history, and what is taken back."""

from __future__ import annotations

from dataclasses import dataclass, field

from npc_sdk.backend import CallSchema, Finished
from npc_sdk.chat_format import CALL_END, CALL_START, neutralise, neutralise_line
from npc_sdk.errors import ToolCallInvalid
from npc_sdk.history import History, Turn, TurnKind
from npc_sdk.line_parser import RawCall
from npc_sdk.memory import Memory
from npc_sdk.tools import result_text

_TRIED_CHARS = 400  # of a malformed call that the model is shown again


@dataclass(slots=True)
class Round:
    """What the model said when asked once.

    Args:
        offered: the tools that it could call.
        raw: all its text.
        speech: what of it is spoken.
        calls: the calls in it.
        finished: its terminal, None if the stream broke off.
    """

    offered: tuple[CallSchema, ...] = ()
    raw: str = ""
    speech: str = ""
    calls: list[RawCall] = field(default_factory=list)
    finished: Finished | None = None

    def ids_of(self, text: str) -> tuple[int, ...] | None:
        """The ids that the model generated, if they are exactly those of `text`."""
        return self.finished.ids if self.finished is not None and self.raw.strip() == text else None


class LineRecord:
    """Writes one line into a history.

    Args:
        memory: what the NPC has in mind.
        own_turns: how many of the newest turns of history the line answers.

    Attributes:
        own_turns: those, and what was written since: they stay when history is cut.
    """

    def __init__(self, memory: Memory, own_turns: int) -> None:
        self._memory = memory
        self._scratch: list[Turn] = []
        self.own_turns = own_turns

    @property
    def _history(self) -> History:
        return self._memory.history  # a memory may get another one

    def result(self, text: str) -> None:
        """Adds a call's result, as JSON."""
        self._add(Turn(TurnKind.RESULT, text))

    def bark(self, text: str) -> None:
        """Adds a fallback line."""
        self._add(Turn(TurnKind.LINE, neutralise(text)))

    def line(self, spoken: Round) -> None:
        """Adds what was spoken, if anything was."""
        if spoken.speech:
            text = neutralise(spoken.speech)
            self._add(Turn(TurnKind.LINE, text, spoken.ids_of(text)))

    def call(self, spoken: Round) -> None:
        """Adds what was spoken and called."""
        text = neutralise_line(spoken.raw[: spoken.raw.rfind(CALL_END) + len(CALL_END)].strip())
        self._add(Turn(TurnKind.CALL, text, spoken.ids_of(text)))

    def malformed(self, spoken: Round, fault: ToolCallInvalid) -> None:
        """Adds a failed call and what was wrong with it: the model reads them once, then they are forgotten."""
        tried = neutralise(spoken.calls[-1].text)[:_TRIED_CHARS]
        shown = [
            Turn(TurnKind.CALL, f"{CALL_START} {tried} {CALL_END}"),
            Turn(TurnKind.RESULT, result_text({"error": fault.message})),
        ]
        self._scratch += shown
        if spoken.speech:
            self.bark(spoken.speech)
        for turn in shown:
            self._add(turn)

    def take_back(self) -> None:
        """As if the player had not said it: nothing was answered, so it may be said again."""
        self._history.truncate(len(self._history.turns) - self.own_turns)

    def close(self) -> None:
        """Forgets what was only for this line."""
        self._history.forget(self._scratch)

    def _add(self, turn: Turn) -> None:
        self._history.add(turn)
        self.own_turns += 1
