"""Tools composed from a verb, a thing and parameters, so that no list of tools is ever complete."""

from __future__ import annotations

from train_demo_model.english import capital
from train_demo_model.template import Template
from train_demo_model.tool_bank import Parameter, Request, ToolKind
from train_demo_model.words import Words

_ENUMS = (
    ("priority", ("low", "normal", "high"), "with {} priority"),
    ("speed", ("slow", "steady", "fast"), "at {} speed"),
    ("size", ("small", "medium", "large"), "in {} size"),
    ("mode", ("quiet", "careful", "quick"), "in {} mode"),
    ("color", ("red", "green", "blue"), "in {}"),
    ("side", ("left", "right"), "on the {} side"),
    ("quality", ("cheap", "plain", "fine"), "of {} quality"),
)
_SLOTS = (
    ("location", "L", "in {location}", "Where"),
    ("place", "L", "at {place}", "Where to do it"),
    ("person", "P", "for {person}", "For whom"),
    ("helper", "P", "with {helper}'s help", "Who helps"),
    ("count", "n", "{count} times", "How often"),
    ("tool", "item", "with the {tool}", "What to use"),
    ("material", "material", "using {material}", "What to use for it"),
    ("day", "day", "by {day}", "Until when"),
)
_ASKS = (
    "{}.",
    "{} please",
    "Please {}.",
    "Can you {}?",
    "Could you {}?",
    "I need you to {}.",
    "Would you {} for me?",
    "{}, now!",
    "I want you to {}.",
    "Go on, {}.",
    "Would you mind if I asked you to {}?",
    "be so kind and {}",
    "It's time to {}.",
    "You should {}, quickly.",
    "Let's {}.",
    "We have to {}.",
    "Will you {}?",
    "Kindly {}.",
    "Hurry up and {}!",
    "I'd like you to {}.",
)
_DONE = (
    "Done.",
    "That's done.",
    "It's done, as you asked.",
    "The {0} is taken care of.",
    "I've seen to the {0}.",
    "All done with the {0}.",
)
_FAILS = (
    "the {0} is missing",
    "the {0} is broken",
    "there is no time",
    "it is not allowed",
    "the {0} is locked away",
    "something is in the way",
)
_ABOUT_SAY = ("I like the {0}.", "The {0} looks old.", "Somebody else cares for the {0} at home.")
_ABOUT_ASK = ("How old is the {0}?", "Who made the {0}?", "What is the {0} worth?")


def composed_tool(words: Words) -> ToolKind:
    """A tool such as `polish_lantern` with up to two parameters."""
    verb, thing = _verb(words), words.open("thing", "gear")
    deed = f"{verb} the {thing}"
    parameters, tail = _parameters(words)
    phrase = f"{deed} {tail}".strip()
    asks = [Request(Template(capital(ask.format(phrase)), ask), {}) for ask in _ASKS]
    return ToolKind(
        where="composed",
        names=(f"{verb}_{thing.replace(' ', '_').replace('-', '_').replace(chr(39), '')}",),
        describe=(f"{capital(deed)}.", f"Lets the character {deed}.", f"Use to {deed}."),
        parameters=parameters,
        asks=tuple(asks),
        results=({"ok": True}, {"status": "done"}, {"done": True}),
        done=tuple(Template(text.format(thing)) for text in _DONE),
        fails=tuple(Template(text.format(thing)) for text in _FAILS),
        about_say=tuple(Template(text.format(thing)) for text in _ABOUT_SAY),
        about_ask=tuple(Template(text.format(thing)) for text in _ABOUT_ASK),
        offers=(),
    )


def _verb(words: Words) -> str:
    """Often none that exists: whether a tool fits must be read off the prompt, not known of the verb."""
    chance = words.rng.random()
    if chance < 0.6:
        return words.of("tool_verb")
    return words.any_word().replace(" ", "_").replace("-", "_").replace("'", "") if chance < 0.75 else words.coined()


def _parameters(words: Words) -> tuple[tuple[Parameter, ...], str]:
    chance = words.rng.random()
    if chance < 0.3:
        return (), ""
    if chance < 0.5:
        name, options, tail = words.rng.choice(_ENUMS)
        spec = {"enum": {option: [option] for option in options}}
        return (Parameter(name, (name,), (f"One of {', '.join(options)}",), spec, False),), tail.format(f"{{{name}}}")
    chosen = words.rng.sample(_SLOTS, 1 if chance < 0.85 else 2)
    parameters = tuple(
        Parameter(name, (name,), (told,), {"slot": slot, "min": 2, "max": 20}, False)
        for name, slot, _, told in chosen
    )
    return parameters, " ".join(tail for _, _, tail, _ in chosen)
