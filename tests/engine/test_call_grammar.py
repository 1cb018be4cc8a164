"""Whatever is drawn, a call that is held to its grammar is valid, and it is never cut off."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest

from npc_sdk.backend import CallSchema
from npc_sdk.chat_format import CALL_END, call_text
from npc_sdk.engine.call_grammar import MAX_GRAMMARS, CallGrammars
from npc_sdk.engine.nemotron_codec import NemotronCodec
from tests.engine.helpers import VOCABULARY
from tests.engine.random_schemas import Scores, Tools, require_valid, write


@pytest.fixture(scope="module")
def grammars(codec: NemotronCodec) -> CallGrammars:
    return CallGrammars(codec, VOCABULARY)


def tool(**fields: Any) -> CallSchema:
    return CallSchema("give", {"type": "object", "properties": fields, "required": list(fields)})


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_calls_of_random_tools_are_valid(codec: NemotronCodec, part: int) -> None:
    grammars, tools, scores = CallGrammars(codec, VOCABULARY), Tools(part), Scores(part)
    rooms = [1, 1, 12, 60, 400]  # the least that a call may begin with, and more
    for index in range(500):
        offered = tools.some()
        grammar = grammars.compile(offered)
        assert grammar is not None
        for room in rooms:
            left = grammar.room_tokens + room - 1
            ids = write(grammar.open(), grammar.vocabulary, left, scores)
            text = codec.decode(ids)
            assert text.endswith(CALL_END), (part, index)
            require_valid(text.removesuffix(CALL_END), offered)


def test_the_text_that_a_model_was_trained_on_is_a_call(codec: NemotronCodec, grammars: CallGrammars) -> None:
    arguments = {"item": "iron bar", "count": 2, "to": {"name": 'Élan "X"', "near": True}, "tags": ["a", "b"]}
    offered = tool(
        item={"enum": ["rope", "iron bar"]},
        count={"type": "integer", "minimum": 1},
        to={"type": "object", "properties": {"name": {"type": "string"}, "near": {"type": "boolean"}}},
        tags={"type": "array", "items": {"type": "string"}},
    )
    grammar = grammars.compile([offered])
    assert grammar is not None
    call = grammar.open()
    for token in codec.encode_text(call_text("give", arguments))[1:]:
        assert not call.is_over
        bits = call.mask()
        assert bits is not None
        assert bits[token // 8] >> token % 8 & 1, codec.decode([token])
        call.note(token)
    assert call.is_over
    assert not call._matcher.is_error()


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {"n": {"type": "integer", "minimum": 5, "maximum": 3}}, "required": ["n"]},
        {"type": "object", "properties": {"n": {"not": {"type": "integer"}}}},
        {"type": "object", "required": ["n"]},
        {"type": "string"},
    ],
)
def test_a_tool_that_no_call_fits_is_left_out_and_told_of(
    grammars: CallGrammars, codec: NemotronCodec, parameters: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = CallSchema("bad", parameters), tool(item={"const": "rope"})
    with caplog.at_level(logging.WARNING):
        both, alone = grammars.compile([bad, good]), grammars.compile([bad])
    assert alone is None
    assert both is not None
    assert "The tool bad cannot be called" in caplog.text
    text = codec.decode(write(both.open(), both.vocabulary, 60, Scores(1)))
    assert require_valid(text.removesuffix(CALL_END), [good])["name"] == "give"


def test_without_tools_there_is_no_grammar(grammars: CallGrammars) -> None:
    assert grammars.find([]) == (True, None)


def test_grammars_are_kept_by_what_is_in_them_up_to_a_number(codec: NemotronCodec) -> None:
    grammars = CallGrammars(codec, VOCABULARY)
    first = grammars.compile([tool(item={"const": "rope"})])
    assert grammars.find([tool(item={"const": "rope"})]) == (True, first)
    for index in range(MAX_GRAMMARS):
        grammars.compile([tool(item={"const": index})])
    assert grammars.find([tool(item={"const": "rope"})]) == (False, None)
    assert len(grammars._known) == MAX_GRAMMARS


def test_other_threads_run_while_thousands_of_names_compile(grammars: CallGrammars) -> None:
    names = [f"thing number {index} of the long shelf" for index in range(4_000)]
    grammars.prepare()
    pauses: list[float] = []
    done = threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not done.wait(0.0005):
            now = time.perf_counter()
            pauses.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    grammar = grammars.compile([tool(item={"type": "string", "enum": names})])
    done.set()
    ticker.join()
    assert grammar is not None
    assert pauses  # it ran meanwhile; how smoothly is the bench's to tell
