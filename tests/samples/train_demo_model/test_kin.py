"""Facts that are easily taken for each other."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from train_demo_model.banks import load_banks
from train_demo_model.casting import draw_cast
from train_demo_model.content import content
from train_demo_model.exchanges.facts import unambiguous
from train_demo_model.frames import FrameReader
from train_demo_model.kin import MAX_KIN, kin_by_word, words_of
from train_demo_model.staging import new_scene


def test_the_words_of_a_text_leave_out_those_of_any_question() -> None:
    assert content("What do you know about the ferry's anchors?") == {"ferry", "anchor"}


def test_kin_have_a_word_in_common_that_not_too_many_have(tmp_path: Path) -> None:
    texts = [f"{{P}} sells lanterns at stall {n}.\n? Who sells lanterns? => {{P}}." for n in range(3)]
    texts += ["{P} mends {items} by lamplight.\n? Who mends {items}? => {P}."]
    (tmp_path / "facts.txt").write_text("\n\n".join(texts))
    frames = FrameReader(tmp_path / "facts.txt", []).frames()
    assert {word: len(kin) for word, kin in kin_by_word(frames).items()} == {"sell": 3, "lantern": 3, "stall": 3}
    kin = load_banks().kin
    assert all(
        2 <= len(found) <= MAX_KIN and all(word in words_of(frame) for frame in found) for word, found in kin.items()
    )


def test_sheets_name_people_and_places_more_than_once() -> None:
    named, different = 0, 0
    for seed in range(10):
        cast = draw_cast(load_banks(), random.Random(seed), "train", facts=30, tools=0)
        names = [fact.values[slot] for fact in cast.facts for slot in fact.frame.slots if slot[0] in "PL"]
        named, different = named + len(names), different + len(set(names))
    assert different < named * 0.85


def test_a_question_whose_words_point_to_another_fact_is_not_asked() -> None:
    for seed in range(40):
        scene = new_scene(load_banks(), random.Random(f"rather/{seed}"), "train", facts=30)
        for fact in scene.cast.facts:
            for ask in (ask for question in fact.frame.questions for ask in question.asks):
                if not unambiguous(scene, fact, ask):
                    continue
                asked = content(ask.fill(fact.values))
                others = [len(asked & content(other.text)) for other in scene.cast.facts if other is not fact]
                assert max(others) <= max(1, len(asked & content(fact.text)))


def test_banks_that_hold_fewer_facts_than_asked_for_give_what_they_have() -> None:
    banks = load_banks()
    few = tuple(frame for frame in banks.frames if not frame.own)[:3]
    small = replace(banks, frames=few, composed=(), settings={}, wares=(), kin={})
    cast = draw_cast(small, random.Random(1), "train", facts=12, tools=0)
    assert {fact.frame for fact in cast.facts if fact.part == "facts"} <= set(few)
