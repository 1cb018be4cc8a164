"""Questions about what does not stand in the prompt: the NPC says that it does not know."""

from __future__ import annotations

from collections.abc import Iterable

from npc_sdk.prompt import system_text
from train_demo_model.cast import Fact
from train_demo_model.content import content
from train_demo_model.exchanges.facts import key_values, sounds_like_a_request
from train_demo_model.frames import Frame
from train_demo_model.kin import draw_kin, words_of
from train_demo_model.scene import Beat, Check, Scene, plain, said
from train_demo_model.slots import can_fill, draw, kind_of, values_for

_TRIES = 12
_NEAR = 0.6  # share of questions for a fact that would fit beside those of the prompt
_MIN_CONTENT = 2
_ATTRIBUTES = {
    "absent_person": ("P",),
    "absent_place": ("L",),
    "absent_thing": ("thing", "title"),
    "absent_self": (),
}
"""Intents that ask for a detail, and the kinds of slots whose values they may be about."""
_SWAPPED = frozenset({"P", "L", "item", "items", "animal", "thing", "group", "title", "food", "creature"})


def ask_absent(scene: Scene) -> Beat | None:
    """A question of a fact that the prompt does not hold; often about somebody who is in the prompt."""
    frames = {fact.frame for fact in scene.cast.facts}
    for _ in range(_TRIES):
        frame = _near(scene) if scene.rng.random() < _NEAR else _anywhere(scene)
        unfit = (frame.unseen and scene.split != "new") or not can_fill(frame.all_slots, scene.cast.own)
        if frame in frames or unfit:
            continue
        question = scene.rng.choice(frame.questions)
        known = _known_names(scene) if scene.rng.random() < 0.5 else {}
        values = values_for(frame.all_slots, scene.words, {**scene.cast.own, **_some(scene, known, frame.all_slots)})
        ask = scene.player.choose(question.asks, scene.split, values)
        if ask is None or _overlaps(scene, ask.literal) or sounds_like_a_request(scene, ask.fill(values)):
            continue
        return _beat(scene, scene.player.say(ask, values), Check(says="dont_know"))
    return None


def ask_beyond(scene: Scene) -> Beat | None:
    """What a fact of the prompt seems to answer and does not, nor any other."""
    facts = [fact for fact in scene.cast.facts if fact.frame.beyond]
    for _ in range(_TRIES if facts else 0):
        fact = scene.rng.choice(facts)
        ask = scene.player.choose(fact.frame.beyond, scene.split, fact.values)
        if ask is None:
            continue
        text = ask.fill(fact.values)
        others = [other for other in scene.cast.facts if other is not fact]
        if _may_tell(others, content(text)) or _asked_of(scene, text) or sounds_like_a_request(scene, text):
            continue
        lacks = key_values(fact, ask, fact.frame.questions[0].answers)
        return _beat(scene, scene.player.say(ask, fact.values), Check(says="dont_know", lacks=lacks))
    return None


def ask_near_miss(scene: Scene) -> Beat | None:
    """A question of a fact in the prompt with another name in it."""
    facts = [fact for fact in scene.cast.facts if fact.part in {"facts", "context"}]
    for _ in range(_TRIES if facts else 0):
        fact = scene.rng.choice(facts)
        question = scene.rng.choice(fact.frame.questions)
        ask = scene.player.choose(question.asks, scene.split, fact.values)
        named = sorted(slot for slot in (ask.slots if ask else ()) if kind_of(slot) in _SWAPPED)
        if ask is None or not named:
            continue
        slot = scene.rng.choice(named)
        other = draw(slot, scene.words)
        values = {**fact.values, slot: other}
        if other.casefold() in scene.cast.text.casefold() or sounds_like_a_request(scene, ask.fill(values)):
            continue
        asked = scene.player.say(ask, values)
        return _beat(scene, asked, Check(says="dont_know", lacks=key_values(fact, ask, question.answers)))
    return None


def ask_attribute(scene: Scene) -> Beat | None:
    """A detail of somebody or something in the prompt, or of the NPC, that the prompt does not tell."""
    for _ in range(_TRIES):
        intent = scene.rng.choice(sorted(_ATTRIBUTES))
        names = [name for kind in _ATTRIBUTES[intent] for name in _known_names(scene).get(kind, ())]
        if _ATTRIBUTES[intent] and not names:
            continue
        values = {"x": scene.rng.choice(names)} if names else {}
        ask = scene.ask(intent, values)
        if ask is None or content(ask.literal) & content(system_text(scene.cast.character)):
            continue
        if sounds_like_a_request(scene, ask.fill({**scene.cast.own, **values})):
            continue
        return _beat(scene, scene.player.say(ask, {**scene.cast.own, **values}), Check(says="dont_know"))
    return None


def ask_unknown(scene: Scene) -> Beat | None:
    """A subject that the sheet says the character knows nothing about."""
    if not scene.cast.unknown:
        return None
    unknown = scene.rng.choice(scene.cast.unknown)
    ask = scene.player.choose(unknown.kind.asks, scene.split, unknown.values)
    return _beat(scene, scene.player.say(ask, unknown.values), Check(says="dont_know")) if ask else None


def ask_rumor(scene: Scene) -> Beat | None:
    """News of no particular kind, where the character knows none."""
    ask = scene.ask("rumor") if not scene.cast.facts else None
    return _beat(scene, scene.player.say(ask, scene.cast.own), Check(says="dont_know")) if ask else None


def _beat(scene: Scene, asked: str, check: Check) -> Beat:
    return Beat("absent", said(asked, scene.voice.line("dont_know")), check, "dont_know")


def _anywhere(scene: Scene) -> Frame:
    composed = scene.banks.composed if scene.rng.random() >= 0.65 else ()
    return scene.rng.choice(composed or scene.banks.frames)


def _near(scene: Scene) -> Frame:
    """A kind of fact that could as well stand on this sheet: of its setting, or with a word of one of its facts."""
    if not scene.cast.facts:
        return scene.rng.choice(scene.banks.frames)
    frame = scene.rng.choice(scene.cast.facts).frame
    if beside := scene.banks.settings.get(frame.file):
        return scene.rng.choice(beside)
    return draw_kin(scene.banks.kin, words_of(frame), scene.rng) or scene.rng.choice(scene.banks.frames)


def _known_names(scene: Scene) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for fact in scene.cast.facts:
        for slot in sorted(fact.frame.slots):
            known.setdefault(kind_of(slot), []).append(fact.values[slot])
    return known


def _some(scene: Scene, known: dict[str, list[str]], slots: frozenset[str]) -> dict[str, str]:
    """Known names for some of the slots, never one name twice."""
    given: dict[str, str] = {}
    for slot in sorted(slots):
        options = [name for name in known.get(kind_of(slot), ()) if name not in given.values()]
        if kind_of(slot) in _SWAPPED and options and scene.rng.random() < 0.7:
            given[slot] = scene.rng.choice(options)
    return given


def _overlaps(scene: Scene, literal: str) -> bool:
    """Whether the question says too little, or a known fact has so many of its words that it might answer it."""
    asked = content(literal)
    if len(asked) < _MIN_CONTENT:
        return True
    return _may_tell(scene.cast.facts, asked)


def _may_tell(facts: Iterable[Fact], asked: frozenset[str]) -> bool:
    return any(len(asked & content(fact.text)) * 2 > len(asked) for fact in facts)


def _asked_of(scene: Scene, text: str) -> bool:
    """Whether these very words are a question that a fact of the prompt answers."""
    return any(plain(text) in scene.answered_by(fact) for fact in scene.cast.facts)
