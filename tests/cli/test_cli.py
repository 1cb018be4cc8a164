"""The command as a person or a script meets it: real processes, exit codes, JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import npc_bridge
from npc_sdk.errors import Disconnected
from npc_sdk.events import Delta, End, EndReason, Event
from npc_sdk.sheets import shipped_dir, shipped_ids

LIMIT_S = 120
COMMAND = [sys.executable, "-c", "from npc_sdk.cli.main import main; main()"]


def npc(*words: str, stdin: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ, **({"NPC_HOME": str(home)} if home else {}), HF_HUB_OFFLINE="1", COLUMNS="200")
    return subprocess.run(
        [*COMMAND, *words],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env=env,
        encoding="utf-8",
    )


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_chat_json_prints_deltas_and_one_terminal_event() -> None:
    done = npc("chat", "mira", "--say", "Who are you?", "--seed", "1", "--json")
    events = objects(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [event["type"] for event in events].count("end") == 1
    assert events[-1]["type"] == "end"
    deltas = [event["text"] for event in events if event["type"] == "delta"]
    assert "".join(deltas) == events[-1]["text"]
    assert len(deltas) == events[-1]["delta_count"] > 0
    assert {"reason", "usage", "timings"} <= events[-1].keys()


def test_the_same_seed_says_the_same_twice_and_the_second_turn_reuses_the_first() -> None:
    words = ("chat", "mira", "--say", "Who are you?", "--say", "How are you today?", "--seed", "4", "--json")
    first, again = (objects(npc(*words).stdout) for _ in range(2))
    ends = [event for event in first if event["type"] == "end"]
    assert [end["text"] for end in ends] == [event["text"] for event in again if event["type"] == "end"]
    assert ends[0]["usage"]["reused_tokens"] == 0
    assert ends[1]["usage"]["reused_tokens"] >= ends[0]["usage"]["prompt_tokens"]


def test_chat_for_people_prints_the_line_alone_on_stdout() -> None:
    done = npc("chat", "mira", "--say", "Hello.", "--seed", "1")
    assert done.returncode == 0
    assert len(done.stdout.strip().splitlines()) == 1


def test_a_live_conversation_answers_its_commands_and_saves(tmp_path: Path) -> None:
    save = tmp_path / "mira.json"
    typed = f"Hello there.\n/why\n/prompt\n/save {save}\n/sav x\n/quit\n"
    done = npc("chat", "mira", "--seed", "2", stdin=typed)
    assert done.returncode == 0, done.stderr
    assert "window" in done.stdout
    assert "<extra_id_0>System" in done.stdout
    assert "Did you mean /save" in done.stderr
    assert json.loads(save.read_text(encoding="utf-8"))["character"] == "mira"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("chat", "mirra", "--say", "Hi"), 2, "'mira'"),
        (("chat", "mira", "--say", "Hi", "--model", "demmo"), 2, "'demo'"),
        (("chat", "mira", "--sya", "Hi"), 2, "--say"),
        (("chat", "mira", "--say", "Hi", "--model", "nemotron-mini"), 1, "npc pull nemotron-mini"),
        (("pull", "nemotron"), 2, "nemotron-mini"),
        (("serve", "--bind", "tcp://0.0.0.0:0"), 1, "--curve"),
    ],
    ids="character model option not-fetched pull insecure".split(),
)
def test_a_wrong_word_is_told_with_what_would_be_right(words: tuple[str, ...], code: int, told: str) -> None:
    done = npc(*words)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_not_here_is_told_in_one_line() -> None:
    done = npc("chat", "mira", "--say", "Hi", "--model", "nemotron-mini")
    assert len(done.stderr.strip().splitlines()) == 1


def test_refused_text_is_a_coded_error_and_the_next_text_is_answered() -> None:
    done = npc("chat", "mira", "--say", "   ", "--say", "Hello.", "--seed", "1", "--json")
    events = objects(done.stdout)
    assert events[0]["type"] == "error"
    assert events[0]["code"] == "text_empty"
    assert events[-1]["type"] == "end"
    assert done.returncode == 1


def test_check_passes_the_shipped_characters_and_counts_their_tokens() -> None:
    done = npc("check", str(shipped_dir()), "--json")
    assert done.returncode == 0, done.stderr
    rows = objects(done.stdout)
    assert {Path(row["path"]).stem for row in rows} == set(shipped_ids())
    for row in rows:
        parts = row["system"] + row["tools"] + row["lore"] + row["reply"] + row["history"]
        assert parts <= row["window"]
        assert row["turns"] >= row["min_turns"]


def test_check_lists_every_fault_and_fails(tmp_path: Path) -> None:
    sheet = tmp_path / "bad.yaml"
    sheet.write_text("schema: npc/1\nid: bad\nnam: Bad\nidentity: {role: 3}\n", encoding="utf-8")
    done = npc("check", str(sheet))
    assert done.returncode == 1
    assert f"{sheet}:3:1" in done.stderr
    assert "'name'" in done.stderr
    assert "identity.role" in done.stderr


def test_check_fails_a_sheet_that_leaves_too_few_turns(tmp_path: Path) -> None:
    sheet = tmp_path / "long.yaml"
    head = "schema: npc/1\nid: long\nname: Long\nidentity: {role: scribe}\nhistory: {min_turns: 100}\n"
    sheet.write_text(head, encoding="utf-8")
    done = npc("check", str(sheet))
    assert done.returncode == 1
    assert "floor of 100" in done.stdout


def test_prompt_shows_the_exact_text_and_its_parts_add_up() -> None:
    done = npc("prompt", "mira", "--say", "What happened to the mill?", "--json")
    (shown,) = objects(done.stdout)
    tokens = shown["tokens"]
    assert shown["text"].endswith("<extra_id_1>User\nWhat happened to the mill?\n<extra_id_1>Assistant\n")
    assert sum(tokens[part] for part in ("system", "tools", "contexts", "messages")) == tokens["total"]
    assert shown["lore"]
    assert tokens["contexts"] > 0


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path / "keys"))
    assert npc("keys", "server", *folder).returncode == 0
    assert npc("keys", "client", "studio", *folder).returncode == 0
    assert [row["name"] for row in objects(npc("keys", "list", *folder, "--json").stdout)] == ["studio"]
    assert npc("keys", "revoke", "studio", *folder).returncode == 0
    assert objects(npc("keys", "list", *folder, "--json").stdout) == []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    env = dict(os.environ, NPC_HOME=str(tmp_path), HF_HUB_OFFLINE="1")
    words = [*COMMAND, "serve", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield process, json.loads(line)
        finally:
            process.kill()
            process.communicate()


async def test_serve_tells_where_it_is_and_a_client_hears_a_whole_line(
    served: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    _, ready = served
    assert sorted(ready["characters"]) == sorted(shipped_ids())
    async with npc_bridge.BridgeClient.connect(ready["endpoint"], token_file=Path(ready["token_file"])) as client:
        dialogue = await client.open("mira", seed=3)
        events: list[Event] = [event async for event in dialogue.say("Who are you?")]
    end = events[-1]
    assert isinstance(end, End)
    deltas = [event.text for event in events if isinstance(event, Delta)]
    assert len(deltas) == end.delta_count
    assert "".join(deltas) == end.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process can answer")
async def test_sigterm_ends_serve_cleanly_and_open_lines_get_their_terminal(
    served: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    process, ready = served
    async with npc_bridge.BridgeClient.connect(ready["endpoint"], token_file=Path(ready["token_file"])) as client:
        dialogue = await client.open("mira", seed=3)
        events: list[Event] = []
        async for event in dialogue.say("Tell me everything that you know."):
            if not events:
                process.send_signal(signal.SIGTERM)
            events.append(event)
    assert [event.terminal for event in events].count(True) == 1
    assert events[-1].terminal
    assert process.wait(timeout=LIMIT_S) == 0
    with pytest.raises(Disconnected):
        async with npc_bridge.BridgeClient.connect(
            ready["endpoint"], token_file=Path(ready["token_file"]), timeout_s=1.0
        ):
            pass


VICTIM = """
import asyncio, sys
from pathlib import Path
import npc_bridge

