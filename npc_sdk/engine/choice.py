"""The next token of every row: drawn by its settings, judged by its guard."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from npc_sdk.engine.line_guard import LineGuard, Verdict
from npc_sdk.engine.open_call import unpacked
from npc_sdk.engine.sampler import TokenSampler, draw_all
from npc_sdk.events import EndReason

MAX_REDRAWS = 16
"""How often a token is drawn again for one step of one row; a row that still finds none ends."""


def choose(scores: Tensor, samplers: Sequence[TokenSampler], guards: Sequence[LineGuard]) -> list[Verdict]:
    """What each row takes next, or why it ends.

    Args:
        scores: `[B, V]`, the model's logits; what may not come is set to minus infinity in them.
        samplers: one per row.
        guards: one per row.
    """
    _restrict(scores, guards)
    # Within a call the penalty would push the names of tools and arguments away, which the prompt holds.
    tokens = draw_all(scores, samplers, penalise=[not guard.in_call for guard in guards])
    return [_settle(*row) for row in zip(scores, samplers, guards, tokens, strict=True)]


def _restrict(scores: Tensor, guards: Sequence[LineGuard]) -> None:
    banned = [(row, guard.banned_id) for row, guard in enumerate(guards) if guard.banned_id is not None]
    if banned:
        rows, ids = torch.tensor(banned, device=scores.device).T
        scores[rows, ids] = -torch.inf
    for row, guard in enumerate(guards):
        bits = guard.mask()
        if bits is not None:
            allowed = unpacked(bits, scores.device)[: scores.shape[1]]
            scores[row, : len(allowed)].masked_fill_(~allowed, -torch.inf)
            scores[row, len(allowed) :] = -torch.inf


def _settle(scores: Tensor, sampler: TokenSampler, guard: LineGuard, token: int) -> Verdict:
    for _ in range(MAX_REDRAWS):
        verdict = guard.judge(token)
        if verdict.token is not None or verdict.reason is not None:
            return verdict
        scores[token] = -torch.inf
        token = sampler.draw(scores, penalise=not guard.in_call)
    return Verdict(reason=EndReason.DONE)
