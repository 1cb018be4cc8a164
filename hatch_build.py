"""Puts characters/ into the wheel as npc_sdk/characters.

A plain `force-include` would do so for editable installs too, and the folder that then lies in site-packages hides
the real package from Python.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CharactersHook(BuildHookInterface):  # type: ignore[type-arg]
    """Ships the characters with standard wheels only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; `version` is `standard` or `editable`."""
        if version == "standard":
            build_data["force_include"]["characters"] = "npc_sdk/characters"
