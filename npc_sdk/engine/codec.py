"""How a model reads prompts: what every codec of an engine can do, and which one a tokenizer gets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from npc_sdk.backend import PromptCodec
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.engine.template_codec import TemplateCodec

_log = logging.getLogger(__name__)


class EngineCodec(PromptCodec, Protocol):
    """A codec that can also turn ids back into text."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of `ids`, control tokens included."""
        ...

    def encode_text(self, text: str) -> tuple[int, ...]:
        """The ids of `text` on its own."""
        ...

    def control_id(self, text: str) -> int | None:
        """The id of `text` if it is a single control token of this model."""
        ...

    def tokenizer_json(self) -> str | None:
        """The tokenizer as the tokenizers library writes it (tokenizer.json), None if it is of another kind."""
        ...


def codec_for(tokenizer: Any) -> NemotronCodec | TemplateCodec:
    """The codec of a tokenizer of transformers, by what its own chat template writes for a probe.

    A tokenizer without a template gets the Nemotron format, which is logged as a warning: the model may not know it.
    """
    if not tokenizer.chat_template:
        _log.warning("The tokenizer has no chat template; prompts take the format of Nemotron-Mini.")
        return NemotronCodec(tokenizer)
    codec = TemplateCodec(tokenizer)
    return NemotronCodec(tokenizer) if codec.renders_like_nemotron() else codec
