"""COMP rules: the compliance runs of closed and network results. Sources: ComplianceCheck's methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from rules.checks import performance
from rules.checks.accuracy import targeted
from rules.checks.catalogue import Violation, rule
from rules.domain import ENDPOINTS_PERFORMANCE, Artefact
from rules.evidence import PERFORMANCE_TESTS, Evidence
from rules.parsers.accuracy import Score, parse_accuracy_report
from rules.parsers.loadgen import DetailLog
from rules.rounds.model import AccuracyMetric, Round

#: What each test leaves that a submission must hold; the first is the verdict on its answers.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "TEST01": ("verify_accuracy.txt", "verify_performance.txt", "performance/run_1/mlperf_log_detail.txt"),
    "TEST04": ("verify_performance.txt", "performance/run_1/mlperf_log_detail.txt"),
    "TEST06": ("verify_accuracy.txt",),
    "TEST07": ("verify_accuracy.txt",),
    "TEST08": ("verify_accuracy.txt",),
    "TEST09": ("verify_output_len.txt",),
}
_RUN_FILES = frozenset(("mlperf_log_summary.txt", "mlperf_log_detail.txt"))
#: What TEST01 leaves beside where answers may differ from run to run.
_FALL_BACK_FILES = frozenset(
    ("accuracy.txt", "baseline_accuracy.txt", "compliance_accuracy.txt", "mlperf_log_accuracy.json")
)
#: Files that the official checker passes over in any list of files.
_OPTIONAL = frozenset(("mlperf_log_trace.json", "results.json", ".gitkeep"))
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
_PASS = "TEST PASS"
_FAIL = "TEST FAIL"


def _tests(evidence: Evidence) -> tuple[str, ...]:
    """The LoadGen compliance tests that this result must pass."""
    return evidence.benchmark.compliance_tests if evidence.is_closed and not evidence.is_endpoints else ()


def _performance_tests(evidence: Evidence) -> tuple[str, ...]:
    return tuple(test for test in PERFORMANCE_TESTS if test in _tests(evidence))


@rule(
    "COMP-001",
    "compliance test incomplete",
    "compliance test {found} lacks {expected}",
    fix="Run the compliance test with its audit.config and its run_verification script, and copy what it leaves.",
    source="ComplianceCheck.dir_exists_check",
)
def artefact_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Closed results show by compliance tests that speed wasn't bought with answers that nobody asked for."""
    for test in _tests(evidence):
        missing = [name for name in _REQUIRED.get(test, ()) if not evidence.has(f"{test}/{name}")]
        if missing:
            yield Violation(evidence.folder, found=test, expected=", ".join(missing))


