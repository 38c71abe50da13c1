"""`status` as users run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import Outcome, declare_example, edit_log, files_below, run_program

RESNET = "results/closed/example-edge/resnet50"


def status(workspace: Path, *options: str) -> Outcome:
    return run_program("mlperf-dodo", "status", *options, folder=workspace)


def build(workspace: Path) -> None:
    assert run_program("mlperf-dodo", folder=workspace).code == 0


@pytest.fixture
def failing(unbuilt: Path) -> Path:
    """The example with a run that is INVALID and one whose test is missing, built."""
    edit_log(unbuilt / RESNET / "Offline/performance/run_1/mlperf_log_detail.txt", result_validity="INVALID")
    (unbuilt / RESNET / "SingleStream/TEST04/verify_performance.txt").unlink()
    build(unbuilt)
    return unbuilt


def test_a_submission_that_is_whole(workspace: Path) -> None:
    build(workspace)
    assert status(workspace) == Outcome(
        0,
        "The last build in build, for v6.1:\n"
        "\n"
        "closed/example-edge\n"
        "            SingleStream  MultiStream  Offline\n"
        "  resnet50  pass          pass         pass\n"
        "\n"
        "open/example-edge-int4\n"
        "                   SingleStream  Offline\n"
        "  bert-small-int4  pass          pass\n"
        "\n"
        "  pass  5  shipped as it was measured\n"
        "\n"
        "Nothing is missing for a complete closed submission.\n"
        "\n"
        "Ready: build/submission.tar.gz\n",
    )


def test_what_fails_is_missing_and_listed(failing: Path) -> None:
    said = status(failing).output
    assert said.split("\n\n")[1] == (
        "closed/example-edge\n"
        "            SingleStream  MultiStream  Offline\n"
        "  resnet50  moved         moved        dropped"
    )
    assert said.split("Still to run for a complete closed submission:\n")[1].startswith(
        "  closed/example-edge/resnet50/SingleStream\n      TEST04\n"
    )


def test_as_json(failing: Path) -> None:
    said = json.loads(status(failing, "--json").output)
    assert said["round"] == "v6.1"
    assert (said["is_ready"], said["is_current"]) == (True, True)
    assert {(each["division"], each["scenario"]): each["mark"] for each in said["results"][:5]} == {
        ("closed", "MultiStream"): "moved",
        ("closed", "Offline"): "dropped",
        ("closed", "SingleStream"): "moved",
        ("open", "MultiStream"): "pass",
        ("open", "SingleStream"): "pass",
    }
    assert [each["scenario"] for each in said["todo"]] == ["SingleStream", "Offline"]


def test_one_that_is_not_ready_says_why(unbuilt: Path) -> None:
    (unbuilt / RESNET / "Offline/performance/run_1/mlperf_log_detail.txt").unlink()
    assert run_program("mlperf-dodo", folder=unbuilt).code == 1
    assert status(unbuilt).output.endswith("\nNot ready: 1 run left out for broken input.\n")
    assert json.loads(status(unbuilt, "--json").output)["is_ready"] is False


def test_an_option_of_another_command_is_refused_in_a_line(workspace: Path) -> None:
    outcome = status(workspace, "--nosuch")
    assert (outcome.code, len(outcome.output.splitlines())) == (3, 1)
    assert "mlperf-dodo help status" in outcome.output


def test_it_says_when_something_has_changed_since(workspace: Path) -> None:
    build(workspace)
    assert "may have changed" not in status(workspace).output
    conf = workspace / RESNET / "Offline/user.conf"
    conf.write_text(f"{conf.read_text()}\n")
    assert status(workspace).output.endswith("\nSomething may have changed since; `mlperf-dodo` looks into it.\n")


def test_it_changes_nothing(workspace: Path) -> None:
    before = files_below(workspace)
    status(workspace)
    assert files_below(workspace) == before


def test_doit_knows_it(workspace: Path) -> None:
    build(workspace)
    assert run_program("doit", "status", folder=workspace) == status(workspace)


@pytest.mark.parametrize("name", ["plan", "findings"])
def test_there_is_none_before_the_first_build_or_after_half_a_one(workspace: Path, name: str) -> None:
    (workspace / f"build/{name}.json").unlink()
    assert status(workspace) == Outcome(3, "ERROR: status: no build yet in build; run `mlperf-dodo`\n")


@pytest.mark.parametrize("text", ["[]", "{}", '{"round": "v6.1", "placements": [{}], "todo": []}', "null"])
def test_files_of_another_program_are_not_read_into(workspace: Path, text: str) -> None:
    (workspace / "build/plan.json").write_text(text)
    refused = status(workspace)
    assert refused.code == 3
    assert refused.output.count("\n") == 1


def test_a_build_elsewhere_is_found(unbuilt: Path) -> None:
    declare_example(unbuilt, output="made/here")
    build(unbuilt)
    assert status(unbuilt).output.startswith("The last build in made/here, for v6.1:\n")


def test_a_folder_that_is_no_workspace_is_told_so(tmp_path: Path) -> None:
    refused = status(tmp_path)
    assert refused.code == 3
    assert refused.output.startswith("ERROR: submission.yaml")


def test_it_takes_no_arguments(tmp_path: Path) -> None:
    assert status(tmp_path, "closed") == Outcome(3, "ERROR: status takes no arguments (closed)\n")
