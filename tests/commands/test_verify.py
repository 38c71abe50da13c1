"""`verify` as users run it: what it says, writes and returns."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import InvalidCommand
from support import Outcome, copy_of, edit_log, run_program

from rules.commands.verify import Verify

PROGRAMS = ("mlperf-dodo", "doit")
OFFLINE = "closed/ExampleLab/results/example-edge/resnet50/Offline"
INT4 = "open/ExampleLab/results/example-edge-int4/bert-small-int4/Offline"
LOG = "performance/run_1/mlperf_log_detail.txt"
Run = Callable[..., Outcome]
PASSES = "Passes v6.1, profile strict (closed: 3 of 3 results; open: 2 of 2 results pass).\n"


@pytest.fixture(scope="module")
def submission(built_example: Path) -> Path:
    """The example's tree, which passes. Not to be changed."""
    return built_example / "build/submission"


@pytest.fixture
def tree(submission: Path, tmp_path: Path) -> Path:
    """A copy of it, to break."""
    return copy_of(submission, tmp_path)


def verify(tree: Path | str, *options: str, folder: Path, program: str = "mlperf-dodo") -> Outcome:
    return run_program(program, "verify", "--tree", str(tree), "--round", "v6.1", *options, folder=folder)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command without a process of its own; in a folder of its own all the same."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str) -> Outcome:
        try:
            code = Verify().parse_execute(list(options))
        except InvalidCommand as refusal:  # as doit's own main does
            return Outcome(3, f"ERROR: {refusal}\n")
        return Outcome(code, capsys.readouterr().out)

    return run


class TestOutcome:
    @pytest.mark.parametrize("program", PROGRAMS)
    def test_of_a_tree_that_passes(self, program: str, submission: Path, tmp_path: Path) -> None:
        assert verify(submission, folder=tmp_path, program=program) == Outcome(0, PASSES)
        assert list(tmp_path.iterdir()) == []

    def test_of_an_archive_that_passes(self, submission: Path, tmp_path: Path) -> None:
        shutil.copy(submission.with_name("submission.tar.gz"), tmp_path)
        assert verify("submission.tar.gz", folder=tmp_path) == Outcome(0, PASSES)
        assert [path.name for path in tmp_path.iterdir()] == ["submission.tar.gz"]

    @pytest.mark.parametrize("program", PROGRAMS)
    def test_of_a_tree_that_fails(self, program: str, tree: Path) -> None:
        (tree / OFFLINE / "user.conf").unlink()
        (tree / "notes.txt").touch()
        assert verify(tree.name, folder=tree.parent, program=program) == Outcome(
            1,
            "error MEAS-001: user.conf is missing\n"
            f"    submission/{OFFLINE}\n"
            "    fix: Put it into the scenario's folder (or the performance run's): it says\n"
            "         how the run was made.\n"
            "\n"
            "error TREE-002: stray file; a submission's root folder holds only folders\n"
            "    submission/notes.txt\n"
            "    fix: Move it out of the tree.\n"
            "\n"
            "Failing, 1 result:\n"
            "  closed/ExampleLab/example-edge/resnet50/Offline\n"
            "    MEAS-001\n"
            "\n"
            "Fails v6.1, profile strict (closed: 2 of 3 results; open: 2 of 2 results pass), 1 error in the whole.\n",
        )

    def test_of_an_empty_folder(self, tmp_path: Path) -> None:
        outcome = verify(tmp_path, folder=tmp_path)
        assert outcome.code == 1
        assert "error TREE-010: no results in the tree" in outcome.output
        assert outcome.output.endswith("Fails v6.1, profile strict, 1 error in the whole.\n")

    def test_of_an_empty_folder_for_the_official_checker(self, tmp_path: Path) -> None:
        outcome = verify(tmp_path, "--profile", "official", folder=tmp_path)
        assert outcome == Outcome(0, "Passes v6.1, profile official.\n")


class TestProfile:
    def test_official_looks_away_where_the_official_checker_does(self, tree: Path) -> None:
        edit_log(tree / OFFLINE / LOG, result_validity="INVALID")
        strict, official = (verify(tree, "--profile", each, folder=tree.parent) for each in ("strict", "official"))
        assert (strict.code, official.code) == (1, 0)
        assert "error PERF-016: LoadGen says the result is INVALID" in strict.output
        assert official.output == PASSES.replace("strict", "official")


