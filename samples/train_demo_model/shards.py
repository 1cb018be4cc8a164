"""Shards: a fixed number of documents laid into batches, each a pure function of the plan and the shard's number.

So what a run sees does not depend on how many processes make it, and a run that stops goes on at the very step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from train_demo_model.books import Books
from train_demo_model.document import Piece
from train_demo_model.rows import Row, row_of, thin_out

HELD_OUT_SHARD = -1
"""The number of the shard that the held-out loss is measured on; training shards count from 0."""

HELD_OUT_DOCUMENTS = 48

MIN_MEAN_TOKENS = 256
"""A batch holds at most so many documents as if each had so many tokens: on CUDA each, even an empty one, costs."""

SOURCE = "train_demo_model.dialogue:documents"
"""The generator: `documents(seed, split=..., long_share=...)` gives documents without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardPlan:
    """What every shard is made like.

    Args:
        seed: another seed, other documents.
        tokenizer: path of a tokenizer.json.
        documents: how many dialogues a shard holds.
        step_tokens: about how many tokens an optimizer step sees.
        batch_tokens: most tokens of one forward pass; at least a window.
        source: `module:function` of the generator.
        books: path of the books, None for none.
        books_share: share of the tokens that come from books.
        light_share: share of the lightly weighted tokens whose loss is taken.
        long_share: share of long dialogues.
    """

    seed: int
    tokenizer: Path
    documents: int
    step_tokens: int
    batch_tokens: int
    source: str = SOURCE
    books: Path | None = None
    books_share: float = 0.12
    light_share: float = 1 / 6
    long_share: float = 0.1


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole documents end to end.

    Args:
        ids: all tokens.
        positions: of each token in its document.
        ends: 0, then where each document ends.
        places: those positions that predict a token that counts.
        targets: the tokens to predict there.
        weights: how much each counts.
    """

    ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    ends: NDArray[np.int32]
    places: NDArray[np.int32]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return len(self.ids)


Step = list[Batch]


class ShardStopped(Exception):
    """A shard was no longer wanted while it was made."""


def make_shard(plan: ShardPlan, number: int, wanted: Callable[[], bool] = lambda: True) -> list[Step]:
    """The steps of shard `number`.

    Args:
        plan: what it is like.
        number: which.
        wanted: asked before each document.

    Raises:
        ShardStopped: if it is not wanted any more.
    """
    dice = random.Random(f"{plan.seed}/{number}")
    rows = [thin_out(row, plan.light_share, dice) for row in _rows(plan, number, dice, wanted)]
    dice.shuffle(rows)
    batches = [batch_of(members) for members in _packs(rows, min(plan.batch_tokens, plan.step_tokens))]
    return _steps(batches, plan.step_tokens, dice)


@cache
def held_out_shard(plan: ShardPlan) -> list[Step]:
    """What the held-out loss is measured on: always the same documents, of words that training never sees."""
    return make_shard(replace(plan, documents=HELD_OUT_DOCUMENTS, books=None, light_share=1.0), HELD_OUT_SHARD)


def batch_of(rows: Sequence[Row]) -> Batch:
    """The rows, end to end."""
    weights = [np.append(row.weights[1:], np.float32(0)) for row in rows]  # a position predicts the token after it
    ids = np.concatenate([row.ids for row in rows])
    flat = np.concatenate(weights)
    places = np.flatnonzero(flat).astype(np.int32)
    ends = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    positions = np.concatenate([np.arange(len(row), dtype=np.int32) for row in rows])
    return Batch(ids, positions, ends, places, ids[places + 1].astype(np.int64), flat[places])


def source_of(name: str) -> Any:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _rows(plan: ShardPlan, number: int, dice: random.Random, wanted: Callable[[], bool]) -> list[Row]:
    tokenizer = _tokenizer(plan.tokenizer)
    split = "in" if number == HELD_OUT_SHARD else "train"
    source = source_of(plan.source)(dice.getrandbits(48), split=split, long_share=plan.long_share)
    rows: list[Row] = []
    for document in islice(source, plan.documents):
        if not wanted():
            raise ShardStopped(f"shard {number}")
        row = row_of(document.pieces(), tokenizer)
        if row is not None:
            rows.append(row)
    if plan.books is not None:
        rows.extend(_book_rows(plan, sum(map(len, rows)), tokenizer, dice))
    return rows


def _book_rows(plan: ShardPlan, others: int, tokenizer: Tokenizer, dice: random.Random) -> Iterable[Row]:
    assert plan.books is not None
    books = _books(plan.books)
    missing = plan.books_share / (1 - plan.books_share) * others
    while missing > 0:
        passage = row_of([Piece(books.passage(dice), 1.0)], tokenizer)
        if passage is not None:
            missing -= len(passage)
            yield passage


def _packs(rows: Sequence[Row], capacity: int) -> list[list[Row]]:
    """Rows dealt into batches of `capacity` tokens and a bounded number, long ones first, into the first with room.

    A row that is longer has a batch of its own.
    """
    packs: list[list[Row]] = []
    room: list[int] = []
    most = max(1, capacity // MIN_MEAN_TOKENS)
    for row in sorted(rows, key=len, reverse=True):
        fits = (index for index, left in enumerate(room) if left >= len(row) and len(packs[index]) < most)
        place = next(fits, len(packs))
        if place == len(packs):
            packs.append([])
            room.append(capacity)
        packs[place].append(row)
        room[place] -= len(row)
    return packs


def _steps(batches: list[Batch], step_tokens: int, dice: random.Random) -> list[Step]:
    """Batches dealt out to steps of about equal size, the large ones first."""
    count = min(len(batches), max(1, round(sum(batch.tokens for batch in batches) / step_tokens)))
    steps: list[Step] = [[] for _ in range(count)]
    sizes = [0] * count
    dice.shuffle(batches)
    for batch in sorted(batches, key=lambda batch: -batch.tokens):
        lightest = sizes.index(min(sizes))
        steps[lightest].append(batch)
        sizes[lightest] += batch.tokens
    dice.shuffle(steps)
    return steps


@cache
def _tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


@cache
def _books(path: Path) -> Books:
    return Books(path)
