"""What an NPC has in mind: sheet, lore, state and history, fitted into the model's window as one prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from npc_sdk.backend import Message, Prompt, PromptCodec, Role
from npc_sdk.character import Character
from npc_sdk.chat_format import neutralise
from npc_sdk.errors import TextTooLong, WindowExceeded
from npc_sdk.history import History, Turn, TurnKind
from npc_sdk.lore import LoreShelf
from npc_sdk.player_text import MAX_PLAYER_TOKENS
from npc_sdk.prompt import event_text, player_context, state_text, system_text, tool_schemas

MAX_SUMMARY_CHARS = 1_200
"""Longest summary of what was cut; more is left off at the end."""

_FIT_ATTEMPTS = 3  # a cut can drop the turn that told the state, and telling it again can need another cut

SummaryHook = Callable[[Sequence[Turn], str], str | None]
"""Is offered the turns that were cut and the summary so far; returns the new summary, or None to keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPrompt:
    """A prompt that fits the window.

    Args:
        prompt: what the model reads.
        ids: its ids.
        cut: the turns that were dropped to make it fit.
    """

    prompt: Prompt
    ids: tuple[int, ...]
    cut: tuple[Turn, ...] = ()


class Memory:
    """The prompt's parts, and the rules by which they change.

    Args:
        character: the sheet.
        codec: counts and encodes.
        window_tokens: most tokens of prompt and reply together.
        player: the player's name, if the NPC knows it.
        on_cut: the summary hook.
    """

    def __init__(
        self,
        character: Character,
        codec: PromptCodec,
        window_tokens: int,
        *,
        player: str | None = None,
        on_cut: SummaryHook | None = None,
    ) -> None:
        self.character = character
        self.history = History()
        self._first_state = {key: " ".join(neutralise(value).split()) for key, value in character.state.items()}
        self.state = dict(self._first_state)
        self.shelf = LoreShelf(character.lore.entries, character.lore.budget_tokens, codec.count)
        self.summary = ""
        self._codec = codec
        self._window_tokens = window_tokens
        self._on_cut = on_cut
        self._system = system_text(character)
        self._tools = tool_schemas(character)
        self._player_contexts = (player_context(player),) if player else ()

    def hear(self, kind: TurnKind, text: str) -> int:
        """Adds a turn of the player's side, and before it what changed since the state was last told.

        Args:
            kind: PLAYER or EVENT.
            text: neutralised.

        Returns:
            how many turns were added.

        Raises:
            TextTooLong: if the text is over `MAX_PLAYER_TOKENS`.
        """
        tokens = self._codec.count(text)
        if tokens > MAX_PLAYER_TOKENS:
            raise TextTooLong(f"The text has {tokens} tokens, the limit is {MAX_PLAYER_TOKENS}.")
        before = len(self.history.turns)
        if (news := self._untold_state()) is not None:
            self.history.add(news)
        self.history.add(Turn(kind, event_text(text) if kind is TurnKind.EVENT else text))
        return len(self.history.turns) - before

    def conversation(self) -> Iterator[str]:
        """What was said to the NPC, happened and came of its calls, newest first; then what it knows by heart.

        Its own lines are left out: what it made up must not become an argument.
        """
        turns = reversed(self.history.turns)
        yield from (turn.text for turn in turns if turn.role is not Role.ASSISTANT)
        yield from (*self._player_contexts, self.summary, *self.shelf.texts, *self.character.knowledge.facts)

    def prompt(self) -> Prompt:
        """The prompt as things stand, fitted or not."""
        return self._prompt(self.history.messages())

    def fit(self, reserve_tokens: int, *, keep: int) -> FittedPrompt:
        """The prompt, with the oldest exchanges cut if it would not fit.

        Args:
            reserve_tokens: kept free for the reply.
            keep: how many of the newest turns must stay.

        Raises:
            WindowExceeded: if it cannot fit; the history is as before then.
        """
        before = self.history.turns
        try:
            return self._fit(reserve_tokens, keep)
        except WindowExceeded:
            self.history = History(before)
            raise

    def _fit(self, reserve_tokens: int, keep: int) -> FittedPrompt:
        self._touch_lore()
        cut: tuple[Turn, ...] = ()
        for _ in range(_FIT_ATTEMPTS):
            gone = self._cut(reserve_tokens, keep)
            cut += gone
            if not gone:
                break
            self._after_cut(gone)
            if (news := self._untold_state()) is not None:
                self.history.insert_before_newest(keep, news)
                keep += 1
        prompt = self.prompt()
        ids = self._codec.encode(prompt)
        if len(ids) + reserve_tokens > self._window_tokens:
            raise WindowExceeded(self._too_large(len(ids), reserve_tokens))
        return FittedPrompt(prompt=prompt, ids=ids, cut=cut)

    def _touch_lore(self) -> None:
        """Lore that the player or the game touched goes in; what only the NPC's own lines touch waits for that.

        New lore makes the model read the history again, and NPCs speak of their world in every other line.
        """
        recent = self.history.turns[-self.character.lore.scan_turns :]
        if self.shelf.touch(turn.text for turn in recent if turn.role is Role.USER):
            self.shelf.touch(turn.text for turn in recent)

    def _cut(self, reserve_tokens: int, keep: int) -> tuple[Turn, ...]:
        fixed = len(self._codec.encode(self._prompt(())))
        room = self._window_tokens - reserve_tokens - fixed
        if room <= 0:
            raise WindowExceeded(self._too_large(fixed, reserve_tokens))
        return self.history.cut(
            lambda messages: len(self._codec.encode(self._prompt(messages))) - fixed, room, keep=keep
        )

    def _after_cut(self, gone: tuple[Turn, ...]) -> None:
        self.shelf.keep_only_touched(turn.text for turn in self.history.turns)
        if self._on_cut is not None:
            summary = self._on_cut(gone, self.summary)
            if summary is not None:
                self.summary = neutralise(summary)[:MAX_SUMMARY_CHARS].strip()

    def _untold_state(self) -> Turn | None:
        told = {**self._first_state, **self.history.told_state()}
        now = {**dict.fromkeys(told, ""), **self.state}
        changes = {key: value for key, value in now.items() if told.get(key) != value}
        return Turn(TurnKind.STATE, state_text(changes), state=changes) if changes else None

    def _prompt(self, messages: tuple[Message, ...] | Sequence[Message]) -> Prompt:
        summary = (f"Earlier: {self.summary}",) if self.summary else ()
        return Prompt(
            system=self._system,
            tools=self._tools,
            contexts=(*self._player_contexts, *summary, *self.shelf.texts),
            messages=tuple(messages),
        )

    def _too_large(self, tokens: int, reserve_tokens: int) -> str:
        return (
            f"{self.character.name}'s prompt has {tokens} tokens and {reserve_tokens} are kept for the reply; "
            f"the window has {self._window_tokens}."
        )


def changed_state(state: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """`state` with `changes` made; None removes."""
    merged: dict[str, str | None] = {**state, **changes}
    return {key: value for key, value in merged.items() if value is not None}
