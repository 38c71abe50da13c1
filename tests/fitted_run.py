"""The example's logs fitted to any benchmark of any round: valid by default, a test changes one thing.

Every figure is exactly at its bound, so that the fitted run is itself the row that just passes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from support import CLOSED_SYSTEM, edit_log, evidence_of, run_at

from rules.domain import (
    ACCURACY_DETAIL_LOG,
    ACCURACY_LOG,
    ACCURACY_REPORT,
    DETAIL_LOG,
    ENDPOINTS_ACCURACY,
    ENDPOINTS_CONFIG,
    ENDPOINTS_PERFORMANCE,
    MEASUREMENTS,
    README,
    Artefact,
    Category,
    Division,
    Scenario,
)
from rules.evidence import PERFORMANCE_TESTS, Evidence
from rules.rounds import Round, load_round
from rules.rounds.model import AccuracyMetric, Benchmark

SYSTEM = "example-edge"
SHA256 = "cc8ebeb0f3c7c4cf40f514c538a49d37bc724acf868f92fa759f2aef8830ae15"
#: What a fitted run reports where no bound says how much: samples, queries or tokens a second.
RATE = 100.5
#: Samples of an endpoints run, its duration and what it makes a second.
ENDPOINTS_SAMPLES = 1000
ENDPOINTS_DURATION_NS = 500_000_000_000
ENDPOINTS_RATE = 2.0
#: How the accuracy scripts print each metric.
REPORT_LINES = {
    "acc": "accuracy={}%, good=1, total=2",
    "DLRM_NE": "metric/lifetime_ne/rating: {}",
    "DLRM_ACC": "metric/lifetime_accuracy/rating: {}",
    "DLRM_AUC": "metric/lifetime_gauc/rating: {}",
    "AUC": "AUC={}, accuracy=1.0",
    "mAP": "mAP={}%",
    "F1": '{{"exact_match": 80.0, "f1": {}}}',
    "ACCURACY": "Word Error Rate: 2.1%, accuracy={}%",
    "DICE": "Accuracy: mean = {}, kidney = 0.9, tumor = 0.8",
    "ROUGE1": "{{'rouge1': {}}}",
    "ROUGE2": "{{'rouge2': {}}}",
    "ROUGEL": "{{'rougeL': {}}}",
    "ROUGELSUM": "{{'rougeLsum': {}}}",
    "GEN_LEN": "{{'gen_len': {}}}",
    "TOKENS_PER_SAMPLE": "{{'tokens_per_sample': {}}}",
    "CLIP_SCORE": "{{'CLIP_SCORE': {}}}",
    "FID_SCORE": "{{'FID_SCORE': {}}}",
    "exact_match": "{{'exact_match': {}}}",
    "gsm8k_accuracy": "{{'gsm8k': {}}}",
    "mbxp_accuracy": "{{'mbxp': {}}}",
    "vbench_score": "{{'vbench_score': {}}}",
    "F1_HIERARCHICAL": '{{"f1": {}}}',
    "E2E_ACCURACY": "Accuracy: {}",
}
#: What the compliance tests without a run of their own leave.
VERDICTS = {
    "TEST06": (
        "verify_accuracy.txt",
        "First token check pass: True\nEOS check pass: True\nSample length check pass: True\n",
    ),
    "TEST07": ("verify_accuracy.txt", "Accuracy 83.5\nTEST PASS\n"),
    "TEST08": ("verify_accuracy.txt", "NE values match\nTEST PASS\n"),
    "TEST09": ("verify_output_len.txt", "Mean output length 1200\nTEST PASS\n"),
}
#: What a system measured over a network says besides.
NETWORK_FIELDS = dict.fromkeys(load_round("v6.1").system_fields_network, "said") | {"is_network": "true"}


@dataclass(frozen=True)
class Kind:
    """What a fitted run is of. `logged` is the scenario that was run, `spelled` how the folder spells its own."""

    benchmark_name: str = "resnet"
    scenario: Scenario = Scenario.OFFLINE
    round_name: str = "v6.1"
    division: Division = Division.CLOSED
    is_endpoints: bool = False
    in_category: Category | None = None
    inferred_from: Scenario | None = None
    spelled: str | None = None

    @property
    def round(self) -> Round:
        return load_round(self.round_name)

    @cached_property
    def benchmark(self) -> Benchmark:
        return self.round.benchmarks[self.benchmark_name]

    @cached_property
    def category(self) -> Category:
        """The first category that knows the benchmark in this scenario, unless told."""
        known = (each for each, scenarios in self.benchmark.scenarios.items() if self.scenario in scenarios.known)
        return self.in_category or next(known, Category.EDGE)

    @cached_property
    def logged(self) -> Scenario:
        """LoadGen has no Interactive scenario; it runs Server."""
        own = Scenario.SERVER if self.scenario is Scenario.INTERACTIVE else self.scenario
        return self.inferred_from or own

    @property
    def folder_name(self) -> str:
        return self.spelled or str(self.scenario)

    def __str__(self) -> str:
        return "-".join([*self.round_name.split("."), self.benchmark_name, self.folder_name])


#: Gives a copy of the fitted run, to break.
Fitted = Callable[[Kind], Path]


def fit(kind: Kind, into: Path) -> Path:
    """Write the run; its folder is named by the scenario."""
    folder = into / kind.folder_name
    write = _fit_endpoints if kind.is_endpoints else _fit_loadgen
    write(kind, folder)
    for place, names in kind.benchmark.accuracy_files.items():
        ending = "png" if place == "images" else "mp4"
        (folder / "accuracy" / place).mkdir()
        for name in names:
            (folder / "accuracy" / place / f"{name}.{ending}").write_text("a picture")
        (folder / "accuracy" / place / "captions.txt").write_text("what it shows")
    (folder / README).write_text("How to run it.\n")
    return folder


def evidence_at(kind: Kind, folder: Path, *, is_staged: bool = False) -> Evidence:
    """What is known of a run as it was made, or as it lies in a finished tree, where every file counts."""
    run = run_at(folder, division=kind.division, system=SYSTEM, model=kind.benchmark_name, scenario=kind.scenario)
    if is_staged:
        run = replace(run, artefacts=_all_files(folder))
    meta: dict[str, object] = {"system_type": str(kind.category), "division": str(kind.division)}
    if kind.division is Division.NETWORK:
        meta |= NETWORK_FIELDS
    evidence = evidence_of(replace(run, spelled=kind.spelled), benchmark=kind.benchmark_name, round_=kind.round, **meta)
    return replace(evidence, is_staged=is_staged)


def _all_files(folder: Path) -> dict[Artefact, Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {Artefact(path.relative_to(folder).as_posix()): path for path in paths}


def score_of(metric: AccuracyMetric, scenario: Scenario) -> float:
    """A score at the metric's target, or at its upper limit where it has no target."""
    score = metric.target(scenario)
    score = metric.upper_limit if score is None else score
    assert score is not None
    return score


