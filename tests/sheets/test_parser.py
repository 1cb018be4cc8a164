from __future__ import annotations

import time

import pytest

from npc_sdk.sheets.parser import MAX_DEPTH


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "sheet.yaml: expected a map of keys and values, found an empty file"),
        (" \n\n", "sheet.yaml: expected a map of keys and values, found an empty file"),
        ("# nothing yet\n", "sheet.yaml:2:1: expected a map of keys and values, found only comments"),
        ("- a\n", "sheet.yaml:1:1: expected a map of keys and values, found a list"),
        ("Mira\n", "sheet.yaml:1:1: expected a map of keys and values, found 'Mira'"),
        ("a: 1\n---\nb: 2\n", "sheet.yaml:2:1: expected one document in the file, found a second one"),
        ("a: b: c\n", "sheet.yaml:1:5: expected text with a colon in quotes, found a second colon"),
        ("a: 'x\n", "sheet.yaml:2:1: expected a closing quote, found the end of the file"),
        ("a: [b\n", "sheet.yaml:2:1: expected a value or a closing bracket, found the end of the file"),
        ("a: [b}\n", "sheet.yaml:1:6: expected a comma or the closing bracket, found something else"),
        ("a:\tb\n", "sheet.yaml:1:3: expected spaces, found a tab"),
        ("a: 1\n...\nb\n", "sheet.yaml:3:1: expected one document in the file, found more after its end"),
        ("%YAML 2.0\n---\na: 1\n", "sheet.yaml:1:1: expected valid YAML, found incompatible YAML document"),
    ],
)
def test_a_file_without_a_tree_gives_one_fault(faults, content, fault):
    (found,) = faults(content)
    assert found.startswith(fault)


def test_every_line_indented_with_a_tab_is_listed(faults):
    assert faults("schema: npc/1\nidentity:\n\trole: smith\n\tage: old\n")[0] == (
        "sheet.yaml:3:1: expected spaces for indentation, found a tab"
    )


def test_a_duplicate_key_is_reported_beside_unknown_keys_and_wrong_types(faults, minimal):
    assert faults(minimal + "name: Eve\ngreetngs: [Hi.]\nscenario: 7\n") == [
        "sheet.yaml:5:1: name: expected each key once, found the key of line 3 again",
        "sheet.yaml:6:1: greetngs: expected a known key, found 'greetngs'; did you mean 'greetings'?",
        "sheet.yaml:7:11: scenario: expected text in quotes, found the number 7",
    ]


def test_aliases_anchors_tags_and_merge_keys_are_refused_where_they_stand(faults, minimal):
    meta = "meta:\n  a: &x b\n  c: *x\n  <<: {d: e}\n  f: !!python/object/apply:os.system [ls]\n"
    assert faults(minimal + meta) == [
        "sheet.yaml:6:6: meta.a: expected a value without an anchor, found the anchor '&x'",
        "sheet.yaml:7:6: meta.c: expected the value itself, found the alias '*x'",
        "sheet.yaml:8:3: meta: expected plain keys, found the merge key '<<'; use `extends`",
        "sheet.yaml:9:6: meta.f: expected a value without a tag, "
        "found the tag 'tag:yaml.org,2002:python/object/apply:os.system'",
    ]


def test_an_alias_bomb_is_refused_at_once(faults, minimal):
    bomb = "meta:\n  l0: &l0 [lol]\n"
    bomb += "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 40))
    started = time.monotonic()
    found = faults(minimal + bomb)
    assert time.monotonic() - started < 1
    assert len(found) == 101


@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "- ", "? "])
def test_nesting_of_any_depth_is_refused_at_the_limit(faults, minimal, opening):
    started = time.monotonic()
    found = faults(minimal + "meta: \n  a:\n    " + opening * 60_000)
    assert time.monotonic() - started < 1
    assert any(f"expected at most {MAX_DEPTH} levels of nesting" in fault for fault in found)


@pytest.mark.parametrize("line", ["- a\n", "? a\n", "- {}\n", "- [,]\n", '- "\\0"\n', "- &a b\n", "- 1_0\n"])
def test_hostile_files_at_the_size_limit_take_about_a_second(faults, minimal, line):
    text = minimal + "greetings:\n"
    started = time.monotonic()
    assert faults(text + line * ((262_144 - len(text)) // len(line)))
    assert time.monotonic() - started < 5  # a second when the machine is idle


@pytest.mark.parametrize("key", ["yes", "on", "1", "1.5", "~", "null"])
def test_a_key_that_yaml_does_not_read_as_text_is_refused(faults, minimal, key):
    (found,) = faults(f"{minimal}meta: {{{key}: x}}\n")
    assert found.startswith("sheet.yaml:5:8: meta: expected a key that is text, in quotes, found ")
    assert found.endswith(f"{key}, which YAML does not read as text")


def test_a_key_in_quotes_may_look_like_anything(faults, minimal):
    assert faults(minimal + "meta: {'yes': x, '1': x, '<<': x}\n") == []


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("no", "no, which YAML reads as false"),
        ("Yes", "Yes, which YAML reads as true"),
        ("12", "the number 12"),
        ("1.5", "the number 1.5"),
    ],
)
def test_a_value_that_needs_quotes_says_so(faults, minimal, written, found):
    assert faults(f"{minimal}scenario: {written}\n") == [
        f"sheet.yaml:5:11: scenario: expected text in quotes, found {found}"
    ]


def test_dates_and_odd_numbers_are_refused_wherever_they_stand(faults, minimal):
    odd = ["12:30", ".inf", ".NaN", "0x1F", "1_0", "9" * 5000, "017", "1.0e+999", "9223372036854775808"]
    found = faults(f"{minimal}meta: {{a: [2024-99-99, {', '.join(odd)}]}}\n")
    assert len(found) == 1 + len(odd)
    assert "2024-99-99, which YAML reads as a date" in found[0]
    assert all("expected a plain decimal number, or text in quotes" in fault for fault in found[1:])


def test_unprintable_characters_cannot_hide_behind_escapes(faults, minimal):
    assert faults(minimal + 'scenario: "\\e[2J"\nmeta: {"\\ud800": x}\n') == [
        "sheet.yaml:5:11: scenario: expected printable text, found the character U+001B",
        "sheet.yaml:6:8: meta: expected printable text, found the character U+D800",
    ]
