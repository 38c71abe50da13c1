"""All verdicts and the switches -> where every run goes, and why. Pure; never looks at a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from rules.checks.catalogue import finding
from rules.completeness import missing_scenarios, scenario_set
from rules.config.model import Preprocess
from rules.domain import Division, RunKey, Scenario
from rules.finding import Finding
from rules.rounds.model import Round, ScenarioSet
from rules.verdict import Verdict


class Action(str, Enum):
    """What becomes of a run, or of one more result made of it."""

    KEEP = "keep"
    INFER = "infer"
    COPY_DOWN = "copy down"
    MOVE_TO_OPEN = "move to open"
    ALSO_OPEN = "also open"
    DROP = "drop"


@dataclass(frozen=True)
class Placement:
    """One row of the plan. A run has one or more; `target` is None where it is dropped."""

    source: RunKey
    action: Action
    reason: str
    target: RunKey | None = None
    metric: float | None = None
    units: str | None = None
    #: Codes of the findings that decided it.
    decided_by: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.source.id,
            "action": self.action.value,
            "target": None if self.target is None else self.target.id,
            "reason": self.reason,
            "decided_by": list(self.decided_by),
            "metric": self.metric,
            "units": self.units,
        }


@dataclass(frozen=True)
class Plan:
    """Every run's placements, sorted by run, and the findings that hold for no single run."""

    placements: tuple[Placement, ...]
    findings: tuple[Finding, ...]

    def placed(self) -> tuple[Placement, ...]:
        return tuple(each for each in self.placements if each.target is not None)

    def not_shipped(self) -> tuple[RunKey, ...]:
        """The runs of which nothing goes into the submission, sorted."""
        return tuple(sorted({each.source for each in self.placements} - {each.source for each in self.placed()}))

    def of(self, key: RunKey) -> tuple[Placement, ...]:
        return tuple(each for each in self.placements if each.source == key)


