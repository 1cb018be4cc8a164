"""CURVE keys as files: the server's pair, pairs for clients, and the folder of clients that may connect.

    FOLDER/server.key           the server's public key: give it to clients
    FOLDER/server.key_secret    stays with the server
    FOLDER/clients/NAME.key     a client's pair; the secret part goes to that client
    FOLDER/clients/NAME.key_secret
    FOLDER/allowed/NAME.key     the public keys that the server lets in

The folders and secret files are for their owner only. A key that is allowed or revoked counts from the next
connection on; a server need not be restarted.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from zmq.auth.certs import create_certificates, load_certificate

from npc_sdk.errors import KeyFileInvalid

SERVER_NAME = "server"
MAX_ALLOWED = 1_000
"""Most clients in one allow-list."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PUBLIC_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A CURVE pair in files.

    Args:
        public_key: 40 characters of Z85.
        public_file: holds the public key.
        secret_file: holds both keys; only its owner may read it.
    """

    public_key: str
    public_file: Path
    secret_file: Path


@dataclass(frozen=True, slots=True)
class AllowedClient:
    """A client that may connect: its name in the allow-list and its public key in Z85."""

    name: str
    public_key: str


@dataclass(frozen=True, slots=True)
class CurveSecret:
    """Both keys of a pair, in Z85."""

    public_key: bytes
    secret_key: bytes

    def __repr__(self) -> str:
        return f"CurveSecret(public_key={self.public_key!r})"


def make_server_keys(folder: Path) -> KeyPair:
    """Makes the server's pair and an empty allow-list.

    Args:
        folder: made if it is missing, readable by its owner only.

    Raises:
        KeyFileInvalid: if the folder has a server's pair already, or cannot be written.
    """
    pair = _make_pair(folder, SERVER_NAME)
    _private_folder(folder / "allowed")
    return pair


def make_client_keys(folder: Path, name: str) -> KeyPair:
    """Makes a client's pair and lets it in.

    Args:
        folder: the server's key folder.
        name: letters, digits, `.`, `_` and `-`, at most 64.

    Returns:
        the pair: its secret file goes to the client, together with the server's public file.

    Raises:
        KeyFileInvalid: if the name is taken or not allowed, or the folder cannot be written.
    """
    _private_folder(folder)
    pair = _make_pair(folder / "clients", name)
    allow_client(folder, name, pair.public_key)
    return pair


def allow_client(folder: Path, name: str, public_key: str) -> None:
    """Lets a client in that made its pair elsewhere.

    Args:
        folder: the server's key folder.
        name: what the client is called in the list.
        public_key: 40 characters of Z85.

    Raises:
        KeyFileInvalid: if the name or the key is malformed, the name is taken, or the list is full.
    """
    _check_name(name)
    if not _PUBLIC_KEY.fullmatch(public_key):
        raise KeyFileInvalid(f"A public key is 40 characters of Z85, found {len(public_key)} characters.")
    if len(list_clients(folder)) >= MAX_ALLOWED:
        raise KeyFileInvalid(f"The allow-list holds {MAX_ALLOWED} clients already; revoke one first.")
    path = folder / "allowed" / f"{name}.key"
    _private_folder(path.parent)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f'metadata\ncurve\n    public-key = "{public_key}"\n')
    except OSError as exc:
        raise KeyFileInvalid(f"The client {name!r} cannot be allowed: {exc.strerror} ({path}).") from exc


def list_clients(folder: Path) -> tuple[AllowedClient, ...]:
    """The clients that may connect, by name.

    Raises:
        KeyFileInvalid: if a file of the list holds no public key.
    """
    paths = sorted((folder / "allowed").glob("*.key"))[: MAX_ALLOWED + 1]
    return tuple(AllowedClient(path.stem, _load(path)[0].decode()) for path in paths)


def revoke_client(folder: Path, name: str) -> None:
    """Takes a client off the list; its key files stay, its next connection is refused.

    Raises:
        KeyFileInvalid: if no client of that name is allowed.
    """
    _check_name(name)
    path = folder / "allowed" / f"{name}.key"
    try:
        path.unlink()
    except OSError as exc:
        allowed = ", ".join(client.name for client in list_clients(folder)) or "nobody"
        raise KeyFileInvalid(f"No client {name!r} to revoke; allowed: {allowed}.") from exc


def load_secret(path: Path) -> CurveSecret:
    """Both keys of a secret file.

    Raises:
        KeyFileInvalid: if the file is missing, malformed, or readable by others than its owner.
    """
    check_private(path)
    public_key, secret_key = _load(path)
    if secret_key is None:
        raise KeyFileInvalid(f"{path} holds no secret key; give the file that ends in .key_secret.")
    return CurveSecret(public_key, secret_key)


def load_public(path: Path) -> bytes:
    """The public key of a key file, in Z85.

    Raises:
        KeyFileInvalid: if the file is missing or malformed.
    """
    return _load(path)[0]


def check_private(path: Path) -> None:
    """Refuses a secret that others can read. Windows keeps such rights elsewhere and is not checked.

    Raises:
        KeyFileInvalid: if the file is missing or its group or others have any right to it.
    """
    try:
        mode = path.stat().st_mode
    except OSError as exc:
        raise KeyFileInvalid(f"{path} cannot be read: {exc.strerror}.") from exc
    if os.name == "posix" and mode & 0o077:
        raise KeyFileInvalid(f"{path} can be read by others.", hint=f"Run `chmod 600 {path}`.")


def _make_pair(folder: Path, name: str) -> KeyPair:
    _check_name(name)
    public_file, secret_file = folder / f"{name}.key", folder / f"{name}.key_secret"
    for path in (public_file, secret_file):
        if path.exists():
            raise KeyFileInvalid(f"{path} exists already.", hint="Keep it, or delete it and all that trusts it.")
    _private_folder(folder)
    try:
        create_certificates(folder, name)
        secret_file.chmod(0o600)
    except OSError as exc:
        raise KeyFileInvalid(f"No key pair can be written to {folder}: {exc.strerror}.") from exc
    return KeyPair(_load(public_file)[0].decode(), public_file, secret_file)


def _private_folder(folder: Path) -> None:
    """The folder is closed to others before a secret is written: pyzmq writes its files with the usual rights."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as exc:
        raise KeyFileInvalid(f"The folder {folder} cannot be made: {exc.strerror}.") from exc


def _load(path: Path) -> tuple[bytes, bytes | None]:
    try:
        public_key, secret_key = load_certificate(path)
    except (OSError, ValueError) as exc:
        raise KeyFileInvalid(f"{path} is not a CURVE key file: {exc}") from exc
    for key in (public_key, secret_key):
        if key is not None and not _PUBLIC_KEY.fullmatch(key.decode("latin-1")):
            raise KeyFileInvalid(f"{path} holds a key that is not 40 characters of Z85.")
    return public_key, secret_key


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise KeyFileInvalid(f"A client's name is letters, digits, '.', '_' and '-', found {name!r}.")
