"""LoadGen's detail log as values: what counts, what is reported, and that pieces of any size read alike."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import CLOSED_SYSTEM

from rules.parsers.loadgen import DetailLog, LogProblem, parse_detail_log

MARKER = ":::MLLOG "
LIST_KEY = "loaded_qsl_set"


class Dribble:
    """A stream that gives no more than so many bytes at once."""

    def __init__(self, data: bytes, most: int) -> None:
        self._stream = io.BytesIO(data)
        self._most = most

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._most))


def parse(text: str | bytes, most: int = 1 << 30) -> DetailLog:
    return parse_detail_log(Dribble(text.encode() if isinstance(text, str) else text, most))


def entry(key: object, value: object, *, is_error: bool = False, **more: object) -> str:
    return MARKER + json.dumps({"key": key, "value": value, "metadata": {"is_error": is_error}} | more)


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


class TestEntries:
    def test_are_found_by_their_keys_with_their_lines(self) -> None:
        log = parse(lines(entry("a", 1), "Loadgen :: done", entry("b", [2])))
        assert (log.get("a"), log.line("a")) == (1, 1)
        assert (log.get("b"), log.line("b")) == ([2], 3)
        assert (log.errors, log.problems) == ((), ())

    def test_of_a_missing_key_are_none(self) -> None:
        log = parse(entry("a", 1))
        assert (log.get("b"), log.number("b"), log.line("b")) == (None, None, None)

    def test_of_one_key_count_once_the_first(self) -> None:
        log = parse(lines(entry("a", 1), entry("a", 2), entry("b", 3)))
        assert (log.values, log.lines) == ({"a": 1, "b": 3}, {"a": 1, "b": 3})

    @pytest.mark.parametrize(
        ("value", "number"), [(5, 5), (0.5, 0.5), (0, 0), ("5", None), (None, None), ([5], None), ({}, None)]
    )
    def test_are_numbers_only_where_they_are_written_as_such(self, value: object, number: object) -> None:
        assert parse(entry("a", value)).number("a") == number

    def test_of_a_long_entry_are_kept_where_they_are_numbers(self) -> None:
        long = "x" * 20_000
        log = parse(lines(entry("a", 5, said=long), entry("b", "text", said=long), "x", entry("c", 0.5, said=long)))
        assert log.values == {"a": 5, "b": None, "c": 0.5}

    def test_of_the_real_example(self) -> None:
        with (CLOSED_SYSTEM / "resnet50/Offline/performance/run_1/mlperf_log_detail.txt").open("rb") as stream:
            log = parse_detail_log(stream)
        assert (log.get("effective_scenario"), log.number("result_samples_per_second")) == ("Offline", 284.779)
        assert log.line("effective_scenario") == 34
        assert len(log.values) == 89
        assert (log.errors, log.problems) == ((), ())

    def test_of_another_marker(self) -> None:
        text = lines(entry("a", 1), entry("b", 2)).replace(":::MLLOG", ":::ENDPTS")
        assert parse(text).values == {"a": 1, "b": 2}

    def test_of_a_marker_other_than_the_first_line_has_are_text(self) -> None:
        log = parse(lines(entry("a", 1), entry("b", 2).replace(":::MLLOG", ":::ENDPTS")))
        assert (log.values, log.problems) == ({"a": 1}, ())

    def test_behind_white_space_are_text(self) -> None:
        assert parse(lines(entry("a", 1), " " + entry("b", 2))).values == {"a": 1}


class TestErrors:
    def test_are_entries_that_say_so(self) -> None:
        log = parse(lines(entry("a", 1), entry("error_runtime", "late", is_error=True)))
        assert log.errors == (LogProblem(2, "error_runtime: late"),)
        assert log.get("error_runtime") == "late"

    def test_of_a_setting_are_their_text_alone(self) -> None:
        log = parse(entry("error_invalid_config", "Multiple conf files", is_error=True))
        assert log.errors == (LogProblem(1, "Multiple conf files"),)

    def test_of_one_key_all_count(self) -> None:
        log = parse(lines(*(entry("error_runtime", number, is_error=True) for number in range(3))))
        assert [each.text for each in log.errors] == ["error_runtime: 0", "error_runtime: 1", "error_runtime: 2"]

    def test_are_kept_up_to_twenty(self) -> None:
        log = parse(lines(*(entry("error_runtime", number, is_error=True) for number in range(30))))
        assert [each.line for each in log.errors] == list(range(1, 21))


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("", 1, "the file is empty"),
            ("Loadgen\n", 1, "the first line doesn't start with ':::MLLOG'"),
            (lines(entry("a", 1), MARKER + '{"key"'), 2, "not a LoadGen entry (invalid JSON)"),
            (lines(entry("a", 1), MARKER), 2, "not a LoadGen entry (invalid JSON)"),
            (lines(entry("a", 1), entry("b", 1) + " x"), 2, "not a LoadGen entry (invalid JSON)"),
            pytest.param(
                lines(entry("a", 1), MARKER + "[" * 100_000), 2, "not a LoadGen entry (nested too deep)", id="deep"
            ),
            pytest.param(
                lines(entry("a", 1), entry("b", 1, pid=0).replace("0}", "9" * 4301 + "}")),
                2,
                "not a LoadGen entry (unexpected structure)",
                id="an integer that Python doesn't read, where no value is",
            ),
            (lines(entry("a", 1), MARKER + "[1]"), 2, "not a LoadGen entry (unexpected structure)"),
            (lines(entry("a", 1), MARKER + '{"key": "b"}'), 2, "not a LoadGen entry (no field 'value')"),
            (lines(MARKER + '{"key": "b", "value": 1}'), 1, "not a LoadGen entry (no field 'metadata')"),
            (
                lines(MARKER + '{"value": 1, "metadata": {"is_error": false}}'),
                1,
                "not a LoadGen entry (no field 'key')",
            ),
            (lines(entry([], 1)), 1, "not a LoadGen entry (unexpected structure)"),
            (lines(entry("a", 1, metadata=None)), 1, "not a LoadGen entry (unexpected structure)"),
            pytest.param(lines(entry("a", 1), entry("b", "x" * (2 << 20))), 2, "a line of more than 2 MB", id="long"),
        ],
    )
    def test_are_named_with_their_line(self, text: str, line: int, said: str) -> None:
        log = parse(text)
        assert log.problems[0] == LogProblem(line, said)

    def test_leave_the_other_entries(self) -> None:
        log = parse(lines(entry("a", 1), MARKER + "{", entry("b", 2)))
        assert (log.values, log.lines) == ({"a": 1, "b": 2}, {"a": 1, "b": 3})

    def test_are_kept_up_to_twenty(self) -> None:
        log = parse(lines(entry("a", 1), *[MARKER + "{"] * 30))
        assert [each.line for each in log.problems] == list(range(2, 22))

    def test_are_bytes_that_are_no_text(self) -> None:
        log = parse(entry("a", 1).encode() + b"\n:::MLLOG \xff\n" + entry("b", 2).encode())
        assert log.problems == (LogProblem(2, "byte 0xff is not UTF-8"),)
        assert log.values == {"a": 1, "b": 2}

    def test_end_the_reading_where_a_line_has_no_end(self) -> None:
        log = parse(entry("a", 1).encode() + b"\n" + b"x" * (33 << 20))
        assert log.problems == (LogProblem(2, "a line of more than 32 MB"),)
        assert log.values == {"a": 1}

    def test_are_more_keys_than_loadgen_has_in_a_log_that_is_torn(self) -> None:
        torn = MARKER + "{"
        log = parse(lines(*(entry(str(key), 1) if key % 100 else torn for key in range(1_020))))
        assert log.problems[-1].text == "more than 1000 different keys"
        assert len(log.values) == 1_000


# Values and lines are those that Python's own JSON parser finds line by line, however the pieces fall.

KEYS = st.sampled_from(["a", "b", "effective_scenario", "error_invalid_config", LIST_KEY, "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
SAMPLES = st.lists(st.integers(0, 999), max_size=5)


@st.composite
def entries(draw: st.DrawFn) -> str:
    key = draw(KEYS)
    value = draw(SAMPLES | VALUES) if key == LIST_KEY else draw(VALUES)
    is_error = key != LIST_KEY and draw(st.booleans())
    said = {"key": key, "value": value, "metadata": {"is_error": is_error, "line_no": 7}}
    ordered = dict(draw(st.permutations(list(said.items()))))
    separators = draw(st.sampled_from([(", ", ": "), (",", ":")]))
    text = json.dumps(ordered, separators=separators, ensure_ascii=draw(st.booleans()))
    return draw(st.sampled_from([MARKER, MARKER.strip()])) + text + draw(st.sampled_from(["", " "]))


OTHER_LINES = st.sampled_from(
    [
        "",
        "Loadgen :: done",
        ":::MLLOG",
        ":::MLLOG {",
        ':::MLLOG {"key": "a"}',
        ":::MLLOG []",
        ':::MLLOG {"key": {}, "value": 1, "metadata": {"is_error": false}}',
        ':::MLLOG {"key": "loaded_qsl_set", "value": [1, x], "metadata": {"is_error": false}}',
        ':::MLLOG {"key": "loaded_qsl_set", "value": [1, 01], "metadata": {"is_error": false}}',
        ':::MLLOG {"key": "loaded_qsl_set", "value": [1, 2',
        ':::MLLOG {"key": "a", "value": "[1] {\\"key\\": \\"b\\"", "metadata": {"is_error": 0}}',
        " :::MLLOG {}",
        "[1, 2]",
    ]
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def logs(draw: st.DrawFn) -> str:
    texts = draw(st.lists(entries() | OTHER_LINES, max_size=12))
    text = "".join(each + draw(ENDS) for each in texts)
    return text if draw(st.booleans()) else text.rstrip("\r\n")


@given(text=logs(), most=st.integers(1, 400))
@example(text=lines(entry("a", 1), entry("a", float("nan"))), most=3)
@example(text=lines(entry(LIST_KEY, [1, 2]), entry(LIST_KEY, [3])), most=60)
def test_reads_what_a_json_parser_finds_line_by_line(text: str, most: int) -> None:
    log = parse(text, most)
    values, numbers, errors, problems = line_by_line(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert comparable(log.values) == comparable(values)
    assert log.lines == numbers
    assert list(log.errors) == errors
    begins = text.startswith(":::MLLOG")
    assert [each.line for each in log.problems if begins or each.line > 1] == [n for n in problems if begins or n > 1]
    assert begins or log.problems[0].line == 1


def line_by_line(texts: Sequence[str]) -> tuple[dict[Any, Any], dict[Any, int], list[LogProblem], list[int]]:
    values: dict[Any, Any] = {}
    numbers: dict[Any, int] = {}
    errors: list[LogProblem] = []
    problems: list[int] = []
    for number, text in enumerate(texts, start=1):
        if not text.startswith(":::MLLOG"):
            continue
        try:
            read = json.loads(text.removeprefix(":::MLLOG").rstrip())
            key, value, is_error = read["key"], read["value"], read["metadata"]["is_error"]
            values.setdefault(key, value)
            numbers.setdefault(key, number)
        except (ValueError, KeyError, TypeError):
            problems.append(number)
            continue
        if is_error:
            errors.append(LogProblem(number, str(value) if key == "error_invalid_config" else f"{key}: {value}"))
    return values, numbers, errors, problems


def comparable(values: dict[Any, Any]) -> dict[Any, str]:
    """Values by their texts, as NaN equals nothing; the list of samples is not kept."""
    return {key: "" if key == LIST_KEY else repr(value) for key, value in values.items()}


@given(data=st.binary(max_size=300), most=st.integers(1, 50))
@example(data=b":::MLLOG \xff", most=1)
@example(data=b"\r", most=1)
def test_any_bytes_are_read(data: bytes, most: int) -> None:
    assert isinstance(parse(b":::MLLOG " + data, most), DetailLog)
    assert parse(data, most) == parse(data)
