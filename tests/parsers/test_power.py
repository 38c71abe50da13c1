"""What the files of a power measurement say, and what becomes of lines that say nothing."""

from __future__ import annotations

import io
import json
import math
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.parsers.power import (
    Message,
    Problem,
    PtdEntry,
    PtdLog,
    Samples,
    Session,
    Window,
    parse_ptd_log,
    parse_samples,
    parse_session,
    parse_time,
    parse_window,
)

FORMAT = "%m-%d-%Y %H:%M:%S.%f"
NOON = 1_795_521_600_000_000
UUIDS = {"client": "9e3f0c5a-7c41-4a35-b0a1-0d3a5ff2ab10", "server": "5b1d2f6e-0a8c-4f0e-9d55-6f2e7c3b9a21"}
MINIMAL = {
    "version": "1.0",
    "timezone": 0,
    "modules": {},
    "sources": {},
    "messages": [{"cmd": "stop", "reply": "OK"}, {"cmd": "time"}],
    "uuid": UUIDS,
    "session_name": "2026-11-24_12-00-00",
    "results": {},
    "phases": {"ranging": [[1.5, 0.1], [2, 0.2]], "testing": [[3.5]]},
}


def stream(*lines: str) -> io.BytesIO:
    return io.BytesIO("".join(f"{line}\n" for line in lines).encode())


def session(**changes: Any) -> Session:
    said = {name: value for name, value in (MINIMAL | changes).items() if value is not ...}
    parsed = parse_session(json.dumps(said, indent=4).encode())
    assert isinstance(parsed, Session)
    return parsed


def sample(text: str) -> Samples:
    parsed = parse_samples(stream(text))
    assert isinstance(parsed, Samples)
    return parsed


def ptd_log(*lines: str) -> PtdLog:
    parsed = parse_ptd_log(stream(*lines))
    assert isinstance(parsed, PtdLog)
    return parsed


@given(st.datetimes(min_value=datetime(1000, 1, 1)))
def test_a_time_is_microseconds_since_1970(time: datetime) -> None:
    parsed = parse_time(time.strftime(FORMAT))
    assert parsed is not None
    assert parsed / 1_000_000 == time.replace(tzinfo=timezone.utc).timestamp()


@given(st.from_regex(r"\d{1,2}-\d{1,2}-\d{4}\s{1,2}\d{1,2}:\d{1,2}:\d{1,2}\.\d{0,7}", fullmatch=True) | st.text())
@example("02-30-2026 12:00:00.000")
@example("11-24-2026 24:00:00.000")
@example("11-24-2026 12:00:60.000")
@example("7-5-2026 1:2:3.4")
@example("11-24-2026 12:00:00.000\n")
@example("11-24-2026 12:00:00.1234567")
@example("\u0661\u0661-24-2026 12:00:00.000")
def test_what_is_no_time_for_python_is_none_for_us(text: str) -> None:
    try:
        expected = datetime.strptime(text, FORMAT)
    except ValueError:
        assert parse_time(text) is None
    else:
        assert parse_time(text) == round((expected - datetime(1970, 1, 1)).total_seconds() * 1_000_000)


@pytest.mark.parametrize("value", [None, 5, ["11-24-2026 12:00:00.000"]])
def test_what_is_no_text_is_no_time(value: object) -> None:
    assert parse_time(value) is None


def test_a_session_says_who_measured_what_and_when() -> None:
    said = session()
    assert said.name == "2026-11-24_12-00-00"
    assert said.messages == (Message("stop", "OK"), Message("time"))
    assert said.uuids is not None and said.uuids["server"] == UUID("5b1d2f6e-0a8c-4f0e-9d55-6f2e7c3b9a21")
    assert said.phases == {"ranging": (1.5, 2), "testing": (3.5,)}
    assert said.debug is False
    assert said.lines["session_name"] == 19


