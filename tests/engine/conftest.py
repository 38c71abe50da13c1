"""A real doit, driven by small dodo files that use the engine alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import REPOSITORY, Outcome

#: How a dodo.py plugs the engine in, as rules/tasks/build.py does; it closes with what became of the tasks.
_HEAD = """\
import os, time
from pathlib import Path

from doit.exceptions import TaskFailed
from rules.engine.actions import action
from rules.engine.hashes import HashCache, content_checker
from rules.engine.interrupts import end_quietly
from rules.engine.lock import BuildLock
from rules.engine.reporter import build_reporter
from rules.engine.workers import keep_workers_busy

end_quietly()
keep_workers_busy()
STATE = Path("state")
hashes, lock = HashCache(STATE / "files.json"), BuildLock(STATE / "lock")

def end(progress):
    hashes.save()
    lock.release()
    return f"selected {list(progress.selected)}, finished {sorted(progress.finished)}, failed {progress.failed}\\n"

DOIT_CONFIG = {
    "backend": "under-test",
    "check_file_uptodate": content_checker(hashes),
    "continue": True,
    "dep_file": str(STATE / "journal"),
    "reporter": build_reporter(lock.acquire, end),
    "verbosity": 1,
}

"""


@pytest.fixture(autouse=True)
def _this_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes import the rules under test, whatever is installed."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))


#: Takes doit's arguments and, by name, environment variables.
Doit = Callable[..., Outcome]


@pytest.fixture
def dodo(tmp_path: Path) -> Callable[[str], Doit]:
    """Write a dodo.py with these tasks into `tmp_path`; gives what runs doit there."""
    (tmp_path / "doit.cfg").write_text("[BACKEND]\nunder-test = rules.engine.journal:JournalDB\n")

    def write(tasks: str) -> Doit:
        (tmp_path / "dodo.py").write_text(_HEAD + tasks, encoding="utf-8")

        def doit(*arguments: str, **environment: str) -> Outcome:
            done = subprocess.run(
                [sys.executable, "-m", "doit", *arguments],
                cwd=tmp_path,
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                start_new_session=True,  # a Ctrl-C of a test is not for the tests
            )
            assert "Traceback" not in done.stdout, done.stdout
            return Outcome(done.returncode, done.stdout)

        return doit

    return write
