"""All verdicts and the switches -> where every run goes, and why. Pure; never looks at a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from rules.checks.catalogue import finding
from rules.completeness import missing_scenarios, scenario_set
from rules.config.model import Preprocess
from rules.domain import Division, RunKey, Scenario
from rules.finding import Finding, Severity
from rules.rounds.model import Round, ScenarioSet
from rules.todo import Todo, todo
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
    #: The findings that decided it.
    decided_by: tuple[Finding, ...] = ()
    #: The power measurement fails and stays out; the performance result is kept.
    without_power: bool = False

    @property
    def is_kept_failing(self) -> bool:
        """Whether it fails and stays in the tree all the same."""
        return self.action is Action.KEEP and bool(self.decided_by) and not self.without_power

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted({found.code for found in self.decided_by}))

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.source.id,
            "action": self.action.value,
            "target": None if self.target is None else self.target.id,
            "reason": self.reason,
            "without_power": self.without_power,
            "decided_by": [found.to_json() for found in self.decided_by],
            "metric": self.metric,
            "units": self.units,
        }


@dataclass(frozen=True)
class Plan:
    """Every run's placements, sorted by run; what is still to be run; and findings that hold for no single run."""

    placements: tuple[Placement, ...]
    findings: tuple[Finding, ...]
    todo: tuple[Todo, ...] = ()

    def placed(self) -> tuple[Placement, ...]:
        return tuple(each for each in self.placements if each.target is not None)

    def not_shipped(self) -> tuple[RunKey, ...]:
        """The runs of which nothing goes into the submission, sorted."""
        return tuple(sorted({each.source for each in self.placements} - {each.source for each in self.placed()}))

    def by_source(self) -> Mapping[RunKey, tuple[Placement, ...]]:
        rows: dict[RunKey, list[Placement]] = defaultdict(list)
        for each in self.placements:
            rows[each.source].append(each)
        return {key: tuple(same) for key, same in rows.items()}


