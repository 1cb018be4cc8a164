"""Writes messages.json and scripts.json from the message tables; `--check` only compares.

python bridge/vectors/generate.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from npc_bridge.fields import (
    AnyMap,
    Anything,
    Changes,
    Choice,
    Flag,
    Kind,
    Name,
    NameLists,
    NumberMap,
    Text,
    Whole,
    WholeList,
)
from npc_bridge.messages import CLIENT_MESSAGES, SERVER_MESSAGES, MessageType
from npc_bridge.wire import encode

FOLDER = Path(__file__).parent
LONGEST_SHOWN = 64
"""Longest text in a vector, in bytes: longer bounds are tested by the code's own tests, not by these files."""

Vector = dict[str, Any]


def least(kind: Kind) -> Any:
    """The smallest value that a kind admits."""
    match kind:
        case Text(min_bytes=size):
            return "a" * size
        case Name():
            return "a"
        case Whole(least=number):
            return number
        case Flag():
            return False
        case Choice(words):
            return words[0]
        case WholeList():
            return [0]
        case Changes() | NameLists() | NumberMap() | AnyMap():
            return {}
        case Anything():
            return None
    raise TypeError(f"no least value for {kind!r}")


def most(kind: Kind) -> Any:
    """The largest value that a kind admits, or a large one where that would fill pages."""
    match kind:
        case Text(max_bytes=size):
            return "é" * (min(size, LONGEST_SHOWN) // 2)
        case Name():
            return "Az09._:-" * 8
        case Whole(most=number):
            return number
        case Flag():
            return True
        case Choice(words):
            return words[-1]
        case WholeList():
            return [65_535] * 16
        case Changes():
            return {"mood": "angry", "place": None}
        case NameLists():
            return {"items": ["rope", "café"], "quests": []}
        case NumberMap():
            return {"count": 3, "ms": 0.5}
        case AnyMap() | Anything():
            return {"deep": [{"list": [1, -1, 0.5, None, True, "é"]}]}
    raise TypeError(f"no largest value for {kind!r}")


def wrong(kind: Kind) -> Iterator[tuple[str, Any]]:
    """Values that a kind does not admit, each with a word for why."""
    match kind:
        case Text(min_bytes, max_bytes):
            yield "type", 1
            if min_bytes:
                yield "short", ""
            if max_bytes <= LONGEST_SHOWN:
                yield "long", "a" * (max_bytes + 1)
        case Name():
            yield from (("type", 1), ("empty", ""), ("space", "a b"), ("long", "a" * 65))
        case Whole(small, large):
            yield from (("type", "1"), ("bool", True), ("small", small - 1), ("large", large + 1))
        case Flag():
            yield "type", 1
        case Choice():
            yield from (("type", 1), ("word", "sideways"))
        case WholeList():
            yield from (("type", 1), ("empty", []), ("long", [1] * 17), ("item", ["1"]))
        case Changes():
            yield from (("type", []), ("value", {"mood": 1}))
        case NameLists():
            yield from (("type", []), ("value", {"items": "rope"}), ("item", {"items": [1]}))
        case NumberMap():
            yield from (("type", []), ("value", {"count": "1"}), ("negative", {"count": -1}))
        case AnyMap():
            yield "type", []


def message_vectors(sender: str, kind: MessageType) -> Iterator[Vector]:
    """Everything there is to try with one message."""

    def vector(what: str, message: dict[str, Any], error: str | None = None) -> Vector:
        head = {"name": f"{sender}_{kind.name}_{what}", "from": sender, "kind": "reject" if error else "accept"}
        tail = {"error": error} if error else {}
        return {**head, "message": message, "hex": encode(message).hex(), **tail}

    def filled(choose: Callable[[Kind], Any], *, optional: bool) -> dict[str, Any]:
        fields = {field.name: choose(field.kind) for field in kind.fields if field.needed or optional}
        return {"t": kind.name, **fields}

    yield vector("least", filled(least, optional=False))
    yield vector("most", filled(most, optional=True))
    yield vector("unknown_field", {**filled(least, optional=False), "zz_later": [1]})
    for field in kind.fields:
        needed = {each.name: least(each.kind) for each in kind.fields if each.needed or each is field}
        base = {"t": kind.name, **needed, field.name: most(field.kind)}
        for why, value in wrong(field.kind):
            yield vector(f"{field.name}_{why}", {**base, field.name: value}, "bad_message")
        without = {name: value for name, value in base.items() if name != field.name}
        yield vector(f"{field.name}_missing", without, "bad_message" if field.needed else None)
        nil = {**base, field.name: None}
        yield vector(f"{field.name}_nil", nil, None if not field.needed or field.kind.admits(None) else "bad_message")


def all_messages() -> list[Vector]:
    """The vectors of messages.json."""
    vectors = [vector for kind in CLIENT_MESSAGES.values() for vector in message_vectors("client", kind)]
    vectors += [vector for kind in SERVER_MESSAGES.values() for vector in message_vectors("server", kind)]
    for name, message, error in (
        ("no_t", {"rq": "1"}, "bad_message"),
        ("t_type", {"t": 1}, "bad_message"),
        ("t_unknown", {"t": "sing"}, "unknown_type"),
    ):
        frame = encode(message).hex()
        vectors.append(
            {"name": name, "from": "client", "kind": "reject", "message": message, "hex": frame, "error": error}
        )
    return vectors


def client(kind: str, /, **fields: Any) -> Vector:
    """A step of a script: what the client sends."""
    return _step("client", CLIENT_MESSAGES[kind].write(**fields))


def server(kind: str, /, **fields: Any) -> Vector:
    """A step of a script: what the server sends."""
    return _step("server", SERVER_MESSAGES[kind].write(**fields))


def _step(sender: str, message: dict[str, Any]) -> Vector:
    return {"from": sender, "message": message, "hex": encode(message).hex()}


def end(rq: str, count: int, text: str, deltas: int, reason: str = "done") -> Vector:
    """A step of a script: the terminal of a line."""
    usage = {"prompt_tokens": 40, "reused_tokens": 30, "completion_tokens": 4, "rounds": 1}
    timings = {"queue_ms": 0.5, "prefill_ms": 10.0, "first_token_ms": 12.25, "decode_ms": 30.0}
    return server(
        "end",
        rq=rq,
        n=count,
        reason=reason,
        text=text,
        delta_count=deltas,
        fallback=False,
        usage=usage,
        timings=timings,
    )


def error(rq: str | None, code: str, **more: Any) -> Vector:
    """A step of a script: an error."""
    return server("error", rq=rq, code=code, message="What was found.", hint="What to do.", **more)


LIMITS = {"max_frame_bytes": 262_144, "max_credit": 256, "ping_ms": 5_000, "silence_ms": 60_000}
WELCOME = server("welcome", v=1, session="0" * 32, server="fake/1.0", limits=LIMITS)
START = [
    client("hello", v=[1], client="script"),
    WELCOME,
    client("open", rq="1", character="mira"),
    server("opened", rq="1", dialogue="d1", character="mira", name="Mira"),
]
SAY = client("say", rq="2", dialogue="d1", text="Hi", credit=64)


def all_scripts() -> list[Vector]:
    """The vectors of scripts.json."""
    hello = [server("delta", rq="2", seq=0, text="Well"), server("delta", rq="2", seq=1, text=" met.")]
    spoken = server("sentence", rq="2", seq=2, index=0, text="Well met.")
    call = server("tool_call", rq="2", seq=0, call="call-1", name="open_shop", arguments={"till": "dusk"})
    answer = client("tool_result", rq="3", dialogue="d1", call="call-1", result={"ok": True})
    plain = {"retryable": False, "fatal": False}
    scripts = {
        "line": ("open, say: a whole line", [SAY, *hello, spoken, end("2", 3, "Well met.", 2)]),
        "unknown_fields_and_messages": (
            "open, say: what a newer server adds is ignored",
            [
                SAY,
                _step("server", {"t": "later", "x": 1}),
                _step("server", {**hello[0]["message"], "later": 1}),
                end("2", 1, "Well", 1),
            ],
        ),
        "tool": (
            "open, say, tool_result when the call comes",
            [
                SAY,
                call,
                answer,
                server("result", rq="3", data=None),
                server("delta", rq="2", seq=1, text="Open."),
                end("2", 2, "Open.", 1),
            ],
        ),
        "cancel": (
            "open, say, cancel after the first delta",
            [SAY, hello[0], client("cancel", rq="2"), end("2", 1, "Well", 1, "cancelled")],
        ),
        "failed": (
            "open, say: the line fails after a delta and offers a fallback",
            [SAY, hello[0], error("2", "engine_failed", retryable=True, fatal=False, n=1, delta_count=1, line="Hm?")],
        ),
        "refused": ("open, say: refused before it begins", [SAY, error("2", "text_empty", **plain)]),
        "gap": ("open, say: a frame is missing, the client gives the connection up", [SAY, hello[1]]),
        "short": (
            "open, say: a delta is missing at the end, the client gives the connection up",
            [SAY, hello[0], end("2", 2, "Well met.", 2)],
        ),
        "untied_error": (
            "open, say: an error without rq ends nothing",
            [SAY, error(None, "credit_overflow", **plain), hello[0], end("2", 1, "Well", 1)],
        ),
        "ping": (
            "open: the server pings",
            [server("ping", x=7), client("pong", x=7)],
        ),
        "bye": ("open, say: the server ends the session, the line fails", [SAY, hello[0], server("bye", why="idle")]),
    }
    return [{"name": name, "about": about, "steps": [*START, *steps]} for name, (about, steps) in scripts.items()]


def text_of(vectors: list[Vector]) -> str:
    """A file's text: one vector per line."""
    return "[\n" + ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in vectors) + "\n]\n"


def main(arguments: list[str]) -> int:
    """Writes the files, or with `--check` tells which are stale."""
    files = {"messages.json": text_of(all_messages()), "scripts.json": text_of(all_scripts())}
    if arguments == ["--check"]:
        stale = [name for name, text in files.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
        sys.stderr.writelines(f"{name} is stale: run {Path(__file__).name}\n" for name in stale)
        return 1 if stale else 0
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
