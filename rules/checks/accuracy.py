"""ACC rules: the accuracy run. Sources are AccuracyCheck's methods unless said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import (
    ACCURACY_DETAIL_LOG,
    ACCURACY_LOG,
    ACCURACY_REPORT,
    ENDPOINTS_ACCURACY,
    ENDPOINTS_CONFIG,
    ENDPOINTS_CONFIG_YML,
    Scenario,
)
from rules.evidence import Evidence
from rules.parsers.accuracy import AccuracyReport, Score
from rules.rounds.model import AccuracyMetric, Round
from rules.verdict import UNNAMED_SCORE

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: The one benchmark whose endpoints accuracy the official checker holds against its target.
_JUDGED_ENDPOINTS_BENCHMARK = "qwen3-vl-235b-a22b"


def targeted(evidence: Evidence) -> tuple[AccuracyMetric, ...]:
    """The metrics that must reach a target in the run's scenario."""
    return tuple(metric for metric in evidence.benchmark.accuracy if metric.target(evidence.scenario) is not None)


def counted_scores(evidence: Evidence) -> tuple[Score, ...]:
    """The lines of the report that count: the official checker stops at the first one at which every
    target has been reached and a hash been seen."""
    report = evidence.accuracy_report
    if report is None:
        return ()
    end = _last_line(report, targeted(evidence), evidence.scenario)
    return tuple(score for score in report.scores if end is None or score.line <= end)


def _last_line(report: AccuracyReport, metrics: tuple[AccuracyMetric, ...], scenario: Scenario) -> int | None:
    reached = [report.hashes[0][0]] if report.hashes else []
    for metric in metrics:
        target = metric.target(scenario)
        lines = (s.line for s in report.scores if s.metric is metric and _reaches(s, target))
        reached += [line for line in (next(lines, None),) if line is not None]
    return max(reached) if len(reached) == len(metrics) + 1 else None


def _reaches(score: Score, target: float | None) -> bool:
    return target is not None and score.number is not None and score.number >= target


def _accuracy_log(evidence: Evidence) -> str:
    return evidence.path(ENDPOINTS_ACCURACY if evidence.is_endpoints else ACCURACY_DETAIL_LOG)


@rule(
    "ACC-001",
    "no accuracy run",
    "no accuracy run: {expected} is missing",
    fix="Run the benchmark in accuracy mode and its accuracy script, and copy the outputs into accuracy/.",
    source="AccuracyCheck, Loader",
    input_fault=True,
)
def accuracy_artefact_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A result without proof of its accuracy could come from any model; open results show theirs too."""
    unreadable = {what.artefact for what in evidence.unreadable}
    if evidence.is_endpoints:
        has_config = evidence.has(ENDPOINTS_CONFIG) or evidence.has(ENDPOINTS_CONFIG_YML)
        wanted = [ENDPOINTS_ACCURACY] if has_config else []
    else:
        wanted = [ACCURACY_DETAIL_LOG, ACCURACY_REPORT, ACCURACY_LOG]
    for artefact in wanted:
        if not evidence.has(artefact) and artefact not in unreadable:
            yield Violation(evidence.folder, expected=artefact)


@rule(
    "ACC-002",
    "metric missing from the accuracy report",
    "the accuracy report has no {expected}",
    fix="Run the benchmark's accuracy script again; its output line belongs in accuracy.txt.",
    source="AccuracyCheck.accuracy_result_check",
)
def metric_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Each metric that the round bounds must be in the report, spelled as the reference's script spells it."""
    if evidence.accuracy_report is None or not evidence.is_closed or evidence.is_endpoints:
        return
    found = {score.metric.name for score in counted_scores(evidence)}
    for metric in targeted(evidence):
        if metric.name not in found:
            yield Violation(evidence.path(ACCURACY_REPORT), expected=metric.name)


