"""What a power measurement leaves, as values: session files, samples, the power daemon's log.

Pure functions of bytes and streams. They raise OSError where a stream can't be read and for nothing
that it holds: what can't be understood is a `Problem`. Times are microseconds of the logs' own clock,
counted from 1970. Source of the formats: the client and server of the MLCommons power repository,
SPEC PTDaemon, and power_checker.py of mlcommons/inference.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain, compress
from typing import Any, NamedTuple
from uuid import UUID

from rules.streams import LongLineError, Readable, whole_lines, with_plain_ends

_TIME_FORMAT = "%m-%d-%Y %H:%M:%S.%f"
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
#: A time as the tools write it is the sum of three parts, `07-25-2025 15:30:`, `43.` and `020`, that are looked up:
#: to read the digits takes three times as long. Rarer spellings of `_TIME_FORMAT` take the slow way.
_MINUTE = re.compile(r"\d\d-\d\d-\d{4} ([01]\d|2[0-3]):[0-5]\d:", re.ASCII)
_SECONDS = {f"{second:02}.": second * 1_000_000 for second in range(60)}
_MILLISECONDS = {f"{millisecond:03}": millisecond * 1000 for millisecond in range(1000)}
#: What the begin and the end of a test are called in its detail log.
_WINDOW_KEYS = ("power_begin", "power_end")
#: A time anywhere in a line of a detail log. Starting at no digit but the first keeps the search linear.
_TIME_WITHIN = re.compile(r"(?<!\d)\d*-\d*-\d* \d*:\d*:\d*\.\d*")
#: The time that a line of the power daemon's log begins with; any character stands before milliseconds.
_STAMP = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d.\d{3}")
_STAMP_LENGTH = len("07-25-2025 15:30:43.020")
#: What comes before a warning and an error, and whether it is an error.
_TROUBLES = (("WARNING:", False), ("ERROR:", True))
#: What is in every line that says something.
_SAYING = re.compile("WARNING:|ERROR:|Uncertainty checking|Go with mark|Completed test")
_UNCERTAINTY_CHECKED = re.compile(r"Uncertainty checking for Yokogawa\S+ is activated")

#: Python decodes a text file in pieces of this size, and gives no line of a piece that is no text.
_DECODED_BYTES = 8192
#: Errors and warnings of one log, and their different texts; a day's measurement has a tenth of it.
_MOST_ENTRIES = 500_000
_MOST_TEXTS = 50_000
#: Where the fields of a line of spl.txt stand: `Time,<time>,Watts,<W>,Volts,<V>,Amps,<A>,PF,<factor>,…`.
_TIME, _WATTS, _POWER_FACTOR = 1, 3, 9

#: A session file's values are four deep.
_DEEPEST = 100
#: What client.json and server.json must hold.
_REQUIRED_FIELDS = frozenset(
    ("version", "timezone", "modules", "sources", "messages", "uuid", "session_name", "results", "phases")
)
_FIELDS = (*_REQUIRED_FIELDS, "ptd_messages", "ptd_config", "debug")
#: What the power daemon's log says behind the time where a measurement begins and ends.
PTD_MARK, PTD_COMPLETED = ": Go with mark ", ": Completed test"
#: A query of the clock: its replies differ, and need not be kept.
TIME_COMMAND = "time"


@dataclass(frozen=True)
class Problem:
    """Why something can't be understood; `line` counts from 1."""

    line: int | None
    text: str


@dataclass(frozen=True)
class Message:
    """A command and its reply, as they stand in a session file."""

    command: Any
    reply: Any = None


@dataclass(frozen=True)
class Session:
    """What client.json or server.json says. None: the section is missing, or not built as the tools build it."""

    name: Any
    sources: Any
    #: Of the clock's offset in seconds; only whether there is one matters.
    timezone: int | None
    #: By `client` and `server`.
    uuids: Mapping[str, UUID] | None
    messages: tuple[Message, ...] | None
    #: Checkpoints in seconds since 1970, by `ranging` and `testing`.
    phases: Mapping[str, tuple[int | float, ...]] | None
    #: sha1 by path under the performance folder.
    results: Mapping[str, Any] | None
    #: The server's alone: what it said to the power daemon, and how it started one per analyzer.
    ptd_messages: tuple[Message, ...] | None
    analyzers: tuple[Mapping[str, Any], ...] | None
    debug: Any = False
    #: Line of each section, from 1.
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """power_begin and power_end of a detail log."""

    begin: int
    end: int


