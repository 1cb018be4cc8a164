"""The chat format that Nemotron-Mini-4B-Instruct was tuned on, and text that cannot break out of it.

The format is that of the chat template in the model's tokenizer
(huggingface.co/nvidia/Nemotron-Mini-4B-Instruct); tests/data/nemotron-prompt-golden.json holds exact cases.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk.backend import Message, Prompt, Role

SYSTEM_START = "<extra_id_0>"
TURN_START = "<extra_id_1>"
CALL_START, CALL_END = "<toolcall>", "</toolcall>"
CONTROL_TOKENS = (
    SYSTEM_START,
    TURN_START,
    "<tool>",
    "</tool>",
    "<context>",
    "</context>",
    CALL_START,
    CALL_END,
    "<s>",
    "</s>",
    "<pad>",
    "<unk>",
)
"""Texts that mean something to the model's tokenizer and so never come from a player, a sheet or a tool."""

_TITLES = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.TOOL: "Tool"}
_ANGLE = "<＜﹤"
# Any run of white space or invisible characters may stand between the angle and the name: a tokenizer's
# normaliser could drop it, or fold the wide forms, after we looked.
_SKIPPED = r"[\s\u00ad\u034f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]*"
_BEFORE_NAME = r"/／|｜!！︕﹗\[［﹇"
# A letter or _, or a sign that Unicode's compatibility forms (NFKC) turn into letters, such as `ⓢ` or `㎰`.
_LETTER = r"(?:[^\W\d]|[\u20a8\u2100-\u214f\u24b6-\u24e9\u3250\u32cc-\u33ff\U0001f12b-\U0001f190])"
_OPENS_TAG = re.compile(rf"[{_ANGLE}](?={_SKIPPED}[{_BEFORE_NAME}]*{_SKIPPED}{_LETTER})")
_CALL_TAGS = re.compile(f"({CALL_START}|{CALL_END})")
_DROPPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the prompt that starts at a control token, so that it can be tokenised on its own.

    Args:
        text: the exact text.
        ids: kept ids of an assistant message's content, None to encode; they replace `text[start:stop]`.
        start, stop: where in `text` the content of those ids stands.
    """

    text: str
    ids: tuple[int, ...] | None = None
    start: int = 0
    stop: int = 0


def neutralise(text: str) -> str:
    """Text that can form no control token: an angle that opens a tag becomes `‹`, control characters go.

    `2 < 3` and `<3` stay as they are. Line ends become `\\n`.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _OPENS_TAG.sub("‹", _DROPPED.sub("", unified))


def neutralise_line(text: str) -> str:
    """An NPC's own text, neutralised but for the tags of its tool calls."""
    return "".join(part if part in (CALL_START, CALL_END) else neutralise(part) for part in _CALL_TAGS.split(text))


def neutralise_json(value: Any) -> Any:
    """`value` with every string in it, keys included, neutralised."""
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, Mapping):
        return {neutralise(str(key)): neutralise_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [neutralise_json(item) for item in value]
    return value


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """An assistant message's content that calls a tool, its strings neutralised."""
    call = neutralise_json({"name": name, "arguments": arguments})
    return f"{CALL_START} {json.dumps(call, ensure_ascii=False)} {CALL_END}"


def segments(prompt: Prompt, *, add_generation_prompt: bool = True) -> list[Segment]:
    """The prompt in runs that each start at a control token; their texts joined are the exact prompt."""
    runs = [Segment(_system_text(prompt))]
    runs.extend(_message_segment(message) for message in prompt.messages)
    if add_generation_prompt:
        runs.append(Segment(f"{TURN_START}Assistant\n"))
    return runs


def render(prompt: Prompt, *, add_generation_prompt: bool = True) -> str:
    """The exact text that the model reads."""
    return "".join(run.text for run in segments(prompt, add_generation_prompt=add_generation_prompt))


def _system_text(prompt: Prompt) -> str:
    system = prompt.system.strip()
    parts = [f"{SYSTEM_START}System", f"\n{system}" if system else ""]
    extras = bool(prompt.tools or prompt.contexts)
    if system and extras:
        parts.append("\n")
    parts.extend(f"\n<tool> {json.dumps(tool, ensure_ascii=False)} </tool>" for tool in prompt.tools)
    if prompt.tools and prompt.contexts:
        parts.append("\n")
    parts.extend(f"\n<context> {context.strip()} </context>" for context in prompt.contexts)
    return "".join([*parts, "\n\n"])


def _message_segment(message: Message) -> Segment:
    head = f"{TURN_START}{_TITLES[message.role]}\n"
    content = message.content.strip()
    text = f"{head}{content}\n"
    return Segment(text, message.ids, len(head), len(head) + len(content))
