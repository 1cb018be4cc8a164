"""Token rows: what a document becomes before it is laid into batches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

WINDOW = 4096
MIN_LEARNED = 8
"""A document that is cut to the window must still hold so many tokens to learn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One document.

    Args:
        ids: its tokens.
        weights: how much each of them counts when it is predicted, 0 for not at all.
    """

    ids: NDArray[np.int32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


def row_of(pieces: Sequence[tuple[str, float]], tokenizer: Tokenizer) -> Row | None:
    """The row of a document's pieces, cut to the window; None if nothing is left to learn.

    Args:
        pieces: its text in runs with one weight each; no token goes from one run to the next.
        tokenizer: turns text into ids.
    """
    encoded: list[Any] = tokenizer.encode_batch([text for text, _ in pieces], add_special_tokens=False)
    parts = [np.asarray(part.ids, np.int32) for part in encoded]
    weights = [np.full(len(part), weight, np.float32) for part, (_, weight) in zip(parts, pieces, strict=True)]
    row = Row(np.concatenate(parts)[:WINDOW], np.concatenate(weights)[:WINDOW])
    return row if (row.weights >= 1.0).sum() >= MIN_LEARNED else None


def thin_out(row: Row, share: float, dice: random.Random) -> Row:
    """The row with only `share` of its lightly weighted tokens kept, each for as many: the same loss on average.

    The scores of a token over the whole vocabulary cost as much as the layers below them, so those of a prompt are
    only sampled.
    """
    if share >= 1.0:
        return row
    generator = np.random.default_rng(dice.getrandbits(32))
    light = row.weights < 1.0
    kept = generator.random(len(row.weights)) < share
    weights = np.where(light, np.where(kept, row.weights / share, 0.0), row.weights)
    return Row(row.ids, weights.astype(np.float32))
