"""A generator of a few short dialogues, to train on in a moment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from train_demo_model.document import Piece

NAMES = "Mira Borin Thalindra Kev Ottoline Jade".split()
THINGS = "sword lantern horseshoe teapot cabbage wheelbarrow".split()


@dataclass(frozen=True)
class SmallDocument:
    """One question and its answer."""

    name: str
    thing: str
    price: int

    def pieces(self) -> list[Piece]:
        """The text in runs, each with its weight."""
        system = f"<extra_id_0>System\nYou are {self.name}.\n- A {self.thing} costs {self.price} gold.\n\n"
        asked = f"<extra_id_1>User\nHow much is the {self.thing}?\n"
        return [
            Piece(system, 0.025),
            Piece(asked, 0.05),
            Piece("<extra_id_1>Assistant\n", 0.0),
            Piece(f"The {self.thing} is {self.price} gold, friend.\n", 1.0),
            Piece("<extra_id_1>", 1.0),
        ]


def documents(seed: int, split: str = "train", long_share: float = 0.0) -> Iterator[SmallDocument]:
    """Dialogues without end."""
    dice = random.Random(f"{seed}/{split}")
    while True:
        yield SmallDocument(dice.choice(NAMES), dice.choice(THINGS), dice.randint(2, 99))
