"""Where a submission's files are read from: folders on disk, or an archive that is never unpacked there.

Knows nothing of MLPerf. A path is a path in either case; one inside an archive begins with the archive's own.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, NamedTuple, Protocol

from rules.errors import UserError

_CHUNK_BYTES = 1 << 20
#: Members are kept compressed at the fastest level: logs shrink to a seventh at 200 MB/s.
_LEVEL = 1
#: No submission has as many files, no system takes a longer path, and no path needs a longer header.
_MOST_MEMBERS = 250_000
_LONGEST_PATH = 4096
_LONGEST_EXTENSION = 1 << 20
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


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


#: A path's text takes a tenth of the time of a Path, of which a tree would need thousands.
StrPath = str | os.PathLike[str]
#: Whether to look into a folder, by its path from the root.
Enters = Callable[[str], bool]


def _everywhere(_: str) -> bool:
    return True


class Files(Protocol):
    """A tree of files to read."""

    def entries(self, root: Path, enters: Enters = _everywhere, *, sizes: bool = True) -> list[Entry]:
        """All that lies under `root`, parents before children, but for what is in folders that it doesn't enter.

        Without `sizes` they may be 0. Raises OSError for the root alone.
        """

    def open(self, path: StrPath) -> BinaryIO:
        """A file's bytes. Raises OSError."""

    def size(self, path: StrPath) -> int:
        """A file's size in bytes. Raises OSError."""


class Disk:
    """Files as they lie on disk. A link counts as what it leads to."""

    def entries(self, root: Path, enters: Enters = _everywhere, *, sizes: bool = True) -> list[Entry]:
        found: list[Entry] = []
        _Walk(root, enters, sizes, found).add(str(root), "")
        return found

    def open(self, path: StrPath) -> BinaryIO:
        stream = io.FileIO(path)  # without a buffer: whoever reads takes large pieces
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):  # a FIFO would never end
            stream.close()
            raise OSError(None, "not a regular file", str(path))
        return stream

    def size(self, path: StrPath) -> int:
        return os.stat(path).st_size  # noqa: PTH116 - a Path takes longer than the system call


@dataclass(frozen=True)
class _Walk:
    """A walk through folders. What a folder's listing says of its children is believed: nothing else is asked of
    them, but for the sizes of files where these are wanted, and where links lead to."""

    root: Path
    enters: Enters
    sizes: bool
    found: list[Entry]

    def add(self, folder: str, inside: str) -> None:
        """Add the entries below a folder. One that can't be listed, or that contains itself by a link, is OTHER."""
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=_NAME)
        for entry in entries:
            path = inside + entry.name
            try:
                if entry.is_file():
                    self.found.append(Entry(path, Kind.FILE, entry.stat().st_size if self.sizes else 0))
                elif entry.is_dir() and not (entry.is_symlink() and self._is_within(entry.stat(), Path(folder))):
                    self.found.append(Entry(path, Kind.FOLDER))
                    if self.enters(path):
                        self.add(entry.path, f"{path}/")
                else:
                    self.found.append(Entry(path, Kind.OTHER))
            except (OSError, RecursionError):  # not ours to list, a loop of links, or too deep to matter
                self.found.append(Entry(path, Kind.OTHER))

    def _is_within(self, status: os.stat_result, folder: Path) -> bool:
        """Whether a folder of the walk lies in that of the status, or is it."""
        if os.path.samestat(folder.stat(), status):
            return True
        return folder != self.root and self._is_within(status, folder.parent)


_NAME = attrgetter("name")


class _Header(tarfile.TarInfo):
    """A member's header. What stands before some of them, a long path mostly, tarfile reads as a whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENSIONS and header.size > _LONGEST_EXTENSION:
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        return header


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
            with tarfile.open(path, "r|*", tarinfo=_Header) as tar:
                for number, member in enumerate(tar):
                    if number == _MOST_MEMBERS:
                        raise tarfile.ReadError(f"more than {_MOST_MEMBERS} members")
                    archive._add(tar, member)
        except (tarfile.TarError, EOFError, zlib.error) as problem:
            raise UserError(f"{path}: no readable tar archive: {problem}") from None
        return archive

    def _add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        if len(member.name) > _LONGEST_PATH:
            raise tarfile.ReadError(f"a path of {len(member.name)} characters")
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts:
            raise UserError(f"{self.path}: member {member.name!r} would leave the folder that it is unpacked in")
        self._folders.update(parent for parent in name.parents if parent.parts)
        if member.isdir():
            if name.parts:
                self._folders.add(name)
        elif member.isreg() and not member.issparse():  # a sparse one may say that it has any size
            stream = tar.extractfile(member)
            assert stream is not None
            self._members[name] = (member.size, _compressed(stream))
        else:
            self._others.add(name)

    def entries(self, root: Path, enters: Enters = _everywhere, *, sizes: bool = True) -> list[Entry]:
        below = PurePosixPath(root.relative_to(self.path))
        found = [(path, Kind.FILE, size) for path, (size, _) in self._members.items()]
        found += [(path, Kind.FOLDER, 0) for path in self._folders]
        found += [(path, Kind.OTHER, 0) for path in self._others]
        inside = [(path.relative_to(below), kind, size) for path, kind, size in found if below in path.parents]
        entries = []
        passed_by: set[PurePosixPath] = set()
        for path, kind, size in sorted(inside, key=lambda entry: entry[0].parts):
            is_seen = path.parent not in passed_by
            if is_seen:
                entries.append(Entry(str(path), kind, size))
            if kind is Kind.FOLDER and not (is_seen and enters(str(path))):
                passed_by.add(path)
        return entries

    def _member(self, path: StrPath) -> tuple[int, bytes]:
        try:
            return self._members[PurePosixPath(path).relative_to(self.path)]
        except (KeyError, ValueError):
            raise FileNotFoundError(None, "no such member", str(path)) from None

    def open(self, path: StrPath) -> BinaryIO:
        return io.BufferedReader(_Inflated(self._member(path)[1]))

    def size(self, path: StrPath) -> int:
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
