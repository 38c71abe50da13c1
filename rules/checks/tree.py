"""TREE rules that look at names alone: what may lie where in a finished tree. Pure; entries in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from rules.checks.catalogue import finding
from rules.domain import Division
from rules.finding import Finding
from rules.sources import Entry, Kind
from rules.tree import REPOSITORY_FOLDERS, Submitter, TreeInventory

_LARGEST_FILE_BYTES = 50 << 20
#: What may lie beside the divisions.
_DOCUMENTS = (".md", ".pdf")
_CACHE = "__pycache__"
_DIVISIONS = tuple(division.value for division in Division)


def tree_findings(inventory: TreeInventory, *, whole: bool = True) -> list[Finding]:
    """What is wrong with a tree's names, sizes and folders, or without `whole` with its submitters' folders alone."""
    found = [*_entry_findings(inventory), *_empty_folders(inventory)] if whole else []
    for submitter in inventory.submitters:
        found += _submitter_findings(inventory.root, submitter)
    if not any(submitter.places for submitter in inventory.submitters):
        found.append(finding("TREE-010", str(inventory.root)))
    return found


def _entry_findings(inventory: TreeInventory) -> Iterator[Finding]:
    for entry in inventory.entries:
        top, *below = entry.path.split("/")
        found = _in_division(entry, below) if top in _DIVISIONS else () if below else _beside_divisions(entry)
        for code, what, expected in found:
            yield finding(code, str(inventory.root / entry.path), found=what, expected=expected)


#: Code, found and expected.
_Found = tuple[str, object, object]


def _beside_divisions(entry: Entry) -> Iterator[_Found]:
    if entry.kind is Kind.OTHER:
        yield "TREE-006", None, None
    elif entry.kind is Kind.FOLDER and entry.path not in REPOSITORY_FOLDERS:
        nearest = next(iter(get_close_matches(entry.path.lower(), _DIVISIONS, n=1)), None)
        yield "TREE-001", entry.path, nearest
    elif entry.kind is Kind.FILE and not entry.path.endswith(_DOCUMENTS):
        yield "TREE-002", None, "submission's root"


def _in_division(entry: Entry, below: list[str]) -> Iterator[_Found]:
    if entry.kind is Kind.OTHER:
        yield "TREE-006", None, None
    if entry.kind is Kind.FILE and len(below) == 1:
        yield "TREE-002", None, "division's"
    if entry.size > _LARGEST_FILE_BYTES:
        yield "TREE-003", entry.size, _LARGEST_FILE_BYTES
    name = below[-1] if below else ""
    if name.startswith("."):
        yield "TREE-004", name, "is a dot-file"
    if " " in name:
        yield "TREE-004", name, "has a space in it"
    if name == _CACHE:
        yield "TREE-004", name, "is a cache of Python"


def _empty_folders(inventory: TreeInventory) -> Iterator[Finding]:
    """Parents come before children, so a folder is empty unless the next entry lies in it."""
    for entry, following in zip(inventory.entries, [*inventory.entries[1:], None], strict=False):
        is_ours = entry.path.split("/")[0] in _DIVISIONS
        has_content = following is not None and following.path.startswith(f"{entry.path}/")
        if entry.kind is Kind.FOLDER and is_ours and not has_content:
            yield finding("TREE-005", str(inventory.root / entry.path))


def _submitter_findings(root: Path, submitter: Submitter) -> Iterator[Finding]:
    folder = root / submitter.folder
    described = {name.removesuffix(".json") for name in submitter.descriptions if name.endswith(".json")}
    for system in sorted(described - submitter.systems):
        yield finding("TREE-007", str(folder / "systems" / f"{system}.json"), found=system)
    for system in sorted(submitter.systems - described):
        yield finding("TREE-008", str(folder / "results" / system), found=system)
    if not submitter.has_results:
        yield finding("TREE-011", str(folder), found="the folder has no results/")
    elif submitter.division is not Division.OPEN and not submitter.has_calibration:
        yield finding("TREE-009", str(folder))


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(set(findings), key=lambda each: (each.path, each.line or 0, each.code, each.message)))
