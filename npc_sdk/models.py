"""Which models there are by name, and where their files lie. Reads no weights and never uses the network."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from npc_sdk.errors import ModelBroken, ModelMissing, UnknownModel

DEFAULT_MODEL = "demo"
NEMOTRON_MINI = "nemotron-mini"
NEMOTRON_MINI_REPOSITORY = "nvidia/Nemotron-Mini-4B-Instruct"
NEMOTRON_MINI_REVISION = "6a417790c444fd65a3da6a5c8821de6afc9654a6"

_CONFIG = "config.json"
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model that is fetched once from the Hugging Face hub.

    Args:
        name: its name here.
        repository: its repository on the hub.
        revision: the commit, so that every machine has the same files.
        size_bytes: what the download takes on disk, about.
    """

    name: str
    repository: str
    revision: str
    size_bytes: int


HUB_MODELS = {
    NEMOTRON_MINI: HubModel(
        NEMOTRON_MINI, NEMOTRON_MINI_REPOSITORY, NEMOTRON_MINI_REVISION, size_bytes=8_400_000_000
    ),
}


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files are on this machine.

    Args:
        label: its name, for people.
        folder: its files.
    """

    label: str
    folder: Path


def model_names() -> tuple[str, ...]:
    """All names that `find_model` knows."""
    return (DEFAULT_MODEL, *HUB_MODELS)


def find_model(model: str) -> LocalModel:
    """Where the files of a model lie.

    Args:
        model: a known name, or the path of a model folder.

    Raises:
        UnknownModel: if it is neither.
        ModelMissing: if it is known and not, or not wholly, on this machine.
        ModelBroken: if the folder is there and holds no model.
    """
    if model == DEFAULT_MODEL:
        return LocalModel(DEFAULT_MODEL, _complete(Path(__file__).parent / "demo_model", name=DEFAULT_MODEL))
    if model in HUB_MODELS:
        return _find_in_cache(HUB_MODELS[model])
    folder = Path(model).expanduser()
    if folder.is_dir():
        return LocalModel(folder.resolve().name, _complete(folder, name=model))
    raise unknown_model(model)


def unknown_model(model: str) -> UnknownModel:
    """The error for a name that is no model's, with the nearest that is."""
    near = difflib.get_close_matches(model, model_names(), n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return UnknownModel(f"{model!r} is neither a known model ({', '.join(model_names())}) nor a folder{meant}")


def weight_files(folder: Path) -> list[str]:
    """The weight files that a model folder should hold, by its index; empty if it names none.

    Raises:
        ModelBroken: if the index cannot be read.
    """
    index = next((folder / name for name in _INDEXES if (folder / name).is_file()), None)
    if index is None:
        return [name for name in _WEIGHTS if (folder / name).is_file()]
    try:
        return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelBroken(f"{index} is not an index of weight files: {error!r}") from error


def _find_in_cache(known: HubModel) -> LocalModel:
    config = try_to_load_from_cache(known.repository, _CONFIG, revision=known.revision)
    if not isinstance(config, str):
        raise _missing(known, "is not on this machine")
    folder = Path(config).parent
    named = weight_files(folder)
    there = [name for name in named if (folder / name).is_file()]
    if not named or there != named:
        raise _missing(known, f"is on this machine in part: {len(there)} of {len(named) or 'its'} weight files")
    return LocalModel(known.name, folder)


def _missing(known: HubModel, found: str) -> ModelMissing:
    return ModelMissing(
        f"{known.name} ({known.repository}, {known.size_bytes / 1e9:.1f} GB) {found}.",
        hint=f"Fetch it once with `npc pull {known.name}`.",
    )


def _complete(folder: Path, *, name: str) -> Path:
    """The folder, if it holds a config and all its weights."""
    if not (folder / _CONFIG).is_file():
        raise ModelBroken(f"The model {name!r}: the folder {folder} has no {_CONFIG}.")
    named = weight_files(folder)
    lost = [weight for weight in named if not (folder / weight).is_file()]
    if lost:
        raise ModelBroken(f"The model {name!r}: {len(lost)} of {len(named)} weight files lack, first {lost[0]}.")
    if not named:
        raise ModelBroken(f"The model {name!r}: the folder {folder} has no weights ({' or '.join(_WEIGHTS)}).")
    return folder
