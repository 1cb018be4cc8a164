"""Talk to a shipped NPC from asyncio: a sheet, an engine, and a line that streams in.

Run: python samples/talk.py
"""

import asyncio

from npc_sdk.dialogue import Dialogue
from npc_sdk.engine.load import open_engine
from npc_sdk.events import Delta, End, Failed
from npc_sdk.sheets import load_character


async def main() -> None:
    async with open_engine() as engine:  # the demo model, on whatever this machine has
        mira = Dialogue(load_character("mira"), engine, player="Ada", seed=1)
        for question in ("Who are you?", "What does a longsword cost?"):
            print(f"Ada:  {question}\nMira: ", end="")
            async for event in mira.say(question):
                if isinstance(event, Delta):
                    print(event.text, end="", flush=True)
                elif isinstance(event, End):
                    print(f"\n      ({event.reason}, first token after {event.timings.first_token_ms:.0f} ms)")
                elif isinstance(event, Failed):
                    print(f"{event.line}\n      ({event.code}: {event.message})")


if __name__ == "__main__":
    asyncio.run(main())
