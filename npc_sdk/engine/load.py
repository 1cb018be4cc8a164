"""Opens an engine on a model's files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers.utils import logging as transformers_logging

from npc_sdk.engine.codec import EngineCodec, codec_for
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.limits import EngineLimits
from npc_sdk.engine.translate import first_line, is_out_of_memory
from npc_sdk.errors import InputError, ModelBroken, ModelError, NpcError, OutOfMemory
from npc_sdk.models import DEFAULT_MODEL, LocalModel, find_model

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_BF16_CAPABILITIES = ("avx512_bf16", "amx_bf16", "arm_bf16")


def open_engine(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    dtype: str = "auto",
    limits: EngineLimits = EngineLimits(),  # noqa: B008  frozen
) -> Engine:
    """Loads a model from this machine's disk and starts an engine on it; never uses the network. Blocks.

    Args:
        model: `demo`, `nemotron-mini`, or the path of a model folder.
        device: `auto` (CUDA if there is one, else the CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `float32`, `bfloat16`, `float16`, `auto`: bfloat16 on CUDA and on CPUs that compute in it, else
            float32; or `portable`: bfloat16 on CUDA, float32 on every CPU, so that lines drawn with one seed are
            the same on all of them and alone as in a batch, at some cost of speed.
        limits: what the engine takes on at most.

    Raises:
        UnknownModel: if there is no such model.
        ModelMissing: if it is known and not on this machine; its hint names the command that fetches it.
        ModelBroken: if its files cannot be loaded.
        ModelError: if the device is not there.
        OutOfMemory: if the device has too little memory for it.
        InputError: if `dtype` is none of those above.
    """
    found = find_model(model)
    place = find_device(device)
    number = find_dtype(dtype, place)
    with _translated(found, place), _no_progress_bars():
        tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
        loaded = _load_model(found.folder, number).to(place)
        _probe(loaded)
        codec = codec_for(tokenizer)
    engine = Engine(loaded, codec, label=found.label, limits=limits)
    engine.prepare_calls()
    return engine


def open_codec(model: str = DEFAULT_MODEL) -> EngineCodec:
    """A model's tokenizer and prompt format alone, for counting tokens without loading its weights.

    Args:
        model: as in `open_engine`.

    Raises:
        UnknownModel, ModelMissing, ModelBroken: as `open_engine`.
    """
    found = find_model(model)
    with _translated(found, torch.device("cpu")):
        return codec_for(AutoTokenizer.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False))


def find_device(device: str) -> torch.device:
    """The device of that name.

    Raises:
        ModelError: if this machine has no such device.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ModelError(f"There is no device {device!r}.", hint="Use auto, cpu, cuda or mps.") from error
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    there = count.get(place.type, 0)
    if (place.index or 0) >= there:
        raise ModelError(
            f"The device {device!r} was asked for; torch finds {there} of {place.type} on this machine.",
            hint="Use --device auto or cpu, or install the torch build and driver for that device.",
        )
    return place


def find_dtype(dtype: str, device: torch.device) -> torch.dtype:
    """The number format of that name; `auto` takes bfloat16 where the device computes in it, `portable` on CUDA.

    Raises:
        InputError: if there is no such format.
    """
    if dtype == "auto":
        return torch.bfloat16 if device.type == "cuda" or _cpu_has_bf16(device) else torch.float32
    if dtype == "portable":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if dtype not in DTYPES:
        known = ", ".join(["auto", "portable", *DTYPES])
        raise InputError(f"The dtype {dtype!r} is not one of {known}.", hint=f"Use one of {known}.")
    return DTYPES[dtype]


def _cpu_has_bf16(device: torch.device) -> bool:
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in _BF16_CAPABILITIES)


def _load_model(folder: Path, dtype: torch.dtype) -> Any:
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, local_files_only=True, trust_remote_code=False, output_loading_info=True
    )
    # transformers fills weights that lack with random numbers and only warns.
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise ModelBroken(f"The weights in {folder} lack {len(lacking)} tensors, first {lacking[0]}.")
    return model.eval()


def _probe(model: Any) -> None:
    """Runs two tokens, so that a model that the engine cannot serve is told of at once, not in a player's line."""
    cache = DynamicCache()
    with torch.inference_mode():
        ids = torch.zeros((1, 2), dtype=torch.long, device=next(model.parameters()).device)
        model(input_ids=ids, past_key_values=cache, use_cache=True)
    layers = model.config.get_text_config().num_hidden_layers
    if len(cache.layers) != layers or cache.get_seq_length() != 2:
        raise ModelBroken(
            f"{type(model).__name__} keeps no keys and values per layer, as the engine needs.",
            hint="Choose a model with plain attention layers.",
        )


@contextlib.contextmanager
def _translated(found: LocalModel, device: torch.device) -> Iterator[None]:
    try:
        yield
    except NpcError:
        raise
    except Exception as error:  # a broken checkpoint raises whatever its broken part makes the loaders raise
        if is_out_of_memory(error):
            raise OutOfMemory(f"{device} has too little memory to load {found.label}: {first_line(error)}") from error
        raise ModelBroken(
            f"The model {found.label} in {found.folder} cannot be loaded: {type(error).__name__}: {first_line(error)}"
        ) from error


@contextlib.contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Loading takes a moment; a bar on stderr would break a terminal conversation and JSON output."""
    was_on = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            transformers_logging.enable_progress_bar()
