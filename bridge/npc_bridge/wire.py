"""The border to msgpack: maps to bytes and back, strictly within the profile of PROTOCOL.md.

Nothing else in the bridge touches msgpack. Whatever a peer sends, `decode` gives a map of plain data or raises a
ProtocolError; it never raises anything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgpack

from npc_bridge.limits import MAX_ARRAY_ITEMS, MAX_DEPTH, MAX_FRAME_BYTES, MAX_MAP_ITEMS, MAX_SAVE_BYTES
from npc_sdk.errors import BadMsgpack, FrameTooLarge, ProtocolError

_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1


def encode(message: Mapping[str, Any]) -> bytes:
    """One message as the bytes of its frame: shortest forms, keys in the order of the mapping.

    Raises:
        BadMsgpack: if a value is outside the profile.
        FrameTooLarge: if the frame would be over the limit.
    """
    _check(message)
    try:
        frame: bytes = msgpack.packb(message, use_bin_type=True)
    except (ValueError, TypeError, OverflowError) as exc:
        raise BadMsgpack(f"The message cannot be encoded: {exc}") from exc
    if len(frame) > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"The message has {len(frame):,} bytes, the limit is {MAX_FRAME_BYTES:,}.")
    return frame


def decode(frame: bytes) -> dict[str, Any]:
    """The map in a frame.

    Raises:
        FrameTooLarge: if the frame is over the limit.
        BadMsgpack: if the bytes are not exactly one value of the profile.
        ProtocolError: if that value is not a map.
    """
    if len(frame) > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"The frame has {len(frame):,} bytes, the limit is {MAX_FRAME_BYTES:,}.")
    try:
        value = msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=_unique,
            ext_hook=_no_ext,
            max_str_len=MAX_SAVE_BYTES,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=MAX_ARRAY_ITEMS,
            max_map_len=MAX_MAP_ITEMS,
        )
    except ProtocolError:
        raise
    # msgpack's errors have no common base, and deep nesting raises whatever the interpreter runs out of first.
    except Exception as exc:
        raise BadMsgpack(
            f"The frame is not one msgpack value of the profile: {str(exc) or type(exc).__name__}"
        ) from exc
    _check(value)
    if not isinstance(value, dict):
        raise ProtocolError(f"A message is a map, found {type(value).__name__}.")
    return value


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadMsgpack("A map holds a key twice.")
    return found


def _no_ext(code: int, data: bytes) -> None:
    raise BadMsgpack(f"Extension type {code} is not in the profile.")


def _check(root: Any) -> None:
    """Walks without recursion: depth is what a hostile frame attacks."""
    open_values: list[Iterator[Any]] = [iter((root,))]
    while open_values:
        value = next(open_values[-1], _END)
        if value is _END:
            open_values.pop()
            continue
        inner = _children(value)
        if inner is None:
            continue
        if len(open_values) > MAX_DEPTH:
            raise BadMsgpack(f"The nesting is deeper than {MAX_DEPTH}.")
        open_values.append(inner)


_END = object()


def _children(value: Any) -> Iterator[Any] | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if not _MIN_INT <= value <= _MAX_INT:
            raise BadMsgpack("An integer is outside the range of int64 and uint64.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadMsgpack("NaN and infinity are not in the profile.")
    elif isinstance(value, list | tuple):
        if len(value) > MAX_ARRAY_ITEMS:
            raise BadMsgpack(f"An array has {len(value):,} items, the limit is {MAX_ARRAY_ITEMS:,}.")
        return iter(value)
    elif isinstance(value, Mapping):
        return _map_values(value)
    else:
        raise BadMsgpack(f"A value of type {type(value).__name__} is not in the profile.")
    return None


def _map_values(value: Mapping[Any, Any]) -> Iterator[Any]:
    if len(value) > MAX_MAP_ITEMS:
        raise BadMsgpack(f"A map has {len(value):,} pairs, the limit is {MAX_MAP_ITEMS:,}.")
    for key in value:
        if not isinstance(key, str):
            raise BadMsgpack(f"Keys are strings, found {type(key).__name__}.")
        _check_text(key)
    return iter(value.values())


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as exc:
        raise BadMsgpack("A string holds a lone surrogate.") from exc
    if size > MAX_SAVE_BYTES:
        raise BadMsgpack(f"A string has {size:,} bytes, the limit is {MAX_SAVE_BYTES:,}.")
