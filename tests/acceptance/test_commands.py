"""doit's commands on a workspace, and the command mlperf-dodo: what a user types and sees."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from support import (
    EXAMPLE_RUNS,
    Outcome,
    archive,
    declare_example,
    doit,
    doit_command,
    files_below,
    tree,
)

OFFLINE = "closed/example-edge/resnet50/Offline"
STEPS = ("check", "plan", "stage", "pack", "report")


class TestBuild:
    def test_says_each_task_and_ends_with_the_outcome(self, unbuilt: Path) -> None:
        lines = doit(unbuilt, check=True).output.splitlines()
        assert [line for line in lines if line.startswith("check:")] == [f"check:{run}" for run in EXAMPLE_RUNS]
        order = [line.split(":")[0] for line in lines if line.split(":")[0] in STEPS]
        assert sorted(set(order), key=order.index) == list(STEPS)
        assert lines[-1] == "Ready: build/submission.tar.gz"

    def test_in_two_processes_makes_the_same(self, unbuilt: Path, built_example: Path) -> None:
        assert doit(unbuilt, "-n", "2", check=True).output.endswith("Ready: build/submission.tar.gz\n")
        assert archive(unbuilt) == archive(built_example)
        assert doit(unbuilt, "-n", "2", check=True).tasks == []

    def test_in_two_threads_makes_the_same(self, unbuilt: Path, built_example: Path) -> None:
        doit(unbuilt, "-n", "2", "-P", "thread", check=True)
        assert archive(unbuilt) == archive(built_example)

    def test_always_makes_all_again_and_the_same(self, workspace: Path) -> None:
        before = archive(workspace)
        assert {task.split(":")[0] for task in doit(workspace, "-a", check=True).tasks} == set(STEPS)
        assert archive(workspace) == before

    def test_one_at_a_time(self, workspace: Path) -> None:
        with FileLock(workspace / "build/.state/lock"):
            outcome = doit(workspace)
        assert outcome.code == 3
        assert "another build is at work here" in outcome.output
        assert doit(workspace).code == 0

    def test_a_closed_pipe_ends_it_quietly(self, workspace: Path) -> None:
        listing = subprocess.Popen(
            doit_command(workspace, "list", "--all"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert listing.stdout and listing.stderr
        listing.stdout.close()
        assert listing.stderr.read() == b""
        listing.stderr.close()
        listing.wait()


class TestUpToAStep:
    @pytest.mark.parametrize(("step", "made"), [("check", STEPS[:1]), ("stage", STEPS[:3])])
    def test_goes_as_far_and_no_further(self, unbuilt: Path, step: str, made: tuple[str, ...]) -> None:
        outcome = doit(unbuilt, step, check=True)
        assert {task.split(":")[0] for task in outcome.tasks} == set(made)

    def test_check_of_one_run(self, unbuilt: Path) -> None:
        outcome = doit(unbuilt, f"check:{OFFLINE}", check=True)
        assert outcome.tasks == [f"check:{OFFLINE}"]
        assert outcome.output.endswith("No findings.\n")

    def test_check_of_one_run_shows_its_findings_each_time(self, unbuilt: Path) -> None:
        (unbuilt / "results" / OFFLINE / "user.conf").unlink()
        for _ in range(2):
            output = doit(unbuilt, f"check:{OFFLINE}", check=True).output
            assert "error MEAS-001: user.conf is missing" in output
            assert f"results/{OFFLINE}" in output
        assert "No findings" in doit(unbuilt, f"check:{EXAMPLE_RUNS[0]}").output

    def test_runs_by_pattern(self, unbuilt: Path) -> None:
        assert doit(unbuilt, "check:*/Offline", check=True).tasks == [
            f"check:{run}" for run in EXAMPLE_RUNS if run.endswith("Offline")
        ]

    def test_plan_shows_where_each_run_goes(self, unbuilt: Path) -> None:
        output = doit(unbuilt, "plan", check=True).output
        assert [line.split() for line in output.splitlines() if line.startswith("keep")] == [
            ["keep", run] for run in EXAMPLE_RUNS
        ]

    def test_an_output_by_its_path(self, unbuilt: Path) -> None:
        doit(unbuilt, "build/submission.tar.gz", check=True)
        assert archive(unbuilt)


class TestLooking:
    def test_list_names_the_steps_in_a_word(self, workspace: Path) -> None:
        lines = doit(workspace, "list", check=True).output.splitlines()
        assert {line.split()[0] for line in lines} == {*STEPS, "gate"}
        assert all(len(line.split()) > 2 for line in lines)

    def test_list_shows_what_is_up_to_date(self, workspace: Path) -> None:
        (workspace / "results" / OFFLINE / "user.conf").write_text("changed")
        lines = doit(workspace, "list", "--status", "--all", check=True).output.splitlines()
        runs = {line.split()[1]: line.split()[0] for line in lines if "check:" in line}
        assert runs == {f"check:{run}": "R" if run == OFFLINE else "U" for run in EXAMPLE_RUNS}

    def test_info_says_what_a_task_reads_and_makes(self, workspace: Path) -> None:
        output = doit(workspace, "info", f"check:{OFFLINE}").output
        assert "up-to-date" in output
        assert f"results/{OFFLINE}/performance/run_1/mlperf_log_detail.txt" in output
        assert f"build/.state/checks/{OFFLINE}.json" in output

    def test_info_says_why_a_task_is_not_up_to_date(self, workspace: Path) -> None:
        log = f"results/{OFFLINE}/user.conf"
        (workspace / log).write_text("changed")
        output = doit(workspace, "info", f"check:{OFFLINE}").output
        assert "The following file dependencies have changed" in output
        assert f" - {log}" in output.split("have changed")[1]

    @pytest.mark.parametrize("command", ["list", "info"])
    def test_looking_writes_nothing(self, unbuilt: Path, command: str) -> None:
        doit(unbuilt, command, "plan")
        assert not (unbuilt / "build").exists()


class TestCleaning:
    def test_clean_removes_what_the_build_made(self, workspace: Path) -> None:
        before = files_below(workspace / "results"), archive(workspace)
        doit(workspace, "clean", check=True)
        left = {path.relative_to(workspace / "build").as_posix() for path in (workspace / "build").rglob("*")}
        assert left <= {".state", ".state/lock", ".state/files.json", ".state/state.jsonl"}
        assert files_below(workspace / "results") == before[0]
        doit(workspace, check=True)
        assert archive(workspace) == before[1]

    def test_clean_knows_what_earlier_declarations_made(self, workspace: Path) -> None:
        shutil.rmtree(workspace / "results/open")
        declare_example(workspace, submitter="OtherLab")
        doit(workspace, "clean", check=True)
        assert not (workspace / "build/submission").exists()

    def test_clean_of_nothing(self, unbuilt: Path) -> None:
        assert doit(unbuilt, "clean").code == 0

    def test_a_dry_clean_removes_nothing(self, workspace: Path) -> None:
        before = files_below(workspace)
        assert "build/submission.tar.gz" in doit(workspace, "clean", "-n", check=True).output
        assert files_below(workspace) == before

    def test_clean_of_the_tree_alone(self, workspace: Path) -> None:
        before = archive(workspace)
        doit(workspace, "clean", "stage", check=True)
        assert tree(workspace) == {}
        assert archive(workspace) == before

    def test_a_forgotten_build_is_made_again_and_the_same(self, workspace: Path) -> None:
        before = archive(workspace)
        doit(workspace, "forget", check=True)
        assert {task.split(":")[0] for task in doit(workspace, check=True).tasks} == set(STEPS)
        assert archive(workspace) == before
        assert doit(workspace, check=True).tasks == []


class TestMistakes:
    @pytest.mark.parametrize(
        ("argument", "message"),
        [
            ("chekc", 'Invalid parameter: "chekc"'),
            ("check:closed/nobody/resnet50/Offline", "check:closed/nobody/resnet50/Offline"),
            ("divison=open", "command line: divison: unknown key; did you mean 'division'?"),
            ("division=opne", "command line: division: found 'opne'; allowed: closed, open, network, closed-open"),
            ("round=v9", "command line: round: found 'v9'; allowed: v5.0, v5.1, v6.0, v6.1"),
        ],
    )
    def test_on_the_command_line_are_named(self, unbuilt: Path, argument: str, message: str) -> None:
        outcome = doit(unbuilt, argument)
        assert outcome.code == 3
        assert f"ERROR: {message}" in outcome.output or message in outcome.output
        assert not (unbuilt / "build").exists()

    def test_a_folder_without_a_declaration_says_how_to_start(self, tmp_path: Path) -> None:
        outcome = doit(tmp_path)
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: submission.yaml: no such file; a workspace starts with")
        assert not list(tmp_path.iterdir())


def mlperf_dodo(*arguments: str, cwd: Path) -> Outcome:
    """The installed command, in a folder."""
    command = [str(Path(sys.executable).with_name("mlperf-dodo")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert "Traceback" not in done.stderr, done.stderr
    return Outcome(done.returncode, done.stdout + done.stderr)


class TestInstalledCommand:
    def test_builds_the_current_folder(self, unbuilt: Path, built_example: Path) -> None:
        outcome = mlperf_dodo(cwd=unbuilt)
        assert outcome.output.endswith("Ready: build/submission.tar.gz\n")
        assert tree(unbuilt) == tree(built_example)

    def test_builds_the_folder_that_d_names(self, unbuilt: Path, tmp_path: Path) -> None:
        assert mlperf_dodo("-d", "workspace", cwd=tmp_path).code == 0
        assert archive(unbuilt)
        assert [path.name for path in tmp_path.iterdir()] == ["workspace"]
