"""POW rules: power measured beside performance. Sources: PowerCheck's methods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rules.checks.catalogue import Violation, rule
from rules.checks.performance import performance_metric
from rules.domain import POWER_FOLDER, POWER_LOG, RANGING_FOLDER, Scenario
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.rounds.model import Round
from rules.verdict import Power

_TIME = "%m-%d-%Y %H:%M:%S.%f"
_POWER_FILES = frozenset(("client.json", "client.log", "ptd_logs.txt", "server.json", "server.log"))
_RUN_FILES = frozenset(("mlperf_log_summary.txt", "mlperf_log_detail.txt", "spl.txt"))
_OPTIONAL = frozenset(("mlperf_log_accuracy.json", "mlperf_log_trace.json", "results.json", ".gitkeep"))
_RATES = (Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE)
#: A MultiStream query has this many samples.
_MULTI_STREAM_SAMPLES = 8


@rule(
    "POW-001",
    "files of the power run: {found}",
    fix="Copy the whole session of the power measurement: power/, ranging/ and run_1/ with spl.txt.",
    source="PowerCheck.required_files_check",
)
def files_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if not evidence.has_power:
        return
    folders = (
        ("performance/run_1/", _RUN_FILES),
        (RANGING_FOLDER, _RUN_FILES),
        (POWER_FOLDER, _POWER_FILES),
    )
    for folder, wanted in folders:
        present = {path[len(folder) :] for path in evidence.paths if path.startswith(folder)}
        missing, extra = sorted(wanted - present), sorted(present - wanted - _OPTIONAL)
        said = [f"{what} {', '.join(names)}" for what, names in (("missing", missing), ("unexpected", extra)) if names]
        if said:
            yield Violation(evidence.folder, found=f"in {folder.rstrip('/')} {'; '.join(said)}")


@rule(
    "POW-002",
    "no power samples within the run ({found})",
    fix="Check that the clocks of the power server and the system agree, and measure again.",
    source="PowerCheck.get_power_metric_check",
)
def no_samples(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    if evidence.has_power and evidence.performance is not None and measure_power(evidence, round_) is None:
        log = evidence.performance
        window = f"{log.get('power_begin')} to {log.get('power_end')}"
        yield Violation(evidence.path(POWER_LOG), found=window)


def measure_power(evidence: Evidence, round_: Round) -> Power | None:
    """Average power over the run as the round's metric: W, or mJ a query for the stream scenarios."""
    log = evidence.performance
    if not evidence.has_power or log is None or evidence.power_samples is None:
        return None
    begin, end = _time(log.get("power_begin")), _time(log.get("power_end"))
    if begin is None or end is None:
        return None
    watts = [power for time, power in _samples(evidence.power_samples) if begin < time < end and power > 0]
    if not watts:
        return None
    average = sum(watts) / len(watts)
    units = round_.power_units[evidence.scenario]
    if evidence.scenario in _RATES:
        rate = performance_metric(evidence, round_)
        return None if rate is None else Power(average, units, rate / average)
    return _energy(evidence, log, average * (end - begin).total_seconds(), units)


def _energy(evidence: Evidence, log: DetailLog, joules: float, units: str) -> Power | None:
    queries = log.number("result_query_count")
    if not queries:
        return None
    samples = _MULTI_STREAM_SAMPLES if evidence.scenario is Scenario.MULTI_STREAM else 1
    from_single = samples > 1 and evidence.logged_scenario is Scenario.SINGLE_STREAM
    millijoules = joules * (samples if from_single else 1) * 1000 / queries
    return Power(millijoules, units, samples * 1000 / millijoules)


def _samples(text: str) -> Iterator[tuple[datetime, float]]:
    """(time, W) of each line of spl.txt: `Time,<time>,Watts,<power>,…`."""
    for line in text.splitlines():
        parts = line.split(",")
        if line.startswith("Time") and len(parts) > 3:
            time = _time(parts[1])
            try:
                power = float(parts[3])
            except ValueError:
                continue
            if time is not None:
                yield time, power


def _time(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), _TIME)
    except ValueError:
        return None
