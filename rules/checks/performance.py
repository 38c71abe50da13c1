"""PERF rules: the performance run. Sources are PerformanceCheck's methods unless said."""

from __future__ import annotations

from collections.abc import Iterator

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import (
    DETAIL_LOG,
    ENDPOINTS_CONFIG,
    ENDPOINTS_CONFIG_YML,
    ENDPOINTS_PERFORMANCE,
    Artefact,
    Category,
    Division,
    Scenario,
)
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.rounds import Round, round_with_seeds

EARLY_STOPPING = frozenset((Scenario.SERVER, Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM))
_TOKEN_LIMITED = (Scenario.SERVER, Scenario.INTERACTIVE)
_NETWORK_SUT = "Network SUT"
_QSL_SEED = "qsl_rng_seed"
#: The network division is measured over a network, the closed one isn't; open may be either.
_NETWORK_MODE = {Division.NETWORK: True, Division.CLOSED: False}
_NS_PER_MS = 1_000_000
_MULTI_STREAM_SAMPLES = 8


def performance_log(evidence: Evidence) -> str:
    """Where the performance run's log is, for messages."""
    return evidence.path(ENDPOINTS_PERFORMANCE if evidence.is_endpoints else DETAIL_LOG)


def compliance_artefact(test: str) -> Artefact:
    return Artefact(f"{test}/{DETAIL_LOG}")


@rule(
    "PERF-001",
    "no performance run",
    "no performance run: {expected} is missing",
    fix="Run the benchmark in performance mode, or copy the missing log into the run's folder.",
    source="PerformanceCheck.missing_check",
    input_fault=True,
)
def performance_log_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The result is read from the performance run's log; the official checker dies of a missing one."""
    has_config = evidence.has(ENDPOINTS_CONFIG) or evidence.has(ENDPOINTS_CONFIG_YML)
    wanted = ENDPOINTS_PERFORMANCE if evidence.is_endpoints and has_config else DETAIL_LOG
    if evidence.performance is None and not any(u.artefact == wanted for u in evidence.unreadable):
        yield Violation(evidence.folder, expected=wanted)


