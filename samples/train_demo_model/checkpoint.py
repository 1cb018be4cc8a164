"""A run on disk: all that it needs to go on at the very step at which it stopped."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from train_demo_model.learner import Learner
from train_demo_model.optimizers import Optimizers

FILE = "checkpoint.pt"


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Args:
        steps: done.
        tokens: seen.
        seconds: spent on training and looks at it.
        shard, step_in_shard: the next step to take.
        settings: what the run was started with; a resumed one must be the same.
    """

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    shard: int = 0
    step_in_shard: int = 0
    settings: dict[str, Any] = field(default_factory=dict)


def save(folder: Path, progress: Progress, learner: Learner, optimizers: Optimizers) -> None:
    """Writes the checkpoint of `folder`; one that was there stays whole until the new one is."""
    state = {
        "progress": asdict(progress),
        "weights": learner.model.state_dict(),
        "optimizers": optimizers.state_dict(),
        "torch_random": torch.get_rng_state(),
    }
    fresh = folder / f"{FILE}.new"
    torch.save(state, fresh)
    os.replace(fresh, folder / FILE)


def load(folder: Path, learner: Learner, optimizers: Optimizers) -> Progress:
    """Brings a run back from the checkpoint of `folder`."""
    state = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    learner.model.load_state_dict(state["weights"])
    learner.publish()
    optimizers.load_state_dict(state["optimizers"])
    torch.set_rng_state(state["torch_random"])
    return Progress(**state["progress"])


def append_log(folder: Path, **values: Any) -> None:
    """One more line of log.jsonl."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")
