"""What a sheet's file may hold: a character, and the archetype that it extends."""

from __future__ import annotations

from npc_sdk.character import Character
from npc_sdk.sheet_base import Line


class SheetFile(Character):
    """A character sheet, or an archetype that sheets extend."""

    extends: Line | None = None
    """Path of an archetype, relative to the folder of the sheet. Its maps are merged with this file's key by key;
    other values are replaced; null removes a key of the archetype."""
