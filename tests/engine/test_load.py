"""Opening an engine: what is there speaks, what is broken is told by name."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import MambaConfig, MambaForCausalLM, NemotronForCausalLM

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.engine import load
from npc_sdk.engine.limits import EngineLimits
from npc_sdk.engine.load import find_device, find_dtype, open_engine
from npc_sdk.errors import InputError, ModelBroken, ModelError, ModelMissing, OutOfMemory, UnknownModel
from npc_sdk.models import find_model
from tests.engine.helpers import drain, generated, request

DEMO = find_model("demo").folder


@pytest.fixture
def folder(tmp_path: Path, tiny_model: NemotronForCausalLM) -> Path:
    """The tiny model saved, with the demo model's tokenizer."""
    place = tmp_path / "tiny"
    tiny_model.save_pretrained(place)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, place / name)
    return place


async def test_the_demo_model_answers(capfd: pytest.CaptureFixture[str]) -> None:
    async with open_engine() as engine:
        assert (engine.label, engine.window_tokens) == ("demo", 4096)
        prompt = Prompt(system="You are Mira, the blacksmith.", messages=(Message(Role.USER, "Who are you?"),))
        line = await drain(engine, request(engine.codec.encode(prompt), 60))
    assert "Mira" in line.text
    assert capfd.readouterr() == ("", "")  # no progress bar of the loader


async def test_a_folder_and_its_limits(folder: Path, tiny_model: Any) -> None:
    limits = EngineLimits(window_tokens=100, max_rows=1)
    async with open_engine(str(folder), device="cpu", dtype="float32", limits=limits) as engine:
        assert (engine.label, engine.window_tokens, engine.limits) == ("tiny", 100, limits)
        asked = request(range(20, 40), 8, stops=())
        line = await drain(engine, asked)
        assert engine._facts.eos_ids == {2, 5}
    whole = engine.codec.decode(generated(tiny_model, asked.prompt_ids, 8))
    assert whole.replace("\ufffd", "").startswith(line.text)


def test_no_such_model() -> None:
    with pytest.raises(UnknownModel):
        open_engine("nemo")


def test_a_model_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelMissing):
        open_engine("nemotron-mini")


def spoil(folder: Path, fault: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    weights = folder / "model.safetensors"
    match fault:
        case "config is no JSON":
            (folder / "config.json").write_text("{")
        case "architecture unknown":
            (folder / "config.json").write_text(json.dumps(config | {"model_type": "oracle"}))
        case "code of its own":
            own = {"model_type": "oracle", "auto_map": {"AutoModelForCausalLM": "evil.Model", "AutoConfig": "evil.C"}}
            (folder / "config.json").write_text(json.dumps(config | own))
            (folder / "evil.py").write_text("raise SystemExit('ran code of the folder')")
        case "weights cut short":
            weights.write_bytes(weights.read_bytes()[:5000])
        case "weights are no safetensors":
            weights.write_bytes(b"\x00" * 64)
        case "weights of another shape":
            (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}))
        case "a layer lacks":
            (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
            (folder / "tokenizer_config.json").unlink()
        case "tokenizer is no JSON":
            (folder / "tokenizer.json").write_text("{")


@pytest.mark.parametrize(
    "fault",
    [
        "config is no JSON",
        "architecture unknown",
        "code of its own",
        "weights cut short",
        "weights are no safetensors",
        "weights of another shape",
        "a layer lacks",
        "no tokenizer",
        "tokenizer is no JSON",
    ],
)
def test_broken_files_are_told(folder: Path, fault: str) -> None:
    spoil(folder, fault)
    with pytest.raises(ModelBroken) as caught:
        open_engine(str(folder))
    assert str(folder) in caught.value.message
    assert "\n" not in caught.value.message
    assert fault == "a layer lacks" or caught.value.__cause__ is not None


def test_a_model_without_keys_and_values_is_refused(folder: Path) -> None:
    config = MambaConfig(vocab_size=6144, hidden_size=16, num_hidden_layers=1, state_size=4)
    MambaForCausalLM(config).save_pretrained(folder)
    with pytest.raises(ModelBroken):
        open_engine(str(folder))


def test_too_little_memory_to_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(load, "_load_model", fail)
    with pytest.raises(OutOfMemory, match="cpu has too little memory to load demo"):
        open_engine(device="cpu")


@pytest.mark.parametrize("device", ["cuda:99", "mps:7", "abacus", "meta", "xpu"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(ModelError, match=device) as caught:
        find_device(device)
    assert "cpu" in caught.value.hint


def test_number_formats() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert find_device("cpu") == cpu
    assert find_dtype("auto", cuda) is torch.bfloat16
    assert find_dtype("auto", cpu) in (torch.bfloat16, torch.float32)
    assert find_dtype("auto", torch.device("mps")) is torch.float32
    assert find_dtype("portable", cuda) is torch.bfloat16
    assert find_dtype("portable", cpu) is torch.float32
    assert find_dtype("float16", cpu) is torch.float16
    with pytest.raises(InputError, match="'int4' is not one of auto, portable, float32"):
        find_dtype("int4", cpu)


@pytest.mark.parametrize("has_bf16", [True, False])
def test_a_cpu_takes_what_it_computes_in(monkeypatch: pytest.MonkeyPatch, *, has_bf16: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has_bf16}, raising=False)
    wanted = torch.bfloat16 if has_bf16 else torch.float32
    assert find_dtype("auto", torch.device("cpu")) is wanted


def test_opening_needs_no_loop_and_closing_none_either() -> None:
    engine = open_engine()
    engine.close()
    asyncio.run(engine.aclose())
