"""The seam between a dialogue and whatever generates its text.

A dialogue makes a `Prompt`, asks the backend's `codec` for its ids, and streams a `Request`. Engines, remote
servers and the scripted backend of `npc_sdk.testing` all have this one shape.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from npc_sdk.events import EndReason, Timings, Usage


class Role(StrEnum):
    """Who a message is from, in the chat template's words."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Priority(IntEnum):
    """Which requests go first; a lower number goes before a higher one."""

    PLAYER = 0
    NEARBY = 1
    AMBIENT = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt.

    Args:
        role: who speaks.
        content: the text, already neutralised; its outer white space does not count.
        ids: for an assistant message, the ids that the model itself generated for `content`, without white space
            at the end and without the stop, so that kept keys and values stay valid; None to encode `content`.
    """

    role: Role
    content: str
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """All that the model reads, in the order in which it reads it.

    Args:
        system: the compiled sheet.
        tools: one JSON object per tool: `name`, `description`, `parameters` (a JSON Schema).
        contexts: lore texts.
        messages: the turns, oldest first.
    """

    system: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    contexts: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn. Temperature 0 takes the likeliest and reads no other setting but the penalty.

    Args:
        temperature: 0 to 2.
        top_p: 0 < p <= 1; keep the likeliest tokens that together reach p.
        top_k: keep the k likeliest tokens; 0 keeps all.
        min_p: 0 to 1; keep tokens at least this share as likely as the likeliest.
        repetition_penalty: 1 to 2; divides the scores of tokens that stand in the prompt or the line already.
        seed: same seed, prompt and device, same line; None draws one.
    """

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None


GREEDY = Sampling(temperature=0.0)


@dataclass(frozen=True, slots=True)
class CallSchema:
    """A tool that may be called now.

    Args:
        name: of the tool.
        parameters: the JSON Schema of its arguments, live names filled in.
    """

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One continuation asked of a backend.

    Args:
        request_id: names the request for `Backend.cancel`; unique among the open ones.
        prompt: what the model reads.
        prompt_ids: `prompt` as encoded by the backend's codec.
        max_tokens: most tokens to generate, at least 1; `len(prompt_ids) + max_tokens` fits the window.
        sampling: how tokens are drawn.
        stops: texts that end the line besides the codec's own; neither is part of the output.
        deadline_s: seconds from now after which the line ends with `deadline`; None for no deadline.
        priority: which requests go first.
        calls: the tools that may be called, and how; empty for none, None for all of the prompt's tools. A backend
            that can hold a model to a grammar gives no other calls; what the others give must be checked.
        max_sentences: the line ends behind so many whole sentences, if the model does not call a tool there; None
            for no such end.
        guard_speech: whether a line that repeats itself without end is broken off, and one that nears `max_tokens`
            ends behind its last whole sentence.
    """

    request_id: str
    prompt: Prompt
    prompt_ids: tuple[int, ...]
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stops: tuple[str, ...] = ()
    deadline_s: float | None = None
    priority: Priority = Priority.PLAYER
    calls: tuple[CallSchema, ...] | None = None
    max_sentences: int | None = None
    guard_speech: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more text: whole code points; a stop is never in it, not even in part. Tool call tags are."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last item of a backend's stream.

    Args:
        reason: why it ended.
        ids: the ids generated, without the stop and without white space at the end.
        usage: token counts, with `rounds=1`.
        timings: milliseconds.
    """

    reason: EndReason
    ids: tuple[int, ...]
    usage: Usage
    timings: Timings


class PromptCodec(Protocol):
    """How one model reads prompts."""

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts that end a line of this model."""
        ...

    def render(self, prompt: Prompt) -> str:
        """The exact text that the model reads, generation prompt included."""
        ...

    def encode(self, prompt: Prompt) -> tuple[int, ...]:
        """The ids of `render(prompt)`.

        Raises:
            ControlTokenLeak: if the ids hold control tokens that the template did not place.
        """
        ...

    def count(self, text: str) -> int:
        """How many tokens `text` is on its own."""
        ...


class Backend(Protocol):
    """Whatever continues a prompt."""

    @property
    def label(self) -> str:
        """The model's name, for people."""
        ...

    @property
    def window_tokens(self) -> int:
        """Most tokens of prompt and reply together."""
        ...

    @property
    def codec(self) -> PromptCodec:
        """How the model reads prompts."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[Piece | Finished, None]:
        """Pieces of the continuation, then exactly one `Finished`.

        Closing the generator early frees the request's place at once.

        Raises:
            EngineError, ModelError, BridgeError: in place of `Finished`.
        """
        ...

    def cancel(self, request_id: str) -> None:
        """Ends a request's stream with `Finished(reason=cancelled)`; an id that is not open is ignored.

        May be called from any thread.
        """
        ...

    async def aclose(self) -> None:
        """Ends all requests and frees the model. May be called twice."""
        ...
