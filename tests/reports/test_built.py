"""What a build has come to, for its reports."""

from __future__ import annotations

from dataclasses import replace

from support import ROUND, verdict

from rules.checks.catalogue import finding
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
