"""A look at a model in training: what it answers to a few fixed prompts that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from train_demo_model.document import Piece
from train_demo_model.shards import ShardPlan, source_of

COUNT = 6
MAX_NEW_TOKENS = 60
SHOWN_CHARS = 400


def probe_prompts(plan: ShardPlan, count: int = COUNT) -> list[tuple[str, str]]:
    """(prompt, the generator's own answer), from documents that are held out."""
    source = source_of(plan.source)(plan.seed + 77, split="new", long_share=0.0)
    return [_middle_answer(document.pieces()) for document in islice(source, count)]


def _middle_answer(pieces: Sequence[Piece]) -> tuple[str, str]:
    answers = [index for index, piece in enumerate(pieces) if piece.weight >= 1.0 and len(piece.text.split()) > 1]
    chosen = answers[len(answers) // 2]
    return "".join(piece.text for piece in pieces[:chosen]), pieces[chosen].text.strip()


@torch.no_grad()  # type: ignore[untyped-decorator]  # torch is not typed here
def answers(model: Any, tokenizer: Any, prompts: Sequence[str]) -> list[str]:
    """What `model` says, greedily."""
    model.eval()
    said = []
    for prompt in prompts:
        ids = torch.tensor([tokenizer.encode(prompt, add_special_tokens=False)], device=model.device)
        out = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=MAX_NEW_TOKENS, do_sample=False
        )
        text: str = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=False)
        said.append(text.split("<extra_id_1>")[0].split("</s>")[0].strip())
    model.train()
    return said


def write_samples(file: Path, title: str, prompts: Sequence[tuple[str, str]], said: Sequence[str]) -> None:
    """Appends the answers, under the ends of their prompts."""
    with file.open("a", encoding="utf-8") as out:
        out.write(f"===== {title}\n")
        for (prompt, gold), answer in zip(prompts, said, strict=True):
            out.write(f"--- ...{prompt[-SHOWN_CHARS:].strip()}\nGENERATOR: {gold}\nMODEL:     {answer}\n")
