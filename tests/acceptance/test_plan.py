"""Each case of the plan as a build has it: what is in the tree, what is said of it, and whether the tree passes."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from fitted_run import Kind, fit
from power_run import add_power
from support import (
    CLOSED_SYSTEM,
    EXAMPLE_RUNS,
    OPEN_SYSTEM,
    REPOSITORY,
    ROUND,
    Outcome,
    archived,
    copy_of,
    declare_example,
    doit,
    edit_log,
    files_below,
    make_workspace,
    placements,
    report,
    tree,
)

from rules.config.model import Preprocess
from rules.domain import Scenario
from rules.plan import Action
from rules.sources import Disk
from rules.verification import Profile
from rules.verify import verify_tree

IN_OPEN = "open/example-edge/resnet50"
MULTI_STREAM, OFFLINE, SINGLE_STREAM = EXAMPLE_RUNS[:3]
DETAIL = "performance/run_1/mlperf_log_detail.txt"
RESULTS = "ExampleLab/results"
PAGE = (REPOSITORY / "docs/plan.md").read_text(encoding="utf-8")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A workspace with the example's closed system alone, to build anew."""
    return closed_workspace(tmp_path)


def closed_workspace(folder: Path) -> Path:
    workspace = make_workspace(folder / "workspace", implementation={"*": "code"})
    (workspace / "results").mkdir()
    copy_of(CLOSED_SYSTEM, workspace / "results")
    (workspace / "code").mkdir()
    (workspace / "code/run.py").write_text("print('hello')\n")
    return workspace


def resnet(workspace: Path, scenario: str) -> Path:
    return workspace / "results/example-edge/resnet50" / scenario


def switch(workspace: Path, **preprocess: bool) -> None:
    make_workspace(workspace, implementation={"*": "code"}, preprocess=preprocess)


def untest(run: Path) -> None:
    """Let a run fail what closed alone asks for."""
    (run / "TEST04/verify_performance.txt").unlink()


def invalidate(run: Path) -> None:
    """Let a run fail in every division."""
    edit_log(run / DETAIL, result_validity="INVALID")


def assert_tree_passes(workspace: Path) -> None:
    """The finished tree is in order by itself, and is what was packed and reported."""
    root = workspace / "build/submission"
    verification = verify_tree(Disk(), root, ROUND, Profile.STRICT)
    found = [f for each in verification.results for f in each.findings] + list(verification.tree)
    assert verification.passes, [f"{f.code} {f.path}" for f in found if f.is_error]
    in_tree = {f"{p.division}/{p.system}/{p.model}/{p.scenario}" for p in (e.place for e in verification.results)}
    assert in_tree == {target for _, _, target in placements(workspace) if target} == shipped(workspace)
    assert archived(workspace) == tree(workspace)


def shipped(workspace: Path) -> set[str]:
    results = report(workspace, "summary")["results"]
    return {"/".join((row["division"], row["system"], row["benchmark"], row["scenario"])) for row in results}


def staged(workspace: Path, run: str) -> dict[str, bytes]:
    """The files of a result in the tree."""
    division, rest = run.split("/", 1)
    return files_below(workspace / "build/submission" / division / RESULTS / rest)


def outcome_line(outcome: Outcome) -> str:
    return outcome.output.splitlines()[-1]


def row_of(workspace: Path, run: str, action: str) -> dict[str, Any]:
    (row,) = [r for r in report(workspace, "plan")["placements"] if (r["run"], r["action"]) == (run, action)]
    return dict(row)


@pytest.fixture(scope="module")
def inferred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from SingleStream alone."""
    closed = closed_workspace(tmp_path_factory.mktemp("inferred"))
    for scenario in ("MultiStream", "Offline"):
        shutil.rmtree(resnet(closed, scenario))
    doit(closed, check=True)
    return closed


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system with results at the higher accuracy target, and code of that benchmark's own."""
    closed = closed_workspace(tmp_path_factory.mktemp("copied"))
    for scenario in (Scenario.SINGLE_STREAM, Scenario.OFFLINE):
        fit(Kind("bert-99.9", scenario), closed / "results/example-edge/bert-99.9")
    (closed / "bert.py").write_text("print('bert')\n")
    make_workspace(closed, implementation={"bert-99.9": "bert.py", "*": "code"})
    doit(closed, check=True)
    return closed


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """Built before one run came to fail in closed, and again."""
    closed = closed_workspace(tmp_path_factory.mktemp("moved"))
    doit(closed, check=True)
    untest(resnet(closed, "SingleStream"))
    return closed, doit(closed, check=True)


