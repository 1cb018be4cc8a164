"""One training run: takes steps until its budget is spent, and writes down how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from train_demo_model import checkpoint, probe
from train_demo_model.checkpoint import Progress, append_log
from train_demo_model.feeder import Feeder
from train_demo_model.learner import Learner
from train_demo_model.optimizers import Optimizers, schedule
from train_demo_model.shards import Step, held_out_shard

LOG_EVERY = 10
"""Steps between looks at the loss; a look waits for the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When a run is over: after so many tokens, or after so many seconds of training."""

    tokens: int | None = None
    seconds: float | None = None

    def spent(self, progress: Progress) -> float:
        """From 0 to 1."""
        if self.tokens is not None:
            return min(1.0, progress.tokens / self.tokens)
        assert self.seconds is not None
        return min(1.0, progress.seconds / self.seconds)


@dataclass(slots=True, kw_only=True)
class Run:
    """What a run needs.

    Args:
        folder: where it writes.
        budget: when it is over.
        learner, optimizers: what learns.
        feeder: where steps come from.
        tokenizer: of transformers.
        progress: how far it is.
        look_every_s: seconds between checkpoints, held-out losses and samples.
        tell: takes the share of the budget spent, and a line on how it goes.
        stopped: says whether somebody wants it to stop.
        waited_s: how long it has waited for data so far; if that grows, more workers would help.
    """

    folder: Path
    budget: Budget
    learner: Learner
    optimizers: Optimizers
    feeder: Feeder
    tokenizer: Any
    progress: Progress
    look_every_s: float = 300.0
    tell: Callable[[float, str], None] = lambda share, line: None
    stopped: Callable[[], bool] = lambda: False
    waited_s: float = 0.0

    def go(self) -> bool:
        """Trains; returns whether the budget was spent, or else somebody stopped it. Leaves a checkpoint."""
        since, seconds_before, looked_at = time.monotonic(), self.progress.seconds, 0.0
        for step in self._steps():
            loss, norm, share = self._take(step)
            passed = time.monotonic() - since
            self.progress.seconds = seconds_before + passed
            if self.progress.steps % LOG_EVERY == 0 or self.learner.device.type == "cpu":
                self._log(float(loss), float(norm), share)
            if self.budget.spent(self.progress) >= 1.0 or self.stopped():
                break
            if passed - looked_at > self.look_every_s:
                self.look()
                looked_at = time.monotonic() - since
        self.look()
        return self.budget.spent(self.progress) >= 1.0

    def look(self) -> None:
        """A checkpoint, the held-out loss, and what the model says now."""
        checkpoint.save(self.folder, self.progress, self.learner, self.optimizers)
        plan = self.feeder.plan
        loss = self.learner.answer_loss(held_out_shard(plan))
        append_log(self.folder, kind="held_out", tokens=self.progress.tokens, loss=round(loss, 5))
        prompts = probe.probe_prompts(plan)
        said = probe.answers(self.learner.model, self.tokenizer, [prompt for prompt, _ in prompts])
        title = f"{self.progress.tokens / 1e6:.2f} M tokens, held-out answer loss {loss:.4f}"
        probe.write_samples(self.folder / "samples.txt", title, prompts, said)
        self.tell(self.budget.spent(self.progress), title)

    def _steps(self) -> Iterator[Step]:
        """The steps from the run's place on; the place moves past a step when the next is asked for."""
        asked = time.monotonic()
        for number, steps in self.feeder.shards(self.progress.shard):
            self.waited_s += time.monotonic() - asked
            self.progress.shard = number
            while self.progress.step_in_shard < len(steps):
                yield steps[self.progress.step_in_shard]
            self.progress.step_in_shard = 0
            self.progress.shard = number + 1
            asked = time.monotonic()

    def _take(self, step: Step) -> tuple[Tensor, Tensor, float]:
        """Learns from a step: its loss, the norm of its gradient, and the share of the full rate."""
        progress = self.progress
        share = schedule(self.budget.spent(progress))
        loss = self.learner.gradients(step)
        norm = self.optimizers.step(share)
        self.learner.publish()
        progress.steps += 1
        progress.step_in_shard += 1
        progress.tokens += sum(batch.tokens for batch in step)
        return loss, norm, share

    def _log(self, loss: float, norm: float, share: float) -> None:
        progress = self.progress
        rate = progress.tokens / max(progress.seconds, 1e-9)
        append_log(
            self.folder,
            kind="step",
            step=progress.steps,
            tokens=progress.tokens,
            seconds=round(progress.seconds, 1),
            waited_s=round(self.waited_s, 1),
            loss=round(loss, 5),
            grad_norm=round(norm, 4),
            rate_share=round(share, 4),
        )
        line = f"step {progress.steps}  {progress.tokens / 1e6:.2f} M tokens  {rate:,.0f}/s  loss {loss:.3f}"
        self.tell(self.budget.spent(progress), line)


def export(model: Any, tokenizer: Any, folder: Path, *, largest_file: str = "50MB") -> None:
    """Writes the model as a folder that transformers and npc_sdk open, in bfloat16."""
    model.to(torch.bfloat16).eval()
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=[2, 5], pad_token_id=0)
    model.save_pretrained(folder, max_shard_size=largest_file)
    tokenizer.save_pretrained(folder)
