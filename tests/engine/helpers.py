"""Ways to ask an engine for lines, and to know what it should say."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from npc_sdk.backend import GREEDY, Finished, Piece, Prompt, Request
from npc_sdk.engine.engine import Engine

VOCABULARY = 6144
_FIRST_GLYPH = 0x4E00
_numbers = itertools.count()


class GlyphCodec:
    """One letter per id and no stops, so that a line's text and ids show every token that was drawn."""

    stops: tuple[str, ...] = ()

    def render(self, prompt: Prompt) -> str:
        return prompt.system

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        return self.encode_text(self.render(prompt))

    def count(self, text: str) -> int:
        return len(text)

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(_FIRST_GLYPH + token) for token in ids)

    def encode_text(self, text: str) -> tuple[int, ...]:
        return tuple(ord(letter) - _FIRST_GLYPH for letter in text)

    def control_id(self, text: str) -> int | None:
        return None

    def tokenizer_json(self) -> str | None:
        return None


GLYPHS = GlyphCodec()


@dataclass(frozen=True)
class Line:
    """A drained stream."""

    text: str
    end: Finished


def request(ids: Sequence[int], max_tokens: int = 8, **options: Any) -> Request:
    """A greedy request with an id of its own."""
    options = {"request_id": f"r{next(_numbers)}", "prompt": Prompt(), "sampling": GREEDY} | options
    return Request(prompt_ids=tuple(ids), max_tokens=max_tokens, **options)


async def drain(engine: Engine, asked: Request, *, on_piece: Callable[[], None] = lambda: None) -> Line:
    """The whole line; the stream must end right after its terminal."""
    text, ends = "", []
    async for item in engine.stream(asked):
        if isinstance(item, Piece):
            assert not ends
            assert item.text
            text += item.text
            on_piece()
        else:
            ends.append(item)
    assert len(ends) == 1
    return Line(text, ends[0])


async def gather(engine: Engine, asked: Sequence[Request], *, apart_s: float = 0.0) -> list[Line]:
    """All lines at once, each asked for a little after the one before."""
    tasks = []
    for one in asked:
        tasks.append(asyncio.create_task(drain(engine, one)))
        await asyncio.sleep(apart_s)
    return list(await asyncio.gather(*tasks))


def generated(model: Any, ids: Sequence[int], max_tokens: int) -> tuple[int, ...]:
    """What `model.generate` says greedily, the end-of-sequence id left out."""
    inputs = torch.tensor([list(ids)])
    with torch.inference_mode():
        out = model.generate(
            input_ids=inputs, attention_mask=torch.ones_like(inputs), max_new_tokens=max_tokens, do_sample=False
        )
    line = out[0, len(ids) :].tolist()
    return tuple(line[:-1] if line[-1] == model.config.eos_token_id else line)


def random_ids(count: int, seed: int) -> tuple[int, ...]:
    """Ids that are no control tokens."""
    random = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(12, VOCABULARY, (count,), generator=random).tolist())
