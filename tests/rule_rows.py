"""Rows of a rule's table: a fitted run with one thing changed, and what the rules then find."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fitted_run import Kind, evidence_at, write_json
from support import edit_log

from rules.checks.judge import judge
from rules.domain import ENDPOINTS_ACCURACY, ENDPOINTS_CONFIG, ENDPOINTS_PERFORMANCE, Division
from rules.evidence import Evidence
from rules.finding import Finding
from rules.system import Nameplate
from rules.verification import Profile

LOG = "performance/run_1/mlperf_log_detail.txt"
#: Where findings about the system point: these lie outside of the run.
SYSTEM, NAMEPLATE = "system_meta.json", "nameplate.yaml"
RESNET = Kind()

#: Changes the files of a run, before they are read.
Change = Callable[[Path], object]
#: Changes what has been read: what is known of the system or of the tree is not in the run's folder.
Known = Callable[[Evidence], Evidence]


@dataclass(frozen=True)
class Row:
    """One row. What a clean row has is near to what its rule finds; a dirty one `says` what is found."""

    code: str
    name: str
    kind: Kind
    change: Change
    known: Known
    #: The messages of the rule's findings, in order. None: nothing at all is found.
    says: tuple[str, ...] = ()
    #: Where the findings point: a file of the run, and behind a colon what stands in its line.
    at: tuple[str, ...] = ()
    #: Other rules that find something as well.
    besides: frozenset[str] = frozenset()
    #: Whether open results may have it.
    closed_only: bool = False
    #: Whether it matters in a finished tree alone.
    staged_only: bool = False

    @property
    def is_dirty(self) -> bool:
        return bool(self.says)

    def __str__(self) -> str:
        return f"{self.code}-{'found' if self.is_dirty else 'passed'}-{self.name}".replace(" ", "-")

    def evidence(self, folder: Path, *, is_staged: bool) -> Evidence:
        """What is known of the changed run."""
        return self.known(evidence_at(self.kind, folder, is_staged=is_staged))


@dataclass(frozen=True)
class TreeRow:
    """A finished tree with one thing changed. A dirty row says what the rule finds, once at each place."""

    name: str
    change: Callable[[Any], object]
    says: str = ""
    #: Paths in the tree.
    at: tuple[str, ...] = ()
    besides: frozenset[str] = frozenset()
    profile: Profile = Profile.STRICT
    code: str = ""

    @property
    def is_dirty(self) -> bool:
        return bool(self.says)

    def __str__(self) -> str:
        return f"{self.code}-{'found' if self.is_dirty else 'passed'}-{self.name}".replace(" ", "-")

    def assert_holds(self, found: Iterable[Finding], root: Path) -> None:
        found = list(found)
        assert codes(found) == self.besides | ({self.code} if self.is_dirty else set())
        own = [each for each in found if each.code == self.code]
        assert {each.message for each in own} == ({self.says} if self.is_dirty else set())
        assert sorted(each.path for each in own) == sorted(str(root / place) for place in self.at)


def tree_table(code: str, *rows: TreeRow) -> list[TreeRow]:
    return [replace(row, code=code) for row in rows]


def clean_tree(name: str, *changes: Callable[[Any], object], besides: str = "") -> TreeRow:
    return TreeRow(name, lambda tree: [change(tree) for change in changes], besides=frozenset(besides.split()))


def dirty_tree(
    name: str,
    change: Callable[[Any], object],
    says: str,
    *at: str,
    besides: str = "",
    profile: Profile = Profile.STRICT,
) -> TreeRow:
    return TreeRow(name, change, says, at, frozenset(besides.split()), profile)


def table(code: str, *rows: Row, at: str = "", closed_only: bool = False, staged_only: bool = False) -> list[Row]:
    """The rows of one rule; `at` is where its findings point unless a row says otherwise."""
    return [
        replace(
            row,
            code=code,
            at=row.at or (at,) * len(row.says),
            closed_only=row.closed_only or closed_only,
            staged_only=row.staged_only or staged_only,
        )
        for row in rows
    ]


def nothing(_: object) -> None:
    """The run as it was fitted."""


def as_read(evidence: Evidence) -> Evidence:
    return evidence


def clean(name: str, change: Change = nothing, kind: Kind = RESNET, *, known: Known = as_read) -> Row:
    """Nothing is found at all."""
    return Row("", name, kind, change, known)


def dirty(
    name: str,
    change: Change,
    *says: str,
    kind: Kind = RESNET,
    known: Known = as_read,
    at: str | tuple[str, ...] = (),
    besides: str = "",
    closed_only: bool = False,
) -> Row:
    """The rule finds this; `besides` are the codes of other rules that do."""
    places = (at,) * len(says) if isinstance(at, str) else at
    return Row("", name, kind, change, known, says, places, frozenset(besides.split()), closed_only)


def assert_holds(row: Row, folder: Path) -> None:
    """Judge the run raw and in a tree, as the official checker would, and in open."""
    row.change(folder)
    round_ = row.kind.round
    evidence = row.evidence(folder, is_staged=True)
    raw, staged = judge(row.evidence(folder, is_staged=False), round_), judge(evidence, round_)
    expected = row.besides | {row.code} if row.is_dirty else row.besides
    assert codes(staged.findings) == expected
    assert codes(raw.findings) == (expected - {row.code} if row.staged_only else expected)
    official = judge(evidence, round_, official_only=True)
    assert official.findings == tuple(each for each in staged.findings if each.official)
    own = [each for each in staged.findings if each.code == row.code]
    assert tuple(each.message for each in own) == row.says
    for each, place in zip(own, row.at, strict=True):
        assert_points_to(each, folder, place)
    if row.kind.division is Division.CLOSED:
        in_open = judge(evidence.in_division(Division.OPEN), round_)
        assert (row.code in codes(in_open.findings)) == (row.is_dirty and not row.closed_only)
        if not row.staged_only:
            assert (row.code in codes(raw.findings_in_open)) == (row.code in codes(in_open.findings))


def codes(findings: Iterable[Finding]) -> set[str]:
    return {found.code for found in findings}


def assert_points_to(found: Finding, folder: Path, place: str) -> None:
    file, has_line, text = place.partition(":")
    path = Path(file) if file in (SYSTEM, NAMEPLATE) else folder / file
    assert found.path == str(path)
    if has_line:
        assert found.line is not None
        assert not text or text in path.read_bytes().decode(errors="replace").split("\n")[found.line - 1]
    else:
        assert found.line is None


# What may be changed.


def all_of(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes]


def log(path: str = LOG, /, **entries: Any) -> Change:
    """Change entries of a detail log; None takes one out. `p99` in a key stands for `99.00_percentile`."""
    spelled = {key.replace("p99", "99.00_percentile"): value for key, value in entries.items()}
    return lambda folder: edit_log(folder / path, **spelled)


def log_line(path: str, key: str, value: object, *, is_error: bool = False) -> Change:
    """One more entry at a detail log's end."""
    entry = {"key": key, "value": value, "metadata": {"is_error": is_error, "is_warning": False}}
    return append(path, f":::MLLOG {json.dumps(entry)}\n")


