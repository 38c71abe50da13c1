"""One build at a time in a workspace."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from doit.exceptions import InvalidCommand

if TYPE_CHECKING:
    from filelock import BaseFileLock


class BuildLock:
    """A lock file beside the state; a second builder is told who holds it.

    The system lets go of it when its holder dies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._holder = path.with_name(path.name + ".holder")
        self._lock: BaseFileLock | None = None

    def acquire(self) -> None:
        """Once is enough. Raises InvalidCommand, which doit prints as one line: held, or it can't be written."""
        # Imported here: a build that finds nothing to do takes no lock.
        from filelock import FileLock, Timeout

        if self._lock is not None:
            return
        lock = FileLock(str(self._path), timeout=0)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            self._holder.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        except Timeout:
            raise InvalidCommand(f"another build is at work here ({self._said()}); wait for it to end") from None
        except OSError as problem:
            lock.release()
            raise InvalidCommand(f"{self._path.parent}: can't be written: {problem.strerror}") from None
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            self._holder.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _said(self) -> str:
        try:
            return self._holder.read_text() or "just started"
        except OSError:
            return "just started"
