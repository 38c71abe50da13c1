"""LoadGen's detail log: one JSON object a line behind the marker `:::MLLOG`.

Reads a stream in pieces of bounded size, so that a log may be of any length. A piece is parsed as
one JSON array, which takes a tenth of the time of its lines one by one; only where that fails are
the lines looked at singly, to find the one at fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import msgspec
import xxhash

_MARKERS = (b":::MLLOG", b":::ENDPTS")
#: Most logs are shorter than the first piece, which is small enough for the allocator to have it at hand.
_FIRST_CHUNK_BYTES = 1 << 17
_CHUNK_BYTES = 1 << 20
#: A line may hold the indices of a whole sample library; longer ones are not LoadGen's, nor is any
#: other entry of this size: parsed, it could take fifty times its length of memory.
_LONGEST_LINE = 32 << 20
_LONGEST_ENTRY = 2 << 20
#: Pieces that are read as one array: those of one chunk. A longer one holds a line of unusual length.
_LONGEST_WHOLE = 2 << 20
#: The entry that holds most of a log's bytes and that no rule reads: its numbers are cut out unread.
_SAMPLE_LIST = b'{"key": "loaded_qsl_set", "value": ['
_NUMBERS = b"0123456789, "
#: Values longer than this (characters or items) are not kept, more keys than this are not LoadGen's.
_LONGEST_VALUE = 10_000
_MOST_KEYS = 10_000
#: Errors and problems kept of one log; one is enough to fail it.
_MOST_KEPT = 20


@dataclass(frozen=True)
class LogProblem:
    """Why a log can't be read, or an error that LoadGen logged; `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class DetailLog:
    """A detail log's entries. Of a key that comes more than once the first value counts."""

    values: dict[str, Any]
    #: Line of each key's entry, from 1.
    lines: dict[str, int] = field(default_factory=dict)
    #: LoadGen's own error entries, the first of them.
    errors: tuple[LogProblem, ...] = ()
    #: Lines that make the log unreadable for the official parser, the first of them.
    problems: tuple[LogProblem, ...] = ()

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def number(self, key: str) -> int | float | None:
        """A numeric entry; None where it is missing or no number."""
        value = self.values.get(key)
        return value if isinstance(value, (int, float)) else None

    def line(self, key: str) -> int | None:
        return self.lines.get(key)


def parse_detail_log(stream: BinaryIO) -> DetailLog:
    """The entries of a detail log (source of the format: loadgen/logging.cc, LoadgenParser).

    Raises OSError where the stream can't be read, and for nothing that it holds.
    """
    reading = _Reading()
    try:
        for block in _blocks(stream):
            reading.add(block)
    except _UnreadableError as problem:
        reading.add_problem(reading.number + 1, str(problem))
    if reading.number == 0:
        reading.add_problem(1, "the file is empty")
    return DetailLog(reading.values, reading.lines, tuple(reading.errors), tuple(reading.problems))


