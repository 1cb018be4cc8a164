from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.sheets.report import Report
from npc_sdk.sheets.source import MAX_FILE_BYTES, read_text


def test_a_byte_order_mark_of_utf_8_is_accepted_and_does_not_shift_columns(faults, minimal):
    assert faults(b"\xef\xbb\xbf" + minimal.encode()) == []
    assert faults(b"\xef\xbb\xbfshema: npc/1\n" + minimal.encode())[0].startswith("sheet.yaml:1:1: shema:")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named_as_such_with_and_without_its_mark(faults, minimal, encoding):
    (fault,) = faults(minimal.encode(encoding))
    assert fault.startswith("sheet.yaml: expected UTF-8, found")
    assert "UTF-16" in fault


def test_latin_1_bytes_are_pointed_to(faults, minimal):
    (fault,) = faults(minimal.encode() + "scenario: caf\u00e9 noir\n".encode("latin-1"))
    assert fault == "sheet.yaml:5:14: expected UTF-8, found the byte 0xE9; save the file as UTF-8"


def test_nul_and_other_unprintable_characters_are_pointed_to_beside_other_faults(faults, minimal):
    found = faults(minimal + "scenario: a\0b\nrulez: []\n# \x07\n")
    assert found == [
        "sheet.yaml:5:12: expected printable text, found the character U+0000",
        "sheet.yaml:6:1: rulez: expected a known key, found 'rulez'; did you mean 'rules'?",
        "sheet.yaml:7:3: expected printable text, found the character U+0007",
    ]


def test_a_file_over_the_limit_is_refused_by_its_size_alone(write):
    path = write("big.yaml", b"")
    os.truncate(path, 10_000_000_000 if os.name != "nt" else 10_000_000)
    report = Report()
    assert read_text(path, report) is None
    assert len(report) == 1


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not(faults, minimal):
    room = MAX_FILE_BYTES - len(minimal)
    assert faults(minimal + "#" * room) == []
    (fault,) = faults(minimal + "#" * (room + 1))
    assert fault.startswith("sheet.yaml: expected at most 256 KiB, found")


def test_a_folder_is_refused(write):
    write("sheet.yaml/inner.txt", "")
    report = Report()
    assert read_text(Path("sheet.yaml"), report) is None
    assert len(report) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    report = Report()
    assert read_text(tmp_path / "pipe.yaml", report) is None
    assert len(report) == 1


def test_a_file_that_may_not_be_read_is_a_fault_and_not_a_traceback(faults, minimal, monkeypatch):
    def refuse(path: Path, mode: str, **options: Any) -> Any:
        if mode == "rb":
            raise PermissionError(13, "Permission denied")
        return really_open(path, mode, **options)

    really_open = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    assert faults(minimal) == ["sheet.yaml: expected a readable file, found an error: permission denied"]
