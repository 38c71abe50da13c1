"""The values that a round's YAML file becomes. Figures are those of the official checker's tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from rules.domain import Category, Division, Scenario


class Layout(str, Enum):
    """Where a submission tree keeps the parts of a result.

    V5: results/, measurements/, compliance/ and code/ apart; V6: all of a scenario in one
    folder under results/, and src/.
    """

    V5 = "v5"
    V6 = "v6"

    @property
    def code_folder(self) -> str:
        """The folder of a submitter's code."""
        return "src" if self is Layout.V6 else "code"


@dataclass(frozen=True)
class ScenarioSet:
    """The scenarios that a complete closed result of a benchmark has, or may have."""

    required: tuple[Scenario, ...] = ()
    optional: tuple[Scenario, ...] = ()

    @property
    def known(self) -> frozenset[Scenario]:
        return frozenset(self.required) | frozenset(self.optional)


@dataclass(frozen=True)
class TokenLatencyLimits:
    """99th percentile limits, ns: time to first token, time per output token."""

    ttft_ns: int
    tpot_ns: int


@dataclass(frozen=True)
class AccuracyMetric:
    """One metric of an accuracy report and its bounds, in the report's own unit.

    A bound may differ by scenario; `None` as key holds for all others. A metric without a
    target is only capped.
    """

    name: str
    pattern: re.Pattern[str]
    targets: dict[Scenario | None, float] = field(default_factory=dict)
    upper_limit: float | None = None
    #: Largest difference between TEST01's two accuracies, per cent.
    compliance_delta_percent: float = 1.0

    def target(self, scenario: Scenario) -> float | None:
        return self.targets.get(scenario, self.targets.get(None))


@dataclass(frozen=True)
class Benchmark:
    """A benchmark of a round. Counts are in samples unless the name says queries."""

    name: str
    #: False: the tables still hold its figures, but the round doesn't call for it.
    listed: bool
    scenarios: dict[Category, ScenarioSet]
    accuracy: tuple[AccuracyMetric, ...]
    performance_sample_count: int
    dataset_size: int
    accuracy_sample_counts: dict[Scenario | None, int]
    min_queries: dict[Scenario, int]
    latency_limits_ns: dict[Scenario, int]
    token_latency_limits: dict[Scenario, TokenLatencyLimits]
    needs_token_latencies: bool
    offline_min_samples: int | None
    min_duration_applies: bool
    compliance_tests: tuple[str, ...]
    result_fields: dict[Scenario, str]
    units: dict[Scenario, str]
    #: Divides SingleStream and MultiStream results, which LoadGen logs in ns.
    latency_divisor: int
    #: Folder under accuracy/ -> names (without ending) of files that must be in it.
    accuracy_files: dict[str, tuple[str, ...]]
    allows_endpoints: bool
    requires_equal_issue: bool

    def scenario_set(self, category: Category) -> ScenarioSet | None:
        """Scenarios in this category; None where the benchmark isn't in it."""
        return self.scenarios.get(category)

    def accuracy_samples(self, scenario: Scenario) -> int:
        """Samples that an accuracy run must cover."""
        default = self.accuracy_sample_counts.get(None, self.dataset_size)
        return self.accuracy_sample_counts.get(scenario, default)


def unknown_benchmark(name: str) -> Benchmark:
    """A benchmark of which a round has no figures, so that a result of it can at least be measured."""
    return Benchmark(
        name=name,
        listed=False,
        scenarios={},
        accuracy=(),
        performance_sample_count=0,
        dataset_size=0,
        accuracy_sample_counts={},
        min_queries={},
        latency_limits_ns={},
        token_latency_limits={},
        needs_token_latencies=False,
        offline_min_samples=None,
        min_duration_applies=True,
        compliance_tests=(),
        result_fields={},
        units={},
        latency_divisor=1_000_000,
        accuracy_files={},
        allows_endpoints=False,
        requires_equal_issue=False,
    )


@dataclass(frozen=True)
class Round:
    """A round's rules as figures. Loaded by `load_round`; built by nothing else."""

    name: str
    layout: Layout
    divisions: tuple[Division, ...]
    statuses: tuple[str, ...]
    seeds: dict[str, int]
    benchmarks: dict[str, Benchmark]
    #: Other spellings of official names: `resnet50` -> `resnet`.
    aliases: dict[str, str]
    #: A model whose name holds the first string is taken for the second, in order.
    guesses: tuple[tuple[str, str], ...]
    min_duration_ms: int
    max_accuracy_log_bytes: int
    #: Mean output tokens that TEST09 of an endpoints run may have, low and high.
    test09_output_tokens: tuple[float, float]
    result_fields: dict[Scenario, str]
    endpoints_result_fields: dict[Scenario, str]
    units: dict[Scenario, str]
    power_units: dict[Scenario, str]
    #: (from, to): a result of the first scenario may stand for the second on edge systems.
    inference: tuple[tuple[Scenario, Scenario], ...]
    system_fields: tuple[str, ...]
    system_fields_meaningful: tuple[str, ...]
    system_fields_network: tuple[str, ...]
    measurements_fields: tuple[str, ...]
    nameplate_power: bool

    def official_name(self, model: str, mapping: dict[str, str] | None = None) -> str:
        """The benchmark that a model's folder name stands for (may be one the round lacks).

        The order is the official checker's (`Config.get_mlperf_model`): an official name,
        an alias, the submitter's own mapping, a guess from the name.
        """
        if model in self.benchmarks and self.benchmarks[model].listed:
            return model
        if model in self.aliases:
            return self.aliases[model]
        if mapping and mapping.get(model):
            return mapping[model]
        guess = next((name for part, name in self.guesses if part in model), model)
        return self.aliases.get(guess, guess)

    def benchmark(self, model: str, mapping: dict[str, str] | None = None) -> Benchmark | None:
        """The benchmark behind a model's folder name, or None if the round has none."""
        return self.benchmarks.get(self.official_name(model, mapping))

    def units_of(self, benchmark: Benchmark, scenario: Scenario) -> str:
        return benchmark.units.get(scenario, self.units[scenario])
