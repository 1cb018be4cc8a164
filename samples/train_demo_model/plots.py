"""Pictures of a run and of a model's figures; they need matplotlib (`pip install matplotlib`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SMOOTHING = 0.95


def plot_loss(log: Path, picture: Path) -> None:
    """The losses of a log.jsonl over the tokens seen."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    steps = [entry for entry in entries if entry["kind"] == "step"]
    held = [entry for entry in entries if entry["kind"] == "held_out"]
    if not steps:
        return
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    tokens = [entry["tokens"] / 1e6 for entry in steps]
    losses = [entry["loss"] for entry in steps]
    axes.plot(tokens, losses, color="#bbbbbb", linewidth=0.7, label="a step")
    axes.plot(tokens, smoothed(losses), color="#1f5fa8", label="smoothed")
    if held:
        axes.plot([entry["tokens"] / 1e6 for entry in held], [entry["loss"] for entry in held], "o-", color="#c0392b",
                  markersize=3, label="answers, held out")  # fmt: skip
    axes.set(xlabel="tokens seen, millions", ylabel="loss, nats a token", yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(picture, dpi=120)
    plt.close(figure)


def plot_by_length(points: Sequence[tuple[str, float, float, float]], picture: Path, title: str) -> None:
    """Accuracy by prompt length.

    Args:
        points: (length, share right, low end of its interval, high end), shares from 0 to 1.
        picture: PNG file to write.
        title: over the plot.
    """
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    shares = [100 * share for _, share, _, _ in points]
    below = [100 * (share - low) for _, share, low, _ in points]
    above = [100 * (high - share) for _, share, _, high in points]
    axes.errorbar([name for name, *_ in points], shares, yerr=[below, above], fmt="o-", color="#1f5fa8", capsize=4)
    axes.set(xlabel="prompt length, tokens", ylabel="right, % (95 % intervals)", ylim=(0, 102), title=title)
    axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=120)
    plt.close(figure)


def _pyplot() -> Any:
    """Loaded only when something is drawn, so that all else works without it.

    Raises:
        ImportError: if matplotlib is not there.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def smoothed(values: Sequence[float]) -> list[float]:
    """The exponential mean up to each value, without the pull of its start."""
    result: list[float] = []
    mean, weight = 0.0, 0.0
    for value in values:
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        result.append(mean / weight)
    return result
