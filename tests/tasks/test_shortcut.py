"""Which way a build takes: past all tasks by the stats of files, or by their contents, or through the tasks.

A build goes past the tasks only where nothing that it looked at has changed. Here in this process; what
a user sees of it is in tests/acceptance/test_shortcuts.py.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import doit.version
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import age, copy_with_links, example_workspace, make_workspace
from support import doit as run_doit

from rules.engine.reporter import Progress
from rules.engine.snapshot import Snapshot
from rules.engine.view import View
from rules.tasks.paths import Paths
from rules.tasks.shortcut import guessed_paths, look_at_program, nothing_changed, nothing_differs, remember
from rules.tasks.workspace import Workspace

OFFLINE = "results/closed/example-edge/resnet50/Offline"
LOG = f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
LINKED = "results/closed/example-edge/resnet50/SingleStream"
STATE = "build/.state"
STAGED = "build/submission/closed/ExampleLab/results/example-edge/resnet50/Offline/user.conf"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built workspace that has all that a declaration can name, some of it missing, and a link to a folder."""
    workspace = make_workspace(
        example_workspace(tmp_path_factory.mktemp("built") / "workspace"),
        [{"path": "results/closed"}, {"path": "results/op*", "division": "open"}],
        systems={
            "example-edge": {"detected": "docs/detected.json", "nameplate_power": "docs/power.yaml"},
            "example-edge-int4": {"description": "docs/description.json"},
        },
        power={"analyzer_table": "docs/analyzer.md"},
        calibration="docs/calibration.md",
        implementation={"*": "code", "bert-small-int4": "more-code"},
    )
    (workspace / "docs").mkdir()
    (workspace / "docs/detected.json").write_text('{"hw_notes": "detected"}')
    (workspace / "docs/description.json").write_text('{"sw_notes": "described"}')
    (workspace / "elsewhere").mkdir()
    (workspace / LINKED).rename(workspace / "elsewhere/SingleStream")
    (workspace / LINKED).symlink_to("../../../../elsewhere/SingleStream")
    assert run_doit(workspace).output.endswith(" in the whole.\n")
    return workspace


