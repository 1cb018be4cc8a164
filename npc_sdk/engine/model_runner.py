"""The one place that calls the model: reads prompts, decodes the batch, keeps and reuses keys and values."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from npc_sdk.engine.choice import choose
from npc_sdk.engine.kv import KvLayer, KvRow, KvRows, KvSnapshot, cache_of
from npc_sdk.engine.line_guard import LineGuard
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.request import RowRequest
from npc_sdk.engine.sampler import TokenSampler
from npc_sdk.events import EndReason


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a step for a request: a token, or why its line ends without one."""

    row: RowRequest
    token: int | None
    reason: EndReason | None = None


class ModelRunner:
    """A model, the rows that decode in it, and the prefixes it kept. For one thread.

    Args:
        model: a causal language model of transformers, in eval mode.
        prefix_cache_bytes: bytes of kept keys and values.
    """

    def __init__(self, model: Any, *, prefix_cache_bytes: int) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._takes = frozenset(inspect.signature(model.forward).parameters)
        self._batch: KvRows | None = None
        self.prefixes: PrefixCache[KvSnapshot] = PrefixCache(prefix_cache_bytes)

    def prefill(self, rows: Sequence[RowRequest]) -> list[Drawn]:
        """Reads the prompts of new rows, less what is kept of them, and draws their first tokens."""
        return [self._prefill_one(row) for row in rows]

    def decode(self, rows: Sequence[RowRequest]) -> list[Drawn]:
        """One more token for every row of the batch, which are exactly `rows`."""
        if not rows or self._batch is None:
            return []
        by_number = {row.number: row for row in rows}
        ordered = [by_number[row.number] for row in self._batch.rows]
        scores = self._decode_scores(self._batch, [row.generated[-1] for row in ordered])
        return _draw(ordered, scores)

    def leave(self, rows: Sequence[RowRequest]) -> None:
        """Takes rows out of the batch and keeps their keys and values; those that are not in it are ignored."""
        if self._batch is None:
            return
        going = {row.number: row for row in rows}
        for held in self._batch.rows:
            if held.number in going:
                self.prefixes.insert(going[held.number].ids[: held.length], self._batch.extract(held.number))
        self.discard(rows)

    def discard(self, rows: Sequence[RowRequest]) -> None:
        """Takes rows out of the batch and keeps nothing of them; after a failed step they cannot be trusted."""
        if self._batch is None or not rows:
            return
        going = {row.number for row in rows}
        staying = [row.number for row in self._batch.rows if row.number not in going]
        self._batch = self._batch.filter(staying) if staying else None

    def free(self) -> None:
        """Drops all prefixes and gives the memory that is not in use back to the device."""
        self.prefixes.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def close(self) -> None:
        """Drops everything, the model too."""
        self._model = None
        self._batch = None
        self.free()

    def _prefill_one(self, row: RowRequest) -> Drawn:
        started_s = time.perf_counter()
        row.started_s = started_s
        ids = row.request.prompt_ids
        # The last token is always read anew, since its scores were not kept.
        hit = self.prefixes.lookup(ids[:-1])
        row.reused_tokens = hit.length if hit else 0
        cache = cache_of(hit.snapshot.layers if hit else ())
        scores = self._forward([list(ids[row.reused_tokens :])], cache=cache, start=row.reused_tokens)
        drawn = _draw([row], scores)
        layers = tuple(KvLayer(layer.keys, layer.values) for layer in cache.layers)
        self.prefixes.insert(ids, KvSnapshot(layers))
        new = KvRows([KvRow(row.number, len(ids))], layers)
        self._batch = self._batch.extend(new) if self._batch else new
        row.prefill_s = time.perf_counter() - started_s
        return drawn[0]

    def _decode_scores(self, batch: KvRows, tokens: Sequence[int]) -> Tensor:
        """Scores `[B, V]` after one more token in every row."""
        options: dict[str, Any] = {}
        lengths = torch.tensor([row.length for row in batch.rows], device=self._device)
        if batch.is_padded:
            columns = torch.arange(batch.width + 1, device=self._device)
            options["attention_mask"] = (columns >= batch.width - lengths[:, None]).long()
        scores = self._forward(
            [[token] for token in tokens], cache=batch.cache, positions=lengths[:, None], **options
        )
        batch.grown()
        return scores

    def _forward(
        self,
        ids: list[list[int]],
        *,
        cache: Any,
        start: int = 0,
        positions: Tensor | None = None,
        **options: Any,
    ) -> Tensor:
        """Scores `[B, V]` after the last of `ids` `[B, T]`; `cache` grows by T columns.

        Args:
            ids: tokens.
            cache: keys and values of what stands before.
            start: position of the first token, when it is the same in all rows.
            positions: `[B, T]`, when it is not.
            options: more arguments of the model.
        """
        if positions is None:
            positions = torch.arange(start, start + len(ids[0]), device=self._device)[None]
        known = {"position_ids": positions, "logits_to_keep": 1}
        options |= {name: value for name, value in known.items() if name in self._takes}
        inputs = torch.tensor(ids, device=self._device)
        output = self._model(input_ids=inputs, past_key_values=cache, use_cache=True, **options)
        scores: Tensor = output.logits[:, -1]
        return scores


def _draw(rows: Sequence[RowRequest], scores: Tensor) -> list[Drawn]:
    samplers = [row.drawer for row in rows if isinstance(row.drawer, TokenSampler)]
    guards = [row.guard for row in rows if isinstance(row.guard, LineGuard)]
    verdicts = choose(scores, samplers, guards)
    return [Drawn(row, verdict.token, verdict.reason) for row, verdict in zip(rows, verdicts, strict=True)]
