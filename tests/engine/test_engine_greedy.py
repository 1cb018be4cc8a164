"""Greedy lines equal `model.generate`, token for token, whatever else goes on in the engine."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from npc_sdk.backend import Message, Prompt, Request, Role
from npc_sdk.events import EndReason
from tests.engine.helpers import VOCABULARY, Line, drain, gather, generated, random_ids, request


def said(lines: list[Line]) -> list[tuple[int, ...]]:
    return [line.end.ids for line in lines]


def expected(model: Any, asked: list[Request]) -> list[tuple[int, ...]]:
    return [generated(model, one.prompt_ids, one.max_tokens) for one in asked]


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
@pytest.mark.parametrize("prefix_cache_bytes", [0, 1 << 24])
async def test_rows_of_unequal_length_that_join_and_leave(
    make_engine: Any, tiny_model: Any, rows: int, prefix_cache_bytes: int
) -> None:
    asked = [request(random_ids(5 + 37 * index % 90, seed=index), max_tokens=4 + 5 * index) for index in range(6)]
    async with make_engine(max_rows=rows, prefix_cache_bytes=prefix_cache_bytes) as engine:
        lines = await gather(engine, asked, apart_s=0.004)
    assert said(lines) == expected(tiny_model, asked)


@pytest.mark.parametrize("seed", range(4))
async def test_random_traffic_with_shared_prefixes_and_cancels(make_engine: Any, tiny_model: Any, seed: int) -> None:
    dice = random.Random(seed)
    stems = [random_ids(dice.randrange(1, 60), seed=100 + index) for index in range(3)]
    asked = []
    for index in range(16):
        stem = dice.choice(stems)[: dice.randrange(1, 60)]
        ids = (*stem, *random_ids(dice.randrange(0, 20), seed=1000 * seed + index))
        asked.append(request(ids, max_tokens=dice.randrange(1, 16)))
    cancelled = set(dice.sample(range(16), 4))

    async with make_engine(max_rows=4, prefix_cache_bytes=200_000) as engine:

        async def ask(index: int) -> Line:
            await asyncio.sleep(dice.random() * 0.05)
            one = asked[index]
            return await drain(
                engine, one, on_piece=lambda: engine.cancel(one.request_id) if index in cancelled else 0
            )

        lines = await asyncio.gather(*(ask(index) for index in range(16)))
        assert engine._runner.prefixes.nbytes <= 200_000
    for index, (line, want) in enumerate(zip(lines, expected(tiny_model, asked), strict=True)):
        if line.end.reason is EndReason.CANCELLED:
            assert index in cancelled
            assert line.end.ids == want[: len(line.end.ids)]
        else:
            assert line.end.ids == want


async def test_a_repeated_prompt_reuses_all_but_its_last_token(make_engine: Any, tiny_model: Any) -> None:
    one, two = request(random_ids(40, seed=1)), request(random_ids(40, seed=1))
    async with make_engine() as engine:
        lines = [await drain(engine, one), await drain(engine, two)]
    assert said(lines) == expected(tiny_model, [one, two])
    assert [line.end.usage.reused_tokens for line in lines] == [0, 39]


async def test_a_line_continues_what_was_generated(make_engine: Any, tiny_model: Any) -> None:
    first = request(random_ids(30, seed=2), max_tokens=10)
    async with make_engine() as engine:
        line = await drain(engine, first)
        assert line.end.reason is EndReason.LENGTH
        second = request((*first.prompt_ids, *line.end.ids, *random_ids(7, seed=3)))
        again = await drain(engine, second)
    assert again.end.ids == generated(tiny_model, second.prompt_ids, second.max_tokens)
    # The last token was drawn and never read, so it alone has no keys and values.
    assert again.end.usage.reused_tokens == 30 + 10 - 1


async def test_after_a_history_cut_the_system_part_is_reused(make_engine: Any, tiny_model: Any) -> None:
    system, oldest, newest = random_ids(50, seed=4), random_ids(40, seed=5), random_ids(30, seed=6)
    async with make_engine() as engine:
        await drain(engine, request((*system, *oldest, *newest)))
        cut = request((*system, *newest))
        line = await drain(engine, cut)
    assert line.end.ids == generated(tiny_model, cut.prompt_ids, cut.max_tokens)
    assert line.end.usage.reused_tokens == 50


async def test_after_a_cancel_what_was_said_is_reused(make_engine: Any, tiny_model: Any) -> None:
    first = request(random_ids(30, seed=7), max_tokens=300)
    async with make_engine() as engine:
        line = await drain(engine, first, on_piece=lambda: engine.cancel(first.request_id))
        assert line.end.reason is EndReason.CANCELLED
        second = request((*first.prompt_ids, *line.end.ids))
        again = await drain(engine, second)
    assert line.end.ids == generated(tiny_model, first.prompt_ids, len(line.end.ids))
    assert again.end.ids == generated(tiny_model, second.prompt_ids, second.max_tokens)
    assert again.end.usage.reused_tokens >= 30


async def test_two_at_once_of_one_character_share_its_prompt(make_engine: Any, tiny_model: Any) -> None:
    system = random_ids(60, seed=8)
    asked = [request((*system, *random_ids(9, seed=90 + index))) for index in range(3)]
    async with make_engine() as engine:
        lines = await gather(engine, asked)
    assert said(lines) == expected(tiny_model, asked)
    assert sorted(line.end.usage.reused_tokens for line in lines) == [0, 60, 60]


async def test_an_end_of_sequence_ends_the_line(make_engine: Any, tiny_model: Any) -> None:
    ids = random_ids(20, seed=9)
    third = generated(tiny_model, ids, 8)[2]
    config = tiny_model.config
    asked = request(ids)
    before = config.eos_token_id, tiny_model.generation_config.eos_token_id
    config.eos_token_id = tiny_model.generation_config.eos_token_id = third
    try:
        async with make_engine() as engine:
            line = await drain(engine, asked)
    finally:
        config.eos_token_id, tiny_model.generation_config.eos_token_id = before
    assert line.end.reason is EndReason.DONE
    assert line.end.ids == generated(tiny_model, ids, 8)[: len(line.end.ids)]
    assert line.end.usage.completion_tokens == len(line.end.ids) + 1


def other_models() -> list[Any]:
    torch.manual_seed(7)
    common = {
        "vocab_size": VOCABULARY,
        "eos_token_id": 2,
        "bos_token_id": 1,
        "pad_token_id": 0,
        "initializer_range": 0.3,
    }
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }
    return [
        LlamaForCausalLM(LlamaConfig(**common, **sizes)),
        MistralForCausalLM(MistralConfig(**common, **sizes, sliding_window=16)),
        GPT2LMHeadModel(GPT2Config(**common, n_embd=64, n_layer=2, n_head=4, n_positions=512)),
    ]


@pytest.mark.parametrize("model", other_models(), ids=lambda model: type(model).__name__)
async def test_other_models_of_transformers(make_engine: Any, model: Any) -> None:
    model = model.to(torch.float32).eval()
    stem = random_ids(40, seed=10)
    asked = [
        request((*stem[: 10 + 9 * index], *random_ids(3 + index, seed=index)), max_tokens=9) for index in range(4)
    ]
    async with make_engine(model=model, max_rows=3) as engine:
        lines = await gather(engine, asked, apart_s=0.004)
    assert said(lines) == expected(model, asked)


async def test_a_second_turn_reuses_everything_before_the_new_text(demo_engine: Any) -> None:
    codec = demo_engine.codec
    system = "You are Mira, the blacksmith of Oakhollow. You are gruff. A longsword costs 40 gold."
    messages: tuple[Message, ...] = ()
    kept = 0
    for text in ("Who are you?", "What does a longsword cost?", "Thanks, friend."):
        messages = (*messages, Message(Role.USER, text))
        prompt = Prompt(system=system, messages=messages)
        ids = codec.encode(prompt)
        new = len(ids) - len(codec.encode_text(f"<extra_id_1>User\n{text}\n<extra_id_1>Assistant\n"))
        line = await drain(demo_engine, request(ids, max_tokens=60, prompt=prompt))
        assert line.end.reason is EndReason.DONE
        assert line.text == line.text.strip() != ""
        assert codec.decode(line.end.ids) == line.text
        assert line.end.usage.reused_tokens == (new if kept else 0)
        kept = new
        messages = (*messages, Message(Role.ASSISTANT, line.text, line.end.ids))
