"""COMP rules: the compliance runs of closed and network results. Sources: ComplianceCheck's methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from rules.checks import performance
from rules.checks.catalogue import Violation, rule
from rules.domain import ENDPOINTS_PERFORMANCE, Artefact
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.rounds.model import Round

#: What each test leaves that a submission must hold.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "TEST01": ("verify_accuracy.txt", "verify_performance.txt", "performance/run_1/mlperf_log_detail.txt"),
    "TEST04": ("verify_performance.txt", "performance/run_1/mlperf_log_detail.txt"),
    "TEST06": ("verify_accuracy.txt",),
    "TEST07": ("verify_accuracy.txt",),
    "TEST08": ("verify_accuracy.txt",),
    "TEST09": ("verify_output_len.txt",),
}
#: Tests whose runs obey the rules of performance runs.
_PERFORMANCE_TESTS = ("TEST01", "TEST04")
#: Names of the endpoints harness's audits.
_AUDITS = {
    "TEST01": "accuracy_in_performance_test",
    "TEST04": "output_caching_test",
    "TEST06": "consistency_output_test",
    "TEST07": "accuracy_in_performance_full_test",
    "TEST08": "accuracy_in_performance_dlrmv3_test",
}
_REQUIRED_AUDITS = ("TEST04",)
_TEST06_LINES = {
    "first token": ("First token check pass: True", "First token check pass: Skipped"),
    "EOS": ("EOS check pass: True",),
    "sample length": ("Sample length check pass: True",),
}


def _tests(evidence: Evidence) -> tuple[str, ...]:
    """The LoadGen compliance tests that this result must pass."""
    return evidence.benchmark.compliance_tests if evidence.is_closed and not evidence.is_endpoints else ()


@rule(
    "COMP-001",
    "compliance test {found} lacks {expected}",
    fix="Run the compliance test with its audit.config and its run_verification script, and copy what it leaves.",
    source="ComplianceCheck.dir_exists_check",
)
def artefact_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for test in _tests(evidence):
        missing = [name for name in _REQUIRED.get(test, ()) if not evidence.has(f"{test}/{name}")]
        if missing:
            yield Violation(evidence.folder, found=test, expected=", ".join(missing))


@rule(
    "COMP-002",
    "compliance run of {found}: {expected}",
    fix="Run the compliance test under the same settings as the performance run.",
    source="ComplianceCheck.performance_check",
)
def run_breaks_performance_rules(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    for test in _PERFORMANCE_TESTS:
        log = evidence.compliance_logs.get(test)
        if test in _tests(evidence) and log is not None:
            yield from _performance_violations(evidence, test, log, round_)


def _performance_violations(evidence: Evidence, test: str, log: DetailLog, round_: Round) -> Iterator[Violation]:
    run = replace(evidence, performance=log)
    path = evidence.path(performance.compliance_artefact(test))
    families: tuple[tuple[str, Callable[[], Iterator[Violation]]], ...] = (
        ("performance sample count", lambda: performance.sample_count_violations(run, log, path)),
        ("seed", lambda: performance.seed_violations(run, log, path, round_)),
        ("early stopping", lambda: performance.early_stopping_violations(run, log, path)),
        ("latency", lambda: performance.latency_violations(run, log, path)),
        ("minimum query count", lambda: performance.query_count_violations(run, log, path)),
        ("samples per query", lambda: performance.samples_per_query_violations(run, log, path)),
        ("minimum duration", lambda: performance.duration_violations(run, log, path, round_)),
        ("token latencies", lambda: performance.token_latencies_off(run, round_)),
        ("token latency", lambda: performance.token_latency_over_limit(run, round_)),
        ("scenario", lambda: performance.scenario_differs(run, round_)),
    )
    for name, violations in families:
        for each in violations():
            what = f"{name} is {each.found}, must be {each.expected}"
            yield Violation(path, each.line, found=test, expected=what)


@rule(
    "COMP-003",
    "{found} did not pass its accuracy comparison ({expected})",
    fix="The compliance run's answers differ from the accuracy run's: mend the SUT, or for a benchmark that is not"
    " deterministic add baseline_accuracy.txt and compliance_accuracy.txt from the test's accuracy script.",
    source="ComplianceCheck.accuracy_check",
)
def accuracy_comparison_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for test in _tests(evidence):
        problem = _ACCURACY_COMPARISONS[test](evidence, test) if test in _ACCURACY_COMPARISONS else None
        if problem:
            where = Artefact(f"{test}/{_REQUIRED[test][0]}")
            yield Violation(evidence.path(where), found=test, expected=problem)


def _test01_problem(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/verify_accuracy.txt")
    if text is None or "TEST PASS" in (line.strip() for line in text.splitlines()):
        return None
    reports = {}
    for name in ("baseline", "compliance"):
        report = evidence.text(f"{test}/accuracy/{name}_accuracy.txt")
        if report is None:
            return f"not deterministic, and {name}_accuracy.txt is missing"
        reports[name] = report
    for metric in evidence.benchmark.accuracy:
        if not metric.targets:
            continue
        values = [_last_number(metric.pattern.match(line) for line in text.split("\n")) for text in reports.values()]
        baseline, compliance = values
        if not baseline or not compliance:
            return f"{metric.name} is missing from the two accuracy reports"
        delta = abs(1 - baseline / compliance) * 100
        if delta > metric.compliance_delta_percent:
            return f"{metric.name} differs by {delta:.3f} %, at most {metric.compliance_delta_percent} % is allowed"
    return None


def _last_number(matches: Iterator[object]) -> float:
    found = 0.0
    for match in matches:
        if match is not None:
            found = float(match[1])  # type: ignore[index]
    return found


def _test06_problem(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/verify_accuracy.txt")
    if text is None:
        return None
    lines = {line.strip() for line in text.splitlines()}
    failed = [name for name, accepted in _TEST06_LINES.items() if not lines.intersection(accepted)]
    return f"failed: {', '.join(failed)}" if failed else None


def _pass_anywhere(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/{_REQUIRED[test][0]}")
    return None if text is None or "TEST PASS" in text else "no line TEST PASS"


def _pass_line(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/{_REQUIRED[test][0]}")
    passes = text is None or "TEST PASS" in (line.strip() for line in text.splitlines())
    return None if passes else "no line TEST PASS"


_ACCURACY_COMPARISONS: dict[str, Callable[[Evidence, str], str | None]] = {
    "TEST01": _test01_problem,
    "TEST06": _test06_problem,
    "TEST07": _pass_anywhere,
    "TEST08": _pass_line,
    "TEST09": _pass_anywhere,
}


@rule(
    "COMP-004",
    "{found} did not pass its performance comparison",
    fix="The compliance run is faster or slower than the performance run by more than the test allows:"
    " run both again under the same conditions.",
    source="ComplianceCheck.compliance_performance_check",
)
def performance_comparison_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for test in _PERFORMANCE_TESTS:
        name = Artefact(f"{test}/verify_performance.txt")
        text = evidence.text(name)
        if test in _tests(evidence) and text is not None and "TEST PASS" not in text:
            yield Violation(evidence.path(name), found=test)


@rule(
    "COMP-005",
    "{found}/performance/run_1 must hold {expected}",
    fix="Copy both logs of the compliance run; remove what else lies there.",
    source="ComplianceCheck.compliance_performance_check",
)
def logs_incomplete(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for test in _PERFORMANCE_TESTS:
        wanted = f"{test}/performance/run_1/mlperf_log_summary.txt"
        has_test = any(path.startswith(f"{test}/") for path in evidence.paths)
        if test in _tests(evidence) and has_test and not evidence.has(wanted):
            yield Violation(evidence.folder, found=test, expected="mlperf_log_summary.txt")


@rule(
    "COMP-006",
    "the endpoints audit {expected} is missing or not passed ({found})",
    fix="Run the harness's audit for this test and copy audit/ into the run's folder.",
    source="ComplianceCheck.compliance_endpoints_check",
)
def audit_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if not evidence.is_endpoints:
        return
    for test in evidence.benchmark.compliance_tests:
        if test not in _AUDITS:
            continue
        name = Artefact(f"audit/audit_{_AUDITS[test]}.json")
        if not evidence.has(name):
            if test in _REQUIRED_AUDITS and evidence.benchmark.allows_endpoints:
                yield Violation(evidence.folder, found="missing", expected=name)
        elif problem := _audit_problem(evidence.text(name), _AUDITS[test]):
            yield Violation(evidence.path(name), found=problem, expected=name)


def _audit_problem(text: str | None, test: str) -> str | None:
    try:
        audit = json.loads(text or "")
        if audit["test"] != test:
            return f"it is of {audit['test']}"
        return None if audit["passed"] else "not passed"
    except (ValueError, KeyError, TypeError):
        return "not an audit's JSON"


@rule(
    "COMP-007",
    "mean output is {found} tokens, TEST09 asks for {expected}",
    fix="The model's answers are shorter or longer than the reference's: mend generation and run again.",
    source="ComplianceCheck.compliance_endpoints_check",
)
def endpoints_output_length(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    log = evidence.performance
    if not evidence.is_endpoints or log is None or "TEST09" not in evidence.benchmark.compliance_tests:
        return
    low, high = round_.test09_output_tokens
    mean = log.number("mean_output_tokens")
    if mean is None or not low <= mean <= high:
        yield Violation(evidence.path(ENDPOINTS_PERFORMANCE), found=mean, expected=f"{low} to {high}")
