"""The limits of an engine: everything that could grow has one."""

from __future__ import annotations

from dataclasses import dataclass, fields

from npc_sdk.errors import InputError

MIB = 1 << 20
PREFIX_CACHE_BYTES_CPU = 256 * MIB
PREFIX_CACHE_BYTES_GPU = 1024 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """What an engine takes on at most.

    Args:
        max_rows: requests that decode together, at least 1.
        max_queued: requests that wait for a row, at least 1.
        prefix_cache_bytes: bytes of kept keys and values; 0 keeps none, None takes 256 MiB on a CPU,
            1 GiB elsewhere.
        window_tokens: a window smaller than the model's own, to save memory; None for the model's.
        max_stops: stop texts of one request.
        max_stop_chars: characters of one stop text.
        close_timeout_s: seconds that closing waits for the step under way.

    Raises:
        InputError: if one is out of its range.
    """

    max_rows: int = 16
    max_queued: int = 64
    prefix_cache_bytes: int | None = None
    window_tokens: int | None = None
    max_stops: int = 16
    max_stop_chars: int = 256
    close_timeout_s: float = 30.0

    def __post_init__(self) -> None:
        for item in fields(self):
            least = 0 if item.name in ("prefix_cache_bytes", "max_stops") else 1
            value = getattr(self, item.name)
            if value is not None and not value >= least:
                raise InputError(
                    f"The engine's limit {item.name} must be at least {least}, not {value!r}.",
                    hint="Correct the limit.",
                )