@rule(
    "ACC-003",
    "accuracy below the target",
    "accuracy too low: {found}, must be at least {expected}",
    fix="Mend the model's quality and run again, or submit the result to the open division.",
    source="AccuracyCheck.accuracy_result_check",
)
def below_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Closed results answer as well as the reference model, but for the share that the round allows."""
    if not evidence.is_closed:
        return
    for score in counted_scores(evidence):
        target = score.metric.target(evidence.scenario)
        if target is not None and score.number is not None and score.number < target:
            found = f"{score.metric.name} {score.value}"
            yield Violation(evidence.path(ACCURACY_REPORT), score.line, found, target)


@rule(
    "ACC-004",
    "accuracy above the upper limit",
    "above the upper limit: {found}, must be at most {expected}",
    fix="The output is longer (or the score higher) than the reference allows; mend generation and run again.",
    source="AccuracyCheck.accuracy_result_check",
)
def above_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Answers that are longer than the reference's make a rate of tokens look better than it is."""
    if not evidence.is_closed:
        return
    for score in counted_scores(evidence):
        limit = score.metric.upper_limit
        if limit is not None and score.number is not None and score.number > limit:
            yield Violation(evidence.path(ACCURACY_REPORT), score.line, f"{score.metric.name} {score.value}", limit)


@rule(
    "ACC-005",
    "no hash of the accuracy log",
    "the accuracy report has no hash of the accuracy log",
    fix="Build the tree with mlperf-dodo, which hashes the original log; or add the line hash=<sha256>.",
    source="AccuracyCheck.accuracy_result_check",
)
def hash_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The log is shortened for the submission; its hash binds the original, which reviewers may ask for."""
    report = evidence.accuracy_report
    if evidence.is_staged and evidence.is_closed and report is not None and not report.hashes:
        yield Violation(evidence.path(ACCURACY_REPORT))


@rule(
    "ACC-006",
    "accuracy log is not shortened",
    "accuracy log has {found} bytes, must be shortened to {expected} at most",
    fix="Build the tree with mlperf-dodo, which shortens it and keeps its hash.",
    source="AccuracyCheck.accuracy_json_check",
)
def log_not_shortened(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Whole accuracy logs would make the repository of results unusable."""
    size = evidence.sizes.get(ACCURACY_LOG, 0)
    if evidence.is_staged and not evidence.is_endpoints and size > round_.max_accuracy_log_bytes:
        yield Violation(evidence.path(ACCURACY_LOG), found=size, expected=round_.max_accuracy_log_bytes)