def report_of(kind: Kind, **scores: object) -> str:
    """An accuracy report; `scores` replace those at the bounds, None leaves a metric out."""
    said = {metric.name: score_of(metric, kind.scenario) for metric in kind.benchmark.accuracy} | scores
    lines = [REPORT_LINES[name].format(score) for name, score in said.items() if score is not None]
    return "".join(f"{line}\n" for line in [*lines, f"hash={SHA256}"])


def _fit_loadgen(kind: Kind, folder: Path) -> None:
    source = kind.logged if kind.logged in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM) else Scenario.OFFLINE
    shutil.copytree(CLOSED_SYSTEM / "resnet50" / str(source), folder)
    for test in PERFORMANCE_TESTS:
        if test not in kind.benchmark.compliance_tests:
            shutil.rmtree(folder / test)
    for test in set(kind.benchmark.compliance_tests) & set(VERDICTS):
        (folder / test).mkdir()
        name, text = VERDICTS[test]
        (folder / test / name).write_text(text)
    for log in [folder / ACCURACY_DETAIL_LOG, *folder.glob(f"**/{DETAIL_LOG}")]:
        edit_log(log, **_entries(kind))
    (folder / ACCURACY_LOG).write_text('[\n{"seq_id": 0, "qsl_idx": 0, "data": "00"}\n]\n')
    (folder / ACCURACY_REPORT).write_text(report_of(kind))


