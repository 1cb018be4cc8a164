"""Names become folders without torch and without a network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from npc_sdk import models
from npc_sdk.errors import ModelBroken, ModelMissing, UnknownModel


def model_folder(path: Path, *, config: bool = True, weights: bool = True) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if config:
        (path / "config.json").write_text("{}")
    if weights:
        (path / "model.safetensors").write_bytes(b"")
    return path


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def snapshot(cache: Path) -> Path:
    known = models.HUB_MODELS[models.NEMOTRON_MINI]
    return cache / f"models--{known.repository.replace('/', '--')}" / "snapshots" / known.revision


def test_the_default_model_is_shipped() -> None:
    found = models.find_model(models.DEFAULT_MODEL)
    assert found.label == "demo"
    assert {"config.json", "model.safetensors", "tokenizer.json", "MODEL_CARD.md"} <= {
        file.name for file in found.folder.iterdir()
    }


def test_the_real_model_is_pinned_to_a_commit() -> None:
    revision = models.NEMOTRON_MINI_REVISION
    assert len(revision) == 40
    assert set(revision) <= set("0123456789abcdef")


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownModel, match=r"'nemotron-mni' .* did you mean 'nemotron-mini'\?"):
        models.find_model("nemotron-mni")


def test_a_known_model_that_is_not_here_names_the_command(empty_cache: Path) -> None:
    with pytest.raises(ModelMissing, match="is not on this machine") as caught:
        models.find_model("nemotron-mini")
    assert "`npc pull nemotron-mini`" in caught.value.hint


def test_a_model_fetched_in_part_is_missing(empty_cache: Path) -> None:
    folder = model_folder(snapshot(empty_cache), weights=False)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model-1.safetensors").write_bytes(b"")
    with pytest.raises(ModelMissing, match="in part: 1 of 2 weight files"):
        models.find_model("nemotron-mini")


def test_a_model_fetched_whole_is_found(empty_cache: Path) -> None:
    folder = model_folder(snapshot(empty_cache))
    assert models.find_model("nemotron-mini") == models.LocalModel("nemotron-mini", folder)


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine")
    assert models.find_model(str(folder)) == models.LocalModel("mine", folder)


@pytest.mark.parametrize(
    ("config", "weights", "named"), [(False, True, r"no config\.json"), (True, False, r"no weights")]
)
def test_a_folder_without_its_files_is_broken(tmp_path: Path, *, config: bool, weights: bool, named: str) -> None:
    folder = model_folder(tmp_path / "mine", config=config, weights=weights)
    with pytest.raises(ModelBroken, match=named):
        models.find_model(str(folder))


def test_a_folder_that_lacks_a_shard_names_it(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", weights=False)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "one.safetensors"}}))
    with pytest.raises(ModelBroken, match=r"1 of 1 weight files lack, first one\.safetensors"):
        models.find_model(str(folder))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}', "\ufeff{"])
def test_a_broken_index_is_told(tmp_path: Path, text: str) -> None:
    folder = model_folder(tmp_path / "mine", weights=False)
    (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelBroken, match=r"model\.safetensors\.index\.json is not an index") as caught:
        models.find_model(str(folder))
    assert caught.value.__cause__ is not None


def test_names_are_resolved_without_torch() -> None:
    code = "import sys, npc_sdk, npc_sdk.models, npc_sdk.download; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