class TestInfer:
    def test_gives_the_scenarios_that_nobody_ran(self, inferred: Path) -> None:
        assert placements(inferred) == [
            (SINGLE_STREAM, "infer", MULTI_STREAM),
            (SINGLE_STREAM, "infer", OFFLINE),
            (SINGLE_STREAM, "keep", SINGLE_STREAM),
        ]
        assert_tree_passes(inferred)

    def test_puts_the_run_s_files_into_each_place(self, inferred: Path) -> None:
        measured, offline = staged(inferred, SINGLE_STREAM), staged(inferred, OFFLINE)
        assert set(measured) == set(offline)
        assert {path for path in measured if measured[path] != offline[path]} == {"README.md"}
        assert b"Offline inferred from SingleStream, as the round permits on edge systems." in offline["README.md"]

    def test_is_marked_in_the_summary(self, inferred: Path) -> None:
        rows = {row["scenario"]: row for row in report(inferred, "summary")["results"]}
        assert {scenario: row["inferred"] for scenario, row in rows.items()} == {
            "MultiStream": True,
            "Offline": True,
            "SingleStream": False,
        }
        milliseconds = rows["SingleStream"]["metric"]
        assert rows["Offline"]["metric"] == pytest.approx(1000 / milliseconds, rel=0.1)
        assert rows["MultiStream"]["metric"] == pytest.approx(8 * milliseconds, rel=0.1)

    def test_goes_over_a_failing_result_only_with_the_switch(self, closed: Path) -> None:
        invalidate(resnet(closed, "Offline"))
        outcome = doit(closed, check=True)
        assert "PLAN-012" in outcome.output
        assert {action for _, action, _ in placements(closed)} == {"move to open", "drop"}
        switch(closed, infer_over_failed=True)
        outcome = doit(closed, check=True)
        assert "drop          closed/example-edge/resnet50/Offline\n" in outcome.output
        assert "an inference is submitted in its place (PERF-016)" in outcome.output
        assert placements(closed) == [
            (MULTI_STREAM, "infer", OFFLINE),
            (MULTI_STREAM, "keep", MULTI_STREAM),
            (OFFLINE, "drop", None),
            (SINGLE_STREAM, "keep", SINGLE_STREAM),
        ]
        assert staged(closed, OFFLINE)[DETAIL] == staged(closed, MULTI_STREAM)[DETAIL]
        assert_tree_passes(closed)


class TestCopyDown:
    def test_submits_the_result_at_the_lower_target_too(self, copied: Path) -> None:
        run = "closed/example-edge/bert-99.9/Offline"
        assert row_of(copied, run, "copy down")["target"] == "closed/example-edge/bert-99/Offline"
        original, copy = staged(copied, run), staged(copied, "closed/example-edge/bert-99/Offline")
        assert {path for path in original if original[path] != copy.get(path)} == {"README.md"}
        assert_tree_passes(copied)

    def test_takes_its_code_along(self, copied: Path) -> None:
        files = tree(copied)
        assert files["closed/ExampleLab/src/bert-99/bert.py"] == files["closed/ExampleLab/src/bert-99.9/bert.py"]


