"""How fast a finished tree is checked, beside the official checker: `python benchmarks/verify.py --official CHECKOUT`.

Makes a tree of 1,000 results out of the example's build (or of `--slice`, any finished tree), or takes `--tree`, and
checks it with `mlperf-dodo verify --profile official` and with the submission checker of a checkout of
mlcommons/inference: whole processes on one core, in turn, medians. Needs the tests' requirements.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path += [str(REPOSITORY), str(REPOSITORY / "tests")]

from incremental import Cost, alternated, exponent  # noqa: E402
from support import doit, doit_command, example_workspace  # noqa: E402
from workloads import HUGE_DETAIL_LOGS, grow_accuracy_log, grow_detail_log, multiplied_tree  # noqa: E402

#: What a build and its tree must fit in, whatever the logs' size.
MOST_MB = 150
_EXAMPLE_ROUND = "v6.1"
_RESULT = "closed/ExampleLab/results/example-edge/resnet50/Offline"
_RUN = "results/closed/example-edge/resnet50/Offline"
_DETAIL_LOG = "performance/run_1/mlperf_log_detail.txt"
_ACCURACY_LOG = "accuracy/mlperf_log_accuracy.json"


@dataclass(frozen=True)
class Machine:
    """One core, and a folder for what programs write."""

    scratch: Path
    core: int = field(default_factory=lambda: max(os.sched_getaffinity(0)))

    def run(self, command: Sequence[str], folder: Path) -> Cost:
        """Run a program to its end; a tree that fails is an end like any other."""
        log = self.scratch / "output.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                preexec_fn=lambda: os.sched_setaffinity(0, {self.core}),
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1) and b"Traceback" not in log.read_bytes()[-20_000:], log.read_text()[-2000:]
        return Cost(0, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def _environment(self) -> dict[str, str]:
        """That of a user's programs, which are compiled once, and whose output goes by the block."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {"PYTHONPYCACHEPREFIX": str(self.scratch / "compiled")}

    @property
    def ours_csv(self) -> Path:
        return self.scratch / "ours.csv"

    @property
    def theirs_csv(self) -> Path:
        return self.scratch / "theirs.csv"

    def ours(self, tree: Path, round_: str, profile: str = "official") -> Cost:
        program = str(Path(sys.executable).with_name("mlperf-dodo"))
        tree_options = ("--tree", str(tree), "--round", round_, "--csv", str(self.ours_csv))
        return self.run([program, "verify", "--profile", profile, *tree_options], self.scratch)

    def theirs(self, checkout: Path, tree: Path, round_: str) -> Cost:
        options = ("--input", str(tree), "--version", round_, "--csv", str(self.theirs_csv))
        command = [sys.executable, "-m", "submission_checker.main", *options]
        return self.run(command, checkout / "tools/submission")


# --- side by side


def compare(machine: Machine, tree: Path, round_: str, official: Path | None, rounds: int) -> None:
    measures: dict[str, Callable[[], Cost]] = {"ours": lambda: machine.ours(tree, round_)}
    if official is not None:
        measures["theirs"] = lambda: machine.theirs(official, tree, round_)
    for measure in measures.values():
        measure()  # compiles, and reads the files into memory
    costs = alternated(rounds, **measures)
    print("| program | processor time | peak memory |\n|---|--:|--:|")
    print(f"| `verify --profile official` | {costs['ours'].cpu_s:.2f} s | {costs['ours'].peak_mb:.0f} MB |")
    if official is None:
        print("\nNo comparison: --official names no checkout of mlcommons/inference.")
        return
    theirs = costs["theirs"]
    print(f"| the official checker | {theirs.cpu_s:.2f} s | {theirs.peak_mb:.0f} MB |")
    print(f"\n{theirs.cpu_s / costs['ours'].cpu_s:.1f} times as fast; {_agreement(machine, tree)}", flush=True)


def _agreement(machine: Machine, tree: Path) -> str:
    ours = list(csv.reader(io.StringIO(machine.ours_csv.read_text())))
    theirs = list(csv.reader(io.StringIO(machine.theirs_csv.read_text().replace(f'"{tree}/', '"'))))
    if ours == theirs:
        return f"the csv is the same, {len(ours) - 1} rows"
    differing = sum(a != b for a, b in zip(ours, theirs, strict=False)) + abs(len(ours) - len(theirs))
    return f"THE CSV DIFFERS in {differing} rows of {len(theirs) - 1}"


# --- growth