@rule(
    "ACC-007",
    "errors in the accuracy run",
    "an error was logged in the accuracy run: {found}",
    fix="Mend the cause and run the accuracy run again.",
    source="AccuracyCheck.loadgen_errors_check",
)
def loadgen_errors(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """LoadGen logs an error where a run breaks its rules. Unlike in performance runs the official checker
    minds it here, in every division."""
    for error in evidence.accuracy.errors if evidence.accuracy else ():
        line = None if evidence.is_endpoints else error.line
        yield Violation(_accuracy_log(evidence), line, found=error.text)


@rule(
    "ACC-008",
    "accuracy run doesn't cover the data set",
    "the accuracy run covers {found} samples, the data set has {expected}",
    fix="Run the accuracy run over the whole data set.",
    source="AccuracyCheck.dataset_check",
)
def dataset_not_covered(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Accuracy over a part of the data set is that of the part chosen."""
    log = evidence.accuracy
    if log is None:
        return
    expected = evidence.benchmark.accuracy_samples(evidence.scenario)
    key = "effective_accuracy_sample_count"
    key = key if key in log.values else "qsl_reported_total_count"
    if log.get(key) != expected:
        yield Violation(_accuracy_log(evidence), log.line(key), found=log.get(key), expected=expected)
        return
    # Counts that differ by scenario the official checker finds by the folder's official spelling alone.
    counted = {str(scenario) for scenario in evidence.benchmark.accuracy_sample_counts if scenario is not None}
    if counted and evidence.scenario_folder not in counted:
        asked = f"{expected} in a folder named {' or '.join(sorted(counted))}"
        yield Violation(_accuracy_log(evidence), log.line(key), found=log.get(key), expected=asked)


@rule(
    "ACC-009",
    "files missing from the accuracy run",
    "{expected} is missing from the accuracy run",
    fix="Copy the files that the round asks for from the accuracy run's output.",
    source="AccuracyCheck.extra_files_check",
)
def extra_file_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Reviewers look at what a model drew or filmed for a few prompts that the round names."""
    for folder, names in evidence.benchmark.accuracy_files.items():
        present = {name.split(".")[0] for name in evidence.names_in(f"accuracy/{folder}")}
        missing = [name for name in names if name not in present]
        if missing:
            yield Violation(evidence.folder, expected=f"accuracy/{folder}/{{{','.join(missing)}}}")


@rule(
    "ACC-010",
    "no score in the accuracy results",
    "no accuracy score in it",
    fix="Run the endpoints harness's accuracy phase to its end.",
    source="AccuracyCheck.accuracy_result_check",
)
def endpoints_score_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The endpoints harness writes the score last."""
    log = evidence.accuracy
    if evidence.is_endpoints and log is not None and log.get("accuracy_score") is None:
        yield Violation(_accuracy_log(evidence))


@rule(
    "ACC-011",
    "endpoints accuracy below the target",
    "accuracy too low: {found}, must be at least {expected}",
    fix="Mend the model's quality and run again, or submit the result to the open division.",
    source="AccuracyCheck.accuracy_result_check (qwen3-vl-235b-a22b alone)",
)
def endpoints_below_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Of endpoints results the official checker holds one benchmark's accuracy against its target."""
    if not _is_judged(evidence):
        return
    metric = targeted(evidence)[0]
    number = _score_of(_endpoints_score(evidence), [each.name for each in targeted(evidence)])
    target = metric.target(evidence.scenario)
    if number is None or target is None or number < target:
        yield Violation(_accuracy_log(evidence), found=f"{metric.name} {number}", expected=target)


@rule(
    "ACC-012",
    "endpoints accuracy below the published target",
    "accuracy too low: {found}, the published target is {expected}; the official checker lets it through",
    fix="Expect questions in review; mend the model's quality and run again, or submit to the open division.",
    source="inference rules, accuracy targets; accuracy_result_check skips endpoints runs",
    severity=WARNING,
    official=False,
)
def endpoints_below_published_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The published targets know no harness; the official checker skips them for all but one benchmark."""
    score = _endpoints_score(evidence)
    if score is None or not evidence.is_closed or _is_judged(evidence):
        return
    # A score without a name is the benchmark's first metric.
    named = score if isinstance(score, Mapping) else {metric.name: score for metric in targeted(evidence)[:1]}
    numbers = {str(name).lower(): _float(value) for name, value in named.items()}
    for metric in targeted(evidence):
        target, number = metric.target(evidence.scenario), numbers.get(metric.name.lower())
        if target is not None and number is not None and number < target:
            yield Violation(_accuracy_log(evidence), found=f"{metric.name} {number}", expected=target)


def _endpoints_score(evidence: Evidence) -> Any:
    return evidence.accuracy.get("accuracy_score") if evidence.is_endpoints and evidence.accuracy else None


def _is_judged(evidence: Evidence) -> bool:
    judged = evidence.benchmark.name == _JUDGED_ENDPOINTS_BENCHMARK
    return judged and evidence.is_closed and _endpoints_score(evidence) is not None


def _score_of(score: Any, metrics: list[str]) -> float | None:
    """A metric's value in the harness's score: a number, or the first of an object's likely entries."""
    if not isinstance(score, Mapping):
        return _float(score)
    names = [name for metric in metrics for name in (metric, metric.lower(), metric.split("_")[-1].lower())]
    values = (_float(score.get(name)) for name in (*names, "f1", "score", "accuracy"))
    return next((value for value in values if value is not None), None)


def _float(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (str, int, float)) else None
    except (ValueError, OverflowError):
        return None


@rule(
    "ACC-013",
    "accuracy is not a number",
    "accuracy is not a number: {found}",
    fix="Run the benchmark's accuracy script again.",
    source="AccuracyCheck.accuracy_result_check (an exception there fails open results too)",
    input_fault=True,
)
def not_a_number(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A report that was edited, or written by another script."""
    for score in counted_scores(evidence):
        if score.number is None:
            yield Violation(evidence.path(ACCURACY_REPORT), score.line, f"{score.metric.name} {score.value}")


@rule(
    "ACC-014",
    "hash is no sha256",
    "the hash of the accuracy log is {found}, must be {expected}",
    fix="Build the tree with mlperf-dodo, which hashes the original log, or hash it with sha256sum.",
    source="submission rules: sha256 of the accuracy log; accuracy_result_check takes any word",
    official=False,
)
def hash_malformed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A hash that is no sha256 binds nothing, and of two nobody knows which one counts."""
    hashes = evidence.accuracy_report.hashes if evidence.accuracy_report else ()
    for line, value in hashes:
        if evidence.is_staged and not _SHA256.fullmatch(value.lower()):
            yield Violation(evidence.path(ACCURACY_REPORT), line, value, "64 hexadecimal digits")
    if evidence.is_staged and len({value for _, value in hashes}) > 1:
        yield Violation(evidence.path(ACCURACY_REPORT), hashes[-1][0], f"given {len(hashes)} times", "one hash line")


@rule(
    "ACC-015",
    "accuracy log is empty",
    "the accuracy log is empty",
    fix="Run the benchmark in accuracy mode to its end and copy its log again.",
    source="submission rules: accuracy logs; accuracy_json_check looks at the size's upper limit alone",
    official=False,
    input_fault=True,
)
def log_empty(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """An empty log shows no answer."""
    if evidence.sizes.get(ACCURACY_LOG) == 0 and not evidence.is_endpoints:
        yield Violation(evidence.path(ACCURACY_LOG))


@rule(
    "ACC-016",
    "a later line contradicts the accuracy",
    "the report also says {found}, must be at least {expected}",
    fix="Keep the output of one accuracy run in accuracy.txt.",
    source="inference rules, accuracy targets; accuracy_result_check stops reading at the hash line",
    official=False,
)
def later_line_below_target(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The official checker stops at the hash line; what stands behind it is in the submission all the same."""
    if evidence.accuracy_report is None or not evidence.is_closed:
        return
    for score in evidence.accuracy_report.scores[len(counted_scores(evidence)) :]:
        target = score.metric.target(evidence.scenario)
        if target is not None and (score.number is None or score.number < target):
            yield Violation(
                evidence.path(ACCURACY_REPORT), score.line, f"{score.metric.name} {score.value}", expected=target
            )


@rule(
    "ACC-017",
    "accuracy run in another mode",
    "the accuracy log is of a run in mode {found}, must be {expected}",
    fix="Run the benchmark in accuracy mode, and keep its logs apart from those of the performance run.",
    source="inference rules: performance and accuracy are separate runs; the official checker doesn't look",
    official=False,
    input_fault=True,
)
def wrong_mode(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A performance run's log in the accuracy folder is a copying mistake, and covers a part of the data set."""
    log, key = evidence.accuracy, "effective_test_mode"
    if log is None or evidence.is_endpoints:
        return
    mode = log.get(key)
    if mode not in (None, "AccuracyOnly"):
        yield Violation(_accuracy_log(evidence), log.line(key), found=mode, expected="AccuracyOnly")


@rule(
    "ACC-018",
    "captions are missing",
    "{expected} is missing from the accuracy run",
    fix="Copy captions.txt from the accuracy run's output.",
    source="submission rules, images of the accuracy run; extra_files_check names it but passes",
    severity=WARNING,
    official=False,
)
def captions_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Without its prompt nobody can judge an image."""
    if "images" in evidence.benchmark.accuracy_files:
        places = ("accuracy/images/captions.txt", "accuracy/captions.txt")
        if not any(evidence.has(place) for place in places):
            yield Violation(evidence.folder, expected=places[0])


def accuracy_values(evidence: Evidence) -> dict[str, str]:
    """The accuracy as reported: metric -> value as written, in the order of the report."""
    if evidence.is_endpoints:
        score = _endpoints_score(evidence)
        if isinstance(score, Mapping):
            return {str(name): _written(value) for name, value in score.items()}
        return {} if score is None else {UNNAMED_SCORE: _written(score)}
    wanted = targeted(evidence)
    return {score.metric.name: score.value for score in counted_scores(evidence) if score.metric in wanted}


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
