"""One build at a time in a workspace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from doit.exceptions import InvalidCommand
from filelock import FileLock, Timeout


class BuildLock:
    """A lock file beside the state; a second builder is told who holds it."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(str(path), timeout=0)
        self._holder = path.with_name(path.name + ".holder")

    def acquire(self) -> None:
        """Raises InvalidCommand, which doit prints as one line: another build holds it, or it can't be written."""
        try:
            self._holder.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._holder.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        except Timeout:
            raise InvalidCommand(f"another build is at work here ({self._said()}); wait for it to end") from None
        except OSError as problem:
            raise InvalidCommand(f"{self._holder.parent}: can't be written: {problem.strerror}") from None

    def release(self) -> None:
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def _said(self) -> str:
        try:
            return self._holder.read_text() or "just started"
        except OSError:
            return "just started"
