"""Runs of the endpoints harness: config.yaml, result_summary.json and accuracy_results.json.

They become the same `DetailLog` that LoadGen's logs become, under LoadGen's key names, so that one
set of rules serves both (tables ENDPOINTS_* in constants.py and EndpointsParser of the official
checker, mlcommons/inference).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from rules.parsers.loadgen import DetailLog, LogProblem

#: LoadGen key <- the harness's key, its other place in the results JSON, its place in config.yaml.
_SOURCES: tuple[tuple[str, str, str | None, str | None], ...] = (
    ("effective_scenario", "effective_scenario", None, "type"),
    ("loadgen_version", "endpoints_version", None, "version"),
    ("effective_min_duration_ms", "min_duration_ms", None, "settings.runtime.min_duration_ms"),
    (
        "effective_sample_index_rng_seed",
        "effective_sample_index_rng_seed",
        None,
        "settings.runtime.dataloader_random_seed",
    ),
    ("effective_schedule_rng_seed", "effective_schedule_rng_seed", None, "settings.runtime.scheduler_random_seed"),
    ("effective_target_qps", "target_qps", None, "settings.load_pattern.target_qps"),
    ("effective_min_query_count", "min_sample_count", None, "settings.runtime.n_samples_to_issue"),
    ("qsl_reported_total_count", "n_samples_issued", None, None),
    ("qsl_reported_performance_count", "n_samples_from_dataset", "n_samples_issued", None),
    ("generated_query_count", "generated_query_count", "n_samples_issued", None),
    ("generated_query_duration", "duration_ns", None, None),
    ("result_completed_samples_per_sec", "qps", None, None),
    ("result_query_count", "result.total", "n_samples_completed", None),
    ("num_errors", "result.failed", "n_samples_failed", None),
    ("result_mean_latency_ns", "latency.avg", None, None),
    ("result_90.00_percentile_latency_ns", "latency.early_stopping_percentiles.90.0", None, None),
    ("result_99.00_percentile_latency_ns", "latency.early_stopping_percentiles.99.0", None, None),
    ("result_first_token_99.00_percentile_latency_ns", "ttft.early_stopping_percentiles.99.0", None, None),
    ("result_time_per_output_token_99.00_percentile_ns", "tpot.early_stopping_percentiles.99.0", None, None),
    ("result_completed_tokens_per_second", "tps", None, None),
    ("mean_output_tokens", "output_sequence_lengths.avg", None, None),
)


def endpoints_log(results: Mapping[str, Any], config: Mapping[str, Any]) -> DetailLog:
    """The LoadGen view of one endpoints run: `results` is its summary or accuracy JSON."""
    values: dict[str, Any] = {}
    for loadgen_key, key, other, in_config in _SOURCES:
        places = ((results, key), (results, other), (config, in_config), (config, key))
        value = next((v for v in (_lookup(data, path) for data, path in places if path) if v is not None), None)
        if value is not None:
            values[loadgen_key] = value
    _derive_rate(values)
    scores = [entry["score"] for entry in _score_entries(results) if entry.get("score") is not None]
    if scores:
        values["accuracy_score"] = scores[0]
    with suppress(ValueError):  # accuracy_problem says so
        samples = _accuracy_samples(results)
        if samples is not None:
            values["effective_accuracy_sample_count"] = samples
    failed = values.get("num_errors") or 0
    return DetailLog(values, errors=(LogProblem(1, f"{failed} samples failed"),) if failed else ())


def accuracy_problem(results: Mapping[str, Any]) -> str | None:
    """What of an accuracy JSON's list of scores can't be understood, if anything."""
    entries = results.get("accuracy_scores", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return "accuracy_scores is not a list of objects"
    try:
        _accuracy_samples(results)
    except ValueError:
        return "the number of samples of a data set is no number"
    return None


def scenario_problem(log: DetailLog) -> str | None:
    """Why the scenario of a performance run can't be understood, if so; it may be missing."""
    scenario = log.get("effective_scenario")
    return None if scenario is None or isinstance(scenario, str) else "the scenario (`type` in config.yaml) is no text"


def scenario_spelling(logged: object, folder: str) -> object:
    """The scenario that a run counts as, from config.yaml's `type` and the folder's name.

    The harness has no words for SingleStream and Interactive runs, and calls Server `online`
    (PerformanceCheck.map_endpoints_scenario).
    """
    if folder.lower() == "singlestream":
        return "SingleStream"
    if folder.lower() == "interactive" or str(logged).lower() == "interactive":
        return "Interactive"
    if isinstance(logged, str) and logged.lower() == "online":
        return "Server"
    return logged


def _accuracy_samples(results: Mapping[str, Any]) -> int | None:
    """Samples over all data sets of an accuracy run; None if it counts none.

    Raises ValueError for what is no count.
    """
    counts = [_samples(entry) for entry in _score_entries(results) if entry.get("dataset_type") in (None, "accuracy")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _samples(entry: Mapping[str, Any]) -> int | None:
    issued = entry.get("total_samples")
    if issued is None:
        counts = entry.get("response_counts", {})
        if not isinstance(counts, dict):
            raise ValueError
        issued = counts.get("issued")
    try:
        return None if issued is None else int(issued)
    except (TypeError, OverflowError):
        raise ValueError from None


def _score_entries(results: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = results.get("accuracy_scores")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _derive_rate(values: dict[str, Any]) -> None:
    """Samples/s from count and duration, where the harness gives none for the scenario."""
    count, duration_ns = values.get("generated_query_count"), values.get("generated_query_duration")
    if not (isinstance(count, (int, float)) and isinstance(duration_ns, (int, float)) and count and duration_ns):
        return
    if "effective_scenario" not in values:
        return
    offline = str(values["effective_scenario"]).lower() == "offline"
    key = "result_samples_per_second" if offline else "result_completed_samples_per_sec"
    try:
        values.setdefault(key, count / (duration_ns / 1e9))
    except (OverflowError, ZeroDivisionError):  # figures that no run has
        return


def _lookup(data: Any, path: str) -> Any:
    """The value at a dotted path; keys may hold dots themselves ('99.0'): the longest match wins.

    Empty lists and objects count as absent.
    """
    if path == "" or (path == "0" and not isinstance(data, (dict, list))):  # '99.0' also names the key '99'
        return data if data not in ({}, []) else None
    if not isinstance(data, dict):
        return None
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        key = ".".join(parts[:end])
        if key in data:
            return _lookup(data[key], ".".join(parts[end:]))
    return None
