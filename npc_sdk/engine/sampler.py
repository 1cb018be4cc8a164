"""How tokens are drawn from scores, by each request's own settings and random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from npc_sdk.backend import Sampling


class TokenSampler:
    """Draws the tokens of one request.

    The random numbers come from a generator of the request's own, on the CPU, one per token: so a seeded line does
    not depend on its neighbours in the batch or on the device's own generator.

    Args:
        sampling: the settings.
        prompt_ids: the prompt, for the repetition penalty.
    """

    def __init__(self, sampling: Sampling, prompt_ids: Iterable[int]) -> None:
        self._sampling = sampling
        self._seen = set(prompt_ids) if sampling.repetition_penalty != 1.0 else None
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    @property
    def is_plain_greedy(self) -> bool:
        """Whether the likeliest token is taken as the model scores it."""
        return self._sampling.temperature == 0 and self._seen is None

    def note(self, token: int) -> None:
        """Counts a token of the line as seen."""
        if self._seen is not None:
            self._seen.add(token)

    def draw(self, scores: Tensor, *, penalise: bool = True) -> int:
        """The next token.

        Args:
            scores: `[V]`, the model's logits; minus infinity for what must not be drawn.
            penalise: whether the repetition penalty counts.
        """
        scores = self._penalised(scores.float()) if penalise else scores.float()
        if self._sampling.temperature == 0:
            return int(scores.argmax())
        probabilities, tokens = candidates(scores, self._sampling)
        reach = probabilities.cumsum(0)
        point = torch.rand((), generator=self._generator).to(reach.device) * reach[-1]
        index = int(torch.searchsorted(reach, point, right=True))
        return int(tokens[min(index, len(tokens) - 1)])

    def _penalised(self, scores: Tensor) -> Tensor:
        """Scores after the repetition penalty of Keskar et al., CTRL (2019), equation 4.1, as transformers has it."""
        if not self._seen:
            return scores
        seen = torch.tensor(sorted(self._seen), device=scores.device)
        picked = scores[seen]
        penalty = self._sampling.repetition_penalty
        return scores.scatter(0, seen, torch.where(picked < 0, picked * penalty, picked / penalty))


def draw_all(
    scores: Tensor, samplers: Sequence[TokenSampler], *, penalise: Sequence[bool] | None = None
) -> list[int]:
    """One token per row.

    Args:
        scores: `[B, V]`.
        samplers: one per row.
        penalise: for each row whether the repetition penalty counts; None for all.
    """
    if all(sampler.is_plain_greedy for sampler in samplers):
        return [int(token) for token in scores.argmax(-1).tolist()]
    counts = [True] * len(samplers) if penalise is None else penalise
    return [sampler.draw(row, penalise=each) for sampler, row, each in zip(samplers, scores, counts, strict=True)]


def candidates(scores: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """The tokens that may be drawn: temperature, then top-k, top-p and min-p, each on what the one before left.

    Top-p (nucleus) sampling: Holtzman et al. 2020; min-p: Nguyen et al. 2024.

    Args:
        scores: `[V]`, float32.
        sampling: temperature over 0.

    Returns:
        Probabilities `[N]`, falling, of sum 1, and their tokens `[N]`; N >= 1.
    """
    scaled = scores / sampling.temperature
    count = min(sampling.top_k, len(scaled)) if sampling.top_k else len(scaled)
    # Ties must fall the same way each time, or a seed would not give the same line; topk does not promise that.
    ordered, tokens = torch.sort(scaled, descending=True, stable=True)
    probabilities = ordered[:count].softmax(0)
    if sampling.top_p < 1:  # a float32 sum reaches 1 before its last terms, and 1 promises to keep all
        before = probabilities.cumsum(0) - probabilities
        probabilities = probabilities[before < sampling.top_p]
    # What has no probability must not be drawn, not even at the very end of the sum.
    probabilities = probabilities[(probabilities >= sampling.min_p * probabilities[0]) & (probabilities > 0)]
    return probabilities / probabilities.sum(), tokens[: len(probabilities)]
