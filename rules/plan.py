"""All verdicts and the switches -> where every run goes, and why. Pure; never looks at a log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

_PASSES = "passes"
_KEPT_FAILING = "kept because drop_failed is off"


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
        """Whether it fails and is in the tree all the same."""
        stays = self.action in (Action.KEEP, Action.ALSO_OPEN)
        return stays and bool(self.decided_by) and not self.without_power

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted({found.code for found in self.decided_by}))

    def because(self, reason: str, why: Iterable[Finding] = (), **changes: Any) -> Placement:
        """The row changed, with what there was to say of it and one more reason."""
        said = reason if self.reason == _PASSES else f"{self.reason}; {reason}"
        return replace(self, reason=said, decided_by=tuple(dict.fromkeys((*self.decided_by, *why))), **changes)

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
    """Every run's placements, sorted by run; findings that hold for no single run; and what is still to be run."""

    placements: tuple[Placement, ...]
    findings: tuple[Finding, ...] = ()
    todo: tuple[Todo, ...] = ()

    def placed(self) -> tuple[Placement, ...]:
        """What is submitted, sorted by its place."""
        placed = ((each.target, each) for each in self.placements if each.target is not None)
        return tuple(each for _, each in sorted(placed, key=lambda pair: pair[0]))

    def dropped(self) -> frozenset[RunKey]:
        """The runs that a division goes without which they were declared for."""
        return frozenset(each.source for each in self.placements if each.target is None)

    def by_source(self) -> Mapping[RunKey, tuple[Placement, ...]]:
        rows: dict[RunKey, list[Placement]] = defaultdict(list)
        for each in self.placements:
            rows[each.source].append(each)
        return {key: tuple(same) for key, same in rows.items()}


def make_plan(
    verdicts: Iterable[Verdict], round_: Round, switches: Preprocess, also_open: Collection[RunKey] = ()
) -> Plan:
    """Place every run of every verdict, once at least. The order of the verdicts doesn't matter.

    `also_open` are closed runs that are declared for the open division besides.
    """
    by_key = {verdict.key: verdict for verdict in sorted(verdicts, key=lambda verdict: verdict.key)}
    return _Planner(by_key, round_, switches, frozenset(also_open)).plan()