@pytest.fixture
def checkout(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workspace and its state, every file old and every stat new; the current folder."""
    workspace = copy_with_links(built, tmp_path)
    age(workspace)
    monkeypatch.chdir(workspace)
    return workspace


@pytest.fixture
def settled(checkout: Path) -> Path:
    """The same after a build that found nothing to do there."""
    assert way() == "contents"
    return checkout


def way() -> str:
    """How a build here would be done, with what it keeps on that way."""
    snapshot = Snapshot.load(guessed_paths().snapshot)
    if snapshot and nothing_changed(snapshot, View()):
        return "stats"
    if snapshot and nothing_differs(snapshot, Workspace()):
        return "contents"
    return "tasks"


def append(path: Path, text: str = "\n") -> None:
    with path.open("a") as stream:
        stream.write(text)


def write(path: Path, text: str = "mine") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def swap_case(path: Path) -> None:
    path.write_bytes(path.read_bytes().swapcase())


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def declare(workspace: Path, **keys: object) -> None:
    path = workspace / "submission.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def become(path: Path, make: Callable[[Path], object]) -> None:
    path.rename(path.with_name("kept-elsewhere"))
    make(path)


Change = Callable[[Path], object]
#: All that matters to a build.
CHANGES: dict[str, Change] = {
    "a log is longer": lambda root: append(root / LOG),
    "a log of the same size": lambda root: swap_case(root / LOG),
    "a log is gone": lambda root: (root / LOG).unlink(),
    "a log has another name": lambda root: (root / LOG).rename(root / f"{LOG}.old"),
    "a log is a folder": lambda root: become(root / LOG, Path.mkdir),
    "a log is a dangling link": lambda root: become(root / LOG, lambda path: path.symlink_to("nowhere")),
    "a file comes into a run": lambda root: write(root / OFFLINE / "performance/run_1/notes.txt"),
    "an empty folder comes into a run": lambda root: (root / OFFLINE / "performance/run_2").mkdir(),
    "a run is gone": lambda root: shutil.rmtree(root / OFFLINE),
    "a run comes": lambda root: shutil.copytree(root / OFFLINE, root / OFFLINE.replace("Offline", "Server")),
    "a system comes": lambda root: shutil.copytree(root / "results/closed/example-edge", root / "results/closed/new"),
    "a log behind a link": lambda root: append(root / "elsewhere/SingleStream/user.conf"),
    "a file comes behind a link": lambda root: write(root / "elsewhere/SingleStream/notes.txt"),
    "a link leads elsewhere": lambda root: become(
        root / LINKED, lambda link: link.symlink_to("../../../../" + OFFLINE)
    ),
    "a link leads nowhere": lambda root: (root / "elsewhere/SingleStream").rename(root / "elsewhere/gone"),
    "results come to match": lambda root: shutil.copytree(root / "results/open", root / "results/open2"),
    "an empty folder comes to match": lambda root: (root / "results/open2").mkdir(),
    "results match no more": lambda root: (root / "results/open").rename(root / "results/other"),
    "code": lambda root: append(root / "code/generate.py"),
    "code comes": lambda root: write(root / "code/inner/deeper/more.py"),
    "code is a file": lambda root: become(root / "code", write),
    "declared code comes": lambda root: write(root / "more-code/main.py"),
    "detected fields": lambda root: write(root / "docs/detected.json", '{"hw_notes": "other"}'),
    "described fields": lambda root: write(root / "docs/description.json", '{"sw_notes": "other"}'),
    "declared calibration comes": lambda root: write(root / "docs/calibration.md"),
    "a declared list of power supplies comes": lambda root: write(root / "docs/power.yaml"),
    "a declared document of power comes": lambda root: write(root / "docs/analyzer.md"),
    "a key": lambda root: declare(root, final=True),
    "a comment": lambda root: append(root / "submission.yaml", "# mine\n"),
    "another output": lambda root: declare(root, output="other"),
    "no archive": lambda root: (root / "build/submission.tar.gz").unlink(),
    "an archive cut short": lambda root: cut(root / "build/submission.tar.gz"),
    "an edited tree": lambda root: swap_case(root / STAGED),
    "a file of the tree is gone": lambda root: (root / STAGED).unlink(),
    "no tree": lambda root: shutil.rmtree(root / "build/submission"),
    "an edited report": lambda root: append(root / "build/summary.csv"),
    "a report is gone": lambda root: (root / "build/findings.json").unlink(),
    "a verdict is gone": lambda root: next((root / STATE / "checks").rglob("*.json")).unlink(),
    "a record is gone": lambda root: next((root / STATE / "staged").rglob("*.json")).unlink(),
    "a fragment is cut short": lambda root: cut(next((root / STATE / "fragments").rglob("*.deflate"))),
    "the journal has a line more": lambda root: append(root / STATE / "state.jsonl", '{"task":"plan","record":null}\n'),
    "no journal": lambda root: (root / STATE / "state.jsonl").unlink(),
    "hashes are torn": lambda root: cut(root / STATE / "files.json"),
    "no hashes": lambda root: (root / STATE / "files.json").unlink(),
    "no last words": lambda root: (root / STATE / "outcome.json").unlink(),
    "the snapshot is torn": lambda root: cut(root / STATE / "snapshot.json"),
    "no state": lambda root: shutil.rmtree(root / STATE),
    "no output": lambda root: shutil.rmtree(root / "build"),
    "the output has another name": lambda root: (root / "build").rename(root / "built"),
}


class TestNothingToDo:
    def test_is_known_by_stats_alone(self, settled: Path) -> None:
        assert way() == "stats"

    def test_is_known_by_contents_after_a_checkout_and_by_stats_from_then_on(self, checkout: Path) -> None:
        assert [way(), way()] == ["contents", "stats"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda root: write(root / "notes/of-mine.txt"),
            lambda root: write(root / "build/of-mine.txt"),
            lambda root: os.link(root / LOG, root / "another-name"),
            lambda root: (root / "build/submission.tar.gz").chmod(0o444),
            lambda root: write(root / STATE / "crash.txt"),
        ],
        ids=["a file beside", "a file in the output", "one more name for a log", "a target made read-only", "a crash"],
    )
    def test_is_left_so_by_what_no_build_looks_at(self, settled: Path, change: Change) -> None:
        change(settled)
        assert way() == "stats"

    def test_is_left_so_by_a_move_of_the_workspace(self, settled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(settled.rename(settled.parent / "moved"))
        assert way() == "stats"

    def test_is_left_so_by_files_that_are_other_files_with_the_same_content(self, settled: Path) -> None:
        for path in (settled / LOG, settled / STAGED, settled / "submission.yaml"):
            shutil.copy(path, settled / "new")
            (settled / "new").replace(path)
        assert way() == "contents"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
class TestAnythingThatMatters:
    def test_is_seen_where_nothing_else_changed(self, settled: Path, change: Change) -> None:
        change(settled)
        assert way() == "tasks"

    def test_is_seen_where_every_stat_is_new(self, checkout: Path, change: Change) -> None:
        change(checkout)
        assert way() == "tasks"


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [(sys, "version", "4.0"), (doit.version, "VERSION", (1, 0)), (os, "walk", lambda _: [])],
    ids=["another Python", "another doit", "a program of other files"],
)
def test_another_program_is_another_build(
    settled: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, value: object
) -> None:
    from rules.tasks.workspace import program_files

    program_files.cache_clear()
    with monkeypatch.context() as changed:
        changed.setattr(where, name, value)
        assert way() == "tasks"
    program_files.cache_clear()
    assert way() == "stats"


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_one_edit_of_what_was_looked_at_is_seen(settled: Path, seed: int) -> None:
    snapshot = Snapshot.load(Paths(Path("build"), "").snapshot)
    assert snapshot is not None
    assert nothing_changed(snapshot, View())
    chosen = random.Random(seed)
    path = Path(chosen.choice(sorted(each for each in View().files(snapshot.watched) if not each.startswith("/"))))
    whole, stat = path.read_bytes(), path.stat()
    kept = path.with_name("kept")
    path.rename(kept)
    if chosen.random() < 0.8:
        at = chosen.randrange(len(whole) + 1)
        path.write_bytes(whole[:at] + chosen.choice([b"", b"\0", b"more"]) + whole[at + chosen.randrange(2) :])
        os.utime(path, ns=(stat.st_atime_ns, chosen.choice([stat.st_mtime_ns, stat.st_mtime_ns + 1])))
    assert not nothing_changed(snapshot, View())
    same = path.exists() and path.read_bytes() == whole
    kept.replace(path) if not same else kept.unlink()
    if same:
        assert way() == "contents"
        return
    assert nothing_changed(snapshot, View())


class TestFilesThatMayStillChange:
    def test_a_file_of_just_now_is_read_again_each_time(self, settled: Path) -> None:
        (settled / LOG).touch()
        assert [way(), way()] == ["contents", "contents"]

    def test_other_content_in_the_same_tick_of_the_clock_is_seen(self, settled: Path) -> None:
        (settled / LOG).touch()
        written = (settled / LOG).stat().st_mtime_ns
        assert way() == "contents"
        swap_case(settled / LOG)
        os.utime(settled / LOG, ns=(written, written))
        assert way() == "tasks"

    def test_a_file_from_the_future_is_read_again_each_time(self, settled: Path) -> None:
        os.utime(settled / LOG, ns=(4 * 10**18, 4 * 10**18))
        assert [way(), way()] == ["contents", "contents"]
        swap_case(settled / LOG)
        os.utime(settled / LOG, ns=(4 * 10**18, 4 * 10**18))
        assert way() == "tasks"


class TestChangesWhileBuilding:
    """A build ends, and keeps that it left nothing to do; but something changed after it looked."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda root: append(root / LOG),
            lambda root: write(root / OFFLINE / "notes.txt"),
            lambda root: shutil.copytree(root / "results/open", root / "results/open2"),
            lambda root: append(root / "code/generate.py"),
            lambda root: declare(root, final=True),
            lambda root: write(root / "docs/calibration.md"),
            lambda root: write(root / "docs/detected.json", "{}"),
        ],
        ids=["log", "file of a run", "results that match", "code", "declaration", "calibration", "detected fields"],
    )
    def test_are_for_the_next_build(self, settled: Path, change: Change) -> None:
        (settled / STATE / "snapshot.json").unlink()
        workspace = looked_at()
        change(settled)
        age(settled / "results", settled / "code", settled / "docs", settled / "submission.yaml")
        remember(workspace, Progress(), "Ready\n")
        assert way() == "tasks"

    def test_without_any_the_next_has_nothing_to_do(self, settled: Path) -> None:
        (settled / STATE / "snapshot.json").unlink()
        remember(looked_at(), Progress(), "Ready\n")
        assert way() == "stats"

    def test_while_it_looks_for_changes_are_no_nothing(self, settled: Path) -> None:
        snapshot = Snapshot.load(guessed_paths().snapshot)
        assert snapshot is not None
        workspace = Workspace()
        (settled / LOG).touch()
        workspace.view.stat(LOG)
        append(settled / LOG)
        assert not nothing_differs(snapshot, workspace)


