"""The model as it learns: float32 weights that the optimizers change, and a bfloat16 copy that does the work."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn

from train_demo_model.attention import LONGEST, PACKED, borders
from train_demo_model.shards import MIN_MEAN_TOKENS, Batch, Step

PLACES_MULTIPLE = 4096
"""On CUDA the number of predicted tokens is rounded up to it, so that few sizes are ever compiled."""


class Learner:
    """Computes losses and gradients of a causal language model of transformers.

    Args:
        model: in float32; its weights are those that are trained.
        device: where to compute.
        batch_tokens: on CUDA every batch is padded to so many tokens, so that it is compiled once.
        dtype: what the working copy computes in.
        compiled: whether to compile the work; pays on CUDA only.
    """

    def __init__(
        self,
        model: Any,
        device: torch.device,
        *,
        batch_tokens: int,
        dtype: torch.dtype = torch.bfloat16,
        compiled: bool = False,
    ) -> None:
        self.model = model.to(device).train()
        self.device = device
        self._dtype = dtype
        self._fixed_tokens = batch_tokens if device.type == "cuda" else None
        self._body = copy.deepcopy(self.model.model).to(dtype)
        self._body.set_attn_implementation(PACKED)
        self._body.embed_tokens = nn.Identity()  # embeddings stay in float32: their many small gradients add up
        if device.type == "cpu":
            for layer in self._body.layers:
                layer.mlp.act_fn = _SquaredRelu()
        body = dict(self._body.named_parameters())
        self._pairs = [(wide, body[name]) for name, wide in self.model.model.named_parameters() if name in body]
        self._loss = torch.compile(self._sum_of_losses) if compiled else self._sum_of_losses

    def gradients(self, step: Step) -> Tensor:
        """Fills the gradients of `model` for a step; returns its mean loss."""
        total = float(sum(batch.weights.sum() for batch in step))
        losses = []
        for batch in step:
            loss = self._loss(*self._tensors(batch)) / total
            loss.backward()
            losses.append(loss.detach())
            self._collect()
        return torch.stack(losses).sum()

    def publish(self) -> None:
        """Brings changed weights to the working copy."""
        with torch.no_grad():
            torch._foreach_copy_([narrow for _, narrow in self._pairs], [wide for wide, _ in self._pairs])

    def answer_loss(self, steps: list[Step]) -> float:
        """The mean loss of the fully weighted tokens."""
        total, count = 0.0, 0
        with torch.no_grad():
            for batch in (batch for step in steps for batch in step):
                answers = batch.weights >= 1.0
                only = Batch(
                    batch.ids,
                    batch.positions,
                    batch.ends,
                    batch.places[answers],
                    batch.targets[answers],
                    np.ones(int(answers.sum()), np.float32),
                )
                total += float(self._sum_of_losses(*self._tensors(only)))
                count += int(answers.sum())
        return total / count

    def _sum_of_losses(
        self, ids: Tensor, positions: Tensor, ends: Tensor, places: Tensor, targets: Tensor, weights: Tensor
    ) -> Tensor:
        table = self.model.model.embed_tokens.weight
        hidden = F.embedding(ids, table).to(self._dtype)[None]
        out = self._body(
            inputs_embeds=hidden, position_ids=positions[None], attention_mask=borders(ends), use_cache=False
        ).last_hidden_state[0]
        scores = F.linear(out.index_select(0, places), table.to(self._dtype))
        return (F.cross_entropy(scores.float(), targets, reduction="none") * weights).sum()

    def _collect(self) -> None:
        """Adds the working copy's gradients to those of the weights."""
        for wide, narrow in self._pairs:
            assert narrow.grad is not None
            wide.grad = narrow.grad.float() if wide.grad is None else wide.grad.add_(narrow.grad)
            narrow.grad = None

    def _tensors(self, batch: Batch) -> list[Tensor]:
        arrays = [batch.ids, batch.positions, batch.ends, batch.places, batch.targets, batch.weights]
        if self._fixed_tokens is not None:
            arrays = _padded(batch, self._fixed_tokens)
        tensors = [torch.from_numpy(array) for array in arrays]
        if self.device.type == "cuda":  # from pinned memory, or each copy would wait for all work before it
            tensors = [tensor.pin_memory() for tensor in tensors]
        return [tensor.to(self.device, non_blocking=True) for tensor in tensors]


def _padded(batch: Batch, tokens: int) -> list[Any]:
    """The arrays of a batch, filled up to `tokens` with documents that count for nothing."""
    missing = tokens - batch.tokens
    count = -len(batch.places) % PLACES_MULTIPLE
    more_ends = np.arange(batch.tokens, tokens, LONGEST, dtype=np.int32)[1:]
    ends = np.concatenate([batch.ends, more_ends])
    return [
        np.pad(batch.ids, (0, missing)),
        np.concatenate([batch.positions, np.arange(missing, dtype=np.int32) % LONGEST]),
        np.pad(ends, (0, tokens // MIN_MEAN_TOKENS + tokens // LONGEST + 2 - len(ends)), constant_values=tokens),
        np.pad(batch.places, (0, count)),
        np.pad(batch.targets, (0, count)),
        np.pad(batch.weights, (0, count)),
    ]


class _SquaredRelu(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """max(x, 0) squared; keeps one tensor for its gradient, where the plain formula keeps two."""

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = _SquaredReluFunction.apply(values)
        return result


class _SquaredReluFunction(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        positive = torch.relu(values)
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        result: Tensor = (grad * positive).mul_(2)
        return result
