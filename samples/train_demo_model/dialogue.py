"""Whole dialogues: a character, 6 to 30 turns drawn from the exchanges, as documents to learn from."""

from __future__ import annotations

import random
from collections.abc import Iterator

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.chat_format import CALL_START, neutralise, neutralise_line
from npc_sdk.prompt import event_text, tool_schemas
from train_demo_model.banks import Banks, load_banks
from train_demo_model.document import Document
from train_demo_model.exchanges import events
from train_demo_model.exchanges.follow_ups import follow_up
from train_demo_model.layouts import sheet_text
from train_demo_model.mix import BYE, EXCHANGES, GREET, SHEET_KINDS, WEIGHTS
from train_demo_model.scene import Beat, plain
from train_demo_model.split import Split
from train_demo_model.staging import new_scene

LONG_SHARE = 0.1
"""Share of documents with many facts and turns, up to a full window."""

MAX_CHARS = 11_800
"""Longest document in characters, so that it keeps to a window of 4,096 tokens."""

_TRIES = 4  # for something that fits the character
_FOLLOW_UP = 0.3
_GREETED = 0.35
_PLAYER_GREETS = 0.5
_FAREWELL = 0.12
_ABOUT_SHEET = 0.4
_SILENT_EVENT = 0.03
_MESSAGE_CHARS = 25  # of the template around a message
_TURNS, _LONG_TURNS = (8, 26), (16, 40)


def documents(seed: int, split: Split = "train", long_share: float = LONG_SHARE) -> Iterator[Document]:
    """Documents without end, the same for the same seed.

    Args:
        seed: different seeds give different documents.
        split: which phrasings and words come up.
        long_share: share of long documents.
    """
    banks = load_banks()
    number = 0
    while True:
        rng = random.Random(f"{seed}/{number}")
        yield Dialogue(banks, rng, split, long=rng.random() < long_share).document()
        number += 1


class Dialogue:
    """One dialogue in the making.

    Args:
        banks: authored text.
        rng: draws.
        split: which phrasings and words come up.
        long: whether there are many facts and turns.
        facts: how many facts, about; None draws.
        tools: how many tools; None draws.
    """

    def __init__(
        self,
        banks: Banks,
        rng: random.Random,
        split: Split,
        *,
        long: bool = False,
        facts: int | None = None,
        tools: int | None = None,
    ) -> None:
        self._rng, self._long = rng, long
        self.scene = new_scene(banks, rng, split, long=long, facts=facts, tools=tools)
        self._system = sheet_text(self.scene.cast.character, rng)
        self._tools = tool_schemas(self.scene.cast.character)
        self._messages: list[Message] = []
        self._learned: set[int] = set()
        self._keys: dict[int, tuple[str, ...]] = {}
        self._labels: dict[str, str] = {}
        fixed = [self._system, *self.scene.cast.contexts, *map(str, self._tools)]
        self._room = MAX_CHARS - sum(map(len, fixed))

    def document(self) -> Document:
        """All turns of the dialogue."""
        self.open()
        for _ in range(self._rng.randint(*(_LONG_TURNS if self._long else _TURNS))):
            beat = next((beat for _ in range(_TRIES) if (beat := self.next_beat())), None)
            if beat and not self.take(beat):
                break
        if self._rng.random() < _FAREWELL and (beat := BYE(self.scene)):
            self.take(beat)
        return Document(self.prompt(), frozenset(self._learned), self._keys)

    def prompt(self, *more: Message) -> Prompt:
        """The prompt as the SDK would make it, its texts neutralised."""
        clean = [
            Message(
                message.role,
                neutralise_line(message.content) if message.role is Role.ASSISTANT else neutralise(message.content),
            )
            for message in (*self._messages, *more)
        ]
        contexts = tuple(map(neutralise, self.scene.cast.contexts))
        return Prompt(system=self._system, tools=self._tools, contexts=contexts, messages=tuple(clean))

    def open(self) -> None:
        """An NPC often speaks first, a greeting of the sheet's that it only reads."""
        if self._rng.random() < _GREETED:
            greeting = self.scene.voice.line("greet")
            self._messages += [
                Message(Role.USER, event_text("The player walks up.")),
                Message(Role.ASSISTANT, greeting),
            ]
        elif self._rng.random() < _PLAYER_GREETS and (beat := GREET(self.scene)):
            self.take(beat)

    def next_beat(self) -> Beat | None:
        """A follow-up of what was just said, or an exchange of any kind; None if that kind does not fit."""
        if self._rng.random() < _SILENT_EVENT and (event := events.silent(self.scene)):
            self._messages.append(event)
        fact = self.scene.last_fact
        if fact and self._rng.random() < _FOLLOW_UP:
            return follow_up(self.scene, fact, self.scene.last_question)
        if self._long and self._rng.random() < _ABOUT_SHEET:
            kind = self._rng.choice(SHEET_KINDS)
        else:
            kind = self._rng.choices(list(EXCHANGES), [WEIGHTS[kind] for kind in EXCHANGES])[0]
        return self._rng.choice(EXCHANGES[kind])(self.scene)

    def take(self, beat: Beat) -> bool:
        """Puts a beat into the dialogue, unless its words were answered in another way before.

        Returns:
            whether there was room for it.
        """
        size = sum(len(message.content) + _MESSAGE_CHARS for message in beat.messages)
        if size > self._room:
            return False
        if not self.fits(beat):
            return True
        self._labels[plain(beat.asked)] = beat.label
        self._room -= size
        keys = beat.check.keys if beat.check else ()
        for message in beat.messages:
            if message.role is Role.ASSISTANT:
                if keys:
                    self._keys[len(self._messages)], keys = keys, ()  # they belong to the first answer
                self._learned.add(len(self._messages))
                if CALL_START not in message.content:
                    self.scene.last_line = message.content
            self._messages.append(message)
        self.scene.told.update(beat.told)
        self.scene.heard.extend([beat.heard] if beat.heard else [])
        self.scene.mood = beat.mood or self.scene.mood
        self.scene.last_fact, self.scene.last_question = beat.fact, beat.question
        return True

    def fits(self, beat: Beat) -> bool:
        """Whether its words were not answered in another way before, nor must be by the sheet."""
        asked = plain(beat.asked)
        return all(labels.get(asked, beat.label) == beat.label for labels in (self._labels, self.scene.claims))
