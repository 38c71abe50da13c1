"""What GitHub Actions shows of a build: annotations, and the job summary in Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rules.domain import Division
from rules.finding import Finding, Severity
from rules.reports.escaping import markdown, printable
from rules.reports.text import counted

if TYPE_CHECKING:  # a build that has nothing to do shows what an earlier one has made, and needs none of it
    from rules.plan import Placement
    from rules.reports.built import Built
    from rules.reports.tables import SummaryRow
    from rules.todo import Todo

#: GitHub shows as many of a level for each step.
MOST_ANNOTATIONS = 10
#: GitHub takes 1 MiB for a step's summary, and nothing at all of one that is longer.
LONGEST_SUMMARY = 900 << 10
#: Places shown of a finding that many runs share, and rows of a table.
_PLACES, _ROWS = 3, 1000
#: How workflow commands write what ends them (`actions/toolkit`, command.ts).
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_DATA = str.maketrans(_DATA)
_IN_PROPERTY = str.maketrans(_DATA | {":": "%3A", ",": "%2C"})


def annotations_of(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One annotation for all findings of one cause, at the first of their places; no more than are shown.

    The last that a level has room for tells of the others.
    """
    made: list[dict[str, Any]] = []
    for severity in Severity:
        causes = list(_causes(found for found in findings if found.severity is severity))
        room = MOST_ANNOTATIONS if len(causes) <= MOST_ANNOTATIONS else MOST_ANNOTATIONS - 1
        made += [_annotation(same) for same in causes[:room]]
        rest = causes[room:]
        if rest:
            codes = ", ".join({same[0].code: None for same in rest})
            message = f"{counted(len(rest), 'more cause')} of findings: {codes}. The job's summary has them."
            made.append({"level": str(severity), "title": "More findings", "message": message})
    return made


def _causes(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    for _, same in groupby(findings, key=lambda found: (found.severity, found.code, found.message, found.fix)):
        yield list(same)


def _annotation(same: Sequence[Finding]) -> dict[str, Any]:
    first = same[0]
    more = f" (and {counted(len(same) - 1, 'more place')})" if len(same) > 1 else ""
    made: dict[str, Any] = {"level": str(first.severity), "file": first.path}
    if first.line is not None:
        made["line"] = first.line
    return made | {"title": first.code, "message": f"{first.message}{more}\nFix: {first.fix}"}


def format_annotations(made: Iterable[Mapping[str, Any]], folder: str = "") -> str:
    """The workflow commands, a line each; `folder` is the workspace's place in the repository."""
    return "".join(f"{_command(each, folder)}\n" for each in made)


def _command(annotation: Mapping[str, Any], folder: str) -> str:
    properties = {name: annotation[name] for name in ("file", "line", "title") if name in annotation}
    if folder and not properties.get("file", "/").startswith("/"):
        properties["file"] = f"{folder}/{properties['file']}"
    said = ",".join(f"{name}={printable(str(value)).translate(_IN_PROPERTY)}" for name, value in properties.items())
    return f"::{annotation['level']} {said}::{printable(annotation['message']).translate(_IN_DATA)}"


def job_summary(built: Built) -> str:
    """The build in Markdown: what passes, what is shipped, what fails and why, what is still to be run."""
    sections = [
        f"## MLPerf Inference {markdown(built.round.name)}\n",
        _divisions(built),
        _findings(built.findings),
        _table("Shipped", ("Result", "Metric", "Power"), [_shipped(row) for row in built.rows]),
        _table("Left out", ("Run", "Why"), [_left_out(each) for each in built.plan.placements if not each.target]),
        _table("Still to run", ("Result", "Runs"), [_todo(each) for each in built.plan.todo]),
    ]
    return bounded("\n".join(section for section in sections if section))


def bounded(text: str, longest: int = LONGEST_SUMMARY) -> str:
    """Text of so many bytes at most, cut after a line."""
    data = text.encode()
    if len(data) <= longest:
        return text
    note = "\nThe rest is left out: GitHub takes no longer summary. The reports have it all.\n"
    kept = data[: longest - len(note)]
    return kept[: kept.rfind(b"\n") + 1].decode() + note


def _divisions(built: Built) -> str:
    rows = []
    for division in Division:
        judged = [verdict for verdict in built.verdicts.values() if verdict.key.division is division]
        shipped = sum(row.division == division.value for row in built.rows)
        if judged or shipped:
            passing = sum(verdict.passes for verdict in judged)
            rows.append((str(division), str(len(judged)), str(passing), str(len(judged) - passing), str(shipped)))
    return _table("", ("Division", "Runs", "Pass", "Fail", "Results shipped"), rows)


def _findings(findings: Sequence[Finding]) -> str:
    lines = [line for same in _causes(findings) for line in _cause(same)]
    return "".join(["### Findings\n\n", *(f"{line}\n" for line in lines)]) if lines else ""


def _cause(same: Sequence[Finding]) -> Iterator[str]:
    first = same[0]
    yield f"- **{first.severity} {first.code}**: {markdown(first.message)}"
    yield f"  - fix: {markdown(first.fix)}"
    yield from (f"  - {markdown(found.place)}" for found in same[:_PLACES])
    if len(same) > _PLACES:
        yield f"  - and {counted(len(same) - _PLACES, 'more place')}"


def _shipped(row: SummaryRow) -> tuple[str, ...]:
    power = "" if row.power is None else _figure(row.power.metric, row.power.units)
    return f"{row.division}/{row.system}/{row.model}/{row.scenario}", _figure(row.metric, row.units), power


def _figure(value: float | None, units: str | None) -> str:
    return "none" if value is None else f"{value:.6g} {units or ''}".rstrip()


def _left_out(each: Placement) -> tuple[str, ...]:
    return each.source.id, f"{each.reason} {' '.join(each.codes)}".rstrip()


def _todo(each: Todo) -> tuple[str, ...]:
    return f"{each.division}/{each.system}/{each.model}/{each.scenario}", ", ".join(each.runs)


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, tuple("---" for _ in head), *(tuple(map(markdown, row)) for row in rows[:_ROWS])]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    more = f"\nand {counted(len(rows) - _ROWS, 'more row')}\n" if len(rows) > _ROWS else ""
    return (f"### {title}\n\n" if title else "") + table + more
