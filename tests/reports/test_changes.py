"""What has changed between two builds' summaries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reports.changes import Kind, summary_changes

OFFLINE = {
    "division": "closed",
    "submitter": "ExampleLab",
    "system": "edge",
    "benchmark": "resnet",
    "scenario": "Offline",
}
METRICS = st.floats(min_value=1e-3, max_value=1e9)


def summary(*results: dict[str, Any], dropped: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"results": list(results), "dropped": list(dropped)}


def result(metric: float | None, scenario: str = "Offline", units: str = "Samples/s") -> dict[str, Any]:
    return OFFLINE | {"scenario": scenario, "metric": metric, "units": units}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (result(100.0), result(110.0), Kind.BETTER),
        (result(100.0), result(90.0), Kind.WORSE),
        (result(4.0, "SingleStream"), result(3.0, "SingleStream"), Kind.BETTER),
        (result(4.0, "MultiStream"), result(5.0, "MultiStream"), Kind.WORSE),
        (result(4.0, "singlestream"), result(5.0, "singlestream"), Kind.WORSE),
        (result(100.0), result(100.0, units="Tokens/s"), Kind.CHANGED),
        (result(100.0), result(None), Kind.CHANGED),
    ],
)
def test_a_result_is_better_or_worse_by_its_own_metric(
    before: dict[str, Any], after: dict[str, Any], kind: Kind
) -> None:
    (change,) = summary_changes(summary(before), summary(after))
    assert change.kind is kind


def test_the_ratio_is_the_metric_now_as_a_multiple_of_what_it_was() -> None:
    (change,) = summary_changes(summary(result(100.0)), summary(result(150.0)))
    assert (change.before, change.after, change.ratio) == (100.0, 150.0, 1.5)


def test_there_is_no_ratio_to_zero() -> None:
    (change,) = summary_changes(summary(result(0.0)), summary(result(1.0)))
    assert (change.kind, change.ratio) == (Kind.BETTER, None)


def test_an_equal_result_is_no_change() -> None:
    assert summary_changes(summary(result(100.0)), summary(result(100.0))) == ()


def test_a_result_is_new_or_gone() -> None:
    (new,) = summary_changes(summary(), summary(result(1.0)))
    (gone,) = summary_changes(summary(result(1.0)), summary())
    assert (new.kind, new.after, gone.kind, gone.before) == (Kind.NEW, 1.0, Kind.GONE, 1.0)


def test_a_result_whose_run_is_left_out_is_now_failing_with_the_plans_reason() -> None:
    left_out = {"run": "closed/edge/resnet/Offline", "reason": "fails"}
    (change,) = summary_changes(summary(result(1.0)), summary(dropped=(left_out,)))
    assert (change.kind, change.reason) == (Kind.FAILING, "fails")


def test_what_wants_a_look_comes_first() -> None:
    former = summary(result(2.0), result(2.0, "Server"), result(1.0, "Interactive"))
    latest = summary(result(3.0), result(1.0, "Server"), result(1.0, "SingleStream"))
    assert [change.kind for change in summary_changes(former, latest)] == [
        Kind.GONE,
        Kind.WORSE,
        Kind.BETTER,
        Kind.NEW,
    ]


@pytest.mark.parametrize("former", [None, [], {}, {"results": 7}, {"results": [None, 3]}, {"results": [{}]}])
def test_of_what_is_no_summary_nothing_is_better_or_worse(former: object) -> None:
    kinds = {change.kind for change in summary_changes(former, summary(result(1.0)))}
    assert kinds <= {Kind.NEW, Kind.GONE}


@given(METRICS, METRICS)
def test_a_result_that_got_better_got_worse_the_other_way_round(one: float, other: float) -> None:
    opposite = {Kind.BETTER: Kind.WORSE, Kind.WORSE: Kind.BETTER}
    there = summary_changes(summary(result(one)), summary(result(other)))
    back = summary_changes(summary(result(other)), summary(result(one)))
    assert [opposite[change.kind] for change in there] == [change.kind for change in back]