@rule(
    "PERF-002",
    "file can't be read",
    "can't be read: {found}",
    fix="Copy the file again from the machine that made it; if it is whole there, report the line.",
    source="LoadgenParser, EndpointsParser, Loader.load_single_log",
    input_fault=True,
)
def unreadable(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A log that is torn or garbled proves nothing; the official checker ends in a traceback at most of them."""
    for what in evidence.unreadable:
        if evidence.is_closed or not what.closed_only:
            yield Violation(evidence.path(what.artefact), what.line, found=what.reason)


@rule(
    "PERF-003",
    "LoadGen logged errors in the performance run",
    "LoadGen logged an error: {found}",
    fix="Mend the cause and run again; a run with LoadGen errors is not valid.",
    source="inference rules, section 'LoadGen operation'; PerformanceCheck.loadgen_errors_check looks away",
    official=False,
)
def loadgen_errors(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """LoadGen logs an error where a run breaks its rules. The official checker ignores it unless told
    to forgive one kind of error, when it starts to look at the others."""
    if evidence.performance is None or evidence.is_endpoints:
        return
    for error in evidence.performance.errors:
        yield Violation(performance_log(evidence), error.line, found=error.text)


@rule(
    "PERF-004",
    "too few performance samples",
    "performance sample count is {found}, must be at least {expected}",
    fix="Set performance_sample_count_override in user.conf (or the QSL's size) to the round's figure and run again.",
    source="PerformanceCheck.performance_sample_count_check",
)
def too_few_performance_samples(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Fewer distinct samples in memory make caches look better than they are."""
    if evidence.performance is not None:
        yield from sample_count_violations(evidence, evidence.performance, performance_log(evidence), round_)


def sample_count_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if evidence.is_endpoints:
        return
    key = "effective_performance_sample_count"
    required = evidence.benchmark.performance_sample_count
    count = log.number(key)
    if count is None or count < required:
        yield Violation(path, log.line(key), found=count, expected=required)


@rule(
    "PERF-005",
    "seeds of another round",
    "seeds are not the round's: {found}, must be {expected}",
    fix="Use the LoadGen of the round (its mlperf.conf carries the seeds) and run again;"
    " or build for the round whose seeds the run has.",
    source="PerformanceCheck.seeds_check",
    input_fault=True,
)
def seeds_differ(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The seeds of a round are published late, so that nobody can tune for its order of samples."""
    if evidence.performance is not None:
        yield from seed_violations(evidence, evidence.performance, performance_log(evidence), round_)


def seed_violations(evidence: Evidence, log: DetailLog, path: str, round_: Round) -> Iterator[Violation]:
    wanted = {seed: value for seed, value in round_.seeds.items() if not (evidence.is_endpoints and seed == _QSL_SEED)}
    logged = {seed: log.get(f"effective_{seed}") for seed in wanted}
    differing = [seed for seed in wanted if logged[seed] != wanted[seed]]
    if differing:
        owner = round_with_seeds(logged)
        found = ", ".join(f"{seed} {logged[seed]}" for seed in differing) + (f" (those of {owner})" if owner else "")
        expected = ", ".join(str(wanted[seed]) for seed in differing)
        yield Violation(path, log.line(f"effective_{differing[0]}"), found, expected)


@rule(
    "PERF-006",
    "early stopping was not met",
    "early stopping was not met: {found}",
    fix="Run again for longer or at a lower load; the log says how many queries are missing.",
    source="PerformanceCheck.latency_check",
)
def early_stopping_unmet(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Too few queries for the latency percentile to be known with the confidence that the rules ask for."""
    if evidence.performance is not None:
        yield from early_stopping_violations(evidence, evidence.performance, performance_log(evidence), round_)


def early_stopping_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if evidence.is_endpoints or evidence.logged_scenario not in EARLY_STOPPING:
        return
    if not log.get("early_stopping_met"):
        found = str(log.get("early_stopping_result") or "the log has no early_stopping_met").strip()
        yield Violation(path, log.line("early_stopping_met"), found=found)


@rule(
    "PERF-007",
    "latency above the limit",
    "latency is {found} ns, must be at most {expected} ns",
    fix="Lower target_qps until the 99th percentile latency holds, with the round's target_latency, and run again.",
    source="PerformanceCheck.latency_check",
)
def latency_over_limit(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A rate counts only at the latency that the round bounds for the benchmark."""
    if evidence.performance is not None:
        yield from latency_violations(evidence, evidence.performance, performance_log(evidence), round_)


def latency_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if not evidence.is_endpoints and evidence.logged_scenario in EARLY_STOPPING:
        limit = evidence.benchmark.latency_limits_ns.get(evidence.logged_scenario)
        key = "effective_target_latency_ns"
    elif evidence.is_endpoints and evidence.benchmark.needs_token_latencies:
        return  # bounded by token latencies instead
    else:
        limit = evidence.benchmark.latency_limits_ns.get(evidence.scenario)
        key = "result_99.00_percentile_latency_ns"
    latency = log.number(key)
    if limit is not None and (latency is None or latency > limit):
        yield Violation(path, log.line(key), found=latency, expected=limit)


@rule(
    "PERF-008",
    "minimum query count too low",
    "minimum query count is {found}, must be at least {expected}",
    fix="Remove min_query_count from user.conf, so that LoadGen's own figure holds, and run again.",
    source="PerformanceCheck.min_query_count_check",
)
def too_few_queries(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A run of fewer queries than the round asks for is a trial run."""
    if evidence.performance is not None:
        yield from query_count_violations(evidence, evidence.performance, performance_log(evidence), round_)


def query_count_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    scenario = evidence.logged_scenario
    if evidence.is_endpoints or scenario is None or scenario in EARLY_STOPPING:
        return
    required = evidence.benchmark.min_queries.get(scenario)
    count = log.number("effective_min_query_count")
    if required and (count is None or count < required):
        yield Violation(path, log.line("effective_min_query_count"), found=count, expected=required)


@rule(
    "PERF-009",
    "too few samples in the Offline query",
    "Offline query has {found} samples, must have at least {expected}",
    fix="Raise target_qps in user.conf to what the system reaches, so that LoadGen makes a query of the full size.",
    source="PerformanceCheck.min_query_count_check",
)
def too_few_samples_per_query(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """An Offline run is one query; its size is what makes the run long enough."""
    if evidence.performance is not None:
        yield from samples_per_query_violations(evidence, evidence.performance, performance_log(evidence), round_)


def samples_per_query_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if evidence.is_endpoints or evidence.logged_scenario is not Scenario.OFFLINE:
        return
    key = "effective_samples_per_query"
    required, count = evidence.benchmark.offline_min_samples, log.number(key)
    if required is None:  # in every division: the official checker fails for want of the figure
        yield Violation(path, log.line(key), found=count, expected="a figure that the official tables don't have")
    elif count is None or (count < required and evidence.key.division is Division.CLOSED):
        yield Violation(path, log.line(key), found=count, expected=required)


@rule(
    "PERF-010",
    "minimum duration too short",
    "minimum duration is {found} ms, must be at least {expected} ms",
    fix="Remove min_duration from user.conf (quick trial runs set it) and run again.",
    source="PerformanceCheck.min_duration_check",
)
def too_short(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A short run ends before clocks drop and caches fill; ten minutes show a system's steady state."""
    if evidence.performance is not None:
        yield from duration_violations(evidence, evidence.performance, performance_log(evidence), round_)


def duration_violations(evidence: Evidence, log: DetailLog, path: str, round_: Round) -> Iterator[Violation]:
    key = "effective_min_duration_ms"
    duration = log.number(key)
    if evidence.benchmark.min_duration_applies and (duration is None or duration < round_.min_duration_ms):
        yield Violation(path, log.line(key), found=duration, expected=round_.min_duration_ms)


@rule(
    "PERF-011",
    "token latencies were not recorded",
    "token latencies were not recorded",
    fix="Set use_token_latencies = 1 for the benchmark in user.conf and run again.",
    source="PerformanceCheck.llm_check",
)
def token_latencies_off(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Without token latencies LoadGen counts samples, not tokens, and knows no time to the first of them."""
    if evidence.performance is not None:
        yield from token_recording_violations(evidence, evidence.performance, performance_log(evidence), round_)


def token_recording_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if evidence.is_endpoints or not evidence.benchmark.needs_token_latencies:
        return
    if not log.get("requested_use_token_latencies"):
        yield Violation(path, log.line("requested_use_token_latencies"), found="off", expected="on")


@rule(
    "PERF-012",
    "token latency above the limit",
    "99th percentile token latency: {found}, must be below {expected}",
    fix="Lower target_qps until time to first token and time per output token hold, and run again.",
    source="PerformanceCheck.llm_check",
)
def token_latency_over_limit(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A rate of tokens counts only where the first comes soon and the others keep coming."""
    if evidence.performance is not None:
        yield from token_latency_violations(evidence, evidence.performance, performance_log(evidence), round_)


def token_latency_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    # Letter for letter: the official checker applies no limits to an endpoints run of type `server`.
    scenario = next((each for each in _TOKEN_LIMITED if each.value == evidence.logged_spelling), None)
    if scenario is not None and evidence.benchmark.needs_token_latencies:
        yield from _over_token_limits(evidence, log, path, scenario)


def _over_token_limits(evidence: Evidence, log: DetailLog, path: str, scenario: Scenario) -> Iterator[Violation]:
    limits = evidence.benchmark.token_latency_limits.get(scenario)
    if limits is None:
        yield Violation(path, found=f"no limits known for {scenario}", expected="a limit")
        return
    bounds = (
        ("TTFT", "result_first_token_99.00_percentile_latency_ns", limits.ttft_ns),
        ("TPOT", "result_time_per_output_token_99.00_percentile_ns", limits.tpot_ns),
    )
    for name, key, limit in bounds:
        latency = log.number(key)
        if latency is None or not latency < limit:  # NaN is below nothing
            yield Violation(path, log.line(key), found=f"{name} {_ns(latency)}", expected=f"{limit} ns")


def _ns(value: float | None) -> str:
    return "missing" if value is None else f"{value} ns"


@rule(
    "PERF-013",
    "token latency above the limit of the result's scenario",
    "99th percentile token latency: {found}, must be below {expected}; the official checker lets it through",
    fix="Lower target_qps until the scenario's own limits hold, and run again.",
    source="inference rules, token latency constraints; PerformanceCheck.llm_check looks up what the log calls it",
    official=False,
)
def scenario_over_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """LoadGen knows no Interactive scenario and logs Server, so the official checker applies Server's wider limits;
    to an endpoints run that says `server` in lower case it applies none."""
    log = evidence.performance
    if log is None or evidence.logged_scenario not in _TOKEN_LIMITED or not evidence.benchmark.needs_token_latencies:
        return
    # What PERF-012 has applied already is not said twice.
    if evidence.scenario in _TOKEN_LIMITED and evidence.logged_spelling != evidence.scenario.value:
        yield from _over_token_limits(evidence, log, performance_log(evidence), evidence.scenario)


@rule(
    "PERF-014",
    "log of another scenario",
    "the log is of scenario {found}, the folder of {expected}",
    fix="Move the run into the folder of the scenario that was run."
    " (A permitted inference is made by the build; don't copy runs.)",
    source="PerformanceCheck.inferred_check",
    input_fault=True,
)
def scenario_differs(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A result may be inferred from another scenario's run only on edge systems, and between few scenarios."""
    if evidence.performance is not None:
        yield from scenario_violations(evidence, evidence.performance, performance_log(evidence), round_)


def scenario_violations(evidence: Evidence, log: DetailLog, path: str, round_: Round) -> Iterator[Violation]:
    logged, placed = evidence.logged_scenario, evidence.scenario
    if is_measured(logged, placed):
        return
    permitted = (logged, placed) in round_.inference and evidence.category is not Category.DATACENTER
    if not permitted:
        found = log.get("effective_scenario")
        yield Violation(path, log.line("effective_scenario"), found=found, expected=evidence.scenario)


def is_measured(logged: Scenario | None, placed: Scenario) -> bool:
    """Whether a log of one scenario is a measurement of the other, not an inference."""
    return logged is placed or (logged, placed) == (Scenario.SERVER, Scenario.INTERACTIVE)


@rule(
    "PERF-015",
    "no result in the log",
    "no result in the log: {expected} is missing (the run was interrupted, or ran in accuracy mode)",
    fix="Run the benchmark in performance mode to its end.",
    source="PerformanceCheck.get_performance_metric_check",
)
def metric_missing(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """LoadGen writes the result last; a log without one is that of a run that didn't end."""
    if evidence.performance is not None:
        yield from metric_violations(evidence, evidence.performance, performance_log(evidence), round_)


def metric_violations(evidence: Evidence, log: DetailLog, path: str, round_: Round) -> Iterator[Violation]:
    if evidence.logged_scenario is None:
        return  # PERF-014 says so
    missing = [key for key in _result_keys(evidence, round_) if key is None or _float(log.get(key)) is None]
    if missing:
        key = missing[0]
        yield Violation(path, log.line(key or ""), expected=key or "a result of the endpoints harness in this round")
    elif performance_metric(evidence, round_) is None and not _infers_offline(evidence):  # else PERF-023
        inferred = _INFERRED[evidence.logged_scenario, evidence.scenario]
        yield Violation(path, log.line(inferred), expected=inferred)


@rule(
    "PERF-016",
    "LoadGen says INVALID",
    "LoadGen says the result is {found}",
    fix="See mlperf_log_summary.txt for the constraint that failed; mend it and run again.",
    source="inference rules: results must be VALID; get_performance_metric_check reads and ignores it",
    official=False,
)
def result_invalid(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """LoadGen judges each run by the constraints that it was given. The official checker reads that and ignores it."""
    log = evidence.performance
    if log is None or evidence.is_endpoints:
        return
    validity = log.get("result_validity")
    if validity is not None and validity != "VALID":
        yield Violation(performance_log(evidence), log.line("result_validity"), found=validity)


@rule(
    "PERF-017",
    "network mode doesn't fit the division",
    "network mode of the system is {found}, the division is {expected}",
    fix="Set is_network in the system description to what was measured, or submit to the fitting division.",
    source="PerformanceCheck.network_check, SystemCheck.network_check",
)
def network_mode_differs(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The network division is for queries that come over a network, and for nothing else."""
    expected = _NETWORK_MODE.get(evidence.key.division)
    if expected is not None and evidence.system.is_network is not expected:
        yield Violation(evidence.system.path, found=evidence.system.is_network, expected=evidence.key.division)


@rule(
    "PERF-018",
    "SUT name without its network mark",
    "SUT name '{found}' must hold '{expected}' in network mode",
    fix="Name the SUT so in the benchmark's implementation and run again.",
    source="PerformanceCheck.network_check",
)
def network_sut_name(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A network run says in the log that it is one."""
    if evidence.performance is not None:
        yield from network_name_violations(evidence, evidence.performance, performance_log(evidence), round_)


def network_name_violations(evidence: Evidence, log: DetailLog, path: str, _: Round) -> Iterator[Violation]:
    if not evidence.system.is_network:
        return
    name = log.get("sut_name")
    if not isinstance(name, str) or _NETWORK_SUT not in name:
        yield Violation(path, log.line("sut_name"), found=name, expected=_NETWORK_SUT)


@rule(
    "PERF-019",
    "benchmark is not open to the endpoints harness",
    "{found} may not be submitted with the endpoints harness in this round",
    fix="Run the benchmark with LoadGen.",
    source="PerformanceCheck.endpoints_model_check, AccuracyCheck.endpoints_model_check",
)
def endpoints_not_allowed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The round lists the benchmarks whose results may come from the endpoints harness."""
    has_results = evidence.performance is not None or evidence.accuracy is not None
    if evidence.is_endpoints and has_results and not evidence.benchmark.allows_endpoints:
        yield Violation(evidence.folder, found=evidence.benchmark.name)


@rule(
    "PERF-020",
    "equal issue mode is off",
    "the benchmark requires equal issue mode; sample_concatenate_permutation is {found}",
    fix="Use the round's mlperf.conf as it is and run again.",
    source="inference rules: equal issue mode; PerformanceCheck.equal_issue_check is inverted and tied to v4.1",
    severity=WARNING,
    official=False,
)
def equal_issue_off(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Where samples differ much in length, each must be issued equally often, or luck decides."""
    log = evidence.performance
    if log is None or evidence.is_endpoints or not evidence.is_closed or not evidence.benchmark.requires_equal_issue:
        return
    key = "effective_sample_concatenate_permutation"
    if log.get(key) is False:
        yield Violation(performance_log(evidence), log.line(key), found="false")


@rule(
    "PERF-021",
    "samples failed at the endpoint",
    "{found} samples failed",
    fix="Find out why the endpoint failed them, and run again.",
    source="inference rules: every query must complete; the official checker doesn't read it",
    severity=WARNING,
    official=False,
)
def endpoints_samples_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A rate that counts failed answers is no rate of answers."""
    log = evidence.performance
    if log is not None and evidence.is_endpoints and log.number("num_errors"):
        yield Violation(performance_log(evidence), found=log.number("num_errors"))


@rule(
    "PERF-022",
    "samples/s published as tokens/s",
    "the official checker takes the samples/s, {found}, for the result in Tokens/s; measured: {expected} tokens/s",
    fix="Nothing to mend in the run: expect the lower figure in the published table, and say so to the reviewers.",
    source="RESULT_FIELD_ENDPOINTS; get_performance_metric_check finds no token rate for endpoints runs",
    severity=WARNING,
    official=False,
)
def endpoints_rate_of_samples(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The official checker labels the endpoints harness's rate of samples as one of tokens."""
    log = evidence.performance
    if log is None or not evidence.is_endpoints or evidence.logged_scenario is None:
        return
    tokens, samples = _float(log.number("result_completed_tokens_per_second")), performance_metric(evidence, round_)
    in_tokens = round_.units_of(evidence.benchmark, evidence.scenario) == "Tokens/s"
    if in_tokens and tokens is not None and samples is not None and tokens != samples:
        yield Violation(performance_log(evidence), found=f"{samples:.6g}", expected=f"{tokens:.6g}")


@rule(
    "PERF-023",
    "result is zero or absent",
    "the result is {found}",
    fix="Run the benchmark in performance mode to its end; nothing was answered in this run.",
    source="main: a result of 0 or None counts as none, and fails the whole submission but not itself (TREE-013)",
    official=False,
)
def metric_is_zero(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The official checker passes every rule of such a result and then fails the submission without a reason."""
    log = evidence.performance
    if log is None or result_key(evidence, round_) is None:
        return
    metric = performance_metric(evidence, round_)
    if metric == 0 or (metric is None and _infers_offline(evidence)):
        yield Violation(performance_log(evidence), found=metric)


def _infers_offline(evidence: Evidence) -> bool:
    pair = (evidence.logged_scenario, evidence.scenario)
    return pair == (Scenario.SINGLE_STREAM, Scenario.OFFLINE)


@rule(
    "PERF-024",
    "scenario folder in odd letter case",
    "scenario folder '{found}' must be spelled {expected}",
    fix="Rename the folder; in a build from raw results mlperf-dodo does so.",
    source="ResultExporter.add_result (the official checker ends in a traceback)",
)
def scenario_misspelled(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The official checker knows each scenario as it is spelled and in lower case; of others it dies at the end."""
    official = str(evidence.scenario)
    if evidence.scenario_folder not in (official, official.lower()):
        yield Violation(evidence.folder, found=evidence.scenario_folder, expected=f"{official} (or {official.lower()})")


@rule(
    "PERF-025",
    "performance run in another mode",
    "the performance log is of a run in mode {found}, must be {expected}",
    fix="Run the benchmark in performance mode, and keep its logs apart from those of the accuracy run.",
    source="inference rules: performance and accuracy are separate runs; the official checker doesn't look",
    official=False,
    input_fault=True,
)
def wrong_mode(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """An accuracy run's log in the performance folder is a copying mistake, and its rate is no result."""
    log, key = evidence.performance, "effective_test_mode"
    if log is None or evidence.is_endpoints:
        return
    mode = log.get(key)
    if mode not in (None, "PerformanceOnly"):
        yield Violation(performance_log(evidence), log.line(key), found=mode, expected="PerformanceOnly")


def result_key(evidence: Evidence, round_: Round) -> str | None:
    """The log entry that holds the metric (RESULT_FIELD_* of constants.py)."""
    return _result_keys(evidence, round_)[-1]


def _result_keys(evidence: Evidence, round_: Round) -> tuple[str | None, ...]:
    """The log entries that must hold a number: that of the scenario, and where the benchmark has its own that one."""
    scenario = evidence.logged_scenario
    if scenario is None:
        return (None,)
    general = (round_.endpoints_result_fields if evidence.is_endpoints else round_.result_fields).get(scenario)
    own = evidence.benchmark.result_fields.get(scenario)
    # The official checker finds a benchmark's own field by the scenario as config.yaml spells it.
    return (general,) if own is None or evidence.logged_spelling != scenario.value else (general, own)


def performance_metric(evidence: Evidence, round_: Round) -> float | None:
    """The result in the round's unit: samples/s, tokens/s or queries/s; latency in ms (wan: s)."""
    log, scenario = evidence.performance, evidence.logged_scenario
    key = result_key(evidence, round_)
    value = _float(log.get(key)) if log is not None and key is not None else None
    if value is None or log is None or scenario is None:
        return None
    if evidence.logged_spelling in (Scenario.SINGLE_STREAM.value, Scenario.MULTI_STREAM.value):
        value = _latency(value, evidence.benchmark.latency_divisor)
    if is_measured(scenario, evidence.scenario) or (scenario, evidence.scenario) not in _INFERRED:
        return value
    return inferred_metric(log, scenario, evidence.scenario)


def _float(value: object) -> float | None:
    """A result as the official checker reads it; a number in quotes counts."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _latency(value_ns: float, divisor: int) -> float:
    """ns -> ms, and on to s in two steps: the official checker divides twice, to the same bits."""
    value_ms = value_ns / _NS_PER_MS
    return value_ms if divisor == _NS_PER_MS else value_ms / (divisor // _NS_PER_MS)


#: (logged, placed) -> the log entry that the inferred result comes from (get_inferred_result).
_INFERRED: dict[tuple[Scenario, Scenario], str] = {
    (Scenario.SINGLE_STREAM, Scenario.OFFLINE): "result_qps_without_loadgen_overhead",
    (Scenario.MULTI_STREAM, Scenario.OFFLINE): "result_mean_query_latency_ns",
    (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM): "early_stopping_latency_ms",
}


def inferred_metric(log: DetailLog, scenario: Scenario, placed: Scenario) -> float | None:
    """The result of `placed` that a log of `scenario` permits (get_inferred_result)."""
    value = log.number(_INFERRED[scenario, placed]) if (scenario, placed) in _INFERRED else None
    number = _float(value)
    if number is None:
        return None
    if placed is Scenario.MULTI_STREAM:
        return number * _MULTI_STREAM_SAMPLES / _NS_PER_MS if number else None  # 0: too few queries for an estimate
    if scenario is Scenario.MULTI_STREAM:
        samples, latency_ms = _float(log.number("effective_samples_per_query")), number / _NS_PER_MS
        return samples * 1000 / latency_ms if samples and latency_ms else None
    return value  # as it is written, for the results table