@dataclass(frozen=True)
class Samples:
    """The readings of spl.txt, by column. A reading that isn't above 0 is 0, one that is no number is NaN."""

    lines: array[int]
    times: array[int]
    watts: array[float]
    power_factors: array[float]

    def within(self, window: Window) -> Samples:
        """Those that were taken strictly between begin and end."""
        begin, end = window.begin, window.end
        inside = [begin < time < end for time in self.times]
        return Samples(
            array("q", compress(self.lines, inside)),
            array("q", compress(self.times, inside)),
            array("d", compress(self.watts, inside)),
            array("d", compress(self.power_factors, inside)),
        )


class PtdEntry(NamedTuple):
    """A line of the power daemon's log that matters. `time` is None where it has none that can be read."""

    line: int
    time: int | None
    #: Of an error or warning what follows the word, else what follows the time.
    text: str
    is_error: bool = False


class Trouble(NamedTuple):
    """An error or a warning, and when the daemon logged it."""

    text: str
    is_error: bool
    lines: list[int]
    #: None where no time can be read.
    times: list[int | None]

    def entries(self) -> Iterator[PtdEntry]:
        for line, time in zip(self.lines, self.times, strict=True):
            yield PtdEntry(line, time, self.text, self.is_error)


@dataclass(frozen=True)
class PtdLog:
    """The power daemon's log: where measurements begin and end, errors and warnings."""

    #: Begin of a measurement (`Go with mark …`) and end of one, in the order of the log.
    marks: tuple[PtdEntry, ...] = ()
    #: The first line that says that uncertainty is checked.
    uncertainty: PtdEntry | None = None
    #: Errors and warnings by their texts: there are thousands, of a few texts.
    troubles_by_text: tuple[Trouble, ...] = ()
    #: The first line with a time that is none (February 30).
    first_bad_time: int | None = None

    @property
    def troubles(self) -> tuple[PtdEntry, ...]:
        """Errors and warnings, in the order of the log; of one line the warning comes first."""
        entries = chain.from_iterable(trouble.entries() for trouble in self.troubles_by_text)
        return tuple(sorted(entries, key=lambda entry: (entry.line, entry.is_error)))


def seconds(time: int) -> float:
    """Microseconds -> seconds."""
    return time / 1_000_000


def parse_time(text: object) -> int | None:
    """A time as LoadGen and the power daemon write it, `07-25-2025 15:30:43.020`, or None."""
    if not isinstance(text, str):
        return None
    time = _plain_time(text)
    return _microseconds(text, _TIME_FORMAT) if time is None else time


def _plain_time(text: str) -> int | None:
    minute, second, millisecond = _minute(text[:17]), _SECONDS.get(text[17:20]), _MILLISECONDS.get(text[20:])
    return None if minute is None or second is None or millisecond is None else minute + second + millisecond


@lru_cache(maxsize=1024)
def _minute(text: str) -> int | None:
    return _microseconds(text, "%m-%d-%Y %H:%M:") if _MINUTE.fullmatch(text) else None


def _microseconds(text: str, form: str) -> int | None:
    try:
        return (datetime.strptime(text, form) - _EPOCH) // _MICROSECOND
    except ValueError:
        return None


class _Text:
    """A text that is decoded as its lines go by, up to where it is no text."""

    def __init__(self) -> None:
        #: Number of the line that comes next.
        self.number = 1
        self.problem: Problem | None = None
        self._offset = 0

    def lines(self, piece: bytes) -> Iterator[tuple[int, str]]:
        """The lines of the next piece, numbered, their ends as \\n."""
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError as problem:
            text = self._up_to(problem, piece)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        lines = [f"{line}\n" for line in lines]
        if rest:
            lines.append(rest)
        first = self.number
        self.number += len(lines)
        self._offset += len(piece)
        return enumerate(lines, start=first)

    def _up_to(self, problem: UnicodeDecodeError, piece: bytes) -> str:
        before = with_plain_ends(piece[: problem.start])
        line = self.number + before.count(b"\n")
        self.problem = Problem(line, f"byte 0x{piece[problem.start]:02x} is not UTF-8")
        decoded = (self._offset + problem.start) // _DECODED_BYTES * _DECODED_BYTES - self._offset
        return piece[: piece.rfind(b"\n", 0, max(decoded, 0)) + 1].decode("utf-8")


def _numbered_lines(stream: Readable, problems: list[Problem]) -> Iterator[Iterator[tuple[int, str]]]:
    """A text's lines in pieces, numbered from 1, their ends as \\n; up to where it is no text, which becomes a
    problem."""
    text = _Text()
    try:
        for piece in whole_lines(stream):
            yield text.lines(piece)
            if text.problem:
                problems.append(text.problem)
                return
    except LongLineError as problem:
        problems.append(Problem(text.number, str(problem)))


