"""The texts of single tokens, decoded when first asked for."""

from __future__ import annotations

from npc_sdk.engine.codec import EngineCodec


class TokenTexts:
    """Maps an id to its text on its own; some tokenizers leave out a leading space there.

    Args:
        codec: the model's.
    """

    def __init__(self, codec: EngineCodec) -> None:
        self._codec = codec
        self._known: dict[int, str] = {}  # at most one entry per id of the vocabulary

    def __getitem__(self, token: int) -> str:
        text = self._known.get(token)
        if text is None:
            text = self._known[token] = self._codec.decode([token])
        return text

    def find(self, text: str) -> int | None:
        """The token that is exactly `text`, if it is one."""
        ids = self._codec.encode_text(text)
        return ids[0] if len(ids) == 1 else None
