"""The same results make the same archive: in any folder, in any order, after any accident."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from support import (
    EXAMPLE_RUNS,
    archive,
    archived,
    declare_example,
    doit,
    doit_command,
    files_below,
    placements,
    tree,
)


def temporaries(workspace: Path) -> list[str]:
    return [str(path) for path in (workspace / "build").rglob("*") if path.name.endswith(".tmp")]


class TestSameInputs:
    def test_copied_in_another_order_at_another_time(self, tmp_path: Path, built_example: Path) -> None:
        workspace = tmp_path / "elsewhere"
        for number, path in enumerate(sorted(files_below(built_example / "results"), reverse=True)):
            copy = workspace / "results" / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(built_example / "results" / path, copy)
            os.utime(copy, (number * 86400, number * 86400))
        shutil.copytree(built_example / "code", workspace / "code")
        declare_example(workspace)
        doit(workspace, check=True)
        assert archive(workspace) == archive(built_example)
        assert files_below(workspace / "build/submission") == tree(built_example)

    def test_for_another_user(self, unbuilt: Path, built_example: Path) -> None:
        """Another time zone, locale, umask, order of sets, and files that are executable or private."""
        for number, path in enumerate((unbuilt / "results").rglob("*.*")):
            path.chmod(0o755 if number % 2 else 0o600)
        before = os.umask(0o077)
        try:
            doit(unbuilt, check=True, TZ="Asia/Kathmandu", LC_ALL="C", PYTHONHASHSEED="7", PYTHONUTF8="0")
        finally:
            os.umask(before)
        assert archive(unbuilt) == archive(built_example)

    def test_declared_by_another_path(self, unbuilt: Path, tmp_path: Path, built_example: Path) -> None:
        (unbuilt / "results").rename(tmp_path / "moved")
        (unbuilt / "results").symlink_to(tmp_path / "moved")
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)

    def test_step_by_step(self, unbuilt: Path, built_example: Path) -> None:
        for step in (f"check:{EXAMPLE_RUNS[-1]}", "stage:shared", "pack:closed/*"):
            doit(unbuilt, step, check=True)
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)


def kill_at(workspace: Path, task: str, *arguments: str) -> None:
    """Kill a build, with all of its processes, as it begins a task."""
    build = subprocess.Popen(
        ["nice", "-n", "19", *doit_command(workspace, *arguments)],  # lest it be done before the signal is sent
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert build.stdout
    with build.stdout:
        assert any(line.strip() == task for line in build.stdout), f"the build never came to {task}"
        os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    assert build.returncode == -signal.SIGKILL


class TestKilledBuild:
    @pytest.mark.parametrize(
        "task",
        [
            f"check:{EXAMPLE_RUNS[1]}",
            "plan",
            f"stage:{EXAMPLE_RUNS[1]}",
            "pack:archive",
            "report",
        ],
    )
    def test_is_finished_by_the_next(self, unbuilt: Path, built_example: Path, task: str) -> None:
        kill_at(unbuilt, task)
        finished = doit(unbuilt, check=True).tasks
        assert task in finished
        assert f"check:{EXAMPLE_RUNS[0]}" not in finished  # what was done is not done again
        assert archive(unbuilt) == archive(built_example)
        assert tree(unbuilt) == tree(built_example)
        assert temporaries(unbuilt) == []

    def test_in_two_processes(self, unbuilt: Path, built_example: Path) -> None:
        kill_at(unbuilt, f"stage:{EXAMPLE_RUNS[1]}", "-n", "2")
        doit(unbuilt, "-n", "2", check=True)
        assert archive(unbuilt) == archive(built_example)
        assert temporaries(unbuilt) == []

    def test_of_a_rebuild(self, workspace: Path) -> None:
        """Killed while a place in the tree passes from one run to another: Offline is inferred from now on."""
        shutil.rmtree(workspace / "results" / EXAMPLE_RUNS[1])
        kill_at(workspace, f"stage:{EXAMPLE_RUNS[0]}")
        doit(workspace, check=True)
        assert (EXAMPLE_RUNS[0], "infer", EXAMPLE_RUNS[1]) in placements(workspace)
        fresh = workspace.parent / "fresh"
        shutil.copytree(workspace, fresh, ignore=shutil.ignore_patterns("build"))
        doit(fresh, check=True)
        assert archive(workspace) == archive(fresh)
        assert archived(workspace) == tree(workspace)

    def test_with_a_file_half_written(self, unbuilt: Path) -> None:
        large = unbuilt / "results" / EXAMPLE_RUNS[3] / "performance/run_1/mlperf_log_accuracy.json"
        with large.open("wb") as stream:
            stream.truncate(200_000_000)  # long enough in the copying to be met there
        staged = unbuilt / "build/submission/open/ExampleLab/results" / EXAMPLE_RUNS[3].partition("/")[2]
        build = subprocess.Popen(doit_command(unbuilt), stdout=subprocess.DEVNULL, start_new_session=True)
        while not list(staged.glob("performance/run_1/.mlperf_log_accuracy.json*")):
            assert build.poll() is None, "the build came to its end unseen"
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        assert temporaries(unbuilt)
        large.write_bytes(b"[]")
        doit(unbuilt, check=True)
        assert temporaries(unbuilt) == []
        assert archived(unbuilt) == tree(unbuilt)

    def test_is_killed_again_and_again(self, unbuilt: Path, built_example: Path) -> None:
        for task in ("plan", "stage:shared", "pack:shared"):
            kill_at(unbuilt, task)
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_is_finished_by_the_next(unbuilt: Path, built_example: Path, sign: signal.Signals) -> None:
    build = subprocess.Popen(
        doit_command(unbuilt),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert build.stdout
    assert any(line.startswith("stage:") for line in build.stdout)
    build.send_signal(sign)
    output, errors = build.communicate()
    assert "Traceback" not in output + errors
    doit(unbuilt, check=True)
    assert archive(unbuilt) == archive(built_example)
    assert temporaries(unbuilt) == []
