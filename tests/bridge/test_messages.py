from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_bridge.fields import Changes, Choice, Flag, Kind, Name, NameLists, NumberMap, Text, Whole, WholeList
from npc_bridge.messages import (
    CLIENT_MESSAGES,
    LINES,
    REQUESTS,
    SERVER_MESSAGES,
    STREAM_FRAMES,
    MessageType,
    message_type,
)
from npc_bridge.wire import decode, encode
from npc_sdk.errors import ProtocolError, UnknownType
from tests.bridge.support import VECTORS, by_name, vectors

MESSAGES = vectors("messages.json")
KNOWN = {"client": CLIENT_MESSAGES, "server": SERVER_MESSAGES}
TYPES = [*CLIENT_MESSAGES.values(), *SERVER_MESSAGES.values()]


def read(sender: str, frame: bytes) -> dict[str, Any]:
    message = decode(frame)
    return message_type(message, KNOWN[sender]).read(message)


@pytest.mark.parametrize("vector", [each for each in MESSAGES if each["kind"] == "accept"], ids=by_name)
def test_accepts_the_vectors(vector: dict[str, Any]) -> None:
    found = read(vector["from"], bytes.fromhex(vector["hex"]))
    for name, value in found.items():
        assert value == vector["message"].get(name)


@pytest.mark.parametrize("vector", [each for each in MESSAGES if each["kind"] == "reject"], ids=by_name)
def test_rejects_the_vectors_with_their_codes(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(vector["from"], bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["error"]


def test_the_generated_vectors_are_fresh() -> None:
    command = [sys.executable, str(VECTORS / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def values(kind: Kind) -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
    match kind:
        case Name():
            return st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)
        case Text(min_bytes):
            return text.map(lambda drawn: drawn or "a" * min_bytes).map(lambda drawn: drawn[:16])
        case Whole(small, large):
            return st.integers(small, large)
        case Flag():
            return st.booleans()
        case Choice(words):
            return st.sampled_from(words)
        case WholeList():
            return st.lists(st.integers(0, 65_535), min_size=1, max_size=16)
        case Changes():
            return st.dictionaries(text, st.none() | text, max_size=4)
        case NameLists():
            return st.dictionaries(text, st.lists(text, max_size=4), max_size=4)
        case NumberMap():
            return st.dictionaries(text, st.integers(0, 2**53) | st.floats(0, 1e9), max_size=4)
        case _:
            return st.dictionaries(text, st.none() | st.booleans() | text | st.lists(st.integers(0, 9)), max_size=4)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
@settings(deadline=None)  # a busy machine is no fault
@given(data=st.data())
def test_what_is_written_is_read_back(kind: MessageType, data: st.DataObject) -> None:
    fields = {
        field.name: data.draw(values(field.kind)) for field in kind.fields if field.needed or data.draw(st.booleans())
    }
    message = decode(encode(kind.write(**fields)))
    assert next(iter(message)) == "t"
    assert list(message)[1:] == [field.name for field in kind.fields if field.name in message]
    assert kind.read(message) == {field.name: fields.get(field.name) for field in kind.fields}


def test_writing_a_stranger_field_is_refused() -> None:
    with pytest.raises(ProtocolError, match="'nn'"):
        CLIENT_MESSAGES["credit"].write(rq="1", n=1, nn=1)


def test_a_fault_names_field_kind_and_value() -> None:
    with pytest.raises(ProtocolError, match=r"^say.credit must be int\(0..256\), found 257\.$"):
        CLIENT_MESSAGES["say"].read({"rq": "1", "dialogue": "d1", "text": "", "credit": 257})


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownType, match="did you mean 'cancel'"):
        message_type({"t": "cancle"}, CLIENT_MESSAGES)


def test_the_sets_of_names_are_names_of_messages() -> None:
    assert LINES <= REQUESTS <= CLIENT_MESSAGES.keys()
    assert SERVER_MESSAGES.keys() >= STREAM_FRAMES
    for name in REQUESTS:
        assert CLIENT_MESSAGES[name].fields[0].name == "rq"
        assert CLIENT_MESSAGES[name].is_request
