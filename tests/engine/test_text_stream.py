"""Text of tokens: never a broken character, never a part of a stop, and nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.engine.text_stream import BROKEN, TextStream
from npc_sdk.events import EndReason

STOP_ID = 999


def decode_bytes(ids: Sequence[int]) -> str:
    """A tokenizer with one id per byte: every character but ASCII is split."""
    return bytes(ids).decode("utf-8", errors="replace")


def encode_bytes(text: str) -> tuple[int, ...]:
    return tuple(text.encode())


def decode_pieces(pieces: Sequence[str]) -> Any:
    """A tokenizer whose ids are whole pieces and which drops a leading space, as SentencePiece's does."""

    def decode(ids: Sequence[int]) -> str:
        return "".join(pieces[token] for token in ids).removeprefix(" ")

    return decode


def push_all(stream: TextStream, ids: Sequence[int]) -> list[str]:
    shown = []
    for token in ids:
        shown.append(stream.push(token))
        if stream.stopped:
            break
    return shown


def byte_stream(*stops: str) -> TextStream:
    return TextStream(decode_bytes, encode_bytes, stop_ids={STOP_ID}, stop_texts=stops)


def reference(text: str, stops: Sequence[str]) -> str:
    """What may be shown of a whole text that ended by itself."""
    places = [place for place in (text.find(stop) for stop in stops) if place >= 0]
    return text[: min(places, default=len(text))].rstrip()


ALPHABET = "ab<>/ \n.é🙂漢\u200d"
STOPS = ("<ab>", "\n\n", "ab🙂", "<extra_id_1>")


@settings(max_examples=400)
@given(st.text(ALPHABET, max_size=40), st.sets(st.sampled_from(STOPS)))
def test_pieces_are_the_text_up_to_the_first_stop(text: str, stops: set[str]) -> None:
    stream = byte_stream(*stops)
    pieces = push_all(stream, encode_bytes(text))
    pieces.append(stream.finish(EndReason.DONE))
    # A stop ends the line when its last byte comes, so of two that overlap the one that ends first decides.
    seen = decode_bytes(stream._tokens)
    assert "".join(pieces) == reference(seen, sorted(stops))
    assert decode_bytes(stream.ids()) == "".join(pieces)
    assert stream.stopped == any(stop in text for stop in stops)


@settings(max_examples=400)
@given(st.text(ALPHABET, max_size=30), st.sampled_from(STOPS), st.text(ALPHABET, max_size=8))
def test_no_part_of_a_stop_is_ever_shown(before: str, stop: str, after: str) -> None:
    text = before + stop + after
    stream = byte_stream(stop)
    shown = ""
    for token in encode_bytes(text):
        shown += stream.push(token)
        assert text[: text.index(stop)].startswith(shown)
        if stream.stopped:
            break
    assert stream.stopped


@settings(max_examples=300)
@given(st.lists(st.integers(0, 255), max_size=60))
def test_broken_bytes_are_never_shown(ids: list[int]) -> None:
    stream = byte_stream("<stop>")
    shown = "".join([*push_all(stream, ids), stream.finish(EndReason.LENGTH)])
    assert BROKEN not in shown
    whole = decode_bytes(ids).replace(BROKEN, "")
    assert whole.startswith(shown)
    assert decode_bytes(stream.ids()).replace(BROKEN, "") == shown


@settings(max_examples=200)
@given(st.text(ALPHABET, max_size=40), st.sampled_from([EndReason.LENGTH, EndReason.CANCELLED, EndReason.DEADLINE]))
def test_a_line_that_is_cut_off_shows_no_beginning_of_a_stop(text: str, reason: EndReason) -> None:
    stream = byte_stream("<extra_id_1>")
    shown = "".join([*push_all(stream, encode_bytes(text)), stream.finish(reason)])
    assert shown == text.removesuffix("<").rstrip()
    assert encode_bytes(shown) == stream.ids()


@settings(max_examples=200)
@given(st.lists(st.integers(0, 6), max_size=30))
def test_tokens_of_several_letters_and_a_dropped_leading_space(ids: list[int]) -> None:
    pieces = [" Hello", " ", "st", "op now", ", ", "\n", "🙂 x"]
    decode = decode_pieces(pieces)
    stream = TextStream(decode, lambda text: (text,), stop_texts=["stop"])  # type: ignore[arg-type,return-value]
    shown = "".join([*push_all(stream, ids), stream.finish(EndReason.DONE)])
    assert shown == reference(decode(stream._tokens), ["stop"])


def test_a_control_token_ends_the_line_and_what_was_held_is_shown() -> None:
    stream = byte_stream("<extra_id_1>")
    assert push_all(stream, [*encode_bytes("a <"), STOP_ID]) == ["a", "", "", ""]
    assert stream.stopped
    assert stream.finish(EndReason.DONE) == " <"
    assert stream.ids() == encode_bytes("a <")


def test_a_stop_that_starts_within_a_token_keeps_the_text_before_it() -> None:
    pieces = ["Go", " THEEND", " TH"]
    stream = TextStream(
        lambda ids: "".join(pieces[token] for token in ids),
        lambda text: (pieces.index(text),),
        stop_texts=["EEND"],
    )
    assert push_all(stream, [0, 1]) == ["Go", " TH"]
    assert stream.ids() == (0, 2)


def test_white_space_waits_for_what_follows() -> None:
    stream = byte_stream()
    assert push_all(stream, encode_bytes(" a \n b \n")) == ["", " a", "", "", "", " \n b", "", ""]
    assert stream.finish(EndReason.DONE) == ""
    assert stream.ids() == encode_bytes(" a \n b")


def test_an_empty_line_has_no_ids() -> None:
    stream = byte_stream("<extra_id_1>")
    assert stream.finish(EndReason.CANCELLED) == ""
    assert stream.ids() == ()


def test_the_demo_tokenizers_emoji_come_whole(codec: Any) -> None:
    text = "Well 🙂👩‍🚀 met, café 漢字!"
    ids = codec.encode_text(text)
    stream = TextStream(codec.decode, codec.encode_text, stop_ids={5}, stop_texts=codec.stops)
    pieces = [*push_all(stream, [*ids, 210, 5]), stream.finish(EndReason.DONE)]
    assert "".join(pieces) == text
    assert stream.ids() == ids


@pytest.mark.parametrize("stop", ["<extra_id_1>", "</s>"])
def test_a_stop_spelt_in_ordinary_tokens_ends_the_line(codec: Any, stop: str) -> None:
    spelt = [token for letter in stop for token in codec.encode_text(letter)]
    assert len(spelt) == len(stop)
    stream = TextStream(codec.decode, codec.encode_text, stop_ids={2, 5}, stop_texts=codec.stops)
    shown = push_all(stream, [*codec.encode_text("Aye."), *spelt])
    assert stream.stopped
    assert "".join(shown) == "Aye."
    assert stream.ids() == codec.encode_text("Aye.")
