"""LoadGen's detail log: one JSON object a line behind the marker `:::MLLOG`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

_MARKER = b":::MLLOG"
#: Entries that no rule reads and that hold most of a log's bytes.
_SKIPPED = (b' {"key": "loaded_qsl_set"', b' {"key": "loadgen_file_sha1"')


@dataclass(frozen=True)
class LogProblem:
    """Why a log can't be read; `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class DetailLog:
    """A detail log's entries. Of a key that comes more than once the first value counts."""

    values: dict[str, Any]
    #: Line of each key's entry, from 1.
    lines: dict[str, int]
    #: LoadGen's own error entries.
    errors: tuple[LogProblem, ...] = ()
    #: Lines that make the log unreadable for the official parser.
    problems: tuple[LogProblem, ...] = field(default=())

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def number(self, key: str) -> float | None:
        """A numeric entry as a float; None where it is missing or no number."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value)

    def line(self, key: str) -> int | None:
        return self.lines.get(key)


def parse_detail_log(data: bytes) -> DetailLog:
    """The entries of a detail log (source of the format: loadgen/logging.cc, LoadgenParser)."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    errors: list[LogProblem] = []
    problems: list[LogProblem] = []
    if not data.startswith(_MARKER):
        what = "the file is empty" if not data else "the first line doesn't start with ':::MLLOG'"
        problems.append(LogProblem(1, what))
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.startswith(_MARKER) or line.startswith(_SKIPPED, len(_MARKER)):
            continue
        try:
            entry = json.loads(line[len(_MARKER) :])
            key, value, is_error = entry["key"], entry["value"], entry["metadata"]["is_error"]
        except (ValueError, KeyError, TypeError) as problem:
            problems.append(LogProblem(number, f"not a LoadGen entry ({_reason(problem)})"))
            continue
        if is_error:
            errors.append(LogProblem(number, f"{key}: {value}" if key != "error_invalid_config" else str(value)))
        if key not in values:
            values[key] = value
            lines[key] = number
    return DetailLog(values, lines, tuple(errors), tuple(problems))


def _reason(problem: Exception) -> str:
    if isinstance(problem, UnicodeDecodeError):
        return "bytes that are not UTF-8"
    if isinstance(problem, json.JSONDecodeError):
        return "invalid JSON"
    return f"no field {problem}" if isinstance(problem, KeyError) else "unexpected structure"
