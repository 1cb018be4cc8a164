"""Attention within each of many documents that lie end to end in one row, so that no token is padding.

Registered with transformers as `packed`. The documents' borders travel in place of the attention mask: `borders`
makes of them a tensor that the model hands to its layers as it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

PACKED = "packed"
LONGEST = 4096
"""Most tokens of a document on CUDA."""
QUERY_BLOCK = 256
"""Queries that are taken together on a CPU: keys after the last of them are never looked at."""


def borders(ends: Tensor) -> Tensor:
    """What the model takes as `attention_mask`, from [0, end of the first document, ..., end of the last], int32.

    The last end may be repeated, for a fixed size.
    """
    return ends.view(1, 1, 1, -1)


def packed_attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor, scaling: float, **options: Any
) -> tuple[Tensor, None]:
    """Attends causally within each document.

    Args:
        module: the layer, not read.
        query: [1, heads, tokens, size].
        key, value: [1, fewer heads, tokens, size].
        attention_mask: from `borders`.
        scaling: of the scores.
        options: not read.

    Returns:
        [1, tokens, heads, size], and no weights.
    """
    ends = attention_mask[0, 0, 0]
    query, key = query.to(value.dtype), key.to(value.dtype)
    if query.device.type == "cuda":
        repeats = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
        rows = [each[0].transpose(0, 1) for each in (query, key, value)]
        out = torch.ops.aten._flash_attention_forward(
            *rows, ends, ends, LONGEST, LONGEST, 0.0, True, False, scale=scaling
        )[0]
        return out[None], None
    out = _BlockedAttention.apply(query[0], key[0], value[0], tuple(ends.tolist()), scaling)
    return out.transpose(0, 1)[None], None


class _BlockedAttention(torch.autograd.Function):  # type: ignore[misc]  # torch is not typed here
    """Plain products over blocks of queries: on CPUs faster than torch's fused attention, above all backward."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, ends: tuple[int, ...], scaling: float) -> Tensor:
        heads, tokens, size = query.shape
        groups = key.shape[0]
        query = (query * scaling).view(groups, heads // groups, tokens, size)
        key, value = key.contiguous(), value.contiguous()
        out = torch.empty_like(query)
        future = torch.ones(QUERY_BLOCK, QUERY_BLOCK, dtype=torch.bool).triu(1)
        kept = []
        for first, start, stop in _blocks(ends):
            queries = query[:, :, start:stop].reshape(groups, -1, size)
            scores = torch.bmm(queries, key[:, first:stop].transpose(1, 2))
            length = stop - start
            by_head = scores.view(groups, -1, length, stop - first)
            by_head[..., start - first :].masked_fill_(future[:length, :length], float("-inf"))
            weights = torch.softmax(scores, -1)
            out[:, :, start:stop] = torch.bmm(weights, value[:, first:stop]).view(groups, -1, length, size)
            kept.append(weights)
        ctx.save_for_backward(query, key, value, *kept)
        ctx.ends, ctx.scaling = ends, scaling
        return out.view(heads, tokens, size)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *kept = ctx.saved_tensors
        groups, per_group, tokens, size = query.shape
        grad = grad.reshape(groups, per_group, tokens, size)
        grad_query = torch.empty_like(query)
        grad_key, grad_value = (torch.zeros_like(key, dtype=torch.float32) for _ in range(2))
        for (first, start, stop), weights in zip(_blocks(ctx.ends), kept, strict=True):
            queries = query[:, :, start:stop].reshape(groups, -1, size)
            grads = grad[:, :, start:stop].reshape(groups, -1, size)
            grad_value[:, first:stop] += torch.bmm(weights.transpose(1, 2), grads)
            grad_weights = torch.bmm(grads, value[:, first:stop].transpose(1, 2))
            grad_scores = torch._softmax_backward_data(grad_weights, weights, -1, weights.dtype)
            grad_key[:, first:stop] += torch.bmm(grad_scores.transpose(1, 2), queries)
            grad_queries = torch.bmm(grad_scores, key[:, first:stop]).mul_(ctx.scaling)
            grad_query[:, :, start:stop] = grad_queries.view(groups, per_group, stop - start, size)
        shape = (groups * per_group, tokens, size)
        return grad_query.view(shape), grad_key.to(key.dtype), grad_value.to(value.dtype), None, None


def _blocks(ends: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(start of the document, start of the block, end of the block) for all blocks of all documents."""
    return [
        (first, start, min(start + QUERY_BLOCK, last))
        for first, last in pairwise(ends)
        for start in range(first, last, QUERY_BLOCK)
    ]


AttentionInterface.register(PACKED, packed_attention)
AttentionMaskInterface.register(PACKED, lambda *_, **__: None)
