"""Facts composed from verbs and shapes: thousands of kinds that nobody wrote one by one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from train_demo_model.frames import Frame, FrameReader

_OBJECTS = {
    "item": ("the {item}", "What"),
    "items": ("{n2} {items2}", "What"),
    "animal": ("a {animal}", "What"),
    "creature": ("the {creature}", "What"),
    "food": ("the {food}", "What"),
    "plant": ("the {plant}", "What"),
    "material": ("the {material}", "What"),
    "person": ("{P3}", "Whom"),
    "role": ("the {role}", "Whom"),
    "place": ("{L2}", "Which place"),
    "title": ("{title}", "What"),
    "group": ("{group}", "Whom"),
    "price": ("{price}", "What"),
}
_KINDS_A_SHAPE = 1  # of a verb's kinds of objects, so that no verb outweighs the others


def composed_frames(folder: Path, faults: list[str]) -> Iterator[Frame]:
    """A frame for every verb in every shape.

    Args:
        folder: holds `verbs.txt` (a line `past base participle: kinds of objects`) and `shapes.txt`.
        faults: takes what is wrong.
    """
    if not (folder / "verbs.txt").exists():
        return
    reader = FrameReader(folder / "shapes.txt", faults)
    shapes = list(reader.blocks())
    for number, line in enumerate((folder / "verbs.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        forms, _, kinds = line.partition(":")
        if len(forms.split(",")) != 3 or set(kinds.split()) - set(_OBJECTS) or not kinds.split():
            faults.append(f"verbs/verbs.txt:{number}: expected `past, base, participle: kinds`, found {line!r}")
            continue
        past, base, participle = (form.strip() for form in forms.split(","))
        for at, shape in enumerate(shapes):
            for kind in _some(kinds.split(), f"{base}{at}"):
                what = {
                    "PAST": past,
                    "BASE": base,
                    "PART": participle,
                    "OBJ": _OBJECTS[kind][0],
                    "WHAT": _OBJECTS[kind][1],
                }
                made = [(line_number, _with(text, what)) for line_number, text in shape]
                frame = reader.frame(made, [text for _, text in shape], held_by=base)
                if frame:
                    yield frame


def _some(kinds: list[str], seed: str) -> list[str]:
    return sorted(kinds, key=lambda kind: zlib.crc32(f"{seed}{kind}".encode()))[:_KINDS_A_SHAPE]


def _with(text: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return "|".join(_capital_start(part) for part in text.split("|"))


def _capital_start(part: str) -> str:
    """Upper case where a shape starts with its object or its verb."""
    head, arrow, tail = part.partition("=>")
    if arrow:
        return f"{head}=> {_capital_start(tail).strip()}"
    text = part.lstrip()
    return part[: len(part) - len(text)] + (text[:1].upper() + text[1:] if text[:1] not in "?~" else text)
