"""The training: batches, losses equal to those of transformers, and a run that goes on as if it never stopped."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from train_demo_model import command, shards
from train_demo_model.attention import LONGEST
from train_demo_model.books import Books
from train_demo_model.document import KEY_WEIGHT, Piece
from train_demo_model.feeder import Feeder
from train_demo_model.learner import Learner, _padded
from train_demo_model.optimizers import schedule
from train_demo_model.rows import WINDOW, Row, row_of, thin_out
from train_demo_model.run import Run
from train_demo_model.shards import MIN_MEAN_TOKENS, ShardPlan, ShardStopped, batch_of, held_out_shard, make_shard
from train_demo_model.surgery import carried_over, deepened
from transformers import AutoTokenizer, NemotronForCausalLM

from tests.samples.train_demo_model.conftest import SOURCE
from tests.samples.train_demo_model.small_source import documents

torch.set_num_threads(1)


@pytest.fixture
def plan(tiny_folder: Path) -> ShardPlan:
    return ShardPlan(
        seed=4,
        tokenizer=tiny_folder / "tokenizer.json",
        documents=20,
        step_tokens=400,
        batch_tokens=250,
        source=SOURCE,
        light_share=1.0,
    )


@pytest.fixture
def model(tiny_folder: Path) -> Any:
    return NemotronForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)


def row(small_tokenizer: Any, seed: int = 1) -> Row:
    found = row_of(next(documents(seed)).pieces(), small_tokenizer.backend_tokenizer)
    assert found is not None
    return found


# Rows and batches


def test_a_row_is_the_whole_text_and_each_token_has_the_weight_of_its_run(small_tokenizer: Any) -> None:
    pieces = next(documents(1)).pieces()
    made = row(small_tokenizer)
    text = "".join(text for text, *_ in pieces)
    assert made.ids.tolist() == small_tokenizer.encode(text, add_special_tokens=False)
    assert small_tokenizer.decode(made.ids[made.weights == 1.0]) == "".join(text for text, w, _ in pieces if w == 1.0)


def test_the_keys_of_a_run_count_more(small_tokenizer: Any) -> None:
    piece = Piece("A room is 14 Silver a night, and that is 14 silver too many.", 1.0, ("14 silver", "elsewhere"))
    made = row_of([piece], small_tokenizer.backend_tokenizer)
    assert made is not None
    heavy = made.weights == KEY_WEIGHT
    assert small_tokenizer.decode(made.ids[heavy]).strip() == "14 Silver"
    assert set(made.weights[~heavy].tolist()) == {1.0}


def test_a_document_is_cut_to_the_window_and_dropped_if_nothing_to_learn_is_left(small_tokenizer: Any) -> None:
    core = small_tokenizer.backend_tokenizer
    assert row_of([Piece("word " * 6_000, 0.1), Piece("Well met, friend, and good day.", 1.0)], core) is None
    long = row_of([Piece("Well met, friend, and good day.", 1.0), Piece("word " * 6_000, 0.1)], core)
    assert long is not None
    assert len(long) == WINDOW


def test_thinning_out_keeps_answers_and_the_sum_on_average(small_tokenizer: Any) -> None:
    whole, dice = row(small_tokenizer), random.Random(1)
    thin = [thin_out(whole, 0.25, dice).weights for _ in range(2_000)]
    answers = whole.weights == 1.0
    assert all((weights[answers] == 1.0).all() for weights in thin)
    assert np.mean([weights[~answers].sum() for weights in thin]) == pytest.approx(
        whole.weights[~answers].sum(), rel=0.05
    )


def test_a_shard_depends_on_its_number_alone_and_holds_whole_documents(plan: ShardPlan) -> None:
    first, again, other = make_shard(plan, 0), make_shard(plan, 0), make_shard(plan, 1)
    assert [[batch.ids.tolist() for batch in step] for step in first] == [
        [batch.ids.tolist() for batch in step] for step in again
    ]
    assert first[0][0].ids.tolist() != other[0][0].ids.tolist()
    batches = [batch for step in first for batch in step]
    assert sum(len(batch.ends) - 1 for batch in batches) == plan.documents
    for batch in batches:
        assert batch.tokens <= plan.batch_tokens
        assert batch.ends[-1] == batch.tokens
        assert all(batch.ids[start] == 4 for start in batch.ends[:-1])  # <extra_id_0>
        assert (batch.positions[batch.ends[:-1]] == 0).all()
        assert batch.targets.tolist() == batch.ids[batch.places + 1].tolist()


def test_a_batch_holds_a_bounded_number_of_documents(small_tokenizer: Any) -> None:
    rows = [Row(np.zeros(3, np.int32), np.ones(3, np.float32))] * 20
    capacity = 4 * MIN_MEAN_TOKENS
    assert [len(pack) for pack in shards._packs(rows, capacity)] == [4] * 5


def test_workers_make_the_same_shards_in_order(plan: ShardPlan) -> None:
    feeder = Feeder(plan, workers=1)
    try:
        source = feeder.shards(first=3)
        for expected in (3, 4):
            number, steps = next(source)
            assert number == expected
            assert [batch.ids.tolist() for step in steps for batch in step] == [
                batch.ids.tolist() for step in make_shard(plan, expected) for batch in step
            ]
    finally:
        feeder.close()


def test_a_feeder_that_is_closed_at_work_ends_its_processes_at_once(plan: ShardPlan) -> None:
    for _ in range(3):
        feeder = Feeder(replace(plan, documents=100_000), workers=1)
        waiting = threading.Thread(target=lambda feeder=feeder: suppressed(feeder), daemon=True)
        waiting.start()
        while not multiprocessing.active_children():
            time.sleep(0.01)
        feeder.close()
        waiting.join(30)
        assert not waiting.is_alive()
        assert not multiprocessing.active_children()


def suppressed(feeder: Feeder) -> None:
    with pytest.raises((ShardStopped, CancelledError)):
        next(feeder.shards(first=0))


def test_books_are_mixed_in_at_their_share(plan: ShardPlan, tmp_path: Path) -> None:
    path = tmp_path / "books.txt"
    path.write_text("A Book\n" + "“It’s late,” said the man — and left.\n" * 400, encoding="utf-8")
    passage = Books(path).passage(random.Random(1))
    assert '"It\'s late," said the man - and left.' in passage.replace("  ", " ")
    fields = {name: getattr(plan, name) for name in ShardPlan.__slots__} | {"books": path, "batch_tokens": 4096}
    batches = [batch for step in make_shard(ShardPlan(**fields), 0) for batch in step]
    plain = sum(batch.tokens for step in make_shard(plan, 0) for batch in step)
    total = sum(batch.tokens for batch in batches)
    assert total > plain / (1 - plan.books_share)


# Losses


def test_the_loss_and_its_gradient_are_those_of_transformers(model: Any, small_tokenizer: Any) -> None:
    rows = [row(small_tokenizer, seed) for seed in range(5)]
    learner = Learner(model, torch.device("cpu"), batch_tokens=0, dtype=torch.float32)
    loss = learner.gradients([batch_of(rows[:3]), batch_of(rows[3:])])
    found = {name: value.grad.clone() for name, value in model.named_parameters()}
    model.zero_grad()
    total = sum(float(each.weights[1:].sum()) for each in rows)
    plain = torch.zeros(())
    for each in rows:
        ids = torch.from_numpy(each.ids).long()
        scores = model(input_ids=ids[None]).logits[0, :-1]
        losses = F.cross_entropy(scores, ids[1:], reduction="none")
        plain = plain + (losses * torch.from_numpy(each.weights[1:])).sum() / total
    plain.backward()
    assert loss.item() == pytest.approx(plain.item(), rel=1e-5)
    for name, value in model.named_parameters():
        torch.testing.assert_close(found[name], value.grad, rtol=1e-3, atol=1e-6)


def test_documents_longer_than_a_block_attend_causally(model: Any, small_tokenizer: Any) -> None:
    long = row_of([Piece("A long tale. " * 200, 1.0)], small_tokenizer.backend_tokenizer)
    assert long is not None
    assert len(long) > 600
    learner = Learner(model, torch.device("cpu"), batch_tokens=0, dtype=torch.float32)
    ids = torch.from_numpy(long.ids).long()
    with torch.no_grad():
        plain = F.cross_entropy(model(input_ids=ids[None]).logits[0, :-1], ids[1:])
    both = [[batch_of([long, long])]]
    assert learner.answer_loss(both) == pytest.approx(float(plain), rel=1e-4)


def test_padding_for_a_fixed_size_changes_nothing(model: Any, small_tokenizer: Any) -> None:
    learner = Learner(model, torch.device("cpu"), batch_tokens=0, dtype=torch.float32)
    batch = batch_of([row(small_tokenizer, seed) for seed in range(3)])
    padded = [torch.from_numpy(array) for array in _padded(batch, 8_192)]
    documents = 8_192 // MIN_MEAN_TOKENS + 8_192 // LONGEST  # of the batch at most, and of the padding
    assert [len(each) for each in padded] == [8_192, 8_192, documents + 2, 4_096, 4_096, 4_096]
    assert int(torch.diff(padded[2]).max()) <= 4_096
    with torch.no_grad():
        assert float(learner._sum_of_losses(*padded)) == pytest.approx(
            float(learner._sum_of_losses(*learner._tensors(batch))), rel=1e-5
        )


def test_weights_carry_over_to_another_tokenizer(small_tokenizer: Any) -> None:
    folder = command.find_model(command.DEFAULT_MODEL).folder
    old = AutoTokenizer.from_pretrained(folder)
    before = NemotronForCausalLM.from_pretrained(folder, dtype=torch.float32).model.embed_tokens.weight
    moved = carried_over(folder, small_tokenizer)
    table = moved.model.embed_tokens.weight
    assert table.shape == (len(small_tokenizer), before.shape[1])
    assert moved.lm_head.weight.data_ptr() == table.data_ptr()
    for control in range(12):
        assert torch.equal(table[control], before[control])
    comma = old.convert_tokens_to_ids(",")
    assert torch.equal(table[small_tokenizer.convert_tokens_to_ids(",")], before[comma])
    same = carried_over(folder, old)
    assert torch.equal(same.model.embed_tokens.weight, before)


def test_a_deepened_model_computes_the_same_and_learns_in_its_new_layers(tiny_folder: Path) -> None:
    model = NemotronForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)
    ids = torch.arange(3, 40)[None]
    before = model(ids, labels=ids)
    deeper = deepened(model, model.config.num_hidden_layers + 2)
    after = deeper(ids, labels=ids)
    assert len(deeper.model.layers) == model.config.num_hidden_layers + 2
    assert torch.equal(before.logits, after.logits)
    after.loss.backward()
    assert all(layer.mlp.down_proj.weight.grad.abs().sum() > 0 for layer in deeper.model.layers)
    with pytest.raises(ValueError, match="more than 1"):
        deepened(deeper, 1)


# Runs


def test_the_schedule_rises_stays_and_falls_to_nothing() -> None:
    shares = [schedule(progress / 100) for progress in range(101)]
    assert shares[0] < 0.01
    assert shares[4:35] == [1.0] * 31
    assert shares[35:] == sorted(shares[35:], reverse=True)
    assert shares[-1] == 0.0


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MEAN_TOKENS", 60)
    monkeypatch.setattr(shards, "HELD_OUT_DOCUMENTS", 6)
    held_out_shard.cache_clear()


@pytest.fixture
def signals() -> Iterator[None]:
    """The command takes signals over; they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def options(tiny_folder: Path, out: Path, *more: str) -> list[str]:
    fixed = [
        "--device",
        "cpu",
        "--workers",
        "0",
        "--step-tokens",
        "400",
        "--batch-tokens",
        "4096",
        "--source",
        SOURCE,
    ]
    return ["--tokens", "4000", "--out", str(out), "--init", str(tiny_folder), *fixed, *more]


