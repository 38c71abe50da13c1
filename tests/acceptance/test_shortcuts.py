"""What a user sees of a build that has nothing to do: the same words, sooner; and never where anything has to be done.

That tasks were made shows in what Python imported: a build by stats takes no lock, and only one
through the tasks scans the results.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import (
    REPOSITORY,
    Outcome,
    age,
    archive,
    declare_example,
    doit,
    run_program,
    tree,
)

from rules.engine.lock import BuildLock

OFFLINE = "closed/example-edge/resnet50/Offline"
LOG = f"results/{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
CONF = f"results/{OFFLINE}/user.conf"
STAGED = "build/submission/closed/ExampleLab/results/example-edge/resnet50/Offline/user.conf"
STATE = "build/.state"
READY = "Ready: build/submission.tar.gz\n"


@pytest.fixture
def settled(workspace: Path) -> Path:
    """A built workspace in which the next build has nothing to do, as stats show."""
    age(workspace)
    assert way(workspace) == "contents"
    return workspace


def way(workspace: Path, *arguments: str) -> str:
    """How a build finds out what to do."""
    output = doit(workspace, *arguments, PYTHONPROFILEIMPORTTIME="1").output
    imported = {line.rpartition("|")[2].strip() for line in output.splitlines() if line.startswith("import time:")}
    return "tasks" if "rules.scan" in imported else "contents" if "filelock" in imported else "stats"


def append(path: Path, text: str = "\n") -> None:
    with path.open("a") as stream:
        stream.write(text)


def edit_unseen(path: Path) -> None:
    """Other content of the same size, and the time put back."""
    before = path.stat()
    with path.open("r+b") as stream:
        data = stream.read()
        stream.seek(0)
        stream.write(bytes(byte ^ 1 for byte in data))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


class TestNothingToDo:
    def test_says_what_the_build_said(self, unbuilt: Path) -> None:
        built = doit(unbuilt, check=True).output
        age(unbuilt)
        by_contents, by_stats = doit(unbuilt, check=True).output, doit(unbuilt, check=True).output
        assert by_contents == by_stats == built[built.index("warning") :]
        assert by_stats.endswith(READY)

    def test_goes_by_contents_after_a_checkout_and_by_stats_from_then_on(self, workspace: Path) -> None:
        age(workspace)
        assert [way(workspace), way(workspace), way(workspace)] == ["contents", "stats", "stats"]

    def test_is_known_after_a_build_that_took_files_out_of_the_tree(self, workspace: Path) -> None:
        shutil.rmtree(workspace / "results/open/example-edge-int4/bert-small-int4/Offline")
        doit(workspace, check=True)
        age(workspace)
        assert [way(workspace), way(workspace)] == ["contents", "stats"]

    def test_fails_as_often_as_it_is_asked_where_the_gate_failed(self, workspace: Path) -> None:
        declare_example(workspace, final=True)
        built = doit(workspace)
        age(workspace)
        again = [doit(workspace) for _ in range(2)]
        assert way(workspace) == "stats"
        assert [outcome.code for outcome in (built, *again)] == [1, 1, 1]
        assert again[0].output == again[1].output
        assert built.output.endswith(again[0].output)

    def test_waits_for_no_other_build(self, settled: Path, other_build: BuildLock) -> None:
        assert doit(settled, check=True).output.endswith(READY)

    def test_has_many_names(self, settled: Path) -> None:
        for arguments in ([], ["run"], ["-n", "2"], ["-n", "2", "-P", "thread"]):
            assert way(settled, *arguments) == "stats"

    def test_is_the_same_by_the_command_of_our_own(self, settled: Path) -> None:
        outcome = run_program("mlperf-dodo", folder=settled)
        assert (outcome.code, outcome.tasks) == (0, [])
        assert outcome.output.endswith(READY)

    def test_leaves_what_doit_knows_as_it_was(self, settled: Path) -> None:
        before = (settled / STATE / "state.jsonl").stat()
        doit(settled, check=True)
        assert (settled / STATE / "state.jsonl").stat() == before
        listed = doit(settled, "list", "--all", "--status", check=True).output.splitlines()
        statuses = {line.split()[1]: line[0] for line in listed}
        of_steps = {name: status for name, status in statuses.items() if ":" in name or name in ("plan", "report")}
        assert set(of_steps.values()) == {"U"}
        assert "up-to-date" in doit(settled, "info", "plan", check=True).output


@pytest.fixture
def other_build(settled: Path) -> Iterator[BuildLock]:
    """Another build, at work."""
    lock = BuildLock(settled / STATE / "lock")
    lock.acquire()
    yield lock
    lock.release()


class TestAnythingElseIsAskedOfDoit:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["-a"],
            ["--continue"],
            ["-v", "2"],
            ["-s", "plan"],
            ["gate"],
            ["check", "gate"],
            ["--paranoid"],
            ["final=false"],
        ],
        ids=" ".join,
    )
    def test_on_the_command_line(self, settled: Path, arguments: list[str]) -> None:
        assert way(settled, *arguments) == "tasks"

    def test_and_done_as_doit_does_it(self, settled: Path) -> None:
        assert len(doit(settled, "-a", check=True).tasks) > 20
        assert doit(settled, f"check:{OFFLINE}", check=True).tasks == []
        assert doit(settled, "-s", "-a", "plan", check=True).tasks == ["plan"]

    def test_with_an_override_for_that_build_alone(self, settled: Path) -> None:
        before = archive(settled)
        assert doit(settled, "division=open", check=True).tasks
        assert doit(settled, check=True).tasks
        assert archive(settled) == before

    def test_in_a_configuration_file(self, settled: Path) -> None:
        (settled / "doit.cfg").write_text("[run]\nverbosity = 2\n")
        age(settled)
        assert run_program("doit", "-f", str(REPOSITORY / "dodo.py"), "-d", ".", folder=settled).tasks == []


class TestCommandsThatChangeTheState:
    def test_a_forgotten_task_is_done_again(self, settled: Path) -> None:
        doit(settled, "forget", f"check:{OFFLINE}", check=True)
        assert doit(settled, check=True).tasks == [f"check:{OFFLINE}"]

    def test_an_ignored_task_is_ignored_each_time_and_no_longer(self, settled: Path) -> None:
        doit_any(settled, "ignore", "report")
        append(settled / LOG)
        for _ in range(2):
            assert "report" not in doit(settled).tasks
            assert way(settled) == "tasks"
        doit(settled, "forget", "report", check=True)
        assert doit(settled, check=True).tasks == ["report"]

    def test_what_is_taken_for_done_is_up_to_date(self, settled: Path) -> None:
        append(settled / CONF)
        doit_any(settled, "reset-dep")
        assert way(settled) == "tasks"
        assert doit(settled, check=True).tasks == []

    def test_what_was_cleaned_is_made_again(self, settled: Path) -> None:
        before = archive(settled)
        doit(settled, "clean", check=True)
        assert doit(settled, check=True).tasks
        assert archive(settled) == before


def doit_any(workspace: Path, command: str, *arguments: str) -> None:
    """A command of doit's that `support.doit` does not know."""
    options = ["-f", str(REPOSITORY / "dodo.py"), "-d", str(workspace)]
    subprocess.run([sys.executable, "-m", "doit", command, *options, *arguments], check=True, capture_output=True)


