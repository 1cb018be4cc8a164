"""Who may connect: PLAIN with a token on loopback, CURVE with an allow-list anywhere, and nothing else.

A socket without a mechanism is never made: libzmq's NULL falls back to an old protocol that delivers whatever a
port scanner sends.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from npc_bridge import keys
from npc_bridge.token_file import default_token_file, read_or_make_token, read_token
from npc_sdk.errors import InsecureBind, KeyFileInvalid

ZAP_DOMAIN = "npc"
PLAIN_USER = "npc"
MAX_DENIED = 1_000
"""Most kicked keys that are remembered; the oldest goes first."""

log = logging.getLogger("npc_bridge.auth")

# pyzmq's authenticator writes tokens to its log at level DEBUG.
_zap_log = logging.getLogger("npc_bridge.auth.zap")
_zap_log.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class PlainToken:
    """Loopback only: whoever can read the token file may connect.

    Args:
        file: made by the server if it is missing, for its owner only.
    """

    file: Path = field(default_factory=default_token_file)


@dataclass(frozen=True, slots=True)
class CurveServer:
    """Encrypted, for keys on the allow-list: see `npc_bridge.keys` for the folder."""

    folder: Path


@dataclass(frozen=True, slots=True)
class CurveClient:
    """A client's side of CURVE.

    Args:
        secret_file: the client's own `.key_secret` file.
        server_file: the server's public `.key` file.
    """

    secret_file: Path
    server_file: Path


def checked_endpoint(bind: str, security: PlainToken | CurveServer) -> str:
    """The endpoint to bind, if it may be opened with that security.

    Args:
        bind: `tcp://HOST:PORT`; port 0 takes a free one.
        security: how clients prove themselves.

    Raises:
        InsecureBind: if it is no TCP endpoint, or off loopback without CURVE and at least one allowed client.
    """
    host, found, port = bind.removeprefix("tcp://").rpartition(":")
    if not (bind.startswith("tcp://") and found and host and (port == "*" or port.isdecimal())):
        raise InsecureBind(f"Cannot serve on {bind!r}: an endpoint is tcp://HOST:PORT.")
    host = "127.0.0.1" if host == "localhost" else host
    if not _is_loopback(host):
        if isinstance(security, PlainToken):
            raise InsecureBind(
                f"{bind} can be reached from other machines, and a token would cross the network bare."
            )
        if not keys.list_clients(security.folder):
            raise InsecureBind(f"{bind} can be reached from other machines and no client is allowed yet.")
    return f"tcp://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False  # an interface or a name: whatever it means tomorrow, it is not surely loopback


def arm_server(socket: zmq.asyncio.Socket, security: PlainToken | CurveServer) -> None:
    """Gives a socket that is not bound yet its mechanism; without a ZAP handler it then refuses everybody.

    Raises:
        KeyFileInvalid: if the server's key cannot be used.
    """
    socket.setsockopt_string(zmq.ZAP_DOMAIN, ZAP_DOMAIN)
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    if isinstance(security, PlainToken):
        socket.setsockopt(zmq.PLAIN_SERVER, 1)
        return
    pair = keys.load_secret(security.folder / f"{keys.SERVER_NAME}.key_secret")
    socket.setsockopt(zmq.CURVE_PUBLICKEY, pair.public_key)
    socket.setsockopt(zmq.CURVE_SECRETKEY, pair.secret_key)
    socket.setsockopt(zmq.CURVE_SERVER, 1)


def arm_client(socket: zmq.asyncio.Socket, security: PlainToken | CurveClient) -> None:
    """Gives a socket that is not connected yet its mechanism and its secret.

    Raises:
        KeyFileInvalid: if the token or a key cannot be used.
    """
    if isinstance(security, PlainToken):
        socket.setsockopt_string(zmq.PLAIN_USERNAME, PLAIN_USER)
        socket.setsockopt_string(zmq.PLAIN_PASSWORD, read_token(security.file))
        return
    pair = keys.load_secret(security.secret_file)
    socket.setsockopt(zmq.CURVE_PUBLICKEY, pair.public_key)
    socket.setsockopt(zmq.CURVE_SECRETKEY, pair.secret_key)
    socket.setsockopt(zmq.CURVE_SERVERKEY, keys.load_public(security.server_file))


class Gate:
    """Answers libzmq's question whether a connection may come in (ZAP, RFC 27).

    Args:
        context: that of the socket to guard; it has one gate.
        security: how clients prove themselves.
    """

    def __init__(self, context: zmq.asyncio.Context, security: PlainToken | CurveServer) -> None:
        self._security = security
        self._denied_until: OrderedDict[bytes, float] = OrderedDict()
        self._authenticator = AsyncioAuthenticator(context, log=_zap_log)

    def open(self) -> None:
        """Starts to answer; before the socket is bound, so that nobody finds it unguarded.

        Raises:
            KeyFileInvalid: if the token or the allow-list cannot be used.
        """
        if isinstance(self._security, PlainToken):
            token = read_or_make_token(self._security.file)
            self._authenticator.start()
            self._authenticator.configure_plain(domain=ZAP_DOMAIN, passwords={PLAIN_USER: token})
        else:
            keys.list_clients(self._security.folder)
            self._authenticator.start()
            self._authenticator.configure_curve_callback(domain=ZAP_DOMAIN, credentials_provider=self)

    def close(self) -> None:
        """Stops to answer; may be called when never opened."""
        if self._authenticator.zap_socket is not None:
            self._authenticator.stop()

    def deny(self, user_id: str, seconds: float) -> None:
        """Refuses a CURVE key for a while. PLAIN clients share one user, so they are not told apart.

        Args:
            user_id: the key in Z85, as libzmq gives it with each message.
            seconds: how long.
        """
        if isinstance(self._security, CurveServer):
            self._denied_until[user_id.encode()] = time.monotonic() + seconds
            while len(self._denied_until) > MAX_DENIED:
                self._denied_until.popitem(last=False)

    def callback(self, domain: str, key: bytes) -> bool:
        """pyzmq's authenticator asks here for each connection; the folder is read anew each time.

        Args:
            domain: always ours.
            key: the client's public key in Z85.
        """
        if self._denied_until.get(key, 0.0) > time.monotonic():
            return False
        assert isinstance(self._security, CurveServer)
        try:
            allowed = keys.list_clients(self._security.folder)
        except KeyFileInvalid as exc:
            log.error("nobody is let in while the allow-list has a fault: %s", exc)
            return False
        return any(client.public_key.encode() == key for client in allowed)