@rule(
    "COMP-002",
    "compliance run breaks a rule of performance runs",
    "compliance run of {found}: {expected}",
    fix="Run the compliance test under the same settings as the performance run.",
    source="ComplianceCheck.performance_check",
)
def run_breaks_performance_rules(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A compliance run is compared with the performance run, so it is held to the same rules."""
    for test in _performance_tests(evidence):
        log = evidence.compliance_logs.get(test)
        if log is not None:
            yield from _performance_violations(evidence, test, log, round_)


_Family = Callable[[Evidence, DetailLog, str, Round], Iterator[Violation]]
_FAMILIES: tuple[tuple[str, _Family], ...] = (
    ("performance sample count", performance.sample_count_violations),
    ("seeds", performance.seed_violations),
    ("early stopping", performance.early_stopping_violations),
    ("latency", performance.latency_violations),
    ("minimum query count", performance.query_count_violations),
    ("samples per query", performance.samples_per_query_violations),
    ("minimum duration", performance.duration_violations),
    ("recording of token latencies", performance.token_recording_violations),
    ("token latency", performance.token_latency_violations),
    ("scenario", performance.scenario_violations),
    ("result", performance.metric_violations),
    ("SUT name", performance.network_name_violations),
)


def _performance_violations(evidence: Evidence, test: str, log: DetailLog, round_: Round) -> Iterator[Violation]:
    run = replace(evidence, performance=log)
    path = evidence.path(performance.compliance_artefact(test))
    for name, violations in _FAMILIES:
        for each in violations(run, log, path, round_):
            found = "missing" if each.found is None else each.found
            asked = "" if each.expected is None else f", must be {each.expected}"
            yield Violation(path, each.line, found=test, expected=f"{name} is {found}{asked}")


@rule(
    "COMP-003",
    "compliance test failed on its answers",
    "{found} did not pass its comparison of answers ({expected})",
    fix="The compliance run's answers differ from the accuracy run's: mend the SUT, or for a benchmark that is not"
    " deterministic add baseline_accuracy.txt and compliance_accuracy.txt from the test's accuracy script.",
    source="ComplianceCheck.accuracy_check",
)
def accuracy_comparison_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The answers given at speed must be those of the accuracy run."""
    for test in _tests(evidence):
        compare = _COMPARISONS.get(test)
        problem = compare(evidence, test) if compare else None
        if problem:
            where = Artefact(f"{test}/{_REQUIRED[test][0]}")
            yield Violation(evidence.path(where), found=test, expected=problem)


def _test01_problem(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/verify_accuracy.txt")
    if text is None or _PASS in _stripped_lines(text):
        return None
    present = evidence.names_in(f"{test}/accuracy") - _OPTIONAL
    if present != _FALL_BACK_FILES:
        missing, extra = sorted(_FALL_BACK_FILES - present), sorted(present - _FALL_BACK_FILES)
        said = [f"{what} {', '.join(names)}" for what, names in (("lacks", missing), ("also holds", extra)) if names]
        return f"answers differ, and {test}/accuracy {' and '.join(said)}"
    reports = [evidence.text(f"{test}/accuracy/{name}_accuracy.txt") for name in ("baseline", "compliance")]
    baseline, compliance = (parse_accuracy_report(report or "", targeted(evidence)).scores for report in reports)
    problems = (_difference(metric, baseline, compliance) for metric in targeted(evidence))
    return next((problem for problem in problems if problem), None)


def _difference(metric: AccuracyMetric, baseline: tuple[Score, ...], compliance: tuple[Score, ...]) -> str | None:
    """How far the two accuracies are apart, where that is too far or can't be said."""
    first, second = (_last(scores, metric) for scores in (baseline, compliance))
    if not first or not second:
        return f"{metric.name} is missing from the two accuracy reports"
    delta = abs(1 - first / second) * 100
    if not delta <= metric.compliance_delta_percent:
        return f"{metric.name} differs by {delta:.3f} %, at most {metric.compliance_delta_percent} % is allowed"
    return None


def _last(scores: tuple[Score, ...], metric: AccuracyMetric) -> float | None:
    """The last mention of a metric; None where any of its mentions is no number, as in the official checker."""
    numbers = [score.number for score in scores if score.metric is metric]
    return numbers[-1] if numbers and None not in numbers else None


def _test06_problem(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/verify_accuracy.txt")
    if text is None:
        return None
    lines = _stripped_lines(text)
    failed = [name for name, accepted in _TEST06_LINES.items() if not lines.intersection(accepted)]
    return f"failed: {', '.join(failed)}" if failed else None


def _pass_anywhere(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/{_REQUIRED[test][0]}")
    return None if text is None or _PASS in text else f"no line {_PASS}"


def _pass_line(evidence: Evidence, test: str) -> str | None:
    text = evidence.text(f"{test}/{_REQUIRED[test][0]}")
    return None if text is None or _PASS in _stripped_lines(text) else f"no line {_PASS}"


def _stripped_lines(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n")}


_COMPARISONS: dict[str, Callable[[Evidence, str], str | None]] = {
    "TEST01": _test01_problem,
    "TEST06": _test06_problem,
    "TEST07": _pass_anywhere,
    "TEST08": _pass_line,
    "TEST09": _pass_anywhere,
}


@rule(
    "COMP-004",
    "compliance test failed on its speed",
    "{found} did not pass its performance comparison",
    fix="The compliance run is faster or slower than the performance run by more than the test allows:"
    " run both again under the same conditions.",
    source="ComplianceCheck.compliance_performance_check",
)
def performance_comparison_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A system that is faster when nobody looks at its answers, or when one sample comes again and again,
    doesn't do the work."""
    for test in _performance_tests(evidence):
        name = Artefact(f"{test}/verify_performance.txt")
        text = evidence.text(name)
        if text is not None and not any(_PASS in line for line in text.split("\n")):
            yield Violation(evidence.path(name), found=test)


@rule(
    "COMP-005",
    "files of a compliance run",
    "{found}/performance/run_1 {expected}",
    fix="Copy both logs of the compliance run; remove what else lies there.",
    source="ComplianceCheck.compliance_performance_check",
)
def run_files_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A compliance run is submitted with both of its logs, and with nothing that LoadGen didn't write."""
    for test in _performance_tests(evidence):
        if not evidence.has(f"{test}/verify_performance.txt"):
            continue  # COMP-001 says so; the official checker looks no further
        present = evidence.names_in(f"{test}/performance/run_1") - _OPTIONAL - {"mlperf_log_accuracy.json"}
        # A missing detail log is named by COMP-001.
        missing = sorted(_RUN_FILES - present - {"mlperf_log_detail.txt"})
        extra = sorted(present - _RUN_FILES)
        said = [f"{what} {', '.join(names)}" for what, names in (("lacks", missing), ("also holds", extra)) if names]
        if said:
            yield Violation(evidence.folder, found=test, expected=" and ".join(said))


@rule(
    "COMP-006",
    "endpoints audit missing or failed",
    "the endpoints audit {expected} is missing or not passed ({found})",
    fix="Run the harness's audit for this test and copy audit/ into the run's folder.",
    source="ComplianceCheck.compliance_endpoints_check",
)
def audit_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The endpoints harness writes the verdicts of its compliance tests as audits."""
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
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return "not an audit's JSON"


@rule(
    "COMP-007",
    "endpoints output length out of range",
    "mean output is {found} tokens, TEST09 asks for {expected}",
    fix="The model's answers are shorter or longer than the reference's: mend generation and run again.",
    source="ComplianceCheck.compliance_endpoints_check",
)
def endpoints_output_length(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Shorter answers make a higher rate of samples, longer ones a higher rate of tokens."""
    log = evidence.performance
    if not evidence.is_endpoints or log is None or "TEST09" not in evidence.benchmark.compliance_tests:
        return
    low, high = round_.test09_output_tokens
    mean = log.number("mean_output_tokens")
    if mean is None or mean > high or mean < low:
        yield Violation(evidence.path(ENDPOINTS_PERFORMANCE), found=mean, expected=f"{low} to {high}")


@rule(
    "COMP-008",
    "verdict of a compliance test is ambiguous",
    "{found} says {expected} and passes for the official checker",
    fix="Run the test's verification again and copy its output as it is.",
    source="compliance tests of mlcommons/inference end in a line 'TEST PASS'; the official checker looks for the"
    " words anywhere",
    official=False,
)
def verdict_ambiguous(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Where a line says that the test failed, the words 'TEST PASS' elsewhere don't make it one that passed."""
    places = [(test, "verify_performance.txt") for test in _performance_tests(evidence)]
    places += [(test, _REQUIRED[test][0]) for test in _tests(evidence) if _COMPARISONS.get(test) is _pass_anywhere]
    for test, name in places:
        text = evidence.text(f"{test}/{name}")
        if text is not None and _PASS in text and not _says_pass(text):
            yield Violation(evidence.path(Artefact(f"{test}/{name}")), found=test, expected=f"both {_PASS} and {_FAIL}")


def _says_pass(text: str) -> bool:
    return _FAIL not in text
