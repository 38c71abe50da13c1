"""report/index.html: all that a build has come to, on one page that needs nothing else. Pure.

The page is made by a template; what it shows of a single result is made in the browser, of the JSON that it carries:
two thousand results written out would be too much to load.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rules.checks.catalogue import rule_of
from rules.finding import Finding
from rules.plan import Placement
from rules.reports.built import Built
from rules.reports.changes import Change, lower_is_better, summary_changes
from rules.reports.comparison import SHOWN, label_of, ratio_text
from rules.reports.escaping import printable, uri_path
from rules.reports.order import ordered
from rules.reports.tables import SummaryRow, summary_report
from rules.todo import Todo
from rules.verdict import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment

#: Its name below the output folder.
PAGE = "report/index.html"
_TEMPLATES = Path(__file__).parent
#: Findings written out of one result, and results of one cause.
_SHOWN = 200
#: Systems of a chart that are shown at once.
_BARS = 10


@dataclass(frozen=True)
class Status:
    """How a place of the matrix stands, with a sign that tells it without its colour."""

    name: str
    sign: str
    label: str


STATUSES = (
    Status("pass", "✓", "passes"),
    Status("warn", "!", "passes with warnings"),
    Status("fail", "✕", "fails"),
    Status("out", "\N{MINUS SIGN}", "left out"),
    Status("made", "↳", "made by the plan"),
    Status("todo", "○", "still to run"),
)
_STATUS = {status.name: status for status in STATUSES}
#: The scenarios in the order of the page, with their short names.
_SHORT = {"Offline": "Off", "Server": "Srv", "Interactive": "Int", "SingleStream": "SS", "MultiStream": "MS"}


@dataclass(frozen=True)
class _Entry:
    """One place of the matrix: a run, what the plan makes of another, or what is still to be run."""

    division: str
    system: str
    benchmark: str
    model: str
    scenario: str
    status: Status
    metric: float | None = None
    units: str | None = None
    verdict: Verdict | None = None
    placements: tuple[Placement, ...] = ()
    todo: tuple[Todo, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.division}/{self.system}/{self.model}/{self.scenario}"

    @property
    def short(self) -> str:
        return "/".join(_SHORT.get(each, each) for each in self.scenario.split(" or "))

    @property
    def label(self) -> str:
        """What a screen reader says of it."""
        said = f"{self.model} {self.scenario}: {self.status.label}"
        return said if self.metric is None else f"{said}, {figure(self.metric)} {self.units or ''}"


@dataclass(frozen=True)
class _Cause:
    """All findings of one rule."""

    code: str
    title: str
    severity: str
    official: bool
    fix: str
    why: str
    findings: Sequence[Finding]
    results: int


@dataclass(frozen=True)
class _Bar:
    row: SummaryRow
    #: Of the longest, per cent.
    share: float


@dataclass(frozen=True)
class _Chart:
    benchmark: str
    scenario: str
    units: str
    lower_is_better: bool
    bars: list[_Bar] = field(default_factory=list)


def page(built: Built) -> bytes:
    """The whole page. The same bytes for the same build."""
    from markupsafe import Markup

    entries = _entries(built)
    environment = _environment()
    assert environment.loader is not None
    style, script = (environment.loader.get_source(environment, f"page.{kind}")[0] for kind in ("css", "js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    counts = Counter(entry.status.name for entry in entries)
    html = environment.get_template("page.html").render(
        built=built,
        submitters=sorted({verdict.key.submitter for verdict in built.verdicts.values()}),
        style=Markup(style),
        script=Markup(script),
        script_hash=digest,
        data=Markup(_embedded(_data(built, entries))),
        statuses=[(status, counts[status.name]) for status in STATUSES],
        divisions=sorted({entry.division for entry in entries}),
        scenarios=[name for name in _SHORT if any(name in entry.scenario.split(" or ") for entry in entries)],
        columns=_columns(built, entries),
        matrix=_matrix(entries),
        causes=list(_causes(built)),
        shown=_SHOWN,
        charts=_charts(built),
        most_bars=_BARS,
        changes=_changes(built),
        shown_matches=SHOWN,
        label_of=label_of,
        ratio_text=ratio_text,
        runs=len(built.verdicts),
        failing=sum(not verdict.passes for verdict in built.verdicts.values()),
    )
    return f"{html}\n".encode()


def _changes(built: Built) -> tuple[Change, ...] | None:
    """None where there is no former build."""
    if built.former is None:
        return None
    return summary_changes(built.former, summary_report(built.round, built.rows, built.plan))


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def safe(value: Any) -> Any:
        return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=safe,
    )
    environment.filters["figure"] = figure
    return environment


def figure(value: float | None) -> str:
    """A number of about four digits, as people read it."""
    if value is None or not math.isfinite(value):
        return "\N{EN DASH}"
    if abs(value) >= 1e15:
        return f"{value:.3e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _entries(built: Built) -> list[_Entry]:
    rows = built.plan.by_source()
    still: dict[str, list[Todo]] = defaultdict(list)
    for each in built.plan.todo:
        still[f"{each.division}/{each.system}/{each.model}/{each.scenario}"].append(each)
    entries = [_judged(verdict, rows.get(verdict.key, ()), still) for verdict in built.verdicts.values()]
    entries += _made(built)
    for id_, wanted in still.items():
        if id_ not in built.verdicts:  # else it is there, and fails
            entries.append(_wanted(wanted, built))
    columns = {name: number for number, name in enumerate(_columns(built, entries))}
    return sorted(
        entries,
        key=lambda each: (each.division, each.system, columns[each.benchmark], each.model, _order(each.scenario)),
    )


def _judged(verdict: Verdict, placements: tuple[Placement, ...], still: Mapping[str, list[Todo]]) -> _Entry:
    key = verdict.key
    if not verdict.passes:
        status = "fail"
    elif placements and not any(each.target for each in placements):
        status = "out"
    else:
        status = "warn" if verdict.findings else "pass"
    return _Entry(
        str(key.division), key.system, verdict.benchmark or key.model, key.model, str(key.scenario), _STATUS[status],
        verdict.metric, verdict.units, verdict, placements, tuple(still.get(key.id, ())),
    )  # fmt: skip


def _made(built: Built) -> Iterator[_Entry]:
    """The results that are not where a run was declared: inferred, copied, moved."""
    for each in built.plan.placed():
        place = each.target
        if place is not None and place.id not in built.verdicts:
            verdict = built.verdicts[each.source.id]
            yield _Entry(
                str(place.division), place.system, verdict.benchmark or place.model, place.model, str(place.scenario),
                _STATUS["made"], each.metric, each.units, verdict, (each,),
            )  # fmt: skip


def _wanted(wanted: Sequence[Todo], built: Built) -> _Entry:
    first = wanted[0]
    name = built.round.official_name(first.model)
    column = next(
        (v.benchmark for v in built.verdicts.values() if v.key.model == first.model and v.benchmark is not None), name
    )
    return _Entry(
        first.division, first.system, column, first.model, first.scenario, _STATUS["todo"], todo=tuple(wanted)
    )


def _columns(built: Built, entries: Iterable[_Entry]) -> list[str]:
    """The benchmarks, in the round's order."""
    return sorted({entry.benchmark for entry in entries}, key=lambda name: _rank(built, name))


