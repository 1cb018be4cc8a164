"""Where a line ends: behind whole sentences, within its tokens, and out of loops."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from npc_sdk.backend import CallSchema, Request
from npc_sdk.chat_format import CALL_START
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.engine.speech_guard import ends_whole, whole_sentences
from npc_sdk.errors import InputError
from npc_sdk.events import EndReason
from tests.engine.helpers import Line, drain, random_ids, request
from tests.engine.test_constrained_calls import WAVE, require_all_valid

Says = Callable[..., Any]


@pytest.fixture
def say(make_engine: Any, tiny_model: Any, codec: NemotronCodec) -> Says:
    """What comes of a model that wants to say a text and then stop."""

    async def ask(text: str, max_tokens: int = 120, **options: Any) -> Line:
        model = copy.deepcopy(tiny_model)
        wanted = [*codec.encode_text(text), 2]
        asked: Request = request(random_ids(12, seed=1), max_tokens, **options)

        def push(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
            output[..., wanted[min(place[0], len(wanted) - 1)]] += 1e4
            place[0] += 1
            return output

        place = [0]
        model.lm_head.register_forward_hook(push)
        async with make_engine(model=model, codec=codec) as engine:
            return await drain(engine, asked)

    return ask


THREE = "Mr. Hale is out. He left at 3.5 bells! Will you wait?"


@pytest.mark.parametrize(
    ("most", "said"),
    [(None, THREE), (3, THREE), (2, "Mr. Hale is out. He left at 3.5 bells!"), (1, "Mr. Hale is out.")],
)
async def test_a_line_ends_behind_so_many_sentences(say: Says, most: int | None, said: str) -> None:
    line = await say(THREE, max_sentences=most)
    assert (line.text, line.end.reason) == (said, EndReason.DONE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"Off with you." She turns. Then she is gone.', '"Off with you." She turns.'),
        ('Wait. Go on. "What is it?" he asks.', "Wait. Go on."),
        ("*She nods.* Well. Come in.", "*She nods.* Well."),
        ("One\nTwo\nThree", "One\nTwo"),
        ("Well... maybe. No. Never.", "Well... maybe. No."),
    ],
)
async def test_nothing_of_the_next_sentence_is_said_not_even_its_quote(say: Says, text: str, said: str) -> None:
    assert (await say(text, max_sentences=2)).text == said


async def test_a_call_may_follow_the_last_sentence(say: Says) -> None:
    text = f'Of course. {CALL_START} {{"name": "wave", "arguments": {{"to": "Hale"}}}} </toolcall>'
    line = await say(text, max_sentences=1, calls=(WAVE,))
    assert line.text == text
    assert require_all_valid(line.text, (WAVE,)) == 1


async def test_a_line_near_its_limit_ends_with_its_last_whole_sentence(say: Says, codec: NemotronCodec) -> None:
    text = "The forge is hot and the iron is red. Mind the sparks. You can put your sword on the bench over there"
    whole = "The forge is hot and the iron is red. Mind the sparks."
    limit = len(codec.encode_text(whole)) + 2
    guarded, plain = await say(text, limit, guard_speech=True), await say(text, limit)
    assert (guarded.text, guarded.end.reason) == (whole, EndReason.LENGTH)
    assert plain.text.startswith(whole + " You")
    assert plain.end.reason is EndReason.LENGTH


async def test_a_line_of_looping_sentences_ends_on_a_whole_one(say: Says) -> None:
    line = await say("I keep the forge hot. " * 9, guard_speech=True)
    assert line.end.reason is EndReason.DONE
    assert line.text == " ".join(["I keep the forge hot."] * line.text.count("hot"))
    assert line.text.count("hot") <= 4
    assert (await say("I keep the forge hot. " * 9)).text.count("hot") == 9


async def test_a_word_that_goes_on_and_on_is_broken_off(say: Says) -> None:
    line = await say("Old " * 60, guard_speech=True)
    assert 1 < line.text.count("Old") <= 16
    assert (await say("Ha ha ha ha ha ha! Yes.", guard_speech=True)).text == "Ha ha ha ha ha ha! Yes."


async def test_items_of_a_call_may_repeat(say: Says) -> None:
    zeros = CallSchema("ring", {"type": "object", "properties": {"bells": {"type": "array", "items": {"const": 0}}}})
    text = f'{CALL_START} {{"name": "ring", "arguments": {{"bells": [{", ".join("0" * 24)}]}}}} </toolcall>'
    assert (await say(text, guard_speech=True, calls=(zeros,))).text == text


async def test_a_cap_of_no_sentences_is_refused(say: Says) -> None:
    with pytest.raises(InputError, match="max_sentences"):
        await say("Hi.", max_sentences=0)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("Hi.", 0), ("Hi. ", 0), ("Hi. T", 1), ("Hi. and", 0), ('Hi. "', 1), ("A\nB", 1)]
)
def test_sentences_count_once_something_else_begins(text: str, count: int) -> None:
    assert whole_sentences(text) == count


def test_whole_ends() -> None:
    assert all(map(ends_whole, ["Hi.", 'Hi." ', "Hm…", "*Hi.*", "好。"]))
    assert not any(map(ends_whole, ["", "Hi", "Hi. The", "Hi,"]))
