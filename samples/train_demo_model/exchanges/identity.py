"""Who the NPC is: name, trade, place, age, traits, goals."""

from __future__ import annotations

from train_demo_model.scene import Beat, Check, Scene, said

_NAMED = {"ask_who": "who", "ask_name": "who", "ask_role": "role", "ask_place": "where"}


def ask_named(scene: Scene) -> Beat | None:
    """Name, role or place."""
    intent = scene.rng.choice(sorted(_NAMED))
    own = scene.cast.own
    if intent == "ask_place" and "place" not in own:
        return None
    text = scene.ask(intent)
    if text is None:
        return None
    wanted = {"ask_who": "name", "ask_name": "name", "ask_role": "role", "ask_place": "place"}[intent]
    line = scene.voice.line(_NAMED[intent])
    return Beat("identity", said(scene.player.say(text, own), line), Check(contains=(own[wanted],)), _NAMED[intent])


def ask_field(scene: Scene) -> Beat | None:
    """Age, species, pronouns: from the sheet, or unknown."""
    who = scene.cast.character.identity
    field = scene.rng.choice(("age", "age", "species", "pronouns"))
    text = scene.ask(f"ask_{field}")
    value = getattr(who, field)
    if text is None:
        return None
    asked = scene.player.say(text, scene.cast.own)
    if value is None:
        if field != "age":
            return None
        return Beat("absent", said(asked, scene.voice.line("dont_know")), Check(says="dont_know"), "dont_know")
    values = {field: value}
    line = scene.voice.answer(scene.core(field, values), values)
    return Beat("self", said(asked, line), Check(contains=(value,)), field)


def ask_goals(scene: Scene) -> Beat | None:
    """What the character wants."""
    goals = scene.cast.character.persona.goals
    text = scene.ask("ask_goals") if goals else None
    if text is None:
        return None
    values = {"goal": goals[0]}
    section = "goals"
    if len(goals) == 2:
        values["goal2"] = goals[1]
        section = "two_goals"
    elif len(goals) > 2:
        values["goal"] = scene.rng.choice(goals)
    line = scene.voice.answer(scene.core(section, values), values)
    check = Check(one_of=tuple(goals))
    return Beat("self", said(scene.player.say(text, scene.cast.own), line), check, "goals")


def ask_traits(scene: Scene) -> Beat | None:
    """What kind of person the character is."""
    traits = scene.cast.character.persona.traits
    text = scene.ask("ask_traits") if traits else None
    if text is None:
        return None
    values = {"trait": traits[0], "trait2": traits[-1]}
    line = scene.voice.answer(scene.core("traits" if len(traits) > 1 else "one_trait", values), values)
    check = Check(one_of=tuple(traits))
    return Beat("self", said(scene.player.say(text, scene.cast.own), line), check, "traits")


def ask_state(scene: Scene) -> Beat | None:
    """Weather, time and whatever else the sheet says of how things stand."""
    if not scene.cast.states:
        return None
    key = scene.rng.choice(sorted(scene.cast.states))
    kind = scene.cast.states[key]
    values = {**scene.cast.own, "v": scene.cast.character.state[key]}
    text = scene.player.choose(kind.asks, scene.split, values)
    if text is None:
        return None
    line = scene.voice.answer(scene.rng.choice(kind.answers), values)
    return Beat("self", said(scene.player.say(text, values), line), Check(contains=(values["v"],)), f"state:{key}")
