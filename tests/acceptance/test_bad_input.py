"""One fault at a time: the build fails, names the fault and its place, and ships everything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import (
    EXAMPLE_RESULTS,
    EXAMPLE_RUNS,
    archived,
    declare_example,
    doit,
    edit_log,
    make_workspace,
    placements,
    report,
    tree,
)

CLOSED_RUNS, OPEN_RUNS = EXAMPLE_RUNS[:3], EXAMPLE_RUNS[3:]
OFFLINE = "closed/example-edge/resnet50/Offline"
OPEN = "open/example-edge-int4/bert-small-int4"
OPEN_OFFLINE = f"{OPEN}/Offline"
DETAIL = "performance/run_1/mlperf_log_detail.txt"
ACCURACY_DETAIL = "accuracy/mlperf_log_detail.txt"


@dataclass(frozen=True)
class Fault:
    """What is planted in a workspace, and what the build says of it."""

    name: str
    plant: Callable[[Path], object]
    code: str
    #: Where it is, as the output names it.
    place: str
    #: The runs of which nothing is shipped.
    lost: tuple[str, ...] = ()


def remove(path: str) -> Callable[[Path], object]:
    def plant(workspace: Path) -> None:
        target = workspace / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return plant


def put(path: str, data: bytes) -> Callable[[Path], object]:
    return lambda workspace: (workspace / path).write_bytes(data)


def put_line(path: str, number: int, line: bytes) -> Callable[[Path], object]:
    """Replace a line of a file, counted from 1."""

    def plant(workspace: Path) -> None:
        lines = (workspace / path).read_bytes().splitlines(keepends=True)
        lines[number - 1] = line + b"\n"
        (workspace / path).write_bytes(b"".join(lines))

    return plant


def copy(path: str, to: str) -> Callable[[Path], object]:
    return lambda workspace: shutil.copytree(workspace / path, workspace / to)


def lock(path: str) -> Callable[[Path], object]:
    return lambda workspace: (workspace / path).chmod(0)


def other_seeds(workspace: Path) -> None:
    for log in (DETAIL, ACCURACY_DETAIL):
        edit_log(workspace / "results" / OPEN_OFFLINE / log, effective_qsl_rng_seed=1, requested_qsl_rng_seed=1)


def one_more_root(workspace: Path) -> None:
    roots = ({"path": "results/again"}, *EXAMPLE_RESULTS)
    make_workspace(workspace, roots, implementation={"*": "code"})


def the_same_in_one_more_root(workspace: Path) -> None:
    shutil.copytree(workspace / "results/closed", workspace / "results/again")
    one_more_root(workspace)


RAW = f"results/{OPEN_OFFLINE}"
FAULTS = (
    Fault("a detail log is missing", remove(f"{RAW}/{DETAIL}"), "PERF-001", RAW, (OPEN_OFFLINE,)),
    Fault("a detail log is empty", put(f"{RAW}/{DETAIL}", b""), "PERF-002", f"{RAW}/{DETAIL}", (OPEN_OFFLINE,)),
    Fault(
        "a detail log is cut off within a line",
        put_line(f"{RAW}/{DETAIL}", 7, b':::MLLOG {"key": "effective_sce'),
        "PERF-002",
        f"{RAW}/{DETAIL}:7",
        (OPEN_OFFLINE,),
    ),
    Fault(
        "a detail log holds bytes that are not UTF-8",
        put_line(f"{RAW}/{DETAIL}", 3, b'\xff\xfe:::MLLOG {"key": "\xe9"}'),
        "PERF-002",
        f"{RAW}/{DETAIL}:3",
        (OPEN_OFFLINE,),
    ),
    Fault(
        "an accuracy log is missing",
        remove(f"{RAW}/accuracy/mlperf_log_accuracy.json"),
        "ACC-001",
        RAW,
        (OPEN_OFFLINE,),
    ),
    Fault("measurements.json is missing", remove(f"{RAW}/measurements.json"), "MEAS-001", RAW, (OPEN_OFFLINE,)),
    Fault(
        "measurements.json is no JSON",
        put(f"{RAW}/measurements.json", b'{\n  "input_data_types": "fp32",\n}\n'),
        "PERF-002",
        f"{RAW}/measurements.json:3",
        (OPEN_OFFLINE,),
    ),
    Fault("user.conf is empty", put(f"{RAW}/user.conf", b""), "MEAS-002", f"{RAW}/user.conf", (OPEN_OFFLINE,)),
    Fault("the logs are another round's", other_seeds, "PERF-005", f"{RAW}/{DETAIL}:", (OPEN_OFFLINE,)),
    Fault(
        "a benchmark that nobody knows",
        copy("results/closed/example-edge/resnet50", "results/closed/example-edge/resnext"),
        "PLAN-001",
        "results/closed/example-edge/resnext/Offline",
        tuple(run.replace("resnet50", "resnext") for run in CLOSED_RUNS),
    ),
    Fault(
        "a scenario that nobody knows",
        copy(f"results/{OPEN}/Offline", f"results/{OPEN}/Ofline"),
        "SCAN-004",
        f"results/{OPEN}/Ofline",
    ),
    Fault(
        "a system in two roots", the_same_in_one_more_root, "SCAN-005", "results/again/example-edge/resnet50/Offline"
    ),
    Fault(
        "two runs that claim one place",
        copy(f"results/{OPEN}/Offline", f"results/{OPEN}/offline"),
        "SCAN-005",
        f"results/{OPEN}/Offline",
    ),
    Fault("a results root that is not there", one_more_root, "SCAN-001", "submission.yaml:"),
    Fault(
        "a system that nobody describes",
        remove("results/open/example-edge-int4/system_meta.json"),
        "SYS-001",
        "results/open/example-edge-int4",
        OPEN_RUNS,
    ),
    Fault(
        "a description that is no JSON",
        put("results/open/example-edge-int4/system_meta.json", b'{"accelerators_per_node": 1,\n'),
        "SCAN-010",
        "results/open/example-edge-int4/system_meta.json:2",
        OPEN_RUNS,
    ),
    Fault(
        "a code folder that is not there",
        lambda workspace: declare_example(workspace, implementation={"*": "code", "resnet50": "cude"}),
        "TEXT-003",
        "submission.yaml",
    ),
    Fault(
        "no calibration document in the final build",
        lambda workspace: declare_example(workspace, final=True),
        "TEXT-002",
        "submission.yaml",
    ),
)
UNREADABLE = (
    Fault("a log", lock(f"{RAW}/{DETAIL}"), "PERF-002", f"{RAW}/{DETAIL}", (OPEN_OFFLINE,)),
    Fault("a run", lock(RAW), "SCAN-008", RAW, (OPEN_OFFLINE,)),
    Fault(
        "a description",
        lock("results/open/example-edge-int4/system_meta.json"),
        "SCAN-010",
        "results/open/example-edge-int4/system_meta.json",
        OPEN_RUNS,
    ),
)


def named(faults: tuple[Fault, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.name)


def assert_named_and_the_rest_shipped(workspace: Path, fault: Fault) -> None:
    outcome = doit(workspace)
    assert outcome.code == 1, outcome.output
    assert outcome.output.splitlines()[-1].startswith("Not ready: ")
    found = reported(workspace)
    assert any(code == fault.code and place.startswith(fault.place) for code, place in found), found
    assert f"error {fault.code}: " in outcome.output
    assert f"    {fault.place}" in outcome.output
    plan = placements(workspace)
    shipped = {run for run, _, target in plan if target}
    assert {run for run, _, _ in plan} - shipped == set(fault.lost)
    assert archived(workspace) == tree(workspace)
    assert {path.split("/")[0] for path in tree(workspace)} == {run.split("/")[0] for run in shipped}


def reported(workspace: Path) -> list[tuple[str, str]]:
    """Code and place of everything in findings.json."""
    said = report(workspace)
    findings = [*said["tree"], *(found for result in said["results"] for found in result["findings"])]
    return [(f["code"], f["path"] if f["line"] is None else f"{f['path']}:{f['line']}") for f in findings]


@named(FAULTS)
def test_a_fault_is_named_and_the_rest_shipped(unbuilt: Path, fault: Fault) -> None:
    fault.plant(unbuilt)
    assert_named_and_the_rest_shipped(unbuilt, fault)


@pytest.fixture
def unprivileged(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")


@pytest.mark.usefixtures("unprivileged")
@named(UNREADABLE)
def test_what_may_not_be_read_is_named_and_the_rest_shipped(unbuilt: Path, fault: Fault) -> None:
    fault.plant(unbuilt)
    assert_named_and_the_rest_shipped(unbuilt, fault)


def test_a_missing_scenario_moves_the_rest_of_its_benchmark_to_open(unbuilt: Path) -> None:
    (unbuilt / "results" / OFFLINE / DETAIL).unlink()
    outcome = doit(unbuilt)
    assert outcome.code == 1
    assert placements(unbuilt) == [
        (CLOSED_RUNS[0], "move to open", CLOSED_RUNS[0].replace("closed", "open", 1)),
        (OFFLINE, "drop", None),
        (CLOSED_RUNS[2], "move to open", CLOSED_RUNS[2].replace("closed", "open", 1)),
        *((run, "keep", run) for run in OPEN_RUNS),
    ]
    assert {path.split("/")[0] for path in tree(unbuilt)} == {"open"}
    assert archived(unbuilt) == tree(unbuilt)


def test_an_empty_results_folder_ships_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    (workspace / "results").mkdir()
    outcome = doit(workspace)
    assert outcome.code != 0
    assert "SCAN-002" in outcome.output
    assert "PLAN-004" in outcome.output
    assert "nothing to pack" in outcome.output
    assert not (workspace / "build/submission.tar.gz").exists()


def test_faults_of_many_runs_are_told_once(unbuilt: Path) -> None:
    for run in OPEN_RUNS:
        (unbuilt / "results" / run / "user.conf").unlink()
    output = doit(unbuilt).output
    assert output.count("error MEAS-001: user.conf is missing") == 1
    assert all(f"    results/{run}\n" in output for run in OPEN_RUNS)


MINIMAL = "round: v6.1\nsubmitter: ExampleLab\nresults: results\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "submission.yaml: no such file; a workspace starts with"),
        (b"", "submission.yaml: the file is empty; a workspace starts with"),
        (b"round: v6.1\n\tresults: x\n", "submission.yaml:2:1: not valid YAML: "),
        (b"round: v6.1\nsubmitter: \xff\n", "submission.yaml:2: byte 0xff is not UTF-8 text"),
        (f"{MINIMAL}sytems: {{}}\n".encode(), "submission.yaml:4: sytems: unknown key; did you mean 'systems'?"),
        (f"{MINIMAL}final: maybe\n".encode(), "submission.yaml:4: final: found 'maybe'; allowed: true, false"),
        (f"{MINIMAL}systems: [edge]\n".encode(), "submission.yaml:4: systems: found a list; allowed: a mapping"),
        (
            f"{MINIMAL}output: results/build\n".encode(),
            "submission.yaml: the results folder 'results' holds results/build/submission, which the build writes",
        ),
        (
            b"round: v6.1\nsubmitter: ExampleLab\nresults: build/submission/closed\n",
            "submission.yaml: the results folder 'build/submission/closed' lies in build/submission, which the build",
        ),
        (
            f"{MINIMAL}implementation: {{'*': .}}\n".encode(),
            "submission.yaml: the implementation '.' holds build/submission, which the build writes",
        ),
    ],
    ids=[
        "missing",
        "empty",
        "not YAML",
        "not UTF-8",
        "unknown key",
        "wrong value",
        "wrong type",
        "built into the results",
        "results in the build",
        "code around the build",
    ],
)
def test_a_declaration_that_can_t_be_used_is_named_and_nothing_done(
    unbuilt: Path, text: bytes | None, message: str
) -> None:
    declaration = unbuilt / "submission.yaml"
    declaration.unlink() if text is None else declaration.write_bytes(text)
    outcome = doit(unbuilt)
    assert outcome.code == 3
    assert outcome.output.startswith(f"ERROR: {message}"), outcome.output
    assert not (unbuilt / "build").exists()


def test_every_mistake_of_a_declaration_is_told_at_once(unbuilt: Path) -> None:
    (unbuilt / "submission.yaml").write_text("round: v6.1\nresults: results\nfinal: maybe\nsytems: {}\n")
    lines = doit(unbuilt).output.removeprefix("ERROR: ").splitlines()
    assert [line.split(":")[1:3] for line in lines] == [["1", " submitter"], ["3", " final"], ["4", " sytems"]]
