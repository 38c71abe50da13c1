"""Large inputs for the benchmarks, made of copies of small ones: every copy is a system of its own."""

from __future__ import annotations

import shutil
from pathlib import Path


def multiplied_tree(slice_: Path, into: Path, results: int) -> int:
    """A submission tree of at least so many results, out of a tree in the v6 layout; the number made.

    The files are copies, not links: links would be warm in the page cache at a fraction of the reads.
    """
    made = 0
    copies = 0
    while made < results:
        copies += 1
        for submitter in sorted(path for division in _divisions(slice_) for path in division.iterdir()):
            target = into / submitter.relative_to(slice_)
            for system in sorted((submitter / "results").iterdir()):
                name = f"{system.name}_{copies:04}"
                shutil.copytree(system, target / "results" / name)
                made += sum(1 for _ in (target / "results" / name).glob("*/*/"))
                _copy_descriptions(submitter / "systems", system.name, target / "systems", name)
            for other in sorted(submitter.iterdir()):
                if other.name not in ("results", "systems") and not (target / other.name).exists():
                    (shutil.copytree if other.is_dir() else shutil.copyfile)(other, target / other.name)
    return made


def _divisions(tree: Path) -> list[Path]:
    return [tree / name for name in ("closed", "network", "open") if (tree / name).is_dir()]


def _copy_descriptions(systems: Path, old: str, into: Path, new: str) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for ending in (".json", "_power.yaml"):
        if (systems / f"{old}{ending}").is_file():
            shutil.copyfile(systems / f"{old}{ending}", into / f"{new}{ending}")
