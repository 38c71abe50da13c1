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

from rules.engine.whole import write_whole

#: What doit keeps of a task, by doit's keys: its own end in a colon, the others are files.
_Record = dict[str, Any]

#: The names of the task's files; doit sets it last when it saves a task (Dependency.save_success).
_DEPS = "deps:"
_IGNORE = "ignore:"
#: In a line: the files with their states, instead of each in two places.
_FILES = "files"
_HEAD = b'{"journal":2}'
#: What a line begins with, up to the task's name; and how one ends that takes a record back.
_TASK = b'{"task":"'
_REMOVED = b'"record":null}'


class JournalDB:
    """A back end for doit's `Dependency`: same methods as its DbmDB, JsonDB and SqliteDB.

    It reads its file when it is first asked, which in a build is after the lock is taken.
    """

    desc = "a line for each finished task; survives a kill at any moment"

    def __init__(self, name: str | os.PathLike[str], codec: Any = None, module_name: str | None = None) -> None:
        self.name = name
        self._stream: BinaryIO | None = None
        #: The line of each task.
        self._loaded: dict[str, bytes] | None = None
        #: Records that doit has begun to save.
        self._open: dict[str, _Record] = {}
        #: The record that was asked for last; doit asks for each many times in a row.
        self._last: tuple[str, _Record] = ("", {})
        self._count = 0

    @property
    def _path(self) -> Path:
        return Path(self.name)

    @property
    def _lines(self) -> dict[str, bytes]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> dict[str, bytes]:
        try:
            head, *lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return {}
        found: dict[str, bytes] = {}
        if head != _HEAD:
            return found  # another program's file, or an older form: begin anew
        if lines and _parsed(lines[-1]) is None:
            lines.pop()  # torn, or the nothing behind the last newline
        self._count = len(lines)
        for line in lines:
            task = _task_of(line)
            if task is not None and line.endswith(_REMOVED):
                found.pop(task, None)
            elif task is not None:
                found[task] = line
        return found

    def _record(self, task_id: str) -> _Record | None:
        if task_id == self._last[0]:
            return self._last[1]
        if task_id in self._open:
            return self._open[task_id]
        line = self._lines.get(task_id)
        record = None if line is None else _parsed(line)
        if record is not None:
            self._last = (task_id, record)
        elif line is not None:  # damaged
            del self._lines[task_id]
        return record

    def get(self, task_id: str, dependency: str) -> Any:
        last, kept = self._last
        record = kept if last == task_id else self._record(task_id)
        return None if record is None else record.get(dependency)

    def in_(self, task_id: str) -> bool:
        return self._record(task_id) is not None

    def set(self, task_id: str, dependency: str, value: Any) -> None:
        if task_id not in self._open:
            self._open[task_id] = dict(self._record(task_id) or {})
            self._last = ("", {})
        self._open[task_id][dependency] = value
        if dependency in (_DEPS, _IGNORE):
            self._close(task_id)

    def _close(self, task_id: str) -> None:
        """Write a record that is complete; not again where nothing in it is new."""
        record = self._open.pop(task_id)
        line = _line(task_id, record)
        self._last = ("", {})
        if self._lines.get(task_id) != line:
            self._append(task_id, line)

    def remove(self, task_id: str) -> None:
        self._last = ("", {})
        is_open = self._open.pop(task_id, None) is not None
        if task_id in self._lines or is_open:
            self._append(task_id, None)

    def remove_all(self) -> None:
        self._loaded, self._open, self._last = {}, {}, ("", {})
        self._rewrite()

    def dump(self) -> None:
        """The end of doit's run: everything is on disk already."""
        wrote = self._stream is not None  # else another process may be writing: the lock is for builds
        if wrote and self._count > 2 * len(self._lines) + 100:
            with suppress(InvalidCommand):  # long is better than lost
                self._rewrite()
        self._end()

    def _append(self, task_id: str, line: bytes | None) -> None:
        before = self._lines.get(task_id)
        self._know(task_id, line)
        try:
            self._write(line or _line(task_id, None))
        except InvalidCommand:
            self._know(task_id, before)
            raise

    def _know(self, task_id: str, line: bytes | None) -> None:
        if line is None:
            self._lines.pop(task_id, None)
        else:
            self._lines[task_id] = line

    def _write(self, line: bytes) -> None:
        with self._writing():
            if self._stream is None:
                if self._count == 0 or not _ends_whole(self._path):
                    self._rewrite()  # with this line, or without what it takes back
                    return
                self._stream = self._path.open("ab")
            self._stream.write(line + b"\n")
            self._stream.flush()
        self._count += 1

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raises InvalidCommand, which doit prints as one line, where the journal can't be written."""
        try:
            yield
        except OSError as problem:
            self._end()
            raise InvalidCommand(f"{self._path}: can't be written: {problem.strerror}") from None

    def _rewrite(self) -> None:
        self._end()
        with self._writing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, (line + b"\n" for line in (_HEAD, *self._lines.values())))
        self._count = len(self._lines)

    def _end(self) -> None:
        if self._stream is not None:
            with suppress(OSError):  # what could not be written has been said
                self._stream.close()
            self._stream = None


def _line(task_id: str, record: _Record | None) -> bytes:
    kept: _Record | None = None
    if record is not None:
        kept = {key: value for key, value in record.items() if key.endswith(":") and key != _DEPS}
        if _DEPS in record:
            kept[_FILES] = {name: record.get(name) for name in record[_DEPS]}
    return json.dumps({"task": task_id, "record": kept}, separators=(",", ":")).encode()


def _parsed(line: bytes) -> _Record | None:
    """The record in a line; an empty one where the line says that there is none any more."""
    try:
        row = json.loads(line)
        record = row["record"] or {}
        files = record.pop(_FILES, None)
        return record if files is None else {**record, **files, _DEPS: list(files)}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _task_of(line: bytes) -> str | None:
    """The task that a line is about, read without the rest of it, which is most of the time in loading."""
    name, quote, _ = line[len(_TASK) :].partition(b'"')
    if not line.startswith(_TASK) or not quote:
        return None
    if b"\\" not in name:
        return name.decode("ascii", "replace")
    try:
        return str(json.loads(line)["task"])
    except (ValueError, LookupError, RecursionError):
        return None


def _ends_whole(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"
    except OSError:
        return False
