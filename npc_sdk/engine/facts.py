"""What the engine must know of a model besides its weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from npc_sdk.engine.codec import EngineCodec
from npc_sdk.errors import ModelBroken


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Facts of a model.

    Args:
        window_tokens: most tokens of prompt and reply together.
        vocabulary: ids are below it.
        eos_ids: ids that end any line.
        device_type: `cpu`, `cuda` or `mps`.
    """

    window_tokens: int
    vocabulary: int
    eos_ids: frozenset[int]
    device_type: str

    @classmethod
    def of(cls, model: Any, codec: EngineCodec, *, window_tokens: int | None) -> ModelFacts:
        """The facts of a model of transformers.

        Args:
            model: the model.
            codec: its stops that are single tokens end lines too.
            window_tokens: a smaller window than the model's own, or None.

        Raises:
            ModelBroken: if the config does not tell the window.
        """
        config = model.config.get_text_config()
        own = getattr(config, "max_position_embeddings", None)
        if not isinstance(own, int) or own < 2:
            raise ModelBroken(f"The config of {type(model).__name__} has no max_position_embeddings; found {own!r}.")
        generation = getattr(model, "generation_config", None)
        eos = {*_ids(config.eos_token_id), *_ids(getattr(generation, "eos_token_id", None))}
        return cls(
            window_tokens=min(own, window_tokens or own),
            vocabulary=int(model.get_input_embeddings().weight.shape[0]),
            eos_ids=frozenset(eos | set(stop_ids(codec.stops, codec))),
            device_type=next(model.parameters()).device.type,
        )


def stop_ids(texts: Iterable[str], codec: EngineCodec) -> list[int]:
    """The ids of those texts that are single control tokens."""
    found = (codec.control_id(text) for text in texts)
    return [token for token in found if token is not None]


def _ids(value: int | list[int] | None) -> list[int]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
