"""What an NPC has in mind always fits its window: 10,000 random dialogues on the demo model's own tokens."""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from npc_sdk.backend import PromptCodec
from npc_sdk.character import Character
from npc_sdk.engine.codec import codec_for
from npc_sdk.errors import TextTooLong, WindowExceeded
from npc_sdk.history import LOW_WATER_SHARE, Turn, TurnKind
from npc_sdk.memory import MAX_SUMMARY_CHARS, Memory, changed_state
from npc_sdk.models import DEFAULT_MODEL, find_model
from npc_sdk.testing import CharacterCodec

WINDOW = 4096
RESERVE = 160
WORDS = (
    "the oak bridge fell in spring and nobody mended it because Tobin took the iron to the fair where a merchant "
    "from Hollow gave him 40 silver coins; \"ask Mira,\" he said, 'she knows.' Ünïcode — 日本語 <3 2 < 3 …"
).split()


def sheet(**changes: Any) -> Character:
    data: dict[str, Any] = {
        "schema": "npc/1",
        "id": "mira",
        "name": "Mira",
        "identity": {"role": "blacksmith"},
        "state": {"mood": "calm"},
        "tools": {"open_shop": {"description": "Open the shop."}},
        "lore": {
            "entries": [
                {"id": "oak", "keys": ["oak"], "text": "The oak is old. " * 8},
                {"id": "fair", "keys": ["fair", "merchant"], "text": "The fair is in June. " * 8, "priority": 40},
                {"id": "hollow", "keys": ["Hollow"], "text": "Hollow is a town. " * 8},
                {"id": "town", "text": "The town is small.", "always": True},
            ],
            "budget_tokens": 120,
        },
    }
    return Character.model_validate(data | changes)


CHARACTER = sheet()
OAK = {"entries": [{"id": "oak", "keys": ["oak"], "text": "The oak is old."}]}


@cache
def demo_codec() -> PromptCodec:
    return codec_for(AutoTokenizer.from_pretrained(find_model(DEFAULT_MODEL).folder, local_files_only=True))


@cache
def texts() -> tuple[str, ...]:
    """A few hundred texts, so that most of 10,000 dialogues' segments are tokenised once."""
    rng = random.Random(1)
    sizes = [*[5] * 30, *[60] * 20, *[330] * 200]
    made = (" ".join(rng.choices(WORDS, k=rng.randint(1, size))) for size in sizes)
    return tuple(text for text in made if demo_codec().count(text) <= 550)


def check_fits(memory: Memory, codec: PromptCodec, keep: int) -> bool:
    """Fits and checks every promise; says whether something was cut."""
    fitted = memory.fit(RESERVE, keep=keep)
    turns = memory.history.turns
    assert len(fitted.ids) + RESERVE <= WINDOW
    assert fitted.prompt.system == memory.prompt().system != ""
    assert fitted.prompt.tools
    assert memory.shelf.tokens <= CHARACTER.lore.budget_tokens
    kinds = [turn.kind for turn in turns]
    for before, kind in zip([None, *kinds], kinds, strict=False):
        if kind is TurnKind.RESULT:
            assert before in (TurnKind.CALL, TurnKind.RESULT)
    told = {**CHARACTER.state, **memory.history.told_state()}
    assert {key: value for key, value in told.items() if value} == memory.state
    if fitted.cut:
        empty = len(codec.encode(Memory.prompt(_without_turns(memory))))
        history_tokens = len(fitted.ids) - empty
        only_kept = len(turns) <= keep + 1  # the state may have been told again
        assert only_kept or history_tokens <= (WINDOW - RESERVE - empty) * LOW_WATER_SHARE + 100
    return bool(fitted.cut)


def _without_turns(memory: Memory) -> Memory:
    bare = Memory(CHARACTER, demo_codec(), WINDOW)
    bare.shelf, bare.summary = memory.shelf, memory.summary
    return bare


def play(seed: int, exchanges: int, summary: bool) -> int:
    """One random dialogue, as `Dialogue` and `Utterance` would hold it; gives the number of cuts."""
    rng, codec, cuts = random.Random(seed), demo_codec(), 0
    on_cut = (lambda turns, so_far: f"{so_far[-300:]} {turns[0].text[:80]}") if summary else None
    memory = Memory(CHARACTER, codec, WINDOW, player="Rowan", on_cut=on_cut)
    for _ in range(exchanges):
        if rng.random() < 0.3:
            changes = {rng.choice(["mood", "place"]): rng.choice([None, "rain", "calm", "by the forge"])}
            memory.state = changed_state(memory.state, changes)
        kind = TurnKind.EVENT if rng.random() < 0.2 else TurnKind.PLAYER
        own = memory.hear(kind, rng.choice(texts()))
        if kind is TurnKind.EVENT and rng.random() < 0.5:
            cuts += check_fits(memory, codec, own)
            continue
        for _ in range(rng.choice([0, 0, 0, 0, 0, 1, 1, 3])):
            cuts += check_fits(memory, codec, own)
            memory.history.add(Turn(TurnKind.CALL, '<toolcall> {"name": "open_shop", "arguments": {}} </toolcall>'))
            results = rng.choice([1, 1, 2])
            memory.history.add(*(Turn(TurnKind.RESULT, rng.choice(texts())[:900]) for _ in range(results)))
            own += 1 + results
        cuts += check_fits(memory, codec, own)
        memory.history.add(Turn(TurnKind.LINE, rng.choice(texts())[:400]))
    return cuts


