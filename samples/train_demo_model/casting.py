"""Draws whole characters: the sheet, and all that a dialogue with it can be about."""

from __future__ import annotations

import random
from typing import Any

from npc_sdk.character import Character
from npc_sdk.prompt import player_context
from train_demo_model import names
from train_demo_model.banks import Banks
from train_demo_model.cast import Cast, Fact, Secret
from train_demo_model.draw_knowledge import PARTS, KnowledgeDraw, fits
from train_demo_model.draw_self import SelfDraw
from train_demo_model.exchanges.memory import SLOTS, drawn_value
from train_demo_model.slots import draw
from train_demo_model.split import Split
from train_demo_model.words import Words

_WORLDS = ("fantasy", "modern", "scifi", "western", "historical", "horror")
_MIXED = 0.4  # share of characters that may know anything of any world
_PLACED = 0.85
_NAMED_PLAYER = 0.3
_ADDRESS = 0.4
_MUST_ADDRESS = 0.2
_END_PHRASE = 0.09
_FAVORITE = 0.06
_EARLIER = 0.08
_JOINED = 0.15  # share of facts that stand in one line with the one before
_LINE_CHARS = 380

_KEEPS = (
    "Never reveal {}",
    "Keep secret {}",
    "Nobody may learn about {}",
    "Do not tell anyone about {}",
    "Say nothing about {}",
)
_KEEPS_THAT = (
    "Never reveal that {}",
    "Never tell anyone that {}",
    "Nobody may learn that {}",
    "Keep to yourself that {}",
    "Do not admit that {}",
    "It must stay a secret that {}",
)
_TELLS = ("Secret: {}", "{}", "Nobody knows this: {}", "Keeps to itself: {}")
_ENDS = (
    'End every line with "{}"',
    'Always end with "{}"',
    'Close every reply with the words "{}"',
    'Every reply ends with "{}"',
    'Finishes whatever is said with "{}"',
    'The last words of each answer are "{}"',
    'Signs off every line with "{}"',
    'Never stops talking without adding "{}"',
    'Put "{}" at the end of each line',
    'Ends each answer the same way: "{}"',
)
_ADDRESSES = (
    'Always call the player "{}"',
    'Call the player "{}" in every reply',
    'Address the player as "{}" every time',
    'The player is "{}", in every line',
    'Says "{}" to the player each time',
    'Never answers without calling the player "{}"',
    'Everybody is "{}" to you, and you say so in each line',
)
_FAVORITES = (
    'Says "{}" in every line',
    'Works the word "{}" into every answer',
    'Has one favorite word, "{}", and uses it each time',
    'Use the word "{}" at least once in each reply',
    'Drops a "{}" into everything',
    'Cannot speak without saying "{}"',
)


def draw_cast(banks: Banks, rng: random.Random, split: Split, *, facts: int, tools: int) -> Cast:
    """A random character.

    Args:
        banks: authored text.
        rng: draws.
        split: which words may come up.
        facts: how many facts it knows, about.
        tools: how many tools it has, at most.
    """
    return _Casting(banks, rng, split).cast(facts, tools)


