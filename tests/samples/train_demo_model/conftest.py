"""A small tokenizer and a tiny model, saved as a model folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from train_demo_model.run import export
from train_demo_model.surgery import fresh_model
from train_demo_model.tokenizer import train_tokenizer, with_template
from train_demo_model.words import BANKS

from tests.samples.train_demo_model.small_source import documents

SOURCE = "tests.samples.train_demo_model.small_source:documents"
TINY = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 4096,
}


@pytest.fixture(scope="session")
def small_tokenizer() -> Any:
    def texts() -> Iterator[str]:
        for document in islice(documents(1), 300):
            yield from (piece.text for piece in document.pieces())
        yield from (BANKS / "words" / "lexicon.txt").read_text(encoding="utf-8").splitlines() * 3
        call = '{"name": "give_item", "arguments": {"item": "rope", "quantity": 2}}'
        yield f"{call} the man of the sea and I of it. " * 20

    return with_template(train_tokenizer(texts(), vocabulary=2_000))


@pytest.fixture(scope="session")
def tiny_folder(small_tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("tiny")
    export(fresh_model(len(small_tokenizer), TINY), small_tokenizer, folder)
    return folder
