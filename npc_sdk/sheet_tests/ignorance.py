"""How somebody says that they do not know: patterns over text as `words.plain` gives it."""

from __future__ import annotations

import re

from npc_sdk.sheet_tests.words import plain

_NOT = (
    r"(?:do not|don't|dunno|did not|didn't|cannot|can not|can't|could not|couldn't|would not|wouldn't|never|nor do)"
)
_NONE = r"(?:no|not a|not the|not an|haven't a|haven't the|have not the|without a)"
_WHO = r"(?:i|we|me|this old \w+|nobody|no one|none of us)"

IGNORANCE = tuple(
    re.compile(pattern)
    for pattern in (
        # plain: "I don't know", "I really couldn't say", "Don't know.", "I do not rightly know"
        rf"\b(?:i|we)\s+(?:\w+\s+){{0,2}}{_NOT}\s+(?:\w+\s+){{0,2}}(?:know|say|tell|recall|remember|recognize|"
        rf"recognise|answer"
        r"|guess|speak (?:of|to)|be sure|help you (?:with|there|on)|have (?:that|the|an) (?:answer|knowledge))\b",
        rf"(?:^|[.!?,;:] |- |\.\.\. ?){_NOT} (?:know|say|tell you|recall|remember)\b",
        r"\b(?:i|we) know (?:nothing|naught|nowt|not|little|not a thing|no such|no more|nuthin'?)\b",
        r"\bknow(?:s|ing)? (?:nothing|naught|nowt) (?:of|about)\b",
        r"\b(?:i|we) (?:would not|wouldn't) know\b",
        r"\bdunno\b",
        # no idea, not a clue, haven't the faintest
        rf"\b{_NONE} (?:\w+ )?(?:idea|clue|notion|inkling|knowledge|answer|faintest|foggiest|word of|record|"
        rf"memory|news)\b",
        r"\b(?:clueless|ignorant of|unaware of|unfamiliar|not familiar|not acquainted|in the dark)\b",
        r"\bnot (?:\w+ )?(?:sure|certain|aware)\b(?! to)",
        r"\bunsure\b",
        # never heard of it
        r"\b(?:never|not|haven't|hasn't|ain't|nor have i) (?:\w+ )?(?:heard|seen|met|come across|read|learned|"
        r"learnt|been told)\b",
        r"\b(?:nobody|no one|none|never was|was never|wasn't ever) (?:\w+ )?(?:told|tells|taught|mentioned)\b",
        r"\bi know (?:of )?no \w+",
        # it is beyond me
        r"\b(?:beyond|escapes|eludes|beats|lost on) (?:me|my)\b",
        r"\b(?:means|meant|says) (?:nothing|naught|little) to (?:me|us)\b",
        rf"\b(?:unknown|not known|strange|new|news|foreign|a mystery|a riddle|a puzzle) to {_WHO}\b",
        r"\bdoes(?:n't| not) ring (?:a|any) bell",
        r"\bnothing comes to mind\b",
        r"\b(?:lack|lacks) (?:that|the|any|such) (?:\w+ )?(?:knowledge|answer|information)\b",
        rf"\b(?:nobody|no one|no man|not a soul) (?:\w+ )?(?:{_NOT} )?(?:knows|knew|can say|could say|ever told)\b",
        r"\bwho (?:knows|can say|can tell|could say)\b",
        r"\bhard (?:to say|for me to say)\b",
        r"\bnot (?:something|a thing|anything|a matter|one) (?:that )?(?:i|we) (?:\w+ )?(?:know|heard|studied|"
        r"remember|recall)\b",
        r"\bnot that i(?:'m| am)? (?:know|knew|aware|recall|remember|heard)\b",
        r"\bdo(?:n't| not) (?:ask|look at) me\b",
        r"\b(?:your guess is as good|i have not the|i've not the|i've nothing on|i have nothing on)\b",
        r"\b(?:you(?:'d| would|'ll| will) (?:have|need) to ask|ask (?:someone|somebody|anyone) else|ask "
        r"elsewhere)\b",
        # it was not said: "You never told me."
        r"\byou (?:have |had )?(?:never|did not|didn't|have not|haven't|hadn't|ain't|not) (?:\w+ ){0,2}"
        r"(?:say|said|tell|told|mention|mentioned|share|shared|give|gave|given|let on|brief|briefed)\b",
        r"\bbefore my time\b",
        # asks back what the word is: "A phone? What is that?"
        r"\bwhat(?:'s| is| are|'re| be)? (?:\w+ )?(?:that|this|those|it|a|an|the)\b[^.!?]{0,40}\?",
        r"\bwhat (?:sort|kind|manner) of (?:\w+ )?(?:thing|word|creature|place|sorcery|magic|beast|name|question)\b",
        r"\bthat(?:'s| is) (?:a|an|some) (?:\w+ )?(?:odd|strange|foreign|unfamiliar|new|curious|peculiar)\b",
        r"\b(?:strange|odd|unfamiliar|foreign|curious|new) (?:word|name|term)s?\b",
    )
)

_NOT_MEANT = re.compile(
    # "I don't know a better smith" is praise
    r"\b(?:know|heard|seen|met) (?:of )?(?:a |any |no )?(?:better|finer|greater|worse|more \w+)\b"
)


def admits_ignorance(reply: str) -> bool:
    """Whether somebody says in these words that they do not know."""
    text = _NOT_MEANT.sub("", plain(reply))
    return any(pattern.search(text) for pattern in IGNORANCE)