class _Casting:
    def __init__(self, banks: Banks, rng: random.Random, split: Split) -> None:
        self._banks, self._rng = banks, rng
        self._words = Words(rng, split)
        name = names.person(self._words)
        self._own = {"me": name, "name": name, "role": draw("role", self._words)}
        if rng.random() < _PLACED:
            self._own["place"] = names.place(self._words)
        world = rng.choice(_WORLDS) if rng.random() > _MIXED else None
        self._knowledge = KnowledgeDraw(banks, rng, split, self._own, world)
        self._styles = [style for style in banks.styles if fits(style.worlds, world)]
        self._self = SelfDraw(banks, rng, split, self._own)

    def cast(self, fact_count: int, tool_count: int) -> Cast:
        rng = self._rng
        style = rng.choice(self._styles)
        tools = self._self.tools(tool_count)
        for tool in tools:
            self._knowledge.handle(tool.things)
        facts = self._knowledge.facts(fact_count, frozenset().union(*(tool.words for tool in tools)))
        parts = {part: self._knowledge.part(part) for part in PARTS}
        people, secrets, unknown = self._knowledge.people(), self._knowledge.secrets(), self._knowledge.unknown()
        states, state_values = self._self.states()
        end_phrase = self._self.end_phrase() if rng.random() < _END_PHRASE else ""
        address = self._self.address(style) if rng.random() < _ADDRESS else None
        must_address = address is not None and rng.random() < _MUST_ADDRESS
        favorite = self._favorite() if rng.random() < _FAVORITE and not (must_address or end_phrase) else ""
        demands = self._demands(end_phrase, address if must_address else None, favorite)
        player = names.person(self._words) if rng.random() < _NAMED_PLAYER else None
        told = self._told_before() if rng.random() < _EARLIER else {}
        known = [*facts, *parts["likes"], *parts["goods"]]
        sheet: dict[str, Any] = {
            "schema": "npc/1",
            "id": "npc",
            "name": self._own["name"],
            "identity": self._self.identity(_text(parts["appearances"])),
            "persona": self._self.persona(style, _text(parts["backgrounds"])),
            "speech": self._self.speech(style, address, end_phrase, plain=not demands),
            "scenario": _text(parts["scenarios"]),
            "knowledge": {
                "facts": self._sheet_facts(known, secrets),
                "unknown": [item.kind.subject.fill(item.values) for item in unknown],
            },
            "relationships": {
                known.name: {"relation": known.relation, "attitude": known.attitude or None} for known in people
            },
            "rules": self._rules(parts["rules"], secrets, demands),
            "tools": {tool.name: tool.tool for tool in tools},
            "state": state_values,
        }
        return Cast(
            character=Character.model_validate(sheet), style=style,
            facts=(*known, *parts["appearances"], *parts["backgrounds"], *parts["scenarios"], *parts["rules"]),
            people=tuple(people), secrets=tuple(secrets), unknown=tuple(unknown), states=states, tools=tuple(tools),
            contexts=self._contexts(facts, player, told), player=player, told=told, end_phrase=end_phrase,
            must_address=must_address, favorite=favorite,
        )  # fmt: skip

    def _sheet_facts(self, known: list[Fact], secrets: list[Secret]) -> list[str]:
        texts = [fact.text for fact in known if fact.part != "context"]
        for secret in secrets:
            if secret.by_rule:
                continue
            texts.append(self._rng.choice(_TELLS).format(secret.kind.statements[0].fill(secret.values)))
        self._rng.shuffle(texts)
        return self._joined(texts)

    def _joined(self, texts: list[str]) -> list[str]:
        """The same, some of them two in a line, as writers put them."""
        lines: list[str] = []
        for text in texts:
            fits = bool(lines) and lines[-1].endswith(".") and len(lines[-1]) + len(text) < _LINE_CHARS
            if fits and self._rng.random() < _JOINED:
                lines[-1] += f" {text}"
            else:
                lines.append(text)
        return lines

    def _favorite(self) -> str:
        return self._words.any_word() if self._rng.random() < 0.6 else self._words.coined()

    def _demands(self, end_phrase: str, address: str | None, favorite: str) -> list[str]:
        asked = ((_ENDS, end_phrase), (_ADDRESSES, address), (_FAVORITES, favorite))
        return [self._rng.choice(texts).format(phrase) for texts, phrase in asked if phrase]

    def _rules(self, rules: list[Fact], secrets: list[Secret], demands: list[str]) -> list[str]:
        rng = self._rng
        texts = [rule.text for rule in rules]
        texts += [self._kept(secret) for secret in secrets]
        texts += demands
        rng.shuffle(texts)
        return texts

    def _kept(self, secret: Secret) -> str:
        if secret.by_rule:
            return self._rng.choice(_KEEPS_THAT).format(secret.kind.statements[0].clause(secret.values).rstrip("."))
        return self._rng.choice(_KEEPS).format(self._rng.choice(secret.kind.topics).fill(secret.values))

    def _told_before(self) -> dict[str, str]:
        subjects = self._rng.sample(sorted(SLOTS), self._rng.randint(1, 4))
        return {subject: drawn_value(subject, self._words) for subject in subjects}

    def _contexts(self, facts: list[Fact], player: str | None, told: dict[str, str]) -> tuple[str, ...]:
        contexts = [player_context(player)] if player else []
        if told:
            says = [
                self._rng.choice(self._banks.core[f"told_{subject}"]).fill({"v": value})
                for subject, value in told.items()
            ]
            contexts.append(f"Earlier: {' '.join(says)}")
        lore = [fact.text for fact in facts if fact.part == "context"]
        while lore:
            size = self._rng.choice((1, 1, 2, 3))
            contexts.append(" ".join(lore[:size]))
            lore = lore[size:]
        return tuple(contexts)


def _text(facts: list[Fact]) -> str | None:
    return " ".join(fact.text if fact.text[-1:] in '.!?"' else f"{fact.text}." for fact in facts) or None
