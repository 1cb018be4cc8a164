"""Frozen items for the judge: prompts whose words, and in the column `new` whose phrasings, training never sees."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from typing import Any, Literal

from npc_sdk.backend import Prompt, Role
from npc_sdk.character import Character
from npc_sdk.chat_format import CALL_END, CALL_START, render
from npc_sdk.sheet_test import Expect
from npc_sdk.sheet_tests.judge import Answer, Scene, judge
from npc_sdk.tools import Call
from train_demo_model.banks import Banks
from train_demo_model.dialogue import Dialogue
from train_demo_model.heldout_rows import ROWS, Row
from train_demo_model.item import Item
from train_demo_model.scene import Beat

Column = Literal["in", "new"]

ITEMS_A_ROW = 120
CHARS_A_TOKEN = 3.1
"""Of the tokenizer, about."""

_SEED = "held out"
_HISTORY = (0, 8)  # turns before the one that is judged
_MAX_TRIES = 1_000  # for one item


def items(banks: Banks, column: Column, items_a_row: int = ITEMS_A_ROW) -> Iterator[Item]:
    """The items of a column, the same every time."""
    for row in ROWS:
        if row.only_in and column != "in":
            continue
        count = round(items_a_row * row.share)
        for number in range(count):
            yield _item(banks, row, column, number, count)


def _item(banks: Banks, row: Row, column: Column, number: int, count: int) -> Item:
    for attempt in itertools.count():
        if attempt == _MAX_TRIES:
            raise RuntimeError(f"no item {number} of row {row.name} in column {column}")
        rng = random.Random(f"{_SEED}/{column}/{row.name}/{number}/{attempt}")
        made = _try(banks, row, column, rng, number / count)
        if made:
            prompt, beat, checks = made
            return Item(
                id=f"{column}-{row.name}-{number:04}",
                row=row.name,
                column=column,
                system=prompt.system,
                tools=list(prompt.tools),
                contexts=list(prompt.contexts),
                messages=[{"role": str(message.role), "content": message.content} for message in prompt.messages],
                checks=checks,
                gold=_gold(beat),
            )
    raise AssertionError


def _try(
    banks: Banks, row: Row, column: Column, rng: random.Random, part: float
) -> tuple[Prompt, Beat, dict[str, Any]] | None:
    dialogue = Dialogue(banks, rng, column, long=row.long, facts=row.facts(part), tools=row.tools)
    if not row.fits(dialogue.scene):
        return None
    dialogue.open()
    for _ in range(rng.randint(*_HISTORY)):
        if (beat := dialogue.next_beat()) and not dialogue.take(beat):
            break
    if row.before and ((earlier := row.before(dialogue.scene)) is None or not dialogue.take(earlier)):
        return None
    beat = rng.choice(row.exchanges)(dialogue.scene)
    if beat is None or not dialogue.fits(beat):
        return None
    asked = list(itertools.takewhile(lambda message: message.role is Role.USER, beat.messages))
    prompt = dialogue.prompt(*asked)
    checks = row.checks(dialogue.scene, beat, _gold(beat))
    tokens = len(render(prompt)) / CHARS_A_TOKEN
    if (
        checks is None
        or not row.takes(tokens, part)
        or not _passes(dialogue.scene.cast.character, prompt, checks, beat)
    ):
        return None
    return prompt, beat, checks


def _gold(beat: Beat) -> str:
    return next(message.content for message in beat.messages if message.role is Role.ASSISTANT)


def _passes(character: Character, prompt: Prompt, checks: dict[str, Any], beat: Beat) -> bool:
    """Whether the generator's own answer meets its checks: an item that it fails would judge nobody."""
    gold = _gold(beat)
    answer = Answer(gold)
    if gold.startswith(CALL_START):
        call = json.loads(gold.removeprefix(CALL_START).removesuffix(CALL_END))
        answer = Answer("", (Call(call["name"], call["arguments"]),))
    heard = [*prompt.contexts, *(message.content for message in prompt.messages)]
    expected = Expect.model_validate({key: value for key, value in checks.items() if key != "regex"})
    found = all(re.search(pattern, gold, re.IGNORECASE) for pattern in checks.get("regex", ()))
    return found and not judge(expected, answer, Scene(character, heard[-1], heard))