class TestSelection:
    def test_of_a_submitter(self, tree: Path, run: Run) -> None:
        shutil.copytree(tree / "open/ExampleLab", tree / "open/OtherLab")
        (tree / INT4 / "user.conf").unlink()
        outcome = run("--tree", str(tree), "--round", "v6.1", "--submitter", "OtherLab", "--skip", "sys-006")
        assert outcome == Outcome(0, "Passes v6.1, profile strict (open: 2 of 2 results pass).\n")

    @pytest.mark.parametrize("skip", ["MEAS-001,TREE", " meas , tree-002"])
    def test_of_rules(self, skip: str, tree: Path, run: Run) -> None:
        (tree / OFFLINE / "user.conf").unlink()
        (tree / "notes.txt").touch()
        assert run("--tree", str(tree), "--round", "v6.1", "--skip", skip).code == 0

    @pytest.mark.parametrize(
        ("switch", "code", "change"),
        [
            (
                "--skip-dataset-size-check",
                "ACC-008",
                lambda tree: edit_log(
                    tree / INT4 / "accuracy/mlperf_log_detail.txt", effective_accuracy_sample_count=1
                ),
            ),
            ("--skip-empty-files-check", "MEAS-002", lambda tree: (tree / INT4 / "user.conf").write_text("")),
            (
                "--skip-meaningful-fields-emptiness-check",
                "SYS-011",
                lambda tree: edit_json(tree / "open/ExampleLab/systems/example-edge-int4.json", cooling=""),
            ),
            (
                "--skip-meaningful-fields-emptiness-check",
                "MEAS-006",
                lambda tree: edit_json(tree / INT4 / "measurements.json", retraining=""),
            ),
        ],
    )
    def test_of_rules_by_the_official_checkers_switches(
        self, switch: str, code: str, change: Callable[[Path], object], tree: Path, run: Run
    ) -> None:
        change(tree)
        options = ("--tree", str(tree), "--round", "v6.1")
        outcome = run(*options)
        assert outcome.code == 1
        assert f"error {code}:" in outcome.output
        assert run(*options, switch) == Outcome(0, PASSES)


def edit_json(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))


