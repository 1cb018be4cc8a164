"""Questions that a fact seems to answer and does not."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from train_demo_model.banks import load_banks
from train_demo_model.exchanges.absent import ask_beyond
from train_demo_model.frames import FrameReader
from train_demo_model.scene import plain
from train_demo_model.staging import new_scene

BADGER = """{P} won a badger at cards.
? Who won a badger? | Whose badger is it? => {P}. | {P} won it.
! What did {P} call the badger? | who did {P} play with
"""


def test_a_frame_may_have_them(tmp_path: Path) -> None:
    (tmp_path / "facts.txt").write_text(BADGER)
    frame = FrameReader(tmp_path / "facts.txt", []).frames()[0]
    assert [ask.text for ask in frame.beyond] == ["What did {P} call the badger?", "who did {P} play with"]


def test_they_name_nothing_that_the_statement_does_not(tmp_path: Path) -> None:
    faults: list[str] = []
    (tmp_path / "odd.txt").write_text(BADGER.replace("call the badger", "pay for {item}"))
    assert not FrameReader(tmp_path / "odd.txt", faults).frames()
    assert "['item']" in faults[0]


def test_they_are_answered_by_admitting_it_and_are_no_question_of_a_known_fact(tmp_path: Path) -> None:
    (tmp_path / "facts.txt").write_text(BADGER)
    frames = tuple(FrameReader(tmp_path / "facts.txt", []).frames())
    banks = replace(load_banks(), frames=frames, composed=(), settings={}, wares=(), kin={}, own=())
    asked = 0
    for seed in range(40):
        scene = new_scene(banks, random.Random(seed), "train", facts=2)
        beat = ask_beyond(scene)
        if beat is None:
            continue
        asked += 1
        assert beat.check
        assert beat.check.says == "dont_know"
        questions = [question for fact in scene.cast.facts for question in fact.frame.questions]
        assert plain(beat.asked) not in {plain(ask.text) for question in questions for ask in question.asks}
    assert asked > 10
