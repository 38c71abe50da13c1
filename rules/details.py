"""What a run's verdict leaves out and people want to see: figures against their limits, latencies, power over time.

Pure. Made of the evidence that the checks judge, as JSON for the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rules.checks.accuracy import counted_scores
from rules.checks.performance import EARLY_STOPPING
from rules.domain import (
    ACCURACY_DETAIL_LOG,
    ACCURACY_REPORT,
    ACCURACY_SUMMARY_LOG,
    DETAIL_LOG,
    ENDPOINTS_ACCURACY,
    ENDPOINTS_CONFIG,
    ENDPOINTS_CONFIG_YML,
    ENDPOINTS_PERFORMANCE,
    MEASUREMENTS,
    POWER_LOG,
    SUMMARY_LOG,
    USER_CONF,
    Division,
    Scenario,
)
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.parsers.power import Problem, Samples, parse_time, seconds
from rules.rounds.model import Round

#: Points of a power curve at most.
MOST_POINTS = 200
#: A larger figure is none, and JavaScript couldn't hold it.
_LARGEST = 1e300
AT_LEAST, AT_MOST, BELOW, EXACTLY = "at least", "at most", "below", "exactly"
#: Shown in this order where they are there.
_FILES = (
    SUMMARY_LOG, DETAIL_LOG, POWER_LOG, ENDPOINTS_PERFORMANCE, ENDPOINTS_CONFIG, ENDPOINTS_CONFIG_YML,
    ACCURACY_REPORT, ACCURACY_SUMMARY_LOG, ACCURACY_DETAIL_LOG, ENDPOINTS_ACCURACY, MEASUREMENTS, USER_CONF,
)  # fmt: skip
_LATENCY = "result_{}_latency_ns"
_FIRST_TOKEN = "result_first_token_{}_latency_ns"
_PER_TOKEN = "result_time_per_output_token_{}"
_PERCENTILES = ("50.00", "90.00", "95.00", "97.00", "99.00", "99.90")
#: What is told of latencies.
STATISTICS = ("min", "mean", *(f"{percentile}_percentile" for percentile in _PERCENTILES), "max")


@dataclass(frozen=True)
class Measure:
    """A figure of the logs and the round's bound for it, both in `unit`."""

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    bound: str = AT_LEAST


@dataclass(frozen=True)
class Accuracy:
    """A metric of the accuracy report, in the report's own unit."""

    name: str
    value: float | None
    target: float | None = None
    upper_limit: float | None = None
    #: Whether the bounds hold: in the open division they are there to compare with.
    binding: bool = True


@dataclass(frozen=True)
class Latencies:
    """One kind of latency, ns, in the order of `STATISTICS`."""

    name: str
    values: tuple[float | None, ...]
    limit: float | None = None


@dataclass(frozen=True)
class PowerSeries:
    """The meter's readings, each point the mean of neighbours: seconds since the test's begin, W."""

    times: tuple[float, ...]
    watts: tuple[float | None, ...]
    #: How long the test ran, s.
    duration: float | None = None