def looked_at() -> Workspace:
    """A workspace of which a build has seen all inputs."""
    workspace = Workspace()
    look_at_program(workspace.view)
    for run in workspace.inventory.runs:
        for path in run.paths():
            workspace.hashes.digest(path)
    return workspace


class TestWhatIsKept:
    def test_only_of_a_build_that_came_to_its_end(self, settled: Path) -> None:
        (settled / STATE / "snapshot.json").unlink()
        for progress in (
            Progress(tasks={"plan": None}),
            Progress(tasks={"plan": None}, failed=["plan"]),
            Progress(tasks={"plan": None, "gate": None}, finished={"gate"}),
        ):
            remember(Workspace(), progress, "Ready\n")
        assert not (settled / STATE / "snapshot.json").exists()

    def test_also_of_one_that_failed_at_the_gate(self, settled: Path) -> None:
        (settled / STATE / "snapshot.json").unlink()
        remember(looked_at(), Progress(tasks={"gate": None}, failed=["gate"]), "Not ready\n")
        snapshot = Snapshot.load(settled / STATE / "snapshot.json")
        assert snapshot is not None
        assert (snapshot.status, snapshot.words) == (1, "Not ready\n")

    def test_nothing_where_an_input_cannot_be_read(self, settled: Path) -> None:
        (settled / STATE / "snapshot.json").unlink()
        workspace = looked_at()
        (settled / LOG).unlink()
        workspace.hashes.distrust()
        remember(workspace, Progress(), "Ready\n")
        assert not (settled / STATE / "snapshot.json").exists()

    @pytest.mark.parametrize("kept", [["files.json"], ["snapshot.json"], []], ids=["hashes", "snapshot", "neither"])
    def test_killed_while_keeping_it_costs_time_alone(self, checkout: Path, kept: list[str]) -> None:
        """Each is written whole or not at all; whichever of them is that of before, no change goes unseen."""
        before = {name: (checkout / STATE / name).read_bytes() for name in ("files.json", "snapshot.json")}
        assert way() == "contents"
        for name in before.keys() - kept:
            (checkout / STATE / name).write_bytes(before[name])
        swap_case(checkout / LOG)
        assert way() == "tasks"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("", "build"),
        ("output: made", "made"),
        ("round: v6.1\n  output :  'made here' # mine", "made here"),
        ('{"round": "v6.1",\n"output": "made"}', "made"),
        ('{\n "output": "made",\n "final": true}', "made"),
        ("#output: made", "build"),
        ("output_of: made", "build"),
        ("output: /made/there/\r\nfinal: true", "/made/there"),
    ],
)
def test_the_output_is_found_without_reading_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert guessed_paths().output == Path("build")
    Path("submission.yaml").write_text(text)
    assert guessed_paths().output == Path(output)
