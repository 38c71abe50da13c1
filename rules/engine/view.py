"""What lies on disk, looked at once a build, so that all of the build decides by the same picture."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import xxhash

from rules.folders import Folder, Stat, inside, stat_of

#: A file written this recently may change again within one tick of its clock: don't trust its stat.
SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class Watched:
    """What a build looked at; whatever else lies on the disk is no matter to it."""

    #: Folders, with all folders in them but links.
    folders: Sequence[str] = ()
    #: Folders in those that it did not look into.
    skipped: Sequence[str] = ()
    #: Links to folders in those that it did look into.
    links: Sequence[str] = ()
    #: Single files, which may be missing: their names by their folders.
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Digests(NamedTuple):
    """What was watched, in two short texts."""

    #: Changes with the name of anything.
    names: str
    #: Changes with the stat of any file.
    stats: str


class View:
    """A picture of files and folders; each is looked at when it is first asked for."""

    def __init__(self) -> None:
        self._since_ns = time.time_ns()
        self._folders: dict[str, Folder] = {}
        self._stats: dict[str, Stat | None] = {}
        #: Files that were looked at by themselves, in no folder that was listed.
        self._single: set[str] = set()
        self._before: View | None = None

    def go_on_from(self, before: View, but: str) -> None:
        """Take from another picture, of just now, what is asked for and is in it; nothing in the folder `but`."""
        below = inside(but, "")
        before._folders = {path: each for path, each in before._folders.items() if not f"{path}/".startswith(below)}
        before._stats = {path: each for path, each in before._stats.items() if not path.startswith(below)}
        self._since_ns = min(self._since_ns, before._since_ns)
        self._before = before

    def folder(self, path: str) -> Folder:
        found = self._folders.get(path)
        if found is None:
            known = self._before._folders.get(path) if self._before else None
            found = self._folders[path] = known or Folder(path)
        return found

    def stat(self, path: str) -> Stat | None:
        """A file's stat; None where there is nothing to be seen."""
        try:
            return self._stats[path]
        except KeyError:
            stat = self._stats[path] = self._first(path)
            return stat

    def _first(self, path: str) -> Stat | None:
        folder, slash, name = path.rpartition("/")
        listed = self._folders.get(folder or slash or ".")
        stat = listed.stats.get(name) if listed else None
        if stat is not None:
            return stat
        self._single.add(path)
        if self._before and path in self._before._stats:
            return self._before._stats[path]
        return stat_of(path)

    def refresh(self, paths: Iterable[str]) -> None:
        """Look again at files that the build itself has written."""
        for path in paths:
            self._single.add(path)
            self._stats[path] = stat_of(path)

    def forget(self, roots: Iterable[str]) -> None:
        """Look again at all files in these folders: the build itself has changed some."""
        below = tuple(inside(root, "") for root in roots)
        self._stats = {path: stat for path, stat in self._stats.items() if not path.startswith(below)}
        self._before = None

    def watched(self, folders: Iterable[str]) -> Watched:
        """What was looked at so far: of these folders, and every single file."""
        roots = sorted(set(folders))
        skipped, links = [], []
        pending = roots.copy()
        while pending:
            path = pending.pop()
            folder = self._folders.get(path)
            if folder is None:
                skipped.append(path)
                continue
            pending += [inside(path, name) for name in folder.folders]
            links += [link for name in folder.links if (link := inside(path, name)) in self._folders]
        return Watched(roots, sorted(skipped), sorted(links), _by_folder(sorted(filter(self._is_file, self._single))))

    def _is_file(self, path: str) -> bool:
        """Whether it is for its own stat. That of a folder changes with what comes and goes in it, and is listed."""
        folder = self._folders.get(path)
        return folder is None or folder.problem is not None

    def walk(self, watched: Watched) -> Iterator[tuple[str, Folder]]:
        """The folders watched, each with what is in it."""
        skipped, links = frozenset(watched.skipped), frozenset(watched.links)
        pending = [root for root in watched.folders if root not in skipped]
        while pending:
            path = pending.pop()
            folder = self.folder(path)
            yield path, folder
            for name in folder.folders:
                below = inside(path, name)
                if below not in skipped and (name not in folder.links or below in links):
                    pending.append(below)

    def digests(self, watched: Watched) -> Digests:
        names, stats = xxhash.xxh3_128(), xxhash.xxh3_128()
        for path, folder in self.walk(watched):
            names.update(f"{path}\0".encode(errors="surrogateescape"))
            names.update(folder.names())
            stats.update(folder.numbers)
        for path, files in watched.files.items():
            found = [self.stat(inside(path, name)) for name in files]
            there = [name for name, stat in zip(files, found, strict=True) if stat]
            names.update("\0".join((path, *there, "", "")).encode(errors="surrogateescape"))
            stats.update(array("q", [number for stat in found if stat for number in stat]))
        return Digests(names.hexdigest(), stats.hexdigest())

    def files(self, watched: Watched) -> Iterator[str]:
        """The path of every file watched that there is."""
        folders = set()
        for path, folder in self.walk(watched):
            folders.add(path if folder.problem is None else None)
            yield from (inside(path, name) for name in folder.files)
        for path, names in watched.files.items():
            yield from (each for name in names if (each := inside(path, name)) not in folders and self.stat(each))

    def is_settled(self, watched: Watched) -> bool:
        """Whether any change since the first look would show in a stat."""
        before_ns = self._since_ns - SETTLED_NS
        paths = (inside(path, name) for path, names in watched.files.items() for name in names)
        return all(folder.newest_ns() < before_ns for _, folder in self.walk(watched)) and all(
            stat is None or stat[1] < before_ns for stat in map(self.stat, paths)
        )


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for path in paths:
        folder, slash, name = path.rpartition("/")
        names.setdefault(folder or slash or ".", []).append(name)
    return names
