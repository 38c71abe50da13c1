"""PERF rules: the LoadGen performance run. Sources are PerformanceCheck's methods unless said."""

from __future__ import annotations

from collections.abc import Iterator

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import DETAIL_LOG, ENDPOINTS_PERFORMANCE, Artefact, Category, Scenario
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.rounds import Round, round_with_seeds

EARLY_STOPPING = frozenset((Scenario.SERVER, Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM))
_NETWORK_SUT = "Network SUT"
_QSL_SEED = "qsl_rng_seed"


def performance_log(evidence: Evidence) -> str:
    """Where the performance run's log is, for messages."""
    return evidence.path(ENDPOINTS_PERFORMANCE if evidence.is_endpoints else DETAIL_LOG)


@rule(
    "PERF-001",
    "no performance run: {expected} is missing",
    fix="Run the benchmark in performance mode, or copy the missing log into the run's folder.",
    source="PerformanceCheck.missing_check",
)
def performance_log_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    wanted = ENDPOINTS_PERFORMANCE if evidence.is_endpoints and evidence.has("config.yaml") else DETAIL_LOG
    if evidence.performance is None and not any(u.artefact == wanted for u in evidence.unreadable):
        yield Violation(evidence.folder, expected=wanted)


@rule(
    "PERF-002",
    "can't be read: {found}",
    fix="Copy the file again from the machine that made it; if it is whole there, report the line.",
    source="LoadgenParser, EndpointsParser",
)
def unreadable(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for what in evidence.unreadable:
        yield Violation(evidence.path(what.artefact), what.line, found=what.reason)


@rule(
    "PERF-003",
    "LoadGen logged an error: {found}",
    fix="Mend the cause and run again; a run with LoadGen errors is not valid.",
    source="inference rules, section 'LoadGen operation'; PerformanceCheck.loadgen_errors_check looks away",
    official=False,
)
def loadgen_errors(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for error in evidence.performance.errors if evidence.performance else ():
        yield Violation(performance_log(evidence), error.line, found=error.text)


@rule(
    "PERF-004",
    "performance sample count is {found}, must be at least {expected}",
    fix="Set performance_sample_count_override in user.conf (or the QSL's size) to the round's figure and run again.",
    source="PerformanceCheck.performance_sample_count_check",
)
def too_few_performance_samples(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.is_endpoints or evidence.performance is None:
        return
    yield from sample_count_violations(evidence, evidence.performance, performance_log(evidence))


def sample_count_violations(evidence: Evidence, log: DetailLog, path: str) -> Iterator[Violation]:
    key = "effective_performance_sample_count"
    required = evidence.benchmark.performance_sample_count
    count = log.number(key)
    if count is None or count < required:
        yield Violation(path, log.line(key), found=count, expected=required)


@rule(
    "PERF-005",
    "seeds are not the round's: {found}, must be {expected}",
    fix="Use the LoadGen of the round (its mlperf.conf carries the seeds) and run again;"
    " or build for the round whose seeds the run has.",
    source="PerformanceCheck.seeds_check",
)
def seeds_differ(evidence: Evidence, round_: Round) -> Iterator[Violation]:
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
    "early stopping was not met: {found}",
    fix="Run again for longer or at a lower load; the log says how many queries are missing.",
    source="PerformanceCheck.latency_check",
)
def early_stopping_unmet(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.performance is not None:
        yield from early_stopping_violations(evidence, evidence.performance, performance_log(evidence))


def early_stopping_violations(evidence: Evidence, log: DetailLog, path: str) -> Iterator[Violation]:
    if evidence.is_endpoints or evidence.logged_scenario not in EARLY_STOPPING:
        return
    if not log.get("early_stopping_met"):
        found = str(log.get("early_stopping_result") or "the log has no early_stopping_met").strip()
        yield Violation(path, log.line("early_stopping_met"), found=found)


@rule(
    "PERF-007",
    "latency is {found} ns, must be at most {expected} ns",
    fix="Lower target_qps until the 99th percentile latency holds, with the round's target_latency, and run again.",
    source="PerformanceCheck.latency_check",
)
def latency_over_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.performance is not None:
        yield from latency_violations(evidence, evidence.performance, performance_log(evidence))


def latency_violations(evidence: Evidence, log: DetailLog, path: str) -> Iterator[Violation]:
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
    "minimum query count is {found}, must be at least {expected}",
    fix="Remove min_query_count from user.conf, so that LoadGen's own figure holds, and run again.",
    source="PerformanceCheck.min_query_count_check",
)
def too_few_queries(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.performance is not None:
        yield from query_count_violations(evidence, evidence.performance, performance_log(evidence))


def query_count_violations(evidence: Evidence, log: DetailLog, path: str) -> Iterator[Violation]:
    scenario = evidence.logged_scenario
    if evidence.is_endpoints or scenario is None or scenario in EARLY_STOPPING:
        return
    required = evidence.benchmark.min_queries.get(scenario)
    count = log.number("effective_min_query_count")
    if required and (count is None or count < required):
        yield Violation(path, log.line("effective_min_query_count"), found=count, expected=required)


@rule(
    "PERF-009",
    "Offline query has {found} samples, must have at least {expected}",
    fix="Raise target_qps in user.conf to what the system reaches, so that LoadGen makes a query of the full size.",
    source="PerformanceCheck.min_query_count_check",
)
def too_few_samples_per_query(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.performance is not None:
        yield from samples_per_query_violations(evidence, evidence.performance, performance_log(evidence))


def samples_per_query_violations(evidence: Evidence, log: DetailLog, path: str) -> Iterator[Violation]:
    closed = evidence.key.division.value == "closed"
    if evidence.is_endpoints or evidence.logged_scenario is not Scenario.OFFLINE or not closed:
        return
    required = evidence.benchmark.offline_min_samples
    count = log.number("effective_samples_per_query")
    if required is not None and (count is None or count < required):
        yield Violation(path, log.line("effective_samples_per_query"), found=count, expected=required)


@rule(
    "PERF-010",
    "minimum duration is {found} ms, must be at least {expected} ms",
    fix="Remove min_duration from user.conf (quick trial runs set it) and run again.",
    source="PerformanceCheck.min_duration_check",
)
def too_short(evidence: Evidence, round_: Round) -> Iterator[Violation]:
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
    fix="Set use_token_latencies = 1 for the benchmark in user.conf and run again.",
    source="PerformanceCheck.llm_check",
)
def token_latencies_off(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or evidence.is_endpoints or not evidence.benchmark.needs_token_latencies:
        return
    if not log.get("requested_use_token_latencies"):
        yield Violation(performance_log(evidence), log.line("requested_use_token_latencies"))


@rule(
    "PERF-012",
    "99th percentile token latency: {found}, must be below {expected}",
    fix="Lower target_qps until time to first token and time per output token hold, and run again.",
    source="PerformanceCheck.llm_check",
)
def token_latency_over_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log, scenario = evidence.performance, evidence.logged_scenario
    limited = (Scenario.SERVER, Scenario.INTERACTIVE)
    if log is None or scenario not in limited or not evidence.benchmark.needs_token_latencies:
        return
    yield from _token_latency_violations(evidence, log, scenario)


def _token_latency_violations(evidence: Evidence, log: DetailLog, scenario: Scenario) -> Iterator[Violation]:
    path = performance_log(evidence)
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
        if latency is None or latency >= limit:
            yield Violation(path, log.line(key), found=f"{name} {_ns(latency)}", expected=f"{limit} ns")


def _ns(value: float | None) -> str:
    return "missing" if value is None else f"{value:.0f} ns"


@rule(
    "PERF-013",
    "Interactive result is above the Interactive limit: {found}, must be below {expected}",
    fix="Lower target_qps until the Interactive limits hold, and run again.",
    source="inference rules, Interactive constraints; PerformanceCheck.llm_check looks Server's limits up",
    official=False,
)
def interactive_over_limit(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    is_server_log = evidence.logged_scenario is Scenario.SERVER
    if log is None or evidence.scenario is not Scenario.INTERACTIVE or not is_server_log:
        return
    if evidence.benchmark.needs_token_latencies:
        yield from _token_latency_violations(evidence, log, Scenario.INTERACTIVE)


@rule(
    "PERF-014",
    "the log is of scenario {found}, the folder of {expected}",
    fix="Move the run into the folder of the scenario that was run."
    " (A permitted inference is made by the build; don't copy runs.)",
    source="PerformanceCheck.inferred_check",
)
def scenario_differs(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None:
        return
    logged, placed = evidence.logged_scenario, evidence.scenario
    if logged is placed or (logged, placed) == (Scenario.SERVER, Scenario.INTERACTIVE):
        return
    permitted = (logged, placed) in round_.inference and evidence.category is not Category.DATACENTER
    if not permitted:
        shown = log.get("effective_scenario")
        yield Violation(performance_log(evidence), log.line("effective_scenario"), found=shown, expected=placed)


@rule(
    "PERF-015",
    "no result in the log: {expected} is missing (the run was interrupted, or ran in accuracy mode)",
    fix="Run the benchmark in performance mode to its end.",
    source="PerformanceCheck.get_performance_metric_check",
)
def metric_missing(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or evidence.logged_scenario is None:
        return
    key = result_key(evidence, round_)
    if key is None or log.number(key) is None:
        yield Violation(performance_log(evidence), log.line(key or ""), expected=key or "a result")


@rule(
    "PERF-016",
    "LoadGen says the result is {found}",
    fix="See mlperf_log_summary.txt for the constraint that failed; mend it and run again.",
    source="inference rules: results must be VALID; get_performance_metric_check reads and ignores it",
    official=False,
)
def result_invalid(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or evidence.is_endpoints:
        return
    validity = log.get("result_validity")
    if validity is not None and validity != "VALID":
        yield Violation(performance_log(evidence), log.line("result_validity"), found=validity)


@rule(
    "PERF-017",
    "network mode of the system is {found}, the division is {expected}",
    fix="Set is_network in the system description to what was measured, or submit to the fitting division.",
    source="PerformanceCheck.network_check",
)
def network_mode_differs(evidence: Evidence, _: Round) -> Iterator[Violation]:
    expected = {"network": True, "closed": False}.get(evidence.key.division.value)
    if expected is not None and evidence.system.is_network is not expected:
        yield Violation(evidence.system.path, found=evidence.system.is_network, expected=evidence.key.division)


@rule(
    "PERF-018",
    "SUT name '{found}' must hold '{expected}' in network mode",
    fix="Name the SUT so in the benchmark's implementation and run again.",
    source="PerformanceCheck.network_check",
)
def network_sut_name(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or not evidence.system.is_network:
        return
    name = str(log.get("sut_name") or "")
    if _NETWORK_SUT not in name:
        yield Violation(performance_log(evidence), log.line("sut_name"), found=name, expected=_NETWORK_SUT)


@rule(
    "PERF-019",
    "{found} may not be submitted with the endpoints harness in this round",
    fix="Run the benchmark with LoadGen.",
    source="PerformanceCheck.endpoints_model_check, AccuracyCheck.endpoints_model_check",
)
def endpoints_not_allowed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    has_results = evidence.performance is not None or evidence.accuracy is not None
    if evidence.is_endpoints and has_results and not evidence.benchmark.allows_endpoints:
        yield Violation(evidence.folder, found=evidence.benchmark.name)


@rule(
    "PERF-020",
    "the benchmark requires equal issue mode; sample_concatenate_permutation is {found}",
    fix="Use the round's mlperf.conf as it is and run again.",
    source="inference rules: equal issue mode; PerformanceCheck.equal_issue_check is inverted and tied to v4.1",
    severity=WARNING,
    official=False,
)
def equal_issue_off(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or evidence.is_endpoints or not evidence.is_closed or not evidence.benchmark.requires_equal_issue:
        return
    key = "effective_sample_concatenate_permutation"
    if log.get(key) is False:
        yield Violation(performance_log(evidence), log.line(key), found="false")


@rule(
    "PERF-021",
    "{found} samples failed",
    fix="Find out why the endpoint failed them, and run again.",
    source="inference rules: every query must complete; the official checker doesn't read it",
    severity=WARNING,
    official=False,
)
def endpoints_samples_failed(evidence: Evidence, _: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is not None and evidence.is_endpoints and log.number("num_errors"):
        yield Violation(performance_log(evidence), found=log.number("num_errors"))


@rule(
    "PERF-022",
    "the official checker takes the samples/s, {found}, for the result in Tokens/s; measured: {expected} tokens/s",
    fix="Nothing to mend in the run: expect the lower figure in the published table, and say so to the reviewers.",
    source="RESULT_FIELD_ENDPOINTS; get_performance_metric_check finds no token rate for endpoints runs",
    severity=WARNING,
    official=False,
)
def endpoints_rate_of_samples(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    log = evidence.performance
    if log is None or not evidence.is_endpoints or evidence.logged_scenario is None:
        return
    tokens, samples = log.number("result_completed_tokens_per_second"), performance_metric(evidence, round_)
    in_tokens = round_.units_of(evidence.benchmark, evidence.scenario) == "Tokens/s"
    if in_tokens and tokens is not None and samples is not None and tokens != samples:
        yield Violation(performance_log(evidence), found=f"{samples:.6g}", expected=f"{tokens:.6g}")


def result_key(evidence: Evidence, round_: Round) -> str | None:
    """The log entry that holds the metric (RESULT_FIELD_* of constants.py)."""
    scenario = evidence.logged_scenario
    if scenario is None:
        return None
    if not evidence.is_endpoints:
        return evidence.benchmark.result_fields.get(scenario, round_.result_fields.get(scenario))
    # The official checker finds a benchmark's own field by the scenario as config.yaml spells it.
    own = evidence.benchmark.result_fields if _spelled_officially(evidence) else {}
    return own.get(scenario, round_.endpoints_result_fields.get(scenario))


def _spelled_officially(evidence: Evidence) -> bool:
    log, scenario = evidence.performance, evidence.logged_scenario
    return log is not None and scenario is not None and log.get("effective_scenario") == scenario.value


def performance_metric(evidence: Evidence, round_: Round) -> float | None:
    """The result in the round's unit: samples/s, tokens/s or queries/s; latency in ms (wan: s)."""
    log, scenario = evidence.performance, evidence.logged_scenario
    key = result_key(evidence, round_)
    value = log.number(key) if log is not None and key is not None else None
    if value is None or log is None or scenario is None:
        return None
    if scenario in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM):
        value = _latency(value, evidence.benchmark.latency_divisor)
    placed = evidence.scenario
    if scenario is placed or (scenario, placed) == (Scenario.SERVER, Scenario.INTERACTIVE):
        return value
    return inferred_metric(log, scenario, placed)


def _latency(value_ns: float, divisor: int) -> float:
    """ns -> ms, and on to s in two steps: the official checker divides twice, to the same bits."""
    value_ms = value_ns / 1_000_000
    return value_ms if divisor == 1_000_000 else value_ms / (divisor // 1_000_000)


def inferred_metric(log: DetailLog, scenario: Scenario, placed: Scenario) -> float | None:
    """The result of `placed` that a log of `scenario` permits (get_inferred_result)."""
    if (scenario, placed) == (Scenario.SINGLE_STREAM, Scenario.OFFLINE):
        return log.number("result_qps_without_loadgen_overhead")
    if (scenario, placed) == (Scenario.MULTI_STREAM, Scenario.OFFLINE):
        samples = log.number("effective_samples_per_query")
        latency_ns = log.number("result_mean_query_latency_ns")
        return samples * 1000 / (latency_ns / 1_000_000) if samples and latency_ns else None
    if (scenario, placed) == (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM):
        estimate_ns = log.number("early_stopping_latency_ms")
        return estimate_ns * 8 / 1_000_000 if estimate_ns else None
    return None


def compliance_artefact(test: str) -> Artefact:
    return Artefact(f"{test}/{DETAIL_LOG}")
