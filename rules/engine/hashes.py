"""Content decides whether a file changed; an unchanged stat spares the reading."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import xxhash
from doit.dependency import FileChangedChecker

_CHUNK_BYTES = 1 << 20
#: A file written this recently may change again within one tick of its clock: don't trust its stat.
_SETTLED_NS = 2_000_000_000

#: (size in bytes, mtime in ns, inode)
Stat = tuple[int, int, int]


def hash_file(path: str | Path) -> str:
    """xxh3-128 of a file's content, hex."""
    digest = xxhash.xxh3_128()
    with open(path, "rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def stat_key(stat: os.stat_result) -> Stat:
    return (stat.st_size, stat.st_mtime_ns, stat.st_ino)


class HashCache:
    """Hashes by path, valid while size, mtime and inode stay; kept in a JSON file between builds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        #: path -> stat, hash, and whether the file had settled when it was hashed
        self._entries: dict[str, tuple[Stat, str, bool]] = {}
        self._changed = False
        self._load()

    def _load(self) -> None:
        try:
            rows = json.loads(self._path.read_bytes())
            self._entries = {path: ((row[0], row[1], row[2]), row[3], True) for path, row in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            self._entries = {}

    def digest(self, path: str, stat: os.stat_result | None = None) -> str:
        """The hash of a file's content. Raises OSError where it can't be read."""
        key = stat_key(stat or os.stat(path))
        known = self._entries.get(path)
        if known is not None and known[0] == key:
            return known[1]
        settled = key[1] < time.time_ns() - _SETTLED_NS
        digest = hash_file(path)
        self._entries[path] = (key, digest, settled)
        self._changed = True
        return digest

    def save(self) -> None:
        """Keep what a later build can trust. Where it can't be written, that build reads the files again."""
        if not self._changed:
            return
        rows = {path: (*key, digest) for path, (key, digest, settled) in sorted(self._entries.items()) if settled}
        temporary = self._path.with_name(f"{self._path.name}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(rows, separators=(",", ":")))
            temporary.replace(self._path)
        except OSError:
            return
        self._changed = False


def content_checker(cache: HashCache) -> type[FileChangedChecker]:
    """doit's file checker over one cache: the state of a dependency is its content's hash."""

    def state_of(path: str, stat: os.stat_result | None = None) -> str:
        try:
            return cache.digest(path, stat)
        except OSError as problem:  # for the task to meet and to say; others go on
            return f"unreadable: {problem.strerror}"

    class ContentChecker(FileChangedChecker):  # type: ignore[misc]
        """A dependency changed when its bytes did."""

        def check_modified(self, file_path: str, file_stat: os.stat_result, state: Any) -> bool:
            return bool(state_of(file_path, file_stat) != state)

        def get_state(self, dep: str, current_state: Any) -> str | None:
            state = state_of(dep)
            return None if state == current_state else state

    return ContentChecker