def start(tiny_folder: Path, out: Path, *more: str) -> Run:
    out.mkdir(exist_ok=True)
    return command.prepare(command.parser().parse_args(options(tiny_folder, out, *more)))


@pytest.mark.usefixtures("small_steps")
def test_a_run_that_stopped_goes_on_as_if_it_never_had(tiny_folder: Path, tmp_path: Path) -> None:
    whole = start(tiny_folder, tmp_path / "whole")
    assert whole.go()
    part = start(tiny_folder, tmp_path / "part")
    part.stopped = lambda: part.progress.steps >= 5
    assert not part.go()
    rest = start(tiny_folder, tmp_path / "part", "--resume")
    assert rest.progress.steps == 5
    assert rest.go()
    assert (rest.progress.steps, rest.progress.tokens) == (whole.progress.steps, whole.progress.tokens)
    wanted, found = whole.learner.model.state_dict(), rest.learner.model.state_dict()
    assert all(torch.equal(wanted[name], found[name]) for name in wanted)


@pytest.mark.usefixtures("small_steps")
def test_a_run_is_not_resumed_with_other_settings(tiny_folder: Path, tmp_path: Path) -> None:
    begun = start(tiny_folder, tmp_path)
    begun.stopped = lambda: True
    begun.go()
    with pytest.raises(SystemExit, match="other settings: seed"):
        start(tiny_folder, tmp_path, "--resume", "--seed", "9")


@pytest.mark.usefixtures("small_steps", "signals")
def test_the_command_trains_and_leaves_a_model_a_log_and_samples(tiny_folder: Path, tmp_path: Path) -> None:
    assert command.main(options(tiny_folder, tmp_path, "--rate", "0.02")) == 0
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in entries if entry["kind"] == "step"]
    assert losses[-1] < losses[0] - 0.5
    assert [entry["kind"] for entry in entries][-1] == "held_out"
    assert (tmp_path / "samples.txt").read_text().count("MODEL:") == 6
    saved = NemotronForCausalLM.from_pretrained(tmp_path / "model")
    assert saved.dtype == torch.bfloat16
    assert saved.generation_config.eos_token_id == [2, 5]
    assert AutoTokenizer.from_pretrained(tmp_path / "model").chat_template
