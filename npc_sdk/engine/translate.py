"""The border to torch's errors: everything that a model raises leaves the engine as an NpcError."""

from __future__ import annotations

import torch

from npc_sdk.errors import EngineFailed, NpcError, OutOfMemory


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device, or the computer, has too little memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # The CPU's allocator raises a plain RuntimeError; its text is all there is to go by.
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def step_failure(error: Exception, label: str) -> NpcError:
    """What a request is told when its step failed; a new error each time, its cause kept."""
    failure: NpcError
    if is_out_of_memory(error):
        failure = OutOfMemory(f"The device ran out of memory while {label} was speaking: {first_line(error)}")
    else:
        failure = EngineFailed(f"A step of {label} failed: {type(error).__name__}: {first_line(error)}")
    failure.__cause__ = error
    return failure


def first_line(error: BaseException) -> str:
    """The first line of an error's text, cut to 200 characters."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no message"
