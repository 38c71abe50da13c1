"""What may lie where in a finished tree, rule by rule. Names and sizes alone matter; the files are empty."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from disk import write_tree
from rule_rows import TreeRow, clean_tree, dirty_tree, tree_table

from rules.checks.tree import sorted_findings, tree_findings
from rules.finding import Finding
from rules.rounds.model import Layout
from rules.sources import Disk
from rules.tree_scan import scan_tree

CLOSED, OPEN = "closed/ExampleLab", "open/ExampleLab"
RESULT = f"{CLOSED}/results/edge/resnet50/Offline"
FILES = (
    f"{CLOSED}/calibration.md",
    f"{CLOSED}/results/edge/README.md",
    f"{RESULT}/measurements.json",
    f"{CLOSED}/src/resnet50/README.md",
    f"{CLOSED}/systems/edge.json",
    f"{CLOSED}/systems/edge_power.yaml",
    f"{OPEN}/results/edge/resnet50/Offline/measurements.json",
    f"{OPEN}/systems/edge.json",
)
LARGEST_BYTES = 50 * 1024 * 1024

Change = Callable[[Path], object]


def file(path: str, size: int = 0) -> Change:
    def change(root: Path) -> None:
        write_tree(root, {path: b""})
        os.truncate(root / path, size)

    return change


def folder(path: str) -> Change:
    return lambda root: (root / path).mkdir(parents=True)


def broken_link(path: str) -> Change:
    return lambda root: (root / path).symlink_to("nowhere")


def removed(*paths: str) -> Change:
    """Files, and the folders that they leave empty."""

    def change(root: Path) -> None:
        for path in paths:
            (root / path).unlink()
            for parent in (root / path).relative_to(root).parents:
                if not any((root / parent).iterdir()):
                    (root / parent).rmdir()

    return change


NO_CALIBRATION = "no calibration document (calibration.md, or in the code of a benchmark)"

ROWS = [
    *tree_table(
        "TREE-001",
        clean_tree("what a repository has", folder(".git"), file(".github/workflows/a b.yml"), file("assets/.x")),
        dirty_tree(
            "a division in capitals",
            file("Closed/ExampleLab/x"),
            "'Closed' is no division (nearest: closed); the official checker skips it in silence",
            "Closed",
        ),
        dirty_tree(
            "anything else",
            folder("zzz"),
            "'zzz' is no division (nearest: nothing); the official checker skips it in silence",
            "zzz",
        ),
    ),
    *tree_table(
        "TREE-002",
        clean_tree("documents at the root", file("README.md"), file("rules.pdf")),
        dirty_tree(
            "another file there", file("x.txt"), "stray file; a submission's root folder holds only folders", "x.txt"
        ),
        dirty_tree(
            "a document beside the submitters",
            file("closed/README.md"),
            "stray file; a division's folder holds only folders",
            "closed/README.md",
        ),
    ),
    *tree_table(
        "TREE-003",
        clean_tree("50 MB", file(f"{RESULT}/log", LARGEST_BYTES)),
        clean_tree("large ones of a repository", file(".git/pack", LARGEST_BYTES + 1)),
        dirty_tree(
            "a byte more",
            file(f"{RESULT}/log", LARGEST_BYTES + 1),
            "file has 52428801 bytes, at most 52428800 are allowed",
            f"{RESULT}/log",
        ),
    ),
    *tree_table(
        "TREE-004",
        clean_tree("points and dashes", file(f"{RESULT}/a.b-c_d")),
        dirty_tree("a dot-file", file(f"{RESULT}/.DS_Store"), "'.DS_Store' is a dot-file", f"{RESULT}/.DS_Store"),
        dirty_tree("a space", file(f"{CLOSED}/src/a b.py"), "'a b.py' has a space in it", f"{CLOSED}/src/a b.py"),
        dirty_tree(
            "a cache",
            file(f"{CLOSED}/src/__pycache__/a.pyc"),
            "'__pycache__' is a cache of Python",
            f"{CLOSED}/src/__pycache__",
        ),
    ),
    *tree_table(
        "TREE-005",
        clean_tree("a folder in a folder", file(f"{CLOSED}/src/a/b/c")),
        dirty_tree(
            "folders without files",
            lambda root: [folder(path)(root) for path in (f"{CLOSED}/src/a/b", f"{OPEN}/z")],
            "folder is empty",
            f"{CLOSED}/src/a/b",
            f"{OPEN}/z",
        ),
        dirty_tree(
            "its neighbour begins alike",
            lambda root: [folder(f"{CLOSED}/src/a")(root), file(f"{CLOSED}/src/ab/c")(root)],
            "folder is empty",
            f"{CLOSED}/src/a",
        ),
    ),
    *tree_table(
        "TREE-006",
        clean_tree("a link to a file", lambda root: (root / CLOSED / "src/link").symlink_to("resnet50/README.md")),
        dirty_tree(
            "a link to nothing",
            broken_link(f"{RESULT}/x"),
            "is neither a file nor a folder (a broken link, a loop, a device, or not readable)",
            f"{RESULT}/x",
        ),
        dirty_tree(
            "a pipe beside the divisions",
            lambda root: os.mkfifo(root / "pipe"),
            "is neither a file nor a folder (a broken link, a loop, a device, or not readable)",
            "pipe",
        ),
    ),
    *tree_table(
        "TREE-007",
        clean_tree("other files of systems", file(f"{CLOSED}/systems/notes.txt")),
        dirty_tree(
            "a description too many",
            file(f"{CLOSED}/systems/other.json"),
            "system other has a description but no results",
            f"{CLOSED}/systems/other.json",
        ),
    ),
    *tree_table(
        "TREE-008",
        clean_tree("every system is described"),
        dirty_tree(
            "one isn't",
            file(f"{CLOSED}/results/other/resnet50/Offline/x"),
            "results of other have no systems/other.json",
            f"{CLOSED}/results/other",
        ),
    ),
    *tree_table(
        "TREE-009",
        clean_tree(
            "with the documentation",
            removed(f"{CLOSED}/calibration.md"),
            file(f"{CLOSED}/documentation/calibration.md"),
        ),
        clean_tree("in the code", removed(f"{CLOSED}/calibration.md"), file(f"{CLOSED}/src/resnet50/calibration.md")),
        dirty_tree("nowhere", removed(f"{CLOSED}/calibration.md"), NO_CALIBRATION, CLOSED),
        dirty_tree(
            "beside the results",
            lambda root: (root / CLOSED / "calibration.md").rename(root / RESULT / "calibration.md"),
            NO_CALIBRATION,
            CLOSED,
        ),
        dirty_tree(
            "not in network either",
            lambda root: [file(f"network/Lab/{path.split('/', 2)[2]}")(root) for path in FILES[1:6]],
            NO_CALIBRATION,
            "network/Lab",
        ),
    ),
    *tree_table(
        "TREE-010",
        clean_tree("one result", removed(*FILES[:6])),
        dirty_tree("no file at all", removed(*FILES), "no results in the tree", ""),
        dirty_tree(
            "nothing where results lie",
            removed(*(path for path in FILES if "resnet50/Offline" in path)),
            "no results in the tree",
            "",
            besides="TREE-007 TREE-011",
        ),
    ),
    *tree_table(
        "TREE-011",
        clean_tree("none of a system's", removed(FILES[6]), file(f"{OPEN}/results/edge/README.md")),
        dirty_tree("a submitter without results", file("open/Lab/README.md"), "the folder has no results/", "open/Lab"),
    ),
]


def found_in(root: Path) -> tuple[Finding, ...]:
    return sorted_findings(tree_findings(scan_tree(Disk(), root, Layout.V6)))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: TreeRow, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    write_tree(root, dict.fromkeys(FILES, b""))
    row.change(root)
    root.mkdir(exist_ok=True)
    row.assert_holds(found_in(root), root)


def test_the_folders_of_submitters_may_be_looked_at_alone(tmp_path: Path) -> None:
    write_tree(tmp_path, {"x.txt": b"", "closed/.a": b"", "closed/Lab/x y": b""})
    inventory = scan_tree(Disk(), tmp_path, Layout.V6)
    assert {each.code for each in tree_findings(inventory, whole=False)} == {"TREE-010", "TREE-011"}


def test_findings_are_sorted_by_place_and_said_once(tmp_path: Path) -> None:
    write_tree(tmp_path, {"x.txt": b"", "closed/b.txt": b"", "closed/.a": b""})
    found = found_in(tmp_path)
    assert [(each.path.removeprefix(f"{tmp_path}/"), each.code) for each in found] == [
        (str(tmp_path), "TREE-010"),
        ("closed/.a", "TREE-002"),
        ("closed/.a", "TREE-004"),
        ("closed/b.txt", "TREE-002"),
        ("x.txt", "TREE-002"),
    ]
    assert sorted_findings([*reversed(found), *found]) == found
