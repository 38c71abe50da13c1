"""Runs of the endpoints harness under LoadGen's names."""

from __future__ import annotations

from typing import Any

import pytest
from fitted_run import ENDPOINTS_DURATION_NS, ENDPOINTS_SAMPLES

from rules.parsers.endpoints import accuracy_problem, endpoints_log, scenario_problem, scenario_spelling
from rules.parsers.loadgen import DetailLog, LogProblem

CONFIG = {
    "type": "offline",
    "version": "1.0",
    "settings": {
        "runtime": {
            "min_duration_ms": 600000,
            "dataloader_random_seed": 1,
            "scheduler_random_seed": 2,
            "n_samples_to_issue": 50,
        },
        "load_pattern": {"target_qps": 7},
    },
}
SUMMARY = {
    "n_samples_issued": ENDPOINTS_SAMPLES,
    "n_samples_completed": 990,
    "n_samples_failed": 10,
    "duration_ns": ENDPOINTS_DURATION_NS,
    "tps": 300.5,
    "latency": {"avg": 4, "early_stopping_percentiles": {"90.0": 8, "99.0": 9}},
    "ttft": {"early_stopping_percentiles": {"99.0": 5}},
    "tpot": {"early_stopping_percentiles": {"99.0": 6}},
    "output_sequence_lengths": {"avg": 128.5},
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("effective_scenario", "offline"),
        ("loadgen_version", "1.0"),
        ("effective_min_duration_ms", 600000),
        ("effective_sample_index_rng_seed", 1),
        ("effective_schedule_rng_seed", 2),
        ("effective_target_qps", 7),
        ("effective_min_query_count", 50),
        ("qsl_reported_total_count", 1000),
        ("qsl_reported_performance_count", 1000),
        ("generated_query_count", 1000),
        ("generated_query_duration", ENDPOINTS_DURATION_NS),
        ("result_query_count", 990),
        ("num_errors", 10),
        ("result_mean_latency_ns", 4),
        ("result_90.00_percentile_latency_ns", 8),
        ("result_99.00_percentile_latency_ns", 9),
        ("result_first_token_99.00_percentile_latency_ns", 5),
        ("result_time_per_output_token_99.00_percentile_ns", 6),
        ("result_completed_tokens_per_second", 300.5),
        ("mean_output_tokens", 128.5),
        ("result_samples_per_second", 2.0),
        ("result_completed_samples_per_sec", None),
        ("effective_qsl_rng_seed", None),
    ],
)
def test_what_the_harness_says_has_loadgens_name(key: str, value: object) -> None:
    assert endpoints_log(SUMMARY, CONFIG).get(key) == value


def test_a_log_has_no_lines() -> None:
    log = endpoints_log(SUMMARY, CONFIG)
    assert (log.lines, log.problems) == ({}, ())


@pytest.mark.parametrize(
    ("summary", "config", "value"),
    [
        ({"min_duration_ms": 1}, CONFIG, 1),
        ({}, {"min_duration_ms": 2}, 2),
        ({}, {"min_duration_ms": 2, "settings": {"runtime": {"min_duration_ms": 3}}}, 3),
        ({"min_duration_ms": None}, CONFIG, 600000),
        ({"min_duration_ms": {}}, CONFIG, 600000),
        ({"min_duration_ms": []}, CONFIG, 600000),
        ({"min_duration_ms": 0}, CONFIG, 0),
        ({}, {"settings": []}, None),
        ({}, {"settings": {"runtime": 5}}, None),
        ({}, {"settings.runtime": {"min_duration_ms": 4}}, 4),
    ],
)
def test_results_come_before_the_configuration(summary: Any, config: Any, value: object) -> None:
    assert endpoints_log(summary, config).get("effective_min_duration_ms") == value


@pytest.mark.parametrize(
    ("percentiles", "value"),
    [
        ({"99.0": 9}, 9),
        ({"99": 9}, 9),
        ({"99": {"0": 9}}, 9),
        ({"99.0": None}, None),
        ({"99": {}}, None),
        ({"99": [9]}, None),
        ({"97.0": 9}, None),
    ],
)
def test_a_percentile_is_found_with_and_without_its_point(percentiles: Any, value: object) -> None:
    summary = {"latency": {"early_stopping_percentiles": percentiles}}
    assert endpoints_log(summary, {}).get("result_99.00_percentile_latency_ns") == value


