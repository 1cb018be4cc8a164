"""The characters that ship with npc_sdk."""

from __future__ import annotations

from pathlib import Path

from npc_sdk.errors import UnknownCharacter

SHEET_SUFFIXES = (".yaml", ".yml")
"""How the names of sheets end."""


def shipped_dir() -> Path:
    """The folder of the shipped sheets: inside the installed package, or beside it in a source checkout.

    Raises:
        UnknownCharacter: when the installation has no such folder.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "characters", package.parent / "characters"):
        if folder.is_dir():
            return folder
    raise UnknownCharacter(
        f"the shipped characters are not in {package / 'characters'}", hint="Install npc-sdk again: it is incomplete."
    )


def shipped_ids() -> tuple[str, ...]:
    """The ids of the shipped characters, sorted; each names its file, `<id>.yaml`."""
    return tuple(sorted(path.stem for path in shipped_dir().glob("*.yaml")))
