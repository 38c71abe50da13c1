"""How fast a build is that has little to do: `python benchmarks/incremental.py`, from a checkout with doit and ninja.

Figures are medians of runs that alternate, so that a noisy machine is noisy for all of them; compare
the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workspaces import EXAMPLE, REPOSITORY, files_below, make_workspace, small_sut_folders

sys.path.append(str(REPOSITORY))

from rules.engine.snapshot import Snapshot

_DODO = str(REPOSITORY / "dodo.py")
#: For files to settle: until then a build trusts no stat of them.
_SETTLE_S = 2.5


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a program to its end."""
    with Path(os.devnull).open("wb") as nowhere:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def doit(workspace: Path, *arguments: str) -> Cost:
    return run([sys.executable, "-m", "doit", "-f", _DODO, "-d", ".", *arguments], workspace)


def null(workspace: Path) -> Cost:
    """A build that has nothing to do."""
    return doit(workspace)


def null_by_tasks(workspace: Path) -> Cost:
    """The same without the snapshot of the build before: an option is enough for that."""
    return doit(workspace, "--verbosity", "1")


def settle(workspace: Path) -> None:
    """Until there is a snapshot."""
    for _ in range(5):
        time.sleep(_SETTLE_S)
        doit(workspace)
        if _is_settled(workspace / "build/.state/snapshot.json"):
            return
    raise AssertionError("no snapshot")


def _is_settled(path: Path) -> bool:
    snapshot = Snapshot.load(path)
    return snapshot is not None and snapshot.is_settled


# --- baselines


_WALK = """
import os, sys
pending = sys.argv[1:]
while pending:
    with os.scandir(pending.pop()) as entries:
        for entry in entries:
            pending.append(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat()
"""
_READ = """
import os, sys, xxhash
for root in sys.argv[1:]:
    for folder, _, names in os.walk(root):
        for name in names:
            with open(f"{folder}/{name}", "rb", buffering=0) as stream:
                digest = xxhash.xxh3_128()
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
"""


def stat_walk(workspace: Path) -> Cost:
    """Look at every file once."""
    return run([sys.executable, "-c", _WALK, "results", "build"], workspace)


def read_all(workspace: Path) -> Cost:
    """Read every byte once through xxh3."""
    return run([sys.executable, "-c", _READ, "results", "build"], workspace)


def write_ninja(workspace: Path) -> None:
    """The same graph for ninja, with the files in the tree as outputs; then nothing is left to do for it."""
    listing = subprocess.run(
        [sys.executable, "-c", _TASKS, str(REPOSITORY)], cwd=workspace, check=True, capture_output=True, text=True
    )
    lines = ["rule make", "  command = true", "  restat = 1"]
    for task in json.loads(listing.stdout):
        outputs, inputs = (" ".join(map(_escaped, task[side])) for side in ("outputs", "inputs"))
        lines.append(f"build {outputs}: make {inputs}")
    (workspace / "build.ninja").write_text("\n".join(lines) + "\n")
    ninja(workspace)


_TASKS = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import doit.doit_cmd
import dodo
from doit.loader import load_tasks

def staged(record):
    with open(record, "rb") as stream:
        return [f"build/submission/{row['path']}" for row in json.load(stream)["files"]]

graph = []
for task in load_tasks(vars(dodo)):
    if task.targets:
        inputs, outputs = sorted(task.file_dep), list(task.targets)
        if task.name.startswith("stage:"):
            outputs += staged(outputs[0])
        elif task.name.startswith("pack:") and len(inputs) == 1:
            inputs += staged(inputs[0])
        graph.append({"inputs": inputs, "outputs": outputs})
