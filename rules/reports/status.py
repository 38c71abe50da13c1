"""The matrix of a build: system x benchmark x scenario. Pure: the build's JSON files in, values and text out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any, NamedTuple

from rules.domain import Scenario
from rules.plan import Action
from rules.reports.escaping import printable
from rules.reports.text import format_todo
from rules.todo import Todo


class Mark(str, Enum):
    """What became of a result; the first that holds."""

    FAILING = "failing"
    PASS = "pass"
    INFERRED = "inferred"
    COPIED = "copied"
    MOVED = "moved"
    DROPPED = "dropped"
    TO_RUN = "to run"

    def __str__(self) -> str:
        return self.value


_LEGEND = {
    Mark.FAILING: "fails and keeps the submission from being ready",
    Mark.PASS: "shipped as it was measured",
    Mark.INFERRED: "shipped, inferred from another scenario",
    Mark.COPIED: "shipped, copied down from the higher accuracy target",
    Mark.MOVED: "shipped in open, not here",
    Mark.DROPPED: "left out",
    Mark.TO_RUN: "missing for a complete closed submission",
}
_SHIPPED = {
    Action.KEEP: Mark.PASS,
    Action.INFER: Mark.INFERRED,
    Action.COPY_DOWN: Mark.COPIED,
    Action.MOVE_TO_OPEN: Mark.PASS,
    Action.ALSO_OPEN: Mark.PASS,
}


class Cell(NamedTuple):
    """A result's place; `benchmark` as its folder is named."""

    division: str
    system: str
    benchmark: str
    scenario: str


@dataclass(frozen=True)
class Status:
    """A build, as its plan tells it."""

    round: str
    marks: Mapping[Cell, Mark]
    todo: tuple[Todo, ...] = ()

    def to_json(self) -> dict[str, Any]:
        results = [cell._asdict() | {"mark": str(self.marks[cell])} for cell in sorted(self.marks)]
        return {"round": self.round, "results": results, "todo": [each.to_json() for each in self.todo]}


def status_of(plan: Mapping[str, Any], findings: Mapping[str, Any], faults: Collection[str]) -> Status:
    """From plan.json and findings.json. `faults` are codes of broken input.

    Raises LookupError, TypeError or ValueError where these are another program's.
    """
    fails = {_cell_of(each) for each in findings["results"] if each["verdict"] == "fail"}
    marks: dict[Cell, Mark] = {}
    order = list(Mark)
    for cell, mark in _placed(plan["placements"], fails, faults):
        marks[cell] = min(mark, marks.get(cell, mark), key=order.index)
    todo = tuple(_todo(each) for each in plan["todo"])
    for each in todo:
        # A choice is `Interactive or Server`.
        for scenario in each.scenario.split(" or "):
            marks.setdefault(Cell(each.division, each.system, each.model, scenario), Mark.TO_RUN)
    return Status(str(plan["round"]), marks, todo)


def _todo(data: Mapping[str, Any]) -> Todo:
    return Todo(**dict(data) | {"runs": tuple(data["runs"]), "or_inferred_from": tuple(data["or_inferred_from"])})


def _cell_of(result: Mapping[str, Any]) -> Cell:
    return Cell(result["division"], result["system"], result["benchmark"], result["scenario"])


def _placed(
    placements: Iterable[Mapping[str, Any]], fails: Collection[Cell], faults: Collection[str]
) -> Iterator[tuple[Cell, Mark]]:
    for each in placements:
        source, action = _cell(each["run"]), Action(each["action"])
        if each["target"] is None:
            broken = any(found["code"] in faults for found in each["decided_by"])
            yield source, Mark.FAILING if broken else Mark.DROPPED
            continue
        stays = action in (Action.KEEP, Action.ALSO_OPEN) and not each["without_power"]
        kept_failing = stays and bool(each["decided_by"]) and source in fails
        yield _cell(each["target"]), Mark.FAILING if kept_failing else _SHIPPED[action]
        if action is Action.MOVE_TO_OPEN:
            yield source, Mark.MOVED


def _cell(run_id: str) -> Cell:
    division, system, benchmark, scenario = run_id.split("/")
    return Cell(division, system, benchmark, scenario)


def format_status(status: Status, where: str) -> str:
    """The matrix with its legend, and what is still to be run; `where` that all is."""
    counts = [(mark, sum(each is mark for each in status.marks.values())) for mark in Mark]
    legend = _aligned([(str(mark), f"{number:,}", _LEGEND[mark]) for mark, number in counts if number])
    sections = [*_tables(status.marks), legend or "No results.\n"]
    if status.todo:
        sections.append(f"Still to run for a complete closed submission:\n{format_todo(status.todo, where)}")
    elif any(cell.division == "closed" for cell in status.marks):
        sections.append("Nothing is missing for a complete closed submission.\n")
    return printable("\n".join(sections))


def _tables(marks: Mapping[Cell, Mark]) -> Iterator[str]:
    """A table a system: its benchmarks, by the scenarios that it has."""
    for (division, system), cells in groupby(sorted(marks), key=lambda cell: cell[:2]):
        own = list(cells)
        present = {cell.scenario for cell in own}
        scenarios = [str(each) for each in Scenario if str(each) in present]
        rows = [["", *scenarios]]
        for benchmark in sorted({cell.benchmark for cell in own}):
            found = (marks.get(Cell(division, system, benchmark, scenario)) for scenario in scenarios)
            rows.append([benchmark, *("-" if mark is None else str(mark) for mark in found)])
        yield f"{division}/{system}\n{_aligned(rows)}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"  {line.rstrip()}\n" for line in lines)
