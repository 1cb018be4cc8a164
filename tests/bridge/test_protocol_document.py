"""bridge/PROTOCOL.md is the authority; these tests hold the code to it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from npc_bridge import limits
from npc_bridge.messages import CLIENT_MESSAGES, SERVER_MESSAGES, MessageType
from npc_bridge.peer import _welcome_limits
from npc_sdk import errors

DOCUMENT = (Path(__file__).parents[2] / "bridge" / "PROTOCOL.md").read_text(encoding="utf-8")
NEVER_SENT = {
    "Unauthorised",
    "Disconnected",
    "RequestRefused",
    "InsecureBind",
    "KeyFileInvalid",
    "SheetError",
    # of npc test, which no client can ask for
    "NoTests",
    "UnknownSuite",
    "RecordingInvalid",
    "ReportNotWritten",
}


def section(number: int) -> str:
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def tables(text: str) -> dict[str, list[tuple[str, str, bool]]]:
    parts = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)
    return {
        name: [(row[0], row[1], row[2] == "yes") for row in rows(body)]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def in_code(types: dict[str, MessageType]) -> dict[str, list[tuple[str, str, bool]]]:
    return {
        name: [(field.name, field.kind.label, field.needed) for field in kind.fields] for name, kind in types.items()
    }


def subclasses(base: type[errors.NpcError]) -> Iterator[type[errors.NpcError]]:
    for each in base.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
        yield from subclasses(each)


def test_the_versions_agree() -> None:
    assert f"Version: **{limits.PROTOCOL_VERSION}**" in DOCUMENT
    assert str(limits.PROTOCOL_MAJOR) == limits.PROTOCOL_VERSION.split(".")[0]
    assert rows(section(14))[0][0] == limits.PROTOCOL_VERSION


def test_the_clients_messages_agree() -> None:
    assert tables(section(9)) == in_code(CLIENT_MESSAGES)


def test_the_servers_messages_agree() -> None:
    assert tables(section(10)) == in_code(SERVER_MESSAGES)


def test_the_codes_agree() -> None:
    written = {row[0]: (row[1] == "yes", row[2] == "yes") for row in rows(section(11))}
    bases = {each.__base__ for each in subclasses(errors.NpcError)} - {errors.ProtocolError}
    sent = {
        each.code: (each.retryable, issubclass(each, errors.ProtocolError) and each is not errors.UnknownType)
        for each in subclasses(errors.NpcError)
        if each not in bases and each.__name__ not in NEVER_SENT
    }
    assert written == sent


def test_the_limits_agree() -> None:
    written = {row[0]: int(row[1]) for row in rows(section(12))}
    assert written == _welcome_limits(limits.Limits())


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    usual = limits.Limits()
    for text in (
        f"No message is larger than {limits.MAX_FRAME_BYTES:,} bytes",
        f"Depth at most {limits.MAX_DEPTH} ",
        f"at most {limits.MAX_MAP_ITEMS} pairs per map, {limits.MAX_ARRAY_ITEMS:,} items per array",
        f"{limits.MAX_SAVE_BYTES:,} bytes per string",
        f"{usual.max_strikes} messages within {usual.strike_window_s:g} s",
        f"its key is refused for {usual.deny_s:g} s",
        f"`HANDSHAKE_IVL={usual.handshake_ms}`",
        f"waits at most {usual.stop_s:g} s for their terminals",
        f"{usual.max_sessions} sessions per server",
        f"up to {usual.outbox_bytes // 2**20} MiB per client",
    ):
        assert text in DOCUMENT, text


def test_every_limit_has_a_documented_meaning() -> None:
    doc = limits.Limits.__doc__ or ""
    for field in dataclasses.fields(limits.Limits):
        assert f"{field.name}:" in doc
