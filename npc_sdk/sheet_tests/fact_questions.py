"""Makes questions from a sheet's own facts, where a fact has a shape that a question can be made from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from npc_sdk.character import Character
from npc_sdk.sheet_test import Expect, ScriptTurn, SheetTest

_THING = r"(?P<thing>(?:(?!is |are |has |have |was |were )[\w'-]+ ){0,6}[\w'-]+)"
_WHEN = (
    r"(?i:(?:at|by|before|after|until|in|on) (?:the )?(?:(?:sun|moon)(?:rise|set)|dawn|dusk|noon|midday|midnight|"
    r"nightfall|daybreak|first light|(?:early |late )?(?:morning|evening|afternoon|night)|\d|one|two|three|four|five|"
    r"six|seven|eight|nine|ten|eleven|twelve|half past|quarter|mon|tues|wednes|thurs|fri|satur|sun|spring|summer|"
    r"autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"lunch|supper))"
)
_WHERE = r"(?:in|at|on|near|under|behind|beside|below|above|inside|outside|opposite|beneath|between)"
_MONEY = r"(?:gold|silver|copper|dollar|cent|coin|credit|penn|pound|euro)\w*"
_COUNT = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_PAST = {"written": "wrote", "stolen": "stole", "drawn": "drew", "given": "gave", "sewn": "sewed"}
_VERB = r"(?!is |has |was |does |wants )(?P<verb>[a-z]+[^s\W]s)"
_TITLE = r"(?:(?:Old|Lady|Lord|Saint|Sister|Brother|Captain|Dr\.?|Mr\.?|Mrs\.?) )?"
_NAME = rf"(?!Someone|Somebody|Nobody|No |Every|Each|All |Seat){_TITLE}[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"
_SECOND_CLAUSE = re.compile(r"[,;] | (?:because|since|unless|though|until) | and (?:is|are|has|can|[a-z]+s) ")

_SHAPES = (
    (rf"{_THING} (?:costs?|sells? for|goes for|rents? for) .+", "How much {does} {thing} cost?"),
    (rf"{_THING} (?:is|are) (?:\d[\d,.]*|[a-z-]+) {_MONEY}(?: .*)?", "What is the price of {thing}?"),
    (rf"{_THING} (?:is|are) (?:called|named) .+", "What {is_} {thing} called?"),
    (rf"(?=The ){_THING} (?:is|was) [A-Z].+", "Who or what is {thing}?"),
    (
        rf"{_THING} (?P<verb>opens|closes|stops|begins|starts|ends|leaves|departs|arrives) {_WHEN}\b.*",
        "When does {thing} {base}?",
    ),
    (rf"{_THING} (?:is|are) (?P<verb>open|closed) {_WHEN}\w*\b.*", "When {is_} {thing} {verb}?"),
    (
        rf"{_THING} (?:was|were) (?P<verb>[a-z]+(?:ed|en|wn)|built|made|found|lost|won) by [A-Z].+",
        "Who {past} {thing}?",
    ),
    (rf"{_THING} (?:is|are) made (?:from|of) .+", "What {is_} {thing} made from?"),
    (rf"{_THING} has {_COUNT} (?P<rest>[a-z]+s)\b.*", "How many {rest} does {thing} have?"),
    (rf"{_THING} (?:is|lies|stands|sits|hangs) (?!{_WHEN}){_WHERE} .+", "Where is {thing}?"),
    (rf"{_NAME} {_VERB} (?P<rest>(?:the|a|an|all|every|only|his|her) .+|[A-Z].+)", "Who {verb} {rest}?"),
)
"""What a fact looks like, and the question about it. The first shape that fits is taken."""

_OWN_SHAPES = (
    (rf"{_VERB} {_WHERE} .+", "Where do you {base}?"),
    (r"is afraid of .+", "What are you afraid of?"),
    (r"learned .+ from .+", "Who did you learn from?"),
    (r"lost (?:his|her|their) .+", "What have you lost?"),
    (rf"{_VERB} (?!to |for |with |from |of |that )[^.]+", "What do you {base}?"),
)
"""The same for facts whose subject is the character itself."""


def fact_tests(character: Character) -> tuple[list[SheetTest], list[str]]:
    """Tests of who the character is, of its facts and of its relationships, and a note of what was not covered."""
    who = character.identity
    tests = [
        _test("its name", "What is your name?", contains_any=(character.name, *_long_words(character.name))),
        _test("its trade", "What is your trade?", contains_any=(who.role, who.role.split()[-1])),
    ]
    left_out = []
    for fact in character.knowledge.facts:
        question = question_about(fact, character.name)
        if question is None:
            left_out.append(fact)
        else:
            # The question asks for the first clause; what else the fact says may be left out.
            tests.append(_test(fact, question, knows=_SECOND_CLAUSE.split(fact)[0]))
    for name, known in character.relationships.items():
        words = (known.relation, *_long_words(known.relation))
        tests.append(_test(f"{name}, {known.relation}", f"Who is {name} to you?", contains_any=words))
    count = len(character.knowledge.facts)
    notes = [f"{count - len(left_out)} of {count} facts of {character.name} have a question"] if count else []
    return tests, notes + [f"no question could be made for {fact!r}" for fact in left_out]


def question_about(fact: str, speaker: str) -> str | None:
    """A question that the fact answers; None if the fact has no known shape.

    Args:
        fact: one sentence.
        speaker: the name of who is asked.
    """
    text = fact.strip().rstrip(".!")
    own = re.match(rf"(?:{re.escape(speaker)}|{re.escape(speaker.split()[0])}) (?=[a-z])", text)
    if own and len(own[0].strip()) > 2:
        return _first(_OWN_SHAPES, text[own.end() :])
    return _first(_SHAPES, text)


def _first(shapes: Sequence[tuple[str, str]], text: str) -> str | None:
    for pattern, question in shapes:
        if match := re.fullmatch(pattern, text):
            found = match.groupdict()
            thing, verb = found.get("thing") or "", found.get("verb") or ""
            many = _plural(thing)
            return question.format(
                thing=_low(thing),
                does="do" if many else "does",
                is_="are" if many else "is",
                verb=verb,
                base=base_form(verb),
                past=_PAST.get(verb, verb),
                rest=found.get("rest"),
            )
    return None


def _test(name: str, question: str, **expect: Any) -> SheetTest:
    turn = ScriptTurn(player=question, expect=Expect(**expect))
    return SheetTest(name=name, tags=("fact",), turns=(turn,))


def _long_words(text: str) -> list[str]:
    """The words that stand for a name or a relation on their own; titles and the like do not."""
    idle = {"old", "the", "sister", "brother", "saint", "lady", "lord", "former", "childhood", "business"}
    words = text.split()
    return [word for word in words if len(word) > 2 and (word.lower() not in idle or len(words) == 1)]


def _low(thing: str) -> str:
    first, _, rest = thing.partition(" ")
    named = bool(re.match(r"[A-Z]", rest)) and first not in ("The", "A", "An")
    named = named or first.endswith("'s")
    return thing if named else f"{first.lower()} {rest}".strip()


def _plural(thing: str) -> bool:
    return re.match(r"(?:a|an|one|every|each)\b|.* of ", thing.lower()) is None and thing.lower().endswith("s")


def base_form(verb: str) -> str:
    """A verb without the s of the third person: "closes" -> "close", "carries" -> "carry", "fishes" -> "fish"."""
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if re.search(r"(?:sh|ch|x|ss|zz|go|do)es$", verb) else verb[:-1]
