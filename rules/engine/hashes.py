"""Content decides whether a file changed; an unchanged stat spares the reading."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import xxhash
from doit.dependency import FileChangedChecker

from rules.engine.ahead import Ahead
from rules.engine.view import SETTLED_NS
from rules.engine.whole import write_whole
from rules.folders import Stat, stat_key, stat_of

_CHUNK_BYTES = 1 << 20
#: Of so many files it is worth to have others read them; of so many folders it is asked whether to.
_MANY, _SAMPLE = 2000, 20

#: Gives a file's stat, None where there is none to be seen.
Look = Callable[[str], Stat | None]
#: In place of a hash, and equal to none.
_CHANGED = "changed when it was about to be read"
#: That of no file.
_NO_STAT: Stat = (-1, -1, -1)
#: Size, mtime in ns, inode and hash.
_Row = tuple[int, int, int, str]


def hash_file(path: str | Path) -> str:
    """xxh3-128 of a file's content, hex."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return _hash(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def hash_as(path: str, stat: Stat) -> str | None:
    """The hash of a file that has this stat; None where it has another, then or by the end of the reading."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        digest = _hash(descriptor, stat[0])
        return digest if stat_key(os.fstat(descriptor)) == stat else None
    finally:
        os.close(descriptor)


def _hash(descriptor: int, size: int) -> str:
    chunk = os.read(descriptor, min(size + 1, _CHUNK_BYTES))
    if len(chunk) == size:  # all of it, or the last byte asked for would be here
        return str(xxhash.xxh3_128_hexdigest(chunk))
    digest = xxhash.xxh3_128()
    while chunk:
        digest.update(chunk)
        chunk = os.read(descriptor, _CHUNK_BYTES)
    return str(digest.hexdigest())


class HashCache:
    """Hashes by path, valid while size, mtime and inode stay; kept in a JSON file between builds."""

    def __init__(self, path: os.PathLike[str], look: Look = stat_of) -> None:
        self._path = path
        self.look = look
        #: By folder and name: few strings, of which many are the same.
        self._rows: dict[str, dict[str, _Row]] | None = None
        #: Hashed so soon after they were written that a later build can't trust their stats.
        self._unsettled: set[tuple[str, str]] = set()
        self._changed = False
        self._is_other = False
        self._ahead: Ahead | None = None

    def distrust(self) -> None:
        """Read every file once, whatever earlier builds have kept of it."""
        self._read_ahead(self._load())
        self._rows = {}

    def read_ahead(self) -> bool:
        """Have other processes read all files where most have new stats, as after a checkout; whether they do."""
        if self._rows is None:
            self._rows = self._load()
            folders = list(self._rows.items())
            sample = [(folder, next(iter(names))) for folder, names in folders[:: len(folders) // _SAMPLE + 1] if names]
            known = [_has_stat(self._rows[folder][name], stat_of(f"{folder}/{name}")) for folder, name in sample]
            if known.count(False) > known.count(True):
                self._read_ahead(self._rows)
        return self._ahead is not None

    def _read_ahead(self, rows: dict[str, dict[str, _Row]]) -> None:
        paths = [f"{folder}/{name}" for folder, names in rows.items() for name in names]
        if len(paths) >= _MANY:
            self._ahead = Ahead(_row_of, paths)

    def _take_over(self) -> None:
        """What was read ahead."""
        assert self._ahead and self._rows is not None
        for path, row, is_settled in filter(None, self._ahead.results()):
            self._keep(path, tuple(row), is_settled)
        self._ahead = None

    def digest(self, path: str, stat: Stat | None = None) -> str:
        """The hash of a file's content. Raises OSError where it can't be read."""
        if stat is None:
            stat = self.look(path)
        if self._rows is None:
            self._rows = self._load()
        folder, _, name = path.rpartition("/")
        try:
            size, mtime_ns, inode, digest = self._rows[folder][name]
            if (size, mtime_ns, inode) == stat:
                return str(digest)
        except (LookupError, TypeError, ValueError):  # not there, or not one of ours
            pass
        return self._read(path, stat)

    def _read(self, path: str, stat: Stat | None) -> str:
        if self._ahead:
            self._take_over()
            return self.digest(path, stat)
        if stat is None:
            return hash_file(path)  # raises OSError, but for what came into being just now
        is_settled = _is_settled(stat)
        digest = hash_as(path, stat)
        if digest is None:
            return _CHANGED
        self._keep(path, (*stat, digest), is_settled)
        return digest

    def learn(self, path: str, digest: str) -> None:
        """Keep the hash of a file that a step has read, and that hasn't changed since it was looked at."""
        stat = self.look(path)
        if stat is not None:
            self._keep(path, (*stat, digest), _is_settled(stat))

    def expect(self, path: str, digest: str) -> None:
        """Keep what a file was written with; whoever asks for its hash reads whether it still has that."""
        self._keep(path, (*_NO_STAT, digest), is_settled=True)

    def confirm(self, paths: Iterable[str]) -> bool:
        """Whether an earlier build knew each of these files, with the content that it has now. Reads what it must."""
        try:
            return all(self._is_kept(path) and not self._is_other for path in paths)
        except OSError:
            return False

    def _is_kept(self, path: str) -> bool:
        kept = self._kept(path)
        return kept is not None and self.digest(path) == kept

    def _kept(self, path: str) -> str | None:
        """The hash that is kept of a file, which may have changed since."""
        if self._rows is None:
            self._rows = self._load()
        folder, _, name = path.rpartition("/")
        try:
            return str(self._rows[folder][name][3])
        except (LookupError, TypeError):
            return None

    def _keep(self, path: str, row: _Row, is_settled: bool) -> None:
        self._is_other |= self._kept(path) not in (None, row[3])  # which has loaded the rows
        assert self._rows is not None
        folder, _, name = path.rpartition("/")
        self._rows.setdefault(folder, {})[name] = row
        if is_settled:
            self._unsettled.discard((folder, name))
        else:
            self._unsettled.add((folder, name))
        self._changed = True

    def _load(self) -> dict[str, dict[str, _Row]]:
        try:
            rows = json.loads(Path(self._path).read_bytes())
            return {folder: dict(names) for folder, names in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}

    def save(self) -> None:
        """Keep what a later build can trust. Where it can't be written, that build reads the files again."""
        if not self._changed or self._rows is None:
            return
        for folder, name in self._unsettled:  # a later build reads them, and finds what is in them the same
            self._rows[folder][name] = (*_NO_STAT, self._rows[folder][name][3])
        self._unsettled.clear()
        path = Path(self._path)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, [json.dumps(self._rows, separators=(",", ":")).encode()])
            self._changed = False


