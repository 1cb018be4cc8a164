"""Sets the scene: a character with its voice, and a player."""

from __future__ import annotations

import random
from collections.abc import Iterator

from train_demo_model.banks import Banks
from train_demo_model.cast import Cast
from train_demo_model.casting import draw_cast
from train_demo_model.exchanges.facts import question_label
from train_demo_model.exchanges.tools import call_label
from train_demo_model.player import Player
from train_demo_model.scene import Scene, plain
from train_demo_model.split import Split
from train_demo_model.voice import Voice
from train_demo_model.words import Words

_NOBODY = "two claims"
_FACTS = (0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16)
_LONG_FACTS = (25, 80)
_TOOLS = (0, 0, 0, 1, 1, 2, 2, 3, 4, 6)


def new_scene(
    banks: Banks,
    rng: random.Random,
    split: Split,
    *,
    long: bool = False,
    facts: int | None = None,
    tools: int | None = None,
) -> Scene:
    """A character and everything ready to talk with it.

    Args:
        banks: authored text.
        rng: draws.
        split: which phrasings and words may come up.
        long: whether it knows dozens of facts.
        facts: how many facts it knows, about; None draws.
        tools: how many tools it has; None draws.
    """
    if facts is None:
        facts = rng.randint(*_LONG_FACTS) if long else rng.choice(_FACTS)
    cast = draw_cast(banks, rng, split, facts=facts, tools=rng.choice(_TOOLS) if tools is None else tools)
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
        favorite=cast.favorite,
    )
    return Scene(
        cast=cast,
        voice=voice,
        player=Player(banks, rng, split),
        banks=banks,
        rng=rng,
        words=Words(rng, split),
        split=split,
        mood=cast.character.state.get("mood"),
        told=dict(cast.told),
        claims=_claims(cast),
    )


def _claims(cast: Cast) -> dict[str, str]:
    """What the sheet answers in one way only; a text that two parts of it claim gets no answer that fits."""
    claims: dict[str, str] = {}
    for text, label in _claimed(cast):
        asked = plain(text)
        claims[asked] = label if claims.setdefault(asked, label) == label else _NOBODY
    return claims


def _claimed(cast: Cast) -> Iterator[tuple[str, str]]:
    for fact in cast.facts:
        for question in fact.frame.questions:
            yield from ((ask.text, question_label(fact, question)) for ask in question.asks if not ask.slots)
    for key, kind in cast.states.items():
        yield from ((ask.text, f"state:{key}") for ask in kind.asks if not ask.slots)
    for tool in cast.tools:
        yield from ((ask.text.text, call_label(tool)) for ask in tool.kind.asks if not ask.text.slots)