class TestMoveToOpen:
    def test_takes_the_benchmark_along_and_leaves_nothing_in_closed(self, moved: tuple[Path, Outcome]) -> None:
        workspace, outcome = moved
        assert [(action, target) for _, action, target in placements(workspace)] == [
            ("move to open", f"{IN_OPEN}/{scenario}") for scenario in ("MultiStream", "Offline", "SingleStream")
        ]
        assert not (workspace / "build/submission/closed").exists()
        assert_tree_passes(workspace)
        assert outcome_line(outcome) == "Ready: build/submission.tar.gz (3 runs moved to open)"

    def test_describes_the_system_as_open(self, moved: tuple[Path, Outcome]) -> None:
        assert json.loads(tree(moved[0])["open/ExampleLab/systems/example-edge.json"])["division"] == "open"

    def test_names_what_is_still_to_be_run(self, moved: tuple[Path, Outcome]) -> None:
        workspace, outcome = moved
        (still,) = report(workspace, "plan")["todo"]
        assert (still["division"], still["system"], still["model"]) == ("closed", "example-edge", "resnet50")
        assert (still["scenario"], still["runs"]) == ("SingleStream", ["TEST04"])
        assert still["settings"]["min_duration_ms"] == 600000
        assert outcome.output.split("Still to run")[1].split("Shipped")[0] == (
            " for a complete closed submission:\n"
            "  closed/example-edge/resnet50/SingleStream\n"
            "      TEST04\n"
            "      min_duration_ms 600000, performance_sample_count 1024, min_query_count\n"
            "      1024, accuracy_samples 50000\n"
            "\n"
        )

    def test_and_back_once_the_run_is_mended(self, closed: Path) -> None:
        doit(closed, check=True)
        before = tree(closed)
        verdict = resnet(closed, "SingleStream") / "TEST04/verify_performance.txt"
        text = verdict.read_bytes()
        verdict.unlink()
        doit(closed, check=True)
        verdict.write_bytes(text)
        doit(closed, check=True)
        assert tree(closed) == before
        assert not (closed / "build/submission/open").exists()

    def test_is_dropped_where_it_fails_in_open_too(self, closed: Path) -> None:
        invalidate(resnet(closed, "SingleStream"))
        outcome = doit(closed, check=True)
        assert (SINGLE_STREAM, "drop", None) in placements(closed)
        assert not any("SingleStream" in path for path in tree(closed))
        assert_tree_passes(closed)
        assert outcome_line(outcome) == "Ready: build/submission.tar.gz (2 runs moved to open, 1 run dropped)"


class TestPower:
    POWER = ("performance/power/", "performance/ranging/", "performance/run_1/spl.txt")

    def powered(self, workspace: Path) -> set[str]:
        """The files of Offline's power in the tree."""
        return {path for path in staged(workspace, OFFLINE) if path.startswith(self.POWER)}

    @staticmethod
    def rows(workspace: Path) -> list[tuple[str, str]]:
        table = csv.DictReader((workspace / "build/summary.csv").read_text().splitlines())
        return [(row["Units"], row["has_power"]) for row in table if row["Scenario"] == "Offline"]

    @pytest.fixture
    def power(self, closed: Path) -> Path:
        """Offline with a power measurement that passes."""
        add_power(resnet(closed, "Offline"))
        return closed

    def test_that_passes_is_shipped_with_the_result(self, power: Path) -> None:
        doit(power, check=True)
        assert len(self.powered(power)) == 10
        assert self.rows(power) == [("Samples/s", "True"), ("Watts", "True")]
        assert_tree_passes(power)

    def test_that_fails_is_removed_and_the_result_kept(self, power: Path) -> None:
        doit(power, check=True)
        (resnet(power, "Offline") / "performance/power/server.json").unlink()
        outcome = doit(power, check=True)
        assert row_of(power, OFFLINE, "keep")["without_power"] is True
        assert self.powered(power) == set()
        assert staged(power, OFFLINE)[DETAIL] == (resnet(power, "Offline") / DETAIL).read_bytes()
        assert_tree_passes(power)
        assert outcome_line(outcome) == "Ready: build/submission.tar.gz (1 run shipped without power)"
        assert "power measurement fails and is left out (POW-001" in outcome.output

    def test_that_fails_is_not_in_the_summary(self, power: Path) -> None:
        (resnet(power, "Offline") / "performance/power/server.json").unlink()
        doit(power, check=True)
        assert self.rows(power) == [("Samples/s", "False")]

    def test_that_fails_is_shipped_where_nothing_is_dropped_and_fails_the_build(self, power: Path) -> None:
        (resnet(power, "Offline") / "performance/power/server.json").unlink()
        switch(power, drop_failed=False)
        assert doit(power).code == 1
        assert self.powered(power)


