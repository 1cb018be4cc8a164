"""How weights change: Muon for matrices, AdamW for embeddings and norms, one schedule for both."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

GPU_STEP_TOKENS = 98_304
BASE_RATE = 3e-3
"""The rate at which the prototype learned best with steps of GPU_STEP_TOKENS."""
CLIP = 1.0


def default_rate(step_tokens: int) -> float:
    """The learning rate for steps of that size: noise grows as steps shrink."""
    return BASE_RATE * math.sqrt(min(1.0, step_tokens / GPU_STEP_TOKENS))


def schedule(progress: float, *, warm_up: float = 0.03, flat_until: float = 0.35) -> float:
    """The share of the full rate at `progress` (0 to 1) of a run: up, flat, then linearly down to 0."""
    rising = (progress + 1e-4) / warm_up
    falling = (1.0 - progress) / (1.0 - flat_until)
    return max(0.0, min(1.0, rising, falling))


class Optimizers:
    """Both optimizers of a model.

    Args:
        model: in float32.
        rate: the full learning rate.
    """

    def __init__(self, model: nn.Module, rate: float) -> None:
        self._parameters = list(model.parameters())
        matrices = [value for name, value in model.named_parameters() if value.dim() == 2 and "embed" not in name]
        others = [value for name, value in model.named_parameters() if value.dim() != 2 or "embed" in name]
        self._rate = rate
        self._muon = torch.optim.Muon(
            matrices, lr=rate, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        self._adamw = torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True)

    def step(self, share: float) -> Tensor:
        """Changes the weights at `share` of the full rate; returns the norm that the gradients had."""
        norm: Tensor = torch.nn.utils.clip_grad_norm_(self._parameters, CLIP)
        for optimizer in (self._muon, self._adamw):
            for group in optimizer.param_groups:
                group["lr"] = self._rate * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return norm

    def state_dict(self) -> dict[str, Any]:
        """For `load_state_dict`."""
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where `state_dict` was taken."""
        self._muon.load_state_dict(state["muon"])
        self._adamw.load_state_dict(state["adamw"])
