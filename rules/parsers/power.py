"""What a power measurement leaves, as values: session files, samples, the power daemon's log.

Pure functions of bytes and streams. They raise OSError where a stream can't be read and for nothing
that it holds: what can't be understood is a `Problem`. Times are microseconds of the logs' own clock,
counted from 1970. Source of the formats: the client and server of the MLCommons power repository,
SPEC PTDaemon, and power_checker.py of mlcommons/inference.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO
from uuid import UUID

_TIME_FORMAT = "%m-%d-%Y %H:%M:%S.%f"
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
#: A time as the tools write it; rarer spellings of `_TIME_FORMAT` take the slow way.
_PLAIN_TIME = re.compile(r"(\d\d-\d\d-\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.(\d{1,6})", re.ASCII)
#: A time anywhere in a line of a detail log. Starting at no digit but the first keeps the search linear.
_TIME_WITHIN = re.compile(r"(?<!\d)\d*-\d*-\d* \d*:\d*:\d*\.\d*")
#: The time that a line of the power daemon's log begins with; any character stands before milliseconds.
_STAMP = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d.\d{3}")
_UNCERTAINTY_CHECKED = re.compile(r"Uncertainty checking for Yokogawa\S+ is activated")

#: Longer lines are not these tools' (a detail log's line may hold a whole sample library).
_LONGEST_LINE = 32 << 20
_CHUNK_BYTES = 1 << 20
#: Errors and warnings of one log; a day's measurement has a hundredth of it.
_MOST_ENTRIES = 1_000_000
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


@dataclass(frozen=True)
class PtdEntry:
    """A line of the power daemon's log that matters. `time` is None where it has none that can be read."""

    line: int
    time: int | None
    #: Of an error or warning what follows the word, else what follows the time.
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class PtdLog:
    """The power daemon's log: where measurements begin and end, errors and warnings."""

    #: Begin of a measurement (`Go with mark …`) and end of one, in the order of the log.
    marks: tuple[PtdEntry, ...] = ()
    #: The first line that says that uncertainty is checked.
    uncertainty: PtdEntry | None = None
    #: Errors and warnings, in the order of the log; of one line the warning comes first.
    troubles: tuple[PtdEntry, ...] = ()
    #: The first line with a time that is none (February 30).
    first_bad_time: int | None = None


def seconds(time: int) -> float:
    """Microseconds -> seconds."""
    return time / 1_000_000


def parse_time(text: object) -> int | None:
    """A time as LoadGen and the power daemon write it, `07-25-2025 15:30:43.020`, or None."""
    if not isinstance(text, str):
        return None
    plain = _PLAIN_TIME.fullmatch(text)
    if plain is None:
        return _microseconds(text, _TIME_FORMAT)
    day = _day(plain[1])
    if day is None:
        return None
    clock = int(plain[2]) * 3600 + int(plain[3]) * 60 + int(plain[4])
    return day + clock * 1_000_000 + int(plain[5].ljust(6, "0"))


@lru_cache(maxsize=16)
def _day(text: str) -> int | None:
    return _microseconds(text, "%m-%d-%Y")


def _microseconds(text: str, form: str) -> int | None:
    try:
        return (datetime.strptime(text, form) - _EPOCH) // _MICROSECOND
    except ValueError:
        return None


def _numbered_lines(stream: BinaryIO, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """A text's lines, from 1, their ends as \\n; up to where it is no text, which becomes a problem."""
    text = io.TextIOWrapper(stream, encoding="utf-8")
    number = 0
    try:
        while line := text.readline(_LONGEST_LINE):
            number += 1
            if len(line) >= _LONGEST_LINE:
                problems.append(Problem(number, f"a line of more than {_LONGEST_LINE >> 20} MB"))
                return
            yield number, line
    except UnicodeDecodeError as problem:
        line_number = number + 1 + problem.object.count(b"\n", 0, problem.start)
        problems.append(Problem(line_number, f"byte 0x{problem.object[problem.start]:02x} is not UTF-8"))
    finally:
        text.detach()  # the stream is the caller's to close


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


def parse_window(stream: BinaryIO) -> Window | Problem:
    """power_begin and power_end of a detail log: the first line that says so, in any letter case, counts.

    Until both are found: a begin that is said again before the end replaces the first.
    """
    problems: list[Problem] = []
    begin = end = None
    for number, line in _numbered_lines(stream, problems):
        lower = line.lower()
        is_begin = "power_begin" in lower
        if not is_begin and "power_end" not in lower:
            continue
        found = _TIME_WITHIN.search(line)
        time = parse_time(found[0]) if found else None
        if time is None:
            return Problem(number, f"no time of {'power_begin' if is_begin else 'power_end'}")
        if is_begin:
            begin = time
        else:
            end = time
        if begin and end:
            break
    if problems:
        return problems[0]
    if begin is None or end is None:
        missing = [name for name, time in (("power_begin", begin), ("power_end", end)) if time is None]
        return Problem(None, f"lacks {' and '.join(missing)}")
    return Window(begin, end)


def parse_samples(stream: BinaryIO) -> Samples | Problem:
    """spl.txt: the readings of the whole system. Each line that begins with `Time` must have one."""
    problems: list[Problem] = []
    samples = Samples(array("q"), array("q"), array("d"), array("d"))
    for number, line in _numbered_lines(stream, problems):
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
        value = float(fields[at])
    except (ValueError, IndexError):
        return math.nan
    return value if value > 0 else 0.0


def parse_ptd_log(stream: BinaryIO) -> PtdLog | Problem:
    """The power daemon's log. Lines that say nothing about the measurement are left out."""
    problems: list[Problem] = []
    marks: list[PtdEntry] = []
    troubles: list[PtdEntry] = []
    texts: dict[str, str] = {}
    uncertainty: PtdEntry | None = None
    first_bad_time: int | None = None
    for number, line in _numbered_lines(stream, problems):
        stamp = _STAMP.match(line)
        time = parse_time(stamp[0]) if stamp else None
        if stamp and time is None and first_bad_time is None:
            first_bad_time = number
        said = line[stamp.end() :].strip() if stamp else ""
        if said == PTD_COMPLETED or said.startswith(PTD_MARK):
            marks.append(PtdEntry(number, time, said))
        if uncertainty is None and _UNCERTAINTY_CHECKED.search(line):
            uncertainty = PtdEntry(number, time, said)
        for word, is_error in (("WARNING:", False), ("ERROR:", True)):
            text = line.partition(word)[2].rstrip("\n")
            if text:
                text = text.strip()
                troubles.append(PtdEntry(number, time, texts.setdefault(text, text), is_error))
        if len(troubles) + len(marks) > _MOST_ENTRIES:
            return Problem(number, f"more than {_MOST_ENTRIES} errors and warnings")
    return problems[0] if problems else PtdLog(tuple(marks), uncertainty, tuple(troubles), first_bad_time)


def sha1_of(stream: BinaryIO) -> str:
    """The sha1 of a stream, in hex."""
    digest = hashlib.sha1(usedforsecurity=False)
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
