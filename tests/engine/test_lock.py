"""One build at a time, against real other processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from doit.exceptions import InvalidCommand
from support import Outcome

from rules.engine.lock import BuildLock

HOLD = """
import os, sys, time
from pathlib import Path
from rules.engine.lock import BuildLock

lock = BuildLock(Path(sys.argv[1]))
lock.acquire()
is_worker = sys.argv[2:] == ["with a worker"] and os.fork() == 0
if is_worker or not sys.argv[2:]:
    print("held", flush=True)
if is_worker:
    time.sleep(600)
sys.stdin.read()
lock.release()
"""


class Holder:
    """Another process that holds the lock."""

    def __init__(self, path: Path, *options: str) -> None:
        command = [sys.executable, "-c", HOLD, str(path), *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout and self._process.stdout.readline() == "held\n"
        self.refusal = (
            f"another build is at work here (process {self._process.pid} on {socket.gethostname()}); wait for it to end"
        )

    def end(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def clean_up(self) -> None:
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # the worker as well
        self._process.wait()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "build/.state/lock"


@pytest.fixture
def hold(path: Path) -> Iterator[Callable[..., Holder]]:
    holders = []

    def hold(*options: str) -> Holder:
        holders.append(Holder(path, *options))
        return holders[-1]

    yield hold
    for holder in holders:
        holder.clean_up()


def refusal(path: Path) -> str:
    with pytest.raises(InvalidCommand) as caught:
        BuildLock(path).acquire()
    return str(caught.value)


class TestHeldByAnother:
    def test_the_second_is_told_who_holds_it(self, path: Path, hold: Callable[..., Holder]) -> None:
        holder = hold()
        assert refusal(path) == holder.refusal

    def test_a_refusal_leaves_it_with_its_holder(self, path: Path, hold: Callable[..., Holder]) -> None:
        holder = hold()
        refused = BuildLock(path)
        with pytest.raises(InvalidCommand):
            refused.acquire()
        refused.release()
        assert refusal(path) == holder.refusal

    def test_who_has_not_said_its_name_yet_has_just_started(self, path: Path, hold: Callable[..., Holder]) -> None:
        hold()
        name = path.with_name("lock.holder")
        for unsaid in (lambda: name.write_text(""), name.unlink):
            unsaid()
            assert refusal(path) == "another build is at work here (just started); wait for it to end"

    def test_a_doit_run_is_refused_in_one_line_and_runs_nothing(
        self, tmp_path: Path, dodo: Callable[[str], Callable[..., Outcome]]
    ) -> None:
        doit = dodo("""
def task_first():
    return {"actions": ["touch ran"]}
""")
        lock = BuildLock(tmp_path / "state/lock")
        lock.acquire()
        who = f"process {os.getpid()} on {socket.gethostname()}"
        assert doit() == Outcome(3, f"ERROR: another build is at work here ({who}); wait for it to end\n")
        assert not (tmp_path / "ran").exists()
        lock.release()
        assert doit().code == 0 and (tmp_path / "ran").exists()


class TestReleased:
    """Whatever becomes of its holder, the next build can begin."""

    def can_be_acquired(self, path: Path) -> bool:
        lock = BuildLock(path)
        lock.acquire()
        said = path.with_name("lock.holder").read_text()
        lock.release()
        return said == f"process {os.getpid()} on {socket.gethostname()}"

    def test_when_nobody_ever_held_it(self, path: Path) -> None:
        assert self.can_be_acquired(path)
        assert self.can_be_acquired(path)

    def test_at_the_end_of_its_holder(self, path: Path, hold: Callable[..., Holder]) -> None:
        hold().end()
        assert not path.with_name("lock.holder").exists()
        assert self.can_be_acquired(path)

    def test_when_its_holder_is_killed(self, path: Path, hold: Callable[..., Holder]) -> None:
        hold().kill()
        assert path.with_name("lock.holder").exists()
        assert self.can_be_acquired(path)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no forked workers on this system")
    def test_when_its_holder_is_killed_and_workers_of_it_live_on(self, path: Path, hold: Callable[..., Holder]) -> None:
        hold("with a worker").kill()
        assert self.can_be_acquired(path)


class TestUnwritable:
    def test_a_file_where_the_folder_should_be(self, path: Path) -> None:
        path.parent.parent.mkdir()
        path.parent.write_text("")
        assert refusal(path) == f"{path.parent}: can't be written: File exists"

    def test_a_file_where_the_output_should_be(self, path: Path) -> None:
        path.parent.parent.write_text("")
        assert refusal(path) == f"{path.parent}: can't be written: Not a directory"

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_a_folder_of_somebody_else(self, path: Path) -> None:
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o500)
        assert refusal(path) == f"{path.parent}: can't be written: Permission denied"
        path.parent.chmod(0o700)

    def test_a_holder_that_cannot_say_its_name(self, path: Path) -> None:
        path.with_name("lock.holder").mkdir(parents=True)
        assert refusal(path) == f"{path.parent}: can't be written: Is a directory"
