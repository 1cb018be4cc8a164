"""Tools in a game loop: the NPC asks for something to be done, the game does it or refuses, the NPC speaks on.

The loop never waits for the model: it polls the open line once a frame. The demo model is small, so it now and then
talks where it should act; the sample then says that no call came.

Run: python samples/tools_in_a_game_loop.py
"""

import time
from collections.abc import Mapping
from typing import Any

from npc_sdk.blocking import BlockingDialogue
from npc_sdk.engine.load import open_engine
from npc_sdk.events import End, Failed, ToolCall
from npc_sdk.sheets import load_character

FRAME_S = 1 / 60
BAG_SIZE = 2
PLAYER_SAYS = ("What do you sell?", "Give me 3 horseshoes.", "I accept the quest Ashes of the Mill.")


class Game:
    """The rules: what a tool call does to the world, and when it is refused."""

    def __init__(self) -> None:
        self.bag: dict[str, int] = {}
        self.quests: set[str] = set()

    def handle(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The result that the NPC is told; the SDK has checked the arguments against the sheet's schema."""
        if name == "give_item":
            count = arguments.get("quantity", 1)
            if sum(self.bag.values()) + count > BAG_SIZE:
                return {"ok": False, "error": "the player's bag is full"}
            self.bag[arguments["item"]] = self.bag.get(arguments["item"], 0) + count
        elif name == "start_quest":
            self.quests.add(arguments["quest"])
        elif name != "open_shop":
            return {"ok": False, "error": f"this game has no {name}"}
        return {"ok": True}


def main() -> None:
    engine = open_engine()
    game = Game()
    with BlockingDialogue(load_character("mira"), engine, seed=1) as mira:
        for text in PLAYER_SAYS:
            print(f"Player: {text}")
            line, frames, calls = mira.say(text), 0, 0
            while not line.over:  # the game loop
                for event in line.poll():
                    if isinstance(event, ToolCall):
                        calls += 1
                        result = game.handle(event.name, event.arguments)
                        mira.tool_result(event.call_id, result)
                        verdict = "accepted" if result["ok"] else f"refused, {result['error']}"
                        print(f"  call {event.name} {dict(event.arguments)}: {verdict}")
                    elif isinstance(event, End):
                        print(f"  Mira: {event.text}")
                    elif isinstance(event, Failed):
                        print(f"  Mira: {event.line} ({event.code})")
                frames += 1
                time.sleep(FRAME_S)  # a game would draw here
            print(f"  ({frames} frames, {calls or 'no'} calls)")
    engine.close()
    print(f"Bag: {game.bag}; quests: {sorted(game.quests)}")


if __name__ == "__main__":
    main()
