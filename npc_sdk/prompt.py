"""Compiles a character sheet into the system part and the tools of a prompt.

The layout is the labelled one that the demo model was trained on and that Nemotron-Mini reads well: one opening
sentence, `Label: value` lines, lists under a label. Facts stay single lines so that an answer can quote one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from npc_sdk.call_schemas import shown_schema
from npc_sdk.character import Character, Example
from npc_sdk.chat_format import neutralise, neutralise_json

STAY_RULES = ("Never break character", "If you do not know something, say so")
"""Rules that every character has."""


def system_text(character: Character) -> str:
    """The compiled sheet: the same text for the same sheet, so that its keys and values can be kept.

    Args:
        character: a loaded sheet.

    Returns:
        text without tools, lore and state, neutralised.
    """
    who, inside, talk = character.identity, character.persona, character.speech
    parts = [
        _opening(character),
        _labelled("Personality", ", ".join(inside.traits)),
        _labelled("Speech style", _speech_style(character)),
        _labelled("Catchphrase", f'"{talk.catchphrase}"' if talk.catchphrase else ""),
        *(_labelled(_capital(key.replace("_", " ")), value) for key, value in character.state.items()),
        _labelled("Pronouns", who.pronouns),
        _labelled("Age", who.age),
        _labelled("Appearance", who.appearance),
        _labelled("Background", inside.background),
        _labelled("Scenario", character.scenario),
        _listed("Knowledge", character.knowledge.facts),
        _listed("Goals", (_capital(goal) for goal in inside.goals)),
        _listed("Relationships", _relationships(character)),
        _listed("Examples", (_example(character.name, example) for example in talk.examples)),
        _listed("Rules", _rules(character)),
    ]
    return neutralise("\n".join(part for part in parts if part))


def tool_schemas(character: Character) -> tuple[Mapping[str, Any], ...]:
    """The tools as JSON objects with `name`, `description`, `parameters`, in the order of the sheet."""
    return tuple(
        neutralise_json({"name": name, "description": tool.description, "parameters": shown_schema(tool.parameters)})
        for name, tool in character.tools.items()
    )


def player_context(player: str) -> str:
    """The lore text that tells the player's name; it stands after the static part, which all players share."""
    return f"The player is called {neutralise(player)}."


def event_text(event: str) -> str:
    """A thing that happened, as the user turn shows it."""
    return f"*{event}*"


def state_text(changes: Mapping[str, str]) -> str:
    """How things stand now, as the user turn shows it; an empty value says that the thing is over."""
    told = (f"{key.replace('_', ' ')}: {value or 'none'}" for key, value in changes.items())
    return f"({'; '.join(told)})"


def _opening(character: Character) -> str:
    who = character.identity
    role = f"{who.species} {who.role}" if who.species else who.role
    of_place = f" of {who.place}" if who.place else ""
    return f"You are {character.name}, the {role}{of_place}."


def _speech_style(character: Character) -> str:
    talk = character.speech
    address = f'calls people "{talk.address}"' if talk.address else ""
    return ", ".join(part for part in (talk.style, address) if part)


def _relationships(character: Character) -> Iterable[str]:
    for name, known in character.relationships.items():
        yield f"{name} ({known.relation}): {known.attitude}" if known.attitude else f"{name}: {known.relation}"


def _rules(character: Character) -> Iterable[str]:
    limit = character.speech.max_sentences
    if limit:
        yield f"Keep replies to {limit} sentence{'s' if limit > 1 else ''}"
    yield from character.rules
    for subject in character.knowledge.unknown:
        yield f"You know nothing about {subject}"
    yield from STAY_RULES


def _example(name: str, example: Example) -> str:
    return f'Player: "{example.player}" {name}: "{example.npc}"'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _labelled(label: str, value: str | None) -> str:
    return f"{label}: {value}" if value else ""


def _listed(label: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join([f"{label}:", *lines]) if lines else ""