class TestClosedOpen:
    @pytest.fixture
    def both(self, closed: Path) -> Path:
        make_workspace(closed, implementation={"*": "code"}, division="closed-open")
        return closed

    def test_ships_the_same_results_in_both_divisions(self, both: Path) -> None:
        doit(both, check=True)
        assert len(shipped(both)) == 6
        assert_tree_passes(both)
        systems = {d: json.loads(tree(both)[f"{d}/ExampleLab/systems/example-edge.json"]) for d in ("closed", "open")}
        assert {division: said["division"] for division, said in systems.items()} == {
            "closed": "closed",
            "open": "open",
        }

    def test_plans_each_for_itself(self, both: Path) -> None:
        untest(resnet(both, "SingleStream"))
        outcome = doit(both, check=True)
        assert shipped(both) == {f"{IN_OPEN}/{s}" for s in ("MultiStream", "Offline", "SingleStream")}
        assert_tree_passes(both)
        assert outcome_line(outcome) == "Ready: build/submission.tar.gz (3 runs in one division alone)"


class TestModelMapping:
    @pytest.fixture
    def custom(self, tmp_path: Path) -> Path:
        """Two open systems with a model of the same name, whose SUT folders say what it stands for."""
        workspace = make_workspace(tmp_path / "workspace", division="open", implementation={"*": "code"})
        (workspace / "code").mkdir()
        (workspace / "code/run.py").write_text("print('hello')\n")
        for system in ("one", "two"):
            shutil.copytree(OPEN_SYSTEM, workspace / "results" / system)
        return workspace

    @staticmethod
    def say(workspace: Path, system: str, **mapping: str) -> None:
        (workspace / "results" / system / "model_mapping.json").write_text(json.dumps(mapping))

    def test_of_two_systems_that_agree_is_one_file(self, custom: Path) -> None:
        doit(custom, check=True)
        assert json.loads(tree(custom)["open/ExampleLab/model_mapping.json"]) == {"bert-small-int4": "bert-99"}
        assert_tree_passes(custom)

    def test_of_two_systems_that_contradict_each_other_is_an_error(self, custom: Path) -> None:
        shutil.copytree(custom / "results/two/bert-small-int4", custom / "results/two/bert-tiny")
        self.say(custom, "two", **{"bert-small-int4": "bert-99.9", "bert-tiny": "bert-99"})
        outcome = doit(custom)
        assert outcome.code == 1
        assert "error PLAN-010: the model stands for bert-99 here, but for bert-99.9 in\n" in outcome.output
        assert outcome_line(outcome) == "Not ready: 4 errors in the whole."
        assert shipped(custom) == {f"open/two/bert-tiny/{scenario}" for scenario in ("Offline", "SingleStream")}
        assert json.loads(tree(custom)["open/ExampleLab/model_mapping.json"]) == {"bert-tiny": "bert-99"}

    def test_of_the_declaration_that_contradicts_the_folder_s_is_an_error(self, custom: Path) -> None:
        mapping = {"two": {"model_mapping": {"bert-small-int4": "bert-99.9"}}}
        make_workspace(custom, division="open", implementation={"*": "code"}, systems=mapping)
        outcome = doit(custom)
        assert outcome.code == 1
        assert "submission.yaml, but for bert-99 by" in " ".join(outcome.output.split())
        assert {run.split("/")[1] for run in shipped(custom)} == {"one"}

    def test_of_a_run_counts_for_the_run(self, custom: Path) -> None:
        (custom / "results/two/model_mapping.json").unlink()
        for scenario in ("Offline", "SingleStream"):
            shutil.copy2(custom / "results/one/model_mapping.json", custom / f"results/two/bert-small-int4/{scenario}")
        doit(custom, check=True)
        assert len(shipped(custom)) == 4

    def test_without_an_entry_for_the_model_is_an_error(self, custom: Path) -> None:
        self.say(custom, "two", other="bert-99")
        outcome = doit(custom)
        assert outcome.code == 1
        assert "error PLAN-011: bert-small-int4 is no benchmark of v6.1" in outcome.output
        assert {run.split("/")[1] for run in shipped(custom)} == {"one"}


