"""What the tokenizer is trained on: dialogues, words that any slot may hold, and books."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from train_demo_model.books import Books
from train_demo_model.shards import SOURCE, source_of
from train_demo_model.words import BANKS

DOCUMENTS = 4_000
PASSAGES = 4_000
WORD_REPEATS = 3
"""A word that few documents hold still counts a little."""


def tokenizer_texts(seed: int, books: Path | None, documents: int = DOCUMENTS, source: str = SOURCE) -> Iterator[str]:
    """Texts in about the proportions in which a model reads them.

    Args:
        seed: of what is drawn.
        books: path of the books, None for none.
        documents: how many dialogues.
        source: the generator, as `module:function`.
    """
    for document in islice(source_of(source)(seed), documents):
        yield from (piece.text for piece in document.pieces())
    for words in sorted((BANKS / "words").glob("*.txt")):
        for word in words.read_text(encoding="utf-8").splitlines():
            for _ in range(WORD_REPEATS):
                yield word
    if books is not None:
        library, dice = Books(books), random.Random(seed)
        for _ in range(PASSAGES * documents // DOCUMENTS):
            yield library.passage(dice)
