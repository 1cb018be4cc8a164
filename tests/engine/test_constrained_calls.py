"""Calls through the whole engine: held to their schemas beside rows that are not, and never cut off."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from npc_sdk.backend import CallSchema, Prompt, Request, Sampling
from npc_sdk.chat_format import CALL_END, CALL_START
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.events import EndReason
from tests.engine.helpers import drain, gather, generated, random_ids, request
from tests.engine.random_schemas import Tools, require_valid

CALLS = re.compile(f"{CALL_START}(.*?){CALL_END}", re.DOTALL)
WAVE = CallSchema("wave", {"type": "object", "properties": {"to": {"type": "string", "enum": ["Tobin", "Hale"]}}})
ALL = Sampling(temperature=1.0, top_p=1.0)


@pytest.fixture
def eager_model(tiny_model: Any, codec: NemotronCodec) -> Iterator[Any]:
    """The random model, to which nothing seems as likely as the start of a call."""
    model = copy.deepcopy(tiny_model)
    start = codec.control_id(CALL_START)

    def push(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        output[..., start] += 1e4
        return output

    model.lm_head.register_forward_hook(push)
    return model


def offer(*tools: CallSchema, seed: int = 0, max_tokens: int = 160, **options: Any) -> Request:
    return request(random_ids(20, seed=seed), max_tokens, calls=tools, **options)


def require_all_valid(text: str, tools: tuple[CallSchema, ...]) -> int:
    """How many calls there are in the text; none is invalid or cut off."""
    assert text.count(CALL_START) == text.count(CALL_END)
    return len([require_valid(body, tools) for body in CALLS.findall(text)])


async def test_hundreds_of_calls_of_random_tools_beside_each_other(
    make_engine: Any, eager_model: Any, codec: NemotronCodec
) -> None:
    drawn = Tools(7)
    tools = [tuple(drawn.some()) for _ in range(40)]
    asked = [
        offer(*offered, seed=index, max_tokens=400, sampling=Sampling(temperature=1.0, top_p=1.0, seed=index))
        for index, offered in enumerate(tools)
    ]
    async with make_engine(model=eager_model, codec=codec, max_rows=16, max_queued=128) as engine:
        lines = await gather(engine, asked)
    found = [require_all_valid(line.text, offered) for line, offered in zip(lines, tools, strict=True)]
    assert sum(found) >= 100


async def test_rows_without_calls_say_what_they_say_alone(
    make_engine: Any, eager_model: Any, tiny_model: Any, codec: NemotronCodec
) -> None:
    free = [request(random_ids(5 + 9 * index, seed=index), 30) for index in range(4)]
    held = [offer(WAVE, seed=50 + index) for index in range(4)]
    async with make_engine(model=eager_model, codec=codec, max_rows=8) as engine:
        lines = await gather(engine, [row for pair in zip(held, free, strict=True) for row in pair])
    # The start of a call is banned for them, and the plain model never thinks of one.
    assert [line.end.ids for line in lines[1::2]] == [generated(tiny_model, one.prompt_ids, 30) for one in free]
    assert all(require_all_valid(line.text, (WAVE,)) for line in lines[::2])


async def test_without_tools_on_offer_no_call_begins(
    make_engine: Any, eager_model: Any, codec: NemotronCodec
) -> None:
    tool = {"name": "wave", "description": "Wave.", "parameters": WAVE.parameters}
    async with make_engine(model=eager_model, codec=codec) as engine:
        none, taken_away, of_prompt = await gather(
            engine,
            [
                request(random_ids(20, seed=1), 40, sampling=ALL),
                offer(prompt=Prompt(tools=(tool,)), max_tokens=40, sampling=ALL),
                request(random_ids(20, seed=1), 160, prompt=Prompt(tools=(tool,))),
            ],
        )
    assert CALL_START not in none.text + taken_away.text
    assert require_all_valid(of_prompt.text, (WAVE,))


@pytest.mark.parametrize("max_tokens", [1, 8, 20, 30, 40, 50, 60])
async def test_a_call_is_whole_or_not_begun_however_few_tokens_are_left(
    make_engine: Any, eager_model: Any, codec: NemotronCodec, max_tokens: int
) -> None:
    text = CallSchema("note", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]})
    asked = [
        offer(text, WAVE, seed=seed, max_tokens=max_tokens, sampling=Sampling(temperature=1.0, top_p=1.0, seed=seed))
        for seed in range(8)
    ]
    async with make_engine(model=eager_model, codec=codec) as engine:
        lines = await gather(engine, asked)
    found = [require_all_valid(line.text, (text, WAVE)) for line in lines]
    assert sum(found) == 0 if max_tokens < 20 else True
    assert all(found) if max_tokens >= 60 else True
    assert all(len(line.end.ids) <= max_tokens for line in lines)


async def test_a_penalty_does_not_reach_into_a_call_and_seeds_give_the_same_call(
    make_engine: Any, eager_model: Any, codec: NemotronCodec
) -> None:
    sampling = Sampling(temperature=0.9, repetition_penalty=2.0, seed=4)
    async with make_engine(model=eager_model, codec=codec) as engine:
        one = await drain(engine, offer(WAVE, seed=3, sampling=sampling))
        again, *_ = await gather(engine, [offer(WAVE, seed=3, sampling=sampling), offer(WAVE, seed=9), offer(seed=5)])
    assert one.text == again.text
    assert require_all_valid(one.text, (WAVE,)) >= 2


async def test_a_cancel_while_the_grammar_compiles_is_not_lost(
    make_engine: Any, eager_model: Any, codec: NemotronCodec
) -> None:
    names = CallSchema("pick", {"type": "object", "properties": {"n": {"enum": [f"n {i}" for i in range(4_000)]}}})
    asked = offer(names, max_tokens=400)
    async with make_engine(model=eager_model, codec=codec) as engine:
        task = asyncio.create_task(drain(engine, asked))
        await asyncio.sleep(0)
        engine.cancel(asked.request_id)
        line = await task
        assert line.end.reason is EndReason.CANCELLED
        assert engine._preparing == {}


class SpelledCodec:
    """One id per byte of text, so that the tags of a call are spelled out, and no definition of the tokenizer."""

    stops: tuple[str, ...] = ()

    def render(self, prompt: Prompt) -> str:
        return prompt.system

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        return self.encode_text(self.render(prompt))

    def count(self, text: str) -> int:
        return len(self.encode_text(text))

    def decode(self, ids: Any) -> str:
        return bytes(token if token < 256 else 63 for token in ids).decode("utf-8", "replace")

    def encode_text(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def control_id(self, text: str) -> int | None:
        return None

    def tokenizer_json(self) -> str | None:
        return None


class Speller:
    """Wants to say one text again and again."""

    def __init__(self, model: Any, text: str) -> None:
        self._want = text.encode()
        self._place = 0
        model.lm_head.register_forward_hook(self)

    def __call__(self, _module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        output[..., 256:] = -1e4
        output[..., self._want[self._place % len(self._want)]] += 1e4
        self._place += 1
        return output


@pytest.mark.parametrize("offered", [(WAVE,), ()])
async def test_a_tag_that_is_spelled_out_begins_a_call_or_is_never_finished(
    make_engine: Any, tiny_model: Any, offered: tuple[CallSchema, ...]
) -> None:
    model = copy.deepcopy(tiny_model)
    Speller(model, f"Well. {CALL_START}")
    async with make_engine(model=model, codec=SpelledCodec()) as engine:
        line = await drain(engine, request(tuple(b"Hello there"), 120, calls=offered))
    assert line.text.startswith("Well. <toolcall")
    if offered:
        assert require_all_valid(line.text, offered) >= 1
    else:
        assert CALL_START not in line.text
