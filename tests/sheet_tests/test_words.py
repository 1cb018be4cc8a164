from __future__ import annotations

import pytest

from npc_sdk.sheet_tests.words import names, numbers, plain, stands_in, stem, telling


def test_case_quotes_dashes_and_white_space_do_not_count():
    assert plain("“It’s\n  12—GOLD”") == '"it\'s 12-gold"'


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("12 dollars", "That is 12  Dollars."),
        ("$12", "For $12."),
        ("don't know", "I don’t know"),
        ("longsword", "Two longswords!"),
        ("Mira", "That's Mira's."),
        ("apolog*", "I apologize."),
        ("Salt Widow", "the *Salt Widow*"),
        ("def sort(", "def sort(a)"),
    ],
)
def test_what_stands_in_a_text(wanted, text):
    assert stands_in(wanted, text)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("12", "120"),
        ("12", "112"),
        ("12", "12.50"),
        ("12", "7,12"),
        ("$12", "$120"),
        ("AI", "I said it again"),
        ("silver", "silverleaf"),
        ("king", "a kingdom"),
    ],
)
def test_what_does_not_stand_in_a_text(wanted, text):
    assert not stands_in(wanted, text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two hundred and forty pages", {"240"}),
        ("twenty-five or twenty five", {"25"}),
        ("1,200 men at 7:30", {"1200", "7:30"}),
        ("seven eight", {"7", "8"}),
        ("$12.50 and €3", {"12.5", "3"}),
        ("three thousand five hundred and two", {"3502"}),
        ("a dozen eggs, a hundred men", {"12", "100"}),
        ("the 3rd and the fourth", {"3", "4"}),
        ("no one at first", {"1"}),
    ],
)
def test_numbers_are_read_by_value(text, values):
    assert numbers(text) == values


def test_weak_numbers_alone_do_not_count_where_numbers_are_required():
    assert numbers("no one, at first, wait a second, twenty-one", weak=False) == {"21"}


def test_names_are_capitalised_words_inside_sentences():
    text = "The reeve of Oakbridge is Aldous Penn. Saint Orla led him. I'm Bob's friend. Listen! OK."
    assert names(text) == [("Oakbridge",), ("Aldous", "Penn"), ("Saint", "Orla"), ("Bob",)]


@pytest.mark.parametrize(
    ("one", "other"), [("closes", "closed"), ("stopped", "stops"), ("carries", "carry"), ("lie", "lies")]
)
def test_endings_do_not_count(one, other):
    assert stem(one) == stem(other)


def test_telling_words_leave_out_what_any_text_has():
    assert set(telling("The canoe is $12 for a day").values()) == {"canoe", "dollars", "day"}
