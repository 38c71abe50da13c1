"""The official checker and `verify --profile official` on random faults: `python benchmarks/differential.py CHECKOUT`.

CHECKOUT is one of mlcommons/inference. A case is a number, as in fuzz.py: the same faults in the same tree each time.
Both programs check the tree; each case in which one passes it and the other doesn't, or in which their csv of passing
results differ, is printed. Where the official program ends in a traceback or in no time, ours must fail the tree.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import importlib
import io
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

REPOSITORY = Path(__file__).parents[1]
# In place of this folder, where `fuzz` would be another file.
sys.path[:1] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from fuzz.cases import HangError, Lab, laid_out, set_up, time_limit  # noqa: E402
from fuzz.faults import plant  # noqa: E402
from support import doit, example_workspace  # noqa: E402

from rules.reports.tables import summary_csv, verified_rows  # noqa: E402
from rules.rounds import load_round  # noqa: E402
from rules.sources import Disk  # noqa: E402
from rules.verification import Profile  # noqa: E402
from rules.verify import verify_tree  # noqa: E402

_LONGEST_S = 20


@dataclass(frozen=True)
class Said:
    """What a program says of a tree. The rows of its csv are None where it got that far in no time."""

    passes: bool
    rows: list[list[str]] | None
    #: Why it fails.
    reasons: str = ""


def ours(tree: Path, round_: str) -> Said:
    verification = verify_tree(Disk(), tree, load_round(round_), Profile.OFFICIAL)
    found = [*verification.tree, *(each for judged in verification.results for each in judged.findings)]
    reasons = "; ".join(sorted({f"{each.code} {each.message[:100]}" for each in found if each.is_error}))
    return Said(verification.passes, _rows(summary_csv(verification.round, verified_rows(verification))), reasons)


def theirs(main: Callable[[], int], tree: Path, round_: str) -> Said:
    table = tree.parent / "theirs.csv"
    table.unlink(missing_ok=True)
    arguments = ["main", "--input", str(tree), "--version", round_, "--csv", str(table)]
    try:
        with mock.patch.object(sys, "argv", arguments), _silence(), time_limit(_LONGEST_S):
            passes = main() == 0
    except (Exception, SystemExit, HangError) as problem:
        return Said(False, None, f"{type(problem).__name__}: {problem}"[:200])
    return Said(passes, _rows(table.read_text().replace(f'"{tree}/', '"')))


def _rows(table: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table)))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield


def difference(mine: Said, official: Said) -> str | None:
    if mine.passes != official.passes:
        said = ("passes" if each.passes else f"fails ({each.reasons})" for each in (mine, official))
        return "ours {}, theirs {}".format(*said)
    if official.rows is None or official.rows == mine.rows:
        return None
    assert mine.rows is not None
    differing = [(a, b) for a, b in zip(mine.rows, official.rows, strict=False) if a != b]
    for a, b in differing:
        return f"csv: ours {[x for x, y in zip(a, b, strict=False) if x != y]}, theirs {_other(a, b)} ({mine.reasons})"
    return f"csv: ours {len(mine.rows) - 1} rows, theirs {len(official.rows) - 1} ({mine.reasons})"


def _other(row: list[str], than: list[str]) -> list[str]:
    return [y for x, y in zip(row, than, strict=False) if x != y]


def run(lab: Lab, main: Callable[[], int], number: int) -> tuple[Said, str | None]:
    """One case: the official word, and how ours differs."""
    random = Random(number)
    base, round_ = random.choice(lab.trees)
    tree = base.copy()
    faults = plant(random, tree)
    with laid_out(tree, lab.scratch / "tree") as root:
        official = theirs(main, root, round_)
        found = difference(ours(root, round_), official)
    return official, found and f"case {number} ({round_}): {'; '.join(faults)}\n  {found}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("official", type=Path, metavar="CHECKOUT")
    options.add_argument("--cases", type=int, default=1000)
    options.add_argument("--first", type=int, default=0, help="number of the first case")
    asked = options.parse_args()
    sys.path.append(str(asked.official.resolve() / "tools/submission"))
    official_main = importlib.import_module("submission_checker.main").main
    logging.disable(logging.CRITICAL)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        built = example_workspace(Path(folder) / "example")
        doit(built, check=True)
        lab = set_up(built, Path(folder))
        begin = time.monotonic()
        for number in range(asked.first, asked.first + asked.cases):
            official, found = run(lab, official_main, number)
            counts["passed" if official.passes else "failed" if official.rows else "no verdict"] += 1
            if found:
                counts["different"] += 1
                print(found.encode(errors="backslashreplace").decode(), flush=True)
    print(f"{asked.cases} cases in {time.monotonic() - begin:.0f} s; the official checker: {dict(counts)}")
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
