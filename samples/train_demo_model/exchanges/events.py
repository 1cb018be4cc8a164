"""Things that happen in the game, and changed states."""

from __future__ import annotations

from npc_sdk.backend import Message, Role
from npc_sdk.prompt import event_text, state_text
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import can_fill, values_for
from train_demo_model.split import phrasings

_HARMLESS = frozenset({"compliment", "insult", "apology"})
"""Kinds of events at which no tool is used unasked."""


def happens(scene: Scene) -> Beat | None:
    """Something happens that the NPC answers."""
    if not scene.banks.sheet.events:
        return None
    category = scene.rng.choice(sorted(scene.banks.sheet.events))
    if category not in _HARMLESS and any(tool.kind.offers for tool in scene.cast.tools):
        return None
    events = [
        event
        for event in phrasings(scene.banks.sheet.events[category], scene.split)
        if can_fill(event.slots, scene.cast.own)
    ]
    if not events:
        return None
    event = scene.rng.choice(events)
    told = event.fill(values_for(event.slots, scene.words, scene.cast.own))
    return Beat("event", said(event_text(told), scene.voice.line(category)), None, category)


def silent(scene: Scene) -> Message | None:
    """Something happens that the NPC only notes."""
    events = scene.banks.sheet.events.get("angry_event", ())
    fitting = [event for event in phrasings(events, scene.split) if can_fill(event.slots, scene.cast.own)]
    if not fitting:
        return None
    event = scene.rng.choice(fitting)
    return Message(Role.USER, event_text(event.fill(values_for(event.slots, scene.words, scene.cast.own))))


def mood_changes(scene: Scene) -> Beat | None:
    """The game tells a new mood, and the player asks for it."""
    text = scene.ask("how_are_you")
    if text is None:
        return None
    mood = scene.words.of("mood")
    told = Message(Role.USER, state_text({"mood": mood}))
    line = scene.voice.line("how_are_you_mood", mood=mood)
    messages = (told, *said(scene.player.say(text, scene.cast.own), line))
    return Beat("mood", messages, Check(contains=(mood,)), f"mood:{mood}", mood=mood)
