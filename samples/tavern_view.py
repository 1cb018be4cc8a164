"""The room of samples/tavern.py, drawn with plain shapes."""

import math

import pygame

WIDTH, HEIGHT, FLOOR = 960, 600, 400
INK, PAPER, GOLD, WOOD = (52, 34, 24), (252, 243, 222), (247, 196, 92), (74, 45, 28)
Color = tuple[int, int, int]


def mix(one: Color, two: Color, share: float) -> Color:
    r, g, b = (round(a + (b - a) * share) for a, b in zip(one, two, strict=True))
    return r, g, b


def glow(radius: int, color: Color) -> pygame.Surface:
    """Light that falls off from the middle; to be added to what it falls on."""
    small = pygame.Surface((128, 128))
    for ring in range(64, 0, -1):
        pygame.draw.circle(small, mix((0, 0, 0), color, (1 - ring / 64) ** 2), (64, 64), ring)
    return pygame.transform.smoothscale(small, (2 * radius, 2 * radius))


def room() -> pygame.Surface:
    """The empty tavern, drawn once."""
    view = pygame.Surface((WIDTH, HEIGHT))
    for y in range(HEIGHT):  # walls and floor fade into the dark
        wall = mix((44, 27, 30), (104, 64, 44), y / FLOOR)
        color = wall if y < FLOOR else mix((120, 74, 42), (58, 34, 22), (y - FLOOR) / (HEIGHT - FLOOR))
        pygame.draw.line(view, color, (0, y), (WIDTH, y))
    for x in range(-1600, 2600, 110):  # boards run to a vanishing point
        pygame.draw.aaline(view, (66, 39, 24), (480 + (x - 480) * 0.45, FLOOR), (x, HEIGHT))
    for x in range(0, WIDTH, 240):
        pygame.draw.rect(view, (52, 31, 22), (x - 9, 0, 18, FLOOR))
    pygame.draw.rect(view, (40, 24, 18), (0, 0, WIDTH, 16))
    pygame.draw.rect(view, WOOD, (0, FLOOR - 10, WIDTH, 10))
    for shelf in (210, 268):  # bottles on the left
        pygame.draw.rect(view, (40, 24, 18), (22, shelf, 178, 7))
        for n, color in enumerate([(122, 52, 44), (70, 98, 66), (164, 122, 54), (62, 78, 98), (122, 52, 44)]):
            pygame.draw.rect(view, color, (36 + n * 33, shelf - 32, 15, 32), border_radius=4)
            pygame.draw.rect(view, color, (41 + n * 33, shelf - 42, 5, 14))
    pygame.draw.rect(view, (86, 78, 76), (790, 210, 160, FLOOR - 210), border_radius=8)  # the hearth
    pygame.draw.rect(view, (64, 40, 26), (778, 200, 184, 20), border_radius=4)
    hole = pygame.Rect(816, 272, 108, FLOOR - 272)
    for n, y in enumerate(range(226, FLOOR - 20, 29)):  # its stones
        for x in range(792 + n % 2 * 16, 920, 32):
            stone = mix((86, 78, 76), (54, 46, 46), (x * 7 + n * 5) % 11 / 14)
            pygame.draw.rect(view, stone, (x, y, 30, 26), border_radius=5)
    pygame.draw.rect(view, (24, 14, 14), hole, border_top_left_radius=50, border_top_right_radius=50)
    night = pygame.Rect(556, 38, 104, 76)  # a window, and the moon in it
    pygame.draw.rect(view, (40, 24, 18), night.inflate(16, 16), border_radius=6)
    pygame.draw.rect(view, (38, 50, 90), night)
    pygame.draw.circle(view, (238, 232, 206), (634, 58), 12)
    pygame.draw.line(view, (40, 24, 18), night.midtop, night.midbottom, 6)
    lamp = glow(150, (110, 66, 24))
    for x in (120, 360, 838):  # lanterns
        pygame.draw.line(view, (24, 15, 12), (x, 16), (x, 48), 2)
        pygame.draw.rect(view, (34, 22, 18), (x - 13, 46, 26, 36), border_radius=6)
        pygame.draw.rect(view, (190, 134, 62), (x - 8, 52, 16, 25), border_radius=4)
        view.blit(lamp, lamp.get_rect(center=(x, 65)), special_flags=pygame.BLEND_RGB_ADD)
    return view


def fire(view: pygame.Surface, light: pygame.Surface, now: float) -> None:
    for n, color in enumerate([(196, 62, 24), (240, 132, 38), (255, 214, 110)]):
        for tongue in range(5 - n):
            x, tall = 838 + n * 10 + tongue * 16, (72 - n * 20) * (0.8 + 0.2 * math.sin(now * 7 + tongue * 2 + n))
            pygame.draw.polygon(view, color, [(x - 12, 396), (x + 2, 396 - tall), (x + 14, 396)])
    light.set_alpha(round(200 + 30 * math.sin(now * 9)))
    view.blit(light, light.get_rect(center=(870, 350)), special_flags=pygame.BLEND_RGB_ADD)
