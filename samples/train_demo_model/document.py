"""One training document: a prompt with all its messages, and which of its text is learned how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from npc_sdk.backend import Prompt, Role
from npc_sdk.chat_format import TURN_START, segments

SYSTEM_WEIGHT = 0.025
USER_WEIGHT = 0.05
ANSWER_WEIGHT = 1.0
KEY_WEIGHT = 3.0
"""Of what makes an answer right, such as a price: most of the other words could as well be others."""


class Piece(NamedTuple):
    """A run of a document's text.

    Args:
        text: the run; no token goes from one run to the next.
        weight: how much its tokens count in the loss.
        keys: parts of it that count `KEY_WEIGHT` times as much.
    """

    text: str
    weight: float
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A dialogue to learn from.

    Args:
        prompt: the sheet, tools, contexts and all messages.
        learned: which messages are the NPC's answers; others of it, such as a sheet's greeting, are only read.
        keys: what makes an answer right, by the number of its message.
    """

    prompt: Prompt
    learned: frozenset[int]
    keys: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def pieces(self) -> list[Piece]:
        """The text in runs; joined, they are the chat template's text.

        The turn token after an answer belongs to the answer: it is how the NPC stops. The runs part where tokens
        part: after turn tokens and line ends.
        """
        system, *messages = segments(self.prompt, add_generation_prompt=False)
        found = [Piece(system.text, SYSTEM_WEIGHT)]
        after_answer = False
        for number, (segment, message) in enumerate(zip(messages, self.prompt.messages, strict=True)):
            learned = number in self.learned
            read = 0.0 if message.role is Role.ASSISTANT else USER_WEIGHT
            found.append(Piece(TURN_START, ANSWER_WEIGHT if after_answer else 0.0))
            found.append(Piece(segment.text[len(TURN_START) : segment.start], 0.0))
            keys = self.keys.get(number, ()) if learned else ()
            found.append(Piece(segment.text[segment.start :], ANSWER_WEIGHT if learned else read, keys))
            after_answer = learned
        return [*found, Piece(TURN_START, ANSWER_WEIGHT if after_answer else 0.0)]