class TestExitStatus:
    """0 when what ships passes, however much was moved or dropped."""

    def test_0_however_much_was_moved_and_dropped(self, closed: Path) -> None:
        invalidate(resnet(closed, "Offline"))
        untest(resnet(closed, "MultiStream"))
        outcome = doit(closed)
        assert outcome.code == 0
        assert outcome_line(outcome) == "Ready: build/submission.tar.gz (2 runs moved to open, 1 run dropped)"

    def test_1_for_a_failing_run_that_a_switch_keeps(self, closed: Path) -> None:
        invalidate(resnet(closed, "Offline"))
        switch(closed, drop_failed=False)
        outcome = doit(closed)
        assert outcome.code == 1
        assert "error PLAN-009: fails (PERF-016) and is in the tree all the same" in outcome.output
        assert outcome_line(outcome) == "Not ready: 1 error in the whole."
        assert staged(closed, OFFLINE)

    def test_1_for_broken_input(self, closed: Path) -> None:
        (resnet(closed, "Offline") / DETAIL).unlink()
        outcome = doit(closed)
        assert outcome.code == 1
        assert outcome_line(outcome) == "Not ready: 1 run left out for broken input."

    def test_not_0_where_nothing_is_left_to_ship(self, closed: Path) -> None:
        for scenario in ("MultiStream", "Offline", "SingleStream"):
            invalidate(resnet(closed, scenario))
        outcome = doit(closed)
        assert outcome.code != 0
        assert "error PLAN-004: nothing to ship" in outcome.output
        assert not (closed / "build/submission.tar.gz").exists()


class TestIncrement:
    """A changed verdict plans anew, and stages only the runs whose place or files changed."""

    @staticmethod
    def stages(outcome: Outcome) -> set[str]:
        return {task.removeprefix("stage:") for task in outcome.tasks if task.startswith("stage:")} - {"prune"}

    def test_one_moved_benchmark_leaves_another_alone(self, unbuilt: Path) -> None:
        doit(unbuilt, check=True)
        untest(unbuilt / "results" / SINGLE_STREAM)
        outcome = doit(unbuilt, check=True)
        assert self.stages(outcome) == {MULTI_STREAM, OFFLINE, SINGLE_STREAM, "closed/example-edge", "shared"}
        assert not any(path.startswith("closed/") for path in tree(unbuilt))

    def test_one_replaced_result_changes_its_source_and_itself(self, unbuilt: Path) -> None:
        declare_example(unbuilt, preprocess={"infer_over_failed": True})
        doit(unbuilt, check=True)
        invalidate(unbuilt / "results" / OFFLINE)
        outcome = doit(unbuilt, check=True)
        assert self.stages(outcome) == {MULTI_STREAM, OFFLINE, "closed/example-edge"}

    def test_a_switch_that_decides_nothing_stages_nothing(self, unbuilt: Path) -> None:
        doit(unbuilt, check=True)
        before = tree(unbuilt)
        declare_example(unbuilt, preprocess={"move_failed_to_open": False, "drop_failed": False})
        assert self.stages(doit(unbuilt, check=True)) == set()
        assert tree(unbuilt) == before

    def test_a_switch_that_decides_is_all_that_it_takes(self, unbuilt: Path) -> None:
        untest(unbuilt / "results" / SINGLE_STREAM)
        doit(unbuilt, check=True)
        declare_example(unbuilt, preprocess={"move_failed_to_open": False})
        outcome = doit(unbuilt, check=True)
        assert not [task for task in outcome.tasks if task.startswith("check:")]
        assert {run.split("/")[0] for run in shipped(unbuilt)} == {"open"}
        assert {run.split("/")[1] for run in shipped(unbuilt)} == {"example-edge-int4"}


class TestThePage:
    """docs/plan.md shows what a user sees."""

    def test_shows_the_plan_of_the_changed_example(self, unbuilt: Path) -> None:
        declare_example(unbuilt, preprocess={"infer_over_failed": True})
        shutil.rmtree(unbuilt / "results" / MULTI_STREAM)
        for run in (OFFLINE, EXAMPLE_RUNS[4]):
            invalidate(unbuilt / "results" / run)
        (shown,) = re.findall(r"^```text\n(Plan:.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        assert doit(unbuilt, "plan", check=True).output.endswith(shown)

    def test_names_every_switch_and_action(self) -> None:
        assert not {switch for switch in vars(Preprocess()) if f"`{switch}`" not in PAGE}
        assert not {action for action in Action if f"`{action.value}`" not in PAGE}
