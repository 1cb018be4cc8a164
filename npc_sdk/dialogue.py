"""A dialogue: one player with one NPC."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from enum import StrEnum
from typing import Any, Self

from npc_sdk.backend import Backend, Priority, Prompt
from npc_sdk.call_schemas import LiveNames, admit_objects
from npc_sdk.character import Character
from npc_sdk.chat_format import neutralise
from npc_sdk.errors import DialogueBusy, InputError, NpcError, SaveInvalid, TextTooLong, ToolCallUnknown
from npc_sdk.events import Delta, End, EndReason, Event, Failed, Notice, Sentence
from npc_sdk.history import History, Turn, TurnKind
from npc_sdk.memory import Memory, SummaryHook, changed_state
from npc_sdk.player_text import MAX_STATE_KEYS, admit, admit_state, was_changed
from npc_sdk.prompt import event_text
from npc_sdk.save import SavedDialogue, SavedTurn, read_save
from npc_sdk.sentences import SentenceSplitter
from npc_sdk.utterance import LineSettings, Utterance

_NEUTRALISED = Notice("text_neutralised", "The text held control characters or the like; it was made plain.")
_SEED_STRIDE = 1_000  # seeds of one line's rounds follow each other; lines start this far apart


class Respond(StrEnum):
    """Whether the NPC speaks about an event.

    SILENT: it takes note. MUST: it speaks. AUTO: it speaks if the event touches it, that is, names it, its role,
    somebody it knows, or says "you".
    """

    SILENT = "silent"
    AUTO = "auto"
    MUST = "must"


class Dialogue:
    """One player with one NPC. All calls come from one asyncio event loop.

    Args:
        character: a loaded sheet.
        backend: continues prompts; it is not closed with the dialogue.
        player: the player's name, if the NPC knows it.
        seed: same seed, same lines from the same inputs; None takes the sheet's, or draws.
        tool_timeout_s: longest wait for one tool result, in seconds.
        on_cut: is offered what no longer fits the window, and may return a summary of it.

    Raises:
        WindowExceeded: if the sheet alone leaves no room for a conversation.
    """

    def __init__(
        self,
        character: Character,
        backend: Backend,
        *,
        player: str | None = None,
        seed: int | None = None,
        tool_timeout_s: float = 30.0,
        on_cut: SummaryHook | None = None,
    ) -> None:
        self.character = character
        self.player = None if player is None else admit(player, what="The player's name", max_chars=80)
        self._backend = backend
        self._seed = character.generation.seed if seed is None else seed
        self._tool_timeout_s = tool_timeout_s
        self._memory = Memory(character, backend.codec, backend.window_tokens, player=self.player, on_cut=on_cut)
        self._memory.fit(character.generation.max_tokens, keep=0)
        self._utterance: Utterance | None = None
        self._lines = 0
        self._calls = 1

    @property
    def state(self) -> Mapping[str, str]:
        """How things stand in the game, as far as the NPC was told."""
        return dict(self._memory.state)

    @property
    def history(self) -> tuple[Turn, ...]:
        """The turns that the NPC still remembers, oldest first."""
        return self._memory.history.turns

    @property
    def prompt(self) -> Prompt:
        """What the model would read now."""
        return self._memory.prompt()

    @property
    def lore(self) -> tuple[str, ...]:
        """Ids of the lore entries that stand in the prompt."""
        return self._memory.shelf.ids

    def say(
        self,
        text: str,
        *,
        objects: LiveNames | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.PLAYER,
    ) -> AsyncGenerator[Event, None]:
        """The player says something; the NPC answers.

        Args:
            text: the player's words. Refused text comes back as a `Failed` event, and the dialogue goes on.
            objects: what there is to choose from now, such as `{"items": ["rope", "lantern"]}`: a tool's parameter
                with `x-from: items` takes one of these. A list without names takes away the tools that need one.
            deadline_s: seconds for the whole line; None for no deadline.
            priority: which lines go first when many NPCs speak.

        Returns:
            a stream of events that ends in exactly one terminal event. Closing it early cancels the line.
        """
        return self._line(TurnKind.PLAYER, text, objects, deadline_s, priority)

    async def say_text(self, text: str, *, objects: LiveNames | None = None, deadline_s: float | None = None) -> str:
        """The whole line as text: `say`, drained. A failed line gives the sheet's fallback line."""
        async with aclosing(self.say(text, objects=objects, deadline_s=deadline_s)) as events:
            async for event in events:
                if isinstance(event, End):
                    return event.text
                if isinstance(event, Failed):
                    return event.line
        return ""

    async def narrate(
        self,
        event: str,
        *,
        respond: Respond = Respond.SILENT,
        objects: LiveNames | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.NEARBY,
    ) -> AsyncGenerator[Event, None]:
        """Something happens in the game and the NPC notices.

        Args:
            event: what happened, such as "The player draws a sword."
            respond: whether the NPC speaks about it.
            objects, deadline_s, priority: as in `say`.

        Yields:
            the events of the NPC's line; for a silent event only an `End` with an empty text.
        """
        speaks = respond is Respond.MUST or (respond is Respond.AUTO and self._touches(event))
        if speaks:
            async with aclosing(self._line(TurnKind.EVENT, event, objects, deadline_s, priority)) as events:
                async for said in events:
                    yield said
            return
        try:
            self._refuse_if_busy()
            clean = admit(event, what="The event")
            self._take_note(clean)
        except NpcError as exc:
            yield _refused(exc)
            return
        if was_changed(event, clean):
            yield _NEUTRALISED
        yield End(reason=EndReason.DONE, text="", delta_count=0)

    async def greet(self) -> AsyncGenerator[Event, None]:
        """The NPC speaks first: one of the sheet's greetings, word for word, without the model.

        Yields:
            the events of a line; a sheet without greetings has the model speak about the player's coming.
        """
        if not self.character.greetings:
            async with aclosing(self.narrate("The player walks up.", respond=Respond.MUST)) as events:
                async for said in events:
                    yield said
            return
        try:
            self._refuse_if_busy()
        except NpcError as exc:
            yield _refused(exc)
            return
        text = random.Random(self._line_seed()).choice(self.character.greetings)
        self._lines += 1
        self._memory.history.add(
            Turn(TurnKind.EVENT, event_text("The player walks up.")),
            Turn(TurnKind.LINE, admit(text, what="Greeting")),
        )
        splitter = SentenceSplitter()
        yield Delta(text)
        for index, sentence in enumerate([*splitter.feed(text), *splitter.flush()]):
            yield Sentence(index, sentence)
        yield End(reason=EndReason.DONE, text=text, delta_count=1)

    def set_state(self, changes: Mapping[str, str | None]) -> None:
        """Tells how things stand in the game; the NPC reads what changed with the next turn.

        Args:
            changes: such as `{"mood": "angry", "place": None}`; None says that the thing is over.

        Raises:
            TextInvalid, TextTooLong, TextEmpty: nothing is changed then.
        """
        after = changed_state(self._memory.state, admit_state(changes))
        if len(after) > MAX_STATE_KEYS:
            raise TextTooLong(f"There would be {len(after)} states, the limit is {MAX_STATE_KEYS}.")
        self._memory.state = after

    def tool_result(self, call_id: str, result: Any) -> None:
        """Answers an open `ToolCall` event; the NPC speaks on with it.

        Args:
            call_id: that of the event.
            result: any JSON value, such as `{"ok": True}` or `{"error": "bag is full"}`.

        Raises:
            ToolCallUnknown: if that call is not open: never made, already answered, or too late.
            ToolResultInvalid: if the result is not JSON or too large; the call stays open.
        """
        if self._utterance is None:
            raise ToolCallUnknown(f"No call {call_id!r} is open: no line is being spoken.")
        self._utterance.tool_result(call_id, result)

    def cancel(self) -> None:
        """Ends the open line with `End(reason=cancelled)`; does nothing when no line is open."""
        if self._utterance is not None:
            self._utterance.cancel()

    def save(self) -> dict[str, Any]:
        """The dialogue as JSON data, for `Dialogue.load`. A line that is open is saved as far as it was said."""
        saved = SavedDialogue(
            character=self.character.id,
            player=self.player,
            seed=self._seed,
            lines=self._lines,
            calls=self._calls,
            state=self._memory.state,
            lore=self._memory.shelf.ids,
            summary=self._memory.summary,
            turns=tuple(SavedTurn(kind=turn.kind, text=turn.text, state=dict(turn.state)) for turn in self.history),
        )
        return saved.model_dump(mode="json")

    @classmethod
    def load(
        cls,
        data: Mapping[str, Any],
        character: Character,
        backend: Backend,
        *,
        tool_timeout_s: float = 30.0,
        on_cut: SummaryHook | None = None,
    ) -> Self:
        """The dialogue that `save` gave.

        Raises:
            SaveInvalid: if the data is not a dialogue of this version, or of another character.
        """
        saved = read_save(data)
        if saved.character != character.id:
            raise SaveInvalid(f"The save is of {saved.character!r}, the sheet is {character.id!r}.")
        try:
            dialogue = cls(
                character,
                backend,
                player=saved.player,
                seed=saved.seed,
                tool_timeout_s=tool_timeout_s,
                on_cut=on_cut,
            )
            dialogue._restore(saved)
        except InputError as exc:
            raise SaveInvalid(f"The saved dialogue cannot be read: {exc.message}") from exc
        return dialogue

    def _restore(self, saved: SavedDialogue) -> None:
        self._lines, self._calls = saved.lines, saved.calls
        self._memory.history = History([turn.turn() for turn in saved.turns])
        self._memory.summary = neutralise(saved.summary)
        self._memory.shelf.restore(saved.lore)
        self._memory.state = {}
        self.set_state(saved.state)

    async def _line(
        self, kind: TurnKind, text: str, objects: LiveNames | None, deadline_s: float | None, priority: Priority
    ) -> AsyncGenerator[Event, None]:
        try:
            self._refuse_if_busy()
            names = admit_objects(objects)
            clean = admit(text, what="The event" if kind is TurnKind.EVENT else "The player's text")
            own_turns = self._memory.hear(kind, clean)
        except NpcError as exc:
            yield _refused(exc)
            return
        utterance = self._utterance = Utterance(
            self._memory,
            self._backend,
            LineSettings(
                seed=self._line_seed(),
                deadline_s=deadline_s,
                tool_timeout_s=self._tool_timeout_s,
                priority=priority,
                first_call=self._calls,
                objects=names,
            ),
            own_turns,
        )
        self._lines += 1
        try:
            if was_changed(text, clean):
                yield _NEUTRALISED
            async with aclosing(utterance.events()) as events:
                async for event in events:
                    if event.terminal:
                        self._close_line(utterance)
                    yield event
        finally:
            self._close_line(utterance)

    def _take_note(self, event: str) -> None:
        """Puts an event into history without a line about it; what does not fit is taken back."""
        heard = self._memory.hear(TurnKind.EVENT, event)
        try:
            self._memory.fit(self.character.generation.max_tokens, keep=heard)
        except NpcError:
            self._memory.history.truncate(len(self.history) - heard)
            raise

    def _close_line(self, utterance: Utterance) -> None:
        """The line is over as soon as its terminal event is out, even if the caller never asks for more."""
        if self._utterance is utterance:
            self._utterance = None
            self._calls += utterance.call_count

    def _refuse_if_busy(self) -> None:
        if self._utterance is not None:
            raise DialogueBusy(f"{self.character.name} is still speaking.")

    def _line_seed(self) -> int | None:
        return None if self._seed is None else self._seed + self._lines * _SEED_STRIDE

    def _touches(self, event: str) -> bool:
        who = self.character
        first_name = who.name.split()[0]
        known = "|".join(map(re.escape, {who.name, first_name, who.identity.role, *who.relationships, "you", "your"}))
        return isinstance(event, str) and re.search(rf"(?<!\w)(?:{known})(?!\w)", event, re.IGNORECASE) is not None


def _refused(exc: NpcError) -> Failed:
    return Failed(code=exc.code, message=exc.message, hint=exc.hint, retryable=exc.retryable)