class TestParanoid:
    """Same size, same time, same inode: no stat shows it."""

    @pytest.mark.parametrize(
        ("file", "done"),
        [
            (CONF, {f"check:{OFFLINE}", f"stage:{OFFLINE}", f"pack:{OFFLINE}", "pack:archive"}),
            (STAGED, {f"stage:{OFFLINE}"}),
            ("build/submission.tar.gz", {"pack:archive"}),
            ("build/summary.csv", {"report"}),
            ("code/generate.py", {"stage:shared", "pack:shared", "pack:archive"}),
        ],
    )
    def test_sees_what_no_stat_shows(self, settled: Path, file: str, done: set[str]) -> None:
        edit_unseen(settled / file)
        assert way(settled) == "stats"
        assert set(doit(settled, "--paranoid", check=True).tasks) == done
        assert doit(settled, "--paranoid", check=True).tasks == []

    def test_makes_again_what_was_there(self, settled: Path) -> None:
        before = tree(settled), archive(settled)
        for file in (STAGED, "build/submission.tar.gz"):
            edit_unseen(settled / file)
        doit(settled, "--paranoid", check=True)
        assert (tree(settled), archive(settled)) == before
        assert doit(settled, check=True).tasks == []

    def test_is_told_from_a_dodo_file_that_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "dodo.py").write_text("def task_a():\n    return {'actions': []}\n")
        outcome = run_program("doit", "--paranoid", folder=tmp_path)
        assert outcome.code == 3
        assert "--paranoid: the tasks of this dodo.py know nothing of it" in outcome.output


