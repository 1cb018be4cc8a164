"""The Nemotron format on a tokenizer: encoded in segments, so that kept ids and known segments are not read again."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from npc_sdk import chat_format
from npc_sdk.backend import Prompt, Role
from npc_sdk.chat_format import CALL_END, CALL_START, CONTROL_TOKENS, SYSTEM_START, TURN_START, Segment
from npc_sdk.engine.tokens import PROBE, Tokens

KNOWN_SEGMENTS = 4096
"""How many segments' ids are remembered, least recently used out first."""


class NemotronCodec:
    """Reads prompts in the format of Nemotron-Mini.

    Args:
        tokenizer: of transformers.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokens = Tokens(tokenizer, CONTROL_TOKENS)
        self._known: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        eos = tokenizer.eos_token
        self.stops: tuple[str, ...] = (TURN_START, eos) if eos else (TURN_START,)
        self.encodes_by_segment = self._agrees_by_segment()

    def render(self, prompt: Prompt) -> str:
        """The exact text that the model reads, generation prompt included."""
        return chat_format.render(prompt)

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """The ids of `render(prompt)`; where a message brings its own ids, those.

        Raises:
            ControlTokenLeak: if the ids hold control tokens that the template did not place.
        """
        if self.encodes_by_segment:
            ids = self._encode_segments(chat_format.segments(prompt))
        else:
            ids = self._tokens.encode(self.render(prompt))
        self._tokens.require_no_leak(ids, self._placed(prompt))
        return ids

    def count(self, text: str) -> int:
        """How many tokens `text` is on its own."""
        return len(self._tokens.encode(text))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, control tokens included."""
        return self._tokens.decode(ids)

    def encode_text(self, text: str) -> tuple[int, ...]:
        """The ids of `text` on its own."""
        return self._tokens.encode(text)

    def control_id(self, text: str) -> int | None:
        """The id of `text` if it is a single control token of this model."""
        return self._tokens.control_id(text)

    def tokenizer_json(self) -> str | None:
        """The tokenizer as the tokenizers library writes it, None if it is of another kind."""
        return self._tokens.definition()

    def _agrees_by_segment(self) -> bool:
        """Whether segment by segment, kept ids spliced in, this tokenizer gives the ids of the whole text."""
        messages = tuple(replace(message, ids=self._tokens.encode(message.content)) for message in PROBE.messages)
        by_segment = self._encode_segments(chat_format.segments(replace(PROBE, messages=messages)))
        return by_segment == self._tokens.encode(self.render(PROBE))

    def _encode_segments(self, segments: Sequence[Segment]) -> tuple[int, ...]:
        return tuple(token for segment in segments for token in self._segment_ids(segment))

    def _segment_ids(self, segment: Segment) -> tuple[int, ...]:
        if segment.ids is None:
            return self._known_ids(segment.text)
        head, tail = segment.text[: segment.start], segment.text[segment.stop :]
        return (*self._known_ids(head), *segment.ids, *self._known_ids(tail))

    def _known_ids(self, text: str) -> tuple[int, ...]:
        ids = self._known.pop(text, None)
        if ids is None:
            ids = self._tokens.encode(text)
        self._known[text] = ids
        if len(self._known) > KNOWN_SEGMENTS:
            self._known.popitem(last=False)
        return ids

    def _placed(self, prompt: Prompt) -> Counter[int]:
        """How often the template, and the NPC in its own lines, placed each control token."""
        own = [message.content for message in prompt.messages if message.role is Role.ASSISTANT]
        texts = Counter(
            {
                SYSTEM_START: 1,
                TURN_START: len(prompt.messages) + 1,
                "<tool>": len(prompt.tools),
                "</tool>": len(prompt.tools),
                "<context>": len(prompt.contexts),
                "</context>": len(prompt.contexts),
                CALL_START: sum(content.count(CALL_START) for content in own),
                CALL_END: sum(content.count(CALL_END) for content in own),
            }
        )
        placed = {self._tokens.control_id(text): count for text, count in texts.items()}
        return Counter({token: count for token, count in placed.items() if token is not None})
