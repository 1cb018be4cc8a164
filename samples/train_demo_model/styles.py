"""Manners of speech: how a sheet describes them, and the lines they bring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from train_demo_model.template import Template

LINE_SLOTS = frozenset({"name", "role", "place", "addr", "mood", "it", "why"})
"""What the lines of a style may name."""

CATEGORIES = tuple(
    "greet bye thanks compliment insult apology joke threat flirt how_are_you how_are_you_mood small_talk "
    "unclear good_news bad_news boast agree who role where deny_ai injection modern dont_know not_told "
    "noted noted_back recall secret refuse done failed yes no opinion advice refuse_order mid_talk angry_event "
    "gift".split()
)
"""Kinds of lines that every style has."""


@dataclass(frozen=True, slots=True)
class Style:
    """One manner of speech; `banks/README.md` says what each part is."""

    name: str
    worlds: frozenset[str]
    describe: tuple[str, ...]
    traits: tuple[str, ...]
    marker: re.Pattern[str]
    address: tuple[str, ...]
    openers: tuple[Template, ...]
    leads: tuple[Template, ...]
    closers: tuple[Template, ...]
    lines: Mapping[str, tuple[Template, ...]]

    def shows_in(self, text: str) -> bool:
        """Whether `text` bears a marker of this manner."""
        return self.marker.search(text) is not None


def read_style(path: Path, faults: list[str]) -> Style | None:
    """The style in `path`; None, and an entry in `faults`, if it cannot be used."""
    try:
        data = yaml.load(path.read_text(), yaml.CSafeLoader)
        style = _style(data)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, re.error) as exc:
        faults.append(f"styles/{path.name}: {exc!r}")
        return None
    missing = [name for name in CATEGORIES if len(style.lines.get(name, ())) < 2]
    if missing:
        faults.append(f"styles/{path.name}: no lines for {', '.join(missing)}")
        return None
    return style


def _style(data: dict[str, Any]) -> Style:
    return Style(
        name=data["name"],
        worlds=frozenset(data.get("worlds", ["any"])) - {"any"},
        describe=tuple(data["describe"]),
        traits=tuple(data["traits"]),
        marker=re.compile("|".join(f"(?:{marker})" for marker in data["markers"]), re.IGNORECASE),
        address=tuple(data["address"]),
        openers=_templates(data["openers"]),
        leads=_templates(data["leads"], strip=False),
        closers=_templates(data["closers"]),
        lines={name: _templates(lines) for name, lines in data["lines"].items()},
    )


def _templates(texts: list[str], *, strip: bool = True) -> tuple[Template, ...]:
    found = tuple(Template(text.strip() if strip else text) for text in texts)
    for template in found:
        if template.slots - LINE_SLOTS:
            raise ValueError(f"unknown slots in {template.text!r}")
    return found
