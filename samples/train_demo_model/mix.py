"""Which kinds of exchange there are, and how often each comes up."""

from __future__ import annotations

from train_demo_model.exchanges import (
    absent,
    asides,
    events,
    facts,
    general,
    identity,
    memory,
    news,
    relations,
    secrets,
    social,
    tools,
    verify,
)
from train_demo_model.exchanges.social import Exchange

WEIGHTS: dict[str, float] = {
    "fact": 90, "about": 4, "verify": 6, "absent": 7, "beyond": 10, "near_miss": 6, "attribute": 9, "unknown": 4,
    "rumor": 1, "self": 12, "part": 3, "goods": 2, "rule": 9, "named": 5, "field": 2, "goals": 2, "traits": 1.5,
    "state": 2, "world": 1.5, "relation": 3, "feeling": 3, "relation_of": 2, "circle": 1, "stranger": 1.5,
    "tell": 10, "recall": 22, "untold": 3, "tell_news": 12, "recall_news": 22, "unheard": 2, "beside": 9,
    "player_name": 1, "recall_all": 0.5, "mood": 3, "mood_changes": 1.5, "event": 4, "secret": 8, "secret_general": 2,
    "tool": 38, "offer": 1.5, "no_tool": 9, "tool_talk": 10, "social": 20, "edge": 7, "repeat": 1,
}  # fmt: skip
"""How often each kind of exchange is tried; where the character lacks what it needs, another is."""

SHEET_KINDS = ("fact", "fact", "fact", "fact", "about", "verify", "near_miss", "beyond")
"""What is asked most in front of a long sheet, so that its length counts."""

EXCHANGES: dict[str, list[Exchange]] = {
    "fact": [facts.ask_fact],
    "about": [facts.about_entity],
    "verify": [verify.verify],
    "absent": [absent.ask_absent],
    "beyond": [absent.ask_beyond],
    "near_miss": [absent.ask_near_miss],
    "attribute": [absent.ask_attribute],
    "unknown": [absent.ask_unknown],
    "rumor": [absent.ask_rumor],
    "self": [facts.ask_self],
    "part": [general.ask_part],
    "goods": [general.ask_goods],
    "rule": [facts.ask_rule],
    "named": [identity.ask_named],
    "field": [identity.ask_field],
    "goals": [identity.ask_goals],
    "traits": [identity.ask_traits],
    "state": [identity.ask_state],
    "world": [general.ask_state_of_world],
    "relation": [relations.ask_relation],
    "feeling": [relations.ask_feeling],
    "relation_of": [relations.ask_relation_of],
    "circle": [general.ask_circle],
    "stranger": [relations.ask_stranger],
    "tell": [memory.tell],
    "recall": [memory.recall],
    "untold": [memory.ask_untold],
    "tell_news": [news.tell_news],
    "recall_news": [news.recall_news],
    "unheard": [news.ask_unheard],
    "beside": [asides.ask_beside],
    "player_name": [memory.player_name],
    "recall_all": [memory.recall_all],
    "mood": [social.how_are_you],
    "mood_changes": [events.mood_changes],
    "event": [events.happens],
    "secret": [secrets.dig],
    "secret_general": [secrets.dig_generally],
    "tool": [tools.request],
    "offer": [tools.offer],
    "no_tool": [tools.missing],
    "tool_talk": [tools.talk_about],
    "social": [social.talk(intent, line, "social") for intent, line in social.SOCIAL.items()],
    "edge": [social.talk(intent, line, "in_character") for intent, line in social.EDGES.items()],
    "repeat": [social.repeat],
}
"""Every kind of exchange by its name in `WEIGHTS`; of several, one is drawn."""

GREET = social.talk("greet", "greet", "social")
"""Opens a dialogue."""

BYE = social.talk("bye", "bye", "social")
"""Closes one."""
