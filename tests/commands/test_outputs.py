"""No command writes the file that it is asked for into results."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import declare_example, doit, files_below, run_program

SUT = "results/closed/example-edge"
COMMANDS = {
    "compare": ("compare", "--with", "build", "--output"),
    "describe": ("describe", "--output"),
    "init": ("init", "--results", "results/closed", "--output"),
    "verify": ("verify", "--tree", "build/submission", "--round", "v6.1", "--csv"),
    "verify, JSON": ("verify", "--tree", "build/submission", "--round", "v6.1", "--json"),
}


@pytest.fixture
def built(unbuilt: Path) -> Path:
    doit(unbuilt, check=True)
    return unbuilt


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("file", [f"{SUT}/new.json", "link/new.json", f"build/../{SUT}/new.json"])
def test_a_new_file_in_results_is_refused(built: Path, command: tuple[str, ...], file: str) -> None:
    (built / "link").symlink_to(SUT)
    before = files_below(built / "results")
    outcome = run_program("mlperf-dodo", *command, file, folder=built)
    assert outcome.code == 3
    assert "which is never written to; name a file elsewhere" in outcome.output
    assert files_below(built / "results") == before


@pytest.mark.parametrize("command", [COMMANDS[name] for name in ("compare", "verify", "verify, JSON")])
def test_so_is_a_file_that_is_there(built: Path, command: tuple[str, ...]) -> None:
    before = files_below(built / "results")
    assert run_program("mlperf-dodo", *command, f"{SUT}/system_meta.json", folder=built).code == 3
    assert files_below(built / "results") == before


def test_a_tree_is_not_written_into_while_it_is_checked(built: Path) -> None:
    file = "build/submission/closed/ExampleLab/results.csv"
    assert run_program("mlperf-dodo", *COMMANDS["verify"], file, folder=built).code == 3
    assert not (built / file).exists()


@pytest.mark.parametrize("command", [COMMANDS[name] for name in ("compare", "verify", "verify, JSON")])
def test_elsewhere_the_former_output_is_replaced(built: Path, command: tuple[str, ...]) -> None:
    (built / "out").write_text("of before")
    assert run_program("mlperf-dodo", *command, "out", folder=built).code == 0
    assert (built / "out").read_text() != "of before"


def test_a_declaration_that_cannot_be_read_is_in_no_ones_way(built: Path) -> None:
    declare_example(built, round="v0.1")
    assert run_program("mlperf-dodo", *COMMANDS["verify"], "out", folder=built).code == 0
