"""What tools give, sell, open is what the sheet tells of too, so that a request and a question must be told apart."""

from __future__ import annotations

import random

from train_demo_model.banks import load_banks
from train_demo_model.cast import Cast
from train_demo_model.casting import draw_cast
from train_demo_model.exchanges.facts import ask_fact, names_thing, sounds_like_a_request
from train_demo_model.staging import new_scene

CASTS = 60


def casts(tools: int) -> list[Cast]:
    return [
        draw_cast(load_banks(), random.Random(f"things/{n}"), "train", facts=12, tools=tools) for n in range(CASTS)
    ]


def test_facts_are_often_about_what_the_tools_deal_with() -> None:
    known = [cast for cast in casts(3) if any(names_thing(tool, cast.text) for tool in cast.tools)]
    assert CASTS / 3 < len(known) < CASTS


def test_what_a_tool_gives_is_asked_for_and_asked_about_on_one_sheet() -> None:
    asked_for, asked_about = 0, 0
    for number in range(CASTS):
        scene = new_scene(load_banks(), random.Random(f"both/{number}"), "train", facts=12)
        for tool in scene.cast.tools:
            uses = [tool.use(request, scene.words) for request in tool.requests("train")]
            told = scene.cast.text.casefold()
            asked_for += any(
                len(said) > 3 and said.casefold() in told for use in uses for said in use.values.values()
            )
        for _ in range(10):
            beat = ask_fact(scene)
            asked_about += beat is not None and any(names_thing(tool, beat.asked) for tool in scene.cast.tools)
    assert asked_for > CASTS / 6
    assert asked_about > CASTS / 6


def test_what_may_be_a_request_for_a_tool_is_told_from_a_question() -> None:
    scenes = (new_scene(load_banks(), random.Random(f"request/{n}"), "train", facts=12) for n in range(CASTS))
    scene, thing = next(
        (scene, tool.things["item"][0]) for scene in scenes for tool in scene.cast.tools if tool.things.get("item")
    )
    assert sounds_like_a_request(scene, f"Can you hand me the {thing}?")
    assert sounds_like_a_request(scene, f"One {thing}, please.")
    assert not sounds_like_a_request(scene, f"What does the {thing} cost?")
    assert not sounds_like_a_request(scene, "Can I sleep at the foot of the hill?")


def test_a_secret_that_a_rule_tells_stands_nowhere_else() -> None:
    by_rule = [
        (cast, secret)
        for n in range(400)
        for cast in [draw_cast(load_banks(), random.Random(f"kept/{n}"), "train", facts=4, tools=0)]
        for secret in cast.secrets
        if secret.by_rule
    ]
    assert len(by_rule) > 10
    for cast, secret in by_rule:
        told = secret.kind.statements[0].clause(secret.values).rstrip(".")
        assert sum(told in rule for rule in cast.character.rules) == 1
        assert not any(told in fact for fact in cast.character.knowledge.facts)
