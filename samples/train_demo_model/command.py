"""The training command: its options, and the run that they ask for."""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import asdict
from pathlib import Path

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from npc_sdk.models import DEFAULT_MODEL, find_model
from train_demo_model import checkpoint
from train_demo_model.feeder import Feeder
from train_demo_model.learner import Learner
from train_demo_model.optimizers import GPU_STEP_TOKENS, Optimizers, default_rate
from train_demo_model.plots import plot_loss
from train_demo_model.run import Budget, Run, export
from train_demo_model.shards import SOURCE, ShardPlan
from train_demo_model.surgery import carried_over, deepened, fresh_model

GPU_BATCH_TOKENS = 49_152
CPU_BATCH_TOKENS, CPU_STEP_TOKENS = 8_192, 16_384
SHARD_STEPS = 6
"""About how many steps a shard holds; documents of one shard meet in the same steps."""
MEAN_TOKENS = 1_200
"""Of a document, roughly."""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    command = argparse.ArgumentParser(
        description="Trains the demo model. The trained model is in OUT/model; watch OUT/samples.txt.",
        allow_abbrev=False,
    )
    budget = command.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, help="train for so long")
    budget.add_argument("--tokens", type=int, help="train on so many tokens")
    command.add_argument("--out", type=Path, required=True, help="folder of the run")
    start = command.add_mutually_exclusive_group()
    start.add_argument("--init", type=Path, help="model folder to start from (default: the shipped demo model)")
    start.add_argument("--from-scratch", action="store_true", help="start from random weights")
    command.add_argument("--layers", type=int, help="add layers in the middle, so that there are so many")
    command.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    command.add_argument(
        "--tokenizer", type=Path, help="tokenizer folder (default: that of the model it starts from)"
    )
    command.add_argument("--books", type=Path, help="public-domain books to mix in, plain or .xz")
    command.add_argument(
        "--books-share", type=float, default=0.12, help="their share of the tokens (default %(default)s)"
    )
    command.add_argument(
        "--long-share", type=float, default=0.1, help="share of long dialogues (default %(default)s)"
    )
    command.add_argument("--source", default=SOURCE, help="generator, as module:function (default %(default)s)")
    command.add_argument("--workers", type=int, help="processes that generate (default: cores - 2, at least 1)")
    command.add_argument("--device", default="auto", help="auto, cpu, cuda")
    command.add_argument("--rate", type=float, help="learning rate (default: by the size of a step)")
    command.add_argument("--step-tokens", type=int, help="tokens of an optimizer step")
    command.add_argument("--batch-tokens", type=int, help="most tokens of a forward pass, at least 4096")
    command.add_argument("--look-minutes", type=float, default=5, help="between checkpoints (default %(default)s)")
    command.add_argument("--largest-file", default="50MB", help="parts of the weights' file (default %(default)s)")
    command.add_argument("--seed", type=int, default=1, help="of weights and data")
    return command


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code: 0 done, 3 stopped before the budget was spent."""
    options = parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    transformers_logging.disable_progress_bar()
    run = prepare(options)
    stop_signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stop_signals.append(received))
    run.stopped = lambda: bool(stop_signals)
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("the first shard is being made", total=1.0)
        run.tell = lambda share, line: bar.update(task, completed=share, description=line)
        finished = run.go()
    run.feeder.close()
    draw(run.folder)
    export(run.learner.model, run.tokenizer, run.folder / "model", largest_file=options.largest_file)
    print(f"{'Done' if finished else 'Stopped'} after {run.progress.tokens:,} tokens: {run.folder / 'model'}")
    return 0 if finished else 3


def prepare(options: argparse.Namespace) -> Run:
    """The run that the options ask for, its model on its device."""
    device = torch.device(
        options.device if options.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    )
    fast = device.type == "cuda"
    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")
    start = options.init or find_model(DEFAULT_MODEL).folder
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer or start, local_files_only=True)
    tokenizer.save_pretrained(options.out / "tokenizer")
    step_tokens = options.step_tokens or (GPU_STEP_TOKENS if fast else CPU_STEP_TOKENS)
    plan = ShardPlan(
        seed=options.seed,
        tokenizer=options.out / "tokenizer" / "tokenizer.json",
        documents=max(8, SHARD_STEPS * step_tokens // MEAN_TOKENS),
        step_tokens=step_tokens,
        batch_tokens=options.batch_tokens or (GPU_BATCH_TOKENS if fast else CPU_BATCH_TOKENS),
        source=options.source,
        books=options.books.resolve() if options.books else None,
        books_share=options.books_share,
        long_share=options.long_share,
    )
    model = fresh_model(len(tokenizer)) if options.from_scratch else carried_over(start, tokenizer)
    if options.layers:
        model = deepened(model, options.layers)
    learner = Learner(model, device, batch_tokens=plan.batch_tokens, compiled=fast)
    optimizers = Optimizers(learner.model, options.rate or default_rate(step_tokens))
    settings = {name: str(value) for name, value in asdict(plan).items()}
    run = Run(
        folder=options.out,
        budget=Budget(tokens=options.tokens, seconds=options.minutes * 60 if options.minutes else None),
        learner=learner,
        optimizers=optimizers,
        feeder=Feeder(plan, workers(options.workers)),
        tokenizer=tokenizer,
        progress=checkpoint.Progress(settings=settings),
        look_every_s=options.look_minutes * 60,
    )
    if options.resume:
        resume(run)
    return run


def resume(run: Run) -> None:
    """Brings the run to where its folder's checkpoint was saved."""
    wanted = run.progress.settings
    run.progress = checkpoint.load(run.folder, run.learner, run.optimizers)
    changed = [name for name, value in run.progress.settings.items() if wanted.get(name) != value]
    if changed:
        raise SystemExit(f"The checkpoint in {run.folder} was made with other settings: {', '.join(changed)}.")


def workers(asked: int | None) -> int:
    """How many processes generate."""
    return asked if asked is not None else max(1, (os.cpu_count() or 1) - 2)


def draw(folder: Path) -> None:
    """The loss plot, if matplotlib is there."""
    try:
        plot_loss(folder / "log.jsonl", folder / "loss.png")
    except ImportError:
        print("No loss.png: pip install matplotlib")
