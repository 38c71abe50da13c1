"""Ctrl-C and closed pipes end a run without a traceback, and what was finished stays finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Dodo = Callable[[str], Callable[..., Outcome]]

#: The second task sends all of doit's processes a signal, as long as there is a file with its number.
HIT = """
def hit():
    if Path("signal").exists():
        os.killpg(0, int(Path("signal").read_text()))
        time.sleep(600)

def task_first():
    return {"actions": ["touch first"], "targets": ["first"], "uptodate": [True]}

def task_second():
    return {"actions": [hit], "task_dep": ["first"]}

def task_third():
    return {"actions": [lambda: None], "task_dep": ["second"]}
"""
LAST_WORDS = "\nselected ['first', 'second', 'third'], finished {}, failed []\n"


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_ctrl_c_ends_with_the_last_words_and_the_next_run_goes_on(
    dodo: Dodo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    doit = dodo(HIT)
    (tmp_path / "signal").write_text(str(int(signal.SIGINT)))
    interrupted = doit(*options)
    assert interrupted.code == -signal.SIGINT
    said_so_far = interrupted.output.removesuffix(LAST_WORDS.format("['first']"))
    assert said_so_far in ("first\n", "first\nsecond\n")  # a worker's word may come too late
    (tmp_path / "signal").unlink()
    assert doit(*options) == Outcome(0, "second\nthird\n" + LAST_WORDS.format("['first', 'second', 'third']"))


def test_after_a_kill_the_next_run_goes_on(dodo: Dodo, tmp_path: Path) -> None:
    doit = dodo(HIT)
    (tmp_path / "signal").write_text(str(int(signal.SIGKILL)))
    assert doit().code == -signal.SIGKILL
    (tmp_path / "signal").unlink()
    assert doit() == Outcome(0, "second\nthird\n" + LAST_WORDS.format("['first', 'second', 'third']"))


def test_a_reader_that_has_seen_enough_ends_the_program_in_silence(dodo: Dodo, tmp_path: Path) -> None:
    dodo(HIT)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "doit", "list"], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_other_errors_are_still_reported() -> None:
    program = "from rules.engine.interrupts import end_quietly; end_quietly(); 1 / 0"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.endswith("ZeroDivisionError: division by zero\n")