class TestMisuse:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ([], "verify needs --tree; for example: verify --tree build/submission --round v6.1"),
            (["--tree", "."], "verify needs --round; for example: verify --tree build/submission --round v6.1"),
            (["--tree", ".", "--round", "v9.9"], "unknown round"),
            (
                ["--tree", ".", "--round", "v6.1", "--profile", "mild"],
                "unknown profile 'mild' (known: official, strict)",
            ),
            (
                ["--tree", ".", "--round", "v6.1", "--skip", "ACC,X-1"],
                "--skip X-1: no rule has a code that begins so; `explain` lists them",
            ),
            (["--tree", "nowhere", "--round", "v6.1"], "nowhere: no such folder or archive"),
            (
                ["--tree", ".", "--round", "v6.1", "more"],
                "verify takes no arguments (more); use --tree PATH --round ROUND",
            ),
            (["--tree", ".", "--round", "v6.1", "--csv", "file/x.csv"], "file"),
            (["--tree", ".", "--round", "v6.1", "--json", "folder"], "folder"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_is_told_in_one_line(self, options: list[str], said: str, tmp_path: Path, run: Run) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        outcome = run(*options)
        assert outcome.code == 3
        assert said in outcome.output
        assert outcome.output.count("\n") == 1

    @pytest.mark.parametrize("program", PROGRAMS)
    def test_is_told_by_either_program(self, program: str, tmp_path: Path) -> None:
        assert verify("nowhere", folder=tmp_path, program=program) == Outcome(
            3, "ERROR: nowhere: no such folder or archive\n"
        )

    @pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00\x00"], ids=["empty", "text", "torn"])
    def test_of_a_file_that_is_no_archive(self, content: bytes, tmp_path: Path, run: Run) -> None:
        (tmp_path / "x.tar.gz").write_bytes(content)
        outcome = run("--tree", "x.tar.gz", "--round", "v6.1")
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: x.tar.gz: no readable tar archive")

    def test_of_a_damaged_archive(self, submission: Path, tmp_path: Path) -> None:
        whole = submission.with_name("submission.tar.gz").read_bytes()
        (tmp_path / "x.tar.gz").write_bytes(whole[: len(whole) // 2])
        outcome = verify("x.tar.gz", folder=tmp_path)
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: x.tar.gz: no readable tar archive")

    def test_of_an_archive_that_leaves_its_folder(self, tmp_path: Path) -> None:
        with tarfile.open(tmp_path / "x.tar", "w") as tar:
            tar.addfile(tarfile.TarInfo("../x"))
        outcome = verify("x.tar", folder=tmp_path)
        assert (outcome.code, outcome.output) == (
            3,
            "ERROR: x.tar: member '../x' would leave the folder that it is unpacked in\n",
        )
        assert not (tmp_path.parent / "x").exists()


FINDING = {"code", "severity", "path", "line", "message", "expected", "found", "fix", "official"}
RESULT = {
    *("division", "submitter", "system", "benchmark", "mlperf_model", "scenario", "verdict", "metric", "units"),
    *("accuracy", "inferred", "power", "findings"),
}


@pytest.fixture(scope="module")
def written(submission: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which --json and --csv were written, of a tree that fails."""
    tree = copy_of(submission, tmp_path_factory.mktemp("written"))
    (tree / "closed/ExampleLab/results/example-edge/resnet50/Offline").rename(
        tree / "closed/ExampleLab/results/example-edge/resnet50/offline"
    )
    (tree / INT4 / "user.conf").unlink()
    (tree / "notes.txt").touch()
    files = ("--json", "out/results.json", "--csv", "out/results.csv")
    assert verify(tree.name, *files, folder=tree.parent).code == 1
    return tree.parent / "out"


class TestFiles:
    def test_json_holds_every_result(self, written: Path) -> None:
        report: dict[str, Any] = json.loads((written / "results.json").read_bytes())
        assert report.keys() == {"round", "profile", "results", "tree"}
        assert (report["round"], report["profile"]) == ("v6.1", "strict")
        results = report["results"]
        assert all(result.keys() == RESULT for result in results)
        assert [(result["division"], result["scenario"], result["verdict"]) for result in results] == [
            ("closed", "MultiStream", "pass"),
            ("closed", "SingleStream", "pass"),
            ("closed", "offline", "pass"),
            ("open", "Offline", "fail"),
            ("open", "SingleStream", "pass"),
        ]
        assert results[2] == {
            "division": "closed",
            "submitter": "ExampleLab",
            "system": "example-edge",
            "benchmark": "resnet50",
            "mlperf_model": "resnet",
            "scenario": "offline",
            "verdict": "pass",
            "metric": 284.779,
            "units": "Samples/s",
            "accuracy": {"acc": 76.382},
            "inferred": False,
            "power": None,
            "findings": [],
        }

    def test_json_holds_every_finding(self, written: Path) -> None:
        report = json.loads((written / "results.json").read_bytes())
        (found,) = report["results"][3]["findings"]
        assert found.keys() == FINDING
        assert (found["code"], found["severity"], found["official"]) == ("MEAS-001", "error", True)
        assert (found["path"], found["line"]) == (f"submission/{INT4}", None)
        assert (found["message"], found["expected"], found["found"]) == ("user.conf is missing", "user.conf", None)
        assert found["fix"].startswith("Put it into the scenario's folder")
        assert [(found["code"], found["path"]) for found in report["tree"]] == [("TREE-002", "submission/notes.txt")]

    def test_csv_holds_the_results_that_pass(self, written: Path) -> None:
        rows = list(csv.DictReader(io.StringIO((written / "results.csv").read_text())))
        assert [(row["Division"], row["Model"], row["MlperfModel"], row["Scenario"]) for row in rows] == [
            ("closed", "resnet50", "resnet", "MultiStream"),
            ("closed", "resnet50", "resnet", "SingleStream"),
            ("closed", "resnet50", "resnet", "offline"),
            ("open", "bert-small-int4", "bert-99", "SingleStream"),
        ]
        offline = rows[2]
        assert (offline["Result"], offline["Units"], offline["Accuracy"]) == ("284.779", "Samples/s", "acc: 76.382")
        assert (offline["inferred"], offline["has_power"], offline["version"]) == ("1", "False", "v6.1")
