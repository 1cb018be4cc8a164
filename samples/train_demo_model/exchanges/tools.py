"""Requests that need a tool, what comes of them, and talk about tools that needs none."""

from __future__ import annotations

import json

from npc_sdk.backend import Message, Role
from npc_sdk.chat_format import call_text
from npc_sdk.prompt import event_text
from train_demo_model.scene import Beat, Check, Scene, said
from train_demo_model.slots import can_fill, values_for
from train_demo_model.split import phrasings
from train_demo_model.tool_bank import Request, alike
from train_demo_model.tool_use import BoundTool, Use, bind
from train_demo_model.tool_verbs import composed_tool

_FAILS = 0.2
_NO_ANSWER = 0.03
_OWN_LINE = 0.7  # share of done lines that are the tool's own and not the style's


def request(scene: Scene) -> Beat | None:
    """The player wants what a tool does: call, result, line."""
    if not scene.cast.tools:
        return None
    tool = scene.rng.choice(scene.cast.tools)
    options = [option for option in tool.requests(scene.split) if can_use(option, tool, scene)]
    if not options:
        return None
    use = tool.use(scene.rng.choice(options), scene.words)
    asked = scene.player.say(use.text, {**scene.cast.own, **use.values}, exact=True, bare=True)
    check = Check(call={"name": tool.name, "arguments": use.arguments})
    return Beat("tool", (Message(Role.USER, asked), *_carried_out(scene, tool, use)), check, call_label(tool))


def offer(scene: Scene) -> Beat | None:
    """Something happens at which the NPC uses a tool unasked."""
    tools = [tool for tool in scene.cast.tools if tool.kind.offers]
    if not tools:
        return None
    tool = scene.rng.choice(tools)
    happening = scene.rng.choice(tool.kind.offers)
    if not can_use(happening, tool, scene):
        return None
    use = tool.use(happening, scene.words)
    told = event_text(use.text.fill({**scene.cast.own, **use.values}))
    check = Check(call={"name": tool.name, "arguments": use.arguments})
    return Beat("tool", (Message(Role.USER, told), *_carried_out(scene, tool, use)), check, call_label(tool))


def missing(scene: Scene) -> Beat | None:
    """The player wants what no tool of this NPC does."""
    kinds = [kind for kind in scene.banks.tools if all(tool.kind is not kind for tool in scene.cast.tools)]
    kind = scene.rng.choice(kinds) if kinds and scene.rng.random() < 0.7 else composed_tool(scene.words)
    tool = bind(kind, scene.words)
    options = [option for option in tool.requests(scene.split) if can_use(option, tool, scene)]
    if not options or any(_same_deed(tool, other) for other in scene.cast.tools):
        return None
    use = tool.use(scene.rng.choice(options), scene.words)
    asked = scene.player.say(use.text, {**scene.cast.own, **use.values}, bare=True)
    return Beat("no_tool", said(asked, scene.voice.line("refuse")), Check(), "refuse")


def talk_about(scene: Scene) -> Beat | None:
    """The player talks about a tool's thing without wanting it used."""
    if not scene.cast.tools:
        return None
    tool = scene.rng.choice(scene.cast.tools)
    asks = scene.rng.random() < 0.5
    texts = phrasings(tool.kind.about_ask if asks else tool.kind.about_say, scene.split)
    if not texts:
        return None
    text = scene.rng.choice(texts)
    values = dict(scene.cast.own)
    for parameter in tool.parameters:
        if parameter.kind.key in text.slots:
            values[parameter.kind.key] = parameter.draw(scene.words).said
    if asks and any(value in scene.cast.text for key, value in values.items() if key not in scene.cast.own):
        return None  # a fact may tell
    values = values_for(text.slots, scene.words, values)
    line = scene.voice.line("dont_know" if asks else "agree")
    return Beat(
        "false_call", said(scene.player.say(text, values, bare=True), line), Check(), "dont_know" if asks else "agree"
    )


def _carried_out(scene: Scene, tool: BoundTool, use: Use) -> tuple[Message, ...]:
    call = Message(Role.ASSISTANT, call_text(tool.name, use.arguments))
    chance = scene.rng.random()
    if chance < _NO_ANSWER:
        return call, Message(Role.TOOL, '{"error": "no answer"}'), Message(Role.ASSISTANT, _failed(scene, ""))
    if chance < _FAILS:
        fail = scene.rng.choice(tool.kind.fails)
        why = fail.fill(values_for(fail.slots, scene.words, {**scene.cast.own, **use.values}))
        result = {scene.rng.choice(("error", "error", "error", "reason")): why}
        if "reason" in result:
            result = {"ok": False, **result}  # type: ignore[dict-item]
        return call, Message(Role.TOOL, json.dumps(result)), Message(Role.ASSISTANT, _failed(scene, why))
    result = tool.result(use, scene.words)
    return (
        call,
        Message(Role.TOOL, json.dumps(result, ensure_ascii=False)),
        Message(Role.ASSISTANT, _done(scene, tool, use, result)),
    )


def _done(scene: Scene, tool: BoundTool, use: Use, result: object) -> str:
    lines = tool.done(use, result)
    telling = [line for line in lines if any(slot.startswith("r.") for slot in line[0].slots)]
    if not lines or (not telling and scene.rng.random() > _OWN_LINE):
        return scene.voice.line("done")
    core, values = scene.rng.choice(telling or lines)
    return scene.voice.answer(core, {**scene.cast.own, **values})


def _failed(scene: Scene, why: str) -> str:
    if why and scene.rng.random() < 0.5:
        return scene.voice.answer(scene.core("tool_fail", {"why": why}), {"why": why})
    named = [line for line in scene.voice.style.lines["failed"] if "why" in line.slots]
    if why and named:
        return scene.voice.line("failed", why=why)
    return scene.voice.line("failed")


def call_label(tool: BoundTool) -> str:
    """The kind of answer that a request for a tool gets."""
    return f"call:{tool.name}"


def can_use(request: Request, tool: BoundTool, scene: Scene) -> bool:
    """Whether the request's words name nothing that this character lacks, such as a place."""
    keys = {parameter.kind.key for parameter in tool.parameters}
    return can_fill((slot for slot in request.text.slots if slot.split(".")[0] not in keys), scene.cast.own)


def _same_deed(tool: BoundTool, other: BoundTool) -> bool:
    mine, theirs = set(tool.name.split("_")), set(other.name.split("_"))
    return bool(mine & theirs) or alike(tool.kind, other.kind) or tool.kind.theme == other.kind.theme != "composed"
