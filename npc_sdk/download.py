"""Fetches a model from the Hugging Face hub, once, when asked: what `npc pull` does."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.utils import tqdm

from npc_sdk.errors import DiskFull, ModelError, ModelMissing
from npc_sdk.models import DEFAULT_MODEL, HUB_MODELS, NEMOTRON_MINI, HubModel, find_model, unknown_model

MARGIN_BYTES = 1_000_000_000
"""Free disk that is left over after a download, at least."""

_WANTED = (".json", ".jinja", ".model", ".safetensors")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository.

    Args:
        name: its path in the repository.
        size_bytes: its size.
    """

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is.

    Args:
        file: the file under way.
        done_bytes: of all files, those that were on this machine before included.
        total_bytes: of all files.
    """

    file: str
    done_bytes: int
    total_bytes: int


class Hub(Protocol):
    """Where models are fetched from; a test hands in another."""

    @property
    def cache(self) -> Path:
        """The folder under which the files are kept; it need not exist yet."""
        ...

    def files(self, model: HubModel) -> list[HubFile]:
        """All files of the model's revision."""
        ...

    def partial_bytes(self, model: HubModel) -> int:
        """Bytes of files that an interrupted download left, which will be resumed."""
        ...

    def is_here(self, model: HubModel, name: str) -> bool:
        """Whether the whole file is on this machine."""
        ...

    def fetch(self, model: HubModel, name: str, on_bytes: Callable[[int], None]) -> Path:
        """Fetches one file, going on where an earlier try stopped, and tells of bytes as they arrive."""
        ...


class HuggingFaceHub:
    """The hub at huggingface.co, or the one that HF_ENDPOINT names, and the cache that HF_HOME names."""

    @property
    def cache(self) -> Path:
        """The hub library's cache folder."""
        return Path(constants.HF_HUB_CACHE)

    def files(self, model: HubModel) -> list[HubFile]:
        """All files of the model's revision."""
        info = HfApi().model_info(model.repository, revision=model.revision, files_metadata=True)
        return [HubFile(file.rfilename, file.size or 0) for file in info.siblings or ()]

    def partial_bytes(self, model: HubModel) -> int:
        """Bytes of the cache's `.incomplete` files for this model."""
        blobs = self.cache / f"models--{model.repository.replace('/', '--')}" / "blobs"
        return sum(file.stat().st_size for file in blobs.glob("*.incomplete"))

    def is_here(self, model: HubModel, name: str) -> bool:
        """Whether the cache holds the file at this revision."""
        folder = self.cache / f"models--{model.repository.replace('/', '--')}" / "snapshots" / model.revision
        return (folder / name).is_file()

    def fetch(self, model: HubModel, name: str, on_bytes: Callable[[int], None]) -> Path:
        """Fetches one file into the cache."""
        return Path(
            hf_hub_download(model.repository, name, revision=model.revision, tqdm_class=_byte_counter(on_bytes))
        )


def pull(
    model: str = NEMOTRON_MINI,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    hub: Hub | None = None,
) -> Path:
    """Fetches a model's files, those that are not here yet; a try that was cut off goes on where it stopped.

    Args:
        model: a known name.
        on_progress: called as bytes arrive, in the caller's thread or the hub library's.
        hub: where to fetch from; the Hugging Face hub if None.

    Returns:
        The folder of the files.

    Raises:
        UnknownModel: if there is no model of that name.
        DiskFull: before the first byte, if the disk cannot hold the files.
        ModelMissing: if the hub cannot be reached or refuses.
    """
    if model == DEFAULT_MODEL:
        return find_model(model).folder
    if model not in HUB_MODELS:
        raise unknown_model(model)
    known = HUB_MODELS[model]
    source = HuggingFaceHub() if hub is None else hub
    try:
        wanted = wanted_files(source.files(known))
        _require_disk(known, wanted, source)
        return _fetch_all(known, wanted, source, on_progress)
    except ModelError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"The disk of {source.cache} filled up while {model} was fetched.") from error
        raise _not_fetched(known, error) from error
    except Exception as error:  # the hub's HTTP library, and with it the errors, differs between its versions
        raise _not_fetched(known, error) from error


def wanted_files(files: Sequence[HubFile]) -> list[HubFile]:
    """The files that loading needs: config, tokenizer and weights, these as safetensors where there are any."""
    top = [file for file in files if "/" not in file.name]
    wanted = [file for file in top if file.name.endswith(_WANTED)]
    if not any(file.name.endswith(".safetensors") for file in wanted):
        wanted.extend(file for file in top if file.name.endswith(".bin"))
    licences = [file for file in top if "license" in file.name.lower() and file not in wanted]
    return sorted([*wanted, *licences], key=lambda file: file.size_bytes)


def _require_disk(known: HubModel, wanted: Sequence[HubFile], hub: Hub) -> None:
    lacking = sum(file.size_bytes for file in wanted if not hub.is_here(known, file.name))
    if not lacking:
        return
    needed = max(0, lacking - hub.partial_bytes(known)) + MARGIN_BYTES
    free = shutil.disk_usage(_existing(hub.cache)).free
    if free < needed:
        raise DiskFull(
            f"{known.name} needs {needed / 1e9:.1f} GB more at {hub.cache}, "
            f"{MARGIN_BYTES / 1e9:.0f} GB of it to spare; {free / 1e9:.1f} GB are free."
        )


def _fetch_all(
    known: HubModel, wanted: Sequence[HubFile], hub: Hub, on_progress: Callable[[Progress], None] | None
) -> Path:
    total = sum(file.size_bytes for file in wanted)
    before = 0
    folder = hub.cache
    for file in wanted:
        meter = _Meter(file, before, total, on_progress)
        folder = hub.fetch(known, file.name, meter.add).parent
        meter.complete()
        before += file.size_bytes
    return folder


class _Meter:
    """Counts one file's bytes into the whole's progress."""

    def __init__(
        self, file: HubFile, before: int, total: int, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self._file = file
        self._before = before
        self._total = total
        self._on_progress = on_progress
        self._done = 0

    def add(self, count: int) -> None:
        """More bytes arrived."""
        self._tell(min(self._file.size_bytes, self._done + count))

    def complete(self) -> None:
        """The file is whole, be it that it was here before."""
        self._tell(self._file.size_bytes)

    def _tell(self, done: int) -> None:
        self._done = done
        if self._on_progress is not None:
            self._on_progress(Progress(self._file.name, self._before + done, self._total))


def _byte_counter(on_bytes: Callable[[int], None]) -> type[Any]:
    """A bar class for the hub library that draws nothing and hands the bytes on."""

    class ByteCounter(tqdm):  # type: ignore[misc]  # untyped, as the overrides in pyproject.toml have it
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            on_bytes(int(options.get("initial") or 0))

        def update(self, n: float | None = 1) -> bool | None:
            on_bytes(int(n or 0))
            return None

    return ByteCounter


def _existing(folder: Path) -> Path:
    """The nearest folder above that exists, whose disk will hold `folder`."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _not_fetched(known: HubModel, error: Exception) -> ModelMissing:
    lines = str(error).strip().splitlines() or ["no message"]
    return ModelMissing(
        f"{known.name} ({known.repository}) could not be fetched: {type(error).__name__}: {lines[0][:200]}",
        hint="Check the network, HF_ENDPOINT, HF_HUB_OFFLINE and, if the hub asks for one, HF_TOKEN; "
        f"then run `npc pull {known.name}` again: it goes on where it stopped.",
    )
