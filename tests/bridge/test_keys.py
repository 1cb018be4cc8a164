from __future__ import annotations

import os
from pathlib import Path

import pytest

from npc_bridge import keys
from npc_sdk.errors import KeyFileInvalid

posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps the rights of files elsewhere")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    server = keys.make_server_keys(folder)
    client = keys.make_client_keys(folder, "game")
    assert [mode(server.secret_file), mode(client.secret_file)] == [0o600, 0o600]
    assert [mode(folder), mode(folder / "clients"), mode(folder / "allowed")] == [0o700] * 3


def test_a_pair_is_read_back(tmp_path: Path) -> None:
    made = keys.make_server_keys(tmp_path)
    secret = keys.load_secret(made.secret_file)
    assert secret.public_key.decode() == made.public_key == keys.load_public(made.public_file).decode()
    assert secret.secret_key.decode() not in repr(secret)


def test_clients_are_allowed_listed_and_revoked(tmp_path: Path) -> None:
    keys.make_server_keys(tmp_path)
    made = keys.make_client_keys(tmp_path, "game-1")
    keys.allow_client(tmp_path, "other", made.public_key)
    assert [client.name for client in keys.list_clients(tmp_path)] == ["game-1", "other"]
    keys.revoke_client(tmp_path, "other")
    assert keys.list_clients(tmp_path) == (keys.AllowedClient("game-1", made.public_key),)


def test_a_pair_is_never_overwritten(tmp_path: Path) -> None:
    keys.make_server_keys(tmp_path)
    with pytest.raises(KeyFileInvalid, match="exists already"):
        keys.make_server_keys(tmp_path)
    keys.make_client_keys(tmp_path, "game")
    with pytest.raises(KeyFileInvalid, match="exists already"):
        keys.make_client_keys(tmp_path, "game")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a" * 65, "ü", "a b"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    for act in (keys.make_client_keys, keys.revoke_client):
        with pytest.raises(KeyFileInvalid, match="name is letters"):
            act(tmp_path, name)
    assert not list(tmp_path.rglob("*.key*"))


@pytest.mark.parametrize("key", ["", "short", "a" * 41, '"' * 40])
def test_malformed_public_keys_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyFileInvalid, match="40 characters of Z85"):
        keys.allow_client(tmp_path, "game", key)


def test_revoking_a_stranger_names_who_is_allowed(tmp_path: Path) -> None:
    keys.make_client_keys(tmp_path, "game")
    with pytest.raises(KeyFileInvalid, match=r"No client 'gmae' to revoke; allowed: game\."):
        keys.revoke_client(tmp_path, "gmae")


@posix
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    made = keys.make_server_keys(tmp_path)
    made.secret_file.chmod(0o640)
    with pytest.raises(KeyFileInvalid, match="can be read by others"):
        keys.load_secret(made.secret_file)


def test_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid):
        keys.load_secret(tmp_path / "missing")
    public = keys.make_server_keys(tmp_path).public_file
    public.chmod(0o600)
    with pytest.raises(KeyFileInvalid, match="no secret key"):
        keys.load_secret(public)
    (tmp_path / "allowed" / "broken.key").write_text("not a key")
    with pytest.raises(KeyFileInvalid, match="not a CURVE key file"):
        keys.list_clients(tmp_path)
