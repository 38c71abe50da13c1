"""How doit runs a build here: its state, its file checker, its reporter, the lock, and the way round it all."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rules.engine.hashes import content_checker
from rules.engine.interrupts import end_quietly
from rules.engine.later import LaterPath
from rules.engine.lock import BuildLock
from rules.engine.output import show_any_text
from rules.engine.reporter import Progress, build_reporter
from rules.engine.snapshot import Snapshot
from rules.engine.terminal import in_colour
from rules.engine.view import View
from rules.engine.workers import keep_workers_busy
from rules.tasks import github, shortcut
from rules.tasks.workspace import Workspace

WORKSPACE = Workspace()
#: Name of JournalDB among doit's back ends (an entry point in pyproject.toml).
_BACKEND = "journal"


def doit_config() -> dict[str, Any]:
    """DOIT_CONFIG of this workspace. Reads nothing yet."""
    end_quietly()
    show_any_text()
    keep_workers_busy()
    gc.set_threshold(100_000, 50, 50)  # tasks are many and live long: looking them through is a fifth of a build
    build = _Build()
    return {
        "default_tasks": ["check", "plan", "stage", "pack", "report", "gate"],
        "dep_file": LaterPath(lambda: WORKSPACE.paths.journal),
        "backend": _BACKEND,
        "check_file_uptodate": content_checker(WORKSPACE.hashes),
        "reporter": build_reporter(build.begin, build.end, lambda: build.is_quiet),
        "continue": True,
        "verbosity": 1,
        # For our `run` command.
        "around_run": build.around,
    }


class _Build:
    """One `doit run`, from the command line to the last words."""

    def __init__(self) -> None:
        #: Whether the command line asks for the whole build, of what submission.yaml says.
        self._is_plain = False
        self.is_quiet = False
        self._locks: dict[Path, BuildLock] = {}

    @contextmanager
    def around(self, is_plain: bool, is_paranoid: bool, is_quiet: bool) -> Iterator[int | None]:
        """Around all that doit does for a `run`; gives the exit status where there is nothing left to do."""
        self.is_quiet = is_quiet
        self._is_plain = is_plain and not WORKSPACE.overrides
        shortcut.look_at_program(WORKSPACE.view)
        try:
            status = self._shortcut() if self._is_plain else None
            if is_paranoid:
                WORKSPACE.hashes.distrust()
            elif self._is_plain and status is None:
                WORKSPACE.hashes.read_ahead()
            yield status
        finally:
            self._release()

    def _shortcut(self) -> int | None:
        paths = shortcut.guessed_paths()
        snapshot = Snapshot.load(paths.snapshot)
        if snapshot is None:
            return None
        view = View()
        if not shortcut.nothing_changed(snapshot, view):
            # No lock was taken so far: another build may have been changing what is built.
            WORKSPACE.view.go_on_from(view, but=str(paths.output))
            self._lock(paths.state)
            if not shortcut.nothing_differs(snapshot, WORKSPACE):
                return None
        sys.stdout.write(in_colour(github.shown(snapshot.words, paths), sys.stdout))
        return snapshot.status

    def begin(self) -> None:
        self._lock(WORKSPACE.paths.state)

    def end(self, progress: Progress) -> str:
        from rules.tasks.outcome import last_words
        from rules.tasks.report import closing_words

        words = last_words(WORKSPACE, progress, lambda: closing_words(WORKSPACE, progress))
        if self._is_plain:
            shortcut.remember(WORKSPACE, progress, words)
        WORKSPACE.hashes.save()
        self._release()
        return github.shown(words, WORKSPACE.paths, is_reported="report" in progress.finished)

    def _lock(self, state: Path) -> None:
        lock = self._locks.setdefault(state, BuildLock(state / "lock"))
        lock.acquire()

    def _release(self) -> None:
        for lock in self._locks.values():
            lock.release()
