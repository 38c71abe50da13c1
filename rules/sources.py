"""Where a submission's files are read from: folders on disk, or an archive that is never unpacked there.

Knows nothing of MLPerf. A path is a path in either case; one inside an archive begins with the archive's own.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, NamedTuple, Protocol

from rules.errors import UserError

_CHUNK_BYTES = 1 << 20
#: Small enough for the allocator to have it at hand.
_READ_BYTES = 1 << 16
#: Members are kept compressed at the fastest level: logs shrink to a seventh at 200 MB/s.
_LEVEL = 1


class Kind(str, Enum):
    """What stands at a path. OTHER is a dangling link, a link loop, a FIFO, a device: nothing to read."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"


class Entry(NamedTuple):
    """One thing in a tree: its path from the root, with slashes, and its size in bytes (files only)."""

    path: str
    kind: Kind
    size: int = 0


class Files(Protocol):
    """A tree of files to read."""

    def entries(self, root: Path, skipped: Collection[str] = ()) -> list[Entry]:
        """All that lies under `root`, parents before children, but for what its children named `skipped` hold.

        Raises OSError for the root alone.
        """

    def open(self, path: Path) -> BinaryIO:
        """A file's bytes. Raises OSError."""

    def size(self, path: Path) -> int:
        """A file's size in bytes. Raises OSError."""


class Disk:
    """Files as they lie on disk. A link counts as what it leads to."""

    def entries(self, root: Path, skipped: Collection[str] = ()) -> list[Entry]:
        status = root.stat()
        found: list[Entry] = []
        _walk(str(root), "", ((status.st_dev, status.st_ino),), found, skipped)
        return found

    def open(self, path: Path) -> BinaryIO:
        stream = path.open("rb")
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):  # a FIFO would never end
            stream.close()
            raise OSError(None, "not a regular file", str(path))
        return stream

    def size(self, path: Path) -> int:
        return path.stat().st_size


def _walk(
    folder: str,
    inside: str,
    ancestors: tuple[tuple[int, int], ...],
    found: list[Entry],
    skipped: Collection[str] = (),
) -> None:
    """Add the entries below a folder. One that can't be listed, or that contains itself by a link, is OTHER."""
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=_NAME)
    for entry in entries:
        path = inside + entry.name
        try:
            status = entry.stat()
        except OSError:  # a dangling link, or a loop
            found.append(Entry(path, Kind.OTHER))
            continue
        if stat.S_ISREG(status.st_mode):
            found.append(Entry(path, Kind.FILE, status.st_size))
        elif stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in ancestors:
            found.append(Entry(path, Kind.FOLDER))
            if entry.name in skipped:
                continue
            try:
                _walk(entry.path, f"{path}/", (*ancestors, (status.st_dev, status.st_ino)), found)
            except OSError:  # not ours to list
                found.append(Entry(path, Kind.OTHER))
        else:
            found.append(Entry(path, Kind.OTHER))


_NAME = attrgetter("name")


@dataclass
class Archive:
    """The members of a .tar.gz (or .tar), read once as a stream and kept compressed in memory."""

    path: Path
    _members: dict[PurePosixPath, tuple[int, bytes]] = field(default_factory=dict)
    _folders: set[PurePosixPath] = field(default_factory=set)
    _others: set[PurePosixPath] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> Archive:
        """Raises UserError for a file that is no archive or is damaged, OSError where it can't be read."""
        archive = cls(path)
        try:
            with tarfile.open(path, "r|*") as tar:
                for member in tar:
                    archive._add(tar, member)
        except (tarfile.TarError, EOFError, zlib.error) as problem:
            raise UserError(f"{path}: no readable tar archive: {problem}") from None
        return archive

    def _add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts:
            raise UserError(f"{self.path}: member {member.name!r} would leave the folder that it is unpacked in")
        self._folders.update(parent for parent in name.parents if parent.parts)
        if member.isdir():
            if name.parts:
                self._folders.add(name)
        elif member.isreg():
            stream = tar.extractfile(member)
            assert stream is not None
            self._members[name] = (member.size, _compressed(stream))
        else:
            self._others.add(name)

    def entries(self, root: Path, skipped: Collection[str] = ()) -> list[Entry]:
        below = PurePosixPath(root.relative_to(self.path))
        found = [(path, Kind.FILE, size) for path, (size, _) in self._members.items()]
        found += [(path, Kind.FOLDER, 0) for path in self._folders]
        found += [(path, Kind.OTHER, 0) for path in self._others]
        inside = [(path.relative_to(below), kind, size) for path, kind, size in found if below in path.parents]
        return [
            Entry(str(path), kind, size)
            for path, kind, size in sorted(inside, key=lambda entry: entry[0].parts)
            if len(path.parts) == 1 or path.parts[0] not in skipped
        ]

    def _member(self, path: Path) -> tuple[int, bytes]:
        try:
            return self._members[PurePosixPath(path.relative_to(self.path))]
        except (KeyError, ValueError):
            raise FileNotFoundError(None, "no such member", str(path)) from None

    def open(self, path: Path) -> BinaryIO:
        return io.BufferedReader(_Inflated(self._member(path)[1]))

    def size(self, path: Path) -> int:
        return self._member(path)[0]


def _compressed(stream: IO[bytes]) -> bytes:
    compressor = zlib.compressobj(_LEVEL)
    pieces = []
    while chunk := stream.read(_CHUNK_BYTES):
        pieces.append(compressor.compress(chunk))
    return b"".join([*pieces, compressor.flush()])


class _Inflated(io.RawIOBase):
    """A compressed member as a stream, a piece at a time."""

    def __init__(self, data: bytes) -> None:
        self._inflator = zlib.decompressobj()
        self._rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        piece = self._inflator.decompress(self._rest, len(buffer))
        self._rest = self._inflator.unconsumed_tail
        buffer[: len(piece)] = piece
        return len(piece)


def read_start(stream: BinaryIO, most: int) -> bytes:
    """The first bytes of a stream, `most` of them at the most; takes no more memory than there are bytes."""
    pieces = []
    left = most
    while left > 0 and (piece := stream.read(min(left, _READ_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def open_tree(path: Path) -> Files:
    """A folder on disk, or an archive. Raises UserError where there is neither."""
    if path.is_dir():
        return Disk()
    if path.is_file():
        try:
            return Archive.read(path)
        except OSError as problem:
            raise UserError(f"{path}: can't be read: {problem.strerror or problem}") from None
    raise UserError(f"{path}: no such folder or archive")
