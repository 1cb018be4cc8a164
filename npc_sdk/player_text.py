"""Text from outside: refused when it is no text or too long, neutralised when it could steer the model."""

from __future__ import annotations

import re
from collections.abc import Mapping

from npc_sdk.chat_format import neutralise
from npc_sdk.errors import TextEmpty, TextInvalid, TextTooLong

MAX_PLAYER_CHARS = 4_000
"""Longest text of a player or an event, in characters."""

MAX_PLAYER_TOKENS = 600
"""Longest text of a player or an event, in tokens: what the history must be able to hold."""

MAX_STATE_CHARS = 200
"""Longest value of one state, in characters."""

MAX_STATE_KEYS = 32
"""Most states at once."""

_STATE_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


def was_changed(text: str, admitted: str) -> bool:
    """Whether `admit` took more from `text` than outer white space and the form of its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() != admitted


def admit(text: str, *, what: str, max_chars: int = MAX_PLAYER_CHARS) -> str:
    """`text`, fit for a prompt.

    Args:
        text: what came from outside.
        what: names it in errors, such as "the player's text".
        max_chars: longest allowed, in characters.

    Returns:
        the text neutralised, without outer white space.

    Raises:
        TextTooLong, TextInvalid, TextEmpty: see `npc_sdk.errors`.
    """
    if not isinstance(text, str):
        raise TextInvalid(f"{what} must be text, found {type(text).__name__}.")
    if len(text) > max_chars:
        raise TextTooLong(f"{what} has {len(text):,} characters, the limit is {max_chars:,}.")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise TextInvalid(f"{what} holds a lone surrogate at position {exc.start}.") from exc
    clean = neutralise(text).strip()
    if not any(char.isprintable() and not char.isspace() for char in clean):
        raise TextEmpty(f"{what} holds nothing to read.")
    return clean


def admit_state(changes: Mapping[str, str | None]) -> dict[str, str | None]:
    """Changes of the state, fit for a prompt, each on one line; None says that the thing is over.

    Raises:
        TextTooLong, TextInvalid, TextEmpty: see `npc_sdk.errors`.
    """
    clean: dict[str, str | None] = {}
    for key, value in changes.items():
        if not isinstance(key, str) or not _STATE_KEY.fullmatch(key):
            raise TextInvalid(f"A state's name is lower-case letters, digits and _, found {key!r}.")
        told = None if value is None else admit(value, what=key, max_chars=MAX_STATE_CHARS)
        clean[key] = None if told is None else " ".join(told.split())
    return clean
