"""One NPC of samples/tavern.py: a dialogue that is polled once a frame, and the bubble it fills."""

from dataclasses import dataclass

import pygame
from tavern_people import Look, figure, table
from tavern_words import bubble, plate

from npc_sdk.blocking import BlockingDialogue, BlockingLine
from npc_sdk.events import Delta, End, Failed, ToolCall

SHOWN_S, FADE_S = 12.0, 1.5


@dataclass
class Guest:
    """One NPC: what it said so far, and when it stopped."""

    dialogue: BlockingDialogue
    x: int
    look: Look
    line: BlockingLine | None = None
    text: str = ""
    silent_at: float = -SHOWN_S

    def hear(self, text: str) -> None:
        self.line, self.text = self.dialogue.say(text), ""

    def listen(self, now: float) -> None:
        """Takes what came since the last frame; never waits."""
        for event in self.line.poll() if self.line else ():
            if isinstance(event, Delta):
                self.text += event.text
            elif isinstance(event, ToolCall):
                self.dialogue.tool_result(event.call_id, {"ok": True})
            elif isinstance(event, End | Failed):
                self.text = event.text if isinstance(event, End) else event.line
                self.line, self.silent_at = None, now
                print(f"{self.dialogue.character.name}: {self.text}", flush=True)

    def draw(self, view: pygame.Surface, fonts: list[pygame.font.Font], now: float, *, chosen: bool) -> None:
        figure(view, self.x, self.look)
        table(view, self.x)
        who = self.dialogue.character
        plate(view, self.x, who.name, who.identity.role, self.look, (fonts[1], fonts[2]), chosen=chosen)
        left_s = SHOWN_S - (now - self.silent_at)
        if self.line or left_s > 0:
            alpha = 255 if self.line else round(255 * min(1, left_s / FADE_S))
            bubble(view, self.x, self.text, fonts[0], alpha=alpha, open_line=self.line is not None)
