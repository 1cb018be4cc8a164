"""Promises about processes, held by real ones: killed clients, killed servers, clean ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

from tests.bridge.support import WAIT_S

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the signals are those of POSIX")
ROOT = Path(__file__).parents[2]


class Program:
    """A process that tells things in lines of JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: Queue[str] = Queue()
        assert process.stdout is not None
        self._reader = Thread(target=lambda out: [self._lines.put(line) for line in out], args=(process.stdout,))
        self._reader.start()

    def until(self, **wanted: Any) -> dict[str, Any]:
        """The next report with these values; fails after WAIT_S without any."""
        while True:
            try:
                found: dict[str, Any] = json.loads(self._lines.get(timeout=WAIT_S))
            except Empty:
                raise AssertionError(f"no report with {wanted} came") from None
            if wanted.items() <= found.items():
                return found

    def reports(self) -> list[dict[str, Any]]:
        """All that is left to read of a process that has ended."""
        self.process.wait(timeout=WAIT_S)
        self._reader.join(timeout=WAIT_S)
        return [json.loads(self._lines.get()) for _ in range(self._lines.qsize())]


@contextmanager
def program(*arguments: str) -> Iterator[Program]:
    command = [sys.executable, "-W", "error", "-m", "tests.bridge.processes", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        started = Program(process)
        try:
            yield started
        finally:
            process.kill()
            process.wait(timeout=WAIT_S)
            started._reader.join(timeout=WAIT_S)


@contextmanager
def server(folder: Path) -> Iterator[tuple[Program, str, str]]:
    token_file = str(folder / "bridge.token")
    with program("serve", token_file) as started:
        yield started, started.until()["endpoint"], token_file


def check_complete(found: list[dict[str, Any]], count: int, reason: str) -> None:
    ends = [each for each in found if "number" in each]
    assert sorted(end["number"] for end in ends) == list(range(count))
    for end in ends:
        assert (end["type"], end["reason"]) == ("end", reason)
        assert end["delta_count"] == end["deltas"]
        assert end["text"] == end["joined"]


def test_eight_dialogues_at_once_in_two_processes(tmp_path: Path) -> None:
    with server(tmp_path) as (_, endpoint, token_file), program("talk", endpoint, token_file, "8") as client:
        check_complete(client.reports(), 8, "length")
        assert client.process.returncode == 0


def test_killing_a_client_leaves_the_server_serving_the_others(tmp_path: Path) -> None:
    with ExitStack() as stack:
        serving, endpoint, token_file = stack.enter_context(server(tmp_path))
        victim = stack.enter_context(program("talk", endpoint, token_file, "4"))
        other = stack.enter_context(program("talk", endpoint, token_file, "2"))
        assert {victim.until()["began"] for _ in range(4)} == {0, 1, 2, 3}
        other.until(began=0)
        victim.process.kill()
        check_complete(other.reports(), 2, "length")
        serving.until(sessions=0, streams=0, cancels=4)
        late = stack.enter_context(program("talk", endpoint, token_file, "1"))
        check_complete(late.reports(), 1, "length")


def test_a_client_that_is_stopped_costs_the_others_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        _, endpoint, token_file = stack.enter_context(server(tmp_path))
        frozen = stack.enter_context(program("talk", endpoint, token_file, "4"))
        frozen.until(began=0)
        frozen.process.send_signal(signal.SIGSTOP)
        other = stack.enter_context(program("talk", endpoint, token_file, "2"))
        check_complete(other.reports(), 2, "length")
        frozen.process.send_signal(signal.SIGCONT)
        check_complete(frozen.reports(), 4, "length")


def test_killing_the_server_disconnects_the_client(tmp_path: Path) -> None:
    with server(tmp_path) as (serving, endpoint, token_file), program("talk", endpoint, token_file, "3") as client:
        client.until(began=0)
        serving.process.kill()
        ends = [each for each in client.reports() if "number" in each]
        assert sorted(end["number"] for end in ends) == [0, 1, 2]
        assert {(end["type"], end["code"]) for end in ends} == {("error", "disconnected")}
        assert all(end["delta_count"] == end["deltas"] for end in ends)


def test_a_server_that_hangs_is_given_up(tmp_path: Path) -> None:
    with server(tmp_path) as (serving, endpoint, token_file), program("talk", endpoint, token_file, "1") as client:
        client.until(began=0)
        serving.process.send_signal(signal.SIGSTOP)
        (end,) = [each for each in client.reports() if "number" in each]
        assert (end["type"], end["code"]) == ("error", "disconnected")


def test_sigterm_gives_every_open_line_its_terminal(tmp_path: Path) -> None:
    with server(tmp_path) as (serving, endpoint, token_file), program("talk", endpoint, token_file, "8") as client:
        begun = {client.until()["began"] for _ in range(8)}
        assert begun == set(range(8))
        serving.process.terminate()
        check_complete(client.reports(), 8, "cancelled")
        assert serving.process.wait(timeout=WAIT_S) == 0
        assert serving.reports()[-1] == {"stopped": True}