@dataclass(frozen=True)
class _Planner:
    """Decides for each benchmark by itself, then where results of several meet."""

    #: By key, sorted.
    verdicts: Mapping[RunKey, Verdict]
    round: Round
    switches: Preprocess
    also_open: frozenset[RunKey]

    def plan(self) -> Plan:
        parts = [self._benchmark(runs) for runs in self._benchmarks()]
        rows = [row for part in parts for row in part.placements]
        rows = _one_result_a_place([*rows, *self._declared_for_open(rows)])
        rows = self._one_benchmark_a_name(rows)
        copies, uncopied = self._copied_down(rows)
        rows += copies
        found = {*uncopied, *self._own_reasons(rows), *self._switched_off(rows)}
        found.update(each for part in parts for each in part.findings)
        if not any(row.target for row in rows):
            found.add(finding("PLAN-004", "build"))
        still = tuple(each for part in parts for each in part.todo)
        return Plan(tuple(sorted(rows, key=_order)), tuple(sorted(found)), still)

    def _benchmarks(self) -> Iterable[Sequence[Verdict]]:
        """The runs of each benchmark of each system in each division."""
        groups: dict[_Place, list[Verdict]] = defaultdict(list)
        for key, verdict in self.verdicts.items():
            groups[_place(key)].append(verdict)
        return groups.values()

    def _benchmark(self, runs: Sequence[Verdict]) -> Plan:
        """In open each result stands for itself; in closed those of a benchmark stand and fall together."""
        first = runs[0]
        if first.key.division is Division.OPEN or first.benchmark is None or first.category is None:
            return Plan(tuple(self._kept(v) if self._ships(v) else self._failed(v) for v in runs))
        scenarios, _ = scenario_set(first.benchmark, first.category, self.round, first.folder)
        if scenarios is not None:
            return self._closed_benchmark(runs, scenarios)
        reason = f"no benchmark of the {first.category} category"
        return Plan(tuple(self._displaced(v, reason, "PLAN-005", v.benchmark, v.category) for v in runs))

    def _closed_benchmark(self, runs: Sequence[Verdict], scenarios: ScenarioSet) -> Plan:
        known = [v for v in runs if v.key.scenario in scenarios.known]
        passing = [v for v in known if self._ships(v)]
        failing = [v for v in known if not self._ships(v)]
        inferred, uninferred = self._inferred(passing, failing, scenarios)
        present = {v.key.scenario for v in passing} | {row.target.scenario for row in inferred if row.target}
        left = [] if self.switches.drop_failed else [self._failed(v) for v in failing]
        kept_failing = {row.source.scenario for row in left if row.is_kept_failing}
        missing = " and ".join(missing_scenarios(scenarios, present | kept_failing))
        if missing:
            reason = f"closed submissions must have {missing}"
            rows = [self._displaced(v, reason, "PLAN-002", missing) for v in passing]
        else:
            rows = [*map(self._kept, passing), *inferred]
        replaced = {row.target for row in rows if row.action is Action.INFER}
        rows += [self._replaced(v) if v.key in replaced else self._failed(v) for v in failing]
        rows += [self._stranger(v) for v in runs if v.key.scenario not in scenarios.known]
        still = todo(runs, failing, scenarios, present, self.round)
        return Plan(tuple(rows), tuple(uninferred), tuple(still))

    def _inferred(
        self, passing: Sequence[Verdict], failing: Sequence[Verdict], scenarios: ScenarioSet
    ) -> tuple[list[Placement], list[Finding]]:
        """Permitted inferences for what nobody measured; for what was measured and fails, if the switch says so.

        Offline comes from MultiStream rather than from SingleStream where both are there: the round
        permits either, and the larger batch is nearer to what Offline measures.
        """
        rows, found = [], []
        measured, failed = {v.key.scenario for v in passing}, {v.key.scenario for v in failing}
        for wanted in (scenario for scenario in scenarios.required if scenario not in measured):
            sources = [v for v in passing if wanted in v.inferable]
            source = min(sources, key=lambda v: v.key.scenario is not Scenario.MULTI_STREAM, default=None)
            if source is None:
                continue
            if not self.switches.infer_scenarios:
                found.append(finding("PLAN-006", source.folder, found=wanted, expected=source.key.scenario))
            elif wanted in failed and not self.switches.infer_over_failed:
                found.append(finding("PLAN-012", source.folder, found=wanted, expected=source.key.scenario))
            else:
                rows.append(self._inference(source, wanted, over_failed=wanted in failed))
        return rows, found

    def _inference(self, source: Verdict, wanted: Scenario, *, over_failed: bool) -> Placement:
        assert source.benchmark is not None
        over = ", in place of the measured result, which fails" if over_failed else ""
        reason = f"{wanted} inferred from {source.key.scenario}, as the round permits on edge systems{over}"
        row = replace(
            _row(source, Action.INFER, reason, replace(source.key, scenario=wanted)),
            metric=source.inferable[wanted].metric,
            units=self.round.units_of(self.round.benchmarks[source.benchmark], wanted),
        )
        return row if source.passes else _without_power(row, source)

    def _ships(self, verdict: Verdict) -> bool:
        """Whether it passes; with drop_failed at least without a power measurement that fails."""
        return verdict.passes or (self.switches.drop_failed and verdict.passes_without_power)

    def _kept(self, verdict: Verdict) -> Placement:
        row = _row(verdict, Action.KEEP, _PASSES, verdict.key)
        return row if verdict.passes else _without_power(row, verdict)

    def _failed(self, verdict: Verdict) -> Placement:
        return self._taken_out(verdict, f"fails in {verdict.key.division}")

    def _replaced(self, verdict: Verdict) -> Placement:
        reason = f"fails in {verdict.key.division}; an inference is submitted in its place"
        return _row(verdict, Action.DROP, reason, why=verdict.errors)

    def _stranger(self, verdict: Verdict) -> Placement:
        reason = f"no scenario of this benchmark in the {verdict.category} category"
        return self._displaced(verdict, reason, "PLAN-003", verdict.key.scenario, verdict.category)

    def _displaced(self, verdict: Verdict, reason: str, code: str, found: object, expected: object = None) -> Placement:
        """A run that has no place in closed whatever its own verdict is."""
        return self._taken_out(
            verdict, reason, finding(code, verdict.folder, found=found, expected=expected, severity=Severity.WARNING)
        )

    def _taken_out(self, verdict: Verdict, reason: str, *why: Finding) -> Placement:
        """Moved to the open division where it is valid there; else dropped, or kept where that is wanted."""
        row = _row(verdict, Action.DROP, reason, why=(*why, *verdict.errors))
        in_open = self._elsewhere(verdict) if self.switches.move_failed_to_open else None
        if in_open is not None:
            row = replace(row, action=Action.MOVE_TO_OPEN, target=in_open.key)
            return row if in_open.passes else _without_power(row, in_open)
        if self.switches.drop_failed:
            return row
        return row.because(_KEPT_FAILING, action=Action.KEEP, target=verdict.key)

    def _elsewhere(self, verdict: Verdict) -> Verdict | None:
        """Its verdict in open, if it is a valid result there and not declared for open anyway."""
        if verdict.key.division is Division.OPEN or verdict.key in self.also_open:
            return None
        in_open = _in_open(verdict)
        return in_open if self._ships(in_open) else None

    def _declared_for_open(self, rows: Iterable[Placement]) -> Iterator[Placement]:
        """The rows in open of closed runs that are declared for both divisions."""
        own = {row.target for row in rows if row.source.division is Division.OPEN}
        for verdict in (self.verdicts[key] for key in sorted(self.also_open)):
            in_open = _in_open(verdict)
            row = _row(verdict, Action.ALSO_OPEN, "declared closed-open", in_open.key)
            if in_open.key in own:
                yield _gives_way(row)
            elif self._ships(in_open):
                yield row if in_open.passes else _without_power(row, in_open)
            elif self.switches.drop_failed:
                yield row.because("fails in open", in_open.errors, action=Action.DROP, target=None)
            else:
                yield row.because(f"fails in open; {_KEPT_FAILING}", in_open.errors)

    def _one_benchmark_a_name(self, rows: Iterable[Placement]) -> list[Placement]:
        """In open a model stands for one benchmark, as the tree has one model_mapping.json.

        Which of several is right is the submitter's to say, so that none of them is submitted.
        """
        rows = list(rows)
        folders: dict[str, dict[str, str]] = defaultdict(dict)
        for row in rows:
            verdict = self.verdicts[row.source]
            if row.target and row.target.division is Division.OPEN and verdict.benchmark:
                folders[row.target.model].setdefault(verdict.benchmark, verdict.folder)
        contested = {model: said for model, said in folders.items() if len(said) > 1}
        return [
            self._contradicted(row, contested[row.target.model])
            if row.target and row.target.division is Division.OPEN and row.target.model in contested
            else row
            for row in rows
        ]

    def _contradicted(self, row: Placement, folders: Mapping[str, str]) -> Placement:
        """`folders` are those of the first run of each benchmark that the model stands for."""
        verdict = self.verdicts[row.source]
        other, folder = next(said for said in folders.items() if said[0] != verdict.benchmark)
        told = f"{verdict.benchmark} here", f"{other} in {folder}"
        row = row.because(
            "the model's name stands for another benchmark as well",
            [finding("PLAN-010", verdict.folder, found=told[0], expected=told[1])],
        )
        if self.switches.drop_failed:
            return replace(row, action=Action.DROP, target=None)
        return row.because(_KEPT_FAILING)

    def _copied_down(self, rows: Iterable[Placement]) -> tuple[list[Placement], list[Finding]]:
        """A -99.9 result is a -99 result too, where the round has that benchmark and nothing claims its place."""
        rows = list(rows)
        claimed = {_place(key) for row in rows for key in (row.source, row.target) if key}
        failing = {_place(row.source) for row in rows if row.is_kept_failing}
        copies, found = [], []
        for row in rows:
            lower = self._lower_target(row.target) if row.target else None
            if lower is None or _place(lower) in claimed or _place(row.source) in failing:
                continue
            if self.switches.copy_down_accuracy_variants:
                reason = f"also submitted as {lower.model}: the stricter accuracy target holds for both"
                copies.append(row.because(reason, action=Action.COPY_DOWN, target=lower))
            else:
                found.append(finding("PLAN-007", self.verdicts[row.source].folder, found=lower.id))
        return copies, found

    def _lower_target(self, key: RunKey) -> RunKey | None:
        """The same place at the benchmark's lower accuracy target, if the round has that."""
        if not key.model.endswith("-99.9"):
            return None
        lower = key.model.removesuffix(".9")
        benchmark = self.round.benchmarks.get(lower)
        return replace(key, model=lower) if benchmark is not None and benchmark.listed else None

    def _own_reasons(self, rows: Iterable[Placement]) -> Iterator[Finding]:
        """What decided and is in no verdict."""
        for row in (row for row in rows if row.decided_by):
            verdict = self.verdicts[row.source]
            judged = {*verdict.findings, *verdict.findings_in_open}
            yield from (found for found in row.decided_by if found not in judged)

    def _switched_off(self, rows: Iterable[Placement]) -> Iterator[Finding]:
        """What a switch that is off kept from being done for failing runs."""
        rows = list(rows)
        inferred = {row.target for row in rows if row.action is Action.INFER}
        for row in rows:
            verdict = self.verdicts[row.source]
            if row.is_kept_failing:
                yield finding("PLAN-009", verdict.folder, found=", ".join(row.codes))
            is_out = row.is_kept_failing or (row.action is Action.DROP and row.source not in inferred)
            if is_out and not self.switches.move_failed_to_open and self._elsewhere(verdict):
                yield finding("PLAN-008", verdict.folder, found=row.source.id)


