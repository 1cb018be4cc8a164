"""Draws what a character knows: facts, people, secrets, and what it knows nothing about."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

from train_demo_model import names
from train_demo_model.banks import Banks
from train_demo_model.cast import Acquaintance, Fact, Secret, Unknown
from train_demo_model.english import plural
from train_demo_model.frames import Frame
from train_demo_model.kin import draw_kin, words_of
from train_demo_model.slots import can_fill, draw, kind_of, values_for
from train_demo_model.split import Split
from train_demo_model.words import Words

_TRIES_A_FACT = 50  # draws; small banks of a studio's own may not have enough
_COMPOSED_FACTS = 0.18
_SETTLED = 0.45  # share of characters with a setting
_OF_SETTING = 0.75  # share of their facts that belong to it
_WANTED = 0.15  # share of facts about what the tools are about, for characters with tools
_KIN = 0.35  # share of facts that have a word in common with one before
_FAMILIAR = 0.3  # share of names that the sheet has already
_MET_AGAIN = frozenset({"P", "L", "group"})
_HANDLED = 0.7  # share of things that a tool of the character's deals with
_OF_HANDLED = 0.25  # share of facts that have room for such a thing
_WARE = 0.6  # share of those that are about buying, giving, making
_TRADES = 0.15  # share of characters that deal with things, whatever their tools
_TRADED = (2, 3, 4)
_LOOKED_AT = 40  # kinds of facts, for one with room
_SIBLING = 0.18  # share of facts that get a near-duplicate with other values beside them
_SHARED_VALUE = 0.35  # share of a near-duplicate's slots that keep their value
_IN_CONTEXT = 0.2  # share of facts that stand in a <context> and not on the sheet
_SECRET = 0.2
_BY_RULE = 0.4  # share of secrets that a rule tells: "Never reveal that ..."
_UNKNOWN = 0.2
_OWN_BACKGROUND = 0.8  # share of backgrounds that are made of facts about the character
_BACKGROUND_CHOICE = 8
_MAX_LINE_CHARS = 400
_PEOPLE = (0, 0, 1, 1, 2, 3, 4, 6)

PARTS = {
    "backgrounds": (0.45, 3),
    "appearances": (0.2, 1),
    "scenarios": (0.2, 1),
    "likes": (0.5, 1),
    "goods": (0.25, 3),
    "rules": (0.3, 2),
}
"""Parts of a sheet that are written as facts: how often a sheet has one, and most of it."""


def fits(worlds: Collection[str], world: str | None) -> bool:
    """Whether what belongs to `worlds`, to any if there are none, fits a character's world."""
    return world is None or not worlds or world in worlds


