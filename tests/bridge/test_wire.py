from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_bridge.limits import MAX_FRAME_BYTES
from npc_bridge.wire import decode, encode
from npc_sdk.errors import BadMsgpack, FrameTooLarge, ProtocolError
from tests.bridge.support import by_name, vectors

MSGPACK = vectors("msgpack.json")
ACCEPTED = [vector for vector in MSGPACK if vector["kind"] != "reject"]
EXACT = [vector for vector in MSGPACK if vector["kind"] == "encode+decode"]
REJECTED = [vector for vector in MSGPACK if vector["kind"] == "reject"]

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5))
MESSAGES = st.dictionaries(TEXT, VALUES, max_size=8)


@pytest.mark.parametrize("vector", ACCEPTED, ids=by_name)
def test_decodes_the_vectors(vector: dict[str, Any]) -> None:
    assert decode(bytes.fromhex(vector["hex"])) == vector["value"]


@pytest.mark.parametrize("vector", EXACT, ids=by_name)
def test_encodes_the_vectors_byte_for_byte(vector: dict[str, Any]) -> None:
    assert encode(vector["value"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", REJECTED, ids=by_name)
def test_rejects_the_vectors_with_their_codes(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


def test_every_kind_of_vector_is_there() -> None:
    assert (len(EXACT), len(ACCEPTED) - len(EXACT), len(REJECTED)) >= (30, 4, 28)
    assert len({vector["name"] for vector in MSGPACK}) == len(MSGPACK)


def outcome(frame: bytes) -> str:
    try:
        return "map" if isinstance(decode(frame), dict) else "other"
    except ProtocolError as exc:
        return exc.code


@settings(deadline=None)  # a busy machine is no fault
@given(MESSAGES)
def test_what_is_encoded_comes_back(message: dict[str, Any]) -> None:
    assert decode(encode(message)) == message


@settings(deadline=None)  # a busy machine is no fault
@given(st.binary(max_size=200))
def test_random_bytes_give_a_map_or_a_protocol_error(frame: bytes) -> None:
    assert outcome(frame) in {"map", "bad_msgpack", "bad_message"}


@settings(deadline=None)  # a busy machine is no fault
@given(MESSAGES, st.data())
def test_damaged_frames_give_a_map_or_a_protocol_error(message: dict[str, Any], data: st.DataObject) -> None:
    frame = bytearray(encode(message))
    where = data.draw(st.integers(0, len(frame) - 1))
    frame[where] = data.draw(st.integers(0, 255))
    assert outcome(bytes(frame)) in {"map", "bad_msgpack", "bad_message"}


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1x"], ids=["arrays", "maps"])
def test_a_hundred_thousand_levels_are_a_protocol_error(opening: bytes) -> None:
    with pytest.raises(BadMsgpack):
        decode(opening * 80_000)


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameTooLarge, match="262,145 bytes"):
        decode(b"\xc1" * (MAX_FRAME_BYTES + 1))


def test_a_message_over_the_limit_is_not_encoded() -> None:
    with pytest.raises(FrameTooLarge):
        encode({"a": "x" * 200_000, "b": "x" * 100_000})


def test_a_frame_at_the_limit_passes() -> None:
    body = {"a": "x" * 200_000, "b": ""}
    body["b"] = "x" * (MAX_FRAME_BYTES - len(encode(body)) - 4)
    frame = encode(body)
    assert len(frame) <= MAX_FRAME_BYTES
    assert decode(frame) == body


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), b"x", object(), "\ud800", 2**64, -(2**63) - 1, {1: 2}, {"\ud800": 1}, [[0]] * 5_000],
    ids=lambda value: type(value).__name__,
)
def test_values_outside_the_profile_are_not_encoded(value: object) -> None:
    with pytest.raises(BadMsgpack):
        encode({"x": value})


def test_values_that_hold_themselves_are_not_encoded() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(BadMsgpack, match="deeper than 16"):
        encode({"x": endless})


@pytest.mark.parametrize("code", [-1, 0, 5, 127])
@pytest.mark.parametrize("size", [0, 1, 4, 8, 12, 16])
def test_no_extension_type_passes(code: int, size: int) -> None:
    frame = msgpack.packb({"x": msgpack.ExtType(code, bytes(size))}) if code >= 0 else None
    if frame is None:
        frame = b"\x81\xa1x" + bytes([0xC7, size, code & 0xFF]) + bytes(size)
    with pytest.raises(BadMsgpack):
        decode(frame)
