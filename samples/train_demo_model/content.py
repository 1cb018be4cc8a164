"""The words of a text that tell what it is about."""

from __future__ import annotations

from functools import lru_cache

_COMMON = frozenset(
    (
        "what where when does with there here much many have your about tell know ever this that they them from long "
        "kind sort happens anybody anyone anything somebody someone something people which would could should will "
        "right then than come give want need like still been being were into over just only really please heard hear "
        "more else says said talk speak explain think remember again also"
    ).split()
)
MIN_LETTERS = 4
"""Shorter words tell little."""


@lru_cache(1 << 12)
def content(text: str) -> frozenset[str]:
    """Its words of some length, without those that are in any question, without endings."""
    words = {word.strip(".,:;?!'\"()").removesuffix("'s").casefold() for word in text.split()}
    return frozenset(
        word.removesuffix("ed").removesuffix("s") for word in words - _COMMON if len(word) >= MIN_LETTERS
    )