json.dump(graph, sys.stdout)
"""


def _escaped(path: str) -> str:
    return path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def ninja(workspace: Path) -> Cost:
    return run([str(Path(sys.executable).with_name("ninja")), "--quiet"], workspace)


# --- measurements


def alternated(rounds: int, **measures: Callable[[], Cost]) -> dict[str, Cost]:
    """The medians of several measures, taken in turn."""
    costs: dict[str, list[Cost]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            costs[name].append(measure())
    return {name: median(each) for name, each in costs.items()}


def median(costs: Iterable[Cost]) -> Cost:
    rows = [(cost.wall_s, cost.cpu_s, cost.peak_mb) for cost in costs]
    return Cost(*(statistics.median(column) for column in zip(*rows, strict=True)))


def one_run_changed(workspace: Path, rounds: int) -> tuple[Cost, Cost]:
    """A byte more in one log of one run: the build, and what that run's own steps take by themselves."""
    logs = sorted((workspace / "results").glob("*/*/*/*/performance/run_1/mlperf_log_summary.txt"))
    builds, own = [], []
    for log in logs[:: max(1, len(logs) // rounds)][:rounds]:
        settle(workspace)
        with log.open("a") as stream:
            stream.write("\n")
        builds.append(doit(workspace))
        own.append(own_steps(workspace, log))
    return median(builds), median(own)


_OWN = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import doit.doit_cmd
import dodo
from doit.loader import load_tasks
tasks = {task.name: task for task in load_tasks(vars(dodo))}
unit = next(name[6:] for name, task in tasks.items() if name.startswith("check:") and sys.argv[2] in task.file_dep)
for _ in range(2):  # the first imports the rules
    began = time.perf_counter(), time.process_time()
    for step in ("check", "stage", "pack"):
        assert tasks[f"{step}:{unit}"].execute(doit.task.Stream(0)) is None
    took = time.perf_counter() - began[0], time.process_time() - began[1]
print(json.dumps(took))
"""


def own_steps(workspace: Path, log: Path) -> Cost:
    """Check, stage and pack of the run of a log, once more and by themselves."""
    done = subprocess.run(
        [sys.executable, "-c", _OWN, str(REPOSITORY), str(log.relative_to(workspace))],
        cwd=workspace,
        check=True,
        capture_output=True,
        text=True,
    )
    return Cost(*json.loads(done.stdout), 0)


def fresh_clone(workspace: Path, rounds: int) -> dict[str, Cost]:
    """Every time new, as after a checkout with the state restored from a cache."""
    costs: dict[str, list[Cost]] = {"clone": [], "read": [], "next": []}
    for number in range(rounds):
        at = time.time() - 3600 + number
        for path in files_below(workspace):
            os.utime(path, (at, at))
        costs["read"].append(read_all(workspace))
        costs["clone"].append(doit(workspace))
        costs["next"].append(doit(workspace))
    return {name: median(each) for name, each in costs.items()}


def start_up(folder: Path, rounds: int) -> Cost:
    """`doit list` where there is nothing yet."""
    (folder / "results").mkdir(parents=True)
    (folder / "submission.yaml").write_text("round: v6.1\nsubmitter: ExampleLab\nresults: results\n")
    return median(doit(folder, "list") for _ in range(rounds))


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The power of size that values grow with: the slope of the line through their logarithms."""
    slope, _ = statistics.linear_regression([math.log(size) for size in sizes], [math.log(each) for each in values])
    return slope


@dataclass(frozen=True)
class Grown:
    """A workspace of some size, with the costs of builds that have nothing to do."""

    runs: int
    null: Cost
    by_tasks: Cost


def growth(folder: Path, sizes: Iterable[int], rounds: int) -> list[Grown]:
    """Null builds of ever more runs; the smallest runs there are, with raw files that are links to a few."""
    grown = []
    for size in sizes:
        workspace = folder / str(size)
        if not workspace.exists():
            make_workspace(workspace, size, small_sut_folders(), os.link)
            doit(workspace, "-n", "2")
        runs = sum(1 for _ in workspace.glob("results/*/*/*/*/"))
        settle(workspace)
        costs = alternated(rounds, null=lambda w=workspace: null(w), by_tasks=lambda w=workspace: null_by_tasks(w))
        grown.append(Grown(runs, costs["null"], costs["by_tasks"]))
        print(f"  {runs} runs: {grown[-1]}", file=sys.stderr, flush=True)
    return grown


# --- the table


def show(title: str, cost: Cost, **ratios: float) -> None:
    against = ", ".join(f"{value:.2f} x {name.replace('_', ' ')}" for name, value in ratios.items())
    print(f"| {title} | {cost.wall_s:.2f} s | {cost.cpu_s:.2f} s | {against} |", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=1300, help="of the workspace (default: 1300)")
    options.add_argument("--rounds", type=int, default=5, help="of each measure (default: 5)")
    options.add_argument("--cold", action="store_true", help="builds of everything, with one and with two processes")
    options.add_argument("--official", type=Path, help="with --cold: mlcommons/inference, for its programs beside ours")
    options.add_argument("--growth", type=int, nargs="*", default=[], metavar="RUNS", help="e.g. 1000 3000 10000 30000")
    options.add_argument("--large-log", type=float, metavar="GB", help="a build with an accuracy log of this size")
    options.add_argument("--guard", action="store_true", help="a small workspace; fails where a ratio is far off")
    options.add_argument(
        "--in", dest="folder", type=Path, help="a folder for the workspaces, kept (default: temporary)"
    )
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        if asked.guard:
            return guard(folder)
        if asked.cold:
            measure_cold(folder, asked.runs, asked.rounds, asked.official)
        elif asked.growth:
            measure_growth(folder / "growth", asked.growth, asked.rounds)
        elif asked.large_log:
            measure_large_log(folder / "large", int(asked.large_log * 1e9), asked.rounds)
        else:
            measure(folder, asked.runs, asked.rounds)
    return 0


def guard(folder: Path) -> int:
    """Whether small builds cost what they should, with room for a busy machine."""
    workspace = folder / "guard"
    make_workspace(workspace, 150)
    doit(workspace)
    settle(workspace)
    costs = alternated(
        5,
        walk=lambda: stat_walk(workspace),
        start=lambda: run([sys.executable, "-c", "import doit.doit_cmd"], workspace),
        null=lambda: null(workspace),
        by_tasks=lambda: null_by_tasks(workspace),
    )
    changed, _ = one_run_changed(workspace, 3)
    floor = costs["walk"].cpu_s + costs["start"].cpu_s
    ratios = {
        "null build against a stat walk and doit's start": (costs["null"].cpu_s / floor, 3),
        "null build without snapshot against one with": (costs["by_tasks"].cpu_s / costs["null"].cpu_s, 8),
        "one run changed against a null build without snapshot": (changed.cpu_s / costs["by_tasks"].cpu_s, 4),
    }
    for title, (ratio, most) in ratios.items():
        print(f"{title}: {ratio:.2f} x, at most {most} x")
    return int(any(ratio > most for ratio, most in ratios.values()))


def measure_cold(folder: Path, runs: int, rounds: int, official: Path | None) -> None:
    """Builds of a workspace that was never built, beside the official programs on the tree that comes of it."""
    source = folder / f"workspace-{runs}"
    if not source.exists():
        make_workspace(source, runs)
    costs: dict[str, list[Cost]] = {"one": [], "two": [], **({"chain": []} if official else {})}
    for number in range(rounds):
        for name, options in (("one", ()), ("two", ("-n", "2"))):
            workspace = folder / f"cold-{name}-{number}"
            shutil.copytree(source / "results", workspace / "results", copy_function=os.link)
            shutil.copy2(source / "submission.yaml", workspace)
            costs[name].append(doit(workspace, *options))
        if official:
            costs["chain"].append(
                official_chain(official.resolve(), workspace / "build/submission", workspace / "chain")
            )
    print("| what | wall | CPU | against |\n|---|---|---|---|")
    medians = {name: median(each) for name, each in costs.items()}
    show("cold build", medians["one"])
    show("cold build, `-n 2`", medians["two"], one_process=medians["one"].wall_s / medians["two"].wall_s)
    if official:
        chain = medians["chain"]
        against = {f"build{name}": chain.wall_s / medians[key].wall_s for key, name in (("one", ""), ("two", " -n 2"))}
        show("truncate, preprocess, checker, final report, tar", chain, **against)


def official_chain(inference: Path, tree: Path, into: Path) -> Cost:
    """The official programs, one after the other, as the submission guide has them."""
    tools = inference / "tools/submission"
    into.mkdir()
    script = f"""
    set -e
    cd '{tools}'
    export PYTHONPATH=.
    '{sys.executable}' truncate_accuracy_log.py --input '{tree}' --submitter ExampleLab --output '{into}/short'
    '{sys.executable}' preprocess_submission.py --input '{into}/short' --submitter ExampleLab --version v6.1 \\
        --output '{into}/ready'
    '{sys.executable}' -m submission_checker.main --input '{into}/ready' --version v6.1 --csv '{into}/summary.csv'
    cd '{into}'
    '{sys.executable}' '{tools}/generate_final_report.py' --input summary.csv --version v6.1
    tar czf submission.tar.gz -C ready .
    """
    return run(["bash", "-c", f"({script}) >/dev/null 2>&1"], into)


def measure_large_log(folder: Path, size: int, rounds: int) -> None:
    """The example with one accuracy log of many gigabytes."""
    logs = []
    for number in range(rounds):
        workspace = folder / str(number)
        make_workspace(workspace, 1, [("closed", EXAMPLE / "closed/example-edge")])
        log = next((workspace / "results").glob("*/*/*/SingleStream/accuracy/mlperf_log_accuracy.json"))
        if logs:
            log.unlink()
            os.link(logs[0], log)
        else:
            _grow(log, size)
        logs.append(log)
    costs = alternated_over(logs)
    print(f"{size / 1e9:.1f} GB\n\n| what | wall | CPU | against |\n|---|---|---|---|")
    show("`sha256sum`", costs["sha256sum"])
    show("build", costs["build"], sha256sum=costs["build"].wall_s / costs["sha256sum"].wall_s)
    print(f"peak memory of the build: {costs['build'].peak_mb:.0f} MB")


def _grow(log: Path, size: int) -> None:
    """Repeat what is in a log until it has this size."""
    content = log.read_bytes() * (1 + (8 << 20) // log.stat().st_size)
    with log.open("wb") as stream:
        for begin in range(0, size, len(content)):
            stream.write(content[: size - begin])


def alternated_over(logs: Sequence[Path]) -> dict[str, Cost]:
    costs: dict[str, list[Cost]] = {"sha256sum": [], "build": []}
    for log in logs:
        costs["sha256sum"].append(run(["sha256sum", str(log)], log.parent))
        costs["build"].append(doit(log.parents[6]))
    return {name: median(each) for name, each in costs.items()}


def measure(folder: Path, runs: int, rounds: int) -> None:
    workspace = folder / f"workspace-{runs}"
    if not workspace.exists():
        make_workspace(workspace, runs)
        doit(workspace)
    settle(workspace)
    write_ninja(workspace)
    files = len(files_below(workspace / "results", workspace / "build"))
    print(f"{runs} runs, {files} files\n\n| what | wall | CPU | against |\n|---|---|---|---|")
    costs = alternated(
        rounds,
        walk=lambda: stat_walk(workspace),
        ninja=lambda: ninja(workspace),
        null=lambda: null(workspace),
        by_tasks=lambda: null_by_tasks(workspace),
    )
    walk, base = costs["walk"].wall_s, costs["ninja"].wall_s
    show("stat walk", costs["walk"])
    show("ninja, nothing to do", costs["ninja"])
    for title, name in (("null build", "null"), ("null build without snapshot", "by_tasks")):
        show(title, costs[name], ninja=costs[name].wall_s / base, stat_walk=costs[name].wall_s / walk)
    changed, own = one_run_changed(workspace, rounds)
    show("the steps of one run", own)
    rest = changed.wall_s - costs["by_tasks"].wall_s
    show(
        "one run changed",
        changed,
        null_without_snapshot=changed.wall_s / costs["by_tasks"].wall_s,
        own=rest / own.wall_s,
    )
    settle(workspace)
    fresh = fresh_clone(workspace, rounds)
    show("every byte once through xxh3", fresh["read"])
    show("fresh clone, state restored", fresh["clone"], read=fresh["clone"].wall_s / fresh["read"].wall_s)
    show("the null build after it", fresh["next"], null=fresh["next"].wall_s / costs["null"].wall_s)
    with tempfile.TemporaryDirectory() as empty:
        show("`doit list`, empty workspace", start_up(Path(empty) / "empty", rounds))


def measure_growth(folder: Path, sizes: Sequence[int], rounds: int) -> None:
    print("\n| runs | null build | peak | without snapshot | peak |\n|---|---|---|---|---|")
    grown = growth(folder, sizes, rounds)
    for each in grown:
        print(
            f"| {each.runs} | {each.null.wall_s:.2f} s | {each.null.peak_mb:.0f} MB"
            f" | {each.by_tasks.wall_s:.2f} s | {each.by_tasks.peak_mb:.0f} MB |"
        )
    if len(grown) > 1:
        counts = [each.runs for each in grown]
        columns = [
            [each.null.wall_s for each in grown],
            [each.null.peak_mb for each in grown],
            [each.by_tasks.wall_s for each in grown],
            [each.by_tasks.peak_mb for each in grown],
        ]
        print(f"| exponent | {' | '.join(f'{exponent(counts, column):.2f}' for column in columns)} |")


if __name__ == "__main__":
    sys.exit(main())
