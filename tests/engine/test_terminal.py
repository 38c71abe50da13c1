"""What only a terminal is shown: colour and lines that move."""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pseudo_terminal import Shown, on_terminal
from support import Outcome

from rules.engine.terminal import in_colour, is_terminal

Dodo = Callable[[str], Callable[..., Outcome]]

DOIT = (sys.executable, "-m", "doit")
BROKEN = """
def task_check():
    for number in range(3):
        yield {"name": str(number), "actions": [lambda: time.sleep(0.05)]}
    yield {"name": "bad", "actions": [lambda: TaskFailed("a.txt: found 1; expected 2")]}

def task_stage():
    for number in range(3):
        yield {"name": str(number), "actions": [lambda: time.sleep(0.05)]}
"""
WORKERS = [(), ("-n", "2"), ("-n", "2", "-P", "thread")]


def rows(shown: Shown, step: str) -> set[str]:
    """What the line of a step said while it was there, but for its bar and what takes time."""
    found = (re.match(rf"({step})\s+\S+ +(\d/\d)", line) for frame in shown.frames for line in frame)
    return {f"{each[1]} {each[2]}" for each in found if each}


@pytest.mark.parametrize("options", WORKERS)
def test_shows_how_far_each_step_is_and_takes_it_off_again(
    dodo: Dodo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    dodo(BROKEN)
    shown = on_terminal([*DOIT, *options], tmp_path)
    assert rows(shown, "check") >= {"check 0/4", "check 4/4"}
    assert "stage 0/3" in rows(shown, "stage")
    assert any(line.startswith("check:") for frame in shown.frames[:-1] for line in frame)  # at work
    assert shown.lines[:2] == ["check:bad: a.txt: found 1; expected 2", ""]
    assert shown.lines[2].startswith("selected [")
    assert shown.cursor_is_shown


@pytest.mark.parametrize("options", WORKERS)
def test_ctrl_c_leaves_it_clean(dodo: Dodo, tmp_path: Path, options: tuple[str, ...]) -> None:
    dodo("""
def task_check():
    yield {"name": "long", "actions": [lambda: time.sleep(60)]}
    yield {"name": "longer", "actions": [lambda: time.sleep(60)]}
""")
    shown = on_terminal([*DOIT, *options], tmp_path, interrupt_at=b"0/2")
    assert shown.code == -signal.SIGINT
    assert shown.cursor_is_shown
    assert "".join(shown.lines).replace(" ", "").startswith("selected['check'")


def test_a_name_gives_a_terminal_no_orders(dodo: Dodo, tmp_path: Path) -> None:
    dodo("""
def task_check():
    yield {"name": "red\\x1b[31m", "actions": [lambda: TaskFailed("cleared\\x1b[2J")]}
""")
    shown = on_terminal(DOIT, tmp_path)
    assert "red" not in shown.colours or rb"\x1b[31m" in shown.sent
    assert shown.lines[0] == r"check:red\x1b[31m: cleared\x1b[2J"


@pytest.mark.parametrize("options", WORKERS)
def test_a_dumb_terminal_is_told_line_by_line(dodo: Dodo, tmp_path: Path, options: tuple[str, ...]) -> None:
    doit = dodo(BROKEN)
    shown = on_terminal([*DOIT, *options], tmp_path, TERM="dumb")
    assert shown.sent.decode().replace("\r\n", "\n") == doit(*options).output


def test_a_quiet_one_shows_failures_and_last_words_alone(dodo: Dodo, tmp_path: Path) -> None:
    doit = dodo(BROKEN + "\nDOIT_CONFIG['reporter'] = build_reporter(lambda: None, end, lambda: True)\n")
    output = doit().output
    assert output.startswith("check:bad: a.txt: found 1; expected 2\n\nselected [")
    assert on_terminal(DOIT, tmp_path).sent.decode().replace("\r\n", "\n") == output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _able_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(
    ("text", "coloured"),
    [
        ("error PERF-016: INVALID", "\x1b[1;31merror PERF-016\x1b[0m: INVALID"),
        ("warning ACC-001: low", "\x1b[33mwarning ACC-001\x1b[0m: low"),
        ("    fix: mend it", "\x1b[36m    fix:\x1b[0m mend it"),
        ("  fails (PERF-016, ACC-001)", "  fails (\x1b[1mPERF-016\x1b[0m, \x1b[1mACC-001\x1b[0m)"),
        ("drop          closed/x", "\x1b[31mdrop\x1b[0m          closed/x"),
        ("x\n\nReady: x.tar.gz", "x\n\n\x1b[1;32mReady\x1b[0m: x.tar.gz"),
        ("Not ready: 1 error", "\x1b[1;31mNot ready\x1b[0m: 1 error"),
        ("  resnet50  pass  to run", "  resnet50  \x1b[32mpass\x1b[0m  \x1b[33mto run\x1b[0m"),
        ("a test may pass", "a test may pass"),
    ],
)
def test_our_words_have_their_colours(text: str, coloured: str) -> None:
    assert in_colour(text, Terminal()) == coloured


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_there_are_no_colours_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert in_colour("Ready: x", Terminal()) == "Ready: x"


def test_what_is_no_terminal_is_shown_none() -> None:
    closed = io.StringIO()
    closed.close()
    assert [is_terminal(stream) for stream in (io.StringIO(), closed, None)] == [False] * 3
    assert in_colour("Ready: x", io.StringIO()) == "Ready: x"
