"""Whether a benchmark has the scenarios that the round asks of it. Pure; for the plan and for finished trees."""

from __future__ import annotations

from collections.abc import Collection

from rules.checks.catalogue import finding
from rules.domain import Category, Scenario
from rules.finding import Finding
from rules.rounds.model import Round, ScenarioSet

_EITHER = frozenset((Scenario.INTERACTIVE, Scenario.SERVER))


def scenario_set(
    benchmark: str, category: Category, round_: Round, folder: str
) -> tuple[ScenarioSet | None, list[Finding]]:
    """The scenarios of a benchmark in a category; or why there are none, as findings at `folder`."""
    entry = round_.benchmarks.get(benchmark)
    if entry is None:
        return None, [finding("PLAN-001", folder, found=benchmark, expected=round_.name)]
    scenarios = entry.scenario_set(category)
    if scenarios is None:
        return None, [finding("PLAN-005", folder, found=benchmark, expected=str(category))]
    return scenarios, []


def missing_scenarios(scenarios: ScenarioSet, present: Collection[Scenario]) -> list[str]:
    """What a closed benchmark still lacks (Loader.check_scenarios)."""
    missing = [str(scenario) for scenario in scenarios.required if scenario not in present]
    if set(scenarios.optional) >= _EITHER and not _EITHER.intersection(present):
        missing.append("Interactive or Server")
    return missing