def _rank(built: Built, benchmark: str) -> tuple[int, str]:
    known = list(built.round.benchmarks)
    return known.index(benchmark) if benchmark in known else len(known), benchmark


def _order(scenario: str) -> tuple[int, str]:
    """As people name scenarios; what isn't one of them, say a choice that is still to be run, comes last."""
    known = list(_SHORT)
    return known.index(scenario) if scenario in known else len(known), scenario


def _matrix(entries: Sequence[_Entry]) -> list[tuple[str, str, dict[str, list[tuple[int, _Entry]]]]]:
    """Division, system, and the system's entries by benchmark, each with its number."""
    numbered = enumerate(entries)
    rows = []
    for (division, system), same in groupby(numbered, key=lambda pair: (pair[1].division, pair[1].system)):
        cells: dict[str, list[tuple[int, _Entry]]] = defaultdict(list)
        for number, entry in same:
            cells[entry.benchmark].append((number, entry))
        rows.append((division, system, dict(cells)))
    return rows


def _causes(built: Built) -> Iterator[_Cause]:
    for code, same in groupby(built.findings, key=lambda found: found.code):
        findings, rule = list(same), rule_of(code)
        affected = sum(any(found.code == code for found in verdict.findings) for verdict in built.verdicts.values())
        first = findings[0]
        yield _Cause(code, rule.title, str(first.severity), first.official, first.fix, rule.why, findings, affected)


def _charts(built: Built) -> list[tuple[str, list[_Chart]]]:
    """Benchmark by benchmark in the round's order, a chart for each scenario, the best system first."""
    charts: dict[tuple[str, str, str], list[SummaryRow]] = defaultdict(list)
    for row in built.rows:
        if row.metric is not None and math.isfinite(row.metric):
            charts[row.benchmark, row.scenario, row.units or ""].append(row)
    made = sorted(
        (_chart(*key, same) for key, same in charts.items()),
        key=lambda chart: (_rank(built, chart.benchmark), _order(chart.scenario), chart.units),
    )
    return [(name, list(same)) for name, same in groupby(made, key=lambda chart: chart.benchmark)]


