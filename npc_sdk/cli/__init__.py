"""The `npc` command."""
