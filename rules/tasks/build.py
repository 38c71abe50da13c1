"""How doit runs a build here: its state, its file checker, its reporter and the lock."""

from __future__ import annotations

from typing import Any

from rules.engine.hashes import content_checker
from rules.engine.interrupts import end_quietly
from rules.engine.lock import BuildLock
from rules.engine.output import show_any_text
from rules.engine.reporter import Progress, build_reporter
from rules.tasks.report import closing_words
from rules.tasks.workspace import Workspace

WORKSPACE = Workspace()
#: Name of JournalDB among doit's back ends (an entry point in pyproject.toml).
_BACKEND = "journal"


def doit_config() -> dict[str, Any]:
    """DOIT_CONFIG of this workspace. Raises InvalidDodoFile for a declaration that can't be used."""
    end_quietly()
    show_any_text()
    state = WORKSPACE.paths.state
    lock = BuildLock(state / "lock")

    def end(progress: Progress) -> str:
        WORKSPACE.hashes.save()
        lock.release()
        return closing_words(WORKSPACE, progress)

    return {
        "default_tasks": ["check", "plan", "stage", "pack", "report", "gate"],
        "dep_file": str(state / "state.jsonl"),
        "backend": _BACKEND,
        "check_file_uptodate": content_checker(WORKSPACE.hashes),
        "reporter": build_reporter(lock.acquire, end),
        "continue": True,
        "verbosity": 1,
    }
