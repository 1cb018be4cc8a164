"""From token ids to text, piece by piece: whole characters only, and never a part of a stop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from npc_sdk.events import EndReason

BROKEN = "\ufffd"
"""What decoders write for bytes that are no character (yet)."""

_CONTEXT_TOKENS = 6  # decoders that drop a leading space must see a few tokens before those that are new


@dataclass(frozen=True, slots=True)
class _Border:
    """A place where tokens and characters end together: after `tokens` tokens there are `chars` characters."""

    tokens: int
    chars: int


class TextStream:
    """The text of one line, in pieces whose sum is the text of `ids()`.

    Held back until more is known: bytes that are not yet a character, text that may be the start of a stop, and
    white space that may be the line's end. Bytes that never become a character are left out.

    Args:
        decode: ids to text, control tokens included.
        encode: text to ids; used when a stop starts within a token.
        stop_ids: tokens that end the line.
        stop_texts: texts that end the line, none empty.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        encode: Callable[[str], Sequence[int]],
        *,
        stop_ids: Collection[int] = (),
        stop_texts: Sequence[str] = (),
    ) -> None:
        self._decode = decode
        self._encode = encode
        self._stop_ids = frozenset(stop_ids)
        self._stop_texts = tuple(stop_texts)
        self._tokens: list[int] = []
        self._borders = [_Border(0, 0)]
        self._text = ""
        self._shown_chars = 0
        self._stop_at: int | None = None
        self.stopped = False

    def push(self, token: int) -> str:
        """The new text that may be shown after `token`; empty if none may."""
        if token in self._stop_ids:
            self.stopped = True
            return ""
        self._tokens.append(token)
        fresh = self._fresh_text()
        if fresh is None:
            return ""
        searched_from = len(self._text) - max((len(stop) for stop in self._stop_texts), default=0)
        self._text += fresh
        self._borders.append(_Border(len(self._tokens), len(self._text)))
        self._stop_at = self._find_stop(max(0, searched_from))
        self.stopped = self._stop_at is not None
        return self._show_to(self._safe_chars())

    @property
    def text(self) -> str:
        """All text so far, shown or not; a stop that is no single token is in it."""
        return self._text

    def peek(self, token: int) -> str:
        """What `text` would be behind `token`; nothing changes."""
        self._tokens.append(token)
        fresh = self._fresh_text()
        self._tokens.pop()
        return self._text + (fresh or "")

    def finish(self, reason: EndReason) -> str:
        """The rest of the text, once the line is over.

        A line that was cut off keeps back what may be the start of a stop; in one that ended by itself it was none.
        """
        if reason is EndReason.DONE and self._stop_at is None:
            return self._show_to(len(self._text.rstrip()))
        return self._show_to(self._safe_chars())

    def ids(self) -> tuple[int, ...]:
        """The ids of the text shown so far: no stop, no white space at the end."""
        reached = (border for border in self._borders if border.chars <= self._shown_chars)
        border = max(reached, key=lambda border: (border.chars, -border.tokens))
        rest = self._text[border.chars : self._shown_chars]
        return (*self._tokens[: border.tokens], *(self._encode(rest) if rest else ()))

    def _fresh_text(self) -> str | None:
        """The text since the last border, None while it ends within a character."""
        done = self._borders[-1].tokens
        start = self._borders[max(0, len(self._borders) - _CONTEXT_TOKENS)].tokens
        known = self._decode(self._tokens[start:done]) if done > start else ""
        whole = self._decode(self._tokens[start:])
        return None if whole.endswith(BROKEN) else whole[len(known) :].replace(BROKEN, "")

    def _find_stop(self, start: int) -> int | None:
        places = (self._text.find(stop, start) for stop in self._stop_texts)
        return min((place for place in places if place >= 0), default=None)

    def _safe_chars(self) -> int:
        """How many characters may be shown: up to a stop or what may become one, less white space at the end."""
        end = self._stop_at
        if end is None:
            end = len(self._text) - max((_overlap(self._text, stop) for stop in self._stop_texts), default=0)
        return len(self._text[:end].rstrip())

    def _show_to(self, end: int) -> str:
        piece = self._text[self._shown_chars : end]
        self._shown_chars = max(self._shown_chars, end)
        return piece


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` that is a start of `stop`, less than the whole of it."""
    lengths = range(min(len(text), len(stop) - 1), 0, -1)
    return next((length for length in lengths if text.endswith(stop[:length])), 0)
