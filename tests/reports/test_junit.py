"""junit.xml, read by junitparser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from any_text import ANY_TEXT
from hypothesis import given
from junitparser import JUnitXml, TestCase, TestSuite
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.domain import Division, RunKey, Scenario
from rules.finding import Finding
from rules.plan import Action, Placement, Plan
from rules.reports.built import Built
from rules.reports.junit import junit
from rules.todo import Todo
from rules.verdict import Verdict

ERROR = finding("PERF-016", "log", line=7, found="INVALID")
OTHER = finding("ACC-001", "accuracy.txt")
WARNING = finding("SYS-012", "system_meta.json", found="notes")
OFFLINE = verdict().key
SUITE = "closed/example-edge"


def built(*runs: Verdict, placements: tuple[Placement, ...] = (), **more: Any) -> Built:
    said: dict[str, Any] = {"tree": (), "todo": ()} | more
    plan = Plan(placements, todo=said["todo"])
    return Built(ROUND, {run.key.id: run for run in runs}, plan, tuple(said["tree"]), ())


def placed(source: RunKey, action: Action, target: RunKey | None, reason: str = "a reason") -> Placement:
    return Placement(source, action, reason, target)


def suites_of(report: Built) -> dict[str, TestSuite]:
    return {suite.name: suite for suite in JUnitXml.fromstring(junit(report))}


def cases_of(report: Built, suite: str = SUITE) -> dict[str, TestCase]:
    return {case.name: case for case in suites_of(report)[suite]}


def outcome_of(case: TestCase) -> list[tuple[str, str]]:
    """Kind and message of what the case came to; nothing where it passes."""
    return [(type(result).__name__, result.message) for result in case.result]


def test_there_is_a_suite_for_each_system_of_a_division_and_a_case_for_each_run() -> None:
    runs = (verdict(), verdict(scenario=Scenario.SERVER), verdict(division=Division.OPEN, system="other"))
    suites = suites_of(built(*runs))
    assert {name: [case.name for case in suite] for name, suite in suites.items()} == {
        SUITE: ["resnet50/Offline", "resnet50/Server"],
        "open/other": ["resnet50/Offline"],
    }
    assert {case.classname for case in suites["open/other"]} == {"open.other"}


def test_a_run_that_passes_has_its_warnings_and_its_plan_written_out() -> None:
    report = built(verdict(findings=(WARNING,)), placements=(placed(OFFLINE, Action.KEEP, OFFLINE, "passes"),))
    case = cases_of(report)["resnet50/Offline"]
    assert case.is_passed
    assert case.system_out.startswith("plan: keep: passes\nwarning SYS-012: ")


def test_a_run_that_fails_says_what_and_how_to_mend_it() -> None:
    case = cases_of(built(verdict(findings=(ERROR, WARNING))))["resnet50/Offline"]
    assert outcome_of(case) == [("Failure", f"PERF-016: {ERROR.message}")]
    assert case.result[0].type == "PERF-016"
    assert case.result[0].text == f"error PERF-016: {ERROR.message}\n  log:7\n  fix: {ERROR.fix}"


def test_a_run_that_fails_in_several_ways_names_the_codes() -> None:
    case = cases_of(built(verdict(findings=(ERROR, OTHER, replace(OTHER, path="b")))))["resnet50/Offline"]
    assert outcome_of(case) == [("Failure", "PERF-016, ACC-001")]


def test_a_run_that_fails_is_a_failure_wherever_it_goes() -> None:
    for action, target in ((Action.DROP, None), (Action.MOVE_TO_OPEN, replace(OFFLINE, division=Division.OPEN))):
        report = built(verdict(findings=(ERROR,)), placements=(placed(OFFLINE, action, target),))
        case = cases_of(report)["resnet50/Offline"]
        assert [kind for kind, _ in outcome_of(case)] == ["Failure"]
        assert case.system_out == f"plan: {action.value}: a reason"


def test_a_run_that_passes_and_is_dropped_is_skipped() -> None:
    case = cases_of(built(verdict(), placements=(placed(OFFLINE, Action.DROP, None, "Server is missing"),)))
    assert outcome_of(case["resnet50/Offline"]) == [("Skipped", "Server is missing")]


def test_a_result_that_is_made_of_a_run_is_a_case_of_its_own() -> None:
    server = replace(OFFLINE, scenario=Scenario.SERVER)
    rows = (placed(OFFLINE, Action.KEEP, OFFLINE), placed(OFFLINE, Action.INFER, server, "inferred"))
    case = cases_of(built(verdict(), placements=rows))["resnet50/Server"]
    assert case.is_passed
    assert case.system_out == f"plan: infer of {OFFLINE.id}: inferred"


def test_what_is_still_to_be_run_is_skipped() -> None:
    todo = Todo("closed", "example-edge", "resnet50", "Server", ("performance", "accuracy"), {})
    case = cases_of(built(verdict(), todo=(todo,)))["resnet50/Server"]
    assert outcome_of(case) == [("Skipped", "still to run: performance, accuracy")]


def test_what_is_to_be_run_again_fails_and_is_told_once() -> None:
    todo = Todo("closed", "example-edge", "resnet50", "Offline", ("performance",), {})
    cases = cases_of(built(verdict(findings=(ERROR,)), todo=(todo,)))
    assert [kind for case in cases.values() for kind, _ in outcome_of(case)] == ["Failure"]


def test_findings_of_the_whole_are_cases_of_the_last_suite() -> None:
    stray = finding("TREE-002", "notes.txt", expected="submission's root")
    report = built(verdict(), tree=(WARNING, stray, replace(stray, path="more.txt")))
    assert list(suites_of(report)) == [SUITE, "submission"]
    failing, passing = cases_of(report, "submission").values()
    assert (failing.name.split(":")[0], passing.name.split(":")[0]) == ("TREE-002", "SYS-012")
    assert "notes.txt" in failing.result[0].text
    assert "more.txt" in failing.result[0].text
    assert passing.is_passed


def test_counts_are_those_of_the_cases() -> None:
    todo = Todo("closed", "example-edge", "resnet50", "Server", (), {})
    report = built(verdict(findings=(ERROR, OTHER)), verdict(system="b"), todo=(todo,), tree=(WARNING,))
    said = JUnitXml.fromstring(junit(report))
    counts = (said.tests, said.failures, said.skipped, said.errors)
    said.update_statistics()  # type: ignore[no-untyped-call]
    assert counts == (said.tests, said.failures, said.skipped, said.errors) == (4, 1, 1, 0)


def test_thousands_of_findings_are_cut_short() -> None:
    many = tuple(replace(ERROR, path=f"log{number}") for number in range(5000))
    text = cases_of(built(verdict(findings=many)))["resnet50/Offline"].result[0].text
    assert text.endswith("\nand 4800 more findings")


@given(ANY_TEXT)
def test_any_name_and_message_can_be_read(text: str) -> None:
    hostile = Finding(ERROR.code, ERROR.severity, text, text, text)
    run = verdict(system=text, model=text, findings=(hostile,))
    report = built(run, placements=(placed(run.key, Action.DROP, None, text),))
    assert len(JUnitXml.fromstring(junit(report))) == 1