class KnowledgeDraw:
    """Draws for one character.

    Args:
        banks: authored text.
        rng: draws.
        split: which words and kinds of facts may come up.
        own: the values that the character brings.
        world: where it lives, such as `scifi`; None mixes all worlds.
    """

    def __init__(
        self, banks: Banks, rng: random.Random, split: Split, own: Mapping[str, str], world: str | None
    ) -> None:
        self._banks, self._rng, self._split, self._own, self._world = banks, rng, split, own, world
        self._words = Words(rng, split)
        fitting = [setting for setting in banks.settings.values() if fits(setting[0].worlds, world)]
        self._setting = rng.choice(fitting) if fitting and rng.random() < _SETTLED else ()
        self._used: set[Frame] = set()
        self._familiar: dict[str, list[str]] = {"L": [own["place"]] if "place" in own else []}
        self._handled: dict[str, list[str]] = {}
        if rng.random() < _TRADES:
            self.handle({"item": [draw("item", self._words) for _ in range(rng.choice(_TRADED))]})

    def handle(self, things: Mapping[str, Collection[str]]) -> None:
        """Lets facts be about these values, by kind of slot: what the tools give, sell, open, is also talked of."""
        for kind, values in things.items():
            self._handled.setdefault(kind, []).extend(values)
            if kind == "item":
                self._handled.setdefault("items", []).extend(map(plural, values))

    def facts(self, count: int, about: Collection[str] = ()) -> list[Fact]:
        """About `count` facts, near-duplicates among them; fewer if the banks have not so many that fit.

        Args:
            count: how many.
            about: words that some of them should have.
        """
        facts: list[Fact] = []
        wanted = sorted(word for word in about if word in self._banks.kin)
        for _ in range(_TRIES_A_FACT * count):
            if len(facts) >= count:
                break
            frame = self._frame_beside(facts, wanted)
            if frame in self._used or not self._may_use(frame):
                continue
            self._used.add(frame)
            fact = self._fact(frame, "facts")
            facts.append(fact)
            while not frame.own and self._rng.random() < _SIBLING:  # near-duplicates about oneself contradict
                sibling = self._sibling(fact)
                if sibling.text != fact.text:
                    facts.append(sibling)
        self._rng.shuffle(facts)
        return facts

    def part(self, part: str) -> list[Fact]:
        """One part of the sheet, maybe empty."""
        chance, most = PARTS[part]
        if self._rng.random() > chance:
            return []
        options = self._banks.sheet.frames.get(part, ())
        if part == "backgrounds" and self._rng.random() < _OWN_BACKGROUND:
            own = self._banks.own
            options = tuple(self._rng.sample(own, min(_BACKGROUND_CHOICE, len(own))))
            options += tuple(frame for frame in self._setting if frame.own and frame not in self._used)
        frames = [frame for frame in options if self._may_use(frame)]
        if not frames:
            return []
        if part == "goods" and self._rng.random() < 0.4:  # a trader with several goods
            frame = self._rng.choice(frames)
            return [self._fact(frame, part) for _ in range(self._rng.randint(2, most))]
        chosen = self._rng.sample(frames, min(len(frames), self._rng.randint(1, most)))
        return [self._fact(frame, part) for frame in chosen]

    def people(self) -> list[Acquaintance]:
        """Whom the character knows: every name and every relation once."""
        kinds = self._banks.sheet.relationships
        found: dict[str, Acquaintance] = {}
        relations: set[str] = set()
        for _ in range(self._rng.choice(_PEOPLE) if kinds else 0):
            kind = self._rng.choice(kinds)
            name = names.person(self._words)
            relation = self._rng.choice(kind.relations) if self._rng.random() < 0.6 else draw("rel", self._words)
            slots = kind.attitude.slots.union(*(answer.slots for answer in kind.answers))
            if relation in relations or name in found or not can_fill(slots, self._own):
                continue
            relations.add(relation)
            values = values_for(slots, self._words, {**self._own, "P": name})
            attitude = kind.attitude.fill(values) if self._rng.random() < 0.8 else ""
            found[name] = Acquaintance(name, relation, kind if attitude else None, attitude, values)
        return list(found.values())

    def secrets(self) -> list[Secret]:
        """Mostly none."""
        if not self._banks.sheet.secrets or self._rng.random() > _SECRET:
            return []
        kind = self._rng.choice(self._banks.sheet.secrets)
        slots = frozenset[str]().union(*(text.slots for text in (*kind.statements, *kind.topics, *kind.asks)))
        if not can_fill(slots, self._own):
            return []
        values = values_for(slots, self._words, self._own)
        return [Secret(kind, values, by_rule=self._rng.random() < _BY_RULE)]

    def unknown(self) -> list[Unknown]:
        """Subjects that the sheet names as unknown; mostly none."""
        kinds = self._banks.sheet.unknown
        if not kinds or self._rng.random() > _UNKNOWN:
            return []
        found = []
        for kind in self._rng.sample(kinds, min(len(kinds), self._rng.randint(1, 2))):
            slots = kind.subject.slots.union(*(ask.slots for ask in kind.asks))
            if can_fill(slots, self._own):
                found.append(Unknown(kind, values_for(slots, self._words, self._own)))
        return found

    def _frame_beside(self, facts: list[Fact], wanted: list[str]) -> Frame:
        """A kind of fact: of what tools deal with, of the setting, with a word of one of `facts`, or any."""
        rng = self._rng
        if wanted and rng.random() < _WANTED and (asked_for := draw_kin(self._banks.kin, wanted, rng)):
            return asked_for
        if self._handled and rng.random() < _OF_HANDLED and (roomy := self._with_room()):
            return roomy
        if self._setting and rng.random() < _OF_SETTING:
            left = [frame for frame in self._setting if frame not in self._used and self._may_use(frame)]
            if left:
                return rng.choice(left)
        if facts and rng.random() < _KIN:
            kin = draw_kin(self._banks.kin, words_of(rng.choice(facts).frame), rng)
            if kin:
                return kin
        composed = self._banks.composed and rng.random() < _COMPOSED_FACTS
        return rng.choice(self._banks.composed if composed else self._banks.frames)

    def _with_room(self) -> Frame | None:
        """A kind of fact about a thing of a kind that the tools deal with."""
        wares = "item" in self._handled and self._rng.random() < _WARE
        frames = self._banks.wares if wares else self._banks.frames
        some = self._rng.sample(frames, min(_LOOKED_AT, len(frames)))
        return next((frame for frame in some if any(kind_of(slot) in self._handled for slot in frame.slots)), None)

    def _may_use(self, frame: Frame) -> bool:
        allowed = self._split == "new" or not frame.unseen
        return allowed and fits(frame.worlds, self._world) and can_fill(frame.all_slots, self._own)

    def _sibling(self, fact: Fact) -> Fact:
        shared = {slot: fact.values[slot] for slot in sorted(fact.frame.slots) if self._rng.random() < _SHARED_VALUE}
        return self._fact(fact.frame, "facts", shared)

    def _fact(self, frame: Frame, part: str, given: Mapping[str, str] | None = None) -> Fact:
        familiar = self._familiar_names(frame) if given is None else given
        values = values_for(frame.all_slots, self._words, {**self._own, **familiar})
        for slot in sorted(frame.slots):
            if kind_of(slot) in _MET_AGAIN:
                self._familiar.setdefault(kind_of(slot), []).append(values[slot])
        statement = self._rng.choice(frame.statements)
        text = " ".join(statement.fill(values).split())[:_MAX_LINE_CHARS]
        shared = part == "facts" and "me" not in statement.slots and not frame.own
        if shared and self._rng.random() < _IN_CONTEXT:
            part = "context"
        return Fact(frame, values, text, part)

    def _familiar_names(self, frame: Frame) -> dict[str, str]:
        """Names that the sheet has already, for some of the slots, never one name twice."""
        given: dict[str, str] = {}
        for slot in sorted(frame.slots):
            kind = kind_of(slot)
            for known, share in ((self._familiar, _FAMILIAR), (self._handled, _HANDLED)):
                names = [name for name in known.get(kind, ()) if name not in given.values()]
                if slot not in given and names and self._rng.random() < share:
                    given[slot] = self._rng.choice(names)
        return given
