"""`npc pull`: fetch the real model, once."""

from __future__ import annotations

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from npc_sdk.cli.output import AsJson, coded, err, out, print_json
from npc_sdk.download import Progress
from npc_sdk.download import pull as fetch


@coded
def pull(
    model: str = typer.Argument("nemotron-mini", help="A model that the SDK knows."),
    as_json: bool = AsJson,
) -> None:
    """Fetch a model from the Hugging Face hub: about 8.4 GB for nemotron-mini. Goes on where it stopped.

    Example: npc pull nemotron-mini
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task(model, total=None)

        def show(progress: Progress) -> None:
            bar.update(task, description=progress.file, completed=progress.done_bytes, total=progress.total_bytes)

        folder = fetch(model, on_progress=show)
    if as_json:
        print_json({"type": "pulled", "model": model, "folder": str(folder)})
    else:
        out.print(f"{model} is in {folder}", markup=False)
