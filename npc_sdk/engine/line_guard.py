"""What the next token of one line may be: calls by their grammar, speech that ends well."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from npc_sdk.backend import Request
from npc_sdk.chat_format import CALL_START
from npc_sdk.engine.call_grammar import CallGrammar
from npc_sdk.engine.open_call import OpenCall
from npc_sdk.engine.speech_guard import SpeechGuard, ends_whole
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.engine.token_texts import TokenTexts
from npc_sdk.events import EndReason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of a drawn token: a token to take, or why the line ends without one; neither says: draw another."""

    token: int | None = None
    reason: EndReason | None = None


AGAIN = Verdict()


class LineGuard:
    """Judges the tokens of one line, one by one. For the engine's thread.

    Args:
        request: what was asked.
        text: the line's text, to which taken tokens are added elsewhere.
        texts: of the model's tokens.
        grammar: of the calls on offer, None if none may be made.
        start_id: the control token `<toolcall>`, None if this model spells it out.
        stop_ids: tokens that end the line; they always may.
    """

    def __init__(
        self,
        request: Request,
        text: TextStream,
        texts: TokenTexts,
        *,
        grammar: CallGrammar | None,
        start_id: int | None,
        stop_ids: Collection[int],
    ) -> None:
        self._text = text
        self._texts = texts
        self._grammar = grammar
        self._start_id = start_id
        self._stop_ids = stop_ids
        self._left = request.max_tokens
        self._speech = SpeechGuard(request, texts)
        self._call: OpenCall | None = None
        self._begins = False
        self._called = False
        self._over: Verdict | None = None

    @property
    def in_call(self) -> bool:
        """Whether a call is being written."""
        return self._call is not None

    @property
    def banned_id(self) -> int | None:
        """The token that would begin a call, while none may."""
        return None if self._call is not None or self._may_begin() else self._start_id

    def mask(self) -> bytes | None:
        """One bit for each token, set if the call that is being written admits it; None outside of calls."""
        return None if self._call is None else self._call.mask()

    def judge(self, token: int) -> Verdict:
        """What comes of `token`, which was drawn within the mask."""
        if self._over is not None:
            return self._over
        if self._call is not None:
            if self._call.is_broken:
                return Verdict(reason=EndReason.DONE)
            return Verdict(self._call.fitting(token, self._left))
        if token in self._stop_ids:
            return Verdict(token)
        if token == self._start_id or ">" in self._texts[token]:
            text = self._text.peek(token)
            if text.find(CALL_START, max(0, len(self._text.text) - len(CALL_START) + 1)) >= 0:
                # A token that goes on behind the tag would begin the call with what no grammar has seen.
                self._begins = self._may_begin() and text.endswith(CALL_START)
                return Verdict(token) if self._begins else AGAIN
        return self._judge_speech(token)

    def note(self, token: int) -> None:
        """Adds a token that was taken."""
        self._left -= 1
        if self._call is not None:
            self._call.note(token)
            if self._call.is_over:
                self._call = None
        elif self._begins and self._grammar is not None:
            self._call = self._grammar.open()
            self._begins, self._called = False, True
        else:
            self._speech.note(token)

    def _judge_speech(self, token: int) -> Verdict:
        if self._speech.is_loop(token):
            reason = self._speech.out_of_loop(self._text.text)
            return AGAIN if reason is None else Verdict(reason=reason)
        # Text behind a call is not spoken, so it has no sentences.
        if not self._called and self._speech.may_show_end(self._text.text, token):
            reason = self._speech.end(self._text.peek(token), self._left)
            if reason is not None:
                self._over = Verdict(reason=reason)
                last = self._ending_part(token)
                return self._over if last is None else Verdict(last)
        return Verdict(token)

    def _ending_part(self, token: int) -> int | None:
        """What to take for a token that ends a sentence and begins the next, such as `. "`; None if there is none."""
        text, whole = self._text.text, self._texts[token]
        if ends_whole(text):
            return None
        parts = (whole[:size] for size in range(len(whole) - 1, 0, -1))
        tokens = (self._texts.find(part) for part in parts if ends_whole(text + part))
        return next((found for found in tokens if found is not None), None)

    def _may_begin(self) -> bool:
        return self._grammar is not None and self._left > self._grammar.room_tokens
