"""What the exchanges of one dialogue share: the character, the voices, what was said so far."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from npc_sdk.backend import Message, Role
from train_demo_model.banks import Banks
from train_demo_model.cast import Cast, Fact
from train_demo_model.frames import Question
from train_demo_model.player import Player
from train_demo_model.split import Split
from train_demo_model.template import Template
from train_demo_model.voice import Voice
from train_demo_model.words import Words

_FULL = 0.7  # share of answers that are the longest of their question


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a judge looks for in the first answer of a beat.

    Args:
        contains: all of these, in any case.
        one_of: at least one of these.
        lacks: none of these.
        says: what kind of line it must be: "dont_know", "not_told", or empty for any.
        call: the tool call that must be made: `name` and `arguments`; None for a line without a call.
    """

    contains: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    says: str = ""
    call: Mapping[str, object] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What makes the answer right, word for word."""
        if self.call is None:
            return (*self.contains, *self.one_of)
        arguments = self.call["arguments"]
        values = arguments.values() if isinstance(arguments, Mapping) else ()
        return (str(self.call["name"]), *(json.dumps(value, ensure_ascii=False).strip('"') for value in values))


@dataclass(frozen=True, slots=True)
class Beat:
    """A player's turn and what the NPC makes of it.

    Args:
        ability: the judge's row.
        messages: from the player's (or the game's) to the NPC's last.
        check: what the first answer must be; None if it cannot be judged by looking.
        label: what kind of answer this is, one for each text and prompt class.
        told: what the NPC now remembers of the player.
        mood: the NPC's mood from now on, if it changes.
        fact, question: what was talked of, for questions that follow.
        heard: what the player told in passing.
    """

    ability: str
    messages: tuple[Message, ...]
    check: Check | None
    label: str
    told: Mapping[str, str] = field(default_factory=dict)
    mood: str | None = None
    fact: Fact | None = None
    question: Question | None = None
    heard: Fact | None = None

    @property
    def asked(self) -> str:
        """The player's text."""
        return next(message.content for message in reversed(self.messages) if message.role is Role.USER)


@dataclass(slots=True)
class Scene:
    """A dialogue in the making.

    Args:
        cast: the character.
        voice: how it talks.
        player: how the player talks.
        banks, rng, words, split: what is drawn from.
        mood: how the character feels now.
        told: what the player told of themself, by subject.
        heard: what the player told in passing.
        claims: the one kind of answer that a text must get from this character, for texts that stand for themselves.
        last_fact: what was just talked of.
        last_question: what was asked of it.
        last_line: what the character said last.
    """

    cast: Cast
    voice: Voice
    player: Player
    banks: Banks
    rng: random.Random
    words: Words
    split: Split
    mood: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    heard: list[Fact] = field(default_factory=list)
    claims: dict[str, str] = field(default_factory=dict)
    last_fact: Fact | None = None
    last_question: Question | None = None
    last_line: str = ""
    _answered: dict[int, frozenset[str]] = field(default_factory=dict)

    def answered_by(self, fact: Fact) -> frozenset[str]:
        """Every question that a fact of the prompt answers, `plain`."""
        found = self._answered.get(id(fact))
        if found is None:
            asks = (ask for question in fact.frame.questions for ask in question.asks)
            found = frozenset(plain(ask.fill(fact.values)) for ask in asks if ask.slots <= fact.values.keys())
            self._answered[id(fact)] = found
        return found

    def ask(self, intent: str, more: Mapping[str, str] | None = None) -> Template | None:
        """An utterance of `intent` that fits."""
        return self.player.choose(self.banks.asks.get(intent, ()), self.split, {**self.cast.own, **(more or {})})

    def answer_to(self, question: Question) -> Template:
        """One of its answers, mostly the one that says most: a fact told whole is right for every way of asking."""
        if self.rng.random() < _FULL:
            return max(question.answers, key=lambda answer: len(answer.text))
        return self.rng.choice(question.answers)

    def core(self, section: str, values: Mapping[str, str]) -> Template:
        """A plain answer from the fields of the sheet."""
        return self.rng.choice([text for text in self.banks.core[section] if text.slots <= values.keys()])


def plain(text: str) -> str:
    """`text` without what players leave out: case and outer punctuation."""
    return text.casefold().strip(" .?!,")


def said(player: str, npc: str) -> tuple[Message, Message]:
    """A turn of the player's and the NPC's answer."""
    return Message(Role.USER, player), Message(Role.ASSISTANT, npc)
