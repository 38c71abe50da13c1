"""Random faults by the thousand: `python benchmarks/fuzz.py --cases 20000`. Needs the tests' requirements.

Prints a line for each case that ends in an exception, hangs or breaks what always holds (a case is a number, and
the same each time), and the counts, the time of the slowest and the memory of the whole at the end.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
# In place of this folder, where `fuzz` would be this file.
sys.path[:1] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from fuzz.cases import run_case, set_up  # noqa: E402
from support import doit, example_workspace  # noqa: E402


def main() -> int:
    arguments = _arguments()
    limit = arguments.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    kinds: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    failed = 0
    slowest = (0.0, -1)
    with tempfile.TemporaryDirectory() as folder:
        built = example_workspace(Path(folder) / "example")
        doit(built, check=True)
        lab = set_up(built, Path(folder))
        begin = time.monotonic()
        for number in range(arguments.first, arguments.first + arguments.cases):
            started = time.monotonic()
            try:
                case = run_case(lab, number)
            except AssertionError as problem:
                failed += 1
                print(f"{problem}\n{_trace(problem.__cause__)}", flush=True)
            else:
                kinds[case.kind] += 1
                faults.update(fault.rpartition(": ")[2].split(" to ")[0] for fault in case.faults)
            slowest = max(slowest, (time.monotonic() - started, number))
        seconds = time.monotonic() - begin
    print(f"{arguments.cases} cases in {seconds:.0f} s, {failed} failed: {dict(kinds)}")
    print(f"slowest: case {slowest[1]}, {slowest[0]:.1f} s; peak memory {_peak_mb()} MB")
    print(f"{faults.total()} faults: {dict(faults.most_common())}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--memory-mb", type=int, default=4096, help="more is a failure")
    return parser.parse_args()


def _trace(problem: BaseException | None) -> str:
    return "".join(traceback.format_exception(problem)[-4:]) if problem else ""


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    sys.exit(main())
