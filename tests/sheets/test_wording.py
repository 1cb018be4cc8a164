from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("name: 5", "5:1: name: expected each key once, found the key of line 3 again"),
        ("persona: [a]", "5:10: persona: expected a map of keys and values, found a list"),
        ("greetings: Hello.", "5:12: greetings: expected a list, found 'Hello.'"),
        ("greetings:", "5:11: greetings: expected a list, found nothing"),
        ("greetings: ['']", "5:13: greetings.0: expected text that is not empty, found empty text"),
        ('greetings: ["a\\nb"]', "5:13: greetings.0: expected text on one line, found 'a\\nb'"),
        (f"greetings: [{'a' * 401}]", "5:13: greetings.0: expected at most 400 characters, found 401 characters"),
        (f"greetings: [{'a, ' * 201}]", "5:12: greetings: expected at most 200 items, found 201 items"),
        ("tools: {}\nrules: {a: b}", "6:8: rules: expected a list, found a map of keys and values"),
        ("generation: {temperature: 3}", "5:27: generation.temperature: expected 2.0 or less, found the number 3"),
        ("generation: {top_p: 0}", "5:21: generation.top_p: expected more than 0.0, found the number 0"),
        ("generation: {top_k: -1}", "5:21: generation.top_k: expected 0 or more, found the number -1"),
        ("generation: {top_k: 1.5}", "5:21: generation.top_k: expected a whole number, found the number 1.5"),
        ("generation: {top_p: a}", "5:21: generation.top_p: expected a number, found 'a'"),
        (
            "generation: {top_p: yes}",
            "5:21: generation.top_p: expected a number, found yes, which YAML reads as true",
        ),
        (
            "lore: {entries: [{id: a, text: b, always: 1}]}",
            "5:43: lore.entries.0.always: expected true or false, found the number 1",
        ),
        (
            "relationships: {Tom: {}}",
            "5:17: relationships.Tom.relation: expected the key 'relation', found no such key",
        ),
        (
            "tools: {Give Item: {description: a}}",
            "5:9: tools.Give Item: expected as key a name of a-z, 0-9 and _ that begins with a letter (at most 64), "
            "found 'Give Item'",
        ),
        (
            "fallback: {wrong: [a]}",
            "5:12: fallback.wrong: expected one of confused, busy, broken, found 'wrong'",
        ),
        ("speech: {stile: a}", "5:10: speech.stile: expected a known key, found 'stile'; did you mean 'style'?"),
        (
            "speech: {examples: [{player: a, npc: b, Plyer: c}]}",
            "5:41: speech.examples.0.Plyer: expected a known key, found 'Plyer'; did you mean 'player'?",
        ),
    ],
)
def test_each_kind_of_fault_is_said_in_plain_words(faults, minimal, line, fault):
    assert faults(f"{minimal}{line}\n") == [f"sheet.yaml:{fault}"]


def test_all_missing_keys_are_listed(faults):
    assert faults("greetings: [Hi.]\n") == [
        f"sheet.yaml:1:1: {key}: expected the key '{key}', found no such key"
        for key in ("schema", "id", "name", "identity")
    ]


def test_the_format_is_named_when_it_is_wrong(faults, minimal):
    assert faults(minimal.replace("npc/1", "npc/2")) == ["sheet.yaml:1:9: schema: expected 'npc/1', found 'npc/2'"]


def test_what_a_fault_quotes_is_short_and_safe_to_print(faults, minimal):
    (long, escaped) = faults(f'{minimal}generation: {{top_p: {"x" * 500}}}\n"\\u202e\\ttab": 1\n')
    assert long.endswith("found '" + "x" * 57 + "...'")
    assert "\\u202e\\ttab" in escaped
