"""The people of samples/tavern.py and their tables, drawn with plain shapes."""

import math
from dataclasses import dataclass

import pygame
from tavern_view import INK, PAPER, WOOD, Color, mix


@dataclass(frozen=True)
class Look:
    coat: Color
    apron: Color
    hair: Color
    hat: Color | None = None
    beard: bool = False


def figure(view: pygame.Surface, x: int, look: Look) -> None:
    """Somebody who stands in the room, from the waist up."""
    dark, skin = mix(look.coat, (20, 12, 12), 0.4), (222, 170, 132)
    pygame.draw.rect(view, look.coat, (x - 54, 326, 108, 150), border_top_left_radius=46, border_top_right_radius=46)
    pygame.draw.rect(view, look.apron, (x - 27, 352, 54, 120), border_radius=10)
    pygame.draw.lines(view, dark, False, [(x - 36, 344), (x - 34, 400), (x - 28, 470)], 3)
    pygame.draw.lines(view, dark, False, [(x + 36, 344), (x + 34, 400), (x + 28, 470)], 3)
    pygame.draw.rect(view, mix(skin, INK, 0.2), (x - 11, 310, 22, 26), border_radius=8)
    pygame.draw.circle(view, look.hair, (x, 279), 38)
    pygame.draw.ellipse(view, skin, (x - 30, 254, 60, 68))
    if look.beard:
        pygame.draw.ellipse(view, look.hair, (x - 28, 292, 56, 40))
        pygame.draw.ellipse(view, skin, (x - 20, 286, 40, 18))
    for side in (-1, 1):
        pygame.draw.circle(view, INK, (x + side * 11, 282), 3)
        pygame.draw.line(view, look.hair, (x + side * 6, 273), (x + side * 17, 272), 3)
    pygame.draw.arc(view, INK, (x - 9, 290, 18, 14), math.pi * 1.15, math.pi * 1.85, 2)
    if look.hat:
        pygame.draw.ellipse(view, look.hat, (x - 46, 246, 92, 22))
        pygame.draw.rect(view, look.hat, (x - 27, 222, 54, 36), border_top_left_radius=18, border_top_right_radius=18)
    else:
        pygame.draw.ellipse(view, look.hair, (x - 33, 240, 66, 30))


def table(view: pygame.Surface, x: int) -> None:
    """A table with a mug and a candle."""
    pygame.draw.rect(view, mix(WOOD, (0, 0, 0), 0.35), (x - 74, 474, 148, 42), border_radius=6)
    pygame.draw.ellipse(view, mix(WOOD, (0, 0, 0), 0.2), (x - 112, 446, 224, 46))
    pygame.draw.ellipse(view, (146, 94, 54), (x - 112, 440, 224, 44))
    pygame.draw.ellipse(view, (166, 110, 64), (x - 98, 444, 196, 32))
    pygame.draw.rect(view, (168, 128, 76), (x - 76, 430, 24, 30), border_radius=4)
    pygame.draw.ellipse(view, PAPER, (x - 76, 425, 24, 11))
    pygame.draw.rect(view, (236, 226, 196), (x + 62, 434, 9, 24))
    pygame.draw.ellipse(view, (255, 214, 110), (x + 62, 418, 9, 18))
