"""ACC rules: the accuracy run. Sources are AccuracyCheck's methods unless said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import ACCURACY_DETAIL_LOG, ACCURACY_LOG, ACCURACY_REPORT, ENDPOINTS_ACCURACY
from rules.evidence import Evidence
from rules.parsers.accuracy import AccuracyReport, accuracy_hash, parse_accuracy_report
from rules.rounds.model import Round


def accuracy_report(evidence: Evidence) -> AccuracyReport | None:
    if evidence.accuracy_report is None:
        return None
    return parse_accuracy_report(evidence.accuracy_report, evidence.benchmark.accuracy)


def _accuracy_log(evidence: Evidence) -> str:
    return evidence.path(ENDPOINTS_ACCURACY if evidence.is_endpoints else ACCURACY_DETAIL_LOG)


@rule(
    "ACC-001",
    "no accuracy run: {expected} is missing",
    fix="Run the benchmark in accuracy mode and its accuracy script, and copy the outputs into accuracy/.",
    source="AccuracyCheck, Loader",
)
def accuracy_artefact_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    unreadable = {what.artefact for what in evidence.unreadable}
    if evidence.is_endpoints:
        wanted = [ENDPOINTS_ACCURACY] if evidence.has("config.yaml") or evidence.has("config.yml") else []
    else:
        wanted = [ACCURACY_DETAIL_LOG, ACCURACY_REPORT, ACCURACY_LOG]
    for artefact in wanted:
        if not evidence.has(artefact) and artefact not in unreadable:
            yield Violation(evidence.folder, expected=artefact)


@rule(
    "ACC-002",
    "the accuracy report has no {expected}",
    fix="Run the benchmark's accuracy script again; its output line belongs in accuracy.txt.",
    source="AccuracyCheck.accuracy_result_check",
)
def metric_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    report = accuracy_report(evidence)
    if report is None or not evidence.is_closed:
        return
    for metric in evidence.benchmark.accuracy:
        if metric.target(evidence.scenario) is not None and metric.name not in report.metrics:
            yield Violation(evidence.path(ACCURACY_REPORT), expected=metric.name)


@rule(
    "ACC-003",
    "accuracy too low: {found}, must be at least {expected}",
    fix="Mend the model's quality and run again, or submit the result to the open division.",
    source="AccuracyCheck.accuracy_result_check",
)
def below_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    report = accuracy_report(evidence)
    if report is None or not evidence.is_closed:
        return
    for metric in evidence.benchmark.accuracy:
        target = metric.target(evidence.scenario)
        line, value = report.metrics.get(metric.name, (None, None))
        if target is not None and value is not None and (_float(value) is None or (_float(value) or 0.0) < target):
            yield Violation(evidence.path(ACCURACY_REPORT), line, f"{metric.name} {value}", target)


@rule(
    "ACC-004",
    "above the upper limit: {found}, must be at most {expected}",
    fix="The output is longer (or the score higher) than the reference allows; mend generation and run again.",
    source="AccuracyCheck.accuracy_result_check",
)
def above_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    report = accuracy_report(evidence)
    if report is None or not evidence.is_closed:
        return
    for metric in evidence.benchmark.accuracy:
        line, value = report.metrics.get(metric.name, (None, None))
        number = _float(value)
        if metric.upper_limit is not None and number is not None and number > metric.upper_limit:
            yield Violation(evidence.path(ACCURACY_REPORT), line, f"{metric.name} {value}", metric.upper_limit)


@rule(
    "ACC-005",
    "the accuracy report has no hash of the accuracy log",
    fix="Build the tree with mlperf-dodo, which hashes the original log; or add the line hash=<sha256>.",
    source="AccuracyCheck.accuracy_result_check",
)
def hash_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    text = evidence.accuracy_report
    if evidence.is_staged and evidence.is_closed and text is not None and accuracy_hash(text) is None:
        yield Violation(evidence.path(ACCURACY_REPORT))


@rule(
    "ACC-006",
    "accuracy log has {found} bytes, must be shortened to {expected} at most",
    fix="Build the tree with mlperf-dodo, which shortens it and keeps its hash.",
    source="AccuracyCheck.accuracy_json_check",
)
def log_not_shortened(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    size = evidence.sizes.get(ACCURACY_LOG, 0)
    if evidence.is_staged and not evidence.is_endpoints and size > round_.max_accuracy_log_bytes:
        yield Violation(evidence.path(ACCURACY_LOG), found=size, expected=round_.max_accuracy_log_bytes)


@rule(
    "ACC-007",
    "LoadGen logged an error in the accuracy run: {found}",
    fix="Mend the cause and run the accuracy run again.",
    source="AccuracyCheck.loadgen_errors_check",
)
def loadgen_errors(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for error in evidence.accuracy.errors if evidence.accuracy else ():
        yield Violation(_accuracy_log(evidence), error.line, found=error.text)


@rule(
    "ACC-008",
    "the accuracy run covers {found} samples, the data set has {expected}",
    fix="Run the accuracy run over the whole data set.",
    source="AccuracyCheck.dataset_check",
)
def dataset_not_covered(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.accuracy
    if log is None:
        return
    expected = evidence.benchmark.accuracy_samples(evidence.scenario)
    key = "effective_accuracy_sample_count"
    key = key if log.get(key) is not None else "qsl_reported_total_count"
    if log.number(key) != expected:
        yield Violation(_accuracy_log(evidence), log.line(key), found=log.number(key), expected=expected)


@rule(
    "ACC-009",
    "{expected} is missing from the accuracy run",
    fix="Copy the files that the round asks for from the accuracy run's output.",
    source="AccuracyCheck.extra_files_check",
)
def extra_file_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for folder, names in evidence.benchmark.accuracy_files.items():
        prefix = f"accuracy/{folder}/"
        present = {path[len(prefix) :].split(".")[0] for path in evidence.paths if path.startswith(prefix)}
        missing = [name for name in names if name not in present]
        if missing:
            yield Violation(evidence.folder, expected=f"{prefix}{{{','.join(missing)}}}")


@rule(
    "ACC-010",
    "no accuracy score in it",
    fix="Run the endpoints harness's accuracy phase to its end.",
    source="AccuracyCheck.accuracy_result_check",
)
def endpoints_score_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.accuracy
    if evidence.is_endpoints and log is not None and log.get("accuracy_score") is None:
        yield Violation(_accuracy_log(evidence))


@rule(
    "ACC-011",
    "accuracy too low: {found}, must be at least {expected}",
    fix="Mend the model's quality and run again, or submit the result to the open division.",
    source="AccuracyCheck.accuracy_result_check (qwen3-vl-235b-a22b alone)",
)
def endpoints_below_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if _official_endpoints_target(evidence):
        yield from _endpoints_violations(evidence)


@rule(
    "ACC-012",
    "accuracy too low: {found}, the published target is {expected}; the official checker lets it through",
    fix="Expect questions in review; mend the model's quality and run again, or submit to the open division.",
    source="inference rules, accuracy targets; accuracy_result_check skips endpoints runs",
    severity=WARNING,
    official=False,
)
def endpoints_below_published_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if not _official_endpoints_target(evidence):
        yield from _endpoints_violations(evidence)


def _official_endpoints_target(evidence: Evidence) -> bool:
    return evidence.benchmark.name == "qwen3-vl-235b-a22b"


def _endpoints_violations(evidence: Evidence) -> Iterator[Violation]:
    log = evidence.accuracy
    if not evidence.is_endpoints or not evidence.is_closed or log is None:
        return
    score = log.get("accuracy_score")
    for metric in evidence.benchmark.accuracy:
        target, number = metric.target(evidence.scenario), _score_of(score, metric.name)
        if target is not None and number is not None and number < target:
            yield Violation(_accuracy_log(evidence), found=f"{metric.name} {number}", expected=target)


def _score_of(score: Any, metric: str) -> float | None:
    """A metric's value in the harness's score: a number, or an object of several."""
    if isinstance(score, Mapping):
        by_name = {str(name).lower(): value for name, value in score.items()}
        candidates = (metric.lower(), metric.split("_")[-1].lower(), "f1", "score", "accuracy")
        score = next((by_name[name] for name in candidates if name in by_name), None)
    return _float(score)


def _float(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except ValueError:
        return None


def accuracy_values(evidence: Evidence) -> dict[str, str]:
    """The accuracy as reported: metric -> value as written, in the order of the round's table."""
    if evidence.is_endpoints:
        score = evidence.accuracy.get("accuracy_score") if evidence.accuracy else None
        if isinstance(score, Mapping):
            return {str(name): str(value) for name, value in score.items()}
        return {} if score is None else {"score": str(score)}
    report = accuracy_report(evidence)
    return {name: value for name, (_, value) in report.metrics.items()} if report else {}
