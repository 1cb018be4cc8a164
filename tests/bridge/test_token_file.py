from __future__ import annotations

import os
from pathlib import Path

import pytest

from npc_bridge.token_file import default_token_file, read_or_make_token, read_token
from npc_sdk.errors import KeyFileInvalid


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bridge.token"
    token = read_or_make_token(path)
    assert len(token) == 43
    assert read_or_make_token(path) == read_token(path) == token
    assert path.read_text() == f"{token}\n"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the rights of files elsewhere")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "bridge.token"
    read_or_make_token(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    for act in (read_token, read_or_make_token):
        with pytest.raises(KeyFileInvalid, match="read by others"):
            act(path)


@pytest.mark.parametrize("content", [b"", b"short\n", b"a b" * 20, b"\xff" * 43, b"a" * 5_000])
def test_what_is_no_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bridge.token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileInvalid):
        read_token(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid, match=r"bridge\.token"):
        read_token(tmp_path / "bridge.token")


def test_the_usual_place_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_HOME", str(tmp_path))
    assert default_token_file() == tmp_path / "bridge.token"
    monkeypatch.delenv("NPC_HOME")
    assert default_token_file() == Path.home() / ".npc" / "bridge.token"
