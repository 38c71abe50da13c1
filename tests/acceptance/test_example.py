"""The bundled example, built as a user builds it: what comes out, to the file."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from support import (
    EXAMPLE,
    EXAMPLE_RUNS,
    REPOSITORY,
    archive,
    archived,
    doit,
    files_below,
    make_workspace,
    placements,
    report,
    tree,
)

LOGS = ("mlperf_log_accuracy.json", "mlperf_log_detail.txt", "mlperf_log_summary.txt")
RUN = (
    *("README.md", "measurements.json", "user.conf", "accuracy/accuracy.txt"),
    *(f"accuracy/{name}" for name in LOGS),
    *(f"performance/run_1/{name}" for name in LOGS),
)
COMPLIANCE = (
    *("TEST01/verify_accuracy.txt", "TEST01/verify_performance.txt"),
    *("TEST01/accuracy/accuracy.txt", "TEST01/accuracy/mlperf_log_accuracy.json"),
    *(f"TEST01/performance/run_1/{name}" for name in LOGS[1:]),
    "TEST04/verify_performance.txt",
    *(f"TEST04/performance/run_1/{name}" for name in LOGS),
)
CLOSED, OPEN = "closed/ExampleLab", "open/ExampleLab"
TREE = {
    *(f"{division}/calibration.md" for division in (CLOSED, OPEN)),
    f"{CLOSED}/systems/example-edge.json",
    f"{OPEN}/systems/example-edge-int4.json",
    f"{OPEN}/model_mapping.json",
    *(f"{CLOSED}/src/resnet50/{name}" for name in ("README.md", "generate.py")),
    *(f"{OPEN}/src/bert-small-int4/{name}" for name in ("README.md", "generate.py")),
    f"{CLOSED}/results/example-edge/README.md",
    f"{OPEN}/results/example-edge-int4/README.md",
    *(
        f"{CLOSED}/results/example-edge/resnet50/{scenario}/{name}"
        for scenario in ("MultiStream", "Offline", "SingleStream")
        for name in (*RUN, *COMPLIANCE)
    ),
    *(
        f"{OPEN}/results/example-edge-int4/bert-small-int4/{scenario}/{name}"
        for scenario in ("Offline", "SingleStream")
        for name in RUN
    ),
}
#: What the tree keeps of a long accuracy log: 4096 bytes of either end, and the mark of the gap.
SHORT = 4096 + len("\n\n...\n\n") + 4096
FINDING = {"code", "severity", "path", "line", "message", "expected", "found", "fix", "official"}


@pytest.fixture(scope="session")
def raw() -> dict[str, bytes]:
    """The example's raw files, by their path in the tree."""
    results = files_below(EXAMPLE / "results")
    return {path.replace("/", "/ExampleLab/results/", 1): data for path, data in results.items()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def accuracy_logs(files: dict[str, bytes]) -> list[str]:
    """The logs of accuracy runs and of TEST01, sorted."""
    return sorted(path for path in files if path.endswith("accuracy/mlperf_log_accuracy.json"))


def long_accuracy_logs(raw: dict[str, bytes]) -> list[str]:
    """Those that are not short already."""
    return [log for log in accuracy_logs(raw) if len(raw[log]) > SHORT]


def accuracy_report(log: str) -> str:
    return log.replace("mlperf_log_accuracy.json", "accuracy.txt")


class TestTree:
    def test_holds_these_files_and_no_others(self, built_example: Path) -> None:
        assert set(tree(built_example)) == TREE

    def test_takes_logs_as_they_are(self, built_example: Path, raw: dict[str, bytes]) -> None:
        staged = tree(built_example)
        same = {path for path in staged if staged[path] == raw.get(path)}
        changed = {path for path in set(staged) & set(raw) if path not in same}
        assert {Path(path).name for path in changed} == {"mlperf_log_accuracy.json", "accuracy.txt"}
        assert all("/accuracy/" in path for path in changed)
        assert set(raw) - set(staged) == {
            f"{CLOSED}/results/example-edge/system_meta.json",
            f"{OPEN}/results/example-edge-int4/model_mapping.json",
            f"{OPEN}/results/example-edge-int4/system_meta.json",
        }

    def test_shortens_accuracy_logs_and_hashes_the_originals(self, built_example: Path, raw: dict[str, bytes]) -> None:
        staged = tree(built_example)
        logs = long_accuracy_logs(raw)
        assert len(logs) == 5
        for log in logs:
            assert staged[log] == raw[log][:4096] + b"\n\n...\n\n" + raw[log][-4096:]
            text = staged[accuracy_report(log)].decode()
            assert text.splitlines()[-1] == f"hash={sha256(raw[log])}"

    def test_leaves_accuracy_logs_alone_that_are_short_and_hashed(
        self, built_example: Path, raw: dict[str, bytes]
    ) -> None:
        staged = tree(built_example)
        short = set(accuracy_logs(raw)) - set(long_accuracy_logs(raw))
        assert len(short) == 3
        for path in short | {accuracy_report(log) for log in short}:
            assert staged[path] == raw[path]

    def test_keeps_what_the_accuracy_reports_said(self, built_example: Path, raw: dict[str, bytes]) -> None:
        staged = tree(built_example)
        for path in (path for path in raw if path.endswith("/accuracy/accuracy.txt")):
            assert staged[path].startswith(raw[path].rstrip())

    def test_describes_the_systems(self, built_example: Path) -> None:
        system = json.loads(tree(built_example)[f"{CLOSED}/systems/example-edge.json"])
        said = json.loads((EXAMPLE / "results/closed/example-edge/system_meta.json").read_bytes())
        assert system == said | {"division": "closed", "submitter": "ExampleLab"}

    def test_maps_open_models_to_benchmarks(self, built_example: Path) -> None:
        assert json.loads(tree(built_example)[f"{OPEN}/model_mapping.json"]) == {"bert-small-int4": "bert-99"}

    def test_readmes_say_what_was_measured(self, built_example: Path) -> None:
        staged = {path: data.decode() for path, data in tree(built_example).items() if path.endswith(".md")}
        offline = staged[f"{CLOSED}/results/example-edge/resnet50/Offline/README.md"]
        assert "284.779 Samples/s" in offline
        assert "acc 76.382" in offline
        system = staged[f"{CLOSED}/results/example-edge/README.md"]
        assert [line for line in system.splitlines() if line.startswith("| resnet50")] == [
            "| resnet50 | MultiStream | 28.6547 Latency (ms) | acc 76.382 |",
            "| resnet50 | Offline | 284.779 Samples/s | acc 76.382 |",
            "| resnet50 | SingleStream | 3.71167 Latency (ms) | acc 76.382 |",
        ]
        assert "generate.py" in staged[f"{CLOSED}/src/resnet50/README.md"]
        assert "has not declared a calibration document" in staged[f"{CLOSED}/calibration.md"]

    def test_has_files_that_all_may_read(self, built_example: Path) -> None:
        for path in (built_example / "build/submission").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444 & ~current_umask()


def current_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


class TestArchive:
    def test_holds_the_tree(self, built_example: Path) -> None:
        assert archived(built_example) == tree(built_example)

    def test_is_one_gzip_member_without_a_time_or_a_name(self, built_example: Path) -> None:
        data = archive(built_example)
        reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        reader.decompress(data)
        assert reader.eof
        assert not reader.unused_data
        assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
        assert gzip.decompress(data)

    def test_can_be_read_as_a_stream(self, built_example: Path) -> None:
        with tarfile.open(fileobj=io.BytesIO(archive(built_example)), mode="r|gz") as stream:
            assert {member.name for member in stream} == TREE

    def test_names_no_user_and_no_time(self, built_example: Path) -> None:
        with tarfile.open(built_example / "build/submission.tar.gz") as opened:
            said = {(m.uid, m.gid, m.uname, m.gname, m.mtime, m.mode, m.type) for m in opened.getmembers()}
        assert said == {(0, 0, "", "", 0, 0o644, tarfile.REGTYPE)}


class TestManifest:
    def test_has_size_and_sha256_of_every_file(self, built_example: Path) -> None:
        rows = report(built_example, "manifest")["files"]
        assert rows == [
            {"path": path, "size": len(data), "sha256": sha256(data)}
            for path, data in sorted(tree(built_example).items())
        ]

    def test_has_the_originals_of_the_accuracy_logs(self, built_example: Path, raw: dict[str, bytes]) -> None:
        originals = report(built_example, "manifest")["original_accuracy_logs"]
        assert originals == [
            {"path": log, "sha256": sha256(raw[log]), "size": len(raw[log])} for log in long_accuracy_logs(raw)
        ]

    def test_says_who_said_each_field_of_a_system(self, built_example: Path) -> None:
        origins = report(built_example, "manifest")["system_field_origins"]
        assert set(origins) == {"closed/example-edge", "open/example-edge-int4"}
        assert origins["closed/example-edge"]["accelerators_per_node"] == "system_meta.json"
        assert origins["closed/example-edge"]["submitter"] == "declaration"


class TestReports:
    def test_plan_keeps_every_run_in_its_place(self, built_example: Path) -> None:
        assert placements(built_example) == [(run, "keep", run) for run in EXAMPLE_RUNS]
        assert {row["reason"] for row in report(built_example, "plan")["placements"]} == {"passes"}

    def test_findings_have_the_shape_that_verify_shares(self, built_example: Path) -> None:
        findings = report(built_example)
        assert set(findings) == {"round", "profile", "results", "tree"}
        assert (findings["round"], findings["profile"]) == ("v6.1", "strict")
        for result in findings["results"]:
            assert {
                *("division", "submitter", "system", "benchmark", "mlperf_model", "scenario", "verdict", "metric"),
                *("units", "accuracy", "inferred", "power", "findings"),
            } == set(result)
            assert (result["verdict"], result["inferred"], result["power"]) == ("pass", False, None)
            assert result["findings"] == []
        assert [found["code"] for found in findings["tree"]] == ["TEXT-002"]
        assert set(findings["tree"][0]) == FINDING
        assert findings["tree"][0]["severity"] == "warning"

    def test_findings_name_every_run_with_its_measurement(self, built_example: Path) -> None:
        assert [
            (row["benchmark"], row["mlperf_model"], row["scenario"], row["metric"], row["units"], row["accuracy"])
            for row in report(built_example)["results"]
        ] == [
            ("resnet50", "resnet", "MultiStream", 28.654727, "Latency (ms)", {"acc": 76.382}),
            ("resnet50", "resnet", "Offline", 284.779, "Samples/s", {"acc": 76.382}),
            ("resnet50", "resnet", "SingleStream", 3.711672, "Latency (ms)", {"acc": 76.382}),
            ("bert-small-int4", "bert-99", "Offline", 284.579, "Samples/s", {"F1": 87.19652912397305}),
            ("bert-small-int4", "bert-99", "SingleStream", 3.713685, "Latency (ms)", {"F1": 87.19652912397305}),
        ]

    def test_summary_lists_what_is_shipped(self, built_example: Path) -> None:
        summary = report(built_example, "summary")
        assert summary["dropped"] == []
        shipped = [(row["division"], row["system"], row["benchmark"], row["scenario"]) for row in summary["results"]]
        assert tuple(map("/".join, shipped)) == EXAMPLE_RUNS

    def test_summary_table_has_a_row_for_each_result(self, built_example: Path) -> None:
        rows = list(csv.DictReader((built_example / "build/summary.csv").read_text().splitlines()))
        assert [(row["Model"], row["Scenario"], row["Result"], row["Units"], row["Accuracy"]) for row in rows] == [
            ("resnet50", "MultiStream", "28.654727", "Latency (ms)", "acc: 76.382"),
            ("resnet50", "Offline", "284.779", "Samples/s", "acc: 76.382"),
            ("resnet50", "SingleStream", "3.711672", "Latency (ms)", "acc: 76.382"),
            ("bert-small-int4", "Offline", "284.579", "Samples/s", "F1: 87.19652912397305"),
            ("bert-small-int4", "SingleStream", "3.713685", "Latency (ms)", "F1: 87.19652912397305"),
        ]
        assert all((built_example / "build/submission" / row["Location"]).is_dir() for row in rows)

    def test_every_json_is_written_for_people(self, built_example: Path) -> None:
        for path in (built_example / "build").glob("*.json"):
            text = path.read_text()
            assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


class TestRawResults:
    """Nobody writes below a results root: not a byte, not a time, not a file that comes and goes."""

    def test_stay_as_they_were(self, unbuilt: Path) -> None:
        before = every_trait(unbuilt / "results")
        doit(unbuilt, check=True)
        assert every_trait(unbuilt / "results") == before

    def test_may_be_read_only(self, unbuilt: Path, built_example: Path) -> None:
        with read_only(unbuilt / "results"):
            doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)


def every_trait(folder: Path) -> dict[str, tuple[int, int, int, int, str]]:
    """All that a writer would change in a folder and below; a folder's time tells of files made and removed."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        traits = path.stat()
        content = sha256(path.read_bytes()) if path.is_file() else ""
        found[str(path)] = (traits.st_mode, traits.st_ino, traits.st_size, traits.st_mtime_ns, content)
    return found


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_the_repository_declares_the_same_build(tmp_path: Path, built_example: Path) -> None:
    said = yaml.safe_load((REPOSITORY / "submission.yaml").read_text())
    roots = [root | {"path": str(REPOSITORY / root["path"])} for root in said["results"]]
    code = {name: str(REPOSITORY / path) for name, path in said["implementation"].items()}
    workspace = make_workspace(tmp_path / "workspace", roots, implementation=code, systems=said["systems"])
    outcome = doit(workspace, check=True)
    assert outcome.output.splitlines()[-1] == "Ready: build/submission.tar.gz"
    assert archive(workspace) == archive(built_example)
