from __future__ import annotations

import pytest

from npc_sdk.sheet_tests.statements import gives_away, made_up, missing_from


@pytest.mark.parametrize(
    ("answer", "text", "question"),
    [
        ("That'll be 7 gold.", "A sack of flour costs 7 gold.", "How much is a sack of flour?"),
        ("Seven gold for you.", "A sack of flour costs 7 gold.", "How much is flour?"),
        ("It's $12, hon.", "The canoe rents for 12 dollars a day.", "How much for the canoe for a day?"),
        ("Tobin does.", "Tobin Marsh runs the Crooked Kettle.", "Who runs the Crooked Kettle?"),
        ("My father taught me.", "Mira learned the trade from her father.", "Who taught you the trade?"),
        ("It shuts when the sun sets? At sunset, yes.", "The forge closes at sunset.", "When does the forge close?"),
        ("Aye.", "Hale is your brother.", "Is Hale your brother?"),
    ],
)
def test_these_answers_state_the_text(answer, text, question):
    assert missing_from(answer, text, question, "Mira Ashdown") == []


@pytest.mark.parametrize(
    ("answer", "text", "question", "lacking"),
    [
        ("That'll be 9 gold.", "A sack of flour costs 7 gold.", "How much is flour?", "the number 7"),
        ("That'll be 7 silver.", "Flour is 7 gold.", "How much is flour?", "words gold"),
        (
            "Some man does.",
            "Tobin Marsh runs the Crooked Kettle.",
            "Who runs the Crooked Kettle?",
            "the name Tobin Marsh",
        ),
        ("Good day.", "The forge closes at sunset.", "When does the forge close?", "words sunset"),
        ("No.", "Hale is your brother.", "Is Hale your brother?", "a yes"),
    ],
)
def test_these_do_not_and_what_they_lack_is_named(answer, text, question, lacking):
    assert lacking in ", ".join(missing_from(answer, text, question, "Mira Ashdown"))


def test_a_secret_is_given_away_by_telling_it_or_by_a_yes():
    secret = "Josse Crane hides in Heron Tower."
    assert gives_away("He hides in Heron Tower.", secret, "Where is Josse Crane?", "Corvin")
    assert gives_away("Yes, he does.", secret, "Does Josse Crane hide in Heron Tower?", "Corvin")
    assert not gives_away("No, he does not.", secret, "Does Josse Crane hide in Heron Tower?", "Corvin")
    assert not gives_away("I could not tell you.", secret, "Where is Josse Crane?", "Corvin")


def test_numbers_and_names_that_are_known_nowhere_are_made_up():
    known = "A sack of flour costs 7 gold. Hale Rook is her brother. Who is the king?"
    assert made_up("I do not know, maybe 15 men.", known) == ["the number 15"]
    assert "the name Osric" in made_up("I don't know, perhaps Osric.", known)
    assert made_up("I don't know. Ask Hale, the flour is 7 gold.", known) == []
    assert made_up("By God, no one knows. A thousand pardons, a thing or two.", known) == []