class _UnreadableError(Exception):
    """The rest of the stream can't be taken for lines."""


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The stream in pieces that end with a line each (but for the last), line ends as \\n."""
    pending: list[bytes] = []
    held = 0
    size = _FIRST_CHUNK_BYTES
    while chunk := stream.read(size):
        size = _CHUNK_BYTES
        end = chunk.rfind(b"\n") + 1
        if end:
            yield _with_plain_ends(b"".join([*pending, chunk[:end]]) if pending else chunk[:end])
            pending, held = [], 0
        if end < len(chunk):
            pending.append(chunk[end:])
            held += len(chunk) - end
        if held > _LONGEST_LINE:
            raise _UnreadableError(f"a line of more than {_LONGEST_LINE >> 20} MB")
    if pending:
        yield _with_plain_ends(b"".join(pending))


def _with_plain_ends(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class _Metadata(msgspec.Struct, gc=False):
    is_error: bool


class _Entry(msgspec.Struct, gc=False):
    """What is wanted of a line; the rest of it is checked for syntax and passed over."""

    key: str
    metadata: _Metadata
    value: Any = None


_DECODER = msgspec.json.Decoder(list[_Entry])
#: Checks JSON for its syntax and makes nothing of it.
_SYNTAX = msgspec.json.Decoder(msgspec.Raw)


class _Reading:
    """What has been read of a log so far."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.errors: list[LogProblem] = []
        self.problems: list[LogProblem] = []
        #: Lines read.
        self.number = 0
        self._marker = _MARKERS[0]

    def add_problem(self, line: int, text: str) -> None:
        if len(self.problems) < _MOST_KEPT:
            self.problems.append(LogProblem(line, text))

    def add(self, block: bytes) -> None:
        """Read a piece of whole lines."""
        first = self.number + 1
        if first == 1:
            self._begin(block)
        if not block.isascii():
            self._check_encoding(block, first)
        block = _without_samples(block)
        if block.endswith(b"\n"):
            block = block[:-1]
        count = self._add_whole(block, first)
        if count is None:
            count = block.count(b"\n") + 1
            self._add_singly(block, first)
        self.number += count

    def _begin(self, block: bytes) -> None:
        for marker in _MARKERS:
            if block.startswith(marker):
                self._marker = marker
                return
        self.add_problem(1, "the first line doesn't start with ':::MLLOG'")

    def _check_encoding(self, block: bytes, first: int) -> None:
        try:
            block.decode()
        except UnicodeDecodeError as problem:
            line = first + block.count(b"\n", 0, problem.start)
            self.add_problem(line, f"byte 0x{block[problem.start]:02x} is not UTF-8")

    def _add_whole(self, block: bytes, first: int) -> int | None:
        """Read a piece whose every line is an entry as LoadGen writes it, and count them; None for any other."""
        if not block.startswith(self._marker) or len(block) > _LONGEST_WHOLE:
            return None
        text = block[len(self._marker) :].replace(b"\n" + self._marker, b",")
        if b"\n" in text:  # a line without the marker
            return None
        # Each line but the first was made shorter by its marker, and longer by nothing.
        count = (len(block) - len(text)) // len(self._marker)
        try:
            entries = _DECODER.decode(b"[" + text + b"]")
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return None
        if len(entries) != count:
            return None
        at = {entry.key: index for index, entry in zip(range(count - 1, -1, -1), reversed(entries), strict=True)}
        if any(entry.metadata.is_error for entry in entries):
            for number, entry in enumerate(entries, start=first):
                self._add_error(number, entry.key, entry.value, entry.metadata.is_error)
        if self.values:
            for key, index in at.items():
                self._add_value(first + index, key, entries[index].value)
        else:  # the whole of nearly every log
            self.values = {key: entries[index].value for key, index in at.items()}
            self.lines = {key: first + index for key, index in at.items()}
        return count

    def _add_singly(self, block: bytes, first: int) -> None:
        """Read a piece line by line, to find the ones at fault."""
        for number, line in enumerate(block.split(b"\n"), start=first):
            if not line.startswith(self._marker):
                continue
            text = line[len(self._marker) :]
            if len(text) > _LONGEST_ENTRY:
                self.add_problem(number, f"a line of more than {_LONGEST_ENTRY >> 20} MB")
                raise _UnreadableError("the rest is not read")
            try:
                entry = json.loads(text.rstrip())
            except UnicodeDecodeError:
                continue  # reported for the whole piece
            except (ValueError, RecursionError) as problem:
                self.add_problem(number, f"not a LoadGen entry ({_reason(problem)})")
            else:
                self._add_entry(number, entry)

    def _add_entry(self, number: int, entry: Any) -> None:
        try:
            key, is_error = entry["key"], entry["metadata"]["is_error"]
            value = entry.get("value")
            hash(key)
        except (KeyError, TypeError, AttributeError) as problem:
            self.add_problem(number, f"not a LoadGen entry ({_reason(problem)})")
            return
        self._add_error(number, key, value, is_error)
        self._add_value(number, key, value)

    def _add_error(self, number: int, key: Any, value: Any, is_error: Any) -> None:
        if is_error and len(self.errors) < _MOST_KEPT:
            self.errors.append(LogProblem(number, str(value) if key == "error_invalid_config" else f"{key}: {value}"))

    def _add_value(self, number: int, key: Any, value: Any) -> None:
        if key in self.values:
            return
        if len(self.values) >= _MOST_KEYS:
            raise _UnreadableError(f"more than {_MOST_KEYS} different keys")
        kept = not isinstance(value, (str, list, dict)) or len(value) <= _LONGEST_VALUE
        self.values[key] = value if kept else None
        self.lines[key] = number


#: Digests of sample lists that were found to be plain numbers. Runs of one round load the same samples, for
#: the seeds say which; most of a submission's bytes are these lists over and over.
_plain_lists: set[int] = set()
_MOST_LISTS = 100_000


def _without_samples(text: bytes) -> bytes:
    """The text with the numbers cut out of its sample lists."""
    pieces = []
    kept = 0
    at = text.find(_SAMPLE_LIST)
    while at >= 0:
        begin = at + len(_SAMPLE_LIST)
        end = text.find(b"]", begin)
        if end < 0 or not _is_plain(text[begin:end]):
            break
        pieces.append(text[kept:begin])
        kept = end
        at = text.find(_SAMPLE_LIST, end)
    return b"".join([*pieces, text[kept:]]) if pieces else text


def _is_plain(samples: bytes) -> bool:
    """Whether a list holds nothing but whole numbers."""
    digest = xxhash.xxh3_64_intdigest(samples)
    if digest in _plain_lists:
        return True
    if samples.translate(None, _NUMBERS):
        return False
    try:
        _SYNTAX.decode(b"[" + samples + b"]")
    except ValueError:  # msgspec's errors are ValueErrors
        return False
    if len(_plain_lists) < _MOST_LISTS:
        _plain_lists.add(digest)
    return True


def _reason(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return "invalid JSON"
    if isinstance(problem, RecursionError):
        return "nested too deep"
    return f"no field {problem}" if isinstance(problem, KeyError) else "unexpected structure"