#: Section -> the part of a session that it becomes, values that are good for it, values that are not.
SECTIONS: dict[str, tuple[str, list[object], list[object]]] = {
    "timezone": ("timezone", ["0", 1.5, True, -3600], [None, "x", [], math.nan, math.inf]),
    "uuid": ("uuids", [UUIDS | {"more": 1}], [{}, [], "x", {"client": 1, "server": 2}, {"client": "x"}]),
    "messages": (
        "messages",
        [[], [{"cmd": None, "reply": None}]],
        [{}, None, "x", [5], [{"cmd": "stop"}], [{"reply": "OK"}]],
    ),
    "phases": (
        "phases",
        [{"ranging": [], "testing": [[True]]}],
        [
            {},
            [],
            {"ranging": [], "testing": [5]},
            {"ranging": [], "testing": [[]]},
            {"ranging": [["1"]], "testing": []},
        ],
    ),
    "results": ("results", [{"power/client.log": 1}], [[], None, "x"]),
    "ptd_messages": (
        "ptd_messages",
        [[], [{"cmd": "Stop"}]],
        [..., {}, None, [{"cmd": None}], [{}], ["Stop"]],
    ),
    "ptd_config": (
        "analyzers",
        [[], {}, "", [{"device_type": 8}]],
        [..., None, 0, "x", {"device_type": 8}, [{}], ["x"]],
    ),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_built_otherwise_is_none(section: str) -> None:
    part, good, bad = SECTIONS[section]
    for value in good:
        assert getattr(session(**{section: value}), part) is not None, value
    for value in bad:
        assert getattr(session(**{section: value}), part) is None, value


@pytest.mark.parametrize(
    ("data", "line", "text"),
    [
        (b"", 1, "the file is empty"),
        (b'{"a": 1,\n}', 2, "invalid JSON: Expecting property name enclosed in double quotes"),
        (b"\xef\xbb\xbf{}", 1, "invalid JSON: Unexpected UTF-8 BOM (decode using utf-8-sig)"),
        (b'{\n"a\xff": 1}', 2, "byte 0xff is not UTF-8"),
        (b"5", None, "holds int, not an object"),
        (b"[" * 100_000, None, "invalid JSON"),
        (b'{"a": ' + b"[" * 120 + b"]" * 120 + b"}", None, "values nested more than 100 deep"),
    ],
)
def test_a_file_that_is_no_session_says_why(data: bytes, line: int | None, text: str) -> None:
    assert parse_session(data) == Problem(line, text)


@pytest.mark.parametrize("field", MINIMAL)
def test_each_field_of_a_session_is_needed(field: str) -> None:
    said = {name: value for name, value in MINIMAL.items() if name != field}
    assert parse_session(json.dumps(said).encode()) == Problem(None, f"lacks {field}")


BEGIN = ':::MLLOG {"key": "power_begin", "value": "11-24-2026 12:00:00.000"}'
END = ':::MLLOG {"key": "power_end", "value": "11-24-2026 12:10:00.000"}'
LATER = BEGIN.replace("12:00", "12:05")


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        (["x", BEGIN, "y", END], (0, 10)),
        ([END, BEGIN], (0, 10)),
        ([BEGIN.upper(), END.upper()], (0, 10)),
        ([BEGIN, END, LATER], (0, 10)),
        ([BEGIN, LATER, END], (5, 10)),
        ([BEGIN, "about power_begin 11-24-2026 12:05:00.0, not power_end", END], (5, 10)),
        (["power_begin 11-24-2026 12:00:00.0", "(power_end at 11-24-2026 12:10:00.0)"], (0, 10)),
    ],
)
def test_the_window_is_from_power_begin_to_power_end(lines: list[str], minutes: tuple[int, int]) -> None:
    begin, end = (NOON + minute * 60_000_000 for minute in minutes)
    assert parse_window(stream(*lines)) == Window(begin, end)


@pytest.mark.parametrize(
    ("lines", "line", "text"),
    [
        ([], None, "lacks power_begin and power_end"),
        ([BEGIN], None, "lacks power_end"),
        ([BEGIN, "power_end"], 2, "no time of power_end"),
        ([BEGIN.replace("11-24", "11-31"), END], 1, "no time of power_begin"),
    ],
)
def test_a_log_without_a_window_says_what_it_lacks(lines: list[str], line: int | None, text: str) -> None:
    assert parse_window(stream(*lines)) == Problem(line, text)


def test_bytes_that_are_no_text_make_a_problem_of_their_line() -> None:
    data = f"{BEGIN}\r\nx\n\xff\n{END}\n".encode("latin-1")
    assert parse_window(io.BytesIO(data)) == Problem(3, "byte 0xff is not UTF-8")


def test_what_stands_far_behind_the_window_is_not_read() -> None:
    data = f"{BEGIN}\n{END}\n".encode() + b"\n" * 100_000 + b"\xff"
    assert isinstance(parse_window(io.BytesIO(data)), Window)


def test_samples_are_the_lines_that_begin_with_time() -> None:
    line = "Time,11-24-2026 12:00:{:02}.250,Watts,{},Volts,230.0,Amps,0.4,PF,{},Mark,x,Ch1,Watts,1.0"
    parsed = parse_samples(stream("Power meter", line.format(0, 100.5, 0.9), "", line.format(1, 101, "0.8")))
    assert isinstance(parsed, Samples)
    assert list(parsed.lines) == [2, 4]
    assert list(parsed.times) == [NOON + 250_000, NOON + 1_250_000]
    assert list(parsed.watts) == [100.5, 101.0]
    assert list(parsed.power_factors) == [0.9, 0.8]


@pytest.mark.parametrize(
    ("text", "reading"),
    [("5", 5.0), (" 5.5 ", 5.5), ("1e3", 1000.0), ("inf", math.inf), ("0", 0.0), ("-5", 0.0), ("nan", 0.0)],
)
def test_readings_that_are_not_above_0_are_0(text: str, reading: float) -> None:
    assert list(sample(f"Time,11-24-2026 12:00:00.000,Watts,{text}").watts) == [reading]


