"""Draws characters: sheets of every length, with the facts, people, secrets, rules and tools that dialogues use."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from npc_sdk.character import Character
from npc_sdk.prompt import player_context
from train_demo_model import names
from train_demo_model.banks import Banks
from train_demo_model.cast import Acquaintance, Cast, Fact, Secret, Unknown
from train_demo_model.frames import Frame
from train_demo_model.sheet_banks import StateKind
from train_demo_model.slots import can_fill, draw, values_for
from train_demo_model.split import Split
from train_demo_model.styles import Style
from train_demo_model.template import Template
from train_demo_model.tool_use import BoundTool, bind
from train_demo_model.tool_verbs import composed_tool
from train_demo_model.words import Words

_COMPOSED_FACTS = 0.35
_SIBLING = 0.3  # share of facts that get a near-duplicate with other values beside them
_SHARED_VALUE = 0.35  # share of a near-duplicate's slots that keep their value
_IN_CONTEXT = 0.2  # share of facts that stand in a <context> and not on the sheet
_NAMED_PLAYER = 0.3
_MAX_LINE_CHARS = 400


class Casting:
    """Draws one character.

    Args:
        banks: authored text.
        rng: draws.
        split: which words may come up.
        facts: how many facts it knows, about.
        tools: how many tools it has.
    """

    def __init__(self, banks: Banks, rng: random.Random, split: Split, *, facts: int, tools: int) -> None:
        self._banks, self._rng, self._split = banks, rng, split
        self._words = Words(rng, split)
        self._fact_count, self._tool_count = facts, tools
        self._own = {"me": names.person(self._words), "role": draw("role", self._words)}
        self._own["name"] = self._own["me"]
        if rng.random() < 0.85:
            self._own["place"] = names.place(self._words)

    def cast(self) -> Cast:
        """The character and what is known of it."""
        rng = self._rng
        style = rng.choice(self._banks.styles)
        parts = {part: self._part(part) for part in ("backgrounds", "appearances", "scenarios", "likes", "goods", "rules")}
        facts = self._facts()
        people = self._people()
        secrets = self._secrets()
        unknown = self._unknown()
        states, values = self._states()
        tools = self._tools()
        end_phrase = self._phrase(self._banks.sheet.endphrases) if rng.random() < 0.06 else ""
        address = self._address(style) if rng.random() < 0.4 else None
        must_address = address is not None and rng.random() < 0.12
        player = names.person(self._words) if rng.random() < _NAMED_PLAYER else None
        rules = [fact.text for fact in parts["rules"]]
        rules += [f"{rng.choice(_KEEPS)} {self._topic(secret)}" for secret in secrets]
        if end_phrase:
            rules.append(rng.choice(_ENDS).format(end_phrase))
        if must_address:
            rules.append(rng.choice(_ADDRESSES).format(address))
        rng.shuffle(rules)
        known = [*facts, *parts["likes"], *parts["goods"]]
        on_sheet = [fact for fact in known if fact.part != "context"]
        rng.shuffle(on_sheet)
        sheet = {
            "schema": "npc/1",
            "id": "npc",
            "name": self._own["name"],
            "identity": self._identity(parts["appearances"]),
            "persona": self._persona(style, parts["backgrounds"]),
            "speech": self._speech(style, address, bool(end_phrase)),
            "scenario": parts["scenarios"][0].text if parts["scenarios"] else None,
            "knowledge": {
                "facts": [fact.text for fact in on_sheet] + [self._secret_text(secret) for secret in secrets],
                "unknown": [item.kind.subject.fill(item.values) for item in unknown],
            },
            "relationships": {
                person.name: {"relation": person.relation, **({"attitude": person.attitude} if person.attitude else {})}
                for person in people
            },
            "rules": rules,
            "tools": {tool.name: tool.tool.model_dump() for tool in tools},
            "state": values,
        }
        character = Character.model_validate(sheet)
        everything = (*known, *(fact for part in ("backgrounds", "appearances", "scenarios", "rules") for fact in parts[part]))
        return Cast(
            character=character, style=style, facts=everything, people=tuple(people), secrets=tuple(secrets),
            unknown=tuple(unknown), states=states, tools=tuple(tools), contexts=self._contexts(facts, player),
            player=player, end_phrase=end_phrase, must_address=must_address,
        )  # fmt: skip

    def _facts(self) -> list[Fact]:
        facts: list[Fact] = []
        while len(facts) < self._fact_count:
            composed = self._rng.random() < _COMPOSED_FACTS
            pool = self._banks.composed if composed and self._banks.composed else self._banks.frames
            frame = self._rng.choice(pool)
            if (frame.unseen and self._split != "new") or not can_fill(frame.all_slots, self._own):
                continue
            fact = self._fact(frame, "facts")
            facts.append(fact)
            while self._rng.random() < _SIBLING:
                shared = {
                    slot: value
                    for slot, value in fact.values.items()
                    if slot in frame.slots and self._rng.random() < _SHARED_VALUE
                }
                sibling = self._fact(frame, "facts", shared)
                if sibling.text != fact.text:
                    facts.append(sibling)
        self._rng.shuffle(facts)
        return facts

    def _fact(self, frame: Frame, part: str, given: Mapping[str, str] | None = None) -> Fact:
        values = values_for(frame.all_slots, self._words, {**self._own, **(given or {})})
        statement = self._rng.choice(frame.statements)
        text = " ".join(statement.fill(values).split())[:_MAX_LINE_CHARS]
        if part == "facts" and "me" not in statement.slots and not frame.own and self._rng.random() < _IN_CONTEXT:
            part = "context"
        return Fact(frame, values, text, part)

    def _part(self, part: str) -> list[Fact]:
        frames = [
            frame
            for frame in self._banks.sheet.frames.get(part, ())
            if (self._split == "new" or not frame.unseen) and can_fill(frame.all_slots, self._own)
        ]
        chance, most = _PARTS[part]
        if not frames or self._rng.random() > chance:
            return []
        chosen = self._rng.sample(frames, min(len(frames), self._rng.randint(1, most)))
        return [self._fact(frame, part) for frame in chosen]

    def _people(self) -> list[Acquaintance]:
        kinds = self._banks.sheet.relationships
        found: dict[str, Acquaintance] = {}
        relations: set[str] = set()
        for _ in range(self._rng.choice((0, 0, 1, 1, 2, 3, 4, 6)) if kinds else 0):
            kind = self._rng.choice(kinds)
            name = names.person(self._words)
            relation = self._rng.choice(kind.relations) if self._rng.random() < 0.6 else draw("rel", self._words)
            if relation in relations or name in found:
                continue
            relations.add(relation)
            slots = kind.attitude.slots.union(*(answer.slots for answer in kind.answers))
            if not can_fill(slots, self._own):
                continue
            values = values_for(slots, self._words, {**self._own, "P": name})
            attitude = kind.attitude.fill(values) if self._rng.random() < 0.8 else ""
            found[name] = Acquaintance(name, relation, kind if attitude else None, attitude, values)
        return list(found.values())

    def _secrets(self) -> list[Secret]:
        kinds = self._banks.sheet.secrets
        if not kinds or self._rng.random() > 0.2:
            return []
        kind = self._rng.choice(kinds)
        slots = frozenset().union(*(text.slots for text in (*kind.statements, *kind.topics, *kind.asks)))
        return [Secret(kind, values_for(slots, self._words, self._own))]

    def _topic(self, secret: Secret) -> str:
        return self._rng.choice(secret.kind.topics).fill(secret.values)

    def _secret_text(self, secret: Secret) -> str:
        told = secret.kind.statements[0].fill(secret.values)
        return self._rng.choice(("Secret: {}", "{}", "Nobody knows this: {}", "Keeps to itself: {}")).format(told)

    def _unknown(self) -> list[Unknown]:
        kinds = self._banks.sheet.unknown
        if not kinds or self._rng.random() > 0.2:
            return []
        chosen = self._rng.sample(kinds, min(len(kinds), self._rng.randint(1, 2)))
        return [
            Unknown(kind, values_for(kind.subject.slots.union(*(ask.slots for ask in kind.asks)), self._words, self._own))
            for kind in chosen
        ]

    def _states(self) -> tuple[dict[str, StateKind], dict[str, str]]:
        kinds: dict[str, StateKind] = {}
        values: dict[str, str] = {}
        if self._rng.random() < 0.45:
            values["mood"] = self.mood()
        for key, kind in self._banks.sheet.states.items():
            if self._rng.random() < 0.08 and key != "mood":
                value = self._rng.choice(self._fillable(kind.values))
                kinds[key] = kind
                values[key] = value.fill(values_for(value.slots, self._words, self._own))
        return kinds, values

    def mood(self) -> str:
        """A mood as a sheet names it."""
        moods = self._banks.sheet.moods
        return self._rng.choice(moods) if moods and self._rng.random() < 0.7 else self._words.of("mood")

    def _tools(self) -> list[BoundTool]:
        found: dict[str, BoundTool] = {}
        for _ in range(self._tool_count):
            composed = not self._banks.tools or self._rng.random() < 0.25
            kind = composed_tool(self._words) if composed else self._rng.choice(self._banks.tools)
            if any(tool.kind is kind for tool in found.values()):
                continue
            tool = bind(kind, self._words)
            found.setdefault(tool.name, tool)
        return list(found.values())

    def _identity(self, looks: list[Fact]) -> dict[str, Any]:
        rng = self._rng
        return {
            "role": self._own["role"],
            "place": self._own.get("place"),
            "age": draw("age", self._words) if rng.random() < 0.3 else None,
            "pronouns": self._words.of("pronouns") if rng.random() < 0.25 else None,
            "species": draw("species", self._words) if rng.random() < 0.15 else None,
            "appearance": looks[0].text if looks else None,
        }

    def _persona(self, style: Style, story: list[Fact]) -> dict[str, Any]:
        rng = self._rng
        traits = list(dict.fromkeys(rng.sample(style.traits, min(len(style.traits), rng.randint(0, 3))))) or []
        if rng.random() < 0.4:
            traits.append(self._words.of("adj"))
        fitting = self._fillable(self._banks.sheet.goals)
        goals = [
            goal.fill(values_for(goal.slots, self._words, self._own))
            for goal in rng.sample(fitting, min(len(fitting), rng.choice((0, 0, 1, 1, 2, 3))))
        ]
        return {"traits": traits, "background": story[0].text if story else None, "goals": goals}

    def _speech(self, style: Style, address: str | None, ends: bool) -> dict[str, Any]:
        rng = self._rng
        phrase = self._phrase(self._banks.sheet.catchphrases) if rng.random() < 0.12 else ""
        limit = rng.choice((1, 2, 2, 3, 3, 4)) if rng.random() < 0.35 else None
        return {
            "style": rng.choice(style.describe),
            "address": address,
            "catchphrase": phrase or None,
            "max_sentences": max(limit, 2) if limit and ends else limit,
        }

    def _phrase(self, phrases: Iterable[Template]) -> str:
        options = self._fillable(phrases)
        if not options:
            return ""
        phrase = self._rng.choice(options)
        return phrase.fill(values_for(phrase.slots, self._words, self._own))

    def _fillable(self, texts: Iterable[Template]) -> list[Template]:
        return [text for text in texts if can_fill(text.slots, self._own)]

    def _address(self, style: Style) -> str:
        if self._rng.random() < 0.5:
            return self._rng.choice(style.address)
        return self._rng.choice((self._words.any_word(), draw("role", self._words), f"{self._words.of('adj')} one",
                                 f"my {self._words.of('animal')}", self._words.of("animal"), self._words.coined()))  # fmt: skip

    def _contexts(self, facts: list[Fact], player: str | None) -> tuple[str, ...]:
        lore = [fact.text for fact in facts if fact.part == "context"]
        contexts = [player_context(player)] if player else []
        while lore:
            size = self._rng.choice((1, 1, 2, 3))
            contexts.append(" ".join(lore[:size]))
            lore = lore[size:]
        return tuple(contexts)


_PARTS = {
    "backgrounds": (0.35, 1), "appearances": (0.2, 1), "scenarios": (0.2, 1), "likes": (0.35, 2), "goods": (0.25, 3), "rules": (0.3, 2),
}  # fmt: skip
_KEEPS = ("Never reveal", "Keep secret", "Nobody may learn about", "Do not tell anyone about", "Say nothing about")
_ENDS = ('End every line with "{}"', 'Always end with "{}"', 'Close every reply with the words "{}"', 'Every reply ends with "{}"')
_ADDRESSES = ('Always call the player "{}"', 'Call the player "{}" in every reply', 'Address the player as "{}" every time')
