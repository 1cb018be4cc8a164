"""Whether a request can be asked of an engine, told before it is queued."""

from __future__ import annotations

from npc_sdk.backend import Request
from npc_sdk.engine.facts import ModelFacts
from npc_sdk.engine.limits import EngineLimits
from npc_sdk.errors import InputError, WindowExceeded

_HINT = "Correct the request; asking again as it is cannot help."
_MAX_SEED = 2**63 - 1


def check_request(request: Request, facts: ModelFacts, limits: EngineLimits) -> None:
    """Refuses what the model could not do.

    Raises:
        InputError: if a field is out of its range.
        WindowExceeded: if prompt and reply do not fit the window.
    """
    _require(request.max_tokens >= 1, "max_tokens", "at least 1", request.max_tokens)
    _require(len(request.prompt_ids) >= 1, "prompt_ids", "at least one id", request.prompt_ids)
    out = next((token for token in request.prompt_ids if not 0 <= token < facts.vocabulary), None)
    _require(out is None, "prompt_ids", f"ids from 0 to {facts.vocabulary - 1}", out)
    _check_sampling(request)
    _check_stops(request, limits)
    most = request.max_sentences
    _require(most is None or most >= 1, "max_sentences", "None or at least 1", most)
    deadline_s = request.deadline_s
    _require(deadline_s is None or deadline_s >= 0, "deadline_s", "None or at least 0", deadline_s)
    asked = len(request.prompt_ids) + request.max_tokens
    if asked > facts.window_tokens:
        raise WindowExceeded(
            f"A prompt of {len(request.prompt_ids)} tokens and a reply of up to {request.max_tokens} are "
            f"{asked} tokens; the model's window is {facts.window_tokens}."
        )


def _check_sampling(request: Request) -> None:
    sampling = request.sampling
    _require(0 <= sampling.temperature <= 2, "temperature", "from 0 to 2", sampling.temperature)
    _require(0 < sampling.top_p <= 1, "top_p", "over 0, up to 1", sampling.top_p)
    _require(sampling.top_k >= 0, "top_k", "at least 0", sampling.top_k)
    _require(0 <= sampling.min_p <= 1, "min_p", "from 0 to 1", sampling.min_p)
    penalty = sampling.repetition_penalty
    _require(1 <= penalty <= 2, "repetition_penalty", "from 1 to 2", penalty)
    seed = sampling.seed
    _require(seed is None or 0 <= seed <= _MAX_SEED, "seed", f"None or from 0 to {_MAX_SEED}", seed)


def _check_stops(request: Request, limits: EngineLimits) -> None:
    stops = request.stops
    _require(len(stops) <= limits.max_stops, "stops", f"at most {limits.max_stops} texts", len(stops))
    for stop in stops:
        expected = f"texts of 1 to {limits.max_stop_chars} characters"
        _require(1 <= len(stop) <= limits.max_stop_chars, "stops", expected, stop[:40])


def _require(holds: bool, field: str, expected: str, found: object) -> None:
    # Comparisons with NaN are false, so NaN is refused with the rest.
    if not holds:
        raise InputError(f"The request's {field} must be {expected}, not {found!r}.", hint=_HINT)
