"""A tree of files as a value: read once, changed without a copy, looked at as if it lay on disk."""

from __future__ import annotations

import io
import posixpath
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from rules.sources import Enters, Entry, Kind, StrPath


@dataclass
class MemoryFiles:
    """An implementation of `Files`. Paths are strings from the tree's root, which is `root`."""

    root: Path
    files: dict[str, bytes] = field(default_factory=dict)
    #: Folders by path, those that hold files included; '' is the root.
    folders: set[str] = field(default_factory=lambda: {""})

    def copy(self) -> MemoryFiles:
        """One to change: contents are shared, and never changed in place."""
        return MemoryFiles(self.root, dict(self.files), set(self.folders))

    def entries(self, root: Path, enters: Enters = lambda _: True, *, sizes: bool = True) -> list[Entry]:
        below = [] if root == self.root else root.relative_to(self.root).as_posix().split("/")
        if "/".join(below) not in self.folders:
            raise FileNotFoundError(None, "no such folder", str(root))
        found = [(path.split("/"), Kind.FILE, len(data)) for path, data in self.files.items()]
        found += [(path.split("/"), Kind.FOLDER, 0) for path in self.folders if path]
        inside = [
            (parts[len(below) :], kind, size)
            for parts, kind, size in sorted(found)
            if parts[: len(below)] == below and len(parts) > len(below)
        ]
        return [
            Entry("/".join(parts), kind, size)
            for parts, kind, size in inside
            if all(enters("/".join(parts[:depth])) for depth in range(1, len(parts)))
        ]

    def open(self, path: StrPath) -> BinaryIO:
        return io.BytesIO(self._data(path))

    def size(self, path: StrPath) -> int:
        return len(self._data(path))

    def _data(self, path: StrPath) -> bytes:
        try:
            return self.files[Path(path).relative_to(self.root).as_posix()]
        except (KeyError, ValueError):
            raise FileNotFoundError(None, "no such file", str(path)) from None

    def read(self, path: str) -> bytes:
        return self.files[path]

    def write(self, path: str, data: bytes) -> None:
        self.make_folder(posixpath.dirname(path))
        self.files[path] = data

    def make_folder(self, path: str) -> None:
        while path not in self.folders:
            self.folders.add(path)
            path = posixpath.dirname(path)

    def below(self, path: str) -> list[str]:
        """The files and folders at a path and under it, of which there must be one."""
        found = [each for each in (*self.folders, *self.files) if each == path or each.startswith(f"{path}/")]
        assert found, path
        return found

    def delete(self, path: str) -> None:
        """A file, or a folder with all that is in it."""
        for each in self.below(path):
            self.files.pop(each, None)
            self.folders.discard(each)

    def copy_to(self, path: str, target: str) -> None:
        """A file, or a folder with all that is in it, which doesn't replace what is at the target."""
        for each in self.below(path):
            there = target + each[len(path) :]
            if each in self.files:
                self.write(there, self.files[each])
            else:
                self.make_folder(there)

    def move(self, path: str, target: str) -> None:
        self.copy_to(path, target)
        self.delete(path)


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> MemoryFiles:
    tree = MemoryFiles(folder)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_dir():
            tree.make_folder(inside)
        else:
            tree.write(inside, path.read_bytes())
    return tree


def load_tree(folder: Path) -> MemoryFiles:
    """A folder's files, to change; read once."""
    return _loaded(folder).copy()
