"""A tool call that is being written, held to its grammar and to the tokens that are left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from llguidance import LLMatcher
from torch import Tensor

from npc_sdk.engine.vocabulary import Vocabulary
from npc_sdk.line_parser import MAX_CALL_CHARS

_MAX_PLAN_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Reach:
    """How far from its end a call can be. A token has at least one byte, so bytes stand for the most tokens.

    Args:
        close_bytes: most bytes that it can take to finish, from wherever it stands.
        growth_bytes: most bytes by which one sign of JSON can put off the end, once the tool is chosen.
        head_bytes: how many bytes have been written when the tool is chosen for certain.
    """

    close_bytes: int
    growth_bytes: int
    head_bytes: int


class OpenCall:
    """One call, from behind `<toolcall>` to `</toolcall>`.

    A call that is cut off is worth nothing, so once few tokens are left, each token must leave enough to finish.

    Args:
        start: a matcher at the start of a call; it is copied.
        reach: how far from its end the call can be.
        vocabulary: of the model.

    Attributes:
        is_broken: whether the grammar gave up; the line must end then.
    """

    def __init__(self, start: LLMatcher, reach: Reach, vocabulary: Vocabulary) -> None:
        self._matcher = start.deep_copy()
        self._vocabulary = vocabulary
        self._reach = reach
        self._far = reach.close_bytes  # most tokens that it can take to finish, whatever the next token is
        self.is_broken = False
        self._bytes = 0
        self._most_bytes = MAX_CALL_CHARS - reach.close_bytes - vocabulary.longest
        self._plan: list[int] = []  # tokens that finish the call from here; empty if not known
        self._next: tuple[int, list[int]] | None = None  # the plan behind a token that was allowed

    @property
    def is_over(self) -> bool:
        """Whether `</toolcall>` was written."""
        return bool(self._matcher.is_accepting())

    def mask(self) -> bytes | None:
        """One bit for each token, set if it may come next; None if the grammar gave up, as at its own limits."""
        bits = self._matcher.compute_bitmask()
        self.is_broken = bool(self._matcher.is_error()) or bits.count(0) == len(bits)
        return None if self.is_broken else bits

    def fitting(self, token: int, left: int) -> int:
        """`token`, or another in its place if the call could not be finished behind it.

        Args:
            token: one that the mask allows.
            left: how many tokens may be written still, this one included.
        """
        wide = self._bytes < self._most_bytes
        if wide and left - 1 > self._far:
            return token
        self._plan = self._plan or closing(self._matcher, self._vocabulary)
        if self._bytes >= self._reach.head_bytes:
            self._far = min(self._reach.close_bytes, len(self._plan) + self._reach.growth_bytes)
            if wide and left - 1 > self._far:
                return token
        if wide and token not in self._plan[:1]:
            probe = self._matcher.deep_copy()
            probe.consume_token(token)
            plan = closing(probe, self._vocabulary)
            if len(plan) < left:
                self._next = token, plan
                return token
        return self._plan[0] if self._plan else token

    def note(self, token: int) -> None:
        """Adds a token to the call."""
        self._matcher.consume_token(token)
        self._bytes += self._vocabulary.sizes[token]
        put_off = self._vocabulary.signs[token] * self._reach.growth_bytes
        self._far = min(self._reach.close_bytes, self._far + put_off)
        if self._plan[:1] == [token]:
            self._plan = self._plan[1:]
        else:
            self._plan = self._next[1] if self._next is not None and self._next[0] == token else []
        self._next = None


def closing(matcher: LLMatcher, vocabulary: Vocabulary) -> list[int]:
    """Tokens that finish a call from where the matcher stands, few of them; the matcher stays as it is."""
    probe = matcher.deep_copy()
    plan: list[int] = []
    while not probe.is_accepting() and len(plan) < _MAX_PLAN_TOKENS:
        step = probe.compute_ff_tokens() or [_nearest_end(probe, vocabulary)]
        if not probe.consume_tokens(step):
            break
        plan += step
    return plan


def unpacked(bits: bytes, device: torch.device) -> Tensor:
    """A mask of one bit per token, as `[8 * N]` booleans on that device."""
    packed = torch.frombuffer(bytearray(bits), dtype=torch.uint8).to(device)
    return (packed[:, None] & _places(device)).flatten() != 0


@cache
def _places(device: torch.device) -> Tensor:
    return torch.tensor([1 << bit for bit in range(8)], dtype=torch.uint8, device=device)


def _nearest_end(probe: LLMatcher, vocabulary: Vocabulary) -> int:
    # Within quotes a bracket is text like any other; elsewhere a quote begins something that must be ended again.
    letter = vocabulary.letter
    in_text = letter is not None and probe.validate_tokens([letter]) == 1
    marks = (vocabulary.quotes, vocabulary.brackets) if in_text else (vocabulary.brackets, vocabulary.quotes)
    for token in (*marks[0], *marks[1], *vocabulary.digits):
        if probe.validate_tokens([token]) == 1:
            return token
    lengths = vocabulary.lengths
    allowed = unpacked(probe.compute_bitmask(), lengths.device)[: len(vocabulary.sizes)]
    return int((lengths + 1).masked_fill(~allowed, 0).argmax())
