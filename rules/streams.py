"""Streams of bytes, of any length, read in pieces of bounded size. Knows nothing of what they hold."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Generic, Protocol, TypeVar

import xxhash

#: Pieces of less than 128 KB come from memory that the allocator has at hand; larger ones it maps and clears anew
#: each time, which took a tenth of the time of checking a submission.
CHUNK_BYTES = 100_000
#: Most files are no larger.
_SMALL_BYTES = 1 << 16
#: What is remembered of the last contents read: none that is larger, and so many bytes of them together.
_REMEMBERED_BYTES = 2 << 20
_REMEMBERED_TOGETHER = 4 << 20
#: A line may hold the indices of a whole sample library; longer ones are no log's.
_LONGEST_LINE = 32 << 20


class Readable(Protocol):
    """What is read of a stream."""

    def read(self, size: int, /) -> bytes: ...


def read_start(stream: Readable, most: int) -> bytes:
    """The first bytes of a stream, `most` of them at the most; takes no more memory than there are bytes."""
    pieces = []
    left = most
    while left > 0 and (piece := stream.read(min(left, _SMALL_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class LongLineError(Exception):
    """The rest of a stream can't be taken for lines."""

    def __init__(self) -> None:
        super().__init__(f"a line of more than {_LONGEST_LINE >> 20} MB")


def whole_lines(stream: Readable) -> Iterator[bytes]:
    """The stream in pieces that end with a line each, but for the last.

    Raises OSError where the stream can't be read, and LongLineError.
    """
    pending: list[bytes] = []
    held = 0
    while chunk := stream.read(CHUNK_BYTES):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*pending, chunk[:end]]) if pending else chunk[:end]
            pending, held = [], 0
        if end < len(chunk):
            pending.append(chunk[end:])
            held += len(chunk) - end
        if held > _LONGEST_LINE:
            raise LongLineError
    if pending:
        yield b"".join(pending)


def with_plain_ends(lines: bytes) -> bytes:
    """Whole lines, with \\n for \\r\\n and \\r."""
    if b"\r" not in lines:
        return lines
    return lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class Hashed:
    """A stream that takes the sha1 of what is read of it."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._digest = hashlib.sha1(usedforsecurity=False)

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def sha1(self) -> str:
        """That of the whole stream, in hex; reads what nobody has read."""
        while self.read(CHUNK_BYTES):
            pass
        return self._digest.hexdigest()


class _Replayed:
    """A stream whose beginning has been read already."""

    def __init__(self, chunks: Iterable[bytes], rest: Readable) -> None:
        self._chunks = deque(chunks)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if not self._chunks:
            return self._rest.read(size)
        chunk = self._chunks.popleft()
        if len(chunk) > size:
            self._chunks.appendleft(chunk[size:])
        return chunk[:size]


Parsed = TypeVar("Parsed")


class Remembered(Generic[Parsed]):
    """A parser of streams that isn't asked again for what it has parsed a moment ago.

    A result that is inferred from another has copies of its files: of all logs of a published round nearly
    half are copies, and most of these lie next to each other.
    """

    def __init__(self, parse: Callable[[Readable], Parsed]) -> None:
        self._parse = parse
        #: Size of the content and what it was parsed to, by the content's digest; the last used last.
        self._known: OrderedDict[int, tuple[int, Parsed]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __call__(self, stream: Readable) -> Parsed:
        digest, chunks, size = xxhash.xxh3_128(), [], 0
        while size <= _REMEMBERED_BYTES and (chunk := stream.read(CHUNK_BYTES)):
            digest.update(chunk)
            chunks.append(chunk)
            size += len(chunk)
        key = digest.intdigest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key][1]
        parsed = self._parse(_Replayed(chunks, stream))
        if size <= _REMEMBERED_BYTES:
            self._remember(key, size, parsed)
        return parsed

    def _remember(self, key: int, size: int, parsed: Parsed) -> None:
        with self._lock:
            if key not in self._known:
                self._known[key] = size, parsed
                self._size += size
            while self._size > _REMEMBERED_TOGETHER:
                _, (forgotten, _) = self._known.popitem(last=False)
                self._size -= forgotten
