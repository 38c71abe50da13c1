#!/usr/bin/env python3
"""Drive the real MLPerf LoadGen with a synthetic SUT, and keep the run folders it writes.

The logs are real: every performance and compliance run lasts its 600 seconds, under the
seeds and settings that LoadGen itself carries for the round. The system under test is
not: it sleeps for a while and answers with labels that are right for a fixed share of
the samples. See README.md beside this file.

    pip install mlcommons-loadgen==6.0.17
    python examples/generate.py --output examples/results

All runs go side by side, one process each; the whole takes about eleven minutes.
"""

from __future__ import annotations

import argparse
import array
import concurrent.futures
import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

KEPT_BYTES = 4096
#: LoadGen's audit.config of each compliance test, as the round's rules give it for resnet50.
AUDIT_CONFIG = {
    "TEST01": "*.*.mode = 2\n*.*.accuracy_log_rng_seed = 720381539243781796\n*.*.accuracy_log_sampling_target = 4096\n",
    "TEST04": "*.*.mode = 2\n"
    "*.*.performance_issue_unique = 0\n"
    "*.*.performance_issue_same = 1\n"
    "*.*.performance_issue_same_index = 3\n",
}
#: The synthetic SUT's pace, seconds for one sample.
SAMPLE_SECONDS = 0.0035
USER_CONF = {
    "SingleStream": "{name}.SingleStream.target_latency = 4\n",
    "MultiStream": "{name}.MultiStream.target_latency = 32\n",
    "Offline": "{name}.Offline.target_qps = 270\n",
}


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """What LoadGen and the accuracy report need to know of a benchmark; counts in samples."""

    name: str
    dataset_size: int
    performance_samples: int
    classes: int
    report: str
    #: Whether accuracy runs keep their whole accuracy log; else it is shortened, as a
    #: submitter may do before archiving a run, so that the example stays small.
    whole_log: bool


RESNET50 = Benchmark("resnet50", 50_000, 1024, 1000, "accuracy={share:.3f}%, good={good}, total={total}\n", False)
BERT = Benchmark("bert", 10_833, 10_833, 384, '{{"exact_match": {share}, "f1": {share}}}\n', True)


@dataclasses.dataclass(frozen=True)
class Sut:
    """A synthetic system: where its runs go, and how often it answers right."""

    division: str
    system: str
    benchmark: Benchmark
    model: str
    official_model: str
    weights: str
    scenarios: tuple[str, ...]
    tests: tuple[str, ...]
    percent_right: float


SUTS = (
    Sut(
        "closed",
        "example-edge",
        RESNET50,
        "resnet50",
        "resnet50",
        "fp32",
        ("SingleStream", "MultiStream", "Offline"),
        ("TEST01", "TEST04"),
        76.3,
    ),
    Sut(
        "open",
        "example-edge-int4",
        BERT,
        "bert-small-int4",
        "bert-99",
        "int4",
        ("SingleStream", "Offline"),
        (),
        87.2,
    ),
)


@dataclasses.dataclass(frozen=True)
class Job:
    """One LoadGen execution: `mode` is performance, accuracy, or a compliance test's name."""

    sut: Sut
    scenario: str
    mode: str

    def log_folder(self, output: Path) -> Path:
        scenario = scenario_folder(output, self.sut, self.scenario)
        if self.mode == "accuracy":
            return scenario / "accuracy"
        if self.mode == "performance":
            return scenario / "performance" / "run_1"
        return scenario / self.mode / "performance" / "run_1"


def scenario_folder(output: Path, sut: Sut, scenario: str) -> Path:
    return output / sut.division / sut.system / sut.model / scenario