def _entries(kind: Kind) -> dict[str, object]:
    """The entries of a LoadGen log that the round has a say in."""
    benchmark, round_, logged = kind.benchmark, kind.round, kind.logged
    entries: dict[str, object] = {
        "effective_scenario": str(logged),
        "effective_performance_sample_count": benchmark.performance_sample_count,
        "effective_accuracy_sample_count": benchmark.accuracy_samples(kind.scenario),
        "effective_min_query_count": benchmark.min_queries.get(logged, 1),
        "effective_min_duration_ms": round_.min_duration_ms,
        "effective_target_latency_ns": benchmark.latency_limits_ns.get(logged, 0),
        "effective_sample_concatenate_permutation": benchmark.requires_equal_issue,
        "loaded_qsl_set": [1, 2, 3],
        **{f"effective_{seed}": value for seed, value in round_.seeds.items()},
    }
    if logged is Scenario.OFFLINE:
        entries["effective_samples_per_query"] = benchmark.offline_min_samples or 1
    if logged is Scenario.SERVER:
        entries["result_completed_samples_per_sec"] = RATE
    if kind.division is Division.NETWORK:
        entries["sut_name"] = "Network SUT"
    if benchmark.needs_token_latencies:
        entries["requested_use_token_latencies"] = True
        limits = [
            benchmark.token_latency_limits[s] for s in (kind.scenario, logged) if s in benchmark.token_latency_limits
        ]
        if limits and logged is Scenario.SERVER:
            entries["result_first_token_99.00_percentile_latency_ns"] = min(each.ttft_ns for each in limits) - 1
            entries["result_time_per_output_token_99.00_percentile_ns"] = min(each.tpot_ns for each in limits) - 1
    if logged in (Scenario.OFFLINE, Scenario.SERVER) and logged in benchmark.result_fields:
        entries[benchmark.result_fields[logged]] = RATE
    return entries


def _fit_endpoints(kind: Kind, folder: Path) -> None:
    for place in ("performance", "accuracy"):
        (folder / place).mkdir(parents=True)
    write_json(folder / ENDPOINTS_CONFIG, _config(kind))  # JSON is YAML
    write_json(folder / ENDPOINTS_PERFORMANCE, _summary(kind))
    write_json(folder / ENDPOINTS_ACCURACY, _accuracy(kind))
    shutil.copy2(CLOSED_SYSTEM / "resnet50/Offline/measurements.json", folder / MEASUREMENTS)
    if "TEST04" in kind.benchmark.compliance_tests:
        (folder / "audit").mkdir()
        write_json(folder / "audit/audit_output_caching_test.json", {"test": "output_caching_test", "passed": True})


def _config(kind: Kind) -> dict[str, Any]:
    seeds = kind.round.seeds
    runtime = {
        "min_duration_ms": kind.round.min_duration_ms,
        "dataloader_random_seed": seeds["sample_index_rng_seed"],
        "scheduler_random_seed": seeds["schedule_rng_seed"],
    }
    word = "online" if kind.logged is Scenario.SERVER else str(kind.logged).lower()
    return {"type": word, "version": "1.0", "settings": {"runtime": runtime}}


def _summary(kind: Kind) -> dict[str, Any]:
    limit = kind.benchmark.latency_limits_ns.get(kind.scenario, 1_000_000)
    summary: dict[str, Any] = {
        "n_samples_issued": ENDPOINTS_SAMPLES,
        "n_samples_completed": ENDPOINTS_SAMPLES,
        "n_samples_failed": 0,
        "duration_ns": ENDPOINTS_DURATION_NS,
        "latency": {"avg": 2_500_000, "early_stopping_percentiles": {"99.0": limit, "90.0": limit}},
    }
    if "TEST09" in kind.benchmark.compliance_tests:
        summary["output_sequence_lengths"] = {"avg": kind.round.test09_output_tokens[0]}
    if kind.benchmark.needs_token_latencies:
        summary["tps"] = ENDPOINTS_RATE
    tokens = kind.benchmark.token_latency_limits.get(kind.scenario)
    if tokens:
        summary |= {
            "ttft": {"early_stopping_percentiles": {"99.0": tokens.ttft_ns - 1}},
            "tpot": {"early_stopping_percentiles": {"99.0": tokens.tpot_ns - 1}},
        }
    return summary


def _accuracy(kind: Kind) -> dict[str, Any]:
    scores = {metric.name: score_of(metric, kind.scenario) for metric in kind.benchmark.accuracy}
    samples = kind.benchmark.accuracy_samples(kind.scenario)
    return {"accuracy_scores": [{"dataset_type": "accuracy", "total_samples": samples, "score": scores}]}


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=1))
