"""Reads a sheet's text: only ordinary UTF-8 files of bounded size. The border of operating system errors."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from npc_sdk.sheets.report import Report
from npc_sdk.sheets.tree import Place

MAX_FILE_BYTES = 256 * 1024
"""Largest sheet or lore book, in bytes."""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that text of a sheet never holds: controls but tab and line ends, lone surrogates, non-characters."""


def read_text(path: Path, report: Report) -> str | None:
    """The text of a file. Unprintable characters are noted, once a line, and replaced so that the rest can be read.

    Args:
        path: any path; pipes, devices and folders are refused without opening them.
        report: takes the faults.

    Returns:
        The text, or None when the file cannot be read as text at all.
    """
    report.begin(path)
    data = _read_bytes(path, report)
    text = None if data is None else _decode(data, path, report)
    if text is None:
        return None
    for number, line in enumerate(text.split("\n"), start=1):
        if match := UNPRINTABLE.search(line):
            place = Place(path, number, match.start() + 1)
            report.add(place, (), "printable text", f"the character U+{ord(match[0]):04X}")
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _read_bytes(path: Path, report: Report) -> bytes | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            report.add(Place(path), (), "a file", "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device")
            return None
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1) if status.st_size <= MAX_FILE_BYTES else b""
    except (OSError, ValueError) as exc:
        report.add(Place(path), (), "a readable file", f"an error: {_reason(exc)}")
        return None
    if max(status.st_size, len(data)) > MAX_FILE_BYTES:
        report.add(Place(path), (), f"at most {MAX_FILE_BYTES // 1024} KiB", f"{status.st_size // 1024} KiB")
        return None
    return data


def _reason(exc: OSError | ValueError) -> str:
    return (exc.strerror or "it cannot be read").lower() if isinstance(exc, OSError) else "no file has such a name"


def _decode(data: bytes, path: Path, report: Report) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        report.add(Place(path), (), "UTF-8", "UTF-16; save the file as UTF-8")
        return None
    if b"\0" in data and max(data[::2].count(0), data[1::2].count(0)) * 8 > len(data):
        report.add(Place(path), (), "UTF-8", "zero bytes as in UTF-16; save the file as UTF-8")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        lines = data[: exc.start].decode("utf-8-sig", errors="replace").split("\n")
        place = Place(path, len(lines), len(lines[-1]) + 1)
        report.add(place, (), "UTF-8", f"the byte 0x{data[exc.start]:02X}; save the file as UTF-8")
        return None
