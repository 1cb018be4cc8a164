"""A model's tokens as grammars read them. With `call_grammar` and `call_guard`, the border to llguidance."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import torch
from llguidance import LLTokenizer
from torch import Tensor

from npc_sdk.chat_format import CALL_END
from npc_sdk.engine.codec import EngineCodec

_QUOTES = ('"}}', '"}', '"]', '"')
_BRACKETS = ("}}", "]}", "}", "]", ", ", ",")  # a comma ends a number behind which something must come
_SIGNS = (b'"', b",", b"[", b"{")


class Vocabulary:
    """The bytes of every token. Takes 30 ms to build for 6,000 tokens, about a second for 256,000.

    Args:
        codec: the model's.
        size: how many scores the model gives; ids without a token are never allowed.

    Attributes:
        tokenizer: llguidance's form of it.
        sizes: bytes of each token; 0 for control tokens.
        lengths: `[V]`, the same.
        longest: bytes of the longest token.
        signs: how many signs of JSON each token has that can begin a value or a field.
        quotes, brackets: tokens that close strings, and those that close lists, objects and numbers.
        digits: tokens of one digit each.
        letter: a token that only text within quotes admits, if there is one.
        end_id: the control token `</toolcall>`, None if this model spells it out.
    """

    def __init__(self, codec: EngineCodec, size: int) -> None:
        self.tokenizer = _tokenizer(codec, size)
        texts = [self._bytes(token) for token in range(self.tokenizer.vocab_size)]
        self.sizes = [len(text) for text in texts]
        self.lengths: Tensor = torch.tensor(self.sizes)
        self.longest = max(self.sizes)
        self.signs = [sum(map(text.count, _SIGNS)) for text in texts]
        ids = {text: token for token, text in enumerate(texts)}
        self.quotes = [ids[text.encode()] for text in _QUOTES if text.encode() in ids]
        self.brackets = [ids[text.encode()] for text in _BRACKETS if text.encode() in ids]
        self.digits = [ids[digit.encode()] for digit in "0123456789" if digit.encode() in ids]
        self.letter = ids.get(b"~")
        end = codec.control_id(CALL_END)
        self.end_id = end if end is not None and self.tokenizer.is_special_token(end) else None

    def _bytes(self, token: int) -> bytes:
        return b"" if self.tokenizer.is_special_token(token) else self.tokenizer.decode_bytes([token])


def _tokenizer(codec: EngineCodec, size: int) -> LLTokenizer:
    definition = codec.tokenizer_json()
    if definition is not None:
        # More ids than scores, or a kind of tokenizer that llguidance does not read, are told as a ValueError.
        with contextlib.suppress(ValueError):
            return LLTokenizer(definition, n_vocab=size)
    return LLTokenizer(_Spelled(codec, size))  # type: ignore[arg-type]  # it has all that is needed


class _Spelled:
    """A tokenizer without a definition, spelled out by decoding each token; it has what llguidance asks of one."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, codec: EngineCodec, size: int) -> None:
        self._codec = codec
        self._anchor = list(codec.encode_text("a")[:1])
        self._before = codec.decode(self._anchor)
        # Some token must end a text. Grammars of calls end by themselves, so it is one that the model has not.
        self.eos_token_id = size
        self.tokens = [*(self._spell(token) for token in range(size)), b""]
        self.special_token_ids = [token for token, text in enumerate(self.tokens) if not text]

    def __call__(self, text: str | bytes) -> Sequence[int]:
        return list(self._codec.encode_text(text if isinstance(text, str) else text.decode("utf-8", "replace")))

    def _spell(self, token: int) -> bytes:
        # Behind another token, since some decoders drop the space at the start of a text.
        text = self._codec.decode([*self._anchor, token])[len(self._before) :]
        return b"" if "\ufffd" in text or self._codec.control_id(text) == token else text.encode()
