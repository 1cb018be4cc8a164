"""The authored banks: without faults, grounded, and each text under one intent only."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from train_demo_model.banks import load_banks
from train_demo_model.casting import draw_cast
from train_demo_model.frames import Frame, FrameReader
from train_demo_model.mix import EXCHANGES, WEIGHTS
from train_demo_model.styles import CATEGORIES, Style
from train_demo_model.template import Template
from train_demo_model.tool_bank import alike, read_tools
from train_demo_model.words import BANKS

from npc_sdk.sheet_tests.ignorance import admits_ignorance

BANK = load_banks()
UNGROUNDED = 0.03  # share of answers in which a word is only an inflection too far from the statement's
UNMARKED = 0.02  # share of lines without a marker of their style
FUNCTION_WORDS = frozenset(
    (
        "a an the and or nor but if then of in on at to for from by with without as is are was were be been "
        "being it its that this these those there here no not none yes i me my you your they them their we us "
        "our he she his her who whom which what did does do done has have had will would can could may might "
        "must should shall only one ones so such any all every each nobody anyone anybody anything everyone "
        "everybody somebody something nothing too also just more most much less than up down out off over "
        "after before because until unless when where why how about into while once yet since far other "
        "together same way thing things people folk go goes went come comes came give gave get gets got take "
        "takes took taken make makes mean means say says said tell told call called name named ask right fine "
        "even else ever never always still first both two "
    ).split()
)


def every_frame() -> Iterator[Frame]:
    yield from BANK.frames
    for frames in BANK.sheet.frames.values():
        yield from frames


def stem(word: str) -> str:
    word = word.casefold().strip("'")
    for ending in ("'s", "ing", "ied", "ies", "ed", "es", "s", "e", "d", "ly", "er", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return (word[:-1] if len(word) > 3 and word[-1] == word[-2] else word)[:5]


def content_words(*texts: Template) -> set[str]:
    plain = " ".join(re.sub(r"\{[^}]*\}", " ", text.text) for text in texts)
    words = [word for word in re.findall(r"[A-Za-z']+", plain) if len(word) > 2 and "'" not in word]
    return {stem(word) for word in words if word.casefold() not in FUNCTION_WORDS}


def test_nothing_was_left_out() -> None:
    assert BANK.faults == ()


def test_there_is_enough_of_everything() -> None:
    assert len(BANK.frames) + len(BANK.composed) >= 3_000
    assert len(BANK.styles) >= 10
    assert len(BANK.asks) >= 100
    assert len(BANK.tools) >= 60
    assert sum(map(len, BANK.asks.values())) >= 4_000


def test_every_answer_uses_only_words_of_its_statement_and_question() -> None:
    answers = ungrounded = 0
    for frame in every_frame():
        for question in (*frame.questions, *frame.follow_ups):
            known = content_words(*frame.statements, *question.asks)
            answers += len(question.answers)
            ungrounded += sum(bool(content_words(answer) - known) for answer in question.answers)
    assert ungrounded <= UNGROUNDED * answers


@pytest.mark.parametrize("style", BANK.styles, ids=lambda style: style.name)
def test_every_line_of_a_style_shows_it(style: Style) -> None:
    texts = [*style.openers, *style.leads, *style.closers]
    texts += [line for category in CATEGORIES for line in style.lines[category]]
    unmarked = [text.text for text in texts if not style.shows_in(text.text)]
    assert len(unmarked) <= UNMARKED * len(texts), unmarked


@pytest.mark.parametrize("style", BANK.styles, ids=lambda style: style.name)
def test_not_to_know_is_said_so_that_nobody_can_miss_it(style: Style) -> None:
    values = {"addr": "lad", "name": "Bo", "role": "smith", "place": "Oakford"}
    lines = (*style.lines["dont_know"], *style.lines["modern"])
    unclear = [line.text for line in lines if not admits_ignorance(line.fill(values))]
    assert not unclear


def test_every_kind_of_exchange_has_a_weight() -> None:
    assert EXCHANGES.keys() == WEIGHTS.keys()


def test_every_intent_is_used() -> None:
    code = "".join(path.read_text() for path in (BANKS.parent / "exchanges").glob("*.py"))
    unused = [
        intent
        for intent in BANK.asks
        if f'"{intent}"' not in code
        and not intent.startswith(("tell_", "recall_", "ask_", "lead", "tail", "indirect"))
    ]
    assert not unused


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{P} sleeps.\n? Who sleeps? {P} does.\n", "no =>"),
        ("{P} sleeps.\n? Who sleeps? => {P2} does.\n", "P2"),
        ("{P} sleeps in {nowhere}.\n? Who sleeps? => {P} does.\n", "nowhere"),
        ("{P} sleeps.\nWho sleeps? => {P} does.\n", "starts with none"),
        ("{P} sleeps in {L}. | {P} sleeps.\n? Who sleeps? => {P} does.\n", "lacks"),
    ],
)
def test_a_faulty_frame_is_told_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "facts.txt"
    path.write_text(f"# worlds: any\n\n{text}")
    faults: list[str] = []
    assert FrameReader(path, faults).frames() == []
    assert len(faults) == 1
    assert "facts.txt:3" in faults[0]
    assert fault in faults[0]


def test_a_faulty_tool_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "- names: [give]\n  describe: [Gives.]\n  params: {item: {slot: item}}\n  asks: [Give it.]\n"
        "  results: [{ok: true}]\n  done: [Done.]\n  fails: [no]\n"
    )
    faults: list[str] = []
    assert list(read_tools(tmp_path, faults)) == []
    assert "does not set ['item']" in faults[0]


def test_settings_are_sets_of_facts_of_one_file() -> None:
    assert len(BANK.settings) > 40
    assert all(
        len({frame.file for frame in setting}) == 1 and len(setting) > 10 for setting in BANK.settings.values()
    )


def test_no_character_has_two_tools_that_do_the_same() -> None:
    for seed in range(60):
        kinds = [tool.kind for tool in draw_cast(BANK, random.Random(seed), "train", facts=0, tools=8).tools]
        assert not any(alike(one, other) for one, other in combinations(kinds, 2))
