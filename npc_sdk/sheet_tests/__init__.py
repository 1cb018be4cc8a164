"""Tests for characters: plays the `tests:` of sheets and ready-made suites on any backend, and judges the answers."""
