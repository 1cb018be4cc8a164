from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from npc_bridge import keys
from npc_bridge.auth import CurveClient, CurveServer, PlainToken, arm_server, checked_endpoint
from npc_bridge.client import BridgeClient
from npc_sdk.errors import BridgeError, InsecureBind, KeyFileInvalid, Unauthorised
from npc_sdk.testing import ScriptedBackend
from tests.bridge.support import QUICK, QUIET_S, WAIT_S, RawClient, collect, raw, serving

NEVER_S = 10 * WAIT_S
"""A limit that a test which passes does not wait for."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys.make_server_keys(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "[::1]", "localhost"])
def test_loopback_may_be_served_with_a_token(host: str) -> None:
    assert checked_endpoint(f"tcp://{host}:0", PlainToken()).startswith("tcp://")


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "*", "[::]", "192.168.1.7", "8.8.8.8", "eth0", "localhost.example.org", "127.0.0.1.example.org"],
)
def test_nothing_else_may(host: str, folder: Path) -> None:
    for security in (PlainToken(), CurveServer(folder)):
        with pytest.raises(InsecureBind, match="other machines"):
            checked_endpoint(f"tcp://{host}:0", security)
    keys.make_client_keys(folder, "game")
    assert checked_endpoint(f"tcp://{host}:0", CurveServer(folder)) == f"tcp://{host}:0"


@pytest.mark.parametrize(
    "bind", ["", "ipc:///tmp/x", "inproc://x", "tcp://127.0.0.1", "tcp://:5", "127.0.0.1:5", "tcp://127.0.0.1:x"]
)
def test_only_tcp_endpoints_are_served(bind: str) -> None:
    with pytest.raises(InsecureBind, match="tcp://HOST:PORT"):
        checked_endpoint(bind, PlainToken())


async def test_the_right_token_opens_and_speaks(tmp_path: Path) -> None:
    async with (
        serving(ScriptedBackend(["Yes?"]), tmp_path) as server,
        BridgeClient.connect(server.endpoint, token_file=server.token_file) as client,
    ):
        dialogue = await client.open("mira")
        assert await collect(dialogue.say("Hello."))


async def test_a_wrong_token_is_refused_at_once(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.token"
    wrong.write_text("x" * 43)
    wrong.chmod(0o600)
    async with serving(ScriptedBackend([]), tmp_path) as server, asyncio.timeout(WAIT_S):
        with pytest.raises(Unauthorised, match="refused the token"):
            async with BridgeClient.connect(server.endpoint, token_file=wrong, timeout_s=NEVER_S):
                raise AssertionError("connected")
        assert server.session_count == 0


async def test_a_client_without_mechanism_delivers_nothing(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server, RawClient(server.endpoint, None) as stranger:
        await stranger.send("hello", v=[1], client="stranger")
        await stranger.hear_nothing()
        assert not server._peers


async def test_without_a_zap_handler_nobody_gets_in(tmp_path: Path) -> None:
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.ROUTER)
    arm_server(socket, PlainToken())
    socket.bind("tcp://127.0.0.1:0")
    path = tmp_path / "any.token"
    path.write_text("y" * 43)
    path.chmod(0o600)
    try:
        async with RawClient(socket.getsockopt_string(zmq.LAST_ENDPOINT), PlainToken(path)) as client:
            await client.send("hello", v=[1], client="x")
            assert not await socket.poll(QUIET_S * 1000)
    finally:
        socket.close(linger=0)
        context.term()


async def test_curve_lets_in_who_is_on_the_list(folder: Path, tmp_path: Path) -> None:
    security = CurveServer(folder)
    async with serving(ScriptedBackend(["Yes?"]), tmp_path, security=security) as server:
        assert server.token_file is None
        made = keys.make_client_keys(folder, "game")  # after the start: the list is read at each connection
        curve = CurveClient(made.secret_file, folder / "server.key")
        async with BridgeClient.connect(server.endpoint, curve=curve) as client:
            assert await collect((await client.open("mira")).say("Hello."))
        keys.revoke_client(folder, "game")
        async with asyncio.timeout(WAIT_S):
            with pytest.raises(Unauthorised):
                async with BridgeClient.connect(server.endpoint, curve=curve, timeout_s=NEVER_S):
                    raise AssertionError("connected")


async def test_a_wrong_server_key_is_unauthorised_at_once(folder: Path, tmp_path: Path) -> None:
    made = keys.make_client_keys(folder, "game")
    other = keys.make_server_keys(tmp_path / "other")
    async with (
        serving(ScriptedBackend([]), tmp_path, security=CurveServer(folder)) as server,
        asyncio.timeout(WAIT_S),
    ):
        curve = CurveClient(made.secret_file, other.public_file)
        with pytest.raises(Unauthorised, match="another server"):
            async with BridgeClient.connect(server.endpoint, curve=curve, timeout_s=NEVER_S):
                raise AssertionError("connected")


async def test_the_other_mechanism_is_unauthorised_at_once(folder: Path, tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as plain:
        token_file = plain.token_file
    async with (
        serving(ScriptedBackend([]), tmp_path, security=CurveServer(folder)) as server,
        asyncio.timeout(WAIT_S),
    ):
        with pytest.raises(Unauthorised):
            async with BridgeClient.connect(server.endpoint, token_file=token_file, timeout_s=NEVER_S):
                raise AssertionError("connected")


async def test_a_broken_allow_list_lets_nobody_in(folder: Path, tmp_path: Path) -> None:
    made = keys.make_client_keys(folder, "game")
    curve = CurveClient(made.secret_file, folder / "server.key")
    async with (
        serving(ScriptedBackend([]), tmp_path, security=CurveServer(folder)) as server,
        asyncio.timeout(WAIT_S),
    ):
        (folder / "allowed" / "broken.key").write_text("nothing")
        with pytest.raises(Unauthorised):
            async with BridgeClient.connect(server.endpoint, curve=curve, timeout_s=NEVER_S):
                raise AssertionError("connected")


async def test_a_kicked_key_stays_out_for_a_while(folder: Path, tmp_path: Path) -> None:
    made = keys.make_client_keys(folder, "game")
    curve = CurveClient(made.secret_file, folder / "server.key")
    async with (
        serving(ScriptedBackend([]), tmp_path, security=CurveServer(folder)) as server,
        asyncio.timeout(WAIT_S),
    ):
        async with RawClient(server.endpoint, curve) as client:
            await client.hello()
            for _ in range(8):
                await client.send_bytes(b"\xc1")
            assert (await client.until("bye"))[-1]["why"] == "kicked"
        with pytest.raises(Unauthorised):
            async with BridgeClient.connect(server.endpoint, curve=curve, timeout_s=NEVER_S):
                raise AssertionError("connected")


async def test_a_server_without_its_key_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid):
        async with serving(ScriptedBackend([]), tmp_path, security=CurveServer(tmp_path / "none")):
            raise AssertionError("opened")


async def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path) as server:
        with pytest.raises(BridgeError, match="in use"):
            async with serving(ScriptedBackend([]), tmp_path, bind=server.endpoint):
                raise AssertionError("opened")


async def test_silent_connections_are_closed_in_the_handshake(tmp_path: Path) -> None:
    async with serving(ScriptedBackend([]), tmp_path, limits=QUICK) as server:
        host, port = server.endpoint.removeprefix("tcp://").split(":")
        pairs = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
        async with asyncio.timeout(WAIT_S):
            for reader, writer in pairs:
                await reader.read()  # returns when the server closes
                writer.close()
        assert not server._peers


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(range(256)) * 4,
        b"\xff" + bytes(8) + b"\x7f" + b"\x03" * 300,
        b"\x00" * 5_000,
    ],
    ids=["http", "bytes", "half a greeting", "zeros"],
)
async def test_garbage_on_the_port_is_closed_and_not_delivered(tmp_path: Path, garbage: bytes) -> None:
    async with serving(ScriptedBackend(["Yes?"]), tmp_path, limits=QUICK) as server:
        host, port = server.endpoint.removeprefix("tcp://").split(":")
        async with asyncio.timeout(WAIT_S):
            for _ in range(20):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(garbage)
                try:
                    await reader.read()
                except ConnectionResetError:
                    assert reader.exception() is not None  # closed with our bytes unread: as good
                writer.close()
        assert not server._peers
        async with raw(server) as client:
            await client.hello()
