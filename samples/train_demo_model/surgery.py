"""Weights carried over to another model: to one of another tokenizer, to a deeper one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, NemotronConfig, NemotronForCausalLM

DEMO_SHAPE: Mapping[str, Any] = {
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 11,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 4096,
}
"""19.7 million parameters with 6,144 entries."""


def fresh_model(vocabulary: int, shape: Mapping[str, Any] = DEMO_SHAPE) -> NemotronForCausalLM:
    """A model with random weights in float32; seed torch before."""
    config = NemotronConfig(
        vocab_size=vocabulary,
        hidden_act="relu2",
        norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=[2, 5],
        pad_token_id=0,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
        **shape,
    )
    model = NemotronForCausalLM(config)
    # Nemotron's norm multiplies by weight + 1, so ones would double what passes.
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            torch.nn.init.zeros_(parameter)
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            torch.nn.init.normal_(parameter, std=0.02 / (2 * config.num_hidden_layers) ** 0.5)
        elif parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.02)
    return model


def carried_over(folder: Path, tokenizer: Any) -> NemotronForCausalLM:
    """The model of `folder` in float32, its embeddings moved to `tokenizer` where that differs from its own."""
    model = NemotronForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    old = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if old.get_vocab() == tokenizer.get_vocab():
        return model
    rows = new_embeddings(model.model.embed_tokens.weight.detach(), old, tokenizer)
    model.resize_token_embeddings(len(rows), mean_resizing=False)
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(rows)
    model.tie_weights()
    return model


def deepened(model: NemotronForCausalLM, layers: int) -> NemotronForCausalLM:
    """A model of `layers` layers that computes what `model` does: the new ones, in the middle, at first add nothing.

    They start as copies of the layer before them, but for what they give out, which is zero (Chen et al., Net2Net,
    2016).

    Raises:
        ValueError: if it has more layers already.
    """
    missing = layers - model.config.num_hidden_layers
    if missing < 0:
        raise ValueError(f"The model has {model.config.num_hidden_layers} layers, more than {layers}.")
    if not missing:
        return model
    config = NemotronConfig.from_dict({**model.config.to_dict(), "num_hidden_layers": layers})
    deeper = NemotronForCausalLM(config)
    first = model.config.num_hidden_layers // 2
    sources = [*range(first), *[first - 1] * missing, *range(first, model.config.num_hidden_layers)]
    deeper.model.embed_tokens.load_state_dict(model.model.embed_tokens.state_dict())
    deeper.model.norm.load_state_dict(model.model.norm.state_dict())
    for number, (layer, source) in enumerate(zip(deeper.model.layers, sources, strict=True)):
        layer.load_state_dict(model.model.layers[source].state_dict())
        if first <= number < first + missing:
            torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
            torch.nn.init.zeros_(layer.mlp.down_proj.weight)
    return deeper


def new_embeddings(old_rows: torch.Tensor, old: Any, new: Any) -> torch.Tensor:
    """One row per token of `new`, from the rows of `old` that spell the same text."""
    rows = old_rows.new_empty(len(new), old_rows.shape[1])
    known = old.get_vocab()
    for text, token in new.get_vocab().items():
        rows[token] = old_rows[_sources(text, known, old)].mean(dim=0)
    return rows


def _sources(text: str, known: Mapping[str, int], old: Any) -> list[int]:
    """The old ids that stand for the byte-level text of a token.

    A bare word was mostly written with a space before it, and is best known in that form; spaces that a token now
    holds do not change what it means.
    """
    bare = text.strip("Ġ")
    wanted = ("Ġ" + bare, bare, text) if bare and text != "Ġ" + bare and bare.islower() else (text, "Ġ" + bare, bare)
    for form in wanted:
        if form in known:
            return [known[form]]
    plain = old.backend_tokenizer.decoder.decode([text])
    ids: list[int] = old.encode(plain, add_special_tokens=False)
    return ids or [known["<unk>"]]
