"""Character sheets: finds, reads and checks the YAML behind a `Character`.

Every fault of every file involved comes in one `SheetError`, with its line and column.
"""

from npc_sdk.sheets.finder import find_sheets
from npc_sdk.sheets.loader import load_character, load_folder
from npc_sdk.sheets.shipped import shipped_dir, shipped_ids

__all__ = ["find_sheets", "load_character", "load_folder", "shipped_dir", "shipped_ids"]
