"""What compliance tests must show in closed and network, rule by rule."""

from __future__ import annotations

import pytest
from fitted_run import Fitted, Kind
from rule_rows import (
    RESNET,
    Change,
    Row,
    all_of,
    append,
    assert_holds,
    clean,
    dirty,
    edit,
    log,
    nothing,
    remove,
    rename,
    summary,
    table,
    write,
)

from rules.domain import ENDPOINTS_PERFORMANCE, Division, Scenario

OPEN = Kind(division=Division.OPEN)
STREAM = Kind(scenario=Scenario.SINGLE_STREAM)
SERVER = Kind(scenario=Scenario.SERVER)
NETWORK = Kind(division=Division.NETWORK)
SDXL = Kind("stable-diffusion-xl")
BERT_999 = Kind("bert-99.9")
LLAMA = Kind("llama2-70b-99.9")
OSS = Kind("gpt-oss-120b")
RAG = Kind("e2e-rag-qna")
DLRM = Kind("dlrm-v3")
#: Runs of the endpoints harness.
WAN = Kind("wan-2.2-t2v-a14b", is_endpoints=True)
WAN_OPEN = Kind("wan-2.2-t2v-a14b", division=Division.OPEN, is_endpoints=True)
OSS_ENDPOINTS = Kind("gpt-oss-120b", is_endpoints=True)

DETAIL = "performance/run_1/mlperf_log_detail.txt"
AUDIT = "audit/audit_output_caching_test.json"
LOW, HIGH = OSS.round.test09_output_tokens


def differs(baseline: str, compliance: str, *extra: str, more: Change = nothing) -> Change:
    """Answers that differ from run to run, and the accuracy of both runs."""
    names = ("mlperf_log_accuracy.json", "accuracy.txt", *extra)
    return all_of(
        write("TEST01/verify_accuracy.txt", "TEST FAIL\n"),
        *(write(f"TEST01/accuracy/{name}", "x") for name in names),
        write("TEST01/accuracy/baseline_accuracy.txt", f"{baseline}\n"),
        write("TEST01/accuracy/compliance_accuracy.txt", f"{compliance}\n"),
        more,
    )


def acc(value: object) -> str:
    return f"accuracy={value}%"


def images(clip: float, fid: float) -> str:
    return f"{{'CLIP_SCORE': {clip}, 'FID_SCORE': {fid}}}"


def f1(value: float) -> str:
    return f'{{"exact_match": 80.0, "f1": {value}}}'


ANSWERS = "TEST01/verify_accuracy.txt"
TEST06 = "First token check pass: {}\nEOS check pass: True\nSample length check pass: True\n"
OPTIONAL = ("mlperf_log_accuracy.json", "mlperf_log_trace.json", "results.json", ".gitkeep")
#: What a compliance run may lack: name, entries of its log, what is said.
BREAKS: list[tuple[Kind, str, dict[str, object], str]] = [
    (
        RESNET,
        "samples",
        {"effective_performance_sample_count": 1},
        "performance sample count is 1, must be 1024",
    ),
    (
        RESNET,
        "seeds",
        {"effective_qsl_rng_seed": 1},
        "seeds is qsl_rng_seed 1, must be 2085463073848966840",
    ),
    (RESNET, "queries", {"effective_min_query_count": 0}, "minimum query count is 0, must be 1"),
    (RESNET, "samples of a query", {"effective_samples_per_query": 1}, "samples per query is 1, must be 24576"),
    (RESNET, "duration", {"effective_min_duration_ms": 1}, "minimum duration is 1, must be 600000"),
    (
        RESNET,
        "result",
        {"result_samples_per_second": "x"},
        "result is missing, must be result_samples_per_second",
    ),
    (
        STREAM,
        "early stopping",
        {"early_stopping_met": False, "early_stopping_result": "too few"},
        "early stopping is too few",
    ),
    (
        SERVER,
        "latency",
        {"effective_target_latency_ns": 15_000_001},
        "latency is 15000001, must be 15000000",
    ),
    (NETWORK, "SUT name", {"sut_name": "PySUT"}, "SUT name is PySUT, must be Network SUT"),
]

NO_ANSWERS = "TEST01 did not pass its comparison of answers ({})"

