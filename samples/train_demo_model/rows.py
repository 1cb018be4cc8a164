"""Token rows: what a document becomes before it is laid into batches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from train_demo_model.document import KEY_WEIGHT, Piece

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


def row_of(pieces: Sequence[Piece], tokenizer: Tokenizer) -> Row | None:
    """The row of a document's pieces, cut to the window; None if nothing is left to learn.

    Args:
        pieces: its text.
        tokenizer: turns text into ids.
    """
    encoded: list[Any] = tokenizer.encode_batch([piece.text for piece in pieces], add_special_tokens=False)
    parts = [np.asarray(part.ids, np.int32) for part in encoded]
    weights = [_weights(piece, part) for piece, part in zip(pieces, encoded, strict=True)]
    row = Row(np.concatenate(parts)[:WINDOW], np.concatenate(weights)[:WINDOW])
    return row if (row.weights >= 1.0).sum() >= MIN_LEARNED else None


def _weights(piece: Piece, encoded: Any) -> NDArray[np.float32]:
    weights = np.full(len(encoded.ids), piece.weight, np.float32)
    if piece.keys:
        text = piece.text.casefold()
        starts, ends = np.asarray(encoded.offsets, np.int32).reshape(-1, 2).T
        for key in piece.keys:
            at = text.find(key.casefold())
            if at >= 0:
                weights[(starts < at + len(key)) & (ends > at)] = piece.weight * KEY_WEIGHT
    return weights


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