async def main():
    async with npc_bridge.BridgeClient.connect(sys.argv[1], token_file=Path(sys.argv[2])) as client:
        dialogue = await client.open("tobin", seed=1)
        async for event in dialogue.say("Tell me everything that you know."):
            print("heard", flush=True)
            await asyncio.sleep(3600)

npc_bridge.run(main())
"""


def kill_a_listening_client(endpoint: str, token_file: str) -> None:
    """Starts a client, and kills it (-9) once its line has begun."""
    words = [sys.executable, "-c", VICTIM, endpoint, token_file]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "heard\n"
        victim.kill()


async def test_serve_speaks_eight_whole_lines_at_once_and_outlives_a_killed_client(
    served: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    process, ready = served
    where = (ready["endpoint"], ready["token_file"])
    kill_a_listening_client(*where)
    async with npc_bridge.BridgeClient.connect(where[0], token_file=Path(where[1])) as client:

        async def line(character: str) -> list[Event]:
            dialogue = await client.open(character, seed=3)
            return [event async for event in dialogue.say("Who are you?")]

        for events in await asyncio.gather(*map(line, shipped_ids())):
            end = events[-1]
            assert isinstance(end, End)
            assert [event.terminal for event in events].count(True) == 1
            deltas = [event.text for event in events if isinstance(event, Delta)]
            assert len(deltas) == end.delta_count > 0
            assert "".join(deltas) == end.text

        cancelled = await client.open("mira", seed=3)
        heard: list[Event] = []
        async for event in cancelled.say("Tell me everything that you know."):
            if not heard:
                await cancelled.cancel()
            heard.append(event)
        assert [event.terminal for event in heard].count(True) == 1
        assert isinstance(heard[-1], End)
        assert heard[-1].reason is EndReason.CANCELLED
    assert process.poll() is None
