"""`npc chat`: talk with a character here in the terminal."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import typer

import npc_sdk
from npc_sdk.cli.conversation import Conversation
from npc_sdk.cli.game import answered
from npc_sdk.cli.output import EXIT_FAILED, AsJson, Device, Model, coded, err, print_json
from npc_sdk.cli.terminal import Terminal
from npc_sdk.dialogue import Dialogue
from npc_sdk.events import Failed


@coded
def chat(
    character: str = typer.Argument(help="A shipped id such as `mira`, or the path of a sheet."),
    say: list[str] = typer.Option([], "--say", "-s", help="Say this and print the answer; may be given again."),
    model: str = Model,
    device: str = Device,
    player: str | None = typer.Option(None, "--player", help="Your name, if the NPC knows it."),
    seed: int | None = typer.Option(None, "--seed", min=0, help="Same seed, same lines."),
    as_json: bool = AsJson,
) -> None:
    """Talk with a character in the terminal.

    Without --say it is a live conversation: Ctrl-C stops a line, /help lists the commands.

    Example: npc chat mira --say "Who are you?" --json
    """
    if as_json and not say:
        raise typer.BadParameter("--json needs --say: a live conversation is for people.")
    sheet = npc_sdk.load_character(character)
    with err.status(f"Loading the model {model} ..."):
        engine = npc_sdk.open_engine(model, device=device)
    with asyncio.Runner() as runner:
        try:
            dialogue = Dialogue(sheet, engine, player=player, seed=seed)
            if say:
                runner.run(_say_all(dialogue, say, as_json))
            else:
                Conversation(dialogue, engine, runner).run()
        finally:
            runner.run(engine.aclose())


async def _say_all(dialogue: Dialogue, texts: list[str], as_json: bool) -> None:
    terminal = Terminal()
    failed = False
    for text in texts:
        async with aclosing(answered(dialogue, dialogue.say(text))) as events:
            async for event in events:
                if as_json:
                    print_json(event.as_dict())
                else:
                    terminal.show(event)
                failed = failed or isinstance(event, Failed)
    if failed:
        raise typer.Exit(EXIT_FAILED)
