"""What the terminal shows: to the letter, within 80 columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support import ROUND, verdict

from rules.checks.catalogue import RULES, finding
from rules.domain import Division, Run, RunKey, Scenario
from rules.finding import Finding, Severity
from rules.plan import Action, Placement
from rules.reports.text import (
    counted,
    format_findings,
    format_line,
    format_names,
    format_passing,
    format_plan,
    format_results,
    format_todo,
    format_verification,
)
from rules.todo import Todo
from rules.tree import TreeResult
from rules.verdict import Verdict
from rules.verification import Judged, Profile, Verification

KEY = RunKey(Division.CLOSED, "ExampleLab", "example-edge", "resnet50", Scenario.OFFLINE)
INVALID = finding("PERF-016", "a/log", line=7, found="INVALID")
FAILED = finding("PERF-021", "b/summary.json", found=3)
STRAY = finding("TREE-002", "notes.txt", expected="submission's root")


class TestFindings:
    def test_say_what_where_and_how_to_mend_it(self) -> None:
        assert format_findings([INVALID]) == (
            "error PERF-016: LoadGen says the result is INVALID\n"
            "    a/log:7\n"
            "    fix: See mlperf_log_summary.txt for the constraint that failed; mend it and\n"
            "         run again.\n"
        )

    def test_are_grouped_by_cause_and_counted(self) -> None:
        places = [replace(INVALID, path=f"{name}/log") for name in "dbcae"]
        assert format_findings(places).splitlines()[:5] == [
            "error PERF-016: LoadGen says the result is INVALID",
            "    a/log:7",
            "    b/log:7",
            "    c/log:7",
            "    and 2 more places",
        ]

    def test_of_three_places_are_all_shown(self) -> None:
        places = [replace(INVALID, path=f"{name}/log") for name in "abc"]
        assert "more places" not in format_findings(places)

    def test_are_said_once(self) -> None:
        assert format_findings([INVALID, INVALID]) == format_findings([INVALID])

    def test_come_errors_first_then_by_code(self) -> None:
        text = format_findings([FAILED, STRAY, INVALID])
        assert [line for line in text.splitlines() if not line.startswith(" ") and line] == [
            "error PERF-016: LoadGen says the result is INVALID",
            "error TREE-002: stray file; a submission's root folder holds only folders",
            "warning PERF-021: 3 samples failed",
        ]

    def test_of_other_values_are_other_causes(self) -> None:
        other = finding("PERF-016", "b/log", line=7, found="UNKNOWN")
        assert format_findings([INVALID, other]).count("error PERF-016") == 2

    def test_in_one_file_come_by_line(self) -> None:
        places = [replace(INVALID, line=line) for line in (10, 9, None)]
        assert format_findings(places).splitlines()[1:4] == ["    a/log", "    a/log:9", "    a/log:10"]

    @pytest.mark.parametrize("code", RULES)
    def test_fit_the_terminal(self, code: str) -> None:
        found = finding(code, "x" * 100, found="some value", expected="another value")
        long = [line for line in format_findings([found]).splitlines() if len(line) > 80]
        assert long == [f"    {'x' * 100}"]

    def test_break_no_word(self) -> None:
        found = finding("PERF-016", "log", found="x" * 100)
        assert "x" * 100 in format_findings([found])

    def test_of_none_is_nothing(self) -> None:
        assert format_findings([]) == ""

    def test_of_one_rule_are_cut_short_where_a_file_has_them_all(self) -> None:
        found = [finding("PERF-016", f"{number}/log", found=number) for number in range(1300)]
        assert format_findings(found).count("error PERF-016") == 1300
        assert [line for line in format_findings(found, "all.html").splitlines() if line.startswith("error")] == [
            "error PERF-016: LoadGen says the result is 0",
            "error PERF-016: LoadGen says the result is 1",
            "error PERF-016: LoadGen says the result is 10",
            "error PERF-016: 1297 more; see all.html",
        ]

    def test_of_many_rules_are_cut_short_where_a_file_has_them_all(self) -> None:
        found = [finding(code, "log", found="some", expected="other") for code in RULES]
        text = format_findings(found, "all.html")
        shown = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert len(shown) == 21
        assert shown[-1] == f"and {len(RULES) - 20} more; see all.html"


class TestPlan:
    def test_says_where_each_run_goes_and_why(self) -> None:
        target = replace(KEY, division=Division.OPEN)
        rows = [
            Placement(KEY, Action.KEEP, "passes", KEY),
            Placement(KEY, Action.KEEP, "fails; kept because drop_failed is off", KEY, decided_by=(INVALID,)),
            Placement(
                KEY, Action.MOVE_TO_OPEN, "fails in closed, valid in open", target, decided_by=(INVALID, INVALID, STRAY)
            ),
            Placement(KEY, Action.DROP, "fails in closed", decided_by=(INVALID,)),
        ]
        assert format_plan(rows) == (
            "keep          closed/example-edge/resnet50/Offline\n"
            "keep          closed/example-edge/resnet50/Offline\n"
            "              fails; kept because drop_failed is off (PERF-016)\n"
            "move to open  closed/example-edge/resnet50/Offline\n"
            "           -> open/example-edge/resnet50/Offline\n"
            "              fails in closed, valid in open (PERF-016, TREE-002)\n"
            "drop          closed/example-edge/resnet50/Offline\n"
            "              fails in closed (PERF-016)\n"
        )

    def test_is_cut_short_where_a_file_has_it_all(self) -> None:
        rows = [Placement(KEY, Action.KEEP, "passes", KEY)] * 1300
        assert format_plan(rows).count("keep") == 1300
        lines = format_plan(rows, "build/plan.json").splitlines()
        assert lines[20:] == ["  and 1,280 more; see build/plan.json"]
        assert format_plan(rows[:20], "build/plan.json") == format_plan(rows[:20])


class TestTodo:
    def test_is_cut_short_where_a_file_has_it_all(self) -> None:
        todo = [Todo("closed", "s", "resnet50", "Offline", ("performance",), {"min_query_count": 1})] * 22
        lines = format_todo(todo, "build/plan.json").splitlines()
        assert lines[:3] == ["  closed/s/resnet50/Offline", "      performance", "      min_query_count 1"]
        assert lines[60:] == ["  and 2 more; see build/plan.json"]


class TestResults:
    def test_have_a_line_each(self) -> None:
        longer = replace(KEY, scenario=Scenario.SINGLE_STREAM)
        rows = [
            Placement(KEY, Action.KEEP, "passes", KEY, 1234567.891, "Samples/s"),
            Placement(longer, Action.KEEP, "passes", longer, 0.25),
            Placement(longer, Action.KEEP, "passes", longer, None, "Samples/s"),
            Placement(KEY, Action.DROP, "fails"),
        ]
        assert format_results(rows) == (
            "  closed/example-edge/resnet50/Offline       1.23457e+06 Samples/s\n"
            "  closed/example-edge/resnet50/SingleStream  0.25\n"
            "  closed/example-edge/resnet50/SingleStream  -\n"
        )

    def test_of_none_are_nothing(self) -> None:
        assert format_results([]) == ""

    def test_are_cut_short_where_a_file_has_them_all(self) -> None:
        rows = [Placement(KEY, Action.KEEP, "passes", KEY, 0.25)] * 30
        assert format_results(rows, "summary.csv").splitlines()[20:] == ["  and 10 more; see summary.csv"]

    def test_have_a_line_more_where_the_place_is_long(self) -> None:
        long = replace(KEY, system="x" * 60)
        rows = [Placement(key, Action.KEEP, "passes", key, 0.25, "Latency (ms)") for key in (long, KEY)]
        assert format_results(rows) == (
            f"  closed/{'x' * 60}/resnet50/Offline\n{' ' * 63}0.25 Latency (ms)\n"
            f"  {KEY.id}{' ' * 25}0.25 Latency (ms)\n"
        )


def test_passing_results_are_counted_by_division() -> None:
    verdicts = [("open", True), ("closed", True), ("closed", False)]
    assert format_passing(verdicts) == "closed: 1 of 2 results; open: 1 of 1 result pass"
    assert format_passing([]) == ""


@pytest.mark.parametrize(
    ("names", "said"), [("", ""), ("ab", "a, b"), ("abc", "a, b, c"), ("abcde", "a, b, c and 2 more")]
)
def test_of_many_names_the_first_are_said(names: str, said: str) -> None:
    assert format_names(tuple(names)) == said


def test_a_long_sentence_is_wrapped() -> None:
    assert format_line(f"Ready: {'x' * 50} (2 runs moved to open, 1 run dropped)") == (
        f"Ready: {'x' * 50} (2 runs moved to open,\n  1 run dropped)\n"
    )


def judged(*findings: Finding, division: Division = Division.CLOSED, is_judged: bool = True) -> Judged:
    of: Verdict = verdict(division=division, findings=findings)
    folder = Path("tree")
    place = TreeResult(division, "ExampleLab", "example-edge", "resnet50", "offline", folder, Run(of.key, folder, {}))
    return Judged(place, "resnet", {}, findings, of if is_judged else None)


def verification(*results: Judged, tree: tuple[Finding, ...] = (), profile: Profile = Profile.STRICT) -> str:
    return format_verification(Verification(ROUND, profile, results, tree))


class TestVerification:
    def test_that_passes_is_one_line(self) -> None:
        results = (judged(), judged(), judged(division=Division.OPEN))
        assert verification(*results) == (
            "Passes v6.1, profile strict (closed: 2 of 2 results; open: 1 of 1 result pass).\n"
        )

    def test_that_passes_shows_its_warnings(self) -> None:
        text = verification(judged(FAILED), profile=Profile.OFFICIAL)
        assert text.startswith("warning PERF-021: 3 samples failed\n")
        assert text.endswith("\nPasses v6.1, profile official (closed: 1 of 1 result pass).\n")
        assert "Failing" not in text

    def test_that_fails_lists_what_fails_and_why(self) -> None:
        text = verification(judged(), judged(INVALID, FAILED, STRAY), judged(is_judged=False), tree=(STRAY, FAILED))
        assert text.endswith(
            "\nFailing, 2 results:\n"
            "  closed/ExampleLab/example-edge/resnet50/offline\n"
            "    PERF-016, TREE-002\n"
            "  closed/ExampleLab/example-edge/resnet50/offline\n"
            "\n"
            "Fails v6.1, profile strict (closed: 1 of 3 results pass), 1 error in the whole.\n"
        )
        assert text.count("error TREE-002") == 1

    def test_of_nothing_says_so_little(self) -> None:
        assert verification() == "Passes v6.1, profile strict.\n"

    def test_counts_errors_of_the_whole(self) -> None:
        other = replace(STRAY, path="other.txt")
        assert verification(tree=(STRAY, other)).endswith("Fails v6.1, profile strict, 2 errors in the whole.\n")


@pytest.mark.parametrize(("number", "text"), [(0, "0 results"), (1, "1 result"), (2, "2 results")])
def test_nouns_are_counted(number: int, text: str) -> None:
    assert counted(number, "result") == text


def test_severities_are_words() -> None:
    assert [str(severity) for severity in Severity] == ["error", "warning"]
