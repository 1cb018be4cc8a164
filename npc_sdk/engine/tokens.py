"""What codecs share: a tokenizer of transformers seen through its few needed calls, and its control tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.errors import ControlTokenLeak

PROBE = Prompt(
    system="You are Mira.",
    tools=({"name": "wave", "description": "Wave.", "parameters": {"type": "object", "properties": {}}},),
    contexts=("The inn is shut.",),
    messages=(
        Message(Role.USER, "Hello, Mira!"),
        Message(Role.ASSISTANT, "Well met.\nWhat is it?"),
        Message(Role.USER, "3 loaves, please."),
        Message(Role.ASSISTANT, '<toolcall> {"name": "wave", "arguments": {}} </toolcall>'),
        Message(Role.TOOL, '{"ok": true}'),
    ),
)
"""A prompt with every kind of part, on which codecs are compared."""


class Tokens:
    """A tokenizer: text to ids and back, nothing added and nothing dropped.

    Args:
        tokenizer: of transformers.
        control_texts: texts that are control tokens besides those that the tokenizer itself marks as special.
    """

    def __init__(self, tokenizer: Any, control_texts: Iterable[str] = ()) -> None:
        self._tokenizer = tokenizer
        special = {added.content: token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
        named = {text: token for text in control_texts if (token := self._single_id(text)) is not None}
        # Tokenizers write the unknown token for letters that they do not have; that is no leak.
        self._controls: Mapping[str, int] = {
            text: token for text, token in (special | named).items() if text != tokenizer.unk_token
        }
        self._control_ids = frozenset(self._controls.values())

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of `text`."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, control tokens included."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text

    def control_id(self, text: str) -> int | None:
        """The id of `text` if it is a single control token."""
        return self._controls.get(text)

    def control_counts(self, ids: Iterable[int]) -> Counter[int]:
        """How often each control token stands in `ids`."""
        return Counter(token for token in ids if token in self._control_ids)

    def require_no_leak(self, ids: Sequence[int], placed: Mapping[int, int]) -> None:
        """Refuses ids with more control tokens than were placed.

        Raises:
            ControlTokenLeak: naming the token and both counts.
        """
        for token, count in self.control_counts(ids).items():
            if count > placed.get(token, 0):
                raise ControlTokenLeak(
                    f"The prompt's ids hold {self.decode([token])!r} {count} times; "
                    f"its template placed it {placed.get(token, 0)} times."
                )

    def definition(self) -> str | None:
        """The tokenizer as the tokenizers library writes it, None if it is of another kind."""
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        return None if backend is None else str(backend.to_str())

    def _single_id(self, text: str) -> int | None:
        ids = self.encode(text)
        return ids[0] if len(ids) == 1 else None