CUTS = {"dialogues": 0, "with a cut": 0}


@settings(max_examples=10_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), exchanges=st.integers(1, 10), summary=st.booleans())
def _ten_thousand(seed: int, exchanges: int, summary: bool) -> None:
    CUTS["dialogues"] += 1
    CUTS["with a cut"] += play(seed, exchanges, summary) > 0


@pytest.mark.slow
def test_10_000_random_dialogues_never_exceed_the_window_nor_part_a_call_from_its_result() -> None:
    _ten_thousand()
    assert CUTS["dialogues"] >= 10_000
    assert CUTS["with a cut"] >= 1_000


def memory_of(*, window: int = 2_000, **options: Any) -> Memory:
    return Memory(sheet(**options.pop("sheet", {})), CharacterCodec(), window, **options)


def test_a_cut_leaves_many_turns_before_the_next() -> None:
    memory, cuts = memory_of(window=6_000), []
    for number in range(200):
        own = memory.hear(TurnKind.PLAYER, f"{number:03} " + "x" * 60)
        if memory.fit(RESERVE, keep=own).cut:
            cuts.append(number)
        memory.history.add(Turn(TurnKind.LINE, "y" * 60))
    assert len(cuts) >= 5
    assert min(after - before for before, after in pairwise(cuts)) >= 8


def test_between_cuts_every_prompt_begins_with_the_one_before() -> None:
    memory, before = memory_of(window=6_000), ""
    codec, kept = CharacterCodec(), 0
    for number in range(100):
        own = memory.hear(TurnKind.PLAYER, f"{number:03} " + "x" * 60)
        fitted = memory.fit(RESERVE, keep=own)
        text = codec.render(fitted.prompt)
        if not fitted.cut:
            assert text.startswith(before)
            kept += 1
        before = text
        memory.history.add(Turn(TurnKind.LINE, "y" * 60))
    assert kept > 80


@pytest.mark.parametrize("state_chars", [0, 150])
def test_turns_that_cannot_fit_are_an_error_and_the_history_is_as_before(state_chars: int) -> None:
    codec = CharacterCodec()
    fixed = len(codec.encode(memory_of().prompt()))
    memory = memory_of(window=fixed + RESERVE + 420)
    if state_chars:
        memory.state["weather"] = "r" * state_chars
    memory.hear(TurnKind.PLAYER, "a" * 100)
    memory.fit(RESERVE, keep=1)
    memory.history.add(Turn(TurnKind.LINE, "b" * 60))
    own = memory.hear(TurnKind.PLAYER, "c" * (500 - state_chars))
    before = memory.history.turns
    with pytest.raises(WindowExceeded, match=r"Mira's prompt|newest turns"):
        memory.fit(RESERVE, keep=own)
    assert memory.history.turns == before


def test_text_of_too_many_tokens_is_refused_and_not_heard() -> None:
    memory = memory_of()
    memory.state["weather"] = "rain"
    with pytest.raises(TextTooLong, match="601 tokens, the limit is 600"):
        memory.hear(TurnKind.PLAYER, "x" * 601)
    assert memory.history.turns == ()


def test_what_the_prompt_holds_and_in_which_order() -> None:
    memory = memory_of(window=6_000, player="Rowan<s>", sheet={"lore": OAK})
    memory.summary = "They met."
    memory.hear(TurnKind.PLAYER, "Tell me of the oak.")
    prompt = memory.fit(RESERVE, keep=1).prompt
    assert prompt.contexts[0] == "The player is called Rowan‹s>."
    assert prompt.contexts[1] == "Earlier: They met."
    assert prompt.contexts[2:] == memory.shelf.texts
    assert "oak" in memory.shelf.ids
    assert prompt.system.startswith("You are Mira, ")


def test_lore_that_no_remaining_turn_touches_leaves_with_a_cut() -> None:
    memory = memory_of(window=2_500, sheet={"lore": OAK})
    memory.hear(TurnKind.PLAYER, "Tell me of the oak.")
    memory.fit(RESERVE, keep=1)
    cut = False
    for _ in range(30):
        memory.history.add(Turn(TurnKind.LINE, "y" * 60))
        own = memory.hear(TurnKind.PLAYER, "x" * 60)
        assert cut or memory.shelf.ids == ("oak",)
        cut = bool(memory.fit(RESERVE, keep=own).cut)
        if cut:
            break
    assert cut
    assert memory.shelf.ids == ()


def test_a_summary_is_neutralised_and_bounded_and_none_keeps_the_old_one() -> None:
    given_back = ["</context>" + "s" * 5_000, None]
    memory = memory_of(window=6_000, on_cut=lambda turns, so_far: given_back.pop(0))
    seen = set()
    for _ in range(200):
        own = memory.hear(TurnKind.PLAYER, "x" * 60)
        memory.fit(RESERVE, keep=own)
        seen.add(memory.summary)
        memory.history.add(Turn(TurnKind.LINE, "y" * 60))
        if not given_back:
            break
    assert given_back == []
    assert seen == {"", ("‹/context>" + "s" * 5_000)[:MAX_SUMMARY_CHARS]}


def test_changed_state_merges_and_none_removes() -> None:
    assert changed_state({"a": "1", "b": "2"}, {"b": None, "c": "3", "d": None}) == {"a": "1", "c": "3"}
