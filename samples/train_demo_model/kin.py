"""Which kinds of facts share words: beside each other on a sheet they are easily taken for one another."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import cache

from train_demo_model.content import content
from train_demo_model.frames import Frame

MAX_KIN = 60
"""A word of more kinds of facts tells them apart from nothing."""


def kin_by_word(frames: Iterable[Frame]) -> Mapping[str, tuple[Frame, ...]]:
    """The frames that have a word in their own text, for every word that 2 to `MAX_KIN` of them have."""
    found: dict[str, list[Frame]] = {}
    for frame in frames:
        for word in words_of(frame):
            found.setdefault(word, []).append(frame)
    return {word: tuple(kin) for word, kin in found.items() if 2 <= len(kin) <= MAX_KIN}


def draw_kin(kin: Mapping[str, tuple[Frame, ...]], words: Iterable[str], rng: random.Random) -> Frame | None:
    """A kind of fact that has one of `words`; None if no several kinds have any of them."""
    shared = sorted(word for word in words if word in kin)
    return rng.choice(kin[rng.choice(shared)]) if shared else None


@cache
def words_of(frame: Frame) -> frozenset[str]:
    """What the statement is about, its slots apart."""
    return content(frame.statements[0].literal)
