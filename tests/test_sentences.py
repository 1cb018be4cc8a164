"""Sentences come whole, once what follows shows that they are over, however the text is cut into pieces."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from npc_sdk.sentences import MAX_SENTENCE_CHARS, SentenceSplitter

BITS = [*".!?…。！」\"')\n  ", "Mr.", "No.", "5", "e.g.", "etc.", "A.", "Hello", "you", "世界", "“", "word " * 130]


def split(pieces: Iterable[str]) -> list[str]:
    splitter = SentenceSplitter()
    found = [sentence for piece in pieces for sentence in splitter.feed(piece)]
    return found + splitter.flush()


@pytest.mark.parametrize(
    "sentences",
    [
        ["Well met.", "I am Mira!", "Who are you?"],
        ["Mr. Holt and Dr. Ash came.", "They left."],
        ["It costs 3.50 coins.", "No more."],
        ["J. R. Hartley wrote it.", "Aye."],
        ["He said no.", "Then he left."],
        ["See no. 5 for that.", "Good."],
        ["Well... maybe not.", "No."],
        ['"Stop!" he said.', '"Why?"', "I asked."],
        ["今日は。", "「行こう！」", "はい"],
        ["First line", "Second line"],
        ["1. Bring water.", "Then rest."],
        ["It was I.", "You knew."],
        ["Nails, iron, etc. are sold here.", "Buy some."],
        ["The last has no end"],
    ],
    ids=lambda sentences: sentences[0],
)
def test_sentences_are_split_where_a_reader_would(sentences: list[str]) -> None:
    text = ("\n" if sentences[0] == "First line" else "" if sentences[0] == "今日は。" else " ").join(sentences)
    assert split([text]) == sentences
    assert split(text) == sentences


@given(bits=st.lists(st.sampled_from(BITS), max_size=25), size=st.integers(1, 50))
@example(bits=["Hello", ".", " ", '"', "you"], size=1)
@example(bits=["word " * 130, "Hello", ".", " ", "Hello"], size=7)
def test_any_cut_into_pieces_gives_the_same_sentences_and_loses_nothing(bits: list[str], size: int) -> None:
    text = "".join(bits)
    found = split(text[at : at + size] for at in range(0, len(text), size))
    assert found == split([text])
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in found)


def test_a_run_without_an_end_is_cut_so_that_speech_can_start() -> None:
    found = SentenceSplitter().feed("word " * 200)
    assert found
    assert all(len(sentence) <= MAX_SENTENCE_CHARS for sentence in found)