@dataclass(frozen=True)
class Details:
    validity: str | None = None
    measures: tuple[Measure, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    latencies: tuple[Latencies, ...] = ()
    power: PowerSeries | None = None
    #: Path by artefact.
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        made: dict[str, Any] = msgspec.to_builtins(self)  # a tenth of what `asdict` takes
        return made


def run_details(evidence: Evidence, round_: Round) -> Details:
    log = evidence.performance
    validity = log.get("result_validity") if log else None
    return Details(
        validity=validity if isinstance(validity, str) else None,
        measures=tuple(_measures(evidence, round_)),
        accuracy=tuple(_accuracy(evidence)),
        latencies=tuple(_latencies(evidence, log)) if log else (),
        power=_power(evidence),
        files={name: str(evidence.paths[name]) for name in _FILES if name in evidence.paths},
    )


def _measures(evidence: Evidence, round_: Round) -> Iterator[Measure]:
    """The figures that the PERF and ACC rules bound, each where its rule holds."""
    log, benchmark, scenario = evidence.performance, evidence.benchmark, evidence.scenario
    if log is not None:
        stops_early = not evidence.is_endpoints and evidence.logged_scenario in EARLY_STOPPING
        limit = benchmark.latency_limits_ns.get(scenario)
        if limit is not None and not benchmark.needs_token_latencies:  # else tokens are bounded
            if stops_early:
                yield Measure("Target latency", _of(log, "effective_target_latency_ns"), "ns", limit, AT_MOST)
            else:
                latency = _of(log, _LATENCY.format("99.00_percentile"))
                yield Measure("99th percentile latency", latency, "ns", limit, AT_MOST)
        tokens = benchmark.token_latency_limits.get(scenario)
        if tokens is not None:
            first, each = _FIRST_TOKEN.format("99.00_percentile"), f"{_PER_TOKEN.format('99.00_percentile')}_ns"
            yield Measure("Time to first token, 99th percentile", _of(log, first), "ns", tokens.ttft_ns, BELOW)
            yield Measure("Time per output token, 99th percentile", _of(log, each), "ns", tokens.tpot_ns, BELOW)
        least = round_.min_duration_ms if benchmark.min_duration_applies else None
        yield Measure("Measured duration", _duration_ms(log), "ms", least)
        yield Measure("Minimum duration set", _of(log, "effective_min_duration_ms"), "ms", least)
        yield from _counts(evidence, log)
    if evidence.accuracy is not None:
        count = _of(evidence.accuracy, "effective_accuracy_sample_count", "qsl_reported_total_count")
        yield Measure("Accuracy samples", count, "samples", benchmark.accuracy_samples(scenario), EXACTLY)


def _counts(evidence: Evidence, log: DetailLog) -> Iterator[Measure]:
    benchmark, scenario = evidence.benchmark, evidence.scenario
    queries = benchmark.min_queries.get(scenario)
    yield Measure("Queries", _of(log, "result_query_count", "generated_query_count"), "queries")
    if evidence.is_endpoints:
        return
    if queries is not None and evidence.logged_scenario not in EARLY_STOPPING:
        yield Measure("Minimum queries set", _of(log, "effective_min_query_count"), "queries", queries)
    if scenario is Scenario.OFFLINE:
        least = benchmark.offline_min_samples if evidence.key.division is Division.CLOSED else None
        yield Measure("Samples in the query", _of(log, "effective_samples_per_query"), "samples", least)
    count = _of(log, "effective_performance_sample_count")
    yield Measure("Samples in memory", count, "samples", benchmark.performance_sample_count)


def _duration_ms(log: DetailLog) -> float | None:
    """From the test's begin to its end; the endpoints harness says how long that was."""
    begin, end = parse_time(log.get("power_begin")), parse_time(log.get("power_end"))
    if begin is not None and end is not None:
        return (end - begin) / 1000
    duration = _of(log, "generated_query_duration") if "effective_scenario" not in log.lines else None
    return None if duration is None else duration / 1_000_000


def _accuracy(evidence: Evidence) -> Iterator[Accuracy]:
    scenario = evidence.scenario
    if evidence.is_endpoints:
        return  # the harness's score is among the verdict's
    scores = {score.metric.name: score.number for score in counted_scores(evidence)}
    for metric in evidence.benchmark.accuracy:
        target = metric.target(scenario)
        if metric.name in scores or target is not None:
            value = _number(scores.get(metric.name))
            yield Accuracy(metric.name, value, target, metric.upper_limit, evidence.is_closed)


def _latencies(evidence: Evidence, log: DetailLog) -> Iterator[Latencies]:
    tokens = evidence.benchmark.token_latency_limits.get(evidence.scenario)
    bounds_tokens = evidence.benchmark.needs_token_latencies
    limit = None if bounds_tokens else evidence.benchmark.latency_limits_ns.get(evidence.scenario)
    kinds = (
        ("Latency", _LATENCY, "", limit),
        ("Time to first token", _FIRST_TOKEN, "", tokens.ttft_ns if tokens else None),
        ("Time per output token", _PER_TOKEN, "_ns", tokens.tpot_ns if tokens else None),
    )
    for name, key, end, bound in kinds:
        values = tuple(_of(log, key.format(statistic) + end) for statistic in STATISTICS)
        if any(value is not None for value in values):
            yield Latencies(name, values, bound)


def _power(evidence: Evidence) -> PowerSeries | None:
    if evidence.power is None or evidence.performance is None:
        return None
    samples = evidence.power.testing.samples
    if isinstance(samples, Problem) or not samples.times:
        return None
    begin = parse_time(evidence.performance.get("power_begin"))
    end = parse_time(evidence.performance.get("power_end"))
    duration = None if begin is None or end is None else seconds(end - begin)
    times, watts = _thinned(samples, samples.times[0] if begin is None else begin)
    return PowerSeries(times, watts, duration)


def _thinned(samples: Samples, begin: int) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    size = math.ceil(len(samples.times) / MOST_POINTS)
    starts = range(0, len(samples.times), size)
    times = tuple(round(seconds(samples.times[start] - begin), 3) for start in starts)
    return times, tuple(_mean(samples.watts[start : start + size].tolist()) for start in starts)


def _mean(values: list[float]) -> float | None:
    mean = _number(sum(values) / len(values))
    return None if mean is None else round(mean, 3)


def _of(log: DetailLog, *keys: str) -> float | None:
    """The first of these entries that is a number."""
    return next((number for key in keys if (number := _number(log.number(key))) is not None), None)


def _number(value: float | None) -> float | None:
    return value if value is not None and not isinstance(value, bool) and abs(value) < _LARGEST else None
