"""doit's state as a journal: a line for each finished task, safe against a kill at any moment.

doit's own back ends write when a run ends, so that a kill loses all of the run. Here a task's record
is appended the moment it is complete; a torn last line is ignored; the file is rewritten, whole and
by rename, when most of it is history.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from doit.exceptions import InvalidCommand

#: doit sets this key last when it saves a task (Dependency.save_success).
_LAST_KEY = "deps:"
_VERSION = {"journal": 1}


class JournalDB:
    """A back end for doit's `Dependency`: same methods as its DbmDB, JsonDB and SqliteDB."""

    desc = "a line for each finished task; survives a kill at any moment"

    def __init__(self, name: str, codec: Any = None, module_name: str | None = None) -> None:
        self.name = name
        self._path = Path(name)
        self._stream: BinaryIO | None = None
        self._tasks: dict[str, dict[str, Any]] = {}
        self._lines = 0
        self._load()

    def _load(self) -> None:
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return
        rows = [row for row in map(_parsed, lines) if row is not None]
        if not rows or rows[0] != _VERSION:
            return  # another program's file, or an older form: begin anew
        for row in rows[1:]:
            self._lines += 1
            if row.get("record") is None:
                self._tasks.pop(row["task"], None)
            else:
                self._tasks[row["task"]] = row["record"]

    def get(self, task_id: str, dependency: str) -> Any:
        return self._tasks.get(task_id, {}).get(dependency)

    def in_(self, task_id: str) -> bool:
        return task_id in self._tasks

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        self._tasks.setdefault(task_id, {})[dependency] = value
        if dependency in (_LAST_KEY, "ignore:"):
            self._forget_old_files(task_id)
            self._append(task_id, self._tasks[task_id])

    def _forget_old_files(self, task_id: str) -> None:
        """Drop hashes of files that are no dependencies any more."""
        record = self._tasks[task_id]
        current = set(record.get(_LAST_KEY) or ())
        self._tasks[task_id] = {key: value for key, value in record.items() if key.endswith(":") or key in current}

    def remove(self, task_id: str) -> None:
        if self._tasks.pop(task_id, None) is not None:
            self._append(task_id, None)

    def remove_all(self) -> None:
        self._tasks = {}
        self._rewrite()

    def dump(self) -> None:
        """The end of doit's run: everything is on disk already."""
        wrote = self._stream is not None  # else another process may be writing: the lock is for builds
        if wrote and self._lines > 2 * len(self._tasks) + 100:
            with suppress(InvalidCommand):  # long is better than lost
                self._rewrite()
        self._close()

    def _append(self, task_id: str, record: dict[str, Any] | None) -> None:
        with self._writing():
            if self._stream is None:
                if self._lines == 0 or not _ends_whole(self._path):
                    self._rewrite()  # with this change
                    return
                self._stream = self._path.open("ab")
            self._stream.write(_line({"task": task_id, "record": record}))
            self._stream.flush()
        self._lines += 1

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raises InvalidCommand, which doit prints as one line, where the journal can't be written."""
        try:
            yield
        except OSError as problem:
            self._close()
            raise InvalidCommand(f"{self._path}: can't be written: {problem.strerror}") from None

    def _rewrite(self) -> None:
        self._close()
        rows: list[dict[str, Any]] = [_VERSION]
        rows += [{"task": task, "record": record} for task, record in self._tasks.items()]
        with self._writing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f"{self._path.name}.tmp")
            try:
                temporary.write_bytes(b"".join(map(_line, rows)))
                temporary.replace(self._path)
            finally:
                temporary.unlink(missing_ok=True)
        self._lines = len(self._tasks)

    def _close(self) -> None:
        if self._stream is not None:
            with suppress(OSError):  # what could not be written has been said
                self._stream.close()
            self._stream = None


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    is_record = isinstance(row.get("task"), str) and isinstance(row.get("record"), (dict, type(None)))
    return row if is_record or row == _VERSION else None


def _ends_whole(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"
    except OSError:
        return False
