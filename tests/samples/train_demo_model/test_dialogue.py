"""Whole dialogues: the template's text, one answer for one text, the same for the same seed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from itertools import islice
from pathlib import Path

import jinja2
import jsonschema
import pytest
from train_demo_model.banks import load_banks
from train_demo_model.dialogue import MAX_CHARS, Dialogue, documents
from train_demo_model.document import Document
from train_demo_model.exchanges.social import EDGES, SOCIAL
from train_demo_model.mix import EXCHANGES
from train_demo_model.scene import plain
from train_demo_model.staging import new_scene

from npc_sdk.backend import Message, Prompt, Role
from npc_sdk.chat_format import CALL_END, CALL_START
from npc_sdk.models import DEFAULT_MODEL, find_model
from npc_sdk.sentences import SentenceSplitter

ROOT = Path(__file__).parents[3]
DOCUMENTS = list(islice(documents(4), 120))
PLAIN_LINES = 0.06  # share of answers that may go without a marker of their style
OVER_LIMIT = 0.03  # share of answers that may be a sentence too long


def text_of(document: Document) -> str:
    return "".join(text for text, *_ in document.pieces())


def test_the_text_is_the_chat_template_s() -> None:
    environment = jinja2.Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    template = environment.from_string((find_model(DEFAULT_MODEL).folder / "chat_template.jinja").read_text())
    for document in DOCUMENTS[:40]:
        prompt = document.prompt
        messages = [{"role": "system", "content": prompt.system}]
        messages += [{"role": str(message.role), "content": message.content} for message in prompt.messages]
        text = template.render(messages=messages, tools=prompt.tools, contexts=prompt.contexts)
        assert text_of(document) == f"{text}<extra_id_1>"


def test_answers_are_learned_with_their_stop_and_nothing_else_is() -> None:
    messages = (
        Message(Role.USER, "Hi."),
        Message(Role.ASSISTANT, "Hello."),
        Message(Role.USER, "Who?"),
        Message(Role.ASSISTANT, "Me."),
    )
    pieces = Document(Prompt(system="You are Mo.", messages=messages), frozenset({3})).pieces()
    assert [text for text, weight, _ in pieces if weight == 1.0] == ["Me.\n", "<extra_id_1>"]
    assert all(weight == 0 for text, weight, _ in pieces if text in {"Assistant\n", "Hello.\n", "User\n"})
    assert all(0 < weight < 0.1 for text, weight, _ in pieces if text in {"Hi.\n", "Who?\n"} or "You are Mo." in text)


def test_the_same_seed_gives_the_same_documents_in_any_process() -> None:
    program = (
        "import hashlib, itertools\nfrom train_demo_model.dialogue import documents\n"
        "texts = [text for d in itertools.islice(documents(9), 60) for text, *_ in d.pieces()]\n"
        "print(hashlib.sha256(''.join(texts).encode()).hexdigest())\n"
    )
    digests = set()
    for hash_seed in ("1", "2"):
        path = os.pathsep.join([str(ROOT / "samples"), str(ROOT)])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1
    assert text_of(next(documents(9))) != text_of(next(documents(10)))


def test_documents_fit_the_window_and_are_varied() -> None:
    long = list(islice(documents(6, long_share=1.0), 30))
    assert max(map(len, map(text_of, [*DOCUMENTS, *long]))) <= MAX_CHARS + 600
    assert sum(map(len, map(text_of, long))) > 1.7 * sum(map(len, map(text_of, DOCUMENTS[:30])))
    turns = [len(document.learned) for document in DOCUMENTS]
    assert min(turns) >= 1
    assert sum(turns) / len(turns) > 6


def test_one_text_has_one_kind_of_answer() -> None:
    banks = load_banks()
    labels: dict[str, set[str]] = defaultdict(set)
    for number in range(150):
        scene = new_scene(banks, random.Random(f"labels/{number}"), "train", tools=0)
        for exchange in (*EXCHANGES["social"], *EXCHANGES["edge"]):
            if beat := exchange(scene):
                labels[plain(beat.asked)].add(beat.label)
    categories = {*SOCIAL.values(), *EDGES.values()}
    assert categories >= set.union(*labels.values())
    assert {text: kinds for text, kinds in labels.items() if len(kinds) > 1} == {}


def test_within_a_dialogue_a_text_is_answered_in_one_way() -> None:
    for document in DOCUMENTS:
        answers: dict[str, bool] = {}
        for said, answer in zip(document.prompt.messages, document.prompt.messages[1:], strict=False):
            if said.role is Role.USER and answer.role is Role.ASSISTANT:
                called = answer.content.startswith(CALL_START)
                assert answers.setdefault(plain(said.content), called) == called


def test_some_sheets_show_how_the_character_talks_in_lines_that_its_style_allows() -> None:
    banks = load_banks()
    shown, plain_lines = [], 0
    for seed in range(60):
        scene = new_scene(banks, random.Random(seed), "train")
        speech = scene.cast.character.speech
        shown += speech.examples
        for example in speech.examples:
            splitter = SentenceSplitter()
            sentences = [*splitter.feed(example.npc), *splitter.flush()]
            assert not speech.max_sentences or len(sentences) <= speech.max_sentences
            plain_lines += not scene.cast.style.shows_in(example.npc)
    assert len(shown) > 15
    assert plain_lines <= PLAIN_LINES * len(shown)


def test_calls_are_valid_and_their_text_was_said() -> None:
    calls = 0
    for document in DOCUMENTS:
        tools = {tool["name"]: tool["parameters"] for tool in document.prompt.tools}
        for number, message in enumerate(document.prompt.messages):
            if message.role is Role.ASSISTANT and message.content.startswith(CALL_START):
                call = json.loads(message.content.removeprefix(CALL_START).removesuffix(CALL_END))
                jsonschema.validate(call["arguments"], tools[call["name"]])
                assert document.prompt.messages[number + 1].role is Role.TOOL
                calls += 1
    assert calls > 30


@pytest.fixture(scope="module")
def scenes() -> list[tuple[Dialogue, list[str]]]:
    """Dialogues with the lines that were said in them."""
    banks, found = load_banks(), []
    for number in range(200):
        dialogue = Dialogue(banks, random.Random(f"lines/{number}"), "train")
        lines: list[str] = []
        for _ in range(8):
            beat = dialogue.next_beat()
            if beat and beat.label.split(":")[0] != "repeat" and not beat.messages[-1].content.startswith(CALL_START):
                lines.append(beat.messages[-1].content)
        found.append((dialogue, lines))
    return found


def test_the_manner_of_speech_shows(scenes: list[tuple[Dialogue, list[str]]]) -> None:
    shown = [dialogue.scene.cast.style.shows_in(line) for dialogue, lines in scenes for line in lines]
    assert len(shown) > 500
    assert shown.count(False) <= PLAIN_LINES * len(shown)


def test_lines_keep_to_what_the_sheet_demands(scenes: list[tuple[Dialogue, list[str]]]) -> None:
    limited = over = 0
    for dialogue, lines in scenes:
        cast = dialogue.scene.cast
        for line in lines:
            if cast.end_phrase:
                assert line.rstrip(".!?").casefold().endswith(cast.end_phrase.rstrip(".!?").casefold())
            assert cast.favorite.casefold() in line.casefold()
            if cast.must_address:
                assert (cast.character.speech.address or "").casefold() in line.casefold()
            if cast.character.speech.max_sentences:
                splitter = SentenceSplitter()
                limited += 1
                over += len([*splitter.feed(line), *splitter.flush()]) > cast.character.speech.max_sentences
    assert limited > 150
    assert over <= OVER_LIMIT * limited


def test_what_the_npc_must_copy_stands_in_the_prompt(scenes: list[tuple[Dialogue, list[str]]]) -> None:
    banks = load_banks()
    for number in range(150):
        dialogue = Dialogue(banks, random.Random(f"grounded/{number}"), "train")
        for _ in range(10):
            beat = dialogue.next_beat()
            if beat is None or not dialogue.take(beat) or beat.check is None:
                continue
            prompt = dialogue.prompt()
            known = "\n".join(
                [prompt.system, *prompt.contexts, *(message.content for message in prompt.messages[:-1])]
            )
            for text in beat.check.contains:
                assert text.casefold() in known.casefold(), (text, beat)
