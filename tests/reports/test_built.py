"""What a build has come to, for its reports."""

from __future__ import annotations

from dataclasses import replace

from support import ROUND, verdict

from rules.checks.catalogue import RULES, finding
from rules.domain import Scenario
from rules.plan import Plan
from rules.reports.built import Built

ERROR = finding("PERF-016", "b/log", line=7, found="INVALID")
WARNING = finding("TEXT-002", "submission.yaml")
SYSTEM = finding("SYS-012", "system_meta.json", found="notes")


def test_findings_come_once_errors_first() -> None:
    elsewhere = replace(ERROR, path="a/log", line=None)
    runs = [verdict(findings=(SYSTEM, ERROR)), verdict(scenario=Scenario.SERVER, findings=(elsewhere, SYSTEM))]
    built = Built(ROUND, {run.key.id: run for run in runs}, Plan(()), (WARNING,), ())
    assert built.findings == (elsewhere, ERROR, SYSTEM, WARNING)


def test_findings_of_one_place_with_and_without_a_line_have_an_order() -> None:
    pair = (replace(ERROR, line=None), ERROR)
    assert Built(ROUND, {}, Plan(()), pair[::-1], ()).findings == pair


def test_broken_input_comes_before_what_follows_from_it() -> None:
    torn, follows = finding("PERF-002", "a/log", found="cut short"), finding("COMP-002", "a/log")
    assert RULES["PERF-002"].input_fault > RULES["COMP-002"].input_fault
    assert Built(ROUND, {}, Plan(()), (follows, torn), ()).findings == (torn, follows)


def test_a_run_that_fails_is_no_shortcoming_but_one_with_broken_input_is() -> None:
    broken = finding("PERF-002", "a/log", found="cut short")
    runs = [verdict(findings=(ERROR,)), verdict(scenario=Scenario.SERVER, findings=(broken, ERROR))]
    built = Built(ROUND, {run.key.id: run for run in runs}, Plan(()), (WARNING,), ())
    assert built.shortcomings == ["1 run left out for broken input"]
    assert replace(built, verdicts={}, tree=(ERROR, WARNING)).shortcomings == ["1 error in the whole"]
    assert replace(built, verdicts={}).shortcomings == []
