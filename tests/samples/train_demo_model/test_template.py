"""Slots, articles, plurals and the start of sentences."""

from __future__ import annotations

import pytest
from train_demo_model.english import an, ordinal, plural, sentences, vocative
from train_demo_model.template import Template


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("A {item} lies there.", {"item": "axe"}, "An axe lies there."),
        ("He saw a {adj} {item}.", {"adj": "old", "item": "axe"}, "He saw an old axe."),
        ("Give me {a item}.", {"item": "onion"}, "Give me an onion."),
        ("{a item}, you say?", {"item": "rope"}, "A rope, you say?"),
        ("Hmph. {items}.", {"items": "ropes"}, "Hmph. Ropes."),
        ("Well... {items}.", {"items": "ropes"}, "Well... ropes."),
        ("{item:s}, please", {"item": "box"}, "Boxes, please"),
        ("on the {title}", {"title": "The Gull"}, "on the Gull"),
        ("the year {year} and a {n}th", {"year": "880", "n": "8"}, "the year 880 and an 8th"),
    ],
)
def test_fill(text: str, values: dict[str, str], filled: str) -> None:
    assert Template(text).fill(values) == filled


@pytest.mark.parametrize(
    ("text", "values", "clause"),
    [
        ("The {item} is gone.", {"item": "axe"}, "the axe is gone."),
        ("{items}.", {"items": "ropes"}, "ropes."),
        ("{P} did.", {"P": "Mira"}, "Mira did."),
        ("I did.", {}, "I did."),
        ("I'm here.", {}, "I'm here."),
        ("On Tuesday.", {}, "on Tuesday."),
    ],
)
def test_clause_runs_on(text: str, values: dict[str, str], clause: str) -> None:
    assert Template(text).clause(values) == clause


def test_braces_that_are_no_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="not a slot"):
        Template("A {strange thing} here")


def test_typing_errors_leave_slots_alone() -> None:
    template = Template("where is the {item}?")
    assert template.with_literals(["wehre is the ", "?"], {"item": "axe"}) == "wehre is the axe?"


@pytest.mark.parametrize(
    ("word", "article"),
    [
        ("axe", "an"),
        ("rope", "a"),
        ("hour", "an"),
        ("unicorn", "a"),
        ("uncle", "an"),
        ("one-eyed cat", "a"),
        ("FBI agent", "an"),
        ("8", "an"),
        ("18", "an"),
        ("180", "a"),
        ("1800", "an"),
        ("useful", "a"),
    ],
)
def test_articles(word: str, article: str) -> None:
    assert an(word) == article


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("rope", "ropes"),
        ("box", "boxes"),
        ("city", "cities"),
        ("key", "keys"),
        ("milkman", "milkmen"),
        ("human", "humans"),
        ("loaf", "loaves"),
        ("wheel of cheese", "wheels of cheese"),
        ("great wolf", "great wolves"),
        ("son-in-law", "son-in-laws"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_ordinals() -> None:
    assert [ordinal(number) for number in (2, 3, 11, 21, 22, 40)] == [
        "second",
        "third",
        "eleventh",
        "21st",
        "22nd",
        "40th",
    ]


def test_vocative() -> None:
    assert vocative("Two miles.", "lad") == "Two miles, lad."
    assert vocative("Weren't nothin'.", "lad") == "Weren't nothin', lad."
    assert vocative("Hm...", "lad") == "Hm..."


def test_sentences_keep_titles_together() -> None:
    assert sentences("Hmph. Mr. Vale did it. Who? Him!") == ["Hmph.", "Mr. Vale did it.", "Who?", "Him!"]
