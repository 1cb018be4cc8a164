"""A call knows how far its end is, and gets there with the tokens that are left."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from npc_sdk.backend import CallSchema
from npc_sdk.engine.call_grammar import CallGrammars
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.engine.open_call import closing, unpacked
from npc_sdk.line_parser import MAX_CALL_CHARS
from tests.engine.helpers import VOCABULARY
from tests.engine.random_schemas import CPU, Scores, Tools, require_valid, write


@pytest.fixture(scope="module")
def grammars(codec: NemotronCodec) -> CallGrammars:
    return CallGrammars(codec, VOCABULARY)


@pytest.mark.parametrize("seed", range(3))
def test_the_end_is_never_farther_than_thought(grammars: CallGrammars, seed: int) -> None:
    tools, scores = Tools(100 + seed), Scores(seed)
    for _ in range(25):
        grammar = grammars.compile(tools.some())
        assert grammar is not None
        call, vocabulary, reach = grammar.open(), grammar.vocabulary, grammar.reach
        favours = torch.zeros(VOCABULARY)
        favours[vocabulary.quotes] = 6.0
        before, written = reach.close_bytes, 0
        for _ in range(60):
            bits = call.mask()
            assert bits is not None
            allowed = unpacked(bits, CPU)[:VOCABULARY]
            token = int((scores.next(VOCABULARY) + favours).masked_fill(~allowed, -torch.inf).argmax())
            call.note(token)
            written += vocabulary.sizes[token]
            if call.is_over:
                break
            to_end = len(closing(call._matcher, vocabulary))
            assert to_end <= reach.close_bytes
            if written > reach.head_bytes:
                assert to_end <= before + reach.growth_bytes * (1 + vocabulary.signs[token])
            before = to_end


def test_a_call_of_many_long_texts_stays_short_enough_to_be_read(
    grammars: CallGrammars, codec: NemotronCodec
) -> None:
    texts = {"type": "array", "items": {"type": "string", "minLength": 200}}
    fields: dict[str, Any] = {f"list {index}": texts for index in range(4)}
    tool = CallSchema("write", {"type": "object", "properties": fields, "required": list(fields)})
    grammar = grammars.compile([tool])
    assert grammar is not None
    text = codec.decode(write(grammar.open(), grammar.vocabulary, 100_000, Scores(1))).removesuffix("</toolcall>")
    require_valid(text, [tool])
    assert len(text) <= MAX_CALL_CHARS


def test_a_mask_is_one_bit_for_each_token() -> None:
    assert unpacked(b"\x01\x82", CPU).tolist() == [True, *[False] * 8, True, *[False] * 5, True]
