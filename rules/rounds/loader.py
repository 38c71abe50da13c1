"""Reads a round's YAML file into a `Round`. Knows the form of the files (schema.json), no figure of any round."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from rules.domain import Category, Division, Scenario
from rules.errors import ConfigError
from rules.rounds.model import AccuracyMetric, Benchmark, Layout, Round, ScenarioSet, TokenLatencyLimits

_FOLDER = Path(__file__).parent
_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads a round ten times as fast
_NS_PER_MS = 1_000_000

_Value = TypeVar("_Value")
_Table = Mapping[str, Any]


@cache
def available_rounds() -> tuple[str, ...]:
    """The names of the rounds that have a file, oldest first."""
    return tuple(sorted((file.stem for file in _FOLDER.glob("v*.yaml")), key=_version))


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.removeprefix("v").split("."))


@cache
def load_round(name: str) -> Round:
    """The round's rules. Files are trusted to follow schema.json: a test sees to that, not every run."""
    if name not in available_rounds():
        raise ConfigError(_unknown_round(name))
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return _round(name, yaml.load(text, Loader=_YamlLoader))


def round_with_seeds(seeds: Mapping[str, object]) -> str | None:
    """The round whose seeds these are, by name, if there is one: tells what a log was made for."""
    rounds = map(load_round, available_rounds())
    return next((each.name for each in rounds if seeds and seeds.items() <= each.seeds.items()), None)


def _unknown_round(name: str) -> str:
    known = available_rounds()
    nearest = get_close_matches(name, known, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"unknown round '{name}'{hint} (known rounds: {', '.join(known)})"


def _round(name: str, table: _Table) -> Round:
    patterns = {metric: re.compile(pattern) for metric, pattern in table["accuracy_patterns"].items()}
    return Round(
        name=name,
        layout=Layout(table["layout"]),
        divisions=tuple(Division(division) for division in table["divisions"]),
        statuses=tuple(table["statuses"]),
        seeds=dict(table["seeds"]),
        benchmarks={each: _benchmark(each, rows, patterns) for each, rows in table["benchmarks"].items()},
        aliases=dict(table["aliases"]),
        guesses=tuple((guess["part"], guess["name"]) for guess in table["guesses"]),
        min_duration_ms=table["min_duration_ms"],
        max_accuracy_log_bytes=table["max_accuracy_log_bytes"],
        test09_output_tokens=(table["test09_output_tokens"]["low"], table["test09_output_tokens"]["high"]),
        result_fields=_by_scenario(table["result_fields"], str),
        endpoints_result_fields=_by_scenario(table["endpoints_result_fields"], str),
        units=_by_scenario(table["units"], str),
        power_units=_by_scenario(table["power_units"], str),
        inference=tuple((Scenario(pair["from"]), Scenario(pair["to"])) for pair in table["inference"]),
        system_fields=tuple(table["system_fields"]["required"]),
        system_fields_meaningful=tuple(table["system_fields"]["meaningful"]),
        system_fields_network=tuple(table["system_fields"]["network"]),
        measurements_fields=tuple(table["measurements_fields"]),
        nameplate_power=table["nameplate_power"],
    )


def _benchmark(name: str, table: _Table, patterns: Mapping[str, re.Pattern[str]]) -> Benchmark:
    samples = table["samples"]
    delta = table.get("compliance_delta_percent", 1)
    return Benchmark(
        name=name,
        listed=table.get("listed", True),
        scenarios={Category(category): _scenario_set(rows) for category, rows in table["scenarios"].items()},
        accuracy=tuple(_metric(each, rows, patterns[each], delta) for each, rows in table["accuracy"].items()),
        performance_sample_count=samples["performance"],
        dataset_size=samples["dataset"],
        accuracy_sample_counts=_accuracy_samples(samples.get("accuracy", {})),
        min_queries=_by_scenario(table["min_queries"], int),
        latency_limits_ns=_by_scenario(table.get("latency_limits_ms", {}), _nanoseconds),
        token_latency_limits=_by_scenario(table.get("token_latency_limits_ms", {}), _token_limits),
        needs_token_latencies=table.get("needs_token_latencies", False),
        offline_min_samples=samples.get("offline_min"),
        min_duration_applies=table.get("min_duration_applies", True),
        compliance_tests=tuple(table["compliance_tests"]),
        result_fields=_by_scenario(table.get("result_fields", {}), str),
        units=_by_scenario(table.get("units", {}), str),
        latency_divisor=table.get("latency_divisor", _NS_PER_MS),
        accuracy_files={folder: tuple(names) for folder, names in table.get("accuracy_files", {}).items()},
        allows_endpoints=table.get("allows_endpoints", False),
        requires_equal_issue=table.get("requires_equal_issue", False),
    )


def _scenario_set(table: _Table) -> ScenarioSet:
    return ScenarioSet(
        required=tuple(Scenario(scenario) for scenario in table["required"]),
        optional=tuple(Scenario(scenario) for scenario in table.get("optional", ())),
    )


def _metric(name: str, table: _Table, pattern: re.Pattern[str], delta: float) -> AccuracyMetric:
    targets: dict[Scenario | None, float] = {}
    if "target" in table:
        targets[None] = _bound(table["target"])
    targets.update(_by_scenario(table.get("scenario_targets", {}), _bound).items())
    return AccuracyMetric(
        name=name,
        pattern=pattern,
        targets=targets,
        upper_limit=_bound(table["upper_limit"]) if "upper_limit" in table else None,
        compliance_delta_percent=table.get("compliance_delta_percent", delta),
    )


def _bound(value: Any) -> float:
    """A bound as the rules state it: a number, or a share of the reference model's accuracy."""
    if isinstance(value, dict):
        return float(value["reference"] * value["share"])
    return float(value)


def _accuracy_samples(value: Any) -> dict[Scenario | None, int]:
    """One count for all scenarios, or one each; where a scenario has none, the data set's size counts."""
    counts: dict[Scenario | None, int] = {}
    if isinstance(value, dict):
        counts.update(_by_scenario(value, int).items())
    else:
        counts[None] = value
    return counts


def _nanoseconds(milliseconds: int) -> int:
    return milliseconds * _NS_PER_MS


def _token_limits(table: _Table) -> TokenLatencyLimits:
    return TokenLatencyLimits(ttft_ns=_nanoseconds(table["ttft"]), tpot_ns=_nanoseconds(table["tpot"]))


def _by_scenario(table: _Table, convert: Callable[[Any], _Value]) -> dict[Scenario, _Value]:
    return {Scenario(scenario): convert(value) for scenario, value in table.items()}
