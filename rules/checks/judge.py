"""A run's evidence -> its verdict. Pure: the same for a raw run and for a finished tree."""

from __future__ import annotations

from collections.abc import Iterator

# Importing the families fills the catalogue, in the order of the report.
from rules.checks import accuracy, compliance, description, performance, power
from rules.checks.catalogue import JUDGES, finding
from rules.domain import Division, Scenario
from rules.evidence import Evidence
from rules.finding import Finding
from rules.rounds.model import Round
from rules.verdict import Verdict

FAMILIES = (performance, accuracy, compliance, power, description)


def judge(evidence: Evidence, round_: Round, left_out: tuple[str, ...] = ()) -> Verdict:
    """Apply every rule. A closed run is judged for the open division too."""
    in_open = tuple(_findings(evidence.in_division(Division.OPEN), round_)) if evidence.is_closed else ()
    metric = performance.performance_metric(evidence, round_)
    return Verdict(
        key=evidence.key,
        folder=evidence.folder,
        benchmark=evidence.benchmark.name,
        category=evidence.system.category,
        metric=metric,
        units=round_.units_of(evidence.benchmark, evidence.scenario),
        accuracy=accuracy.accuracy_values(evidence),
        power=power.measure_power(evidence, round_),
        inferred=_is_inferred(evidence),
        inferable=_inferable(evidence, round_),
        findings=tuple(_findings(evidence, round_)),
        findings_in_open=in_open,
        left_out=left_out,
        weight_data_types=str((evidence.measurements or {}).get("weight_data_types", "")),
    )


def _findings(evidence: Evidence, round_: Round) -> Iterator[Finding]:
    for code, violations in JUDGES.items():
        for each in violations(evidence, round_):
            yield finding(code, each.path, line=each.line, found=each.found, expected=each.expected)


def _is_inferred(evidence: Evidence) -> bool:
    logged, placed = evidence.logged_scenario, evidence.scenario
    return logged not in (None, placed) and (logged, placed) != (Scenario.SERVER, Scenario.INTERACTIVE)


def _inferable(evidence: Evidence, round_: Round) -> dict[Scenario, float]:
    log, scenario = evidence.performance, evidence.scenario
    if log is None or evidence.is_endpoints or evidence.logged_scenario is not scenario:
        return {}
    if not evidence.category.allows_inference:
        return {}
    targets = (target for source, target in round_.inference if source is scenario)
    metrics = ((target, performance.inferred_metric(log, scenario, target)) for target in targets)
    return {target: metric for target, metric in metrics if metric is not None}
