"""The two ways in, `mlperf-dodo` and plain `doit`: which tasks and which package each of them takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from support import CLOSED_SYSTEM, REPOSITORY, Outcome, make_workspace

import rules

STEPS = ["check", "gate", "pack", "plan", "report", "stage"]
#: A dodo.py that the workspace has for its own ends, with a module that has the name of ours.
OTHER_DODO = "import rules\n\ndef task_greet():\n    return {'actions': [f'echo {rules.GREETING}'], 'verbosity': 2}\n"


def run(program: str, *arguments: str, folder: Path) -> Outcome:
    """Run an installed command of this environment in a folder."""
    command = Path(sys.executable).with_name(program)
    done = subprocess.run([command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout + done.stderr)


def listed(outcome: Outcome) -> list[str]:
    assert outcome.code == 0, outcome.output
    return [line.split()[0] for line in outcome.output.splitlines()]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "workspace", [CLOSED_SYSTEM.parent])


class TestMlperfDodo:
    def test_an_empty_word_is_refused_in_one_line(self, workspace: Path) -> None:
        outcome = run("mlperf-dodo", "list", "", folder=workspace)
        assert outcome == Outcome(3, "mlperf-dodo: a word of the command line is empty ('')\n")

    def test_lists_the_steps_of_the_current_folder(self, workspace: Path) -> None:
        assert listed(run("mlperf-dodo", "list", folder=workspace)) == STEPS

    def test_takes_another_workspace_by_option(self, workspace: Path, tmp_path: Path) -> None:
        assert listed(run("mlperf-dodo", "list", "-d", str(workspace), folder=tmp_path)) == STEPS

    def test_leaves_a_dodo_file_of_the_workspace_alone(self, workspace: Path) -> None:
        (workspace / "dodo.py").write_text(OTHER_DODO)
        assert listed(run("mlperf-dodo", "list", folder=workspace)) == STEPS

    def test_says_in_one_line_that_a_workspace_is_missing(self, tmp_path: Path) -> None:
        answer = run("mlperf-dodo", "-d", "nowhere", folder=tmp_path)
        assert answer == Outcome(3, "ERROR: nowhere: No such file or directory\n")

    def test_says_its_own_version_and_that_of_doit(self, tmp_path: Path) -> None:
        said = f"mlperf-dodo {rules.__version__} (doit {version('doit')})\n"
        assert run("mlperf-dodo", "--version", folder=tmp_path) == Outcome(0, said)


class TestDoit:
    def test_takes_the_package_beside_its_dodo_file(self, workspace: Path, tmp_path: Path) -> None:
        """A clone of its own, of another state than the installed package."""
        clone = tmp_path / "clone"
        shutil.copytree(REPOSITORY / "rules", clone / "rules")
        shutil.copy(REPOSITORY / "dodo.py", clone)
        stage = clone / "rules/tasks/stage.py"
        stage.write_text(f"{stage.read_text()}\nprint('of-the-clone')\n")
        answer = run("doit", "list", "-f", str(clone / "dodo.py"), "-d", str(workspace), folder=tmp_path)
        assert listed(answer) == ["of-the-clone", *STEPS]

    def test_of_another_project_finds_that_project_only(self, tmp_path: Path) -> None:
        (tmp_path / "dodo.py").write_text(OTHER_DODO)
        (tmp_path / "rules.py").write_text("GREETING = 'good-day'\n")
        assert run("doit", folder=tmp_path) == Outcome(0, ".  greet\ngood-day\n")
