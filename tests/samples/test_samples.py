"""Each sample as a player runs it: a process of its own, its window a real one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from npc_sdk.blocking import BlockingDialogue
from npc_sdk.sheets import load_character
from npc_sdk.testing import ScriptedBackend

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "samples").glob("*.py"))
WAIT_S = 120.0
MAX_LINES = 80
PAPER, INK = (252, 243, 222), (52, 34, 24)  # of a speech bubble
CAST = {"Tobin Marsh": 150, "Silas Brack": 450, "Mira Ashdown": 735}


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the repository to its end."""
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=WAIT_S, check=False)


def run_sample(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return start(sys.executable, f"samples/{name}.py", *arguments)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_short_and_says_what_it_is(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_LINES
    assert lines[0].startswith('"""')


@pytest.mark.parametrize("name", ["talk", "tools_in_a_game_loop", "bridge_client", "tavern"])
def test_a_sample_says_how_to_run_it(name: str) -> None:
    assert f"python samples/{name}.py" in (ROOT / "samples" / f"{name}.py").read_text(encoding="utf-8")


def test_talk_prints_two_whole_answers() -> None:
    done = run_sample("talk")
    assert done.returncode == 0, done.stderr
    answers = re.findall(r"^Mira: (.+)\n +\((\w+), first token after \d+ ms\)$", done.stdout, re.MULTILINE)
    assert len(answers) == 2, done.stdout
    assert {reason for _, reason in answers} <= {"done", "length"}
    assert done.stderr == ""


def test_the_game_loop_keeps_its_frames_and_settles_each_call() -> None:
    done = run_sample("tools_in_a_game_loop")
    assert done.returncode == 0, done.stderr
    turns = done.stdout.split("Player: ")[1:]
    assert len(turns) == 3
    for turn in turns:
        verdicts = re.findall(r"^  call \w+ \{.*\}: (?:accepted|refused, .+)$", turn, re.MULTILINE)
        frames, calls = re.findall(r"^  \((\d+) frames, (\w+) calls\)$", turn, re.MULTILINE)[0]
        assert int(frames) > 1
        assert calls == (str(len(verdicts)) if verdicts else "no")
        assert len(re.findall(r"^  Mira: .+$", turn, re.MULTILINE)) == 1
    assert re.search(r"^Bag: \{.*\}; quests: \[.*\]$", done.stdout, re.MULTILINE)
    assert done.stderr == ""


def test_the_game_loop_refuses_what_does_not_fit() -> None:
    done = start(
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, 'samples'); from tools_in_a_game_loop import Game; game = Game()\n"
        "print(game.handle('give_item', {'item': 'nail', 'quantity': 2}))\n"
        "print(game.handle('give_item', {'item': 'nail'}))\n"
        "print(game.handle('start_quest', {'quest': 'Ashes'}), game.handle('fly', {}), game.bag, game.quests)",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "{'ok': True}",
        "{'ok': False, 'error': \"the player's bag is full\"}",
        "{'ok': True} {'ok': False, 'error': 'this game has no fly'} {'nail': 2} {'Ashes'}",
    ]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A bridge server in a process of its own: its endpoint and token file."""
    token_file = str(tmp_path / "bridge.token")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.samples.serve", token_file], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), token_file
        server.send_signal(signal.SIGTERM)
        assert server.wait(WAIT_S) == 0
    finally:
        server.kill()
        server.communicate(timeout=WAIT_S)


def test_the_bridge_client_streams_a_line_and_tells_of_a_failed_one(served: tuple[str, str]) -> None:
    done = run_sample("bridge_client", *served, "Good evening.")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "scripted speaks for Mira Ashdown (blacksmith)",
        "Ada: Good evening.",
        "Mira Ashdown: Well met, Ada. Mind the sparks.",
        "(done, 8 deltas, 2 sentences)",
    ]
    failed = run_sample("bridge_client", *served)
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[-2:] == [
        "Mira Ashdown: Come back later. I'm done talking.",
        "(out_of_memory: The device is full.)",
    ]
    assert done.stderr == failed.stderr == ""


def test_the_bridge_client_says_what_is_wrong(tmp_path: Path) -> None:
    lost = run_sample("bridge_client", "tcp://127.0.0.1:9", str(tmp_path / "none.token"))
    assert lost.returncode == 1
    assert lost.stderr.startswith("key_file_invalid: ")
    assert "Traceback" not in lost.stderr
    usage = run_sample("bridge_client")
    assert usage.returncode == 1
    assert "ENDPOINT TOKEN_FILE" in usage.stderr


def test_three_guests_answer_in_bubbles_in_a_real_window(tmp_path: Path) -> None:
    picture = tmp_path / "tavern.png"
    tavern = [sys.executable, "samples/tavern.py", "--say", "How are you today?", "--screenshot", str(picture)]
    done = start(*screen(), *tavern, SDL_VIDEODRIVER="x11" if screen() else "dummy", SDL_AUDIODRIVER="dummy")
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(re.findall(r"^([\w ]+): (.+)$", done.stdout, re.MULTILINE))
    assert {name for name in said if name in CAST} == set(CAST)
    view = pygame.image.load(picture)
    assert view.get_size() == (960, 600)
    for name, x in CAST.items():
        assert 1_500 < pixels(view, x, PAPER) < 280 * 180, f"{name} has no bubble, or one that covers the room"
        assert pixels(view, x, INK) > 50, f"{name}'s bubble shows no text"


def screen() -> tuple[str, ...]:
    """What gives the window a screen. CI always has one; a machine without Xvfb draws the same picture unseen."""
    if shutil.which("xvfb-run"):
        return ("xvfb-run", "-a", "-s", "-screen 0 1280x800x24")
    assert not os.environ.get("CI"), "xvfb-run is missing; install it: apt-get install -y xvfb xauth"
    return ()


def pixels(view: pygame.Surface, x: int, color: tuple[int, int, int]) -> int:
    """How many pixels above the head at `x` have that colour."""
    area = pygame.Rect(x - 145, 0, 290, 210).clip(view.get_rect())
    found = (view.get_at((column, row)) for column in range(area.left, area.right) for row in range(area.height))
    return sum(tuple(each)[:3] == color for each in found)


def test_the_picture_in_the_readme_is_one_of_the_tavern() -> None:
    picture = ROOT / "samples" / "tavern.png"
    assert picture.stat().st_size <= 300_000
    assert pygame.image.load(picture).get_size() == (960, 600)


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples' own modules can be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "samples"))


@pytest.mark.usefixtures("modules")
def test_the_player_types_and_chooses_whom_to_address() -> None:
    from tavern_player import Player

    player = Player([150, 450, 735])
    assert [player.addresses(number) for number in range(3)] == [True] * 3
    for text in ("Hi", "!", "?"):
        assert player.take(pygame.event.Event(pygame.TEXTINPUT, text=text)) == ""
    player.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_BACKSPACE))
    player.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_TAB))
    assert [player.addresses(number) for number in range(3)] == [True, False, False]
    player.take(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(700, 300), button=1))
    assert [player.addresses(number) for number in range(3)] == [False, False, True]
    assert player.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN)) == "Hi!"
    assert player.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_RETURN)) == ""


@pytest.mark.usefixtures("modules")
def test_a_guests_words_stream_in_and_are_wrapped() -> None:
    from tavern_guest import Guest
    from tavern_people import Look
    from tavern_words import wrap

    backend = ScriptedBackend(["Mind the sparks, and mind the dog."], pause_s=0.02)
    seen = []
    with BlockingDialogue(load_character("mira"), backend) as mira:
        guest = Guest(mira, 150, Look((1, 2, 3), (4, 5, 6), (7, 8, 9)))
        guest.hear("Hello.")
        until = time.monotonic() + WAIT_S
        while guest.line and time.monotonic() < until:
            guest.listen(time.monotonic())
            seen.append(guest.text)
            time.sleep(0.01)
    assert seen[-1] == "Mind the sparks, and mind the dog."
    assert len(set(seen)) > 4
    assert all(seen[-1].startswith(text) for text in seen)
    pygame.font.init()
    font = pygame.font.Font(None, 18)
    lines = wrap(seen[-1], font, 100)
    assert " ".join(lines) == seen[-1]
    assert len(lines) > 1
    assert all(font.size(line)[0] <= 100 for line in lines)