ROWS = [
    *table(
        "COMP-001",
        clean("all are there"),
        clean("open needs none", remove("TEST01", "TEST04"), OPEN),
        clean("a benchmark needs its own alone", kind=RAG),
        clean("endpoints runs have audits instead", kind=WAN),
        dirty(
            "a test was not run",
            remove("TEST04"),
            "compliance test TEST04 lacks verify_performance.txt, performance/run_1/mlperf_log_detail.txt",
        ),
        dirty(
            "nothing of the first but its log",
            remove("TEST01/verify_accuracy.txt", "TEST01/verify_performance.txt"),
            "compliance test TEST01 lacks verify_accuracy.txt, verify_performance.txt",
        ),
        dirty(
            "the log of one is missing",
            remove(f"TEST01/{DETAIL}"),
            f"compliance test TEST01 lacks {DETAIL}",
        ),
        dirty(
            "network results need them too",
            remove("TEST01/verify_accuracy.txt"),
            "compliance test TEST01 lacks verify_accuracy.txt",
            kind=NETWORK,
        ),
        *(
            dirty(f"{test} left nothing", remove(test), f"compliance test {test} lacks {name}", kind=kind)
            for test, name, kind in (
                ("TEST06", "verify_accuracy.txt", LLAMA),
                ("TEST07", "verify_accuracy.txt", OSS),
                ("TEST08", "verify_accuracy.txt", DLRM),
                ("TEST09", "verify_output_len.txt", RAG),
            )
        ),
        closed_only=True,
    ),
    *table(
        "COMP-002",
        clean("the same figures as the performance run"),
        clean("open doesn't look", log(f"TEST01/{DETAIL}", effective_qsl_rng_seed=1), OPEN),
        *(
            dirty(
                f"its {name}",
                log(f"TEST01/{DETAIL}", **entries),
                f"compliance run of TEST01: {says}",
                kind=kind,
                at=f"TEST01/{DETAIL}:{next(iter(entries))}",
            )
            for kind, name, entries, says in BREAKS
        ),
        dirty(
            "its scenario, and with it the entry of its result",
            log(f"TEST04/{DETAIL}", effective_scenario="Server"),
            "compliance run of TEST04: scenario is Server, must be Offline",
            "compliance run of TEST04: result is missing, must be result_completed_samples_per_sec",
            at=(f"TEST04/{DETAIL}:effective_scenario", f"TEST04/{DETAIL}"),
        ),
        closed_only=True,
    ),
    *table(
        "COMP-003",
        clean("a mark within spaces", write("TEST01/verify_accuracy.txt", "  TEST PASS \n")),
        clean("open doesn't look", write("TEST01/verify_accuracy.txt", "TEST FAIL\n"), OPEN),
        clean("answers that differ, with equal accuracy", differs(acc(76), acc(76))),
        clean("just less apart than is allowed", differs(acc(100), acc(99.01))),
        clean(
            "other files that are allowed",
            differs(acc(76), acc(76), "results.json", ".gitkeep", "mlperf_log_trace.json"),
        ),
        clean("the last mention counts", differs(f"{acc(1)}\n{acc(76)}", acc(76))),
        clean("a metric that may be 2 % apart", differs(images(31.7, 23.5), images(31.7, 23.05)), SDXL),
        clean(
            "the first token's check is skipped", write("TEST06/verify_accuracy.txt", TEST06.format("Skipped")), LLAMA
        ),
        clean("the words fill a line of TEST08", kind=DLRM),
        clean("the words in a line of TEST07", write("TEST07/verify_accuracy.txt", "Verdict: TEST PASS!\n"), OSS),
        clean("the words in a line of TEST09", write("TEST09/verify_output_len.txt", "Verdict: TEST PASS!\n"), RAG),
        dirty(
            "the mark is in a line with more",
            write("TEST01/verify_accuracy.txt", "Verdict: TEST PASS!\n"),
            NO_ANSWERS.format(
                "answers differ, and TEST01/accuracy lacks accuracy.txt, baseline_accuracy.txt, compliance_accuracy.txt"
            ),
            at=ANSWERS,
        ),
        dirty(
            "one is missing, another there",
            all_of(differs(acc(76), acc(76)), rename("TEST01/accuracy/accuracy.txt", "TEST01/accuracy/a.txt")),
            NO_ANSWERS.format("answers differ, and TEST01/accuracy lacks accuracy.txt and also holds a.txt"),
            at=ANSWERS,
        ),
        dirty(
            "further apart than is allowed",
            differs(acc(76), acc(75)),
            NO_ANSWERS.format("acc differs by 1.333 %, at most 1 % is allowed"),
            at=ANSWERS,
        ),
        dirty(
            "further apart in the other direction",
            differs(acc(75), acc(76)),
            NO_ANSWERS.format("acc differs by 1.316 %, at most 1 % is allowed"),
            at=ANSWERS,
        ),
        dirty(
            "a stricter benchmark",
            differs(f1(91), f1(90.9)),
            NO_ANSWERS.format("F1 differs by 0.110 %, at most 0.1 % is allowed"),
            kind=BERT_999,
            at=ANSWERS,
        ),
        dirty(
            "the second metric is too far apart",
            differs(images(31.7, 23.5), images(31.7, 23.01)),
            NO_ANSWERS.format("FID_SCORE differs by 2.130 %, at most 2 % is allowed"),
            kind=SDXL,
            at=ANSWERS,
        ),
        dirty(
            "the metric is missing",
            differs(acc(76), "no accuracy"),
            NO_ANSWERS.format("acc is missing from the two accuracy reports"),
            at=ANSWERS,
        ),
        dirty(
            "the accuracy is 0",
            differs(acc(0), acc(76)),
            NO_ANSWERS.format("acc is missing from the two accuracy reports"),
            at=ANSWERS,
        ),
        dirty(
            "a mention is no number",
            differs(f"{acc('7.6.0')}\n{acc(76)}", acc(76)),
            NO_ANSWERS.format("acc is missing from the two accuracy reports"),
            at=ANSWERS,
        ),
        dirty(
            "one of the two reports is no text",
            all_of(differs(acc(76), acc(76)), write("TEST01/accuracy/baseline_accuracy.txt", b"accuracy=76%\xff")),
            NO_ANSWERS.format("acc is missing from the two accuracy reports"),
            at=ANSWERS,
            besides="PERF-002",
        ),
        *(
            dirty(
                f"TEST06 without its check of {name}",
                write("TEST06/verify_accuracy.txt", TEST06.format("True").replace(line, "x")),
                f"TEST06 did not pass its comparison of answers (failed: {name})",
                kind=LLAMA,
                at="TEST06/verify_accuracy.txt",
            )
            for name, line in (
                ("first token", "First token check pass: True"),
                ("EOS", "EOS check pass: True"),
                ("sample length", "Sample length check pass: True"),
            )
        ),
        dirty(
            "TEST06 without any",
            write("TEST06/verify_accuracy.txt", "First token check pass: False\n"),
            "TEST06 did not pass its comparison of answers (failed: first token, EOS, sample length)",
            kind=LLAMA,
            at="TEST06/verify_accuracy.txt",
        ),
        *(
            dirty(
                f"{test} without its mark",
                write(f"{test}/{name}", text),
                f"{test} did not pass its comparison of answers (no line TEST PASS)",
                kind=kind,
                at=f"{test}/{name}",
            )
            for test, name, kind, text in (
                ("TEST07", "verify_accuracy.txt", OSS, "TEST FAIL\n"),
                ("TEST08", "verify_accuracy.txt", DLRM, "Verdict: TEST PASS!\n"),
                ("TEST09", "verify_output_len.txt", RAG, ""),
            )
        ),
        closed_only=True,
    ),
    *table(
        "COMP-003",
        dirty(
            "another file lies there",
            differs(acc(76), acc(76), "notes.txt"),
            NO_ANSWERS.format("answers differ, and TEST01/accuracy also holds notes.txt"),
            at=ANSWERS,
        ),
        closed_only=True,
        staged_only=True,
    ),
    *table(
        "COMP-004",
        clean("the words in a line with more", write("TEST04/verify_performance.txt", "Verdict: TEST PASS!\n")),
        clean("open doesn't look", write("TEST04/verify_performance.txt", "TEST FAIL\n"), OPEN),
        dirty(
            "the words are missing",
            write("TEST04/verify_performance.txt", "TEST FAIL\n"),
            "TEST04 did not pass its performance comparison",
            at="TEST04/verify_performance.txt",
        ),
        dirty(
            "the words stand in two lines",
            write("TEST01/verify_performance.txt", "TEST\nPASS\n"),
            "TEST01 did not pass its performance comparison",
            at="TEST01/verify_performance.txt",
        ),
        dirty(
            "in network",
            write("TEST01/verify_performance.txt", ""),
            "TEST01 did not pass its performance comparison",
            kind=NETWORK,
            at="TEST01/verify_performance.txt",
        ),
        closed_only=True,
    ),
    *table(
        "COMP-005",
        clean(
            "files that LoadGen writes as well",
            all_of(*(write(f"TEST01/performance/run_1/{name}") for name in OPTIONAL)),
        ),
        clean("open doesn't look", remove("TEST01/performance/run_1/mlperf_log_summary.txt"), OPEN),
        dirty(
            "the summary is missing",
            remove("TEST01/performance/run_1/mlperf_log_summary.txt"),
            "TEST01/performance/run_1 lacks mlperf_log_summary.txt",
        ),
        dirty(
            "both",
            rename("TEST04/performance/run_1/mlperf_log_summary.txt", "TEST04/performance/run_1/spl.txt"),
            "TEST04/performance/run_1 lacks mlperf_log_summary.txt and also holds spl.txt",
        ),
        closed_only=True,
    ),
    *table(
        "COMP-005",
        dirty(
            "another file lies there",
            write("TEST04/performance/run_1/spl.txt"),
            "TEST04/performance/run_1 also holds spl.txt",
        ),
        dirty(
            "two other files lie there",
            all_of(write("TEST04/performance/run_1/b.txt"), write("TEST04/performance/run_1/a.txt")),
            "TEST04/performance/run_1 also holds a.txt, b.txt",
        ),
        closed_only=True,
        staged_only=True,
    ),
    *table(
        "COMP-006",
        clean("passed", kind=WAN),
        clean("no test has an audit", kind=Kind("qwen3-vl-235b-a22b", is_endpoints=True)),
        clean("other audits may be missing", kind=OSS_ENDPOINTS),
        clean("LoadGen runs have none", kind=Kind("wan-2.2-t2v-a14b")),
        clean("one that isn't asked for", write("audit/audit_x.json", "no JSON"), WAN),
        dirty(
            "it is missing",
            remove("audit"),
            f"the endpoints audit {AUDIT} is missing or not passed (missing)",
            kind=WAN,
            at="",
        ),
        dirty(
            "in open too",
            remove("audit"),
            f"the endpoints audit {AUDIT} is missing or not passed (missing)",
            kind=WAN_OPEN,
            at="",
        ),
        dirty(
            "it didn't pass",
            edit(AUDIT, "passed", to=False),
            f"the endpoints audit {AUDIT} is missing or not passed (not passed)",
            kind=WAN,
        ),
        dirty(
            "it is of another test",
            edit(AUDIT, "test", to="accuracy_in_performance_test"),
            f"the endpoints audit {AUDIT} is missing or not passed (it is of accuracy_in_performance_test)",
            kind=WAN,
        ),
        *(
            dirty(
                f"it holds {name}",
                write(AUDIT, text),
                f"the endpoints audit {AUDIT} is missing or not passed (not an audit's JSON)",
                kind=WAN,
            )
            for name, text in (
                ("no JSON", "{"),
                ("a list", "[]"),
                ("a text", '"x"'),
                ("nothing of a test", '{"passed": true}'),
                ("nothing of passing", '{"test": "output_caching_test"}'),
                ("too much of an array", "[" * 100_000),
            )
        ),
        dirty(
            "it is no text",
            write(AUDIT, b"\xff"),
            f"the endpoints audit {AUDIT} is missing or not passed (not an audit's JSON)",
            kind=WAN,
            besides="PERF-002",
        ),
        *(
            dirty(
                f"that of {test} may be missing, but failed",
                write(f"audit/audit_{name}.json", f'{{"test": "{name}", "passed": false}}'),
                f"the endpoints audit audit/audit_{name}.json is missing or not passed (not passed)",
                kind=Kind(benchmark, is_endpoints=True),
                at=f"audit/audit_{name}.json",
                besides=besides,
            )
            for test, name, benchmark, besides in (
                ("TEST01", "accuracy_in_performance_test", "resnet", "PERF-019"),
                ("TEST06", "consistency_output_test", "llama3.1-8b", ""),
                ("TEST07", "accuracy_in_performance_full_test", "gpt-oss-120b", ""),
                ("TEST08", "accuracy_in_performance_dlrmv3_test", "dlrm-v3", "PERF-019"),
            )
        ),
        at=AUDIT,
    ),
    *table(
        "COMP-007",
        clean("at the upper bound", summary("output_sequence_lengths", "avg", to=HIGH), OSS_ENDPOINTS),
        clean("no such test", summary("output_sequence_lengths", to={"avg": 1}), WAN),
        clean("LoadGen runs have TEST09 itself", kind=OSS),
        *(
            dirty(
                name,
                summary("output_sequence_lengths", "avg", to=to),
                f"mean output is {said} tokens, TEST09 asks for {LOW} to {HIGH}",
                kind=OSS_ENDPOINTS,
            )
            for name, to, said in (
                ("a bit too short", 1150.37, "1150.37"),
                ("a bit too long", 1406.03, "1406.03"),
                ("unknown", None, "nothing"),
                ("a text", "1200", "nothing"),
            )
        ),
        at=ENDPOINTS_PERFORMANCE,
    ),
    *table(
        "COMP-008",
        clean("passed", kind=OSS),
        clean("failed without a doubt", kind=OPEN, change=append("TEST04/verify_performance.txt", "TEST FAIL\n")),
        *(
            dirty(
                f"a line of {test} says otherwise",
                append(f"{test}/{name}", "TEST FAIL\n"),
                f"{test} says both TEST PASS and TEST FAIL and passes for the official checker",
                kind=kind,
                at=f"{test}/{name}",
            )
            for test, name, kind in (
                ("TEST01", "verify_performance.txt", RESNET),
                ("TEST04", "verify_performance.txt", RESNET),
                ("TEST07", "verify_accuracy.txt", OSS),
                ("TEST09", "verify_output_len.txt", RAG),
            )
        ),
        closed_only=True,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: Row, fitted: Fitted) -> None:
    assert_holds(row, fitted(row.kind))
