"""Keys and values of batch rows. Four verbs are the whole vocabulary: merge, extend, filter, extract.

Rows of unequal length stand right-aligned, padded on the left; W is the width of the longest:

    row 0   . . . a b c d        length 4
    row 1   . . . . . x y        length 2
    row 2   p q r s t u v        length 7 = W
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


@dataclass(frozen=True)
class KvLayer:
    """Keys and values of one layer.

    Args:
        keys: `[B, KV, W, D]`.
        values: `[B, KV, W, D]`.
    """

    keys: Tensor
    values: Tensor

    def columns(self, start: int, stop: int) -> KvLayer:
        """A view of some columns."""
        return KvLayer(self.keys[:, :, start:stop], self.values[:, :, start:stop])

    def owned(self) -> KvLayer:
        """The same, sharing no memory with anything wider."""
        return KvLayer(_owned(self.keys), _owned(self.values))

    def padded(self, columns: int) -> KvLayer:
        """With that many columns of zeros on the left; itself if none."""
        if not columns:
            return self
        pad = (0, 0, columns, 0)
        return KvLayer(functional.pad(self.keys, pad), functional.pad(self.values, pad))


@dataclass(frozen=True)
class KvSnapshot:
    """Kept keys and values of one row, never written to.

    Args:
        layers: one per layer, `[1, KV, W, D]`, without padding.
    """

    layers: tuple[KvLayer, ...]

    @cached_property
    def length(self) -> int:
        """How many tokens it holds."""
        return int(self.layers[0].keys.shape[2])

    @cached_property
    def nbytes(self) -> int:
        """Bytes of its tensors."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self.layers)

    def prefix(self, length: int) -> KvSnapshot:
        """A view of the first `length` tokens; copies nothing."""
        return KvSnapshot(tuple(layer.columns(0, length) for layer in self.layers))


@dataclass(frozen=True, slots=True)
class KvRow:
    """Who a row of the batch is.

    Args:
        number: that of its request.
        length: its tokens; they stand in the last `length` columns.
    """

    number: int
    length: int


class KvRows:
    """The keys and values of all rows that decode together.

    Args:
        rows: in the order of the batch.
        layers: one per layer, `[B, KV, W, D]`.
    """

    def __init__(self, rows: Sequence[KvRow], layers: Iterable[KvLayer]) -> None:
        self.rows = tuple(rows)
        self.cache = cache_of(layers)

    @classmethod
    def merge(cls, parts: Sequence[KvRows]) -> KvRows:
        """One batch of all parts, at least one; each row is copied once, a single part not at all."""
        if len(parts) == 1:
            return parts[0]
        width = max(part.width for part in parts)
        padded = ([layer.padded(width - part.width) for layer in part.layers] for part in parts)
        rows = [row for part in parts for row in part.rows]
        return cls(rows, (_stack(layers) for layers in zip(*padded, strict=True)))

    def extend(self, other: KvRows) -> KvRows:
        """These rows, then the other's."""
        return KvRows.merge([self, other])

    def filter(self, numbers: Collection[int]) -> KvRows:
        """The rows with these numbers, at least one, without the columns that none of them needs."""
        kept = [index for index, row in enumerate(self.rows) if row.number in numbers]
        rows = [self.rows[index] for index in kept]
        start = self.width - max(row.length for row in rows)
        if len(kept) == len(self.rows):
            return KvRows(rows, (layer.columns(start, self.width) for layer in self.layers))
        return KvRows(rows, (_pick(layer.columns(start, self.width), kept) for layer in self.layers))

    def extract(self, number: int) -> KvSnapshot:
        """A snapshot of one row that keeps no other row's memory alive."""
        index, row = next((index, row) for index, row in enumerate(self.rows) if row.number == number)
        start = self.width - row.length
        return KvSnapshot(tuple(_pick(layer, [index]).columns(start, self.width).owned() for layer in self.layers))

    def grown(self) -> None:
        """Notes that the model wrote one more token into every row."""
        self.rows = tuple(KvRow(row.number, row.length + 1) for row in self.rows)

    @property
    def layers(self) -> list[KvLayer]:
        """One per layer, `[B, KV, W, D]`."""
        return [KvLayer(layer.keys, layer.values) for layer in self.cache.layers]

    @property
    def width(self) -> int:
        """W: the columns of the batch."""
        return int(self.cache.get_seq_length())

    @property
    def is_padded(self) -> bool:
        """Whether any row is shorter than the batch is wide."""
        return any(row.length != self.width for row in self.rows)


def cache_of(layers: Iterable[KvLayer]) -> Any:
    """A cache that transformers' models read and grow, holding `layers` without a copy.

    Its update makes new tensors and never writes into those it holds, so snapshots may share them.
    """
    cache = DynamicCache()
    cache.layers = [_dynamic_layer(layer) for layer in layers]
    return cache


def _dynamic_layer(layer: KvLayer) -> Any:
    held = DynamicLayer()
    held.keys, held.values = layer.keys, layer.values
    held.dtype, held.device, held.is_initialized = layer.keys.dtype, layer.keys.device, True
    return held


def _stack(layers: Sequence[KvLayer]) -> KvLayer:
    return KvLayer(torch.cat([layer.keys for layer in layers]), torch.cat([layer.values for layer in layers]))


def _pick(layer: KvLayer, indices: list[int]) -> KvLayer:
    if len(indices) == layer.keys.shape[0]:
        return layer
    return KvLayer(layer.keys[indices], layer.values[indices])


def _owned(tensor: Tensor) -> Tensor:
    alone = tensor.untyped_storage().nbytes() == tensor.nbytes
    return tensor if alone else tensor.clone(memory_format=torch.contiguous_format)
