"""Parts a model's raw text into speech and tool calls while it streams."""

from __future__ import annotations

from dataclasses import dataclass

from npc_sdk.chat_format import CALL_END, CALL_START, CONTROL_TOKENS

MAX_CALL_CHARS = 8_192
"""A call whose end has not come after so many characters counts as malformed."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Text to be spoken, without control tokens and without white space at the edges of the line."""

    text: str


@dataclass(frozen=True, slots=True)
class RawCall:
    """The text between `<toolcall>` and its end; `complete` says whether the end came."""

    text: str
    complete: bool = True


class LineParser:
    """Feed it pieces; it gives speech as early as is safe, and calls whole.

    Any control token other than a call's is dropped; a piece that could be the start of one waits for the next.
    Text after a call is not spoken: the model has not seen the result yet.
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._in_call = False
        self._after_call = False
        self._spoken = False

    def feed(self, text: str) -> list[Speech | RawCall]:
        """Adds a piece and returns what it completed, in order."""
        self._buffer += text
        parts: list[Speech | RawCall] = []
        while self._advance(parts):
            pass
        return parts

    def finish(self) -> list[Speech | RawCall]:
        """What is left at the end of the stream: a call without an end is malformed, half a token is dropped."""
        rest, self._buffer = self._buffer, ""
        if self._in_call:
            return [RawCall(rest, complete=False)]
        return self._speak(rest[: _safe_length(rest)].rstrip())

    def _advance(self, parts: list[Speech | RawCall]) -> bool:
        """Takes one step through the buffer; False when more text is needed."""
        if self._in_call:
            return self._advance_call(parts)
        start, token = _first_token(self._buffer)
        if token is None:
            safe = _safe_length(self._buffer)
            # White space waits: at the end of the line it is not part of it.
            keep = len(self._buffer[:safe].rstrip())
            parts.extend(self._speak(self._buffer[:keep]))
            self._buffer = self._buffer[keep:]
            return False
        before, self._buffer = self._buffer[:start], self._buffer[start + len(token) :]
        before = before[: _safe_length(before)]
        self._in_call = token == CALL_START
        spoken = before.rstrip()
        if not self._in_call:
            self._buffer = before[len(spoken) :] + self._buffer
        parts.extend(self._speak(spoken))
        return True

    def _advance_call(self, parts: list[Speech | RawCall]) -> bool:
        longest = MAX_CALL_CHARS + len(CALL_END)
        end = self._buffer.find(CALL_END, 0, longest)
        if end < 0:
            if len(self._buffer) < longest:
                return False
            parts.append(RawCall(self._buffer[:MAX_CALL_CHARS], complete=False))
            self._buffer = self._buffer[MAX_CALL_CHARS:]
        else:
            parts.append(RawCall(self._buffer[:end].strip()))
            self._buffer = self._buffer[end + len(CALL_END) :]
        self._in_call, self._after_call = False, True
        return True

    def _speak(self, text: str) -> list[Speech | RawCall]:
        if not self._spoken:
            text = text.lstrip()
        if self._after_call or not text:
            return []
        self._spoken = True
        return [Speech(text)]


def _first_token(text: str) -> tuple[int, str | None]:
    found = [(text.find(token), token) for token in CONTROL_TOKENS if token in text]
    return min(found) if found else (-1, None)


def _safe_length(text: str) -> int:
    """How much of `text` cannot be the start of a control token, not even once the token behind it is dropped."""
    safe = len(text)
    while (angle := text.rfind("<", 0, safe)) >= 0 and any(t.startswith(text[angle:safe]) for t in CONTROL_TOKENS):
        safe = angle
    return safe
