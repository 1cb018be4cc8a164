"""One training document: a prompt with all its messages, and which of its text is learned how much."""

from __future__ import annotations

from dataclasses import dataclass

from npc_sdk.backend import Prompt, Role
from npc_sdk.chat_format import TURN_START, segments

SYSTEM_WEIGHT = 0.025
USER_WEIGHT = 0.05
ANSWER_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Document:
    """A dialogue to learn from.

    Args:
        prompt: the sheet, tools, contexts and all messages.
        learned: which messages are the NPC's answers; others of it, such as a sheet's greeting, are only read.
    """

    prompt: Prompt
    learned: frozenset[int]

    def pieces(self) -> list[tuple[str, float]]:
        """The text in runs with the weight of each in the loss; joined, they are the chat template's text.

        The turn token after an answer belongs to the answer: it is how the NPC stops. The runs part where tokens
        part: after turn tokens and line ends.
        """
        system, *messages = segments(self.prompt, add_generation_prompt=False)
        found = [(system.text, SYSTEM_WEIGHT)]
        after_answer = False
        for number, (segment, message) in enumerate(zip(messages, self.prompt.messages, strict=True)):
            learned = number in self.learned
            read = 0.0 if message.role is Role.ASSISTANT else USER_WEIGHT
            found.append((TURN_START, ANSWER_WEIGHT if after_answer else 0.0))
            found.append((segment.text[len(TURN_START) : segment.start], 0.0))
            found.append((segment.text[segment.start :], ANSWER_WEIGHT if learned else read))
            after_answer = learned
        return [*found, (TURN_START, ANSWER_WEIGHT if after_answer else 0.0)]
