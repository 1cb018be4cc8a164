"""Draws what a character is: age, traits, goals, manner of speech, states, tools."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from train_demo_model.banks import Banks
from train_demo_model.exchanges.social import SOCIAL
from train_demo_model.sheet_banks import StateKind
from train_demo_model.slots import can_fill, draw, values_for
from train_demo_model.split import Split, phrasings
from train_demo_model.styles import Style
from train_demo_model.template import Template
from train_demo_model.tool_bank import alike
from train_demo_model.tool_use import BoundTool, bind
from train_demo_model.tool_verbs import composed_tool
from train_demo_model.words import Words

_MOOD = 0.45
_STATE = 0.08  # share of sheets that have a given state
_COMPOSED_TOOLS = 0.2
_SAME_THEME = 0.6  # share of tools of one theme, which are easily taken for each other
_EXAMPLES = 0.35
_SHOWN_ONLY = 0.3  # share of sheets with examples that show the manner of speech and do not name it
_EXAMPLE_INTENTS = tuple(
    "greet thanks bye compliment insult joke threat small_talk bad_news boast opinion gift".split()
)
_LIMITS = (1, 2, 2, 3, 3, 4)


class SelfDraw:
    """Draws for one character.

    Args:
        banks: authored text.
        rng: draws.
        split: which words may come up.
        own: the values that the character brings.
    """

    def __init__(self, banks: Banks, rng: random.Random, split: Split, own: Mapping[str, str]) -> None:
        self._banks, self._rng, self._own = banks, rng, own
        self._words = Words(rng, split)

    def identity(self, looks: str | None) -> dict[str, Any]:
        """The `identity` of the sheet."""
        rng = self._rng
        return {
            "role": self._own["role"],
            "place": self._own.get("place"),
            "age": draw("age", self._words) if rng.random() < 0.3 else None,
            "pronouns": self._words.of("pronouns") if rng.random() < 0.25 else None,
            "species": draw("species", self._words) if rng.random() < 0.15 else None,
            "appearance": looks,
        }

    def persona(self, style: Style, story: str | None) -> dict[str, Any]:
        """The `persona` of the sheet."""
        rng = self._rng
        traits = rng.sample(style.traits, min(len(style.traits), rng.randint(0, 3)))
        if rng.random() < 0.4:
            traits.append(self._words.of("adj"))
        fitting = self._fillable(self._banks.sheet.goals)
        goals = rng.sample(fitting, min(len(fitting), rng.choice((0, 0, 1, 1, 2, 3))))
        return {
            "traits": list(dict.fromkeys(traits)),
            "background": story,
            "goals": [self._filled(goal) for goal in goals],
        }

    def speech(self, style: Style, address: str | None, end_phrase: str, *, plain: bool) -> dict[str, Any]:
        """The `speech` of the sheet; an end phrase is a sentence of its own, so the limit leaves room for it.

        Args:
            style: the manner.
            address: how the character calls people, if the sheet says so.
            end_phrase: what ends every line, or empty.
            plain: whether no rule changes lines of the style, so that some can stand as examples.
        """
        rng = self._rng
        limit = rng.choice(_LIMITS) if rng.random() < 0.35 else None
        limit = max(limit, 2) if limit and end_phrase else limit
        examples = self._examples(style, address, limit) if plain and rng.random() < _EXAMPLES else []
        shown_only = len(examples) > 1 and rng.random() < _SHOWN_ONLY
        return {
            "style": None if shown_only else rng.choice(style.describe),
            "address": address,
            "catchphrase": self.catchphrase() if rng.random() < 0.12 else None,
            "max_sentences": limit,
            "examples": examples,
        }

    def _examples(self, style: Style, address: str | None, limit: int | None) -> list[dict[str, str]]:
        rng = self._rng
        values = {**self._own, "addr": address or rng.choice(style.address)}
        found = []
        for intent in rng.sample(_EXAMPLE_INTENTS, rng.randint(1, 3)):
            asks = [ask for ask in phrasings(self._banks.asks[intent], "in") if ask.slots <= values.keys()]
            lines = [
                line
                for line in style.lines[SOCIAL[intent]]
                if line.slots <= values.keys() and line.sentence_count <= (limit or line.sentence_count)
            ]
            if asks and lines:
                found.append({"player": rng.choice(asks).fill(values), "npc": rng.choice(lines).fill(values)})
        return found

    def states(self) -> tuple[dict[str, StateKind], dict[str, str]]:
        """Kinds and values of the `state` of the sheet, the mood first."""
        values = {"mood": self.mood()} if self._rng.random() < _MOOD else {}
        kinds: dict[str, StateKind] = {}
        for key, kind in self._banks.sheet.states.items():
            if key != "mood" and self._rng.random() < _STATE:
                kinds[key] = kind
                values[key] = self._filled(self._rng.choice(self._fillable(kind.values)))
        return kinds, values

    def mood(self) -> str:
        """A mood as a sheet names it."""
        moods = self._banks.sheet.moods
        return self._rng.choice(moods) if moods and self._rng.random() < 0.7 else self._words.of("mood")

    def tools(self, count: int) -> list[BoundTool]:
        """At most `count` tools of different names and kinds."""
        found: dict[str, BoundTool] = {}
        theme = self._rng.choice(self._banks.tools).theme if self._banks.tools else ""
        themed = [tool for tool in self._banks.tools if tool.theme == theme]
        for _ in range(count):
            composed = not self._banks.tools or self._rng.random() < _COMPOSED_TOOLS
            pool = themed if self._rng.random() < _SAME_THEME else self._banks.tools
            kind = composed_tool(self._words) if composed else self._rng.choice(pool)
            if not any(alike(tool.kind, kind) for tool in found.values()):
                tool = bind(kind, self._words)
                found.setdefault(tool.name, tool)
        return list(found.values())

    def address(self, style: Style) -> str:
        """What the character calls people: one of its style's words, or any."""
        words = self._words
        if self._rng.random() < 0.5:
            return self._rng.choice(style.address)
        return self._rng.choice((
            words.any_word(), draw("role", words), f"{words.of('adj')} one", f"my {words.of('animal')}",
            words.of("animal"), words.coined(),
        ))  # fmt: skip

    def end_phrase(self) -> str:
        """What every line must end with; empty if the banks have none."""
        return self._phrase(self._banks.sheet.endphrases)

    def catchphrase(self) -> str | None:
        """A saying."""
        return self._phrase(self._banks.sheet.catchphrases) or None

    def _phrase(self, phrases: Iterable[Template]) -> str:
        options = self._fillable(phrases)
        return self._filled(self._rng.choice(options)) if options else ""

    def _filled(self, text: Template) -> str:
        return text.fill(values_for(text.slots, self._words, self._own))

    def _fillable(self, texts: Iterable[Template]) -> list[Template]:
        return [text for text in texts if can_fill(text.slots, self._own)]
