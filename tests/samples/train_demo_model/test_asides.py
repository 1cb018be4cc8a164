"""What players say beside their question."""

from __future__ import annotations

import random

from train_demo_model.banks import load_banks
from train_demo_model.exchanges.asides import ask_beside
from train_demo_model.staging import new_scene


def test_the_question_is_answered_and_what_was_told_is_remembered() -> None:
    told = heard = 0
    for seed in range(60):
        scene = new_scene(load_banks(), random.Random(f"aside/{seed}"), "train", facts=8)
        beat = ask_beside(scene)
        if beat is None:
            continue
        told, heard = told + bool(beat.told), heard + bool(beat.heard)
        assert beat.fact in scene.cast.facts
        if beat.check and beat.check.contains:
            assert all(value.casefold() in beat.messages[-1].content.casefold() for value in beat.check.contains)
    assert told > 5
    assert heard > 5
