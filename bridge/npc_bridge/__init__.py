"""npc_bridge: NPC lines over ZeroMQ."""
