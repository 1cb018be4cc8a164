"""History goes whole, oldest first and down to its low-water mark, and never parts a call from its result."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.backend import Message, Role
from npc_sdk.errors import WindowExceeded
from npc_sdk.history import LOW_WATER_SHARE, History, Turn, TurnKind

PLAYER, EVENT, STATE = TurnKind.PLAYER, TurnKind.EVENT, TurnKind.STATE
LINE, CALL, RESULT = TurnKind.LINE, TurnKind.CALL, TurnKind.RESULT


def history_of(*kinds: TurnKind, chars: int = 10) -> History:
    return History([Turn(kind, str(number) * chars) for number, kind in enumerate(kinds)])


def count(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


def kinds_of(history: History) -> list[TurnKind]:
    return [turn.kind for turn in history.turns]


def test_a_history_with_room_is_not_cut() -> None:
    history = history_of(PLAYER, LINE, PLAYER, LINE)
    assert history.cut(count, 40, keep=0) == ()
    assert len(history.turns) == 4


def test_a_cut_drops_whole_exchanges_oldest_first_to_the_low_water_mark() -> None:
    history = history_of(PLAYER, LINE, PLAYER, CALL, RESULT, LINE, PLAYER, LINE, PLAYER)
    before = history.turns
    gone = history.cut(count, 80, keep=1)
    assert gone + history.turns == before
    assert len(gone) == 6
    assert count(history.messages()) <= 80 * LOW_WATER_SHARE


def test_the_kept_turns_stay_even_over_the_low_water_mark() -> None:
    history = history_of(PLAYER, LINE, PLAYER, CALL, RESULT)
    history.cut(count, 45, keep=3)
    assert kinds_of(history) == [PLAYER, CALL, RESULT]


def test_kept_turns_in_the_middle_of_an_exchange_keep_all_of_it() -> None:
    history = history_of(PLAYER, LINE, PLAYER, CALL, RESULT)
    history.cut(count, 45, keep=1)
    assert kinds_of(history) == [PLAYER, CALL, RESULT]


def test_kept_turns_that_do_not_fit_are_an_error_and_nothing_is_dropped() -> None:
    history = history_of(PLAYER, LINE, PLAYER, CALL, RESULT)
    before = history.turns
    with pytest.raises(WindowExceeded, match="30 tokens, there is room for 29"):
        history.cut(count, 29, keep=3)
    assert history.turns == before


@given(
    kinds=st.lists(
        st.sampled_from([(PLAYER, LINE), (EVENT,), (STATE, PLAYER, CALL, RESULT, RESULT, LINE)]), max_size=20
    ),
    room=st.integers(1, 400),
    keep=st.integers(0, 8),
)
def test_any_cut_is_of_whole_exchanges_and_fits(kinds: list[tuple[TurnKind, ...]], room: int, keep: int) -> None:
    history = history_of(*(kind for group in kinds for kind in group), chars=5)
    before = history.turns
    keep = min(keep, len(before))
    try:
        gone = history.cut(count, room, keep=keep)
    except WindowExceeded:
        assert history.turns == before
        return
    assert gone + history.turns == before
    assert len(history.turns) >= keep
    assert count(history.messages()) <= room
    if gone:
        assert history.turns[:1] == () or history.turns[0].role is Role.USER


def test_neighbouring_turns_of_the_players_side_are_one_message() -> None:
    history = history_of(STATE, EVENT, PLAYER, LINE, LINE, PLAYER, chars=1)
    assert [(message.role, message.content) for message in history.messages()] == [
        (Role.USER, "0\n1\n2"),
        (Role.ASSISTANT, "3"),
        (Role.ASSISTANT, "4"),
        (Role.USER, "5"),
    ]


def test_messages_carry_the_ids_that_the_model_generated() -> None:
    history = History([Turn(PLAYER, "a"), Turn(LINE, "b", (7, 8))])
    assert [message.ids for message in history.messages()] == [None, (7, 8)]


def test_told_state_is_what_the_remaining_turns_tell() -> None:
    first = Turn(STATE, "(a: 1; b: 2)", state={"a": "1", "b": "2"})
    history = History([first, Turn(PLAYER, "x"), Turn(STATE, "(b: none)", state={"b": ""})])
    assert history.told_state() == {"a": "1", "b": ""}
    history.forget([first])
    assert history.told_state() == {"b": ""}


def test_forget_takes_out_these_very_turns_and_no_equal_ones() -> None:
    one, same = Turn(LINE, "Aye."), Turn(LINE, "Aye.")
    history = History([one, same])
    history.forget([same])
    assert history.turns == (one,)
    assert history.turns[0] is one


def test_truncate_and_insert_before_newest() -> None:
    history = history_of(PLAYER, LINE, PLAYER)
    history.insert_before_newest(1, Turn(STATE, "(x: y)"))
    assert kinds_of(history) == [PLAYER, LINE, STATE, PLAYER]
    history.insert_before_newest(0, Turn(LINE, "last"))
    assert kinds_of(history)[-1] is LINE
    history.truncate(2)
    assert kinds_of(history) == [PLAYER, LINE]
