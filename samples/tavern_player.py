"""The player's side of samples/tavern.py: the line at the bottom and whom it is for."""

import pygame
from tavern_view import GOLD, HEIGHT, PAPER, WIDTH


class Player:
    """What was typed so far. `chosen` is a guest's number; one more than the last is everybody."""

    def __init__(self, places: list[int]) -> None:
        self.text, self.places, self.chosen = "", places, len(places)

    def addresses(self, number: int) -> bool:
        return self.chosen in (number, len(self.places))

    def take(self, event: pygame.event.Event) -> str:
        """Reads a key or a click; gives the line when it was said."""
        if event.type == pygame.TEXTINPUT:
            self.text += event.text
        elif event.type == pygame.MOUSEBUTTONDOWN:
            near = [number for number, x in enumerate(self.places) if abs(event.pos[0] - x) < 90]
            self.chosen = near[0] if near else len(self.places)
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_TAB:
            self.chosen = (self.chosen + 1) % (len(self.places) + 1)
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_BACKSPACE:
            self.text = self.text[:-1]
        elif event.type == pygame.KEYDOWN and event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            said, self.text = self.text.strip(), ""
            return said
        return ""

    def draw(self, view: pygame.Surface, font: pygame.font.Font, names: list[str], now: float) -> None:
        area = pygame.Rect(16, HEIGHT - 50, WIDTH - 32, 38)
        pygame.draw.rect(view, GOLD, area.inflate(4, 4), border_radius=12)
        pygame.draw.rect(view, (30, 19, 15), area, border_radius=11)
        whom = [*names, "everybody"][self.chosen]
        hint = f"Say something to {whom}  (Tab or click: somebody else, Enter: say it)"
        caret = "|" if now % 1 < 0.5 else ""
        words = font.render(self.text + caret if self.text else hint, True, PAPER if self.text else (160, 132, 104))
        seen = pygame.Rect(max(0, words.get_width() - 900), 0, 900, 40)  # the end of a long line
        view.blit(words, words.get_rect(midleft=(area.left + 14, area.centery)), seen)