def spread(text: str) -> float:
    """A number in [0, 1) that is the same for the same text on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def label(benchmark: Benchmark, index: int) -> int:
    return int(spread(f"{benchmark.name} label {index}") * benchmark.classes)


def prediction(sut: Sut, index: int) -> int:
    right = spread(f"{sut.system} right {index}") * 100 < sut.percent_right
    truth = label(sut.benchmark, index)
    return truth if right else (truth + 1) % sut.benchmark.classes


def sample_seconds(index: int) -> float:
    """Time for one sample: near SAMPLE_SECONDS, a little different for each."""
    return SAMPLE_SECONDS * (0.97 + 0.06 * spread(f"time {index}"))


def run_loadgen(job: Job, output: Path) -> None:
    """Execute one LoadGen run in this process, with its audit.config in the working folder."""
    import mlperf_loadgen as lg

    benchmark = job.sut.benchmark
    logs = job.log_folder(output)
    logs.mkdir(parents=True)
    user_conf = (scenario_folder(output, job.sut, job.scenario) / "user.conf").resolve()
    log_folder = logs.resolve()

    answers = [array.array("i", [prediction(job.sut, i)]) for i in range(benchmark.dataset_size)]
    seconds = [sample_seconds(i) for i in range(benchmark.dataset_size)]
    batch = 8 if job.scenario != "Offline" else 32
    # Accuracy runs have no clock to satisfy.
    pace = 0.0 if job.mode == "accuracy" else 1.0

    def issue(samples: list[lg.QuerySample]) -> None:
        for start in range(0, len(samples), batch):
            part = samples[start : start + batch]
            time.sleep(pace * sum(seconds[s.index] for s in part))
            responses = []
            for sample in part:
                address, _ = answers[sample.index].buffer_info()
                responses.append(lg.QuerySampleResponse(sample.id, address, answers[sample.index].itemsize))
            lg.QuerySamplesComplete(responses)

    settings = lg.TestSettings()
    settings.scenario = getattr(lg.TestScenario, job.scenario)
    settings.FromConfig(str(user_conf), benchmark.name, job.scenario)
    settings.mode = lg.TestMode.AccuracyOnly if job.mode == "accuracy" else lg.TestMode.PerformanceOnly

    log_output = lg.LogOutputSettings()
    log_output.outdir = str(log_folder)
    log_settings = lg.LogSettings()
    log_settings.log_output = log_output
    log_settings.enable_trace = False

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if job.mode in AUDIT_CONFIG:
            Path("audit.config").write_text(AUDIT_CONFIG[job.mode])
        sut = lg.ConstructSUT(issue, lambda: None)
        qsl = lg.ConstructQSL(benchmark.dataset_size, benchmark.performance_samples, lambda _: None, lambda _: None)
        lg.StartTestWithLogSettings(sut, qsl, settings, log_settings, "audit.config")
        lg.DestroyQSL(qsl)
        lg.DestroySUT(sut)
        os.chdir("/")
    (logs / "mlperf_log_trace.json").unlink(missing_ok=True)


def jobs() -> Iterator[Job]:
    for sut in SUTS:
        for scenario in sut.scenarios:
            for mode in ("performance", "accuracy", *sut.tests):
                yield Job(sut, scenario, mode)


def detail(path: Path) -> dict[str, object]:
    """The keys of a detail log, last value of each."""
    values = {}
    for line in path.read_text().splitlines():
        if line.startswith(":::MLLOG "):
            entry = json.loads(line[len(":::MLLOG ") :])
            values[entry["key"]] = entry["value"]
    return values


def score(run_folder: Path) -> float:
    """The number that compliance tests compare: samples/s, or the latency estimate in ns."""
    log = detail(run_folder / "mlperf_log_detail.txt")
    if log["result_validity"] != "VALID":
        raise SystemExit(f"{run_folder}: LoadGen says {log['result_validity']}: {log.get('early_stopping_result')}")
    field = {
        "SingleStream": "early_stopping_latency_ss",
        "MultiStream": "early_stopping_latency_ms",
        "Offline": "result_samples_per_second",
    }[str(log["effective_scenario"])]
    return float(str(log[field]))


def accuracy_entries(path: Path) -> dict[int, str]:
    return {entry["qsl_idx"]: entry["data"] for entry in json.loads(path.read_text())}


def write_accuracy_report(sut: Sut, scenario: Path) -> None:
    """accuracy.txt of an accuracy run: every logged answer against its label, as a percentage."""
    entries = accuracy_entries(scenario / "accuracy" / "mlperf_log_accuracy.json")
    good = sum(
        int.from_bytes(bytes.fromhex(data), sys.byteorder) == label(sut.benchmark, index)
        for index, data in entries.items()
    )
    total = len(entries)
    text = sut.benchmark.report.format(share=100 * good / total, good=good, total=total)
    (scenario / "accuracy" / "accuracy.txt").write_text(text)


def verify_test01(scenario: Path) -> None:
    """Compare the answers logged under TEST01 with those of the accuracy run, and the scores."""
    test = scenario / "TEST01"
    (test / "accuracy").mkdir()
    log = test / "accuracy" / "mlperf_log_accuracy.json"
    (test / "performance" / "run_1" / "mlperf_log_accuracy.json").replace(log)
    reference, sampled = accuracy_entries(scenario / "accuracy" / "mlperf_log_accuracy.json"), accuracy_entries(log)
    differing = sum(reference.get(index) != data for index, data in sampled.items())
    (test / "verify_accuracy.txt").write_text(
        f"Entries in the accuracy run's log: {len(reference)}\n"
        f"Entries in the TEST01 log: {len(sampled)}\n"
        f"Entries that differ: {differing}\n"
        f"TEST {'PASS' if sampled and not differing else 'FAIL'}\n"
    )
    before, after = score(scenario / "performance" / "run_1"), score(test / "performance" / "run_1")
    passes = abs(after - before) <= tolerance(scenario, before) * before
    write_performance_verdict(test, before, after, passes)


def verify_test04(scenario: Path) -> None:
    """Repeating one sample must not be faster than distinct samples: a SUT that caches fails."""
    test = scenario / "TEST04"
    before, after = score(scenario / "performance" / "run_1"), score(test / "performance" / "run_1")
    if scenario.name != "Offline":  # latencies: compare rates
        before, after = 1e9 / before, 1e9 / after
    write_performance_verdict(test, before, after, after < before * (1 + tolerance(scenario, before)))


def tolerance(scenario: Path, reference: float) -> float:
    relaxed = {"SingleStream": 200_000, "MultiStream": 1_600_000}.get(scenario.name, 0)
    return 0.20 if reference <= relaxed else 0.10


def write_performance_verdict(test: Path, before: float, after: float, passes: bool) -> None:
    verdict = "PASS" if passes else "FAIL"
    (test / "verify_performance.txt").write_text(
        f"Verifying performance.\nreference score = {before}\ntest score = {after}\nTEST {verdict}\n"
    )


def shorten(path: Path, report: Path) -> None:
    """Keep both ends of an accuracy log, and its sha256 as the hash line of the accuracy report."""
    whole = path.read_bytes()
    path.write_bytes(whole[:KEPT_BYTES] + b"\n\n...\n\n" + whole[-KEPT_BYTES:])
    with report.open("a") as stream:
        stream.write(f"hash={hashlib.sha256(whole).hexdigest()}\n")


def write_inputs(output: Path) -> None:
    """What a submitter has beside the logs: system description, user.conf, measurements.json."""
    here = Path(__file__).parent
    for sut in SUTS:
        system = output / sut.division / sut.system
        system.mkdir(parents=True)
        shutil.copyfile(here / "systems" / f"{sut.system}.json", system / "system_meta.json")
        if sut.model != sut.official_model:
            (system / "model_mapping.json").write_text(json.dumps({sut.model: sut.official_model}, indent=2) + "\n")
        for scenario in sut.scenarios:
            folder = scenario_folder(output, sut, scenario)
            folder.mkdir(parents=True)
            (folder / "user.conf").write_text(USER_CONF[scenario].format(name=sut.benchmark.name))
            measurements = {
                "input_data_types": "fp32",
                "retraining": "No",
                "starting_weights_filename": "none (synthetic SUT)",
                "weight_data_types": sut.weights,
                "weight_transformations": "none (synthetic SUT)",
            }
            (folder / "measurements.json").write_text(json.dumps(measurements, indent=2) + "\n")


def finish(output: Path) -> None:
    """Accuracy reports, compliance verdicts, and the shortening of the large logs."""
    for sut in SUTS:
        for name in sut.scenarios:
            scenario = scenario_folder(output, sut, name)
            score(scenario / "performance" / "run_1")
            write_accuracy_report(sut, scenario)
            if "TEST01" in sut.tests:
                verify_test01(scenario)
            if "TEST04" in sut.tests:
                verify_test04(scenario)
            if not sut.benchmark.whole_log:
                shorten(scenario / "accuracy" / "mlperf_log_accuracy.json", scenario / "accuracy" / "accuracy.txt")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="a folder that does not exist yet")
    output: Path = parser.parse_args().output.resolve()
    if output.exists():
        raise SystemExit(f"{output} exists; give a folder that does not")
    write_inputs(output)
    todo = list(jobs())
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(len(todo), mp_context=context, max_tasks_per_child=1) as pool:
        futures = {pool.submit(run_loadgen, job, output): job for job in todo}
        for future in concurrent.futures.as_completed(futures):
            future.result()
            job = futures[future]
            print(f"done: {job.sut.system} {job.scenario} {job.mode}", flush=True)
    finish(output)


if __name__ == "__main__":
    main()