def make_plan(
    verdicts: Iterable[Verdict], round_: Round, switches: Preprocess, also_open: Collection[RunKey] = ()
) -> Plan:
    """Place every run of every verdict, once at least. The order of the verdicts doesn't matter.

    `also_open` are closed runs that are submitted to the open division besides.
    """
    verdicts = sorted(verdicts, key=lambda verdict: verdict.key)
    groups: dict[tuple[Division, str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[(verdict.key.division, verdict.key.system, verdict.key.model)].append(verdict)
    placements: list[Placement] = []
    findings: list[Finding] = []
    for group in groups.values():
        rows, found = _place_benchmark(group, round_, switches)
        placements += rows
        findings += found
    placements = _without_collisions(placements)
    placements += _also_open([v for v in verdicts if v.key in also_open], placements)
    if switches.copy_down_accuracy_variants:
        placements += _copied_down(placements, round_)
    if not any(each.target for each in placements):
        findings.append(finding("PLAN-004", "build"))
    return Plan(tuple(sorted(placements, key=_order)), tuple(sorted(findings)))


def _order(placement: Placement) -> tuple[RunKey, str, str]:
    return (placement.source, placement.action.value, placement.target.id if placement.target else "")


def _place_benchmark(
    group: Sequence[Verdict], round_: Round, switches: Preprocess
) -> tuple[list[Placement], list[Finding]]:
    """The placements of one benchmark of one system in one division."""
    if group[0].key.division is Division.OPEN or group[0].benchmark is None:
        return [_kept(v) if v.passes else _dropped(v, switches) for v in group], []
    if group[0].category is None:  # its description says none, which fails every run
        return [_failed(v, switches) for v in group], []
    scenarios, found = scenario_set(group[0].benchmark, group[0].category, round_, group[0].folder)
    if scenarios is None:
        codes = tuple(each.code for each in found)
        return [_not_closed(v, switches, found[0].message, codes) for v in group], found
    unknown = [v for v in group if v.key.scenario not in scenarios.known]
    shown = str(group[0].category)
    found = [finding("PLAN-003", v.folder, found=v.key.scenario, expected=shown) for v in unknown]
    passing = [v for v in group if v.passes and v not in unknown]
    inferred = (
        _inferred(passing, {v.key.scenario for v in group}, scenarios, round_) if switches.infer_scenarios else []
    )
    present = {v.key.scenario for v in passing} | {each.target.scenario for each in inferred if each.target}
    missing = missing_scenarios(scenarios, present)
    rows = [
        _not_closed(v, switches, "not a scenario of this benchmark", ("PLAN-003",))
        if v in unknown
        else _failed(v, switches)
        for v in group
        if v not in passing
    ]
    if missing:
        text = " and ".join(missing)
        found += [finding("PLAN-002", v.folder, found=text) for v in passing]
        rows += [_not_closed(v, switches, f"closed submissions must have {text}", ("PLAN-002",)) for v in passing]
        return rows, found
    return [*rows, *(_kept(v) for v in passing), *inferred], found


def _inferred(
    passing: Sequence[Verdict], measured: set[Scenario], scenarios: ScenarioSet, round_: Round
) -> list[Placement]:
    """Permitted inferences for scenarios that nobody measured; a measured one is never replaced.

    Offline comes from MultiStream rather than from SingleStream where both are there: the round
    permits either, and the larger batch is nearer to what Offline measures.
    """
    rows = []
    for wanted in (scenario for scenario in scenarios.required if scenario not in measured):
        sources = [v for v in passing if wanted in v.inferable]
        preferred = sorted(sources, key=lambda v: v.key.scenario is not Scenario.MULTI_STREAM)
        for source in preferred[:1]:
            rows.append(
                Placement(
                    source.key,
                    Action.INFER,
                    f"{wanted} inferred from {source.key.scenario}, as the round permits on edge systems",
                    replace(source.key, scenario=wanted),
                    source.inferable[wanted].metric,
                    round_.units_of(round_.benchmarks[source.benchmark], wanted) if source.benchmark else None,
                )
            )
    return rows


def _kept(verdict: Verdict) -> Placement:
    return Placement(verdict.key, Action.KEEP, "passes", verdict.key, verdict.metric, verdict.units)


def _failed(verdict: Verdict, switches: Preprocess) -> Placement:
    codes = tuple(sorted({found.code for found in verdict.findings if found.is_error}))
    return _not_closed(verdict, switches, "fails in closed", codes)


def _not_closed(verdict: Verdict, switches: Preprocess, reason: str, codes: tuple[str, ...]) -> Placement:
    """Moved to the open division where it is valid there, else dropped."""
    if switches.move_failed_to_open and verdict.passes_in_open:
        target = replace(verdict.key, division=Division.OPEN)
        return Placement(verdict.key, Action.MOVE_TO_OPEN, reason, target, verdict.metric, verdict.units, codes)
    return _out(verdict, switches, reason, codes)


def _dropped(verdict: Verdict, switches: Preprocess) -> Placement:
    codes = tuple(sorted({found.code for found in verdict.findings if found.is_error}))
    return _out(verdict, switches, f"fails in {verdict.key.division}", codes)


def _out(verdict: Verdict, switches: Preprocess, reason: str, codes: tuple[str, ...]) -> Placement:
    """Dropped; or kept where the submitter wants failing results in the tree."""
    if switches.drop_failed or verdict.benchmark is None:
        return Placement(verdict.key, Action.DROP, reason, decided_by=codes)
    reason = f"{reason}; kept because drop_failed is off"
    return Placement(verdict.key, Action.KEEP, reason, verdict.key, verdict.metric, verdict.units, codes)


def _without_collisions(placements: Sequence[Placement]) -> list[Placement]:
    """A result moved to open gives way to one that was measured for open."""
    measured = {each.target for each in placements if each.action is not Action.MOVE_TO_OPEN}
    return [
        replace(each, action=Action.DROP, target=None, reason=f"{each.reason}; open has a result of its own")
        if each.action is Action.MOVE_TO_OPEN and each.target in measured
        else each
        for each in placements
    ]


def _also_open(verdicts: Iterable[Verdict], placements: Iterable[Placement]) -> list[Placement]:
    """Closed runs in open as well, where they are valid there and nothing else has the place."""
    claimed = {each.target for each in placements}
    rows = []
    for verdict in verdicts:
        target = replace(verdict.key, division=Division.OPEN)
        if verdict.passes_in_open and target not in claimed:
            reason = "declared closed-open: submitted to both"
            rows.append(Placement(verdict.key, Action.ALSO_OPEN, reason, target, verdict.metric, verdict.units))
    return rows


def _copied_down(placements: Sequence[Placement], round_: Round) -> list[Placement]:
    """A -99.9 result is a -99 result too, where the round has that benchmark and nothing claims it."""
    claimed = {(p.target.division, p.target.system, p.target.model) for p in placements if p.target}
    claimed |= {(p.source.division, p.source.system, p.source.model) for p in placements}
    rows = []
    for each in placements:
        if each.target is None or not each.target.model.endswith("-99.9"):
            continue
        model = each.target.model[: -len(".9")]
        benchmark = round_.benchmarks.get(model)
        place = (each.target.division, each.target.system, model)
        if benchmark is not None and benchmark.listed and place not in claimed:
            reason = f"also submitted as {model}: the stricter accuracy target holds for both"
            rows.append(replace(each, action=Action.COPY_DOWN, reason=reason, target=replace(each.target, model=model)))
    return rows
