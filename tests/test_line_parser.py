"""Speech never shows a control token, calls come whole, and both are the same however the text is cut into pieces."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from npc_sdk.chat_format import CALL_END, CALL_START, CONTROL_TOKENS
from npc_sdk.line_parser import MAX_CALL_CHARS, LineParser, RawCall, Speech

BITS = [*CONTROL_TOKENS, *"<>/ \nab", "<to", "ol>", "call>", '{"name": "x"}', "Well met."]
TEXTS = st.lists(st.sampled_from(BITS), max_size=15).map("".join)


def parse(pieces: Sequence[str]) -> tuple[str, list[RawCall]]:
    parser, speech, calls = LineParser(), "", []
    for parts in [*map(parser.feed, pieces), parser.finish()]:
        for part in parts:
            if isinstance(part, Speech):
                assert part.text
                speech += part.text
                assert not [token for token in CONTROL_TOKENS if token in speech]
            else:
                calls.append(part)
    return speech, calls


@given(text=TEXTS, size=st.integers(1, 9))
@example(text="<too<s>l>", size=1)
@example(text="a <s> ", size=1)
def test_any_cut_into_pieces_gives_the_same_speech_and_calls(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    speech, calls = parse(pieces)
    assert (speech, calls) == parse([text])
    assert speech == speech.strip()


def test_calls_come_whole_and_text_after_a_call_is_not_spoken() -> None:
    text = f" Here. {CALL_START} one {CALL_END} and {CALL_START}two{CALL_END} more"
    assert parse([*text]) == ("Here.", [RawCall("one"), RawCall("two")])


def test_a_call_without_an_end_is_told_as_incomplete() -> None:
    assert parse(["Hm ", CALL_START, " half"]) == ("Hm", [RawCall(" half", complete=False)])


def test_a_call_over_the_limit_is_incomplete_in_one_piece_or_in_many() -> None:
    text = CALL_START + "z" * (MAX_CALL_CHARS + 50) + CALL_END
    assert parse([text]) == parse([*text]) == ("", [RawCall("z" * MAX_CALL_CHARS, complete=False)])
    longest = "z" * MAX_CALL_CHARS
    assert parse([*f"{CALL_START}{longest}{CALL_END}"]) == ("", [RawCall(longest)])


def test_half_a_token_at_the_end_is_dropped_and_an_angle_that_is_none_is_spoken() -> None:
    assert parse(["Aye <tool"]) == ("Aye", [])
    assert parse([*"I <3 you, 2 < 3"]) == ("I <3 you, 2 < 3", [])


def test_speech_comes_as_early_as_is_safe() -> None:
    parser = LineParser()
    assert parser.feed("Well") == [Speech("Well")]
    assert parser.feed(" <") == []
    assert parser.feed("3") == [Speech(" <3")]