class TestUnfinishedBuilds:
    """Something changed, and the build of it came not to its end."""

    @pytest.mark.parametrize("steps", [["check"], ["plan"], ["stage"], ["pack"], ["report"]], ids=" ".join)
    def test_the_next_goes_on_after_any_step(self, settled: Path, steps: list[str]) -> None:
        append(settled / CONF)
        done = doit(settled, *steps, check=True).tasks
        rest = doit(settled, check=True).tasks
        assert f"check:{OFFLINE}" in done
        assert {*done, *rest} == {f"check:{OFFLINE}", f"stage:{OFFLINE}", f"pack:{OFFLINE}", "pack:archive"}
        assert archive(settled) == fresh_archive(settled)

    def test_one_that_was_killed_before_it_kept_that_all_is_done(self, settled: Path) -> None:
        """All tasks by their names are no whole build to remember, but leave nothing to do."""
        append(settled / CONF)
        doit(settled, "check", "plan", "stage", "pack", "report", "gate", check=True)
        assert way(settled) == "tasks"
        assert archive(settled) == fresh_archive(settled)

    def test_one_that_failed_fails_until_its_cause_is_gone(self, settled: Path) -> None:
        (settled / STAGED).unlink()
        (settled / STAGED).mkdir()
        assert [doit(settled).code, doit(settled).code] == [2, 2]
        (settled / STAGED).rmdir()
        assert f"stage:{OFFLINE}" in doit(settled, check=True).tasks
        assert archive(settled) == fresh_archive(settled)

    def test_one_beside_another_is_told_so(self, settled: Path, other_build: BuildLock) -> None:
        append(settled / CONF)
        outcome = doit(settled)
        assert outcome.code == 3
        assert "another build is at work here" in outcome.output

    def test_one_without_a_declaration_says_so(self, settled: Path) -> None:
        (settled / "submission.yaml").unlink()
        assert "submission.yaml: no such file" in doit(settled).output


def fresh_archive(workspace: Path) -> bytes:
    """What a build from nothing makes of a workspace."""
    fresh = workspace.parent / "fresh"
    shutil.copytree(workspace, fresh, ignore=shutil.ignore_patterns("build"))
    doit(fresh, check=True)
    return archive(fresh)


class TestTwoOutputs:
    def test_each_is_known_by_itself(self, settled: Path) -> None:
        declare_example(settled, output="other")
        assert doit(settled, check=True).tasks
        append(settled / CONF, "# mended\n")
        doit(settled, check=True)
        declare_example(settled)
        assert f"stage:{OFFLINE}" in doit(settled, check=True).tasks
        assert (settled / STAGED).read_text().endswith("# mended\n")

    def test_going_back_and_forth_leaves_nothing_to_do(self, settled: Path) -> None:
        declare_example(settled, output="other")
        doit(settled, check=True)
        declare_example(settled)
        assert way(settled) == "contents"


class TestAnotherProgram:
    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        """A copy of this program, to change."""
        clone = tmp_path / "clone"
        shutil.copytree(REPOSITORY / "rules", clone / "rules", ignore=shutil.ignore_patterns("__pycache__"))
        for script in ("dodo.py", "mlperf_dodo.py"):
            shutil.copy(REPOSITORY / script, clone)
        age(clone)
        return clone

    def test_is_another_build(self, clone: Path, unbuilt: Path) -> None:
        assert built_by(clone, unbuilt).tasks
        age(unbuilt)
        assert built_by(clone, unbuilt, PYTHONDONTWRITEBYTECODE="1").tasks == []
        append(clone / "rules/rounds/v6.1.yaml", "\n# another round\n")
        age(clone)
        assert f"check:{OFFLINE}" in built_by(clone, unbuilt).tasks

    def test_is_none_for_the_caches_that_python_leaves_in_it(self, clone: Path, unbuilt: Path) -> None:
        built_by(clone, unbuilt)
        age(unbuilt)
        built_by(clone, unbuilt)
        for cache in (*clone.rglob("__pycache__"),):
            shutil.rmtree(cache)
        output = built_by(clone, unbuilt, PYTHONPROFILEIMPORTTIME="1").output
        assert "rules.scan" not in output
        assert "filelock" not in output


def built_by(clone: Path, workspace: Path, **environment: str) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "doit", "-f", str(clone / "dodo.py"), "-d", str(workspace)],
        env=os.environ | {"PYTHONPATH": str(clone)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "Ready" in done.stdout, done.stdout
    return Outcome(done.returncode, done.stdout)
