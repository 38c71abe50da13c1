"""What folders hold, as one look shows it. Knows nothing of MLPerf, and nothing of doit."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from stat import S_ISREG
from sys import intern
from typing import TypeVar

#: (size in bytes, mtime in ns, inode)
Stat = tuple[int, int, int]
#: Of a number with a sign in 64 bits. Inodes have none on some file systems, and mtimes may lie in the year 2300.
_MOST = (1 << 63) - 1
_Name = TypeVar("_Name", bound=str)


def stat_key(status: os.stat_result) -> Stat:
    return (status.st_size, min(status.st_mtime_ns, _MOST), status.st_ino & _MOST)


def stat_of(path: str) -> Stat | None:
    """A file's stat as it is now; None where there is nothing to be seen."""
    try:
        return stat_key(os.stat(path))  # noqa: PTH116 - called for every file of every build
    except (OSError, ValueError):
        return None


def inside(folder: str, name: str) -> str:
    """The path of something in a folder, spelled as `pathlib` does."""
    return name if folder == "." else folder + name if folder.endswith("/") else f"{folder}/{name}"


def is_within(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or leads into it, links followed; of what is no path here, as it is spelled."""
    return _resolved(path).is_relative_to(_resolved(folder))


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # no path of this system, or links in a circle
        return path.absolute()


class Folder:
    """What a folder held when it was listed. Names are sorted; links count as what they lead to.

    There is one for every folder of every build: small, and quick to make.
    """

    __slots__ = ("_stats", "files", "folders", "links", "numbers", "others", "problem")

    def __init__(self, path: str) -> None:
        folders, files, links = [], [], []
        others: dict[str, str | None] = {}
        #: Why it could not be listed.
        self.problem: str | None = None
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    try:
                        if entry.is_dir():
                            folders.append(intern(entry.name))
                            if entry.is_symlink():
                                links.append(entry.name)
                        else:
                            files.append((intern(entry.name), entry))
                    except OSError as problem:  # a link that leads to itself
                        others[entry.name] = problem.strerror
        except (OSError, ValueError) as problem:
            self.problem = getattr(problem, "strerror", None) or str(problem)
        files.sort()
        numbers = array("q")
        for name, entry in files:
            try:
                status = entry.stat()
            except OSError as problem:
                others[name] = None if isinstance(problem, FileNotFoundError) else problem.strerror
                continue
            if S_ISREG(status.st_mode):
                numbers.extend(stat_key(status))
            else:
                others[name] = None
        self.folders = tuple(sorted(folders))
        #: The folders that are links.
        self.links = tuple(sorted(links))
        self.files = tuple([name for name, _ in files if name not in others])
        #: The stats of the files, one after the other.
        self.numbers = numbers
        #: What is neither (a FIFO, a dangling link), with the reason that the system gives, if any.
        self.others = tuple(sorted(others.items()))
        self._stats: dict[str, Stat] | None = None

    @property
    def stats(self) -> dict[str, Stat]:
        """The stat of each file, by its name."""
        if self._stats is None:
            numbers = iter(self.numbers)
            self._stats = dict(zip(self.files, zip(numbers, numbers, numbers, strict=True), strict=True))
        return self._stats

    @property
    def is_plain(self) -> bool:
        """Whether it holds nothing but files and folders, no links to folders, with names in ASCII."""
        return not (self.links or self.others or self.problem) and "".join((*self.files, *self.folders)).isascii()

    def newest_ns(self) -> int:
        """When the youngest of its files was modified."""
        return max(self.numbers[1::3], default=0)

    def names(self) -> bytes:
        """Its names, each with what it names: the same bytes for the same alone, whatever comes behind them."""
        names = "\0".join((*self.files, "", *self.folders, "", ""))  # an empty one ends each list
        if self.links or self.others or self.problem:
            names += f"\0{self.links}{self.others}{self.problem}\0"
        return names.encode(errors="surrogateescape")


class PathsIn(Mapping[_Name, Path]):
    """Files of a folder by name, each a path when it is asked for: there are more files than are asked for."""

    def __init__(self, root: Path, relative: Mapping[_Name, str]) -> None:
        self._root = root
        self._relative = relative

    def __getitem__(self, name: _Name) -> Path:
        return self._root / self._relative[name]

    def __contains__(self, name: object) -> bool:
        return name in self._relative

    def __iter__(self) -> Iterator[_Name]:
        return iter(self._relative)

    def __len__(self) -> int:
        return len(self._relative)

    def texts(self) -> list[str]:
        """The paths as text."""
        root = str(self._root)
        return [inside(root, relative) for relative in self._relative.values()]
