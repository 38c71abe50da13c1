"""Whether a benchmark has the scenarios that the round asks of it. Pure; for the plan and for finished trees."""

from __future__ import annotations

from collections.abc import Collection

from rules.checks.catalogue import finding
from rules.domain import Category, Scenario
from rules.finding import Finding
from rules.rounds.model import Round, ScenarioSet

#: Of these a benchmark must have one, where the round has both as optional.
_EITHER = (Scenario.INTERACTIVE, Scenario.SERVER)


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


def missing_choices(scenarios: ScenarioSet, present: Collection[Scenario]) -> list[tuple[Scenario, ...]]:
    """What a closed benchmark still lacks: one scenario of each of these (Loader.check_scenarios)."""
    missing: list[tuple[Scenario, ...]] = [(each,) for each in scenarios.required if each not in present]
    if set(scenarios.optional).issuperset(_EITHER) and not set(_EITHER).intersection(present):
        missing.append(_EITHER)
    return missing


def missing_scenarios(scenarios: ScenarioSet, present: Collection[Scenario]) -> list[str]:
    """The same in words: `Interactive or Server`."""
    return [" or ".join(map(str, choice)) for choice in missing_choices(scenarios, present)]
