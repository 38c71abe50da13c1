"""LoadGen's detail log: one JSON object a line behind the marker `:::MLLOG`.

Reads a stream in pieces of bounded size, so that a log may be of any length. Each entry is decoded by
itself, into no more than what is wanted of it; only a piece that holds anything else is read again,
line by line with Python's own JSON parser, to find what is wrong and where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import xxhash

from rules.streams import LongLineError, Readable, whole_lines, with_plain_ends

_MARKERS = (b":::MLLOG", b":::ENDPTS")
#: An entry of more bytes isn't LoadGen's: parsed, it could take fifty times its length of memory.
_LONGEST_ENTRY = 2 << 20
#: The entry that holds most of a log's bytes and that no rule reads: its numbers are cut out unread.
_SAMPLE_LIST = b'{"key": "loaded_qsl_set", "value": ['
_NUMBERS = b"0123456789, "
#: Values of entries longer than this (bytes) are not kept, more keys than this are not LoadGen's.
_LONGEST_KEPT = 10_000
_MOST_KEYS = 1_000
#: Python's JSON parser reads no integer of more digits, be it one that nobody wants.
_LONGEST_INTEGER = 4300
_UNREAD_INTEGER = re.compile(rb"\d{%d}" % (_LONGEST_INTEGER + 1))
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


def parse_detail_log(stream: Readable, show: Callable[[bytes], object] | None = None) -> DetailLog:
    """The entries of a detail log (source of the format: loadgen/logging.cc, LoadgenParser).

    `show` is given each piece of whole lines that is read. Raises OSError where the stream can't be read, and for
    nothing that it holds.
    """
    reading = _Reading()
    try:
        for lines in whole_lines(stream):
            if show is not None:
                show(lines)
            reading.add(lines)
    except (LongLineError, _UnreadableError) as problem:
        reading.problems.append(LogProblem(reading.number + 1, str(problem)))
    except _TooManyProblemsError:
        pass
    if reading.number == 0 and not reading.problems:
        reading.add_problem(1, "the file is empty")
    return DetailLog(reading.values, reading.lines, tuple(reading.errors), tuple(reading.problems))


class _UnreadableError(Exception):
    """The rest of the log is not read."""


class _TooManyProblemsError(Exception):
    """There are enough to fail it."""


class _Metadata(msgspec.Struct, gc=False):
    is_error: bool


class _Entry(msgspec.Struct, gc=False):
    """What is wanted of a line; the rest of it is checked for syntax and passed over."""

    key: str
    metadata: _Metadata
    value: Any


_decode = msgspec.json.Decoder(_Entry).decode
#: Checks JSON for its syntax and makes nothing of it.
_check_syntax = msgspec.json.Decoder(msgspec.Raw).decode


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
        if len(self.problems) >= _MOST_KEPT:
            raise _TooManyProblemsError
        self.problems.append(LogProblem(line, text))

    def add(self, lines: bytes) -> None:
        """Read a piece of whole lines."""
        lines = with_plain_ends(_without_samples(lines))
        first = self.number + 1
        if first == 1:
            self._begin(lines)
        if not lines.isascii():
            self._check_encoding(lines, first)
        self.number += self._add_entries(lines, first) or self._add_singly(lines, first)

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

    def _add_entries(self, lines: bytes, first: int) -> int:
        """Read lines that are all entries as LoadGen writes them, and count them; 0 for any others."""
        texts = lines.removesuffix(b"\n").split(b"\n" + self._marker)
        if not texts[0].startswith(self._marker) or len(lines) > _LONGEST_ENTRY:
            return 0
        if len(self.values) + len(texts) > _MOST_KEYS:
            return 0
        texts[0] = texts[0].removeprefix(self._marker)
        if b"\n" in b"".join(texts):  # a line without the marker
            return 0
        has_long = max(map(len, texts)) > _LONGEST_INTEGER
        if has_long and _UNREAD_INTEGER.search(lines):
            return 0
        try:
            entries = list(map(_decode, texts))
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return 0
        if any([entry.metadata.is_error for entry in entries]):  # noqa: C419 - a generator takes twice the time
            for number, entry in enumerate(entries, start=first):
                if entry.metadata.is_error:
                    self._add_error(number, entry.key, entry.value)
        values, numbers = self.values, self.lines
        for index, entry in enumerate(entries):
            if entry.key not in values:
                values[entry.key] = _kept(entry.value, len(texts[index])) if has_long else entry.value
                numbers[entry.key] = first + index
        return len(entries)

    def _add_singly(self, lines: bytes, first: int) -> int:
        """Read lines one by one, to find the ones at fault, and count them."""
        number = first
        for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n"), start=first):
            if not line.startswith(self._marker):
                continue
            text = line[len(self._marker) :]
            if len(text) > _LONGEST_ENTRY:
                self.add_problem(number, f"a line of more than {_LONGEST_ENTRY >> 20} MB")
                raise _UnreadableError("the rest is not read")
            try:
                entry = json.loads(text.decode().rstrip())
            except UnicodeDecodeError:
                continue  # reported for the whole piece
            except (ValueError, RecursionError) as problem:
                self.add_problem(number, f"not a LoadGen entry ({_reason(problem)})")
            else:
                self._add_entry(number, entry, len(text))
        return number - first + 1

    def _add_entry(self, number: int, entry: Any, length: int) -> None:
        try:
            key, value, is_error = entry["key"], entry["value"], entry["metadata"]["is_error"]
            hash(key)
        except (KeyError, TypeError, AttributeError) as problem:
            self.add_problem(number, f"not a LoadGen entry ({_reason(problem)})")
            return
        if is_error:
            self._add_error(number, key, value)
        if key not in self.values:
            self._add_value(number, key, value, length)

    def _add_error(self, number: int, key: Any, value: Any) -> None:
        if len(self.errors) < _MOST_KEPT:
            self.errors.append(LogProblem(number, str(value) if key == "error_invalid_config" else f"{key}: {value}"))

    def _add_value(self, number: int, key: Any, value: Any, length: int) -> None:
        if len(self.values) >= _MOST_KEYS:
            raise _UnreadableError(f"more than {_MOST_KEYS} different keys")
        self.values[key] = _kept(value, length)
        self.lines[key] = number


def _kept(value: Any, length: int) -> Any:
    """What is kept of the value of an entry of that many bytes."""
    return value if length <= _LONGEST_KEPT or isinstance(value, (int, float)) else None


#: Digests of sample lists that were found to be plain numbers. Runs of one round load the same samples, for
#: the seeds say which; most of a submission's bytes are these lists over and over.
_plain_lists: set[int] = set()
_MOST_LISTS = 100_000


def _without_samples(lines: bytes) -> bytes:
    """The text with the numbers cut out of its sample lists."""
    pieces = []
    kept = 0
    begin = lines.find(b"[") + 1
    while begin:
        if lines.endswith(_SAMPLE_LIST, 0, begin):
            end = lines.find(b"]", begin)
            if end < 0 or not _is_plain(memoryview(lines)[begin:end]):
                break
            pieces.append(lines[kept:begin])
            kept = end
        begin = lines.find(b"[", max(begin, kept)) + 1
    return b"".join([*pieces, lines[kept:]]) if pieces else lines


def _is_plain(samples: memoryview) -> bool:
    """Whether a list holds nothing but whole numbers."""
    digest = xxhash.xxh3_64_intdigest(samples)
    if digest in _plain_lists:
        return True
    text = bytes(samples)
    if text.translate(None, _NUMBERS):
        return False
    try:
        _check_syntax(b"[" + text + b"]")
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
