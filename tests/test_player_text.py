"""Text from outside is refused with a code or comes out fit for a prompt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.chat_format import CONTROL_TOKENS
from npc_sdk.errors import InputError, TextEmpty, TextInvalid, TextTooLong
from npc_sdk.player_text import MAX_PLAYER_CHARS, admit, was_changed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", TextEmpty),
        (" \n\x00", TextEmpty),
        ("\u200b\u2060", TextEmpty),
        ("a" * (MAX_PLAYER_CHARS + 1), TextTooLong),
        ("\ud800", TextInvalid),
        (b"hi", TextInvalid),
        (None, TextInvalid),
    ],
)
def test_bad_text_is_refused(text: Any, error: type[InputError]) -> None:
    with pytest.raises(error, match="The text"):
        admit(text, what="The text")


@given(
    st.lists(st.one_of(st.sampled_from([*CONTROL_TOKENS, "\x00", "<"]), st.text(max_size=5)), max_size=9).map("".join)
)
def test_admitted_text_is_plain_and_stripped(text: str) -> None:
    try:
        clean = admit(text, what="The text")
    except InputError:
        return
    assert clean == clean.strip() != ""
    assert not [token for token in CONTROL_TOKENS if token in clean]
    assert not was_changed(clean, clean)


def test_only_a_real_change_counts_as_one() -> None:
    assert not was_changed(" a\r\nb ", admit(" a\r\nb ", what="x"))
    assert was_changed("a\x00", admit("a\x00", what="x"))
    assert was_changed("<s>", admit("<s>", what="x"))
