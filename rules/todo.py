"""What is still to be run for a complete closed submission, with the settings that the round asks for. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rules.completeness import missing_scenarios
from rules.domain import Scenario
from rules.finding import Finding
from rules.rounds.model import Benchmark, Round, ScenarioSet
from rules.verdict import Verdict

#: Families of rules -> the execution that has to be done again.
_AGAIN = {"PERF": "performance", "POW": "performance", "ACC": "accuracy"}
_EITHER = (Scenario.SERVER, Scenario.INTERACTIVE)


@dataclass(frozen=True)
class Todo:
    """Executions of one benchmark scenario that a system lacks.

    `scenario` may name a choice (`Server or Interactive`); `runs` are performance, accuracy, TEST01 …
    """

    division: str
    system: str
    model: str
    scenario: str
    runs: tuple[str, ...]
    #: Settings of LoadGen, by its own names or the round's, and what accuracy runs must cover.
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
    by_scenario = {v.key.scenario: v for v in failing}
    lacking: list[tuple[Scenario, ...]] = [(s,) for s in scenarios.required if s not in present]
    if len(missing_scenarios(scenarios, present)) > len(lacking):
        lacking.append(_EITHER)
    for choice in lacking:
        made = next((by_scenario[scenario] for scenario in choice if scenario in by_scenario), None)
        chosen = made.key.scenario if made else choice[0]
        yield Todo(
            division=str(first.key.division),
            system=first.key.system,
            model=first.key.model,
            scenario=" or ".join(map(str, choice)) if made is None else str(chosen),
            runs=_runs(made, benchmark),
            settings=_settings(benchmark, chosen, round_),
            or_inferred_from=_sources(first, chosen, scenarios, round_),
        )


def _sources(first: Verdict, wanted: Scenario, scenarios: ScenarioSet, round_: Round) -> tuple[str, ...]:
    if first.category is None or not first.category.allows_inference:
        return ()
    return tuple(str(source) for source, target in round_.inference if target is wanted and source in scenarios.known)


def _runs(made: Verdict | None, benchmark: Benchmark) -> tuple[str, ...]:
    """All executions of a result that wasn't made; of one that fails, those whose findings say so."""
    every = ("performance", "accuracy", *benchmark.compliance_tests)
    if made is None:
        return every
    again = set(_again(made.errors))
    return tuple(run for run in every if run in again)


def _again(errors: Iterable[Finding]) -> Iterator[str]:
    for error in errors:
        family = error.code.split("-")[0]
        if family in _AGAIN:
            yield _AGAIN[family]
        elif family == "COMP" and error.found is not None:
            yield error.found


def _settings(benchmark: Benchmark, scenario: Scenario, round_: Round) -> dict[str, Any]:
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
