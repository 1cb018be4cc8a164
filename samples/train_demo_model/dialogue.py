"""Whole dialogues: a character, 8 to 20 turns drawn from the exchanges, as documents to learn from."""

from __future__ import annotations

import random
from collections.abc import Iterator

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.chat_format import CALL_START, neutralise, neutralise_line
from npc_sdk.prompt import event_text, tool_schemas
from train_demo_model.banks import Banks, load_banks
from train_demo_model.cast import Cast
from train_demo_model.casting import Casting
from train_demo_model.document import Document
from train_demo_model.exchanges import absent, events, facts, identity, memory, relations, secrets, social, tools, verify
from train_demo_model.exchanges.social import Exchange
from train_demo_model.layouts import sheet_text
from train_demo_model.player import Player
from train_demo_model.scene import Beat, Scene
from train_demo_model.split import Split
from train_demo_model.voice import Voice
from train_demo_model.words import Words

LONG_SHARE = 0.06
"""Share of documents with many facts and turns, up to a full window."""

MAX_CHARS = 11_500
"""Longest document in characters, so that it keeps to a window of 4,096 tokens."""

_FOLLOW_UP = 0.3
_GREETED = 0.35
_SILENT_EVENT = 0.03
_FIRST_GREETING = 0.5

WEIGHTS: dict[str, float] = {
    "fact": 30, "follow_up": 0, "about": 3, "verify": 5, "absent": 7, "near_miss": 4, "unknown": 4, "rumor": 1,
    "self": 9, "rule": 5, "named": 5, "field": 2, "goals": 2, "traits": 1.5, "state": 3, "relation": 3, "feeling": 3,
    "relation_of": 2, "stranger": 1.5, "tell": 8, "recall": 7, "untold": 3, "player_name": 1.5, "mood": 3,
    "mood_changes": 1.5, "event": 4, "secret": 4, "secret_general": 2, "tool": 16, "no_tool": 4, "tool_talk": 4,
    "social": 20, "edge": 7, "repeat": 1,
}  # fmt: skip
"""How often each kind of exchange comes up, where the character has what it needs."""


def _exchanges() -> dict[str, list[Exchange]]:
    return {
        "fact": [facts.ask_fact], "about": [facts.about_entity], "self": [facts.ask_self], "rule": [facts.ask_rule],
        "verify": [verify.verify], "absent": [absent.ask_absent], "near_miss": [absent.ask_near_miss],
        "unknown": [absent.ask_unknown], "rumor": [absent.ask_rumor], "named": [identity.ask_named],
        "field": [identity.ask_field], "goals": [identity.ask_goals], "traits": [identity.ask_traits],
        "state": [identity.ask_state], "relation": [relations.ask_relation], "feeling": [relations.ask_feeling],
        "relation_of": [relations.ask_relation_of], "stranger": [relations.ask_stranger], "tell": [memory.tell],
        "recall": [memory.recall], "untold": [memory.ask_untold], "player_name": [memory.player_name],
        "mood": [social.how_are_you], "event": [events.happens], "secret": [secrets.dig],
        "secret_general": [secrets.dig_generally], "tool": [tools.request], "no_tool": [tools.missing],
        "tool_talk": [tools.talk_about], "repeat": [social.repeat],
        "social": [social.talk(intent, line, "social") for intent, line in social.SOCIAL.items() if intent != "bye"],
        "edge": [social.talk(intent, line, "in_character") for intent, line in social.EDGES.items()],
    }  # fmt: skip


EXCHANGES = _exchanges()
"""Every kind of exchange by its name in `WEIGHTS`."""


def documents(seed: int, split: Split = "train", long_share: float = LONG_SHARE) -> Iterator[Document]:
    """Documents without end, the same for the same seed.

    Args:
        seed: of the first; different seeds give different documents.
        split: which phrasings and words come up.
        long_share: share of long documents.
    """
    banks = load_banks()
    number = 0
    while True:
        rng = random.Random(f"{seed}/{number}")
        yield _Writer(banks, rng, split, long=rng.random() < long_share).document()
        number += 1


