"""The accuracy report: every mention of each metric as it is written, and the hash lines."""

from __future__ import annotations

import re

import pytest
from fitted_run import REPORT_LINES, SHA256
from hypothesis import given
from hypothesis import strategies as st

from rules.parsers.accuracy import AccuracyReport, Score, parse_accuracy_report
from rules.rounds import available_rounds, load_round
from rules.rounds.model import AccuracyMetric

ROUGE1, ROUGE2, *_ = load_round("v6.1").benchmarks["llama2-70b-99.9"].accuracy
(ACC,) = load_round("v6.1").benchmarks["resnet"].accuracy


def read(text: str, *metrics: AccuracyMetric) -> list[tuple[int, str, str]]:
    report = parse_accuracy_report(text, metrics)
    return [(score.line, score.metric.name, score.value) for score in report.scores]


def hashes(text: str) -> tuple[tuple[int, str], ...]:
    return parse_accuracy_report(text, ()).hashes


def test_a_mention_has_its_line_and_its_value_as_written() -> None:
    assert read("Loaded.\naccuracy=76.0000%, good=1\n", ACC) == [(2, "acc", "76.0000")]


def test_one_line_may_mention_several_metrics() -> None:
    line = "{'rouge1': 44.5, 'rouge2': '22.1', 'gen_num': 24576}\n"
    assert read(line, ROUGE1, ROUGE2) == [(1, "ROUGE1", "44.5"), (1, "ROUGE2", "22.1")]


def test_all_mentions_count_in_their_order() -> None:
    text = "accuracy=75%\nhash=a\naccuracy=77%\n"
    assert read(text, ACC) == [(1, "acc", "75"), (3, "acc", "77")]


def test_metrics_that_nobody_asked_for_are_text() -> None:
    assert read("{'rouge1': 44.5}\naccuracy=75%", ROUGE2) == []


def test_of_nothing_is_nothing() -> None:
    assert parse_accuracy_report("", [ACC]) == AccuracyReport()


@pytest.mark.parametrize(("value", "number"), [("76.4", 76.4), ("76", 76.0), ("7.6.4", None), (".", None)])
def test_a_value_may_be_no_number(value: str, number: float | None) -> None:
    assert Score(1, ACC, value).number == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"hash={SHA256}", ((1, SHA256),)),
        (f"accuracy=1\nhash={SHA256}\nhash=abc\n", ((2, SHA256), (3, "abc"))),
        (f" hash={SHA256}", ()),
        (f"hash={SHA256} ", ()),
        ("hash=", ()),
        ("hash=a-b", ()),
    ],
)
def test_a_hash_fills_its_line(text: str, found: tuple[tuple[int, str], ...]) -> None:
    assert hashes(text) == found


@pytest.mark.parametrize("round_name", available_rounds())
def test_each_metric_of_a_round_is_found_in_its_own_line(round_name: str) -> None:
    metrics = {metric for each in load_round(round_name).benchmarks.values() for metric in map(_plain, each.accuracy)}
    for name, pattern in metrics:
        metric = AccuracyMetric(name, re.compile(pattern))
        assert read(REPORT_LINES[name].format("12.5"), metric) == [(1, name, "12.5")]


def _plain(metric: AccuracyMetric) -> tuple[str, str]:
    return metric.name, metric.pattern.pattern


@given(st.text(alphabet="acrouhse=1.2'{}: %\n", max_size=200))
def test_what_is_found_stands_in_its_line(text: str) -> None:
    report = parse_accuracy_report(text, [ACC, ROUGE1])
    lines = text.split("\n")
    assert all(score.value in lines[score.line - 1] for score in report.scores)
    assert all(f"hash={value}" == lines[line - 1] for line, value in report.hashes)
