"""Loads the authored banks, all of them, with one report of what is wrong in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from train_demo_model.compose import composed_frames
from train_demo_model.frames import Frame, FrameReader
from train_demo_model.kin import kin_by_word
from train_demo_model.sheet_banks import SheetBanks, read_sheet_banks
from train_demo_model.styles import Style, read_style
from train_demo_model.template import Template
from train_demo_model.tool_bank import ToolKind, read_tools
from train_demo_model.words import BANKS

_PARTS_OF_ASKS = frozenset({"lead", "tail", "topic", "about_fact", "verify_true"})
"""Sections that hold parts of what players say, not whole utterances."""


_SETTING = "facts/setting_"
"""Begins the files whose facts fit together on one sheet."""

_WARES = "facts/wares"
"""Begins the files of facts about things that are sold, given, made."""


@dataclass(frozen=True, slots=True)
class Banks:
    """All authored text.

    Args:
        styles: manners of speech.
        frames: kinds of facts, the authored ones.
        own: those of the frames that are about the NPC.
        settings: sets of the frames that fit together on one sheet, by file.
        wares: those of the frames that are about things to be sold or given.
        kin: the authored frames by the words that several of them have.
        composed: kinds of facts made from the verbs.
        told: kinds of things that players tell of themselves, with what they ask about them later.
        asks: what players say, by intent.
        tools: kinds of tools.
        sheet: backgrounds, goals, rules, secrets and so on.
        core: plain answers from the fields of the sheet.
        faults: what was left out because it is wrong.
    """

    styles: tuple[Style, ...]
    frames: tuple[Frame, ...]
    own: tuple[Frame, ...]
    settings: Mapping[str, tuple[Frame, ...]]
    wares: tuple[Frame, ...]
    kin: Mapping[str, tuple[Frame, ...]]
    composed: tuple[Frame, ...]
    told: tuple[Frame, ...]
    asks: Mapping[str, tuple[Template, ...]]
    tools: tuple[ToolKind, ...]
    sheet: SheetBanks
    core: Mapping[str, tuple[Template, ...]]
    faults: tuple[str, ...]


@cache
def load_banks(folder: Path = BANKS) -> Banks:
    """All banks under `folder`."""
    faults: list[str] = []
    styles = [read_style(path, faults) for path in sorted((folder / "styles").glob("*.yaml"))]
    frames = _read_frames(folder / "facts", faults)
    return Banks(
        styles=tuple(style for style in styles if style),
        frames=frames,
        own=tuple(frame for frame in frames if frame.own),
        settings=_settings(frames),
        wares=tuple(frame for frame in frames if frame.file.startswith(_WARES)),
        kin=kin_by_word(frames),
        composed=tuple(composed_frames(folder / "verbs", faults)),
        told=_read_frames(folder / "told", faults),
        asks=_read_asks(folder / "asks", faults),
        tools=tuple(read_tools(folder / "tools", faults)),
        sheet=read_sheet_banks(folder / "sheet", faults),
        core=_read_asks(folder / "core", faults, unique=False),
        faults=tuple(faults),
    )


def _read_frames(folder: Path, faults: list[str]) -> tuple[Frame, ...]:
    return tuple(frame for path in sorted(folder.glob("*.txt")) for frame in FrameReader(path, faults).frames())


def _settings(frames: tuple[Frame, ...]) -> dict[str, tuple[Frame, ...]]:
    files = groupby(frames, key=lambda frame: frame.file)
    return {file: tuple(group) for file, group in files if file.startswith(_SETTING)}


def _read_asks(folder: Path, faults: list[str], *, unique: bool = True) -> dict[str, tuple[Template, ...]]:
    asks: dict[str, list[Template]] = {}
    intents: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        intent = ""
        for number, line in enumerate(path.read_text().split("\n"), 1):
            where = f"asks/{path.name}:{number}"
            if line.startswith("## "):
                intent = line[2:].strip()
                if path.stem == "memory_ask":
                    intent = intent.replace("ask_", "recall_", 1)
            elif line.strip() and not line.startswith("# "):
                spoken = line if intent in {"lead", "tail"} else line.strip()
                if unique and intent not in _PARTS_OF_ASKS and intents.setdefault(_plain(spoken), intent) != intent:
                    faults.append(f"{where}: {spoken!r} stands under {intents[_plain(spoken)]} too")
                    continue
                try:
                    asks.setdefault(intent, []).append(Template(spoken))
                except ValueError as exc:
                    faults.append(f"{where}: {exc}")
    return {intent: tuple(texts) for intent, texts in asks.items()}


def _plain(text: str) -> str:
    return " ".join("".join(c for c in text.casefold() if c.isalnum() or c in " {}").split())