def new_scene(banks: Banks, rng: random.Random, split: Split, *, fact_count: int, tool_count: int) -> Scene:
    """A character and everything ready to talk with it."""
    casting = Casting(banks, rng, split, facts=fact_count, tools=tool_count)
    cast = casting.cast()
    speech = cast.character.speech
    values = {key: value for key, value in cast.own.items() if key != "me"}
    voice = Voice(
        cast.style,
        rng,
        {**values, "addr": speech.address or rng.choice(cast.style.address)},
        told_address=speech.address is not None,
        must_address=cast.must_address,
        max_sentences=speech.max_sentences,
        end_phrase=cast.end_phrase,
        catchphrase=speech.catchphrase or "",
    )
    return Scene(
        cast, voice, Player(banks, rng, split), banks, rng, Words(rng, split), split, mood=cast.character.state.get("mood")
    )


def fact_count(rng: random.Random, *, long: bool) -> int:
    """How many facts a sheet has: mostly few, now and then dozens."""
    return rng.randint(25, 60) if long else rng.choice((0, 2, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18))


def tool_count(rng: random.Random) -> int:
    """How many tools a character has."""
    return rng.choice((0, 0, 0, 1, 1, 2, 2, 3, 4, 6))


class _Writer:
    """Writes one document."""

    def __init__(self, banks: Banks, rng: random.Random, split: Split, *, long: bool) -> None:
        self._rng, self._long = rng, long
        self._scene = new_scene(banks, rng, split, fact_count=fact_count(rng, long=long), tool_count=tool_count(rng))
        self._messages: list[Message] = []
        self._learned: set[int] = set()
        self._labels: dict[str, str] = {}

    def document(self) -> Document:
        cast = self._scene.cast
        system = sheet_text(cast.character, self._rng)
        room = MAX_CHARS - len(system) - sum(map(len, cast.contexts)) - sum(len(str(schema)) for schema in tool_schemas(cast.character))
        turns = self._rng.randint(16, 30) if self._long else self._rng.randint(6, 16)
        self._open()
        for _ in range(turns):
            beat = self._next()
            if beat is None:
                continue
            size = sum(len(message.content) + 25 for message in beat.messages)
            if size > room:
                break
            room -= size
            self._take(beat)
        return Document(prompt_of(cast, system, self._messages), frozenset(self._learned))

    def _open(self) -> None:
        """An NPC often speaks first, a greeting of the sheet's that it only reads."""
        if self._rng.random() < _GREETED:
            greeting = self._scene.voice.line("greet")
            self._messages += [Message(Role.USER, event_text("The player walks up.")), Message(Role.ASSISTANT, greeting)]
        elif self._rng.random() < _FIRST_GREETING:
            beat = EXCHANGES["social"][0](self._scene)
            if beat:
                self._take(beat)

    def _next(self) -> Beat | None:
        scene = self._scene
        if scene.last_fact and self._rng.random() < _FOLLOW_UP:
            beat = facts.follow_up(scene)
            scene.last_fact = None
            if beat:
                return beat
        if self._rng.random() < WEIGHTS["mood_changes"] / 100:
            return events.mood_changes(scene, scene.words.of("mood"))
        kind = self._rng.choices(list(EXCHANGES), [WEIGHTS[kind] for kind in EXCHANGES])[0]
        if kind != "fact":
            fact = scene.last_fact
            beat = self._rng.choice(EXCHANGES[kind])(scene)
            scene.last_fact = scene.last_fact if scene.last_fact is not fact else None
            return beat
        return self._rng.choice(EXCHANGES[kind])(scene)

    def _take(self, beat: Beat) -> None:
        asked = beat.asked.casefold().strip(" .?!")
        if self._labels.setdefault(asked, beat.label) != beat.label:
            return
        for message in beat.messages:
            if message.role is Role.ASSISTANT:
                self._learned.add(len(self._messages))
                if CALL_START not in message.content:
                    self._scene.last_line = message.content
            self._messages.append(message)
        self._scene.told.update(beat.told)


def prompt_of(cast: Cast, system: str, messages: list[Message]) -> Prompt:
    """The prompt as the SDK would make it, its texts neutralised."""
    clean = [
        Message(message.role, neutralise_line(message.content) if message.role is Role.ASSISTANT else neutralise(message.content))
        for message in messages
    ]
    return Prompt(system=system, tools=tool_schemas(cast.character), contexts=cast.contexts, messages=tuple(clean))
