"""README.md shows builds of the example. What it shows is what a user sees."""

from __future__ import annotations

import json
import re
from pathlib import Path

from support import REPOSITORY, doit, edit_log, run_program

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def shown(*, first_word: str) -> str:
    """The one block of output that starts with a word."""
    blocks: list[str] = re.findall(r"^```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(first_word)]
    return block


def test_the_first_build_ends_so(unbuilt: Path) -> None:
    assert doit(unbuilt, check=True).output.endswith(shown(first_word="pack:"))


def test_a_changed_run_is_all_that_is_done(workspace: Path) -> None:
    conf = workspace / "results/closed/example-edge/resnet50/Offline/user.conf"
    conf.write_text(f"{conf.read_text()}\n# a line\n")
    steps = doit(workspace, "-a", check=True).tasks
    conf.write_text(f"{conf.read_text()}\n# another line\n")
    tasks = doit(workspace, check=True).tasks
    assert tasks == shown(first_word="check:").splitlines()
    assert f"{len(tasks)} of the {len(steps)} steps run" in README


def test_runs_that_fail_go_so(unbuilt: Path) -> None:
    resnet = unbuilt / "results/closed/example-edge/resnet50"
    edit_log(resnet / "Offline/performance/run_1/mlperf_log_detail.txt", result_validity="INVALID")
    (resnet / "SingleStream/TEST04/verify_performance.txt").unlink()
    outcome = doit(unbuilt)
    assert outcome.code == 0
    assert outcome.output.endswith(shown(first_word="Plan:"))
    assert run_program("mlperf-dodo", "status", folder=unbuilt).output.startswith(shown(first_word="The last build"))


def test_the_table_of_outputs_is_whole(built_example: Path) -> None:
    build = built_example / "build"
    made = {f"{path.name}/" if path.is_dir() else path.name for path in build.iterdir()}
    said = set(re.findall(r"`([\w.]+/?)`", README.split("## What comes out")[1].split("The archive is also")[0]))
    assert made <= said


def test_the_least_declaration_is_one(unbuilt: Path) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (unbuilt / "submission.yaml").write_text(block.replace("results: results", "results: results/closed"))
    doit(unbuilt, check=True)
    assert json.loads((unbuilt / "build/plan.json").read_bytes())["round"] in block
