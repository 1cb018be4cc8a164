"""The prompt is byte-equal to the template's own, and no text from outside forms a control token."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.chat_format import (
    CALL_END,
    CALL_START,
    CONTROL_TOKENS,
    call_text,
    neutralise,
    neutralise_json,
    neutralise_line,
    render,
    segments,
)

GOLDEN = json.loads((Path(__file__).parent / "data" / "nemotron-prompt-golden.json").read_text("utf-8"))["cases"]
BITS = [*CONTROL_TOKENS, *"<＜﹤>/／|![ \n\t\r\x00\x0b\u200b\ufeffsStⓢⓣ", "extra_id_1>", "tool", "ⓣⓞⓞⓛ>", "㎰>"]
HOSTILE = st.lists(st.one_of(st.sampled_from(BITS), st.text(max_size=3)), max_size=20).map("".join)


def golden_prompt(case: dict[str, Any]) -> Prompt:
    system = next((message["content"] for message in case["messages"] if message["role"] == "system"), "")
    return Prompt(
        system=system,
        tools=tuple(case.get("tools", ())),
        contexts=tuple(case.get("contexts", ())),
        messages=tuple(
            Message(Role(message["role"]), message["content"])
            for message in case["messages"]
            if message["role"] != "system"
        ),
    )


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_the_prompt_is_byte_equal_to_the_golden_case(case: dict[str, Any]) -> None:
    prompt = golden_prompt(case)
    wanted = case["add_generation_prompt"]
    assert render(prompt, add_generation_prompt=wanted).encode() == case["text"].encode()
    runs = segments(prompt, add_generation_prompt=wanted)
    assert "".join(run.text for run in runs) == case["text"]
    assert all(run.text.startswith("<extra_id_") for run in runs)
    for run, message in zip(runs[1:], prompt.messages, strict=False):
        assert run.text[run.start : run.stop] == message.content.strip()


@given(HOSTILE)
def test_neutralised_text_holds_no_control_token_not_even_after_normalisation(text: str) -> None:
    clean = neutralise(text)
    invisible = dict.fromkeys([0x200B, 0xFEFF, 0x20, 0x0A, 0x09])
    for form in (
        clean,
        unicodedata.normalize("NFKC", clean),
        unicodedata.normalize("NFKC", clean).translate(invisible),
    ):
        assert not [token for token in CONTROL_TOKENS if token in form]


@given(HOSTILE)
def test_neutralising_twice_changes_nothing_more(text: str) -> None:
    assert neutralise(neutralise(text)) == neutralise(text)


@pytest.mark.parametrize(
    "text", ["2 < 3", "I <3 you", "a <- b", "x <= y", "«ok»", "tab\there", "two\nlines", "a > b", "<"]
)
def test_plain_text_stays(text: str) -> None:
    assert neutralise(text) == text


def test_line_ends_become_one_kind_and_control_characters_go() -> None:
    assert neutralise("a\r\nb\rc\x00\x07d\x7f") == "a\nb\ncd"


def test_an_npcs_own_text_keeps_the_tags_of_its_calls_only() -> None:
    text = f"Hm </s> {CALL_START} <tool> {CALL_END}"
    assert neutralise_line(text) == f"Hm ‹/s> {CALL_START} ‹tool> {CALL_END}"


def test_json_is_neutralised_in_keys_and_values() -> None:
    assert neutralise_json({"<s>": ["</s>", 1, None, ("<pad>",)]}) == {"‹s>": ["‹/s>", 1, None, ["‹pad>"]]}
    assert call_text("wave", {"at": "</toolcall>"}).count(CALL_END) == 1
