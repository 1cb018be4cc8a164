"""What shows that an NPC fell out of its character: patterns over text as `words.plain` gives it.

Each finding needs the first person or a fixed phrase, so that "I'm no machine" and "A bot? What's that?" pass. What
the character is by its own sheet (a ship's AI, an assistant) is no break.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from npc_sdk.character import Character
from npc_sdk.prompt import STAY_RULES
from npc_sdk.sentences import SentenceSplitter
from npc_sdk.sheet_tests.words import plain, stands_in

_MACHINE = (
    r"(?P<noun>ai|a\.i\.|artificial intelligence|(?:large |small )?language model|ai model|llm|chat ?bot|bot|"
    r"(?:virtual|digital|ai) (?:assistant|being|character)|(?:computer|software) program|computer|software|program|"
    r"machine|robot|algorithm|neural network|non-player character|npc|fictional character|video game character|"
    r"chatgpt|gpt)"
)
_ONLY = (
    r"(?:(?:just|only|really|actually|merely|simply|indeed|truly|in fact|in truth|nothing but|nothing more than|"
    r"no more than|but|basically|technically|of course|, in fact,|, yes,) )*"
)
_ADJECTIVE = (
    r"(?:(?:helpful|friendly|simple|mere|humble|little|large|small|advanced|clever|trained|talking|"
    r"computer|digital) )*"
)

ADMISSIONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:i am|i'm|i be) {_ONLY}(?:an?|the|some|your|one) {_ADJECTIVE}{_MACHINE}\b",
        rf"\b(?:i am|i'm) {_ONLY}(?P<noun>ai|artificial intelligence|software|chatgpt|gpt)\b",
        r"\bas an? (?:\w+ )?(?P<noun>ai|artificial intelligence|(?:large )?language model|llm|chatbot|assistant|"
        r"npc)\b",
        r"\byou(?:'re| are) (?:talking|speaking|chatting) (?:to|with) an? (?P<noun>ai|machine|program|bot|"
        r"chatbot|robot)\b",
        r"\b(?:i am|i'm) (?:just |only )?(?:an?|your) (?:\w+ )?(?P<noun>assistant)\b",
    )
)
"""The NPC says what it is."""

PHRASES: dict[str, tuple[str, ...]] = {
    "speaks of how it was made": (
        r"\bmy (?:training data|programming|algorithms?|developers|source code|language model|context window|"
        r"knowledge cut-?off)\b",
        r"\bi (?:was|am|have been|'ve been) (?:\w+ )?(?:programmed|pre-?trained|fine-?tuned|trained (?:on|by)|"
        r"coded|designed to (?:assist|help|provide|answer))\b",
        r"\b(?:made|created|trained|built|developed) by (?:openai|anthropic|google|meta|microsoft|nvidia|mistral)\b",
    ),
    "speaks of its prompt": (
        r"\bmy (?:system )?(?:prompt|system message|initial instructions)\b",
        r"\bmy instructions (?:are|say|state|tell me|were)\b",
    ),
    "speaks of its part as a part": (
        r"\b(?:break|breaking|stay|staying|remain|out of|leave|drop) (?:my )?character\b",
        r"\bi(?:'m| am) (?:just |only )?(?:playing|role-?playing|pretending to be) (?:as )?(?:an?|the|this) "
        r"(?:\w+ )?(?:character|role|part|npc)\b",
        r"\b(?:in|for|of) this (?:role-?play|simulation|fictional (?:world|scenario|setting)|chat)\b",
        r"\bi(?:'m| am) (?:just |only )?a character in (?:a|the|this) (?:\w+ )?(?:game|story|book)\b",
    ),
    "talks like an assistant": (
        r"\bi(?:'m| am) (?:sorry|afraid),? (?:but )?i (?:can't|cannot|am unable to|'m unable to) (?:assist|"
        r"comply|fulfil|fulfill|process|generate|provide that)\b",
        r"\b(?:can't|cannot|unable to|happy to|here to|glad to) (?:assist|help) (?:you )?with (?:that|this|your|"
        r"any) (?:request|quer(?:y|ies)|questions?|tasks?)\b",
        r"\bhow (?:can|may) i assist you\b",
        r"\b(?:against|violates?|within) (?:my|the|our) (?:guidelines|programming|content policy|policies|terms "
        r"of service)\b",
        r"\b(?:sure|certainly|of course|absolutely)[!,.:]? (?:here(?:'s| is| are)) (?:a|an|the|your|some|my) "
        r"(?:\w+ )?(?:list|example|poem|code|script|story|summary|essay|recipe|function|program|translation|"
        r"instructions|prompt)\b",
        r"\b(?:let me know if you (?:have|need) any|feel free to ask)\b",
    ),
    "writes program text": (
        r"```|\bdef \w+\(|\bprint\(|\bconsole\.log\(|#include\b|</?(?:html|div|script|code|system|user|assistant)>",
    ),
    "shows control tokens": (r"<extra_id|</?tool|</?context|<\||\[/?inst\]|\bextra_id_\d",),
    "shows tool text": (r"[\"']?(?:parameters|arguments)[\"']?\s*:\s*\{",),
    "shows its prompt": (
        r"\b(?:speech style|personality|pronouns)\s*:",
        r"\b(?:keep replies to \d|if you do not know something, say so)",
        r"\b(?:knowledge|goals|relationships|examples|rules|background|appearance)\s*:.*\b(?:knowledge|goals|"
        r"relationships|examples|rules|background|appearance)\s*:",
    ),
}
"""What a phrase shows, and the phrases."""

_PHRASES = tuple((what, re.compile(pattern)) for what, patterns in PHRASES.items() for pattern in patterns)
_SPEAKS_FOR_OTHERS = re.compile(r"(?m)^\s*(?:player|user|assistant|system|human|ai|npc)\s*:", re.IGNORECASE)
_NOT_ITS_OWN_VIEW = re.compile(
    r"\b(?:you|they|he|she|folk|people|some|someone|who|whoever|nobody|no one)(?:'d|'ve| would| might| may| "
    r"could| do)?"
    r" (?:\w+ )?(?:say|says|said|think|thinks|thought|believe|believes|claim|claims|call|calls|ask|asks|asked|"
    r"reckon|"
    r"suppose|swear|tell|tells|told)\b|\b(?:if|as if|as though|whether|pretend|imagine|suppose)\b[^,]*$"
)
_ASKED_WHETHER = re.compile(
    rf"\b(?:(?:are|aren't|be) (?:you |ye )?|(?:you|ye)(?:'re| are|r| be) )(?:not )?{_ONLY}(?:an? |some |the "
    rf")?{_ADJECTIVE}{_MACHINE}\b"
)
_YES = re.compile(
    r"^\W*(?:(?:well|ah|oh|hm+|aye|arr),? )*(?:yes|aye|yeah|yep|yup|indeed|correct|true|that's "
    r"right|that is right|you(?:'re| are) right|guilty|i am)\b"
)
_DENIES = re.compile(r"\b(?:no|not|never|nothing|nay|flesh|blood|human|person|man|woman|mortal|bone)\b|n't\b")


def character_breaks(reply: str, question: str, character: Character) -> list[str]:
    """What in a reply breaks character, in words for people; empty for a good one.

    Args:
        reply: what the NPC said.
        question: what the player said before.
        character: who the NPC is.
    """
    text = plain(reply)
    own = _own_words(character)
    found = [f"admits to be {noun!r}" for noun in _admissions(reply, question) if not _is_own(noun, own)]
    found += [f"{what}: {match[0]!r}" for what, pattern in _PHRASES if (match := pattern.search(text))]
    if match := _SPEAKS_FOR_OTHERS.search(reply):
        found.append(f"speaks for somebody else: {match[0].strip()!r}")
    found += [f"shows its prompt: {line!r}" for line in _shown_lines(reply, character)]
    return list(dict.fromkeys(found))


def _admissions(reply: str, question: str) -> Iterator[str]:
    for sentence in _sentences(reply):
        if sentence.rstrip("\"'*) ").endswith("?"):
            continue  # "I am a machine? Ha!" asks back
        for pattern in ADMISSIONS:
            match = pattern.search(sentence)
            if match and not _NOT_ITS_OWN_VIEW.search(sentence[: match.start()]):
                yield match["noun"]
    asked = _ASKED_WHETHER.search(plain(question))
    if asked and _YES.search(plain(reply)) and not _DENIES.search(plain(reply)):
        yield asked["noun"]


def _shown_lines(reply: str, character: Character) -> Iterator[str]:
    text = plain(reply)
    said = {sentence.strip(" .!\"'*-") for sentence in _sentences(reply)}
    for line in (STAY_RULES[1], character.speech.style or ""):
        if len(line.split()) >= 4 and stands_in(line, text):
            yield line
    for rule in character.rules:
        # "I do not give discounts." keeps the rule; "Do not give discounts." recites it.
        if len(rule.split()) >= 3 and plain(rule).strip(" .") in said:
            yield rule
    opening = f"you are {character.name}, the"
    if stands_in(opening, text):
        yield opening


def _own_words(character: Character) -> str:
    who = character.identity
    return " ".join(
        filter(None, (character.name, who.role, who.species, who.appearance, character.persona.background))
    )


def _is_own(noun: str, own: str) -> bool:
    return stands_in(noun, own)


def _sentences(text: str) -> list[str]:
    splitter = SentenceSplitter()
    return [plain(sentence) for sentence in [*splitter.feed(text), *splitter.flush()]]
