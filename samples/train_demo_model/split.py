"""Which texts and words training never sees, decided by a stable hash so that no list of them must be kept.

Three splits: `train`; `in`, phrasings of training with words that training never sees; `new`, unseen phrasings with
unseen words.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, TypeVar

Split = Literal["train", "in", "new"]

PHRASING_SHARE = 8
"""One of so many phrasings is held out."""

WORD_SHARE = 14
"""One of so many words is held out."""

FRAME_SHARE = 24
"""One of so many kinds of fact is held out whole."""

MIN_PHRASINGS = 3
"""Shorter lists of phrasings are not split."""

T = TypeVar("T")


@lru_cache(1 << 16)
def held(text: str, share: int) -> bool:
    """Whether `text` is one of the 1 in `share` that are held out."""
    return zlib.crc32(f"npc/{share}/{text.casefold()}".encode()) % share == 0


def phrasings(texts: Sequence[T], split: Split, key: Callable[[T], str] = str) -> list[T]:
    """Those of `texts` that belong to `split`.

    Args:
        texts: ways of saying one thing.
        split: of them only the held-out ones are `new`.
        key: the text that is hashed.

    Returns:
        for `new` the held-out ones, maybe none; else the others.
    """
    if len(texts) < MIN_PHRASINGS:
        return [] if split == "new" else list(texts)
    unseen = [text for text in texts if held(key(text), PHRASING_SHARE)]
    if len(unseen) == len(texts):
        unseen = []
    return unseen if split == "new" else [text for text in texts if text not in unseen]
