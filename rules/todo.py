"""What is still to be run for a complete closed submission, with the settings that the round asks for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rules.completeness import missing_choices
from rules.domain import Scenario
from rules.finding import Finding
from rules.rounds.model import Benchmark, Round, ScenarioSet
from rules.verdict import Verdict

#: Families of rules -> the execution that has to be done again.
_AGAIN = {"PERF": "performance", "POW": "performance", "ACC": "accuracy"}
_COMPLIANCE = "COMP"


@dataclass(frozen=True)
class Todo:
    """Executions of one benchmark scenario that a system lacks.

    `scenario` may name a choice (`Interactive or Server`); `runs` are performance, accuracy, TEST01 …
    """

    division: str
    system: str
    model: str
    scenario: str
    runs: tuple[str, ...]
    #: Settings of LoadGen, by its own names or the round's, and what accuracy runs must cover.
    #: Of a choice, what holds for one scenario alone is named as in user.conf: `Server.ttft_ns`.
    settings: dict[str, Any]
    #: Scenarios from which it may be inferred instead, once one of them passes.
    or_inferred_from: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"runs": list(self.runs), "or_inferred_from": list(self.or_inferred_from)}


def todo(
    group: Sequence[Verdict],
    failing: Sequence[Verdict],
    scenarios: ScenarioSet,
    present: Collection[Scenario],
    round_: Round,
) -> Iterator[Todo]:
    """What one closed benchmark still lacks, in the round's order.

    `failing` are runs that were made and fail; `present` the scenarios that are in order.
    """
    first = group[0]
    assert first.benchmark is not None
    benchmark = round_.benchmarks[first.benchmark]
    made = {v.key.scenario: v for v in failing}
    for choice in missing_choices(scenarios, present):
        again = next((scenario for scenario in choice if scenario in made), None)
        wanted = choice if again is None else (again,)
        yield Todo(
            division=str(first.key.division),
            system=first.key.system,
            model=first.key.model,
            scenario=" or ".join(map(str, wanted)),
            runs=_runs(benchmark, None if again is None else made[again]),
            settings=_settings(benchmark, wanted, round_),
            or_inferred_from=_sources(first, wanted, scenarios, round_),
        )


def _sources(first: Verdict, wanted: Collection[Scenario], scenarios: ScenarioSet, round_: Round) -> tuple[str, ...]:
    if first.category is None or not first.category.allows_inference:
        return ()
    return tuple(str(source) for source, target in round_.inference if target in wanted and source in scenarios.known)


def _runs(benchmark: Benchmark, made: Verdict | None) -> tuple[str, ...]:
    """All executions of a result that wasn't made; of one that fails, those whose findings say so."""
    every = ("performance", "accuracy", *benchmark.compliance_tests)
    if made is None:
        return every
    again = {run for error in made.errors for run in _again(error, benchmark)}
    return tuple(run for run in every if run in again)


def _again(error: Finding, benchmark: Benchmark) -> Iterable[str]:
    """The executions that an error asks for; none where a file is to be mended."""
    family = error.code.split("-")[0]
    if family == _COMPLIANCE:
        named = [test for test in benchmark.compliance_tests if test in error.message]
        return named or benchmark.compliance_tests  # an audit of the endpoints harness has a name of its own
    return [_AGAIN[family]] if family in _AGAIN else []


def _settings(benchmark: Benchmark, wanted: Sequence[Scenario], round_: Round) -> dict[str, Any]:
    """What holds for all wanted scenarios, then what each has for itself."""
    by_scenario = {scenario: _scenario_settings(benchmark, scenario, round_) for scenario in wanted}
    first, *others = by_scenario.values()
    common = {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
    own = {
        f"{scenario}.{name}": value
        for scenario, settings in by_scenario.items()
        for name, value in settings.items()
        if name not in common
    }
    return common | own


def _scenario_settings(benchmark: Benchmark, scenario: Scenario, round_: Round) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "min_duration_ms": round_.min_duration_ms if benchmark.min_duration_applies else None,
        "performance_sample_count": benchmark.performance_sample_count,
        "min_query_count": benchmark.min_queries.get(scenario),
        "samples_per_query": benchmark.offline_min_samples if scenario is Scenario.OFFLINE else None,
        "target_latency_ns": benchmark.latency_limits_ns.get(scenario),
        "accuracy_samples": benchmark.accuracy_samples(scenario),
    }
    tokens = benchmark.token_latency_limits.get(scenario)
    if tokens is not None:
        settings |= {"ttft_ns": tokens.ttft_ns, "tpot_ns": tokens.tpot_ns}
    return {name: value for name, value in settings.items() if value is not None}