def _has_stat(row: Any, stat: Stat | None) -> bool:
    """Whether a row, which may come from anywhere, is of a file with this stat."""
    return isinstance(row, list) and stat is not None and row[:3] == list(stat)


def _is_settled(stat: Stat) -> bool:
    return stat[1] < time.time_ns() - SETTLED_NS


def _row_of(path: str) -> tuple[str, _Row, bool] | None:
    """What `HashCache` keeps of a file; None where it can't be read, or is being changed."""
    stat = stat_of(path)
    if stat is None:
        return None
    is_settled = _is_settled(stat)
    try:
        digest = hash_as(path, stat)
    except OSError:
        return None
    return None if digest is None else (path, (*stat, digest), is_settled)


def content_checker(cache: HashCache) -> type[FileChangedChecker]:
    """doit's file checker over one cache: the state of a dependency is its content's hash."""

    def state_of(path: str, stat: Stat | None = None) -> str:
        try:
            return cache.digest(path, stat)
        except OSError as problem:  # for the task to meet and to say; others go on
            return f"unreadable: {problem.strerror}"

    class ContentChecker(FileChangedChecker):  # type: ignore[misc]
        """A dependency changed when its bytes did."""

        def exists(self, file_path: str) -> bool:
            return cache.look(file_path) is not None

        def info(self, file_path: str) -> Stat:
            stat = cache.look(file_path)
            if stat is None:
                raise FileNotFoundError(file_path)
            return stat

        def check_modified(self, file_path: str, file_stat: Stat, state: Any) -> bool:
            return bool(state_of(file_path, file_stat) != state)

        def get_state(self, dep: str, current_state: Any) -> str | None:
            state = state_of(dep)
            return None if state == current_state else state

    return ContentChecker
