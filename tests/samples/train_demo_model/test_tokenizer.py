"""Any word has the same tokens wherever it stands, and every text comes back as it was."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from train_demo_model.tokenizer import _OPENING_WORDS, _SPACED_WORDS, CONTROL, EXTRA, PATTERN, VOCABULARY
from train_demo_model.words import BANKS
from transformers import AutoTokenizer

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.chat_format import CONTROL_TOKENS, call_text, neutralise, render
from npc_sdk.engine.codec import codec_for
from npc_sdk.engine.nemotron_codec import NemotronCodec
from npc_sdk.engine.text_stream import TextStream
from npc_sdk.engine.tokens import PROBE
from npc_sdk.events import EndReason
from npc_sdk.models import DEFAULT_MODEL, find_model

FUNCTION_WORDS = {*_SPACED_WORDS, *_OPENING_WORDS}
PROBES = 5_000
PLACES = ("say {} now", '"{}"', "\n{}\n", "- {}, or not", 'the {}."', "_{}_", "({})")


def shipped() -> Any:
    return AutoTokenizer.from_pretrained(find_model(DEFAULT_MODEL).folder)


def copies() -> bool:
    """Whether the shipped tokenizer is of this make; the first one was not."""
    core = json.loads(shipped().backend_tokenizer.to_str())
    found: str = core["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    return found == PATTERN


@pytest.fixture(params=["small", pytest.param("shipped", marks=pytest.mark.skipif(not copies(), reason="to ship"))])
def tokenizer(request: pytest.FixtureRequest, small_tokenizer: Any) -> Any:
    return small_tokenizer if request.param == "small" else shipped()


def probes() -> list[str]:
    """Words of all lists, and words that look like English ones."""
    dice = random.Random(5)
    listed = {
        word
        for path in (BANKS / "words").glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        for word in line.split()
        if word.isalpha()
    }
    syllables = "ba cre dun fost gri hal jor kel lum mar nath ost pri quo rin sha tor ulf ver wyn yor zeb".split()
    made = {"".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(1_500)}
    words = dice.sample(sorted(listed), PROBES - 1_000) + dice.sample(sorted(made), 1_000)
    return [word for word in words if word not in FUNCTION_WORDS]


def encode(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def test_a_word_has_the_same_tokens_everywhere(tokenizer: Any) -> None:
    for word in probes():
        own = encode(tokenizer, word)
        for place in PLACES:
            ids = encode(tokenizer, place.format(word))
            assert any(ids[start : start + len(own)] == own for start in range(len(ids))), (word, place)


@settings(max_examples=300)
@given(text=st.text(max_size=80))
def test_any_text_comes_back(small_tokenizer: Any, text: str) -> None:
    ids = encode(small_tokenizer, text)
    assert small_tokenizer.decode(ids, skip_special_tokens=False) == text


def test_tokens_are_short_digits_single_and_control_tokens_first(tokenizer: Any) -> None:
    assert [encode(tokenizer, token) for token in (*CONTROL, *EXTRA)] == [[number] for number in range(12)]
    assert set(CONTROL_TOKENS) == {*CONTROL, *EXTRA}
    assert len(encode(tokenizer, "4711")) == 4
    assert all(len(token) <= 7 for token in tokenizer.get_vocab() if token not in (*CONTROL, *EXTRA))
    assert len(tokenizer) <= VOCABULARY


def test_a_function_word_takes_its_spaces_along(tokenizer: Any) -> None:
    assert len(encode(tokenizer, "sword of the man")) == len(encode(tokenizer, "sword")) + 2 + len(
        encode(tokenizer, "man")
    )


def test_the_sdk_reads_it_by_segment(tokenizer: Any) -> None:
    codec = codec_for(tokenizer)
    assert isinstance(codec, NemotronCodec)
    assert codec.encodes_by_segment
    assert codec.stops == ("<extra_id_1>", "</s>")
    call = Message(Role.ASSISTANT, call_text("give_item", {"item": "rope", "quantity": 2}))
    prompt = Prompt(system=PROBE.system, tools=PROBE.tools, contexts=PROBE.contexts, messages=(*PROBE.messages, call))
    assert codec.decode(codec.encode(prompt)) == render(prompt)


@settings(max_examples=100)
@given(text=st.lists(st.sampled_from([*CONTROL_TOKENS, "<", "a", " ", "\n", "tool>"]), max_size=12).map("".join))
def test_neutralised_text_forms_no_control_token(small_tokenizer: Any, text: str) -> None:
    assert all(token >= len(CONTROL + EXTRA) for token in encode(small_tokenizer, neutralise(text)))


def test_it_streams_whole_characters_and_gives_back_its_ids(tokenizer: Any) -> None:
    text = "Well \U0001f642 met, the king's café, and 漢字!"
    ids = encode(tokenizer, text)
    stream = TextStream(
        tokenizer.decode, lambda part: encode(tokenizer, part), stop_ids={5}, stop_texts=["<extra_id_1>"]
    )
    pieces = [stream.push(token) for token in [*ids, 5]]
    assert "".join([*pieces, stream.finish(EndReason.DONE)]) == text
    assert list(stream.ids()) == ids
