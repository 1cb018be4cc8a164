"""Prompts in the format of a tokenizer's own chat template, for models other than Nemotron-Mini."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jinja2 import TemplateError

from npc_sdk import chat_format
from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.engine.tokens import PROBE, Tokens
from npc_sdk.errors import ModelBroken


class TemplateCodec:
    """Reads prompts as the tokenizer's chat template writes them.

    Lore is added to the system text. A template that knows no system message finds that text before the first turn.

    Args:
        tokenizer: of transformers, with a chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._tokens = Tokens(tokenizer)
        self.stops: tuple[str, ...] = (tokenizer.eos_token,) if tokenizer.eos_token else ()

    def renders_like_nemotron(self) -> bool:
        """Whether the template writes the Nemotron format, which has a codec of its own."""
        system = [{"role": "system", "content": PROBE.system}]
        turns = [{"role": str(message.role), "content": message.content} for message in PROBE.messages]
        try:
            text = self._apply([*system, *turns], tools=list(PROBE.tools), contexts=list(PROBE.contexts))
        except ModelBroken:
            return False  # it refuses what the Nemotron template takes
        return text == chat_format.render(PROBE)

    def render(self, prompt: Prompt) -> str:
        """The exact text that the model reads, generation prompt included.

        Raises:
            ModelBroken: if the template refuses the conversation.
        """
        system = "\n\n".join(text for text in (prompt.system, *prompt.contexts) if text.strip())
        turns = [{"role": str(message.role), "content": message.content} for message in prompt.messages]
        head = [{"role": "system", "content": system}] if system else []
        tools = [{"type": "function", "function": dict(tool)} for tool in prompt.tools]
        # transformers renders no empty conversation, so one gets an empty first turn.
        return self._apply([*head, *turns] or [{"role": "user", "content": ""}], tools=tools or None)

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """The ids of `render(prompt)`; kept ids of messages are not used, since a template may change their text.

        Raises:
            ControlTokenLeak: if the ids hold control tokens that the template did not place.
            ModelBroken: if the template refuses the conversation.
        """
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

    def _placed(self, prompt: Prompt) -> Counter[int]:
        """The control tokens of the same conversation with all outside text replaced by a letter."""
        skeleton = Prompt(
            system="x" if prompt.system.strip() else "",
            tools=prompt.tools,
            contexts=tuple("x" for context in prompt.contexts if context.strip()),
            messages=tuple(_masked(message) for message in prompt.messages),
        )
        self._tokens.require_no_leak(self._tokens.encode(json.dumps(list(prompt.tools), ensure_ascii=False)), {})
        return self._tokens.control_counts(self._tokens.encode(self.render(skeleton)))

    def _apply(self, messages: list[dict[str, str]], **variables: Any) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **variables
            )
        except TemplateError as error:
            raise ModelBroken(
                f"The model's chat template refused the conversation: {error}",
                hint="This model cannot hold such a conversation; choose another.",
            ) from error
        return text


def _masked(message: Message) -> Message:
    if message.role is Role.ASSISTANT or not message.content.strip():
        return replace(message, ids=None)
    return Message(message.role, "x")