class TestRate:
    @pytest.mark.parametrize(
        ("scenario", "key"),
        [
            ("offline", "result_samples_per_second"),
            ("OFFLINE", "result_samples_per_second"),
            ("online", "result_completed_samples_per_sec"),
            ("interactive", "result_completed_samples_per_sec"),
        ],
    )
    def test_is_that_of_count_and_duration(self, scenario: str, key: str) -> None:
        assert endpoints_log(SUMMARY, {"type": scenario}).get(key) == 2.0

    def test_is_the_harness_own_where_it_says_one(self) -> None:
        assert endpoints_log(SUMMARY | {"qps": 7.5}, {"type": "online"}).get("result_completed_samples_per_sec") == 7.5

    @pytest.mark.parametrize(
        "more",
        [
            {"duration_ns": 0},
            {"n_samples_issued": 0},
            {"duration_ns": None},
            {"duration_ns": "1"},
            {"n_samples_issued": [1]},
            {"duration_ns": 1e-320},
            {"n_samples_issued": 10**400},
        ],
    )
    def test_needs_both(self, more: dict[str, object]) -> None:
        log = endpoints_log(SUMMARY | more, {"type": "offline"})
        assert log.get("result_samples_per_second") is None

    def test_needs_a_scenario(self) -> None:
        log = endpoints_log(SUMMARY, {})
        assert log.get("result_samples_per_second") is log.get("result_completed_samples_per_sec") is None


@pytest.mark.parametrize(
    ("summary", "errors"),
    [
        ({}, ()),
        ({"n_samples_failed": 0}, ()),
        ({"n_samples_failed": 3}, (LogProblem(1, "3 samples failed"),)),
        ({"result": {"failed": 4}}, (LogProblem(1, "4 samples failed"),)),
    ],
)
def test_samples_that_failed_are_errors(summary: dict[str, object], errors: tuple[LogProblem, ...]) -> None:
    assert endpoints_log(summary, {}).errors == errors


class TestAccuracy:
    @pytest.mark.parametrize(
        ("scores", "samples"),
        [
            ([], None),
            ([{"total_samples": 5}], 5),
            ([{"total_samples": 5}, {"total_samples": 6}], 11),
            (
                [{"dataset_type": "accuracy", "total_samples": 5}, {"dataset_type": "performance", "total_samples": 6}],
                5,
            ),
            ([{"response_counts": {"issued": 7}}], 7),
            ([{"total_samples": 5, "response_counts": {"issued": 7}}], 5),
            ([{"total_samples": "8"}], 8),
            ([{"total_samples": 0}], 0),
            ([{"score": 1}], None),
        ],
    )
    def test_covers_the_samples_of_all_its_data_sets(self, scores: list[object], samples: int | None) -> None:
        log = endpoints_log({"accuracy_scores": scores}, {})
        assert log.get("effective_accuracy_sample_count") == samples

    @pytest.mark.parametrize(
        ("scores", "score"),
        [
            ([{"score": 0.5}], 0.5),
            ([{"score": None}, {"score": 0.6}, {"score": 0.7}], 0.6),
            ([{"score": {"f1": 1}}], {"f1": 1}),
            ([{"score": 0}], 0),
            ([{}], None),
        ],
    )
    def test_score_is_the_first_that_there_is(self, scores: list[object], score: object) -> None:
        assert endpoints_log({"accuracy_scores": scores}, {}).get("accuracy_score") == score

    @pytest.mark.parametrize(
        ("results", "problem"),
        [
            ({}, None),
            ({"accuracy_scores": []}, None),
            ({"accuracy_scores": [{"total_samples": 5.0}]}, None),
            ({"accuracy_scores": None}, "accuracy_scores is not a list of objects"),
            ({"accuracy_scores": {"score": 1}}, "accuracy_scores is not a list of objects"),
            ({"accuracy_scores": [1]}, "accuracy_scores is not a list of objects"),
            ({"accuracy_scores": [{"total_samples": "all"}]}, "the number of samples of a data set is no number"),
            ({"accuracy_scores": [{"response_counts": None}]}, "the number of samples of a data set is no number"),
            ({"accuracy_scores": [{"dataset_type": "performance", "total_samples": "all"}]}, None),
        ],
    )
    def test_that_cant_be_understood_is_named(self, results: dict[str, object], problem: str | None) -> None:
        assert accuracy_problem(results) == problem
        assert isinstance(endpoints_log(results, {}), DetailLog)


@pytest.mark.parametrize(
    ("logged", "folder", "spelling"),
    [
        ("offline", "Offline", "offline"),
        ("Offline", "Offline", "Offline"),
        ("online", "Server", "Server"),
        ("Online", "server", "Server"),
        ("server", "Server", "server"),
        ("online", "Interactive", "Interactive"),
        ("offline", "interactive", "Interactive"),
        ("INTERACTIVE", "Server", "Interactive"),
        ("offline", "SingleStream", "SingleStream"),
        ("online", "singlestream", "SingleStream"),
        (None, "Offline", None),
        (4, "Offline", 4),
    ],
)
def test_the_scenario_is_that_of_the_type_or_the_folder(logged: object, folder: str, spelling: object) -> None:
    assert scenario_spelling(logged, folder) == spelling


@pytest.mark.parametrize(("scenario", "is_understood"), [("x", True), (None, True), (4, False), (["offline"], False)])
def test_a_scenario_must_be_text(scenario: object, is_understood: bool) -> None:
    assert (scenario_problem(DetailLog({"effective_scenario": scenario})) is None) is is_understood
