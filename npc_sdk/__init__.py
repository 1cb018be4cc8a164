"""npc_sdk: a roleplay SDK for game NPCs."""
