"""`npc prompt`: the exact text that the model reads."""

from __future__ import annotations

import typer

import npc_sdk
from npc_sdk.budget import count_parts
from npc_sdk.cli.check import WINDOW_TOKENS
from npc_sdk.cli.output import AsJson, Model, coded, err, out, print_json
from npc_sdk.history import TurnKind
from npc_sdk.memory import Memory
from npc_sdk.player_text import admit


@coded
def prompt(
    character: str = typer.Argument(help="A shipped id such as `mira`, or the path of a sheet."),
    say: str = typer.Option(..., "--say", "-s", help="What the player says."),
    model: str = Model,
    player: str | None = typer.Option(None, "--player", help="The player's name, if the NPC knows it."),
    as_json: bool = AsJson,
) -> None:
    """Show the exact prompt of a first turn on stdout, and the tokens of its parts on stderr.

    Example: npc prompt mira --say "What does a longsword cost?"
    """
    sheet = npc_sdk.load_character(character)
    with err.status(f"Loading the tokenizer of {model} ..."):
        codec = npc_sdk.open_codec(model)
    name = None if player is None else admit(player, what="The player's name", max_chars=80)
    memory = Memory(sheet, codec, WINDOW_TOKENS, player=name)
    turns = memory.hear(TurnKind.PLAYER, admit(say, what="The player's text"))
    fitted = memory.fit(sheet.generation.max_tokens, keep=turns)
    parts = count_parts(fitted.prompt, codec)
    text = codec.render(fitted.prompt)
    if as_json:
        tokens = {
            "system": parts.system,
            "tools": parts.tools,
            "contexts": parts.contexts,
            "messages": parts.messages,
            "total": parts.total,
        }
        print_json({"type": "prompt", "text": text, "tokens": tokens, "lore": list(memory.shelf.ids)})
        return
    out.print(text, markup=False, end="")
    err.print(
        f"\n[{parts.total} tokens of {model}: sheet {parts.system}, tools {parts.tools}, lore {parts.contexts} "
        f"({', '.join(memory.shelf.ids) or 'none'}), turns {parts.messages}; window {WINDOW_TOKENS}]",
        style="dim",
        markup=False,
    )
