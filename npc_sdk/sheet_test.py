"""What a sheet's `tests:` section holds: lines of a player, and what must be true of the answers.

Texts are compared without regard to upper and lower case, to the kind of quotes and dashes, and to white space.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from npc_sdk.sheet_base import Identifier, Line, SheetModel, Text

MAX_RUNS = 100
"""Most runs of one test."""


def _as_list(value: Any) -> Any:
    """One text stands for a list of one; what is neither is refused as an item, with words about text."""
    return value if isinstance(value, list | tuple) else [value]


def _as_call(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _as_secret(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    return {"words": value} if isinstance(value, list | tuple) else {"text": value}


def _text_too(schema: dict[str, Any]) -> None:
    """Lets an editor accept plain text where the model holds something larger."""
    other = {key: schema.pop(key) for key in ("$ref", "type", "items", "maxItems") if key in schema}
    schema["anyOf"] = [{"type": "string"}, *([other] if other else []), *schema.get("anyOf", [])]


def _text_or_list_too(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, *schema["anyOf"]]


Texts = Annotated[
    tuple[Line, ...],
    Field(max_length=40, strict=False),
    BeforeValidator(_as_list),
    Field(json_schema_extra=_text_too),
]
"""One text, or a list of texts."""


class WantedCall(SheetModel):
    """A tool call that is expected."""

    name: Identifier
    """The tool's name."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """What the arguments must be; arguments that are left out here may be anything. 2 and 2.0 are the same."""


class Secret(SheetModel):
    """What must not come out. A list alone is `words`, a text alone is `text`."""

    text: Line | None = None
    """Must not be told in any words."""
    words: Annotated[tuple[Line, ...], Field(max_length=40, strict=False)] = ()
    """Telling words; none of them may come up."""


class Expect(SheetModel):
    """What must be true of one answer. All of it must."""

    contains: Texts | None = None
    """Every one of these stands in the answer, as whole words; a `*` at the end allows other endings: `apolog*`."""
    contains_any: Texts | None = None
    """At least one of these stands in the answer."""
    not_contains: Texts | None = None
    """None of these stands in the answer."""
    regex: Texts | None = None
    """A regular expression of Python that is found in the answer."""
    tool: Annotated[WantedCall, BeforeValidator(_as_call)] | None = Field(default=None, json_schema_extra=_text_too)
    """The call that the NPC makes, once: its name, or `{name: ..., arguments: {...}}`."""
    no_tool: bool = False
    """The NPC calls no tool."""
    max_sentences: Annotated[int, Field(ge=1, le=20)] | None = None
    """Most sentences in the answer."""
    in_character: bool = False
    """The NPC says something, does not admit to be a program, does not talk like an assistant, and shows no part of
    its prompt."""
    knows: Line | None = None
    """A text that the answer states: its numbers and names, and at least half of its other telling words; words of
    the question do not count."""
    does_not_know: bool = False
    """The NPC admits that it does not know, and makes up no number and no name."""
    keeps_secret: Annotated[Secret, BeforeValidator(_as_secret)] | None = Field(
        default=None, json_schema_extra=_text_or_list_too
    )
    """A list of telling words that must not come up, or a text that the answer must not give away."""


class ScriptTurn(SheetModel):
    """One step of a test: exactly one of `player`, `event` and `state`."""

    player: Text | None = None
    """What the player says."""
    event: Text | None = None
    """What happens in the game. With `expect` the NPC speaks about it, without it takes note in silence."""
    state: Annotated[dict[Identifier, Line | None], Field(max_length=32)] | None = None
    """How things stand from now on, such as `{mood: angry}`; null says that the thing is over."""
    objects: Annotated[dict[Identifier, Texts], Field(max_length=32)] = Field(default_factory=dict)
    """What there is to choose from now, such as `{items: [rope, lamp]}`: what the game passes as `objects`."""
    expect: Expect | None = None
    """What must be true of the answer."""


class SheetTest(SheetModel):
    """A conversation with expectations, played several times."""

    name: Line
    """What is tested; its own within the sheet."""
    tags: Annotated[tuple[Line, ...], Field(max_length=20, strict=False)] = ()
    """Words to choose tests by: `npc test --tag fact`."""
    runs: Annotated[int, Field(ge=1, le=MAX_RUNS)] | None = None
    """How often it is played, each time with another seed; the command's default if left out."""
    threshold: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """Share of the runs that must pass. If left out: 1 at temperature 0 and for secrets, otherwise 0.8."""
    player: Line | None = None
    """The player's name, if the NPC knows it."""
    turns: Annotated[tuple[ScriptTurn, ...], Field(max_length=60, strict=False)]
    """The conversation, from its beginning."""
    tool_results: dict[Identifier, Any] = Field(default_factory=dict)
    """What the game answers, by tool; `{"ok": true}` if left out."""
