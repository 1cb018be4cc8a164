"""A game's side of the bridge: opens a dialogue on a running server and streams a line.

Run: npc serve            (prints its endpoint and its token file)
     python samples/bridge_client.py ENDPOINT TOKEN_FILE [TEXT]
"""

import sys
from pathlib import Path

from npc_bridge import BridgeClient, run
from npc_sdk.errors import BridgeError
from npc_sdk.events import Delta, End, Failed, Sentence


async def main(endpoint: str, token_file: Path, text: str) -> int:
    async with BridgeClient.connect(endpoint, token_file=token_file, name="sample") as client:
        info = await client.info()
        print(f"{info.model} speaks for " + ", ".join(f"{each.name} ({each.role})" for each in info.characters))
        dialogue = await client.open(info.characters[0].id, player="Ada")
        print(f"Ada: {text}\n{dialogue.name}: ", end="")
        sentences = 0
        async for event in dialogue.say(text):
            if isinstance(event, Delta):
                print(event.text, end="", flush=True)
            elif isinstance(event, Sentence):
                sentences += 1  # a game would hand it to speech synthesis
            elif isinstance(event, End):
                print(f"\n({event.reason}, {event.delta_count} deltas, {sentences} sentences)")
            elif isinstance(event, Failed):
                print(f"{event.line}\n({event.code}: {event.message})")
                return 1
        await dialogue.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        sys.exit(run(main(sys.argv[1], Path(sys.argv[2]), (sys.argv[3:] or ["Good evening. Who are you?"])[0])))
    except BridgeError as error:
        sys.exit(f"{error.code}: {error.message} {error.hint}")
