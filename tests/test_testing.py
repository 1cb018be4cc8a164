"""The scripted backend says what a test tells it, as an engine would."""

from __future__ import annotations

import pytest

from npc_sdk.backend import Finished, Message, Piece, Prompt, Request, Role
from npc_sdk.errors import EngineClosed, QueueFull
from npc_sdk.events import EndReason
from npc_sdk.testing import CharacterCodec, ScriptedBackend

PROMPT = Prompt(system="You are Mira.", messages=(Message(Role.USER, "Hi"),))


def request(**changes: object) -> Request:
    ids = CharacterCodec().encode(PROMPT)
    return Request(**({"request_id": "r", "prompt": PROMPT, "prompt_ids": ids, "max_tokens": 50} | changes))  # type: ignore[arg-type]


async def test_a_line_comes_in_pieces_and_then_finished() -> None:
    backend = ScriptedBackend(["Well met."], piece_chars=5)
    *pieces, last = [item async for item in backend.stream(request())]
    assert pieces == [Piece("Well "), Piece("met.")]
    assert isinstance(last, Finished)
    assert (last.reason, last.ids) == (EndReason.DONE, tuple(map(ord, "Well met.")))
    assert (last.usage.prompt_tokens, last.usage.rounds) == (len(backend.requests[0].prompt_ids), 1)


async def test_cancel_deadline_and_length_end_it() -> None:
    backend = ScriptedBackend(["Well met."] * 3)
    backend.cancel("r")
    for changes, reason in (({}, "cancelled"), ({"deadline_s": -1.0}, "deadline"), ({"max_tokens": 4}, "length")):
        *_, last = [item async for item in backend.stream(request(**changes))]
        assert isinstance(last, Finished)
        assert last.reason == reason


async def test_an_error_in_the_script_is_raised_and_a_used_up_script_says_so() -> None:
    backend = ScriptedBackend([QueueFull("full")])
    with pytest.raises(QueueFull):
        await anext(backend.stream(request()))
    with pytest.raises(AssertionError, match="only 1 lines"):
        await anext(backend.stream(request()))
    await backend.aclose()
    await backend.aclose()
    with pytest.raises(EngineClosed):
        await anext(backend.stream(request()))


def test_the_codec_has_one_id_per_character() -> None:
    codec = CharacterCodec()
    assert "".join(map(chr, codec.encode(PROMPT))) == codec.render(PROMPT)
    assert codec.count("abc") == 3
