"""Lines that go round are found on their tokens; what people say is let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.engine.loop_guard import LOOP_TOKENS, MAX_REPEATS, LoopGuard


def first_refused(tokens: list[int]) -> int | None:
    """The place of the first token that would loop."""
    guard = LoopGuard()
    for place, token in enumerate(tokens):
        if guard.would_loop(token):
            return place
        guard.note(token)
    return None


def most(length: int) -> int:
    return next(repeats for longest, repeats in MAX_REPEATS if length <= longest)


@pytest.mark.parametrize("length", range(1, LOOP_TOKENS + 1))
@pytest.mark.parametrize("before", [0, 7])
def test_a_run_may_stand_so_often_and_not_once_more(length: int, before: int) -> None:
    head, run = list(range(1000, 1000 + before)), list(range(length))
    assert first_refused(head + run * most(length)) is None
    assert first_refused(head + run * (most(length) + 1)) == before + length * most(length)


def brute_force(tokens: list[int], token: int) -> bool:
    text = [*tokens, token]
    for length in range(1, LOOP_TOKENS + 1):
        size = length * most(length) + 1
        if len(text) >= size and all(text[-index] == text[-index - length] for index in range(1, size - length + 1)):
            return True
    return False


@given(st.lists(st.integers(0, 2), max_size=200))
def test_it_finds_what_a_plain_search_finds(tokens: list[int]) -> None:
    guard, taken = LoopGuard(), []
    for token in tokens:
        assert guard.would_loop(token) == brute_force(taken, token)
        if not guard.would_loop(token):
            guard.note(token)
            taken.append(token)


@pytest.mark.parametrize(
    "text",
    [
        "Ha ha ha ha ha ha!",
        "No, no, no, no. Never.",
        "One gold, two gold, three gold, four gold, five gold.",
        "That is 1,000,000,000,000 gold, or 100000000 silver.",
        "I don't know. I don't know. I don't know.",
        "La la la, la la la, la la la.",
        "Hmm..... Wait... what?!",
        "Row, row, row your boat. Row, row, row your boat. Row, row, row your boat, gently down the stream.",
    ],
)
def test_what_people_say_is_let_through(text: str, codec: object) -> None:
    assert first_refused(list(codec.encode_text(text))) is None  # type: ignore[attr-defined]


def test_endless_words_and_sentences_are_not(codec: object) -> None:
    for text in ("Old " * 40, "I keep the forge hot and the door open. " * 8, "aaaa" * 40):
        assert first_refused(list(codec.encode_text(text))) is not None  # type: ignore[attr-defined]
