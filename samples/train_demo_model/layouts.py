"""The system text of a character: mostly the SDK's own, and now and then as other people write sheets."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from npc_sdk.character import Character
from npc_sdk.chat_format import neutralise
from npc_sdk.prompt import STAY_RULES, system_text
from train_demo_model.english import an, capital

_OWN_LAYOUT = 0.7  # share of sheets in the SDK's own layout

Part = tuple[str, list[str]]
"""The name of a part of the sheet and its values."""


def sheet_text(character: Character, rng: random.Random) -> str:
    """The character as a system text."""
    if rng.random() < _OWN_LAYOUT:
        return system_text(character)
    layout = rng.choice((_prose, _prose, _markdown, _labelled, _labelled, _json))
    return neutralise(layout(character, rng))


def _parts(character: Character) -> Iterator[Part]:
    who, inside, talk = character.identity, character.persona, character.speech
    style = [*([talk.style] if talk.style else []), *([f'calls people "{talk.address}"'] if talk.address else [])]
    yield "personality", [", ".join(inside.traits)] if inside.traits else []
    yield "speech", [", ".join(style)] if style else []
    yield "catchphrase", [f'"{talk.catchphrase}"'] if talk.catchphrase else []
    for key, value in character.state.items():
        yield key, [value]
    yield "pronouns", [who.pronouns] if who.pronouns else []
    yield "age", [who.age] if who.age else []
    yield "appearance", [who.appearance] if who.appearance else []
    yield "background", [inside.background] if inside.background else []
    yield "scenario", [character.scenario] if character.scenario else []
    yield "facts", list(character.knowledge.facts)
    yield "goals", [capital(goal) for goal in inside.goals]
    yield "people", [f"{name} ({known.relation}): {known.attitude}" if known.attitude else f"{name}: {known.relation}"
                     for name, known in character.relationships.items()]  # fmt: skip
    yield "examples", [f'Player: "{example.player}" {character.name}: "{example.npc}"' for example in talk.examples]
    yield "rules", _rules(character)


def _rules(character: Character) -> list[str]:
    limit = character.speech.max_sentences
    limits = [f"Keep replies to {limit} sentence{'s' if limit > 1 else ''}"] if limit else []
    unknown = [f"You know nothing about {subject}" for subject in character.knowledge.unknown]
    return [*limits, *character.rules, *unknown, *STAY_RULES]


_LABELS = {
    "personality": ("Personality", "Character", "Traits", "Nature", "Temperament"),
    "speech": ("Speech style", "Voice", "Way of speaking", "Manner of speech", "Style", "Talks like this"),
    "catchphrase": ("Catchphrase", "Often says", "Favorite saying"),
    "appearance": ("Appearance", "Looks", "Looks like"),
    "background": ("Background", "Backstory", "History", "Story so far"),
    "scenario": ("Scenario", "Situation", "Scene", "Right now"),
    "facts": ("Knowledge", "Known facts", "Facts", "You know", "What you know", "Knows"),
    "goals": ("Goals", "Wants", "Aims", "Motivation"),
    "people": ("Relationships", "People", "Acquaintances", "Knows these people"),
    "examples": ("Examples", "Example lines", "Sample dialogue", "Says things like"),
    "rules": ("Rules", "Always", "Instructions", "Guidelines", "Follow these rules"),
    "mood": ("Mood", "Current mood", "Today's mood", "Feels"),
}


def _label(part: str, rng: random.Random) -> str:
    return rng.choice(_LABELS.get(part, (capital(part.replace("_", " ")),)))


def _opening(character: Character, rng: random.Random) -> str:
    who = character.identity
    role = f"{who.species} {who.role}" if who.species else who.role
    name = character.name
    place = who.place
    openings = [
        f"You are {name}, the {role}{f' of {place}' if place else ''}.",
        f"You are {name}, {an(role)} {role}{f' in {place}' if place else ''}.",
        f"You play {name}, {an(role)} {role}{f' from {place}' if place else ''}. Stay in character.",
        f"You are an NPC in a game. Your name is {name}. You are the {role}{f' of {place}' if place else ''}.",
        f"Play the role of {name}, the {role}{f' in {place}' if place else ''}.",
        f"Roleplay as {name}. Role: {role}.{f' Place: {place}.' if place else ''}",
        f"I am {name}, the {role}{f' of {place}' if place else ''}.",
    ]
    return rng.choice(openings)


def _shuffled(character: Character, rng: random.Random) -> list[Part]:
    parts = [(part, values) for part, values in _parts(character) if values]
    rng.shuffle(parts)
    return parts


def _prose(character: Character, rng: random.Random) -> str:
    """Sentences in a row; each part begins with words of its own."""
    said = [_opening(character, rng)]
    for part, values in _shuffled(character, rng):
        opening = _PROSE.get(part)
        if part in {"facts", "background", "scenario", "appearance"} or part == "people":
            said.extend(_stopped(value) for value in values)
        elif opening:
            told = opening(
                ", and ".join(value[:1].lower() + value[1:] if part == "goals" else value for value in values)
            )
            said.append(_stopped(told))
        else:
            said.append(_stopped(f"{_label(part, rng)}: {'; '.join(values)}"))
    breaks = rng.choice((" ", " ", "\n"))
    return breaks.join(said)


_PROSE: dict[str, Callable[[str], str]] = {
    "personality": "People call you {}".format,
    "speech": "When you talk, the manner is this: {}".format,
    "catchphrase": "You often say {}".format,
    "mood": "Today you are {}".format,
    "goals": "You want to {}".format,
    "age": "You are {} years old".format,
}


def _stopped(text: str) -> str:
    return text if text[-1:] in '.!?"' else f"{text}."


def _markdown(character: Character, rng: random.Random) -> str:
    level = rng.choice(("#", "##", "###"))
    name = [f"{level} {character.name}"] if rng.random() < 0.5 else []
    lines = [*name, _opening(character, rng)]
    for part, values in _shuffled(character, rng):
        lines.append(f"{level} {_label(part, rng)}")
        lines.extend(f"- {value}" if len(values) > 1 else value for value in values)
    return "\n".join(lines)


def _labelled(character: Character, rng: random.Random) -> str:
    who = character.identity
    head = rng.random() < 0.5
    lines = (
        [_opening(character, rng)]
        if head
        else [f"Name: {character.name}", f"{rng.choice(('Role', 'Job', 'Occupation'))}: {who.role}"]
    )
    if not head and who.place:
        lines.append(f"{rng.choice(('Location', 'Place', 'Home', 'Lives in'))}: {who.place}")
    if not head and who.species:
        lines.append(f"Species: {who.species}")
    bullet = rng.choice(("- ", "* ", "", "  - "))
    for part, values in _shuffled(character, rng):
        if len(values) == 1 and rng.random() < 0.7:
            lines.append(f"{_label(part, rng)}: {values[0]}")
        elif rng.random() < 0.2:
            lines.append(f"{_label(part, rng)}: {'; '.join(value.rstrip('.') for value in values)}")
        else:
            lines.extend([f"{_label(part, rng)}:", *(f"{bullet}{value}" for value in values)])
    return "\n".join(lines)


def _json(character: Character, rng: random.Random) -> str:
    who = character.identity
    sheet: dict[str, object] = {"name": character.name, "role": who.role}
    if who.place:
        sheet["place"] = who.place
    if who.species:
        sheet["species"] = who.species
    for part, values in _shuffled(character, rng):
        sheet[part] = values[0] if len(values) == 1 else values
    return json.dumps(sheet, ensure_ascii=False, indent=rng.choice((None, 2)))
