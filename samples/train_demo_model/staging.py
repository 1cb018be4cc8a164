"""Sets the scene: a character with its voice, and a player."""

from __future__ import annotations

import random

from train_demo_model.banks import Banks
from train_demo_model.casting import draw_cast
from train_demo_model.player import Player
from train_demo_model.scene import Scene
from train_demo_model.split import Split
from train_demo_model.voice import Voice
from train_demo_model.words import Words

_FACTS = (0, 2, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18)
_LONG_FACTS = (25, 60)
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
    )