def _chart(benchmark: str, scenario: str, units: str, rows: list[SummaryRow]) -> _Chart:
    lower = lower_is_better(scenario)

    def rank(row: SummaryRow) -> tuple[float, str, str, str]:
        metric = row.metric or 0.0
        return (metric if lower else -metric, row.system, row.division, row.model)

    longest = max(row.metric or 0.0 for row in rows)
    bars = [_Bar(row, max(row.metric or 0.0, 0.0) / longest * 100 if longest > 0 else 0.0) for row in rows]
    return _Chart(benchmark, scenario, units, lower, sorted(bars, key=lambda bar: rank(bar.row)))


def _data(built: Built, entries: Sequence[_Entry]) -> dict[str, Any]:
    """What the browser needs to show one result. Findings and rules once, for many results share them."""

    def link(path: str) -> str:
        return link_from(built.to_workspace, path)

    findings, shared = _Shared(), _Shared()
    results = [_record(entry, built, findings, shared, link) for entry in entries]
    return {
        "results": results,
        "shared": list(shared.numbers),
        "findings": [
            [found.code, str(found.severity), found.message, found.place, link(found.path), found.fix]
            for found in findings.numbers
        ],
        "why": {code: rule_of(code).why for code in dict.fromkeys(found.code for found in findings.numbers)},
    }


class _Shared:
    """Values that many results have, each kept once and named by its number."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def _record(
    entry: _Entry, built: Built, findings: _Shared, shared: _Shared, link: Callable[[str], str]
) -> dict[str, Any]:
    """One result; what it hasn't is left out."""
    verdict = entry.verdict
    own = ordered(verdict.findings) if verdict and entry.status.name != "made" else ()
    record: dict[str, Any] = {
        "division": entry.division,
        "system": entry.system,
        "benchmark": entry.benchmark,
        "model": entry.model,
        "scenario": entry.scenario,
        "status": entry.status.name,
        "metric": figure(entry.metric) if entry.metric is not None else None,
        "units": entry.units,
        "plan": [_said(each, shared) for each in entry.placements],
        "todo": [each.to_json() for each in entry.todo],
        "findings": [findings(found) for found in own[:_SHOWN]],
        "more": max(len(own) - _SHOWN, 0),
    }
    if verdict is not None:
        power = verdict.power
        record |= {
            "folder": verdict.folder,
            "link": link(verdict.folder),
            "scores": verdict.accuracy,
            "power": None if power is None else [figure(power.metric), power.units, figure(power.efficiency)],
        }
        details = built.details.get(verdict.key.id)
        if details:
            record |= _compact(details, verdict.folder, shared, link)
    return {name: value for name, value in record.items() if value not in (None, [], {}, 0)}


def _said(placement: Placement, shared: _Shared) -> list[Any]:
    said = shared((placement.action.value, placement.reason, placement.codes, placement.without_power))
    target = placement.target
    return [said] if target in (None, placement.source) else [said, placement.source.id, target and target.id]


def _compact(details: Mapping[str, Any], folder: str, shared: _Shared, link: Callable[[str], str]) -> dict[str, Any]:
    """Details with what is the same of many results named by its number."""

    def pair(each: Mapping[str, Any], value: str) -> list[Any]:
        return [shared(tuple(known for name, known in each.items() if name != value)), each[value]]

    power = details["power"]
    return {
        "validity": details["validity"],
        "measures": [pair(each, "value") for each in details["measures"]],
        "accuracy": [pair(each, "value") for each in details["accuracy"]],
        "latencies": [pair(each, "values") for each in details["latencies"]],
        "curve": power and [power["times"], power["watts"], power["duration"]],
        "files": [_file(name, path, folder, shared, link) for name, path in details["files"].items()],
    }


def _file(name: str, path: str, folder: str, shared: _Shared, link: Callable[[str], str]) -> list[Any]:
    """A file's name, and its address: below the run's folder for most."""
    if path.startswith(f"{folder}/"):
        return [shared((name, uri_path(path[len(folder) :])))]
    return [shared((name,)), link(path)]


#: What ends a script or begins a comment in HTML, as JSON writes it within text.
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def _embedded(data: Any) -> str:
    return json.dumps(_plain(data), separators=(",", ":"), allow_nan=False).translate(_IN_SCRIPT)


def _plain(data: Any) -> Any:
    """Data that any reader of JSON takes, its text shown as everywhere else."""
    if isinstance(data, str):
        return data if data.isprintable() else printable(data)
    if isinstance(data, Mapping):
        return {_plain(str(name)): _plain(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


def link_from(to_workspace: str, path: str) -> str:
    """A file's address as the page spells it, whose folder is that far from the workspace."""
    if path.startswith("/"):
        return "/" + uri_path(path).lstrip("/")  # two slashes begin the name of a computer
    return f"{to_workspace}/{uri_path(path)}"
