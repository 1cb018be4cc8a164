"""A tiny random model, the demo model's tokenizer, and engines on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, NemotronConfig, NemotronForCausalLM

from npc_sdk.engine.codec import codec_for
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.limits import EngineLimits
from npc_sdk.engine.load import open_engine
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.models import DEFAULT_MODEL, find_model
from tests.engine.helpers import GLYPHS, VOCABULARY

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(find_model(DEFAULT_MODEL).folder)


@pytest.fixture(scope="session")
def codec(tokenizer: Any) -> NemotronCodec:
    found = codec_for(tokenizer)
    assert isinstance(found, NemotronCodec)
    return found


@pytest.fixture(scope="session")
def tiny_model() -> NemotronForCausalLM:
    """Two layers of random float32 weights, wide enough apart that no two scores are nearly equal."""
    torch.manual_seed(20)
    config = NemotronConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        initializer_range=0.5,
        eos_token_id=2,
        bos_token_id=1,
        pad_token_id=0,
    )
    return NemotronForCausalLM(config).to(torch.float32).eval()


@pytest.fixture
def make_engine(tiny_model: Any) -> Callable[..., Any]:
    """`async with make_engine(max_rows=2) as engine`; `model=` and `codec=` stand in for the tiny ones."""

    @asynccontextmanager
    async def make(*, model: Any = tiny_model, codec: Any = GLYPHS, **limits: Any) -> AsyncIterator[Engine]:
        engine = Engine(model, codec, label="tiny", limits=EngineLimits(**limits))
        try:
            yield engine
        finally:
            await engine.aclose()

    return make


@pytest.fixture
async def demo_engine() -> AsyncIterator[Engine]:
    """The demo model in float32."""
    engine = open_engine(dtype="float32", device="cpu")
    yield engine
    await engine.aclose()