@pytest.mark.parametrize("text", ["", "x", "5 W", "0x5"])
def test_readings_that_are_no_number_are_nan(text: str) -> None:
    assert math.isnan(sample(f"Time,11-24-2026 12:00:00.000,Watts,{text}").watts[0])


def test_a_line_that_ends_before_a_reading_has_none() -> None:
    cut = sample("Time,11-24-2026 12:00:00.000,Watts")
    assert math.isnan(cut.watts[0]) and math.isnan(cut.power_factors[0])


@pytest.mark.parametrize("text", ["Time", "Time,", "Time,now,Watts,5", "Timex,11-31-2026 12:00:00.000,Watts,5"])
def test_a_sample_without_a_time_spoils_the_file(text: str) -> None:
    assert parse_samples(stream("Power meter", text)) == Problem(2, "no time of the sample")


def test_the_daemons_log_says_where_measurements_begin_and_end() -> None:
    log = ptd_log(
        "Power daemon",
        "11-24-2026 12:00:00.000: Go command received",
        "11-24-2026 12:00:00.000: Go with mark 'x_ranging'",
        "11-24-2026 12:00:01.000: Completed test  ",
        ": Completed test",
    )
    assert log == PtdLog(
        marks=(PtdEntry(3, NOON, ": Go with mark 'x_ranging'"), PtdEntry(4, NOON + 1_000_000, ": Completed test"))
    )


def test_the_daemons_log_says_from_when_uncertainty_is_checked() -> None:
    line = "11-24-2026 12:00:00.000: Uncertainty checking for YokogawaWT310 is activated"
    later = line.replace("12:00", "12:01")
    assert ptd_log("x", line, later).uncertainty == PtdEntry(2, NOON, line[23:])
    assert ptd_log(line[25:], later).uncertainty == PtdEntry(1, None, "")
    assert ptd_log(line.replace("WT310", "")).uncertainty is None


@pytest.mark.parametrize(
    ("line", "troubles"),
    [
        ("11-24-2026 12:00:00.000: WARNING: it smokes", [PtdEntry(1, NOON, "it smokes")]),
        ("11-24-2026 12:00:00.000: ERROR: USB.", [PtdEntry(1, NOON, "USB.", is_error=True)]),
        ("ERROR: it burns", [PtdEntry(1, None, "it burns", is_error=True)]),
        (" 11-24-2026 12:00:00.000: ERROR: x", [PtdEntry(1, None, "x", is_error=True)]),
        ("11-24-2026 12:00:00,000: ERROR: x", [PtdEntry(1, None, "x", is_error=True)]),
        ("ERROR: a WARNING: b", [PtdEntry(1, None, "b"), PtdEntry(1, None, "a WARNING: b", is_error=True)]),
        ("ERROR:ERROR: x", [PtdEntry(1, None, "ERROR: x", is_error=True)]),
        ("ERROR: ", [PtdEntry(1, None, "", is_error=True)]),
        ("ERROR:", []),
        ("Error: x", []),
        ("11-24-2026 12:00:00.000: all is well", []),
    ],
)
def test_errors_and_warnings_are_what_follows_the_word(line: str, troubles: list[PtdEntry]) -> None:
    assert ptd_log(line).troubles == tuple(troubles)


def test_the_first_time_that_is_none_is_known_by_its_line() -> None:
    assert ptd_log("x", "11-31-2026 12:00:00.000: x", "11-32-2026 12:00:00.000: x").first_bad_time == 2
    assert ptd_log("x", "11-30-2026 12:00:00.000: x", "11-31-2026 12:00:00: x").first_bad_time is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    text = end.join(["x", "11-24-2026 12:00:00.000: Completed test", "ERROR: x"])
    log = parse_ptd_log(io.BytesIO(text.encode()))
    assert isinstance(log, PtdLog)
    assert ([mark.line for mark in log.marks], [trouble.text for trouble in log.troubles]) == ([2], ["x"])


@given(st.binary())
@example(b"Time,\xff")
@example(b"power_begin\xff")
@example(b"11-24-2026 12:00:00.000\xff")
def test_any_bytes_become_a_value(data: bytes) -> None:
    assert isinstance(parse_session(data), (Session, Problem))
    assert isinstance(parse_window(io.BytesIO(data)), (Window, Problem))
    assert isinstance(parse_samples(io.BytesIO(data)), (Samples, Problem))
    assert isinstance(parse_ptd_log(io.BytesIO(data)), (PtdLog, Problem))


@pytest.mark.parametrize("parse", [parse_window, parse_samples, parse_ptd_log])
def test_the_stream_stays_the_callers_to_close(parse: Any) -> None:
    data = stream(BEGIN, END, BEGIN)
    parse(data)
    assert not data.closed
