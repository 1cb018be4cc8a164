"""`pull` against a hub that is played by the test; the network stays out of it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from npc_sdk import download
from npc_sdk.download import HubFile, HuggingFaceHub, Progress, pull, wanted_files
from npc_sdk.errors import DiskFull, ModelMissing, UnknownModel
from npc_sdk.models import HUB_MODELS, NEMOTRON_MINI, HubModel

FILES = [
    HubFile("README.md", 10),
    HubFile("config.json", 20),
    HubFile("tokenizer.json", 30),
    HubFile("model-00001-of-00002.safetensors", 400),
    HubFile("model-00002-of-00002.safetensors", 300),
    HubFile("pytorch_model.bin", 700),
    HubFile("nemotron.nemo", 700),
    HubFile("original/config.json", 20),
    HubFile("community-license.pdf", 5),
]
WANTED_BYTES = 20 + 30 + 400 + 300 + 5


class PlayedHub:
    """Holds what the real hub would, and fails when it is told to."""

    def __init__(self, cache: Path, *, partial: int = 0, error: Exception | None = None, at: str = "") -> None:
        self.cache = cache
        self.fetched: list[str] = []
        self._partial = partial
        self._error = error
        self._at = at

    def files(self, model: HubModel) -> list[HubFile]:
        self._fail_at("files")
        return FILES

    def partial_bytes(self, model: HubModel) -> int:
        return self._partial

    def is_here(self, model: HubModel, name: str) -> bool:
        return (self.cache / name).is_file()

    def fetch(self, model: HubModel, name: str, on_bytes: Callable[[int], None]) -> Path:
        self._fail_at(name)
        self.fetched.append(name)
        size = next(file.size_bytes for file in FILES if file.name == name)
        for _ in range(0, size, 100):
            on_bytes(100)
        self.cache.mkdir(exist_ok=True)
        (self.cache / name).write_bytes(b"x" * size)
        return self.cache / name

    def _fail_at(self, place: str) -> None:
        if self._error is not None and self._at == place:
            raise self._error


def free_disk(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda place: usage)


def test_weights_come_as_safetensors_and_nothing_else_comes() -> None:
    assert {file.name for file in wanted_files(FILES)} == {
        "config.json",
        "tokenizer.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "community-license.pdf",
    }


def test_weights_come_as_bin_where_there_are_no_others() -> None:
    names = {file.name for file in wanted_files([file for file in FILES if not file.name.endswith(".safetensors")])}
    assert "pytorch_model.bin" in names


def test_progress_rises_to_the_whole(tmp_path: Path) -> None:
    hub = PlayedHub(tmp_path / "cache")
    seen: list[Progress] = []
    assert pull(on_progress=seen.append, hub=hub) == tmp_path / "cache"
    done = [progress.done_bytes for progress in seen]
    assert done == sorted(done)
    assert seen[-1].done_bytes == seen[-1].total_bytes == WANTED_BYTES
    assert hub.fetched[-1] == "model-00001-of-00002.safetensors"  # small files first: faults show early


def test_a_full_disk_is_told_before_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free_disk(monkeypatch, download.MARGIN_BYTES + WANTED_BYTES - 1)
    hub = PlayedHub(tmp_path / "not" / "yet" / "there")
    with pytest.raises(DiskFull, match="nemotron-mini needs"):
        pull(hub=hub)
    assert hub.fetched == []


def test_what_is_here_in_part_or_whole_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_bytes(b"x" * 20)
    free_disk(monkeypatch, download.MARGIN_BYTES + WANTED_BYTES - 20 - 100)
    hub = PlayedHub(tmp_path, partial=100)
    pull(hub=hub)
    assert len(hub.fetched) == 5


def test_a_whole_model_is_checked_for_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = PlayedHub(tmp_path)
    pull(hub=hub)
    free_disk(monkeypatch, 0)
    assert pull(hub=hub) == tmp_path


@pytest.mark.parametrize("error", [ConnectionError("no route to host"), RuntimeError("proxy\nsays no"), ValueError()])
@pytest.mark.parametrize("at", ["files", "config.json"])
def test_no_network_is_one_line_with_what_to_do(tmp_path: Path, error: Exception, at: str) -> None:
    with pytest.raises(ModelMissing, match=r"nemotron-mini .* could not be fetched") as caught:
        pull(hub=PlayedHub(tmp_path, error=error, at=at))
    assert caught.value.__cause__ is error
    assert "\n" not in caught.value.message
    assert "npc pull nemotron-mini" in caught.value.hint


def test_a_disk_that_fills_up_meanwhile_is_told(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(DiskFull) as caught:
        pull(hub=PlayedHub(tmp_path, error=error, at="tokenizer.json"))
    assert caught.value.__cause__ is error


def test_a_cut_download_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        pull(hub=PlayedHub(tmp_path, error=ConnectionError("cut"), at="model-00001-of-00002.safetensors"))
    seen: list[Progress] = []
    pull(hub=PlayedHub(tmp_path), on_progress=seen.append)
    assert seen[-1].done_bytes == WANTED_BYTES


def test_the_demo_needs_no_fetching_and_a_stranger_cannot_be_fetched() -> None:
    assert (pull("demo") / "config.json").is_file()
    with pytest.raises(UnknownModel, match="did you mean 'nemotron-mini'"):
        pull("nemotron")


def test_the_real_hub_offline_is_a_coded_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelMissing, match="could not be fetched"):
        pull()


def test_the_real_hub_knows_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    known = HUB_MODELS[NEMOTRON_MINI]
    root = tmp_path / "models--nvidia--Nemotron-Mini-4B-Instruct"
    (root / "blobs").mkdir(parents=True)
    (root / "blobs" / "aa.incomplete").write_bytes(b"xyz")
    (root / "snapshots" / known.revision).mkdir(parents=True)
    (root / "snapshots" / known.revision / "config.json").write_text("{}")
    hub = HuggingFaceHub()
    assert hub.partial_bytes(known) == 3
    assert hub.is_here(known, "config.json")
    assert not hub.is_here(known, "tokenizer.json")


def test_the_hub_librarys_bar_hands_on_bytes_and_draws_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    counted: list[int] = []
    with download._byte_counter(counted.append)(total=10, initial=4, unit="B", name="x") as bar:
        bar.update(6)
    assert counted == [4, 6]
    assert capfd.readouterr() == ("", "")
