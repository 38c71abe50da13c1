"""What a run's verdict leaves out, of the example's real logs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support import CLOSED_SYSTEM, OPEN_SYSTEM, ROUND, edit_log, evidence_of, run_at

from rules.details import MOST_POINTS, STATISTICS, Details, run_details
from rules.domain import Division, Scenario

LOG = "performance/run_1/mlperf_log_detail.txt"


def details_of(folder: Path, benchmark: str = "resnet", **said: object) -> Details:
    run = run_at(folder, **said)  # type: ignore[arg-type]
    return run_details(evidence_of(run, benchmark=benchmark), ROUND)


def limits(details: Details) -> dict[str, tuple[float | None, float | None, str]]:
    return {measure.name: (measure.value, measure.limit, measure.bound) for measure in details.measures}


def test_figures_stand_beside_the_rounds_limits(offline: Path) -> None:
    found = limits(details_of(offline))
    assert found["Minimum duration set"] == (600_000, 600_000, "at least")
    assert found["Samples in memory"] == (1024, 1024, "at least")
    assert found["Accuracy samples"] == (50_000, 50_000, "exactly")
    assert found["Samples in the query"][1] == ROUND.benchmarks["resnet"].offline_min_samples


def test_the_duration_is_that_between_begin_and_end_of_the_test(offline: Path) -> None:
    value, limit, _ = limits(details_of(offline))["Measured duration"]
    assert limit == 600_000
    assert value is not None and 600_000 <= value < 700_000


def test_a_limit_that_no_rule_applies_is_none() -> None:
    stream = limits(details_of(CLOSED_SYSTEM / "resnet50/MultiStream"))
    assert "Minimum queries set" not in stream
    mapped = details_of(
        OPEN_SYSTEM / "bert-small-int4/Offline", "bert-99", division=Division.OPEN, model="bert-small-int4"
    )
    assert limits(mapped)["Samples in the query"][1] is None
    assert [each.binding for each in mapped.accuracy] == [False]


def test_accuracy_stands_beside_its_target(offline: Path) -> None:
    (accuracy,) = details_of(offline).accuracy
    assert (accuracy.name, accuracy.binding) == ("acc", True)
    assert accuracy.value is not None and accuracy.target is not None and accuracy.value > accuracy.target


def test_latencies_are_those_of_the_log() -> None:
    (latencies,) = details_of(CLOSED_SYSTEM / "resnet50/SingleStream").latencies
    values = dict(zip(STATISTICS, latencies.values, strict=True))
    log = (CLOSED_SYSTEM / "resnet50/SingleStream" / LOG).read_text()
    assert f'"result_99.00_percentile_latency_ns", "value": {values["99.00_percentile"]},' in log


@pytest.mark.parametrize("value", ["text", True, 10**400, None])
def test_what_is_no_number_is_missing(offline: Path, value: object) -> None:
    edit_log(offline / LOG, effective_performance_sample_count=value)
    assert limits(details_of(offline))["Samples in memory"][0] is None


def test_a_run_without_logs_has_no_figures(offline: Path) -> None:
    (offline / LOG).unlink()
    (offline / "accuracy/mlperf_log_detail.txt").unlink()
    details = details_of(offline)
    assert (details.measures, details.latencies, details.power) == ((), (), None)


def test_files_are_named_where_they_lie(offline: Path) -> None:
    files = details_of(offline).files
    assert files[LOG] == str(offline / LOG)
    assert all(Path(path).is_file() for path in files.values())


def test_power_is_thinned_to_few_points_from_the_tests_begin(offline: Path) -> None:
    (offline / "performance/power").mkdir()
    (offline / "performance/power/client.json").write_text("{}")
    begin = datetime(2026, 11, 24, 12, 0, 0)
    edit_log(offline / LOG, power_begin=f"{begin:%m-%d-%Y %H:%M:%S}.000", power_end=f"{begin:%m-%d-%Y} 12:15:00.000")
    times = [begin + timedelta(seconds=second) for second in range(-20, 1000)]
    lines = [f"Time,{time:%m-%d-%Y %H:%M:%S}.000,Watts,100.0,Volts,230,Amps,0.4,PF,0.9,Mark,m\n" for time in times]
    (offline / "performance/run_1/spl.txt").write_text("".join(lines))
    power = details_of(offline).power
    assert power is not None
    assert len(power.times) == len(power.watts) <= MOST_POINTS
    assert (power.times[0], power.duration, set(power.watts)) == (-20.0, 900.0, {100.0})


@pytest.mark.parametrize("scenario", list(Scenario))
def test_details_are_json(scenario: Scenario) -> None:
    evidence = evidence_of(run_at(CLOSED_SYSTEM / "resnet50/Offline"))
    placed = replace(evidence, key=replace(evidence.key, scenario=scenario))
    json.dumps(run_details(placed, ROUND).to_json(), allow_nan=False)
