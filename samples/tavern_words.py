"""The words of samples/tavern.py: speech bubbles and name plates."""

import pygame
from tavern_people import Look
from tavern_view import GOLD, INK, PAPER, WIDTH, WOOD, mix

BUBBLE_WIDTH, PAD = 276, 14
Fonts = tuple[pygame.font.Font, pygame.font.Font]


def wrap(text: str, font: pygame.font.Font, width: int) -> list[str]:
    """The text in lines of at most `width` pixels, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.size(longer)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def bubble(view: pygame.Surface, x: int, text: str, font: pygame.font.Font, *, alpha: int, open_line: bool) -> None:
    """A bubble above the head at `x`, as tall as its text; the last lines stay in sight when there are many."""
    lines = wrap(text + (" ..." if open_line else ""), font, BUBBLE_WIDTH - 2 * PAD)[-7:]
    wide = max(60, *(font.size(line)[0] for line in lines)) + 2 * PAD
    tall = len(lines) * font.get_linesize() + 2 * PAD - 4
    paper = pygame.Surface((wide + 8, tall + 26), pygame.SRCALPHA)
    middle = paper.get_width() // 2
    for shift, color in ((4, (0, 0, 0, 90)), (0, (*GOLD, 255)), (-2, (*PAPER, 255))):
        edge = 2 if shift < 0 else 0
        area = pygame.Rect(edge + max(shift, 0), edge + max(shift, 0), wide - 2 * edge, tall - 2 * edge)
        pygame.draw.rect(paper, color, area, border_radius=14)
        tip = [(middle - 12, area.bottom - 1), (middle + 10, area.bottom - 1), (middle + 2, area.bottom + 16)]
        pygame.draw.polygon(paper, color, tip)
    for number, line in enumerate(lines):
        paper.blit(font.render(line, True, INK), (PAD, PAD - 3 + number * font.get_linesize()))
    paper.set_alpha(alpha)
    left = min(max(x - middle, 10), WIDTH - paper.get_width() - 4)
    view.blit(paper, (left, 206 - tall))


def plate(view: pygame.Surface, x: int, name: str, role: str, look: Look, fonts: Fonts, *, chosen: bool) -> None:
    """Who it is, below the table; the one whom the player addresses shines."""
    area = pygame.Rect(x - 84, 494, 168, 44)
    pygame.draw.rect(view, GOLD if chosen else mix(look.coat, WOOD, 0.5), area.inflate(4, 4), border_radius=10)
    pygame.draw.rect(view, (40, 25, 18), area, border_radius=9)
    for font, text, color, y in ((fonts[0], name, PAPER, 496), (fonts[1], role, GOLD, 516)):
        words = font.render(text, True, color)
        view.blit(words, words.get_rect(midtop=(x, y)))