def make_plan(
    verdicts: Iterable[Verdict], round_: Round, switches: Preprocess, also_open: Collection[RunKey] = ()
) -> Plan:
    """Place every run of every verdict, once at least. The order of the verdicts doesn't matter.

    `also_open` are closed runs that are submitted to the open division besides.
    """
    verdicts = sorted(verdicts, key=lambda verdict: verdict.key)
    groups: dict[tuple[Division, str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.key.division, verdict.key.system, verdict.key.model].append(verdict)
    planned = [_Benchmark(group, round_, switches).plan() for group in groups.values()]
    placements = _without_collisions([row for plan in planned for row in plan.placements])
    placements += _also_open([v for v in verdicts if v.key in also_open], placements, switches)
    copies, found = _copied_down(placements, round_, switches)
    findings = [*found, *(each for plan in planned for each in plan.findings)]
    placements += copies
    if not any(each.target for each in placements):
        findings.append(finding("PLAN-004", "build"))
    return Plan(
        tuple(sorted(placements, key=_order)),
        tuple(sorted(findings)),
        tuple(each for plan in planned for each in plan.todo),
    )


def _order(placement: Placement) -> tuple[RunKey, str, str]:
    return (placement.source, placement.action.value, placement.target.id if placement.target else "")


@dataclass(frozen=True)
class _Benchmark:
    """One benchmark of one system in one division: its runs, which in closed stand and fall together."""

    group: Sequence[Verdict]
    round: Round
    switches: Preprocess

    def plan(self) -> Plan:
        first = self.group[0]
        if first.key.division is Division.OPEN or first.benchmark is None or first.category is None:
            return self._each_for_itself()
        scenarios, found = scenario_set(first.benchmark, first.category, self.round, first.folder)
        if scenarios is None:
            found = [replace(each, severity=Severity.WARNING) for each in found]
            return self._planned([self._not_closed(v, found[0].message, found) for v in self.group], found)
        return self._together(scenarios)

    def _each_for_itself(self) -> Plan:
        return self._planned([self._kept(v) if self._ships(v) else self._failed(v) for v in self.group])

    def _together(self, scenarios: ScenarioSet) -> Plan:
        """A closed benchmark counts with all scenarios that the round requires, or not at all."""
        shown = str(self.group[0].category)
        unknown = {
            v.key: finding("PLAN-003", v.folder, found=v.key.scenario, expected=shown, severity=Severity.WARNING)
            for v in self.group
            if v.key.scenario not in scenarios.known
        }
        shipping = [v for v in self.group if self._ships(v) and v.key not in unknown]
        failing = [v for v in self.group if v not in shipping and v.key not in unknown]
        inferred, found = self._inferred(shipping, failing, scenarios)
        present = {v.key.scenario for v in shipping} | {each.target.scenario for each in inferred if each.target}
        missing = missing_scenarios(scenarios, present)
        misplaced = [v for v in self.group if v.key in unknown]
        rows = [self._not_closed(v, "not a scenario of this benchmark", [unknown[v.key]]) for v in misplaced]
        rows += [self._replaced(v, inferred) or self._failed(v) for v in failing]
        found += unknown.values()
        if missing:
            text = " and ".join(missing)
            lacking = [finding("PLAN-002", v.folder, found=text, severity=Severity.WARNING) for v in shipping]
            found += lacking
            rows += [
                self._not_closed(v, f"closed submissions must have {text}", [why])
                for v, why in zip(shipping, lacking, strict=True)
            ]
        else:
            rows += [*map(self._kept, shipping), *inferred]
        planned = self._planned(rows, found)
        return replace(planned, todo=tuple(todo(self.group, failing, scenarios, present, self.round)))

    def _planned(self, rows: Iterable[Placement], found: Iterable[Finding] = ()) -> Plan:
        rows = tuple(rows)
        return Plan(rows, (*found, *self._switched_off(rows)))

    def _switched_off(self, rows: Iterable[Placement]) -> Iterable[Finding]:
        """What a switch that is off kept from being done for failing runs."""
        verdicts = {v.key: v for v in self.group}
        for row in rows:
            verdict = verdicts[row.source]
            if row.is_kept_failing:
                yield finding("PLAN-009", verdict.folder, found=", ".join(row.codes))
            stays = row.is_kept_failing or row.action is Action.DROP
            if stays and not self.switches.move_failed_to_open and self._may_move(verdict):
                yield finding("PLAN-008", verdict.folder, found=row.source.id)

    def _may_move(self, verdict: Verdict) -> bool:
        """Whether a run of closed is a valid result of the open division."""
        is_closed = verdict.key.division is not Division.OPEN
        return is_closed and verdict.benchmark is not None and self._ships(verdict.in_open())

    def _ships(self, verdict: Verdict) -> bool:
        """Whether it passes; with drop_failed at least without a power measurement that fails."""
        return verdict.passes or (self.switches.drop_failed and verdict.passes_without_power)

    def _kept(self, verdict: Verdict) -> Placement:
        placement = Placement(verdict.key, Action.KEEP, "passes", verdict.key, verdict.metric, verdict.units)
        return placement if verdict.passes else _power_removed(placement, verdict)

    def _failed(self, verdict: Verdict) -> Placement:
        return self._not_closed(verdict, f"fails in {verdict.key.division}", verdict.errors)

    def _not_closed(self, verdict: Verdict, reason: str, why: Sequence[Finding]) -> Placement:
        """Moved to the open division where it is valid there; else dropped, or kept where that is wanted."""
        placement = Placement(
            verdict.key, Action.DROP, reason, metric=verdict.metric, units=verdict.units, decided_by=tuple(why)
        )
        if self.switches.move_failed_to_open and self._may_move(verdict):
            in_open = verdict.in_open()
            placement = replace(placement, action=Action.MOVE_TO_OPEN, target=in_open.key)
            return placement if in_open.passes else _power_removed(placement, in_open)
        if self.switches.drop_failed:
            return placement
        reason = f"{reason}; kept because drop_failed is off"
        return replace(placement, action=Action.KEEP, reason=reason, target=verdict.key)

    def _inferred(
        self, shipping: Sequence[Verdict], failing: Sequence[Verdict], scenarios: ScenarioSet
    ) -> tuple[list[Placement], list[Finding]]:
        """Permitted inferences for what nobody measured; for what was measured and fails, if the switch says so.

        Offline comes from MultiStream rather than from SingleStream where both are there: the round
        permits either, and the larger batch is nearer to what Offline measures.
        """
        rows, found = [], []
        measured = {v.key.scenario for v in shipping}
        failed = {v.key.scenario for v in failing}
        for wanted in (scenario for scenario in scenarios.required if scenario not in measured):
            sources = [v for v in shipping if wanted in v.inferable]
            source = min(sources, key=lambda v: v.key.scenario is not Scenario.MULTI_STREAM, default=None)
            if source is None:
                continue
            origin = source.key.scenario
            if not self.switches.infer_scenarios:
                found.append(finding("PLAN-006", source.folder, found=wanted, expected=origin))
            elif wanted in failed and not self.switches.infer_over_failed:
                found.append(finding("PLAN-012", source.folder, found=wanted, expected=origin))
            else:
                rows.append(self._inference(source, wanted, over_failed=wanted in failed))
        return rows, found

    def _inference(self, source: Verdict, wanted: Scenario, *, over_failed: bool) -> Placement:
        assert source.benchmark is not None
        over = ", in place of the measured result, which fails" if over_failed else ""
        return Placement(
            source.key,
            Action.INFER,
            f"{wanted} inferred from {source.key.scenario}, as the round permits on edge systems{over}",
            replace(source.key, scenario=wanted),
            source.inferable[wanted].metric,
            self.round.units_of(self.round.benchmarks[source.benchmark], wanted),
            without_power=not source.passes,
        )

    def _replaced(self, verdict: Verdict, inferred: Iterable[Placement]) -> Placement | None:
        """The row of a failing run in whose place an inference is submitted."""
        if not any(each.target == verdict.key for each in inferred):
            return None
        reason = f"fails in {verdict.key.division}; an inference is submitted in its place"
        return Placement(verdict.key, Action.DROP, reason, decided_by=verdict.errors)


def _power_removed(placement: Placement, verdict: Verdict) -> Placement:
    reason = "power measurement fails and is left out"
    return replace(
        placement,
        reason=reason if placement.reason == "passes" else f"{placement.reason}; {reason}",
        decided_by=(*placement.decided_by, *verdict.errors),
        without_power=True,
    )


def _without_collisions(placements: Sequence[Placement]) -> list[Placement]:
    """A result moved to open gives way to one that was measured for open."""
    measured = {each.target for each in placements if each.action is not Action.MOVE_TO_OPEN}
    return [
        replace(each, action=Action.DROP, target=None, reason=f"{each.reason}; open has a result of its own")
        if each.action is Action.MOVE_TO_OPEN and each.target in measured
        else each
        for each in placements
    ]


def _also_open(verdicts: Iterable[Verdict], placements: Iterable[Placement], switches: Preprocess) -> list[Placement]:
    """Closed runs in open as well, where they are valid there and nothing else has the place."""
    claimed = {each.target for each in placements}
    rows = []
    for verdict in verdicts:
        in_open = verdict.in_open()
        if in_open.key in claimed or verdict.benchmark is None:
            continue
        reason = "declared closed-open: submitted to both"
        row = Placement(verdict.key, Action.ALSO_OPEN, reason, in_open.key, verdict.metric, verdict.units)
        if in_open.passes:
            rows.append(row)
        elif switches.drop_failed and in_open.passes_without_power:
            rows.append(_power_removed(row, in_open))
    return rows


def _copied_down(
    placements: Sequence[Placement], round_: Round, switches: Preprocess
) -> tuple[list[Placement], list[Finding]]:
    """A -99.9 result is a -99 result too, where the round has that benchmark and nothing claims it."""
    claimed = {(p.target.division, p.target.system, p.target.model) for p in placements if p.target}
    claimed |= {(p.source.division, p.source.system, p.source.model) for p in placements}
    rows, found = [], []
    for each in placements:
        if each.target is None or not each.target.model.endswith("-99.9"):
            continue
        model = each.target.model[: -len(".9")]
        benchmark = round_.benchmarks.get(model)
        if benchmark is None or not benchmark.listed or (each.target.division, each.target.system, model) in claimed:
            continue
        target = replace(each.target, model=model)
        if not switches.copy_down_accuracy_variants:
            found.append(finding("PLAN-007", each.source.id, found=target.id))
            continue
        reason = f"also submitted as {model}: the stricter accuracy target holds for both"
        rows.append(replace(each, action=Action.COPY_DOWN, reason=reason, target=target))
    return rows, found
