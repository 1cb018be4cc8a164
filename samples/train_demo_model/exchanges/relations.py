"""The people whom the NPC knows."""

from __future__ import annotations

from train_demo_model.names import person
from train_demo_model.scene import Beat, Check, Scene, said


def ask_relation(scene: Scene) -> Beat | None:
    """Who is X to you?"""
    if not scene.cast.people:
        return None
    known = scene.rng.choice(scene.cast.people)
    text = scene.ask("ask_relation", {"P": known.name})
    if text is None:
        return None
    values = {"P": known.name, "relation": known.relation}
    line = scene.voice.answer(scene.core("relation", values), values)
    asked = scene.player.say(text, {**scene.cast.own, **values})
    return Beat("relation", said(asked, line), Check(contains=(known.relation,)), "relation")


def ask_feeling(scene: Scene) -> Beat | None:
    """What do you think of X?"""
    people = [known for known in scene.cast.people if known.kind]
    if not people:
        return None
    known = scene.rng.choice(people)
    text = scene.ask("ask_feeling", {"P": known.name})
    if text is None or known.kind is None:
        return None
    line = scene.voice.answer(scene.rng.choice(known.kind.answers), known.values)
    wanted = tuple(known.values[slot] for slot in sorted(known.kind.attitude.slots) if slot not in {"P", "me"})
    asked = scene.player.say(text, {**scene.cast.own, "P": known.name})
    return Beat("relation", said(asked, line), Check(one_of=wanted) if wanted else None, "feeling")


def ask_relation_of(scene: Scene) -> Beat | None:
    """Who is your brother?"""
    if not scene.cast.people:
        return None
    known = scene.rng.choice(scene.cast.people)
    text = scene.ask("ask_relation_of", {"rel": known.relation})
    if text is None:
        return None
    values = {"P": known.name, "relation": known.relation}
    line = scene.voice.answer(scene.core("relation_of", values), values)
    asked = scene.player.say(text, {**scene.cast.own, "rel": known.relation})
    return Beat("relation", said(asked, line), Check(contains=(known.name,)), "relation_of")


def ask_stranger(scene: Scene) -> Beat | None:
    """The same of somebody whom the prompt does not name."""
    name = person(scene.words)
    if name.casefold() in scene.cast.text.casefold():
        return None
    text = scene.ask(
        scene.rng.choice(("ask_relation", "ask_feeling", "ask_know_person", "about_fact")), {"P": name, "x": name}
    )
    if text is None:
        return None
    asked = scene.player.say(text, {**scene.cast.own, "P": name, "x": name})
    return Beat("absent", said(asked, scene.voice.line("dont_know")), Check(says="dont_know"), "dont_know")