#: A benchmark of a system in a division.
_Place = tuple[Division, str, str]


def _place(key: RunKey) -> _Place:
    return (key.division, key.system, key.model)


def _order(placement: Placement) -> tuple[RunKey, str, str]:
    return (placement.source, placement.action.value, placement.target.id if placement.target else "")


def _row(
    verdict: Verdict, action: Action, reason: str, target: RunKey | None = None, why: Iterable[Finding] = ()
) -> Placement:
    return Placement(verdict.key, action, reason, target, verdict.metric, verdict.units, tuple(why))


def _in_open(verdict: Verdict) -> Verdict:
    """A run's verdict in open. What has no benchmark is judged nowhere, and fails there as well."""
    in_open = verdict.in_open()
    return in_open if verdict.benchmark else replace(in_open, findings=verdict.findings)


def _without_power(row: Placement, verdict: Verdict) -> Placement:
    return row.because("power measurement fails and is left out", verdict.errors, without_power=True)


def _gives_way(row: Placement) -> Placement:
    return row.because("open has another result of this scenario", action=Action.DROP, target=None)


def _one_result_a_place(rows: Iterable[Placement]) -> list[Placement]:
    """A result moved to open gives way to one that is declared for open, and to one that was moved there before."""
    rows = list(rows)
    taken = {row.target for row in rows if row.action is not Action.MOVE_TO_OPEN}
    settled = []
    for row in rows:
        if row.action is Action.MOVE_TO_OPEN:
            if row.target in taken:
                row = _gives_way(row)
            taken.add(row.target)
        settled.append(row)
    return settled
