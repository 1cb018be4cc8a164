"""What training never sees stays apart, by a hash that never changes."""

from __future__ import annotations

import random

import pytest
from train_demo_model.split import held, phrasings
from train_demo_model.words import Words, read_list

TEXTS = [f"text number {number}" for number in range(800)]


def test_the_hash_is_the_same_for_ever() -> None:
    assert [number for number in range(40) if held(f"text number {number}", 8)] == [
        number for number in range(40) if held(f"TEXT number {number}", 8)
    ]
    assert held("lantern", 14) == held("lantern", 14)
    assert sum(held(text, 8) for text in TEXTS) == pytest.approx(100, abs=30)


def test_phrasings_are_parted_and_none_is_lost() -> None:
    seen, unseen = phrasings(TEXTS, "train"), phrasings(TEXTS, "new")
    assert not set(seen) & set(unseen)
    assert sorted(seen + unseen) == sorted(TEXTS)
    assert phrasings(TEXTS, "in") == seen


def test_short_lists_and_lists_that_would_be_held_out_whole_are_not_parted() -> None:
    assert phrasings(TEXTS[:2], "train") == TEXTS[:2]
    assert phrasings(TEXTS[:2], "new") == []
    unseen = [text for text in TEXTS if held(text, 8)][:4]
    assert phrasings(unseen, "train") == unseen
    assert phrasings(unseen, "new") == []


def test_words_of_training_and_of_the_judge_share_nothing() -> None:
    train, judged = Words(random.Random(1), "train"), Words(random.Random(1), "in")
    for kind in ("thing", "lexicon", "first_name", "town", "role"):
        a, b = {train.of(kind) for _ in range(2_000)}, {judged.of(kind) for _ in range(2_000)}
        assert a
        assert b
        assert not a & b, kind
    assert not {train.coined() for _ in range(2_000)} & {judged.coined() for _ in range(2_000)}


def test_common_words_come_up_most_and_rare_ones_too() -> None:
    words, drawn = read_list("lexicon"), Words(random.Random(3), "train")
    places = [words.index(drawn.of("lexicon")) / len(words) for _ in range(2_000)]
    assert sum(place < 0.5 for place in places) > 1_200
    assert sum(place > 0.9 for place in places) > 60


def test_the_lexicon_is_open() -> None:
    words = [
        word for kind in ("thing", "gear", "noun", "lexicon", "role", "food", "plant") for word in read_list(kind)
    ]
    assert len(set(words)) > 10_000
    drawn = Words(random.Random(2), "train")
    things = {drawn.open("thing", "gear") for _ in range(4_000)}
    assert len(things) > 2_500
