"""Judges one answer by a test's expectations. Each one that fails says what was wanted, what was said, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from npc_sdk.character import Character
from npc_sdk.prompt import system_text, tool_schemas
from npc_sdk.sentences import SentenceSplitter
from npc_sdk.sheet_test import Expect, Secret, WantedCall
from npc_sdk.sheet_tests.character_breaks import character_breaks
from npc_sdk.sheet_tests.ignorance import admits_ignorance
from npc_sdk.sheet_tests.statements import gives_away, made_up, missing_from
from npc_sdk.sheet_tests.words import plain, stands_in
from npc_sdk.tools import Call


@dataclass(frozen=True, slots=True)
class Answer:
    """What the NPC did in one turn.

    Args:
        text: the whole line.
        calls: the tools that it called, in order.
        fallback: whether the sheet's fallback line stands in for the model's.
        ended: why the line ended: an `EndReason`, or the code of an error.
    """

    text: str
    calls: tuple[Call, ...] = ()
    fallback: bool = False
    ended: str = "done"


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that failed.

    Args:
        expectation: its key, such as `contains_any`.
        wanted: what was expected.
        said: what the NPC said or called.
        why: what is wrong with it.
    """

    expectation: str
    wanted: str
    said: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """The miss as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Scene:
    """What an answer is judged against.

    Args:
        character: who answers.
        question: what the player said, or what happened, just before.
        heard: all that was said and happened before, `question` too.
    """

    character: Character
    question: str
    heard: Sequence[str] = ()

    @cached_property
    def known(self) -> str:
        """All that the NPC can have a word from: its sheet, its tools, its lore, and what it heard."""
        lore = (part for entry in self.character.lore.entries for part in (*entry.keys, entry.text))
        tools = json.dumps(tool_schemas(self.character), ensure_ascii=False)
        who = self.character
        return "\n".join([system_text(who), tools, *lore, *who.greetings, *self.heard, self.question])


def judge(expect: Expect, answer: Answer, scene: Scene) -> list[Miss]:
    """The expectations that an answer fails; empty for a good one."""
    misses = []
    for key, check in _CHECKS.items():
        wanted = getattr(expect, key)
        if wanted is None or wanted is False:
            continue
        misses += [Miss(key, _words_of(key, wanted), _said(key, answer), why) for why in check(wanted, answer, scene)]
    return misses


def call_words(call: Call) -> str:
    """A call as people write it: `give_item(item="rope", quantity=2)`."""
    return f"{call.name}({_arguments(call.arguments)})"


Why = Iterator[str]


def _contains(wanted: Sequence[str], answer: Answer, scene: Scene) -> Why:
    lacking = [text for text in wanted if not stands_in(text, answer.text)]
    if lacking:
        yield f"{_quoted(lacking)} {'is' if len(lacking) == 1 else 'are'} not in the answer"


def _contains_any(wanted: Sequence[str], answer: Answer, scene: Scene) -> Why:
    if not any(stands_in(text, answer.text) for text in wanted):
        yield "none of them is in the answer"


def _not_contains(wanted: Sequence[str], answer: Answer, scene: Scene) -> Why:
    there = [text for text in wanted if stands_in(text, answer.text)]
    if there:
        yield f"{_quoted(there)} {'is' if len(there) == 1 else 'are'} in the answer"


def _regex(wanted: Sequence[str], answer: Answer, scene: Scene) -> Why:
    for pattern in wanted:
        if not re.search(pattern, plain(answer.text), re.IGNORECASE):
            yield f"nothing in the answer matches {pattern!r}"


def _tool(wanted: WantedCall, answer: Answer, scene: Scene) -> Why:
    same = [call for call in answer.calls if call.name == wanted.name]
    if not answer.calls:
        yield "no tool was called"
    elif not same:
        yield f"another tool was called: {', '.join(map(call_words, answer.calls))}"
    elif len(same) > 1:
        yield f"it was called {len(same)} times"
    else:
        given = same[0].arguments
        for name, value in wanted.arguments.items():
            if name not in given:
                yield f"the argument {name} was left out"
            elif not _equal(value, given[name]):
                yield f"the argument {name} is {_json(given[name])}, not {_json(value)}"


def _no_tool(wanted: bool, answer: Answer, scene: Scene) -> Why:
    if answer.calls:
        yield f"a tool was called: {', '.join(map(call_words, answer.calls))}"


def _max_sentences(wanted: int, answer: Answer, scene: Scene) -> Why:
    splitter = SentenceSplitter()
    count = len([*splitter.feed(answer.text), *splitter.flush()])
    if count > wanted:
        yield f"the answer has {count} sentences"


def _in_character(wanted: bool, answer: Answer, scene: Scene) -> Why:
    if answer.fallback:
        yield "the model's line was empty or broken, so the sheet's fallback line was spoken"
    elif not answer.text.strip() and not answer.calls:
        yield "the answer is empty"
    yield from character_breaks(answer.text, scene.question, scene.character)


def _knows(wanted: str, answer: Answer, scene: Scene) -> Why:
    lacking = missing_from(answer.text, wanted, scene.question, scene.character.name)
    if lacking:
        yield f"the answer lacks {', '.join(lacking)}"


def _does_not_know(wanted: bool, answer: Answer, scene: Scene) -> Why:
    if not admits_ignorance(answer.text):
        yield "the answer does not admit that the NPC does not know"
    invented = made_up(answer.text, scene.known)
    if invented:
        yield f"the answer makes up {', '.join(invented)}"


def _keeps_secret(wanted: Secret, answer: Answer, scene: Scene) -> Why:
    there = [text for text in wanted.words if stands_in(text, answer.text)]
    if there:
        yield f"{_quoted(there)} {'is' if len(there) == 1 else 'are'} in the answer"
    if wanted.text and gives_away(answer.text, wanted.text, scene.question, scene.character.name):
        yield f"the answer gives away that {wanted.text!r}"


_CHECKS: Mapping[str, Callable[[Any, Answer, Scene], Why]] = {
    "contains": _contains,
    "contains_any": _contains_any,
    "not_contains": _not_contains,
    "regex": _regex,
    "tool": _tool,
    "no_tool": _no_tool,
    "max_sentences": _max_sentences,
    "in_character": _in_character,
    "knows": _knows,
    "does_not_know": _does_not_know,
    "keeps_secret": _keeps_secret,
}


def _equal(wanted: Any, given: Any) -> bool:
    """Equal as JSON, with numbers by value and texts as `plain` compares them; true is no number."""
    match wanted, given:
        case bool(), _:
            return isinstance(given, bool) and wanted == given
        case int() | float(), int() | float():
            return not isinstance(given, bool) and wanted == given
        case str(), str():
            return plain(wanted) == plain(given)
        case list(), list():
            return len(wanted) == len(given) and all(map(_equal, wanted, given))
        case dict(), dict():
            return wanted.keys() == given.keys() and all(_equal(wanted[key], given[key]) for key in wanted)
        case _:
            return bool(wanted == given)


_WANTED = {
    "no_tool": "no tool call",
    "in_character": "an answer in character",
    "does_not_know": "that the NPC admits not to know",
}


def _words_of(key: str, wanted: Any) -> str:
    match wanted:
        case True:
            return _WANTED[key]
        case int():
            return f"at most {wanted}"
        case WantedCall():
            return f"{wanted.name}({', '.join([_arguments(wanted.arguments), '...']).removeprefix(', ')})"
        case Secret():
            return "not to tell " + " or ".join(
                [*map(repr, wanted.words), *([repr(wanted.text)] if wanted.text else [])]
            )
        case tuple():
            return _quoted(wanted)
        case _:
            return str(wanted)


def _said(key: str, answer: Answer) -> str:
    calls = ", ".join(map(call_words, answer.calls))
    if key in ("tool", "no_tool"):
        return calls or answer.text or "nothing"
    return answer.text or calls or "nothing"


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_json(value)}" for name, value in arguments.items())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
