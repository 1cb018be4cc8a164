"""The rows of the judge's table: which exchanges they are made of and what an answer must hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from train_demo_model.exchanges import absent, facts, general, identity, memory, news, relations, social, tools
from train_demo_model.exchanges.social import EDGES, SOCIAL, Exchange
from train_demo_model.scene import Beat, Scene
from train_demo_model.words import BANKS, read_list

Checks = dict[str, Any]
Checker = Callable[[Scene, Beat, str], Checks | None]

_SHORT_TOKENS = 1_024
_LONG_TOKENS = (1_025, 2_000, 3_000, 4_000)
_NEVER_TOLD = r"\b(?:never|no|not|n't|nothing)\b|n't\b"
_MIN_WORD = 4  # letters of a word that counts as coined


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ability.

    Args:
        name: the row of the table.
        exchanges: one of them is the turn that is judged.
        checks: what its answer must hold; None if this one cannot be judged.
        share: of the usual number of items.
        long: whether the prompt is longer than a thousand tokens.
        tools: how many tools the character has; None draws.
        before: an exchange that must come before.
        fits: which characters will do.
        only_in: whether it has no column `new`.
    """

    name: str
    exchanges: tuple[Exchange, ...]
    checks: Checker
    share: float = 1.0
    long: bool = False
    tools: int | None = None
    before: Exchange | None = None
    fits: Callable[[Scene], bool] = lambda scene: True
    only_in: bool = False

    def facts(self, part: float) -> int | None:
        """How many facts the character knows, for the item at `part` of the row; None draws."""
        if not self.long:
            return None
        return (16, 42, 76)[int(part * 3)]

    def takes(self, tokens: float, part: float) -> bool:
        """Whether a prompt of about `tokens` belongs here: long ones are spread evenly over their range."""
        if not self.long:
            return tokens <= (_SHORT_TOKENS if self.name == "fact" else _LONG_TOKENS[-1])
        third = int(part * 3)
        return _LONG_TOKENS[third] <= tokens <= _LONG_TOKENS[third + 1]


def _content(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    check = beat.check
    if check is None or not (check.contains or check.one_of) or check.says:
        return None
    found: Checks = {"no_tool": True}
    if check.contains:
        found["contains"] = list(check.contains)
    if check.one_of:
        found["contains_any"] = list(check.one_of)
    return found


def _absent(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    if beat.check is None or beat.check.says != "dont_know":
        return None
    lacks = {"not_contains": list(beat.check.lacks)} if beat.check.lacks else {}
    return {"does_not_know": True, "no_tool": True, **lacks}


def _call(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    return {"tool": dict(beat.check.call)} if beat.check and beat.check.call else None


def _no_call(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    return {"no_tool": True} if scene.cast.tools else None


def _in_character(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    return {"in_character": True, "no_tool": True}


def _memory(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    if beat.check and beat.check.says == "not_told":
        return {"regex": [_NEVER_TOLD], "no_tool": True}
    return _content(scene, beat, gold)


def _tell(scene: Scene) -> Beat | None:
    return scene.rng.choice((memory.tell, news.tell_news))(scene)


def _limits(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    speech = scene.cast.character.speech
    found: Checks = {}
    if speech.max_sentences and speech.max_sentences <= 2:
        found["max_sentences"] = speech.max_sentences
    if scene.cast.must_address and speech.address:
        found["contains"] = [speech.address]
    if scene.cast.favorite:
        found["contains"] = [scene.cast.favorite]
    if scene.cast.end_phrase:
        found["regex"] = [re.escape(scene.cast.end_phrase.rstrip(".!?")) + r"\W*$"]
    return found or None


def _limited(scene: Scene) -> bool:
    speech = scene.cast.character.speech
    strict = speech.max_sentences is not None and speech.max_sentences <= 2
    rare = bool(scene.cast.end_phrase) or scene.cast.must_address or bool(scene.cast.favorite)
    return rare or (strict and scene.rng.random() < 0.2)  # else the sentence limit would crowd the others out


def _manner(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    pattern = scene.cast.style.marker.pattern
    return {"regex": [pattern], "no_tool": True} if pattern else None


def _copy(scene: Scene, beat: Beat, gold: str) -> Checks | None:
    if beat.check and beat.check.call:
        arguments = beat.check.call.get("arguments")
        texts = (
            [value for value in arguments.values() if isinstance(value, str)] if isinstance(arguments, dict) else []
        )
        return _call(scene, beat, gold) if any(map(_unknown, texts)) else None
    checks = _content(scene, beat, gold)
    return checks if checks and any(map(_unknown, checks.get("contains", []))) else None


def _unknown(text: str) -> bool:
    """Whether a word of `text` stands in no list."""
    words = [word for word in re.findall(r"[a-z]+", text.casefold()) if len(word) >= _MIN_WORD]
    return any(word not in _listed_words() for word in words)


@cache
def _listed_words() -> frozenset[str]:
    names = [path.stem for path in (BANKS / "words").glob("*.txt")]
    return frozenset(word for name in names for entry in read_list(name) for word in entry.casefold().split())


_FACTS: tuple[Exchange, ...] = (*[facts.ask_fact] * 8, facts.about_entity, facts.ask_self, facts.ask_rule)
_ABSENT: tuple[Exchange, ...] = (
    *[absent.ask_absent] * 3,
    *[absent.ask_beyond] * 2,
    *[absent.ask_near_miss] * 2,
    absent.ask_unknown,
    relations.ask_stranger,
)
_TALK = tuple(social.talk(intent, line, "social") for intent, line in SOCIAL.items())
_PLAIN: tuple[Exchange, ...] = (
    facts.ask_fact,
    facts.ask_self,
    identity.ask_named,
    relations.ask_relation,
    general.ask_part,
)

ROWS = (
    Row(name="fact", exchanges=_FACTS, checks=_content, tools=1),
    Row(name="fact_long", exchanges=(facts.ask_fact,), checks=_content, share=1.5, long=True, tools=1),
    Row(name="absent", exchanges=_ABSENT, checks=_absent),
    Row(name="tool", exchanges=(*[tools.request] * 9, tools.offer), checks=_call, tools=4),
    Row(
        name="no_tool",
        exchanges=(*[tools.talk_about] * 20, *[tools.missing] * 15, *[facts.ask_fact] * 5, *_TALK),
        checks=_no_call,
        tools=4,
    ),
    Row(
        name="in_character",
        exchanges=tuple(social.talk(intent, line, "in_character") for intent, line in EDGES.items()),
        checks=_in_character,
    ),
    Row(
        name="memory",
        exchanges=(*[memory.recall] * 3, *[news.recall_news] * 3, memory.ask_untold),
        checks=_memory,
        before=_tell,
    ),
    Row(name="limits", exchanges=(*_PLAIN, *_TALK[:5]), checks=_limits, fits=_limited),
    Row(name="manner", exchanges=_PLAIN, checks=_manner),
    Row(
        name="copy",
        exchanges=(facts.ask_fact, tools.request, identity.ask_named, memory.recall),
        checks=_copy,
        tools=2,
        before=memory.tell,
        only_in=True,
    ),
)  # fmt: skip
"""In the order of the table."""