def parse_session(data: bytes) -> Session | Problem:
    """client.json or server.json."""
    try:
        text = data.decode("utf-8")
        values = json.loads(text)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        return Problem(line, f"byte 0x{data[problem.start]:02x} is not UTF-8")
    except json.JSONDecodeError as problem:
        return Problem(problem.lineno, f"invalid JSON: {problem.msg}" if text.strip() else "the file is empty")
    except (ValueError, RecursionError):
        return Problem(None, "invalid JSON")
    if not isinstance(values, dict):
        return Problem(None, f"holds {type(values).__name__}, not an object")
    if _is_deep(values):
        return Problem(None, f"values nested more than {_DEEPEST} deep")
    missing = sorted(_REQUIRED_FIELDS - values.keys())
    if missing:
        return Problem(None, f"lacks {', '.join(missing)}")
    return Session(
        name=values["session_name"],
        sources=values["sources"],
        timezone=_timezone(values["timezone"]),
        uuids=_uuids(values["uuid"]),
        messages=_messages(values["messages"]),
        phases=_phases(values["phases"]),
        results=_mapping(values["results"]),
        ptd_messages=_ptd_messages(values.get("ptd_messages")),
        analyzers=_analyzers(values.get("ptd_config")),
        debug=values.get("debug", False),
        lines={name: text.count("\n", 0, at) + 1 for name in _FIELDS if (at := text.find(f'"{name}"')) >= 0},
    )


def _is_deep(value: object) -> bool:
    """Whether values are nested so deep that Python might not compare or print them."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _mapping(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _timezone(value: Any) -> int | None:
    try:
        offset = int(value)
        float(offset)
    except (TypeError, ValueError, OverflowError):
        return None
    return offset


def _uuids(value: object) -> dict[str, UUID] | None:
    try:
        return {who: UUID((_mapping(value) or {})[who]) for who in ("client", "server")}
    except (KeyError, TypeError, ValueError, AttributeError):  # UUID's own, for what isn't a string either
        return None


def _messages(value: object) -> tuple[Message, ...] | None:
    """Commands with their replies; queries of the clock may lack theirs."""
    if not isinstance(value, list):
        return None
    for each in value:
        if not isinstance(each, dict) or "cmd" not in each or ("reply" not in each and each["cmd"] != TIME_COMMAND):
            return None
    return tuple(Message(each["cmd"], each.get("reply")) for each in value)


def _ptd_messages(value: object) -> tuple[Message, ...] | None:
    """Commands, which are text, with their replies where there are any."""
    if not isinstance(value, list):
        return None
    if not all(isinstance(each, dict) and isinstance(each.get("cmd"), str) for each in value):
        return None
    return tuple(Message(each["cmd"], each.get("reply")) for each in value)


def _phases(value: object) -> dict[str, tuple[int | float, ...]] | None:
    """Of each checkpoint [wall clock, monotonic clock] the first."""
    phases: dict[str, tuple[int | float, ...]] = {}
    for mode in ("ranging", "testing"):
        checkpoints = (_mapping(value) or {}).get(mode)
        if not isinstance(checkpoints, list):
            return None
        for each in checkpoints:
            if not isinstance(each, list) or not each or not isinstance(each[0], (int, float)):
                return None
        phases[mode] = tuple(each[0] for each in checkpoints)
    return phases


def _analyzers(value: object) -> tuple[Mapping[str, Any], ...] | None:
    if value in ([], {}, ""):
        return ()
    if not isinstance(value, list) or not all(isinstance(each, dict) and "device_type" in each for each in value):
        return None
    return tuple(value)


class WindowSearch:
    """Looks for power_begin and power_end in a detail log: the first line that says so, in any letter case, counts.

    Until both are found: a begin that is said again before the end replaces the first.
    """

    def __init__(self) -> None:
        self._text = _Text()
        self._times: dict[str, int] = {}
        self._found: Window | Problem | None = None

    @property
    def is_done(self) -> bool:
        return self._found is not None

    def add(self, piece: bytes) -> None:
        """Search the next piece of whole lines."""
        if self._found is not None:
            return
        for number, line in self._text.lines(piece):
            lower = line.lower()
            key = next((key for key in _WINDOW_KEYS if key in lower), None)
            if key is None:
                continue
            within = _TIME_WITHIN.search(line)
            time = parse_time(within[0]) if within else None
            if time is None:
                self._found = Problem(number, f"no time of {key}")
                return
            self._times[key] = time
            if all(self._times.get(key) for key in _WINDOW_KEYS):
                self._found = Window(*(self._times[key] for key in _WINDOW_KEYS))
                return
        self._found = self._text.problem

    def result(self) -> Window | Problem:
        """The window, of a log that has been searched as far as it can be read."""
        missing = [key for key in _WINDOW_KEYS if key not in self._times]
        if self._found is None and not missing:
            return Window(*(self._times[key] for key in _WINDOW_KEYS))
        return self._found or Problem(None, f"lacks {' and '.join(missing)}")


def parse_window(stream: Readable) -> Window | Problem:
    """power_begin and power_end of a detail log."""
    search = WindowSearch()
    try:
        for piece in whole_lines(stream):
            search.add(piece)
            if search.is_done:
                break
    except LongLineError as problem:
        return Problem(None, str(problem))
    return search.result()


def parse_samples(stream: Readable) -> Samples | Problem:
    """spl.txt: the readings of the whole system. Each line that begins with `Time` must have one."""
    problems: list[Problem] = []
    samples = Samples(array("q"), array("q"), array("d"), array("d"))
    for number, line in chain.from_iterable(_numbered_lines(stream, problems)):
        if not line.startswith("Time"):
            continue
        fields = line.split(",", _POWER_FACTOR + 1)
        time = parse_time(fields[_TIME]) if len(fields) > _TIME else None
        if time is None:
            return Problem(number, "no time of the sample")
        samples.lines.append(number)
        samples.times.append(time)
        samples.watts.append(_reading(fields, _WATTS))
        samples.power_factors.append(_reading(fields, _POWER_FACTOR))
    return problems[0] if problems else samples


def _reading(fields: list[str], at: int) -> float:
    try:
        return max(0.0, float(fields[at]))  # in this order, which turns NaN into 0
    except (ValueError, IndexError):
        return math.nan


def parse_ptd_log(stream: Readable) -> PtdLog | Problem:
    """The power daemon's log. Lines that say nothing about the measurement are left out."""
    problems: list[Problem] = []
    reading = _PtdReading()
    known = reading.known
    for lines in _numbered_lines(stream, problems):
        for number, line in lines:
            time = _plain_time(line[:_STAMP_LENGTH]) if line[:1].isdecimal() else None
            trouble = None if time is None else known.get(line[_STAMP_LENGTH:])
            if trouble is None:
                reading.add(number, line, time)
            else:
                trouble.lines.append(number)
                trouble.times.append(time)
        if reading.is_too_long():
            return Problem(None, f"more than {_MOST_ENTRIES} errors and warnings")
    return problems[0] if problems else reading.log()