def write(path: str, content: str | bytes = "x") -> Change:
    def change(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def append(path: str, content: str | bytes) -> Change:
    more = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / path).write_bytes((folder / path).read_bytes() + more)


def remove(*paths: str) -> Change:
    """Take away files or whole folders."""

    def change(folder: Path) -> None:
        for path in paths:
            if (folder / path).is_dir():
                shutil.rmtree(folder / path)
            else:
                (folder / path).unlink()

    return change


def rename(path: str, to: str) -> Change:
    return lambda folder: (folder / path).rename(folder / to)


def edit(path: str, *keys: str, to: object) -> Change:
    """Put a value at a place in a JSON file; None takes away what is there."""

    def change(folder: Path) -> None:
        data = json.loads((folder / path).read_bytes())
        place = data
        for key in keys[:-1]:
            place = place.setdefault(key, {}) if isinstance(place, dict) else place[int(key)]
        if to is None:
            del place[keys[-1]]
        else:
            place[keys[-1]] = to
        write_json(folder / path, data)

    return change


def summary(*keys: str, to: object) -> Change:
    return edit(ENDPOINTS_PERFORMANCE, *keys, to=to)


def score(*keys: str, to: object) -> Change:
    """Change the first data set's entry in the endpoints harness's accuracy results."""
    return edit(ENDPOINTS_ACCURACY, "accuracy_scores", "0", *keys, to=to)


def config(*keys: str, to: object) -> Change:
    return edit(ENDPOINTS_CONFIG, *keys, to=to)


# What may be known besides.


def described(**fields: Any) -> Known:
    """Change fields of the system description; None takes one out."""

    def change(evidence: Evidence) -> Evidence:
        said = {name: value for name, value in {**evidence.system.fields, **fields}.items() if value is not None}
        system = replace(evidence.system, fields=said)
        return replace(evidence, system=system, category=system.category or evidence.category)

    return change


def undescribed(problem: str | None = None, line: int | None = None) -> Known:
    def change(evidence: Evidence) -> Evidence:
        system = replace(evidence.system, fields={}, is_described=False, problem=problem, line=line)
        return replace(evidence, system=system)

    return change


def nameplate(data: Any, problem: str | None = None) -> Known:
    """A nameplate beside the system's description."""

    def change(evidence: Evidence) -> Evidence:
        system = replace(evidence.system, nameplate=Nameplate(NAMEPLATE, data, problem))
        return replace(evidence, system=system)

    return change
