"""What GitHub Actions shows: annotations and the job's summary, within its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from any_text import ANY_TEXT
from hypothesis import given
from reports.test_tables import POWER, row
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.domain import Division
from rules.finding import Finding
from rules.plan import Action, Placement, Plan
from rules.reports.built import Built
from rules.reports.github import (
    LONGEST_SUMMARY,
    MOST_ANNOTATIONS,
    annotations_of,
    bounded,
    format_annotations,
    job_summary,
)
from rules.reports.order import ordered
from rules.todo import Todo

ERROR = finding("PERF-016", "results/a/log", line=7, found="INVALID")
WARNING = finding("TEXT-002", "submission.yaml")


def lines_of(*findings: Finding, folder: str = "") -> list[str]:
    return format_annotations(annotations_of(ordered(findings)), folder).splitlines()


class TestAnnotations:
    def test_say_code_place_and_fix(self) -> None:
        assert lines_of(ERROR, WARNING) == [
            f"::error file=results/a/log,line=7,title=PERF-016::{ERROR.message}%0AFix: {ERROR.fix}",
            f"::warning file=submission.yaml,title=TEXT-002::{WARNING.message}%0AFix: {WARNING.fix}",
        ]

    def test_are_one_for_each_cause(self) -> None:
        (line,) = lines_of(*(replace(ERROR, path=f"results/{name}/log") for name in "bac"))
        assert line.startswith(
            f"::error file=results/a/log,line=7,title=PERF-016::{ERROR.message} (and 2 more places)%0A"
        )

    def test_are_no_more_of_a_level_than_github_shows(self) -> None:
        errors = [replace(ERROR, code="PERF-016", message=f"cause {number:02}") for number in range(MOST_ANNOTATIONS)]
        assert len(lines_of(*errors)) == MOST_ANNOTATIONS
        more = lines_of(*errors, replace(ERROR, code="PERF-999"), WARNING)
        assert len(more) == MOST_ANNOTATIONS + 1
        assert more[-2] == (
            "::error title=More findings::2 more causes of findings: PERF-016, PERF-999. The job's summary has them."
        )

    def test_are_placed_in_the_repository(self) -> None:
        elsewhere = replace(ERROR, path="/data/log")
        assert lines_of(ERROR, folder="mlperf/v6")[0].startswith("::error file=mlperf/v6/results/a/log,")
        assert lines_of(elsewhere, folder="mlperf/v6")[0].startswith("::error file=/data/log,")

    @pytest.mark.parametrize(
        ("changed", "part"),
        [
            ({"path": "a,b:c%d\ne"}, "file=a%2Cb%3Ac%25d%0Ae,line"),
            ({"message": "50%,\r\n::set-env name=X::y"}, "::50%25,%0D%0A::set-env name=X::y%0AFix"),
            ({"message": "\x1b[31m\udcff"}, "::\\x1b[31m\\udcff%0AFix"),
        ],
    )
    def test_are_commands_of_one_line_whatever_is_in_them(self, changed: dict[str, Any], part: str) -> None:
        (line,) = lines_of(replace(ERROR, **changed))
        assert part in line

    @given(ANY_TEXT, ANY_TEXT)
    def test_of_any_text_are_one_line_each(self, path: str, message: str) -> None:
        made = format_annotations(annotations_of([replace(ERROR, path=path, message=message)]))
        assert made.startswith("::error file=")
        assert made.count("\n") == 1
        made.encode()


def built(*findings: Finding, **more: Any) -> Built:
    run = verdict(findings=findings)
    said: dict[str, Any] = {"plan": Plan(()), "tree": (), "rows": ()} | more
    return Built(ROUND, {run.key.id: run}, **said)


class TestSummary:
    def test_says_what_came_of_the_build(self) -> None:
        run, passing = verdict(findings=(ERROR,)), verdict(division=Division.OPEN)
        report = Built(
            ROUND,
            {each.key.id: each for each in (run, passing)},
            Plan(
                (Placement(run.key, Action.DROP, "fails", decided_by=(ERROR,)),),
                todo=(Todo("closed", "example-edge", "resnet50", "Offline", ("performance",), {}),),
            ),
            (),
            (row(division="open", has_power=True, power=POWER),),
        )
        assert job_summary(report) == (
            "## MLPerf Inference v6.1\n"
            "\n"
            "| Division | Runs | Pass | Fail | Results shipped |\n"
            "| --- | --- | --- | --- | --- |\n"
            "| closed | 1 | 0 | 1 | 0 |\n"
            "| open | 1 | 1 | 0 | 1 |\n"
            "\n"
            "### Findings\n"
            "\n"
            "- **error PERF-016**: LoadGen says the result is INVALID\n"
            "  - fix: See mlperf_log_summary.txt for the constraint that failed; mend it and run again.\n"
            "  - results/a/log:7\n"
            "\n"
            "### Shipped\n"
            "\n"
            "| Result | Metric | Power |\n"
            "| --- | --- | --- |\n"
            "| open/example-edge/resnet50/Offline | 284.779 Samples/s | 100 Watts |\n"
            "\n"
            "### Left out\n"
            "\n"
            "| Run | Why |\n"
            "| --- | --- |\n"
            "| closed/example-edge/resnet50/Offline | fails PERF-016 |\n"
            "\n"
            "### Still to run\n"
            "\n"
            "| Result | Runs |\n"
            "| --- | --- |\n"
            "| closed/example-edge/resnet50/Offline | performance |\n"
        )

    def test_of_nothing_is_its_title(self) -> None:
        assert job_summary(Built(ROUND, {}, Plan(()), (), ())) == "## MLPerf Inference v6.1\n"

    def test_groups_findings_by_cause(self) -> None:
        text = job_summary(built(*(replace(ERROR, path=f"{name}/log") for name in "abcde")))
        assert text.count("PERF-016") == 1
        assert "  - and 2 more places\n" in text

    @pytest.mark.parametrize(
        ("metric", "shown"),
        [(None, "none"), (float("nan"), "nan Samples/s"), (1234567.0, "1.23457e+06 Samples/s")],
    )
    def test_says_what_metric_there_is(self, metric: float | None, shown: str) -> None:
        assert f"| {shown} |" in job_summary(built(rows=(row(metric=metric),)))

    def test_shows_markup_in_names(self) -> None:
        text = job_summary(built(rows=(row(system="<script>|x", model="a\n\n# b"),)))
        assert "| closed/&lt;script&gt;\\|x/a # b/Offline |" in text

    def test_cuts_long_tables(self) -> None:
        text = job_summary(built(rows=tuple(row(model=f"m{number}") for number in range(1001))))
        assert text.endswith("\nand 1 more row\n")

    def test_is_never_longer_than_github_takes(self) -> None:
        many = [replace(ERROR, message=f"{number} {'ä' * 250}") for number in range(4000)]
        text = job_summary(built(*many))
        assert LONGEST_SUMMARY - 2000 < len(text.encode()) <= LONGEST_SUMMARY
        assert text.endswith("\nThe rest is left out: GitHub takes no longer summary. The reports have it all.\n")

    @given(ANY_TEXT)
    def test_of_any_name_and_message_is_text(self, text: str) -> None:
        summary = job_summary(built(replace(ERROR, message=text, path=text, fix=text), rows=(row(system=text),)))
        summary.encode()
        assert "<" not in summary


@pytest.mark.parametrize(("longest", "kept"), [(1100, 100), (1099, 92), (100, 1)])
def test_what_is_too_long_is_cut_after_a_line(longest: int, kept: int) -> None:
    text = bounded("äää 123\n" * 100, longest)
    assert len(text.encode()) <= longest
    assert text.count("äää 123\n") == kept
