"""Where the spoken part of a line ends: behind whole sentences, and not in a loop."""

from __future__ import annotations

import re

from npc_sdk.backend import Request
from npc_sdk.engine.loop_guard import LoopGuard
from npc_sdk.engine.token_texts import TokenTexts
from npc_sdk.events import EndReason
from npc_sdk.sentences import SentenceSplitter

MAX_LOOP_BANS = 1
"""How often in a line the model may find another way on; when it goes round again, the line ends."""

LAST_SHARE = 8
"""In the last eighth of `max_tokens` a line ends where a sentence does."""

_ENDS = re.compile(r"[.!?…。！？｡][)\]\"'”’»*」』）]*\s*$")
_MAY_SHOW_END = re.compile(r"[.!?…]\S*\s|[。！？｡\n]")  # in a single token
_ONLY_OPENERS = re.compile(r"\s[\"'“‘«(\[*–—-]+$")


class SpeechGuard:
    """Watches one line's speech; it asks for nothing where the request does not.

    Args:
        request: with the wishes.
        texts: of the model's tokens.
    """

    def __init__(self, request: Request, texts: TokenTexts) -> None:
        self._most = request.max_sentences
        self._guarded = request.guard_speech
        self._last_tokens = request.max_tokens // LAST_SHARE
        self._texts = texts
        self._loops = LoopGuard()
        self._bans = 0
        self._sentences = 0

    def note(self, token: int) -> None:
        """Adds a token to the line."""
        if self._guarded:
            self._loops.note(token)

    def is_loop(self, token: int) -> bool:
        """Whether `token` would make the line go round once more than it may."""
        return self._guarded and self._loops.would_loop(token)

    def out_of_loop(self, text: str) -> EndReason | None:
        """Why a looping line ends: a sentence ends here, or the model goes on looping; None to ban the token."""
        self._bans += 1
        return EndReason.DONE if ends_whole(text) or self._bans > MAX_LOOP_BANS else None

    def may_show_end(self, text: str, token: int) -> bool:
        """Whether `token` could show that a sentence is over: cheap, and seldom true."""
        if self._most is None and not self._guarded:
            return False
        return bool(ends_whole(text) or text.endswith("\n") or _MAY_SHOW_END.search(self._texts[token]))

    def end(self, text: str, left: int) -> EndReason | None:
        """Why the line must end before its next token, if it must.

        Args:
            text: the line with that token.
            left: how many tokens may be written still, that one included.
        """
        done = whole_sentences(text)
        if done <= self._sentences:
            return None
        if self._most is not None and done >= self._most:
            return EndReason.DONE
        if self._guarded and left <= self._last_tokens:
            return EndReason.LENGTH
        self._sentences = done
        return None


def ends_whole(text: str) -> bool:
    """Whether the text ends with the end of a sentence."""
    return _ENDS.search(text[-16:]) is not None


def whole_sentences(text: str) -> int:
    """How many sentences of the text are over, in that something else has begun behind them."""
    # A quote or bracket that opens is something else already: it must not be left alone at the end.
    return len(SentenceSplitter().feed(text + "X" if _ONLY_OPENERS.search(text) else text))