def grow(machine: Machine, slice_: Path, round_: str, sizes: Sequence[int], rounds: int) -> None:
    """Ever larger trees, as they are and with several findings in every result."""
    print("\n| results | processor time | peak memory | with findings | peak memory |\n|--:|--:|--:|--:|--:|")
    start = machine.ours(slice_, round_)
    rows: list[tuple[int, Cost, Cost]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=machine.scratch) as folder:
            tree = Path(folder)
            made = multiplied_tree(slice_, tree, size)
            sound = alternated(rounds, cost=lambda tree=tree: machine.ours(tree, round_))["cost"]
            _spoil(tree)
            spoilt = alternated(rounds, cost=lambda tree=tree: machine.ours(tree, round_, "strict"))["cost"]
        rows.append((made, sound, spoilt))
        cells = (f"{each.cpu_s:.2f} s | {each.peak_mb:.0f} MB" for each in (sound, spoilt))
        print(f"| {made:,} | {' | '.join(cells)} |", flush=True)
    made_sizes = [made for made, _, _ in rows]
    # Without what it takes to start.
    exponents = [exponent(made_sizes, [row[at].cpu_s - start.cpu_s for row in rows]) for at in (1, 2)]
    print(f"\nTime grows with the results to the power {exponents[0]:.2f}, with findings {exponents[1]:.2f}.")


def _spoil(tree: Path) -> None:
    """Take from every result what several rules ask for."""
    for report in tree.glob("*/*/results/*/*/*/accuracy/accuracy.txt"):
        result = report.parents[1]
        report.write_text("accuracy=1%\n")
        for name in ("measurements.json", "user.conf", "README.md", "TEST01/verify_performance.txt"):
            (result / name).unlink(missing_ok=True)
        (result / "a name with spaces").touch()


# --- large logs


def large_logs(machine: Machine, gigabytes: float) -> None:
    """One run of the example with huge logs: as it is raw, and in a finished tree."""
    size = int(gigabytes * (1 << 30))
    print(f"\n| logs of {gigabytes:g} GB | processor time | peak memory |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory(dir=machine.scratch) as folder:
        workspace = _built_example(Path(folder) / "example")
        run, result = workspace / _RUN, workspace / "build/submission" / _RESULT
        base = (run / _DETAIL_LOG).read_bytes()
        grow_accuracy_log(run / _ACCURACY_LOG, size)
        _replace(result / _ACCURACY_LOG, run / _ACCURACY_LOG)
        for kind in HUGE_DETAIL_LOGS:
            (run / _DETAIL_LOG).write_bytes(base)
            grow_detail_log(run / _DETAIL_LOG, kind, size)
            _replace(result / _DETAIL_LOG, run / _DETAIL_LOG)
            tree = workspace / "build/submission"
            check = doit_command(workspace, "check:closed/example-edge/resnet50/Offline")
            for what, cost in (
                ("`check` of the raw run", machine.run(check, workspace)),
                ("`verify --profile strict`", machine.ours(tree, _EXAMPLE_ROUND, "strict")),
                ("`verify --profile official`", machine.ours(tree, _EXAMPLE_ROUND)),
            ):
                print(f"| {kind}: {what} | {cost.cpu_s:.1f} s | {cost.peak_mb:.0f} MB |", flush=True)
                assert cost.peak_mb < MOST_MB, f"{cost.peak_mb:.0f} MB"


def _replace(path: Path, by: Path) -> None:
    path.unlink()
    os.link(by, path)


def _built_example(folder: Path) -> Path:
    workspace = example_workspace(folder)
    doit(workspace, check=True)
    return workspace


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--official", type=Path, help="a checkout of mlcommons/inference")
    options.add_argument("--tree", type=Path, help="check this tree")
    options.add_argument("--slice", type=Path, help="a finished tree to multiply (default: the example's)")
    options.add_argument("--round", default=_EXAMPLE_ROUND, help="of the tree or slice (default: %(default)s)")
    options.add_argument("--results", type=int, default=1000, help="of the tree to make (default: %(default)s)")
    options.add_argument("--rounds", type=int, default=5, help="of each measure (default: %(default)s)")
    options.add_argument("--growth", type=int, nargs="*", metavar="RESULTS", help="250 1000 4000, or others")
    options.add_argument("--large-logs", type=float, metavar="GB", help="logs of this size, in place of all else")
    options.add_argument("--in", dest="folder", type=Path, help="a disk with room (default: that of temporary files)")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as temporary:
        folder = Path(temporary)
        machine = Machine(folder)
        if asked.large_logs:
            large_logs(machine, asked.large_logs)
            return
        slice_ = asked.slice or (None if asked.tree else _built_example(folder / "example") / "build/submission")
        tree = asked.tree
        if tree is None:
            tree = folder / "tree"
            print(f"{multiplied_tree(slice_, tree, asked.results):,} results\n")
        compare(machine, tree.resolve(), asked.round, asked.official and asked.official.resolve(), asked.rounds)
        if asked.growth is not None and slice_ is not None:
            grow(machine, slice_, asked.round, asked.growth or (250, 1000, 4000), asked.rounds)


if __name__ == "__main__":
    main()
