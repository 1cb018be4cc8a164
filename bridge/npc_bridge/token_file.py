"""The token of the loopback endpoint: a file that only its owner can read."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from npc_bridge.keys import check_private
from npc_sdk.errors import KeyFileInvalid

TOKEN_BYTES = 32
"""Random bytes in a token."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
_MAX_FILE_BYTES = 1_024


def default_folder() -> Path:
    """Where tokens and keys lie when nothing else is said: `$NPC_HOME`, else `~/.npc`."""
    return Path(os.environ.get("NPC_HOME") or "~/.npc").expanduser()


def default_token_file() -> Path:
    """The token file that server and client agree on when nothing else is said."""
    return default_folder() / "bridge.token"


def read_token(path: Path) -> str:
    """The token in a file.

    Raises:
        KeyFileInvalid: if the file is missing, malformed, or readable by others than its owner.
    """
    check_private(path)
    try:
        with path.open("rb") as file:
            token = file.read(_MAX_FILE_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise KeyFileInvalid(f"The token file {path} cannot be read: {exc}.") from exc
    if not _TOKEN.fullmatch(token):
        raise KeyFileInvalid(f"{path} holds no token.", hint="Delete the file; `npc serve` writes a new one.")
    return token


def read_or_make_token(path: Path) -> str:
    """The token in a file; a missing file is written with a new random token, for its owner only.

    Raises:
        KeyFileInvalid: if the file cannot be written or is not a private token file.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return read_token(path)
    except OSError as exc:
        raise KeyFileInvalid(f"The token file {path} cannot be written: {exc.strerror}.") from exc
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    return token
