"""Runs of the endpoints harness: config.yaml, result_summary.json and accuracy_results.json.

They become the same `DetailLog` that LoadGen's logs become, under LoadGen's key names, so that one
set of rules serves both (tables ENDPOINTS_* in constants.py and EndpointsParser of the official
checker, mlcommons/inference).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rules.parsers.loadgen import DetailLog

#: LoadGen key <- path in result_summary.json (or accuracy_results.json), tried in order.
_FROM_RESULTS: dict[str, tuple[str, ...]] = {
    "qsl_reported_total_count": ("n_samples_issued",),
    "qsl_reported_performance_count": ("n_samples_from_dataset", "n_samples_issued"),
    "generated_query_count": ("generated_query_count", "n_samples_issued"),
    "generated_query_duration": ("duration_ns",),
    "result_completed_samples_per_sec": ("qps",),
    "result_query_count": ("result.total", "n_samples_completed"),
    "num_errors": ("result.failed", "n_samples_failed"),
    "result_mean_latency_ns": ("latency.avg",),
    "result_99.00_percentile_latency_ns": ("latency.early_stopping_percentiles.99.0",),
    "result_first_token_99.00_percentile_latency_ns": ("ttft.early_stopping_percentiles.99.0",),
    "result_time_per_output_token_99.00_percentile_ns": ("tpot.early_stopping_percentiles.99.0",),
    "result_completed_tokens_per_second": ("tps",),
    "mean_output_tokens": ("output_sequence_lengths.avg",),
}
#: LoadGen key <- path in config.yaml.
_FROM_CONFIG: dict[str, str] = {
    "effective_scenario": "type",
    "loadgen_version": "version",
    "effective_min_duration_ms": "settings.runtime.min_duration_ms",
    "effective_sample_index_rng_seed": "settings.runtime.dataloader_random_seed",
    "effective_schedule_rng_seed": "settings.runtime.scheduler_random_seed",
    "effective_target_qps": "settings.load_pattern.target_qps",
    "effective_min_query_count": "settings.runtime.n_samples_to_issue",
}


def endpoints_log(results: Mapping[str, Any], config: Mapping[str, Any]) -> DetailLog:
    """The LoadGen view of one endpoints run: `results` is its summary or accuracy JSON."""
    values: dict[str, Any] = {}
    for key, paths in _FROM_RESULTS.items():
        value = next((v for v in (_lookup(results, path) for path in paths) if v is not None), None)
        if value is not None:
            values[key] = value
    for key, path in _FROM_CONFIG.items():
        value = _lookup(config, path)
        if value is not None:
            values[key] = value
    _derive_rate(values)
    scores = accuracy_scores(results)
    if scores:
        values["accuracy_score"] = scores[0]
    samples = _accuracy_samples(results)
    if samples is not None:
        values["effective_accuracy_sample_count"] = samples
    return DetailLog(values, {})


def accuracy_scores(results: Mapping[str, Any]) -> list[Any]:
    """The score of each data set of an accuracy run, as the harness wrote it."""
    return [entry["score"] for entry in _score_entries(results) if entry.get("score") is not None]


def _accuracy_samples(results: Mapping[str, Any]) -> int | None:
    """Samples over all data sets of an accuracy run; None if it counts none."""
    counts = []
    for entry in _score_entries(results):
        if entry.get("dataset_type") not in (None, "accuracy"):
            continue
        issued = entry.get("total_samples", _lookup(entry, "response_counts.issued"))
        if isinstance(issued, (int, float)):
            counts.append(int(issued))
    return sum(counts) if counts else None


def _score_entries(results: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    entries = results.get("accuracy_scores")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _derive_rate(values: dict[str, Any]) -> None:
    """Samples/s from count and duration, where the harness gives none for the scenario."""
    count, duration_ns = values.get("generated_query_count"), values.get("generated_query_duration")
    if not (isinstance(count, (int, float)) and isinstance(duration_ns, (int, float)) and count and duration_ns):
        return
    offline = str(values.get("effective_scenario", "")).lower() == "offline"
    key = "result_samples_per_second" if offline else "result_completed_samples_per_sec"
    values.setdefault(key, count / (duration_ns / 1e9))


def _lookup(data: Any, path: str) -> Any:
    """The value at a dotted path; keys may hold dots themselves ('99.0'): the longest match wins."""
    if path == "" or (path == "0" and isinstance(data, (int, float))):  # '99.0' also names the key '99'
        return data
    if not isinstance(data, dict):
        return None
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        key = ".".join(parts[:end])
        if key in data:
            return _lookup(data[key], ".".join(parts[end:]))
    return None
