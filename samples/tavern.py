"""A tavern where three NPCs answer at once, each in a speech bubble that streams in; one engine, one batch.

Type a line, Enter says it to the NPC whose plate shines; Tab or a click chooses another, or all three.

Run: pip install pygame-ce, then python samples/tavern.py [--say TEXT] [--screenshot FILE]
     --say says TEXT to all three; --screenshot saves the window when they have answered, and ends.
"""

import argparse
import sys
import time

import pygame
from tavern_guest import Guest
from tavern_people import Look
from tavern_player import Player
from tavern_view import HEIGHT, WIDTH, fire, glow, room

from npc_sdk.blocking import BlockingDialogue, LoopThread
from npc_sdk.engine.load import open_engine
from npc_sdk.sheets import load_character

CAST = {
    "tobin": (150, Look((150, 84, 54), apron=(230, 214, 186), hair=(108, 58, 32), beard=True)),
    "silas": (
        450,
        Look((44, 68, 92), apron=(196, 186, 160), hair=(206, 202, 194), hat=(34, 40, 54), beard=True),
    ),
    "mira": (735, Look((104, 44, 44), apron=(86, 62, 46), hair=(64, 34, 26))),
}
PATIENCE_S = 90.0  # longest wait for the answers before a screenshot


def play(guests: list[Guest], say: str | None, screenshot: str | None) -> int:
    """The game loop, until the window is closed or the screenshot is taken."""
    view, clock, began = pygame.display.set_mode((WIDTH, HEIGHT)), pygame.time.Clock(), time.monotonic()
    pygame.display.set_caption("The Crooked Kettle")
    fonts = [pygame.font.SysFont("dejavuserif,georgia,serif", size) for size in (18, 17, 14)]
    empty, light = room(), glow(420, (120, 66, 24))
    names = [guest.dialogue.character.name for guest in guests]
    player, said = Player([guest.x for guest in guests]), say or ""
    while True:
        now = time.monotonic()
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return 0
            said = player.take(event) or said
        view.blit(empty, (0, 0))
        fire(view, light, now)
        for number, guest in enumerate(guests):
            if said and player.addresses(number):
                guest.hear(said)
            guest.listen(now)
            guest.draw(view, fonts, now, chosen=player.addresses(number))
        player.draw(view, fonts[1], names, now)
        pygame.display.flip()
        said, speaking = "", any(guest.line for guest in guests)
        if screenshot and (not speaking or now - began > PATIENCE_S):
            pygame.image.save(view, screenshot)
            return int(speaking)
        clock.tick(60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--say", "--screenshot"):
        parser.add_argument(option)
    options = parser.parse_args()
    engine = open_engine()
    pygame.init()
    with LoopThread() as thread:
        talks = {who: BlockingDialogue(load_character(who), engine, thread=thread, seed=1) for who in CAST}
        code = play([Guest(talks[who], *CAST[who]) for who in CAST], options.say, options.screenshot)
    engine.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