class _PtdReading:
    """What has been read of a power daemon's log so far."""

    def __init__(self) -> None:
        #: What nearly every line says behind its time, word for word -> the one error or warning that it is.
        self.known: dict[str, Trouble] = {}
        self._troubles: dict[tuple[str, bool], Trouble] = {}
        self._marks: list[PtdEntry] = []
        self._uncertainty: PtdEntry | None = None
        self._first_bad_time: int | None = None

    def is_too_long(self) -> bool:
        entries = sum(len(trouble.lines) for trouble in self._troubles.values())
        return len(self._troubles) > _MOST_TEXTS or entries + len(self._marks) > _MOST_ENTRIES

    def add(self, number: int, line: str, time: int | None) -> None:
        """Read a line; `time` is that which it begins with, if it is one as the tools write it."""
        has_stamp = time is not None
        if not has_stamp and line[:1].isdecimal():
            time, has_stamp = self._odd_time(number, line)
        said = line[_STAMP_LENGTH:] if has_stamp else line
        if _SAYING.search(said):
            self._add_saying(number, time, said, has_stamp)

    def _odd_time(self, number: int, line: str) -> tuple[int | None, bool]:
        """The time of a line that begins with a digit, and whether it has the form of one."""
        has_stamp = _STAMP.match(line) is not None
        time = parse_time(line[:_STAMP_LENGTH]) if has_stamp else None
        if has_stamp and time is None and self._first_bad_time is None:
            self._first_bad_time = number
        return time, has_stamp

    def _add_saying(self, number: int, time: int | None, said: str, has_stamp: bool) -> None:
        text = said.strip() if has_stamp else ""
        is_mark = text == PTD_COMPLETED or text.startswith(PTD_MARK)
        if is_mark:
            self._marks.append(PtdEntry(number, time, text))
        checks_uncertainty = _UNCERTAINTY_CHECKED.search(said) is not None
        if checks_uncertainty and self._uncertainty is None:
            self._uncertainty = PtdEntry(number, time, text)
        found = []
        for word, is_error in _TROUBLES:
            what = said.partition(word)[2].rstrip("\n")
            if what:
                key = what.strip(), is_error
                found.append(self._troubles.setdefault(key, Trouble(*key, [], [])))
        for trouble in found:
            trouble.lines.append(number)
            trouble.times.append(time)
        if len(found) == 1 and not is_mark and not checks_uncertainty:
            self.known[said] = found[0]

    def log(self) -> PtdLog:
        return PtdLog(tuple(self._marks), self._uncertainty, tuple(self._troubles.values()), self._first_bad_time)
