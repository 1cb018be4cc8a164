"""Frozen prompts with what their answers must be, asked of an engine and judged by the checks of `npc test`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from npc_sdk.backend import GREEDY, Backend, CallSchema, Piece, Request
from npc_sdk.character import Character
from npc_sdk.errors import NpcError
from npc_sdk.line_parser import LineParser, RawCall, Speech
from npc_sdk.sheet_test import Expect
from npc_sdk.sheet_tests.judge import Answer, Scene, call_words, judge
from npc_sdk.tools import Call, parse_call
from train_demo_model.item import Item

MAX_TOKENS = 90
AT_ONCE = 16
SHORT_PROMPT = 1_024
"""Facts in longer prompts have a row of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one item or one natural test.

    Args:
        id, row, column: as in `Item`.
        tokens: of the prompt; 0 if nobody counted.
        why: what is wrong with the answer; empty for a good one.
        asked: the player's last line.
        said: the answer.
    """

    id: str
    row: str
    column: str
    tokens: int
    why: tuple[str, ...]
    asked: str
    said: str

    @property
    def ok(self) -> bool:
        """Whether the answer is right."""
        return not self.why


async def ask_all(
    items: Sequence[Item], backend: Backend, on_one: Callable[[], None] = lambda: None
) -> list[Verdict]:
    """Asks and judges all items, several at once.

    Args:
        items: what to ask.
        backend: continues prompts; it stays open.
        on_one: is told of each answer.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: Item) -> Verdict:
        async with room:
            verdict = await _ask(item, backend)
        on_one()
        return verdict

    return list(await asyncio.gather(*(one(item) for item in items)))


def judge_text(item: Item, text: str) -> tuple[str, ...]:
    """What is wrong with a raw line of a model, in words; empty if nothing is."""
    answer = _answer(item, text)
    expected = Expect.model_validate({name: value for name, value in item.checks.items() if name != "regex"})
    heard = [item.system, json.dumps(item.tools), *item.contexts, *(message["content"] for message in item.messages)]
    why = [miss.why for miss in judge(expected, answer, Scene(_stand_in(item.system), heard[-1], heard))]
    patterns = item.checks.get("regex", ())
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if not re.search(pattern, answer.text, re.IGNORECASE):
            why.append(f"nothing in the answer matches {pattern!r}")
    if (
        expected.tool
        and answer.calls
        and not why
        and answer.calls[0].arguments.keys() != expected.tool.arguments.keys()
    ):
        why.append(f"other arguments than wanted: {call_words(answer.calls[0])}")
    return tuple(why)


async def _ask(item: Item, backend: Backend) -> Verdict:
    prompt = item.prompt
    ids = backend.codec.encode(prompt)
    text = ""
    try:
        request = Request(
            request_id=item.id,
            prompt=prompt,
            prompt_ids=ids,
            max_tokens=MAX_TOKENS,
            sampling=GREEDY,
            guard_speech=True,
        )
        async with aclosing(backend.stream(request)) as stream:
            async for piece in stream:
                text += piece.text if isinstance(piece, Piece) else ""
        why = judge_text(item, text)
    except NpcError as exc:
        why = (f"{exc.code}: {exc.message}",)
    row = item.row
    if row in ("fact", "fact_long"):
        row = "fact" if len(ids) <= SHORT_PROMPT else "fact_long"
    asked = item.messages[-1]["content"]
    return Verdict(id=item.id, row=row, column=item.column, tokens=len(ids), why=why, asked=asked, said=text)


def _answer(item: Item, text: str) -> Answer:
    """The spoken text and the calls of a raw line; a call that is none of the tools' counts as one without a name."""
    parser = LineParser()
    offered = [CallSchema(tool["name"], tool["parameters"]) for tool in item.tools]
    parts = [*parser.feed(text), *parser.finish()]
    spoken = "".join(part.text for part in parts if isinstance(part, Speech))
    return Answer(spoken, tuple(_calls([part for part in parts if isinstance(part, RawCall)], offered)))


def _calls(parts: Sequence[RawCall], offered: Sequence[CallSchema]) -> Iterator[Call]:
    for part in parts:
        try:
            yield parse_call(part.text, offered)
        except NpcError:
            yield Call(f"malformed: {part.text}", {})


def _stand_in(system: str) -> Character:
    """A character that says of itself what the first line of the prompt says."""
    opening = system.split("\n", 1)[0][:390].strip() or "nobody"
    named = re.match(r"You are ([^,.\n]+)", opening)
    name = named[1].strip() if named else "Nobody"
    return Character.model_validate(
        {"schema": "npc/1", "id": "stand_in", "name": name, "identity": {"role": opening}}
    )
