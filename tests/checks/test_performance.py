"""What a performance run must show, rule by rule, and the figure that is taken from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fitted_run import NETWORK_FIELDS, RATE, Fitted, Kind, evidence_at
from rule_rows import (
    LOG,
    RESNET,
    SYSTEM,
    Change,
    Row,
    all_of,
    append,
    assert_holds,
    clean,
    config,
    described,
    dirty,
    log,
    log_line,
    nothing,
    remove,
    rename,
    score,
    summary,
    table,
    write,
)

from rules.checks.judge import measure
from rules.checks.performance import is_measured, performance_metric
from rules.domain import ENDPOINTS_ACCURACY, ENDPOINTS_CONFIG, ENDPOINTS_PERFORMANCE, Category, Division, Scenario
from rules.rounds import load_round

OFFLINE, SERVER, INTERACTIVE = Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE
SINGLE_STREAM, MULTI_STREAM = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM

STREAM = Kind(scenario=SINGLE_STREAM)
MULTI = Kind(scenario=MULTI_STREAM)
RESNET_SERVER = Kind(scenario=SERVER)
OPEN = Kind(division=Division.OPEN)
NETWORK = Kind(division=Division.NETWORK)
UNET = Kind("3d-unet-99")
LLAMA = Kind("llama2-70b-99.9")
LLAMA_SERVER = Kind("llama2-70b-99.9", SERVER)
LLAMA_INTERACTIVE = Kind("llama2-70b-99.9", INTERACTIVE)
#: Runs of the endpoints harness.
SMALL = Kind("llama3.1-8b", is_endpoints=True)
SMALL_SERVER = Kind("llama3.1-8b", SERVER, is_endpoints=True)
SMALL_INTERACTIVE = Kind("llama3.1-8b", INTERACTIVE, is_endpoints=True)
SMALL_EDGE = Kind("llama3.1-8b-edge", SINGLE_STREAM, is_endpoints=True)
QWEN_INTERACTIVE = Kind("qwen3-vl-235b-a22b", INTERACTIVE, is_endpoints=True)
WAN = Kind("wan-2.2-t2v-a14b", SINGLE_STREAM)


def inferred(scenario: Scenario, source: Scenario, category: Category = Category.EDGE, name: str = "resnet") -> Kind:
    return Kind(name, scenario, inferred_from=source, in_category=category)


SEEDS_OF_V60 = {f"effective_{seed}": value for seed, value in load_round("v6.0").seeds.items()}
QSL, SAMPLE_INDEX, SCHEDULE = load_round("v6.1").seeds.values()
P99 = "result_99.00_percentile_latency_ns"
NO_RESULT = "no result in the log: {} is missing (the run was interrupted, or ran in accuracy mode)"
TOO_LATE = "99th percentile token latency: {} {} ns, must be below {} ns"

ROWS = [
    *table(
        "PERF-001",
        clean("there is a log"),
        clean("there is one of the endpoints harness", kind=SMALL),
        dirty("the log is missing", remove(LOG), f"no performance run: {LOG} is missing"),
        *(
            dirty(f"the log of {kind} is missing", remove(LOG), f"no performance run: {LOG} is missing", kind=kind)
            for kind in (RESNET_SERVER, UNET, LLAMA, LLAMA_SERVER, LLAMA_INTERACTIVE, NETWORK)
        ),
        dirty(
            "there is something of the endpoints harness, but the accuracy run was LoadGen's",
            all_of(remove(LOG), write(ENDPOINTS_CONFIG, "type: offline\n")),
            f"no performance run: {LOG} is missing",
        ),
        dirty(
            "both logs are missing",
            remove(LOG, "accuracy/mlperf_log_detail.txt"),
            f"no performance run: {LOG} is missing",
        ),
        *(
            dirty(
                f"the results of the endpoints harness for {name} are missing",
                remove(ENDPOINTS_PERFORMANCE),
                f"no performance run: {ENDPOINTS_PERFORMANCE} is missing",
                kind=Kind(name, is_endpoints=True),
            )
            for name in ("llama3.1-8b", "gpt-oss-120b")
        ),
        dirty(
            "so are they behind a config.yml",
            all_of(remove(ENDPOINTS_PERFORMANCE), rename(ENDPOINTS_CONFIG, "config.yml")),
            f"no performance run: {ENDPOINTS_PERFORMANCE} is missing",
            kind=SMALL,
        ),
        dirty(
            "the configuration is missing as well",
            remove(ENDPOINTS_PERFORMANCE, ENDPOINTS_CONFIG, ENDPOINTS_ACCURACY),
            f"no performance run: {LOG} is missing",
            kind=SMALL,
        ),
    ),
    *table(
        "PERF-002",
        clean("lines without the marker", append(LOG, "Loadgen :: done\n")),
        clean("a text with the line ends of Windows", write("TEST01/verify_performance.txt", "x\r\nTEST PASS\r\n")),
        dirty("the log is empty", write(LOG, ""), "can't be read: the file is empty", at=f"{LOG}:"),
        dirty(
            "a line of the log is torn",
            append(LOG, ':::MLLOG {"key": "x"\n'),
            "can't be read: not a LoadGen entry (invalid JSON)",
            at=f'{LOG}:{{"key": "x"',
        ),
        dirty(
            "several lines are torn",
            append(LOG, ":::MLLOG {a\n:::MLLOG {b\n:::MLLOG {c\n"),
            "can't be read: not a LoadGen entry (invalid JSON) (and 2 more lines)",
            at=f"{LOG}:{{a",
        ),
        dirty(
            "the accuracy report is no text",
            append("accuracy/accuracy.txt", b"\xff\n"),
            "can't be read: byte 0xff is not UTF-8",
            at="accuracy/accuracy.txt:\ufffd",
        ),
        dirty(
            "measurements.json is no JSON",
            write("measurements.json", '{\n"retraining": no\n}'),
            "can't be read: invalid JSON: Expecting value",
            at="measurements.json:retraining",
        ),
        dirty(
            "measurements.json is empty",
            write("measurements.json", " \n"),
            "can't be read: the file is empty",
            at="measurements.json:",
        ),
        dirty(
            "measurements.json holds no object",
            write("measurements.json", "[]"),
            "can't be read: holds list, not an object",
            at="measurements.json",
        ),
        dirty(
            "a verdict that only closed results need is no text",
            write("TEST04/verify_performance.txt", b"\xfe"),
            "can't be read: byte 0xfe is not UTF-8",
            at="TEST04/verify_performance.txt:\ufffd",
            closed_only=True,
        ),
        dirty(
            "a verdict that is read for all results is no text",
            write("TEST01/verify_accuracy.txt", b"\xfe"),
            "can't be read: byte 0xfe is not UTF-8",
            at="TEST01/verify_accuracy.txt:\ufffd",
        ),
        dirty(
            "the configuration of the endpoints harness is no YAML",
            write(ENDPOINTS_CONFIG, "type: offline\n}\n"),
            "can't be read: invalid YAML",
            kind=SMALL,
            at=f"{ENDPOINTS_CONFIG}:}}",
            besides="PERF-005 PERF-010 PERF-014",
        ),
        dirty(
            "the scores of the endpoints harness are no list",
            write(ENDPOINTS_ACCURACY, '{"accuracy_scores": {"score": 1}}'),
            "can't be read: accuracy_scores is not a list of objects",
            kind=SMALL,
            at=ENDPOINTS_ACCURACY,
            besides="ACC-008 ACC-010",
        ),
        *(
            dirty(
                f"{name} of a data set of the endpoints harness",
                score(*place, to=to),
                "can't be read: the number of samples of a data set is no number",
                kind=SMALL,
                at=ENDPOINTS_ACCURACY,
                besides="ACC-008",
            )
            for name, place, to in (
                ("a word for the samples", ["total_samples"], "all"),
                ("a list for the samples", ["total_samples"], [1]),
                ("no end of samples", ["total_samples"], float("inf")),
            )
        ),
    ),
    *table(
        "PERF-003",
        clean("other entries", log_line(LOG, "generic_message", "fine")),
        dirty(
            "an error by its own name",
            log_line(LOG, "error_runtime", "late", is_error=True),
            "LoadGen logged an error: error_runtime: late",
            at=f"{LOG}:error_runtime",
        ),
        dirty(
            "an invalid setting, whose value says all",
            all_of(
                log_line(LOG, "error_invalid_config", "Multiple conf files are used", is_error=True),
                log_line(LOG, "error_runtime", "late", is_error=True),
            ),
            "LoadGen logged an error: Multiple conf files are used",
            "LoadGen logged an error: error_runtime: late",
            at=(f"{LOG}:error_invalid_config", f"{LOG}:error_runtime"),
        ),
    ),
    *table(
        "PERF-004",
        clean("more samples than the round asks for", log(effective_performance_sample_count=1025)),
        dirty(
            "one sample too few",
            log(effective_performance_sample_count=1023),
            "performance sample count is 1023, must be at least 1024",
        ),
        dirty(
            "the count is missing",
            log(effective_performance_sample_count=None),
            "performance sample count is nothing, must be at least 1024",
            at=LOG,
        ),
        dirty(
            "the count is no number",
            log(effective_performance_sample_count="1024"),
            "performance sample count is nothing, must be at least 1024",
        ),
        at=f"{LOG}:effective_performance_sample_count",
    ),
    *table(
        "PERF-005",
        clean("an endpoints run has no seed of a QSL", kind=SMALL),
        dirty(
            "the seed of the QSL differs",
            log(effective_qsl_rng_seed=1),
            f"seeds are not the round's: qsl_rng_seed 1, must be {QSL}",
            at=f"{LOG}:effective_qsl_rng_seed",
        ),
        dirty(
            "two seeds differ",
            log(effective_sample_index_rng_seed=None, effective_schedule_rng_seed="2"),
            f"seeds are not the round's: sample_index_rng_seed None, schedule_rng_seed 2,"
            f" must be {SAMPLE_INDEX}, {SCHEDULE}",
            at=LOG,
        ),
        dirty(
            "the seeds are another round's",
            log(**SEEDS_OF_V60),
            "seeds are not the round's: qsl_rng_seed 2465351861681999779, sample_index_rng_seed 14276810075590677512,"
            f" schedule_rng_seed 3936089224930324775 (those of v6.0), must be {QSL}, {SAMPLE_INDEX}, {SCHEDULE}",
            at=f"{LOG}:effective_qsl_rng_seed",
        ),
        dirty(
            "a seed of an endpoints run differs",
            config("settings", "runtime", "scheduler_random_seed", to=3),
            f"seeds are not the round's: schedule_rng_seed 3, must be {SCHEDULE}",
            kind=SMALL,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-006",
        clean("Offline has no early stopping", log(early_stopping_met=False)),
        clean("nor have endpoints runs", kind=SMALL_SERVER),
        dirty(
            "a stream didn't meet it",
            log(early_stopping_met=False, early_stopping_result=" * Only processed 7 queries.\n"),
            "early stopping was not met: * Only processed 7 queries.",
            kind=STREAM,
            at=f"{LOG}:early_stopping_met",
        ),
        dirty(
            "the other stream didn't, and doesn't say why",
            log(early_stopping_met=False, early_stopping_result=""),
            "early stopping was not met: the log has no early_stopping_met",
            kind=MULTI,
            at=f"{LOG}:early_stopping_met",
        ),
        dirty(
            "a Server run says nothing of it",
            log(early_stopping_met=None, early_stopping_result=None),
            "early stopping was not met: the log has no early_stopping_met",
            kind=RESNET_SERVER,
            at=LOG,
        ),
    ),
    *table(
        "PERF-007",
        clean("a lower limit", log(effective_target_latency_ns=14_999_999), RESNET_SERVER),
        clean("a scenario without a limit", log(effective_target_latency_ns=None), STREAM),
        clean("a benchmark that has token latencies instead", summary("latency", to=None), SMALL_SERVER),
        dirty(
            "a nanosecond too long",
            log(effective_target_latency_ns=15_000_001),
            "latency is 15000001 ns, must be at most 15000000 ns",
            kind=RESNET_SERVER,
            at=f"{LOG}:effective_target_latency_ns",
        ),
        dirty(
            "the log says no latency",
            log(effective_target_latency_ns=None),
            "latency is nothing ns, must be at most 15000000 ns",
            kind=RESNET_SERVER,
            at=LOG,
        ),
        dirty(
            "an endpoints run's 99th percentile is above the limit of its scenario",
            summary("latency", "early_stopping_percentiles", "99.0", to=1_500_000_001),
            "latency is 1500000001 ns, must be at most 1500000000 ns",
            kind=QWEN_INTERACTIVE,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-008",
        clean(
            "early stopping says how many queries a Server run needs", log(effective_min_query_count=1), RESNET_SERVER
        ),
        clean("nor have endpoints runs a count of queries", kind=SMALL),
        dirty(
            "fewer than one query",
            log(effective_min_query_count=0),
            "minimum query count is 0, must be at least 1",
            at=f"{LOG}:effective_min_query_count",
        ),
        dirty(
            "the count is missing",
            log(effective_min_query_count=None),
            "minimum query count is nothing, must be at least 1",
            at=LOG,
        ),
    ),
    *table(
        "PERF-009",
        clean("open results may have fewer", log(effective_samples_per_query=24575), OPEN),
        clean("and network results", log(effective_samples_per_query=24575), NETWORK),
        clean("streams have queries of one sample", kind=STREAM),
        dirty(
            "one sample too few",
            log(effective_samples_per_query=24575),
            "Offline query has 24575 samples, must have at least 24576",
            closed_only=True,
        ),
        dirty(
            "the count is missing",
            log(effective_samples_per_query=None),
            "Offline query has nothing samples, must have at least 24576",
            at=LOG,
        ),
        dirty(
            "the official tables have no figure",
            nothing,
            "Offline query has 1 samples, must have at least a figure that the official tables don't have",
            kind=Kind("gptj-99", round_name="v5.0"),
        ),
        at=f"{LOG}:effective_samples_per_query",
    ),
    *table(
        "PERF-010",
        clean("a benchmark of one pass", log(effective_min_duration_ms=1), Kind("e2e-rag-db")),
        dirty(
            "a millisecond too short",
            log(effective_min_duration_ms=599_999),
            "minimum duration is 599999 ms, must be at least 600000 ms",
            at=f"{LOG}:effective_min_duration_ms",
        ),
        dirty(
            "the duration is missing",
            log(effective_min_duration_ms=None),
            "minimum duration is nothing ms, must be at least 600000 ms",
            at=LOG,
        ),
        dirty(
            "an endpoints run is too short",
            config("settings", "runtime", "min_duration_ms", to=1000),
            "minimum duration is 1000 ms, must be at least 600000 ms",
            kind=SMALL,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-011",
        clean("a benchmark without tokens", log(requested_use_token_latencies=False)),
        clean("endpoints runs have no such setting", kind=SMALL),
        dirty(
            "they are off",
            log(requested_use_token_latencies=False),
            "token latencies were not recorded",
            kind=LLAMA,
            at=f"{LOG}:requested_use_token_latencies",
        ),
        dirty(
            "the log says nothing of them",
            log(requested_use_token_latencies=None),
            "token latencies were not recorded",
            kind=LLAMA,
            at=LOG,
        ),
    ),
    *table(
        "PERF-012",
        clean("Offline has no limits", log(result_first_token_p99_latency_ns=9e99), LLAMA),
        clean("nor has a benchmark without tokens", log(result_first_token_p99_latency_ns=9e99), RESNET_SERVER),
        dirty(
            "the first token comes just at the limit",
            log(result_first_token_p99_latency_ns=2_000_000_000),
            TOO_LATE.format("TTFT", 2_000_000_000, 2_000_000_000),
            kind=LLAMA_SERVER,
            at=f"{LOG}:result_first_token",
        ),
        dirty(
            "the others come just at the limit",
            log(result_time_per_output_token_p99_ns=200_000_000),
            TOO_LATE.format("TPOT", 200_000_000, 200_000_000),
            kind=LLAMA_SERVER,
            at=f"{LOG}:result_time_per_output_token",
        ),
        dirty(
            "both are missing",
            log(result_first_token_p99_latency_ns=None, result_time_per_output_token_p99_ns=None),
            "99th percentile token latency: TTFT missing, must be below 2000000000 ns",
            "99th percentile token latency: TPOT missing, must be below 200000000 ns",
            kind=LLAMA_SERVER,
            at=LOG,
        ),
        dirty(
            "one is not a number",
            log(result_time_per_output_token_p99_ns=float("nan")),
            TOO_LATE.format("TPOT", "nan", 200_000_000),
            kind=LLAMA_SERVER,
            at=f"{LOG}:result_time_per_output_token",
        ),
        dirty(
            "an endpoints run knows Interactive, and its limits",
            summary("ttft", "early_stopping_percentiles", "99.0", to=500_000_000),
            TOO_LATE.format("TTFT", 500_000_000, 500_000_000),
            kind=SMALL_INTERACTIVE,
            at=ENDPOINTS_PERFORMANCE,
        ),
        dirty(
            "an endpoints run calls Server online",
            summary("tpot", "early_stopping_percentiles", "99.0", to=None),
            "99th percentile token latency: TPOT missing, must be below 100000000 ns",
            kind=SMALL_SERVER,
            at=ENDPOINTS_PERFORMANCE,
        ),
        dirty(
            "the round has no limits",
            nothing,
            "99th percentile token latency: no limits known for Server, must be below a limit",
            kind=inferred(OFFLINE, SERVER, name="llama3.1-8b-edge"),
            at=LOG,
            besides="PERF-014",
        ),
    ),
    *table(
        "PERF-013",
        clean("below both limits", kind=LLAMA_INTERACTIVE),
        clean("a benchmark without tokens", kind=Kind("qwen3-vl-235b-a22b", INTERACTIVE)),
        clean("Server may take longer", log(result_first_token_p99_latency_ns=450_000_000), LLAMA_SERVER),
        clean("Offline may take any time", log(result_first_token_p99_latency_ns=9e99), LLAMA),
        dirty(
            "a Server log reaches the limit of Interactive",
            log(result_first_token_p99_latency_ns=450_000_000),
            f"{TOO_LATE.format('TTFT', 450_000_000, 450_000_000)}; the official checker lets it through",
            kind=LLAMA_INTERACTIVE,
            at=f"{LOG}:result_first_token",
        ),
        dirty(
            "an endpoints run says server in lower case",
            all_of(
                config("type", to="server"),
                summary("tpot", "early_stopping_percentiles", "99.0", to=100_000_000),
            ),
            f"{TOO_LATE.format('TPOT', 100_000_000, 100_000_000)}; the official checker lets it through",
            kind=SMALL_SERVER,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-014",
        clean("MultiStream from SingleStream", kind=inferred(MULTI_STREAM, SINGLE_STREAM)),
        clean("Offline from SingleStream", kind=inferred(OFFLINE, SINGLE_STREAM)),
        clean("Offline from MultiStream", kind=inferred(OFFLINE, MULTI_STREAM, Category.DATACENTER_EDGE)),
        dirty(
            "nothing is inferred in the datacenter",
            nothing,
            "the log is of scenario SingleStream, the folder of MultiStream",
            kind=inferred(MULTI_STREAM, SINGLE_STREAM, Category.DATACENTER),
            besides="COMP-002",
        ),
        dirty(
            "nor where the category is unknown",
            nothing,
            "the log is of scenario SingleStream, the folder of Offline",
            kind=inferred(OFFLINE, SINGLE_STREAM),
            known=lambda evidence: replace(described(system_type="laptop")(evidence), category=Category.DATACENTER),
            besides="COMP-002 SYS-003",
        ),
        dirty(
            "SingleStream isn't inferred",
            nothing,
            "the log is of scenario Offline, the folder of SingleStream",
            kind=inferred(SINGLE_STREAM, OFFLINE),
            besides="COMP-002",
        ),
        dirty(
            "nor is Server, whose limit the log doesn't keep either",
            nothing,
            "the log is of scenario Offline, the folder of Server",
            kind=inferred(SERVER, OFFLINE),
            besides="COMP-002 PERF-007",
        ),
        dirty(
            "nor is it of a language model",
            nothing,
            "the log is of scenario Offline, the folder of Server",
            kind=inferred(SERVER, OFFLINE, name="llama2-70b-99.9"),
            besides="PERF-007",
        ),
        dirty(
            "the benchmark has no Offline, and no figures for it",
            nothing,
            "the log is of scenario Offline, the folder of SingleStream",
            kind=inferred(SINGLE_STREAM, OFFLINE, name="qwen3.6-27b"),
            besides="PERF-009",
        ),
        dirty(
            "Interactive is inferred from no other scenario than Server",
            nothing,
            "the log is of scenario Offline, the folder of Interactive",
            kind=inferred(INTERACTIVE, OFFLINE, name="llama2-70b-99.9"),
        ),
        dirty(
            "the log names no scenario",
            log(effective_scenario=None),
            "the log is of scenario nothing, the folder of Offline",
            at=LOG,
        ),
        dirty(
            "the log spells it differently",
            log(effective_scenario="offline"),
            "the log is of scenario offline, the folder of Offline",
        ),
        dirty(
            "the scenario is a number",
            log(effective_scenario=4),
            "the log is of scenario 4, the folder of Offline",
        ),
        at=f"{LOG}:effective_scenario",
    ),
    *table(
        "PERF-015",
        clean("a number in quotes", log(result_samples_per_second="284.7")),
        dirty(
            "the result is missing",
            log(result_samples_per_second=None),
            NO_RESULT.format("result_samples_per_second"),
            at=LOG,
        ),
        dirty(
            "it is no number",
            log(result_samples_per_second="many"),
            NO_RESULT.format("result_samples_per_second"),
            at=f"{LOG}:result_samples_per_second",
        ),
        dirty(
            "it is a list",
            log(result_samples_per_second=[1]),
            NO_RESULT.format("result_samples_per_second"),
            at=f"{LOG}:result_samples_per_second",
        ),
        dirty(
            "too few queries for an estimate of MultiStream",
            log(early_stopping_latency_ms=0),
            NO_RESULT.format("early_stopping_latency_ms"),
            kind=inferred(MULTI_STREAM, SINGLE_STREAM),
            at=f"{LOG}:early_stopping_latency_ms",
        ),
        dirty(
            "no mean to infer Offline from",
            log(result_mean_query_latency_ns=0),
            NO_RESULT.format("result_mean_query_latency_ns"),
            kind=inferred(OFFLINE, MULTI_STREAM),
            at=f"{LOG}:result_mean_query_latency_ns",
        ),
        dirty(
            "no samples to infer Offline from",
            log(effective_samples_per_query=None),
            NO_RESULT.format("result_mean_query_latency_ns"),
            kind=inferred(OFFLINE, MULTI_STREAM),
            at=f"{LOG}:result_mean_query_latency_ns",
        ),
        dirty(
            "an endpoints run without a rate of tokens",
            summary("tps", to=None),
            NO_RESULT.format("result_completed_tokens_per_second"),
            kind=SMALL_SERVER,
            at=ENDPOINTS_PERFORMANCE,
        ),
        dirty(
            "an endpoints run without a duration",
            summary("duration_ns", to=None),
            NO_RESULT.format("result_samples_per_second"),
            kind=SMALL,
            at=ENDPOINTS_PERFORMANCE,
        ),
        dirty(
            "a round without endpoints runs",
            nothing,
            NO_RESULT.format("a result of the endpoints harness in this round"),
            kind=Kind("whisper", round_name="v6.0", is_endpoints=True),
            at=ENDPOINTS_PERFORMANCE,
            besides="PERF-019",
        ),
    ),
    *table(
        "PERF-016",
        clean("VALID", log(result_validity="VALID")),
        clean("an older log says nothing", log(result_validity=None)),
        dirty(
            "INVALID",
            log(result_validity="INVALID"),
            "LoadGen says the result is INVALID",
            at=f"{LOG}:result_validity",
        ),
    ),
    *table(
        "PERF-017",
        clean("a network system in network", kind=NETWORK),
        clean(
            "open may be measured over a network", log(sut_name="Network SUT"), OPEN, known=described(**NETWORK_FIELDS)
        ),
        dirty(
            "a network system in closed",
            log(sut_name="Network SUT"),
            "network mode of the system is True, the division is closed",
            known=described(**NETWORK_FIELDS),
            at=SYSTEM,
            besides="COMP-002",
            closed_only=True,
        ),
        dirty(
            "another system in network",
            nothing,
            "network mode of the system is False, the division is network",
            kind=NETWORK,
            known=described(is_network=None),
            at=SYSTEM,
        ),
    ),
    *table(
        "PERF-018",
        clean("a name with more in it", log(sut_name="our Network SUT 1"), NETWORK),
        clean("no network", log(sut_name=None)),
        dirty(
            "the mark is missing",
            log(sut_name="PySUT"),
            "SUT name 'PySUT' must hold 'Network SUT' in network mode",
            kind=NETWORK,
            at=f"{LOG}:sut_name",
        ),
        dirty(
            "the name is missing",
            log(sut_name=None),
            "SUT name 'nothing' must hold 'Network SUT' in network mode",
            kind=NETWORK,
            at=LOG,
        ),
    ),
    *table(
        "PERF-019",
        clean("LoadGen may run any", kind=LLAMA),
        clean("the round allows it", kind=SMALL),
        dirty(
            "the round doesn't",
            nothing,
            "resnet may not be submitted with the endpoints harness in this round",
            kind=Kind(is_endpoints=True),
        ),
        dirty(
            "the round doesn't, nor asks for its audit",
            remove("audit"),
            "resnet may not be submitted with the endpoints harness in this round",
            kind=Kind(is_endpoints=True),
        ),
        dirty(
            "all that there is is its performance",
            remove(ENDPOINTS_ACCURACY),
            "resnet may not be submitted with the endpoints harness in this round",
            kind=Kind(is_endpoints=True),
            besides="ACC-001",
        ),
        dirty(
            "all that there is is its accuracy",
            remove(ENDPOINTS_PERFORMANCE),
            "resnet may not be submitted with the endpoints harness in this round",
            kind=Kind(is_endpoints=True),
            besides="PERF-001",
        ),
    ),
    *table(
        "PERF-020",
        clean("it is on", kind=UNET),
        clean("the log doesn't say", log(effective_sample_concatenate_permutation=None), UNET),
        clean(
            "open may have it off",
            log(effective_sample_concatenate_permutation=False),
            Kind("3d-unet-99", division=Division.OPEN),
        ),
        clean("the benchmark doesn't ask for it", log(effective_sample_concatenate_permutation=False)),
        clean("an endpoints run has none", summary("effective_sample_concatenate_permutation", to=False), SMALL),
        dirty(
            "it is off",
            log(effective_sample_concatenate_permutation=False),
            "the benchmark requires equal issue mode; sample_concatenate_permutation is false",
            kind=UNET,
            at=f"{LOG}:effective_sample_concatenate_permutation",
            closed_only=True,
        ),
    ),
    *table(
        "PERF-021",
        clean("none failed", kind=SMALL),
        clean("LoadGen's own count of errors", log(num_errors=3)),
        dirty(
            "three failed",
            summary("n_samples_failed", to=3),
            "3 samples failed",
            kind=SMALL,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-022",
        clean("the rates are equal", kind=SMALL),
        clean("there is no rate of tokens", summary("tps", to=None), SMALL),
        clean("the official checker finds it in a folder for Server", kind=SMALL_SERVER),
        clean("there is one that is none", summary("tps", to=10**400), SMALL),
        clean("the unit is another", summary("tps", to=5.0), Kind("qwen3-vl-235b-a22b", is_endpoints=True)),
        clean("LoadGen's result is in tokens", log(result_completed_tokens_per_second=1.0), LLAMA),
        dirty(
            "they differ",
            summary("tps", to=1234.56789),
            "the official checker takes the samples/s, 2, for the result in Tokens/s; measured: 1234.57 tokens/s",
            kind=SMALL,
            at=ENDPOINTS_PERFORMANCE,
        ),
        dirty(
            "they differ in a folder for Interactive",
            summary("tps", to=3.0),
            "the official checker takes the samples/s, 2, for the result in Tokens/s; measured: 3 tokens/s",
            kind=SMALL_INTERACTIVE,
            at=ENDPOINTS_PERFORMANCE,
        ),
    ),
    *table(
        "PERF-023",
        clean("a small result", log(result_samples_per_second=1e-9)),
        dirty("zero", log(result_samples_per_second=0), "the result is 0", at=LOG),
        dirty(
            "nothing to infer Offline from",
            log(result_qps_without_loadgen_overhead=None),
            "the result is nothing",
            kind=inferred(OFFLINE, SINGLE_STREAM),
            at=LOG,
        ),
    ),
    *table(
        "PERF-024",
        clean("in lower case", kind=Kind(spelled="offline")),
        dirty(
            "in capitals",
            nothing,
            "scenario folder 'OFFLINE' must be spelled Offline (or offline)",
            kind=Kind(spelled="OFFLINE"),
        ),
    ),
    *table(
        "PERF-025",
        clean("the log doesn't say", log(effective_test_mode=None)),
        clean("an endpoints run's modes are others", summary("mode", to="accuracy"), SMALL),
        dirty(
            "an accuracy run",
            log(effective_test_mode="AccuracyOnly"),
            "the performance log is of a run in mode AccuracyOnly, must be PerformanceOnly",
            at=f"{LOG}:effective_test_mode",
        ),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: Row, fitted: Fitted) -> None:
    assert_holds(row, fitted(row.kind))


METRICS: dict[str, tuple[Kind, Change, float | None]] = {
    "Offline in samples a second": (RESNET, nothing, 284.779),
    "Server in queries a second": (RESNET_SERVER, nothing, RATE),
    "SingleStream in ms": (STREAM, nothing, 3711672 / 1_000_000),
    "MultiStream in ms": (MULTI, nothing, 28654727 / 1_000_000),
    "of videos in s": (WAN, nothing, 3711672 / 1_000_000 / 1_000),
    "of language models in tokens a second": (
        LLAMA,
        log(result_tokens_per_second=4000.25, result_samples_per_second=1),
        4000.25,
    ),
    "Interactive from a Server log": (
        LLAMA_INTERACTIVE,
        log(result_completed_tokens_per_second=3000.5, result_completed_samples_per_sec=1),
        3000.5,
    ),
    "in quotes": (RESNET, log(result_samples_per_second="284.7"), 284.7),
    "Offline from SingleStream": (inferred(OFFLINE, SINGLE_STREAM), nothing, 275.747),
    "Offline from MultiStream": (inferred(OFFLINE, MULTI_STREAM), nothing, 8 * 1000 / (28178030 / 1_000_000)),
    "MultiStream from SingleStream": (inferred(MULTI_STREAM, SINGLE_STREAM), nothing, 3789918 * 8 / 1_000_000),
    "from a scenario that permits no inference": (inferred(SINGLE_STREAM, OFFLINE), nothing, 284.779),
    "of an endpoints run from its count and duration": (SMALL, nothing, 2.0),
    "of an endpoints run as the harness says": (SMALL_INTERACTIVE, summary("qps", to=7.5), 7.5),
    "of an endpoints run for Server in tokens": (SMALL_SERVER, summary("tps", to=900.0), 900.0),
    "of an endpoints run in lower case in samples": (
        SMALL_SERVER,
        all_of(config("type", to="server"), summary("tps", to=900.0)),
        2.0,
    ),
    "of an endpoints run of one stream in ms": (
        SMALL_EDGE,
        summary("latency", "early_stopping_percentiles", "90.0", to=2_500_000),
        2.5,
    ),
    "of an endpoints run whose mean counts": (
        Kind("qwen3.6-27b", SINGLE_STREAM, is_endpoints=True),
        summary("latency", "avg", to=1_500_000),
        1.5,
    ),
    "of no scenario": (RESNET, log(effective_scenario=None), None),
    "of no number": (RESNET, log(result_samples_per_second="fast"), None),
    "of more than a float holds": (RESNET, log(result_samples_per_second=10**400), None),
    "inferred from more than a float holds": (
        inferred(OFFLINE, MULTI_STREAM),
        log(result_mean_query_latency_ns=10**400),
        None,
    ),
    "inferred from a time that is too short to be one": (
        inferred(OFFLINE, MULTI_STREAM),
        log(result_mean_query_latency_ns=5e-324),
        None,
    ),
    "inferred of more samples than a float holds": (
        inferred(OFFLINE, MULTI_STREAM),
        log(effective_samples_per_query=10**400),
        None,
    ),
    "of no log": (RESNET, remove(LOG), None),
}


@pytest.mark.parametrize(("kind", "change", "metric"), METRICS.values(), ids=METRICS.keys())
def test_the_metric(kind: Kind, change: Change, metric: float | None, fitted: Fitted) -> None:
    folder = fitted(kind)
    change(folder)
    assert performance_metric(evidence_at(kind, folder), kind.round) == metric


@pytest.mark.parametrize(
    ("kind", "is_inferred"),
    [
        (RESNET, False),
        (LLAMA_INTERACTIVE, False),
        (inferred(OFFLINE, SINGLE_STREAM), True),
        (inferred(SERVER, OFFLINE), True),
    ],
)
def test_a_log_of_another_scenario_is_an_inference(kind: Kind, is_inferred: bool, fitted: Fitted) -> None:
    evidence = evidence_at(kind, fitted(kind))
    assert measure(evidence, kind.round).inferred is is_inferred
    assert is_measured(kind.logged, kind.scenario) is not is_inferred
