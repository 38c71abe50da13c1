"""A run's evidence -> its verdict. Pure: the same for a raw run and for a finished tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

# Importing the families fills the catalogue, in the order of the report.
from rules.checks import accuracy, compliance, description, performance, power, step_rules, system_fields
from rules.checks.catalogue import JUDGES, RULES, Judge, finding
from rules.domain import Division, Scenario
from rules.evidence import Evidence
from rules.finding import Finding
from rules.rounds.model import Round
from rules.verdict import POWER_FAMILY, Inference, Verdict

FAMILIES = (performance, accuracy, compliance, power, description, system_fields, step_rules)


def judge(evidence: Evidence, round_: Round, left_out: tuple[str, ...] = (), *, official_only: bool = False) -> Verdict:
    """Apply every rule, or those of the official checker alone.

    A closed raw run is judged for the open division too, in case that it must move there.
    """
    moves = evidence.is_closed and not evidence.is_staged
    in_open = tuple(_findings(evidence.in_division(Division.OPEN), round_)) if moves else ()
    verdict = replace(
        measure(evidence, round_),
        findings=tuple(_findings(evidence, round_, official_only=official_only)),
        findings_in_open=in_open,
        left_out=left_out,
    )
    if verdict.passes_without_power and not evidence.is_staged:
        verdict = replace(verdict, inferable=_inferable(evidence, round_))
    return verdict


def measure(evidence: Evidence, round_: Round) -> Verdict:
    """A run's figures, without a finding: what was measured, and with what accuracy."""
    return Verdict(
        key=evidence.key,
        folder=evidence.folder,
        benchmark=evidence.benchmark.name,
        category=evidence.system.category,
        metric=performance.performance_metric(evidence, round_),
        units=round_.units_of(evidence.benchmark, evidence.scenario),
        accuracy=accuracy.accuracy_values(evidence),
        power=power.measure_power(evidence, round_) if evidence.has_power else None,
        inferred=not performance.is_measured(evidence.logged_scenario or evidence.scenario, evidence.scenario),
        logged=_logged(evidence),
        weight_data_types=str((evidence.measurements or {}).get("weight_data_types", "")),
        design_power_watts=description.design_power_watts(evidence, round_),
    )


def _findings(evidence: Evidence, round_: Round, *, official_only: bool = False) -> Iterator[Finding]:
    for code, violations in _applicable(evidence.has_power, official_only):
        for each in violations(evidence, round_):
            yield finding(code, each.path, line=each.line, found=each.found, expected=each.expected)


@cache
def _applicable(has_power: bool, official_only: bool) -> tuple[tuple[str, Judge], ...]:
    """The rules to apply; those of the power family find nothing in a run without power."""
    return tuple(
        (code, judge)
        for code, judge in JUDGES.items()
        if (has_power or not code.startswith(POWER_FAMILY)) and (RULES[code].official or not official_only)
    )


def _logged(evidence: Evidence) -> str | None:
    logged = evidence.performance.get("effective_scenario") if evidence.performance else None
    return None if logged is None else str(logged)


def _inferable(evidence: Evidence, round_: Round) -> dict[Scenario, Inference]:
    """The scenarios as which the run would pass as well, from its own log."""
    source = evidence.scenario
    if evidence.is_endpoints or evidence.logged_scenario is not source or not evidence.category.allows_inference:
        return {}
    found = {}
    for target in (target for origin, target in round_.inference if origin is source):
        placed = replace(evidence, key=replace(evidence.key, scenario=target), scenario_folder=str(target))
        metric = performance.performance_metric(placed, round_)
        verdict = Verdict(placed.key, placed.folder, None, None, findings=tuple(_findings(placed, round_)))
        if metric is not None and verdict.passes_without_power:
            has_power = placed.has_power and verdict.passes
            found[target] = Inference(metric, power.measure_power(placed, round_) if has_power else None)
    return found
