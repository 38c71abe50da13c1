"""What a second build does: as much as the change asks for, and what comes out is what a fresh build makes."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import (
    EXAMPLE_RUNS,
    archive,
    archived,
    declare_example,
    doit,
    edit_log,
    files_below,
    placements,
    report,
    tree,
)

from rules.reports.page.render import PAGE

OFFLINE = "closed/example-edge/resnet50/Offline"
OPEN_OFFLINE = "open/example-edge-int4/bert-small-int4/Offline"
OPEN_STREAM = "open/example-edge-int4/bert-small-int4/SingleStream"
CLOSED, OPEN = "build/submission/closed/ExampleLab", "build/submission/open/ExampleLab"
PERFORMANCE = "performance/run_1"
_CHANGES = re.compile(rb'<a href="#changes">.*?</a>|<section id="changes".*?</section>|\s+', re.DOTALL)


def rebuilt(*units: str) -> set[str]:
    """The tasks that stage and pack units anew, and then the archive."""
    return {f"{step}:{unit}" for unit in units for step in ("stage", "pack")} | {"pack:archive"}


def outputs(workspace: Path) -> dict[str, bytes]:
    """All that a build made for people to take: tree, archive, reports."""
    made = files_below(workspace / "build")
    made[PAGE] = _CHANGES.sub(b"", made[PAGE])  # what has changed since the last build, the page alone tells
    return {path: data for path, data in made.items() if not path.startswith(".state/")}


def fresh_outputs(workspace: Path) -> dict[str, bytes]:
    """What a build from nothing makes of a workspace."""
    fresh = workspace.parent / "fresh"
    shutil.copytree(workspace, fresh, ignore=shutil.ignore_patterns("build"))
    doit(fresh)
    return outputs(fresh)


def append(path: Path, text: str = "\n") -> None:
    with path.open("a") as stream:
        stream.write(text)


class TestNothingToDo:
    def test_a_second_build_executes_nothing(self, workspace: Path) -> None:
        assert doit(workspace, check=True).tasks == []

    def test_says_again_what_is_shipped(self, workspace: Path) -> None:
        output = doit(workspace).output
        assert "Shipped, 5 results:" in output
        assert output.endswith("\nReady: build/submission.tar.gz\n")

    def test_touched_files_are_no_change(self, workspace: Path) -> None:
        for path in workspace.rglob("*"):
            os.utime(path, ns=(10**18, 10**18))
        assert doit(workspace, check=True).tasks == []

    def test_a_moved_workspace_is_no_change(self, workspace: Path) -> None:
        moved = workspace.rename(workspace.parent / "moved")
        assert doit(moved, check=True).tasks == []

    def test_a_file_that_no_submission_takes_changes_no_verdict(self, workspace: Path) -> None:
        (workspace / "results" / OFFLINE / "performance/run_1/notes.log").write_text("note")
        outcome = doit(workspace, check=True)
        assert {*outcome.tasks} <= {f"check:{OFFLINE}", "plan", "report"}
        assert outputs(workspace) == fresh_outputs(workspace)


class TestChangedRun:
    @pytest.mark.parametrize(
        "file",
        [
            f"{PERFORMANCE}/mlperf_log_summary.txt",
            "TEST04/performance/run_1/mlperf_log_accuracy.json",
        ],
    )
    def test_one_more_byte_redoes_that_run_alone(self, workspace: Path, file: str) -> None:
        """Nothing that the verdict rests on, so that not even the plan is made again."""
        append(workspace / "results" / OFFLINE / file)
        assert set(doit(workspace, check=True).tasks) == {f"check:{OFFLINE}", *rebuilt(OFFLINE)}

    def test_one_more_byte_comes_out_at_the_other_end(self, workspace: Path) -> None:
        append(workspace / "results" / OFFLINE / "user.conf", "# mended\n")
        doit(workspace, check=True)
        staged = archived(workspace)["closed/ExampleLab/results/example-edge/resnet50/Offline/user.conf"]
        assert staged.endswith(b"# mended\n")
        assert outputs(workspace) == fresh_outputs(workspace)
        assert doit(workspace, check=True).tasks == []

    def test_another_metric_redoes_what_names_it(self, workspace: Path) -> None:
        log = workspace / "results" / OFFLINE / PERFORMANCE / "mlperf_log_detail.txt"
        edit_log(log, result_samples_per_second=284.5)
        # the run's README and the system's name the metric
        assert set(doit(workspace, check=True).tasks) == {
            *(f"check:{OFFLINE}", "plan", "stage:prune", "report"),
            *rebuilt(OFFLINE, "closed/example-edge"),
        }
        assert "284.5 Samples/s" in (workspace / CLOSED / "results/example-edge/README.md").read_text()
        assert outputs(workspace) == fresh_outputs(workspace)

    def test_a_run_that_comes_to_fail_leaves_the_tree_and_comes_back(self, workspace: Path) -> None:
        before = archive(workspace), tree(workspace)
        log = workspace / "results" / OPEN_OFFLINE / "accuracy/mlperf_log_detail.txt"
        whole = log.read_bytes()
        log.unlink()
        assert doit(workspace).code == 1
        assert not (workspace / OPEN / "results/example-edge-int4/bert-small-int4/Offline").exists()
        assert archived(workspace) == tree(workspace)
        log.write_bytes(whole)
        doit(workspace, check=True)
        assert (archive(workspace), tree(workspace)) == before


class TestRunsThatComeAndGo:
    def test_a_removed_run_takes_its_files_with_it(self, workspace: Path) -> None:
        before = tree(workspace)
        shutil.rmtree(workspace / "results" / OPEN_OFFLINE)
        outcome = doit(workspace, check=True)
        assert set(outcome.tasks) == {
            *("plan", "stage:prune", "stage:open/example-edge-int4", "pack:open/example-edge-int4"),
            *("pack:archive", "report"),
        }
        place = "open/ExampleLab/results/example-edge-int4/bert-small-int4/Offline/"
        assert set(tree(workspace)) == {path for path in before if not path.startswith(place)}
        assert not (workspace / "build/submission" / place).exists()
        assert outputs(workspace) == fresh_outputs(workspace)

    def test_a_removed_system_leaves_no_empty_folder(self, workspace: Path) -> None:
        shutil.rmtree(workspace / "results/open/example-edge-int4")
        doit(workspace)
        assert not (workspace / "build/submission/open").exists()
        assert not [path for path in (workspace / "build/submission").rglob("*") if not any(path.parent.iterdir())]
        assert not [path for path in (workspace / "build/.state").rglob("*") if "example-edge-int4" in path.name]

    def test_an_added_system_is_all_that_is_done(self, workspace: Path) -> None:
        results = workspace / "results/open"
        shutil.copytree(results / "example-edge-int4", results / "example-edge-int8")
        added = [unit.replace("int4/", "int8/", 1) for unit in (OPEN_OFFLINE, OPEN_STREAM)]
        outcome = doit(workspace, check=True)
        assert set(outcome.tasks) == {
            *(f"check:{unit}" for unit in added),
            *("plan", "stage:prune", "report"),
            *rebuilt(*added, "open/example-edge-int8"),
        }
        assert [run for run, _, _ in placements(workspace)] == [*EXAMPLE_RUNS, *added]
        assert outputs(workspace) == fresh_outputs(workspace)

    def test_a_renamed_system_moves(self, workspace: Path) -> None:
        results = workspace / "results/closed"
        (results / "example-edge").rename(results / "renamed")
        doit(workspace, check=True)
        assert {path.split("/")[3] for path in tree(workspace) if path.startswith("closed/ExampleLab/results/")} == {
            "renamed"
        }
        assert outputs(workspace) == fresh_outputs(workspace)

    def test_a_place_that_passes_to_another_run_keeps_its_files(self, workspace: Path) -> None:
        """A closed run moves to open, into the place of an open run that comes to fail."""
        results = workspace / "results"
        shutil.copytree(results / "closed/example-edge", results / "open/example-edge")
        shutil.rmtree(results / OFFLINE / "TEST04")
        open_offline = OFFLINE.replace("closed", "open", 1)
        doit(workspace)
        assert (OFFLINE, "drop", None) in placements(workspace)
        (results / open_offline / PERFORMANCE / "mlperf_log_detail.txt").unlink()
        doit(workspace)
        assert (OFFLINE, "move to open", open_offline) in placements(workspace)
        assert outputs(workspace) == fresh_outputs(workspace)


ALL_CHECKS = {f"check:{run}" for run in EXAMPLE_RUNS}
CLOSED_CHECKS = {f"check:{run}" for run in EXAMPLE_RUNS if run.startswith("closed")}


class TestChangedDeclaration:
    @pytest.mark.parametrize(
        ("keys", "tasks"),
        [
            pytest.param({}, set(), id="nothing"),
            pytest.param({"systems": {}, "final": False}, set(), id="spelled out, as silence means it"),
            pytest.param({"preprocess": {"infer_scenarios": False}}, {"plan"}, id="preprocess"),
            pytest.param({"implementation": {"resnet50": "code", "*": "code"}}, {"plan"}, id="implementation"),
            pytest.param(
                {"calibration": "calibration.md"},
                {"plan", "stage:prune", "report", *rebuilt("shared")},
                id="calibration",
            ),
            pytest.param(
                {"systems": {"example-edge": {"hw_notes_extra": "Power cap at 300 W"}}},
                {*CLOSED_CHECKS, "plan", "report", *rebuilt("closed/example-edge")},
                id="systems",
            ),
        ],
    )
    def test_a_key_redoes_its_users_alone(self, workspace: Path, keys: dict[str, Any], tasks: set[str]) -> None:
        (workspace / "calibration.md").write_text("# How it was calibrated\n")
        before = outputs(workspace)
        declare_example(workspace, **keys)
        assert set(doit(workspace, check=True).tasks) == tasks
        assert outputs(workspace) == (fresh_outputs(workspace) if "report" in tasks else before)

    def test_another_name_for_the_archive_packs_it_again(self, workspace: Path) -> None:
        declare_example(workspace, tar={"name": "upload.tar.gz"})
        assert set(doit(workspace, check=True).tasks) == {"plan", "pack:archive"}
        assert (workspace / "build/upload.tar.gz").read_bytes() == archive(workspace)

    def test_comments_and_order_are_no_change(self, workspace: Path) -> None:
        (workspace / "submission.yaml").write_text(
            "# the same, as a person writes it\n"
            "implementation: {'*': code}\n"
            "results:\n- path: results/closed\n- path: results/open\n  division: open\n"
            "submitter: ExampleLab\n\nround: 'v6.1'  # the coming one\n"
        )
        assert not {*doit(workspace, check=True).tasks} - {"plan"}  # the plan names lines of the file

    @pytest.mark.parametrize("keys", [{"submitter": "OtherLab"}, {"round": "v6.0"}], ids=["submitter", "round"])
    def test_what_all_rests_on_redoes_all(self, workspace: Path, keys: dict[str, Any]) -> None:
        declare_example(workspace, **keys)
        assert set(doit(workspace).tasks) > ALL_CHECKS
        assert outputs(workspace) == fresh_outputs(workspace)

    def test_a_change_of_submitter_leaves_nothing_of_the_former(self, workspace: Path) -> None:
        declare_example(workspace, submitter="OtherLab")
        doit(workspace, check=True)
        assert {path.split("/")[1] for path in tree(workspace)} == {"OtherLab"}
        assert not list((workspace / "build/submission").rglob("ExampleLab"))

    def test_changed_code_redoes_the_shared_files(self, workspace: Path) -> None:
        append(workspace / "code/generate.py", "# mended\n")
        assert set(doit(workspace, check=True).tasks) == rebuilt("shared")
        assert tree(workspace)["closed/ExampleLab/src/resnet50/generate.py"].endswith(b"# mended\n")

    def test_an_override_holds_for_one_build(self, workspace: Path) -> None:
        before = archive(workspace)
        assert "Ready" in doit(workspace, "division=open", check=True).output
        assert {path.split("/")[0] for path in tree(workspace)} == {"open"}
        assert archive(workspace) != before
        doit(workspace, check=True)
        assert archive(workspace) == before


STAGED = f"{CLOSED}/results/example-edge/resnet50/Offline/{PERFORMANCE}/mlperf_log_detail.txt"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


class TestTamperedOutput:
    """Whoever changes what a build made: the next build makes it again."""

    @pytest.mark.parametrize(
        ("file", "tamper", "unit"),
        [
            (STAGED, append, OFFLINE),
            (STAGED, cut, OFFLINE),
            (STAGED, Path.unlink, OFFLINE),
            (f"{CLOSED}/systems/example-edge.json", append, "closed/example-edge"),
            (f"{OPEN}/src/bert-small-int4/generate.py", append, "shared"),
        ],
        ids=["longer log", "shorter log", "no log", "system", "code"],
    )
    def test_a_file_of_the_tree_is_staged_again(
        self, workspace: Path, file: str, tamper: Callable[[Path], None], unit: str
    ) -> None:
        before = tree(workspace), archive(workspace)
        tamper(workspace / file)
        assert doit(workspace, check=True).tasks == [f"stage:{unit}"]
        assert (tree(workspace), archive(workspace)) == before

    def test_a_removed_tree_is_staged_again(self, workspace: Path) -> None:
        before = tree(workspace)
        shutil.rmtree(workspace / "build/submission")
        assert {task.split(":")[0] for task in doit(workspace, check=True).tasks} == {"stage"}
        assert tree(workspace) == before

    @pytest.mark.parametrize(
        ("file", "tamper"),
        [
            ("submission.tar.gz", cut),
            ("submission.tar.gz", Path.unlink),
            *((f"{name}.json", cut) for name in ("manifest", "plan", "findings")),
            ("summary.csv", append),
            (f".state/checks/{OFFLINE}.json", cut),
            (f".state/placements/{OFFLINE}.json", cut),
            (f".state/staged/{OFFLINE}.json", cut),
            (f".state/fragments/{OFFLINE}.deflate", cut),
            (f".state/fragments/{OFFLINE}.deflate.json", cut),
        ],
    )
    def test_a_file_of_the_build_is_made_again(
        self, workspace: Path, file: str, tamper: Callable[[Path], None]
    ) -> None:
        target = workspace / "build" / file
        before = target.read_bytes(), archive(workspace)
        tamper(target)
        doit(workspace, check=True)
        assert (target.read_bytes(), archive(workspace)) == before

    @pytest.mark.parametrize("file", ["state.jsonl", "files.json"])
    def test_state_that_is_lost_costs_time_alone(self, workspace: Path, file: str) -> None:
        before = archive(workspace)
        (workspace / "build/.state" / file).write_bytes(b"\0garbage\n")
        doit(workspace, check=True)
        assert archive(workspace) == before
        assert doit(workspace).tasks == []

    def test_without_any_state_the_tree_is_taken_over(self, workspace: Path) -> None:
        before = archive(workspace)
        shutil.rmtree(workspace / "build/.state")
        doit(workspace, check=True)
        assert archive(workspace) == before

    def test_a_folder_in_a_file_s_place_is_named(self, workspace: Path) -> None:
        (workspace / STAGED).unlink()
        (workspace / STAGED).mkdir()
        outcome = doit(workspace)
        assert outcome.code == 2
        assert Path(STAGED).parent.as_posix() in outcome.output
        assert outcome.output.endswith(f"Not ready: stage:{OFFLINE} failed.\n")


class TestForeignFiles:
    """Files that a person put into the build folder are neither packed nor removed."""

    FOREIGN = (
        "notes.txt",
        "submission/notes.txt",
        "submission/closed/ExampleLab/results/example-edge/resnet50/Offline/notes.txt",
        "submission/open/ExampleLab/results/example-edge-int4/bert-small-int4/Offline/.hidden",
        "submission/open/ExampleLab/new/folder/notes.txt",
    )

    def test_survive_every_build(self, workspace: Path) -> None:
        before = archive(workspace)
        for path in self.FOREIGN:
            (workspace / "build" / path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / "build" / path).write_text("mine")
        assert doit(workspace, check=True).tasks == []
        assert archive(workspace) == before
        shutil.rmtree(workspace / "results" / OPEN_OFFLINE)
        doit(workspace, check=True)
        doit(workspace, "clean", check=True)
        left = files_below(workspace / "build")
        assert {path for path in left if not path.startswith(".state/")} == set(self.FOREIGN)


def test_a_build_that_has_nothing_left_to_ship_leaves_no_archive(workspace: Path) -> None:
    for run in EXAMPLE_RUNS:
        (workspace / "results" / run / PERFORMANCE / "mlperf_log_detail.txt").unlink()
    outcome = doit(workspace)
    assert outcome.code != 0
    assert "PLAN-004" in outcome.output
    assert "\n\nNot ready: 5 runs left out for broken input; " in outcome.output
    assert not (workspace / "build/submission.tar.gz").exists()
    assert not (workspace / "build/manifest.json").exists()
    assert tree(workspace) == {}
    assert {found["code"] for result in report(workspace)["results"] for found in result["findings"]} >= {"PERF-001"}
