"""Large workspaces for the benchmarks: raw SUT folders many times over, each copy a system of its own.

The SUT folders are those of the corpus where a checkout has it beside it, else the bundled example's.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
CORPUS = REPOSITORY.parent / "shared/corpus/raw/v61"
EXAMPLE = REPOSITORY / "examples/results"


def sut_folders() -> list[tuple[str, Path]]:
    """Division and folder of each system to make copies of."""
    if not CORPUS.is_dir():
        return [(folder.parent.name, folder) for folder in sorted(EXAMPLE.glob("*/*"))]
    return [(_division(folder), folder) for folder in sorted(CORPUS.iterdir())]


def _division(sut: Path) -> str:
    return str(json.loads((sut / "system_meta.json").read_bytes())["division"]).lower()


def runs_of(sut: Path) -> int:
    return sum(1 for _ in sut.glob("*/*/"))


def mean_bytes(sut: Path) -> float:
    """Bytes a run."""
    return sum(path.stat().st_size for path in sut.rglob("*") if path.is_file()) / runs_of(sut)


def small_sut_folders() -> list[tuple[str, Path]]:
    """The systems with the smallest runs, for workspaces of tens of thousands of them."""
    return sorted(sut_folders(), key=lambda each: mean_bytes(each[1]))[:2]


def make_workspace(
    into: Path, runs: int, suts: list[tuple[str, Path]] | None = None, copy: Callable[[str, str], object] = shutil.copy2
) -> int:
    """A workspace with at least so many runs; the number made.

    `copy` may be `os.link`: nothing in a results folder is ever written to.
    """
    made, copies = 0, 0
    while made < runs:
        for division, sut in suts or sut_folders():
            target = into / "results" / division / f"{sut.name}_{copies:05}"
            shutil.copytree(sut, target, copy_function=copy)
            for path in (target, *target.rglob("*")):
                path.chmod(path.stat().st_mode | 0o200)
            made += runs_of(sut)
        copies += 1
    divisions = sorted(path.name for path in (into / "results").iterdir())
    roots = [{"path": f"results/{division}", "division": division} for division in divisions]
    declaration = {"round": "v6.1", "submitter": "ExampleLab", "results": roots}
    (into / "submission.yaml").write_text(json.dumps(declaration, indent=2))  # JSON is YAML
    return made


def files_below(*folders: Path) -> list[str]:
    """Every file in the folders."""
    return [f"{folder}/{name}" for root in folders for folder, _, names in os.walk(root) for name in names]
