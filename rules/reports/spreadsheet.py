"""summary.xlsx: the results in sheets, as the official final report arranges them. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rules.domain import Category, Division, Scenario
from rules.reports.escaping import printable, uri_path
from rules.reports.tables import SummaryRow, summary_cells
from rules.rounds.model import Round

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_ID, _COLOR_KEY = "ID", "ColorKey"
_SYSTEM = (
    *(_ID, "Unique ID (e.g. for Audit)", _COLOR_KEY, "PrivateID", "Submitter", "Availability", "System", "Nodes"),
    *("Processor", "p#", "Accelerator", "a#", "Total Accelerators", "Software", "Notes"),
)
_LINKS = ("Details", "Code")
#: The columns that say what was measured; those of the open division name the model and its accuracy as well.
INDICES: dict[str, tuple[str, ...]] = {
    "closed": (*_SYSTEM, *_LINKS),
    "open": (*_SYSTEM, "UsedModel", "Accuracy", *_LINKS),
    "network": (*_SYSTEM, *_LINKS),
}
_SUITES = (Category.DATACENTER, Category.EDGE)
#: Where a system's type names no suite.
_NO_SUITE = "other"
#: The order of columns. What isn't here comes after, in the order of the round's benchmarks or of the alphabet.
_BENCHMARKS = (
    *("resnet", "yolo-95", "yolo-99", "bert-99", "bert-99.9", "dlrm-v3", "3d-unet-99", "3d-unet-99.9", "llama3.1-8b"),
    *("llama3.1-8b-edge", "llama2-70b-99", "llama2-70b-99.9", "stable-diffusion-xl", "mixtral-8x7b", "llama3.1-405b"),
    *("rgat", "pointpainting", "deepseek-r1", "whisper", "wan-2.2-t2v-a14b", "qwen3-vl-235b-a22b", "gpt-oss-120b"),
    *("e2e-rag-qna", "e2e-rag-db"),
)
_SCENARIOS = ("SingleStream", "MultiStream", "Server", "Offline", "Interactive")
_UNITS = ("Latency (ms)", "Latency (s)", "Samples/s", "Queries/s", "Tokens/s", "millijoules", "Watts")
#: The names of the lines above the index's own.
_LEVELS = ("", "Model", "Scenario", "Units")
#: What a result without a metric says.
_NO_NUMBER = "none"
#: What Excel takes as a cell's text, as a link's target, and as a number.
_LONGEST_TEXT, _LONGEST_URL, _LARGEST = 32_767, 2_000, 1e308
_HIDDEN = (1, 2)
_SCORE = "#,##0.000"
_GREY = "#efefef"

_Column = tuple[str, str, str]


@dataclass(frozen=True)
class _Result:
    """One number of the report, with the cells that say what it is of."""

    division: str
    suites: tuple[str, ...]
    index: Mapping[str, Any]
    #: Benchmark, scenario, units.
    column: _Column
    value: float | None
    has_power: bool
    is_power: bool = False


@dataclass(frozen=True)
class _Link:
    url: str
    text: str


def spreadsheet(round_: Round, rows: Iterable[SummaryRow]) -> bytes:
    """The workbook. The same bytes for the same results."""
    import xlsxwriter

    results = _results(round_, rows)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1)})  # else the time of writing
    sheets = [(name, found) for name, found in _sheets(results) if found]
    for name, found in sheets:
        _Writer(book, name, INDICES[found[0].division]).write(found, round_)
    if not sheets:
        book.add_worksheet("no results")
    book.close()
    return stream.getvalue()


def _results(round_: Round, rows: Iterable[SummaryRow]) -> list[_Result]:
    found = [(row, summary_cells(round_, row)) for row in rows]
    ids = _ids(round_, (cells for _, cells in found))
    return [result for row, cells in found for result in _numbers(round_, row, cells, ids[_unique_id(cells)])]


def _numbers(round_: Round, row: SummaryRow, cells: Mapping[str, Any], id_: str) -> list[_Result]:
    """A result's performance, and its power beside it."""
    power = row.power if row.has_power else None
    scenario = str(Scenario.parse(row.scenario) or row.scenario)
    result = _Result(
        division=row.division,
        suites=_suites(str(cells["SystemType"])),
        index=_index(round_, cells, id_),
        column=(row.benchmark, scenario, row.units or ""),
        value=row.metric,
        has_power=power is not None,
    )
    if power is None:
        return [result]
    column = (row.benchmark, scenario, power.units)
    return [result, _Result(result.division, result.suites, result.index, column, power.metric, True, is_power=True)]


def _suites(system_type: str) -> tuple[str, ...]:
    """The suites that a system's type names: a system of both stands in the sheets of both."""
    return tuple(str(suite) for suite in _SUITES if suite.value in system_type) or (_NO_SUITE,)


def _ids(round_: Round, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """A number for each system, or each model of one in the open division, in the order of the report."""
    keys = {(row["Division"], _availability(row), row["Organization"], _unique_id(row)) for row in rows}
    numbered = enumerate(sorted(tuple(map(str, key)) for key in keys), start=1)
    return {key[-1]: f"{round_.name.removeprefix('v')}-{number:04}" for number, key in numbered}


def _unique_id(cells: Mapping[str, Any]) -> str:
    parts = [cells["SystemType"], cells["Division"], cells["Organization"], cells["Platform"]]
    if cells["Division"] == Division.OPEN.value:
        parts.append(cells["Model"])
    return "/".join(map(str, parts))


def _availability(cells: Mapping[str, Any]) -> str:
    said = str(cells["Availability"])
    return "available" if said == "on-premise" else said


def _index(round_: Round, cells: Mapping[str, Any], id_: str) -> dict[str, Any]:
    availability = _availability(cells)
    accelerator = cells.get("accelerator_model_name", "")
    submission = (
        f"https://github.com/mlcommons/submissions_inference_{round_.name}/tree/main"
        f"/{uri_path(str(cells['Division']))}/{uri_path(str(cells['Organization']))}"
    )
    return {
        _ID: id_,
        "Unique ID (e.g. for Audit)": _unique_id(cells),
        _COLOR_KEY: f"{availability}{cells['Organization']}",
        "PrivateID": cells["PrivateID"],
        "Submitter": cells["Organization"],
        "Availability": availability,
        "System": cells["SystemName"],
        "Nodes": _count(cells.get("number_of_nodes", "")),
        "Processor": cells.get("host_processor_model_name", ""),
        "p#": _count(cells.get("host_processors_per_node", "")),
        "Accelerator": "" if accelerator in ("-", "N/A") else accelerator,
        "a#": _count(cells.get("accelerators_per_node", "")) or "",
        "Total Accelerators": _count(cells["total_accelerators"]),
        "Software": cells.get("framework", ""),
        "Notes": cells["notes"],
        "UsedModel": cells["Model"],
        "Accuracy": cells["Accuracy"],
        "Details": _Link(f"{submission}/results/{uri_path(str(cells['Platform']))}", "details"),
        "Code": _Link(f"{submission}/{round_.layout.code_folder}", "code"),
    }


def _count(value: object) -> Any:
    """A count as a number, where it is one."""
    try:
        return int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return value


def _sheets(results: Sequence[_Result]) -> Iterable[tuple[str, list[_Result]]]:
    """Each sheet's name and numbers; one that is empty is none."""
    for division in INDICES:
        for suite in (*map(str, _SUITES), _NO_SUITE):
            here = [result for result in results if result.division == division and suite in result.suites]
            yield f"{suite} - {division}", [result for result in here if not result.is_power]
            yield f"{suite} - {division} - power", [result for result in here if result.has_power]


@dataclass(frozen=True)
class _Writer:
    """Writes one sheet of a workbook."""

    book: Workbook
    name: str
    index: tuple[str, ...]

    def write(self, results: Sequence[_Result], round_: Round) -> None:
        sheet = self.book.add_worksheet(self.name)
        columns = sorted({result.column for result in results}, key=lambda column: _column_order(column, round_))
        bold = self.book.add_format({"bold": True, "align": "center", "valign": "top", "border": 1})
        self._head(sheet, columns, bold)
        self._rows(sheet, _rows(results, self.index), columns)
        width = len(self.index)
        sheet.set_column(0, width - 1, 14)
        sheet.set_column(width, width + len(columns) - 1, 18, self.book.add_format({"num_format": _SCORE}))
        for column in _HIDDEN:
            sheet.set_column(column, column, None, None, {"hidden": True})
        sheet.freeze_panes(len(_LEVELS) + 1, self.index.index("System") + 1)

    def _head(self, sheet: Worksheet, columns: Sequence[_Column], bold: Format) -> None:
        """A line for each level, where equal neighbours are one cell; below them the names of the index."""
        width = len(self.index)
        for line, name in enumerate(_LEVELS):
            _write(sheet, line, width - 1, name, bold)
            at = width
            for head, same in groupby(("Result", *column)[: line + 1] for column in columns):
                amount = len(list(same))
                if amount > 1:
                    sheet.merge_range(line, at, line, at + amount - 1, "", bold)
                sheet.write_string(line, at, _text(head[line]), bold)
                at += amount
        for at, name in enumerate(self.index):
            sheet.write_string(len(_LEVELS), at, name, bold)

    def _rows(self, sheet: Worksheet, rows: Sequence[_Row], columns: Sequence[_Column]) -> None:
        """Every other submitter's rows are grey."""
        formats = {
            grey: (self.book.add_format(ground), self.book.add_format(ground | {"num_format": _SCORE}))
            for grey, ground in ((False, {}), (True, {"bg_color": _GREY}))
        }
        seen: set[object] = set()
        for line, row in enumerate(rows, start=len(_LEVELS) + 1):
            seen.add(row.index[_COLOR_KEY])
            plain, score = formats[len(seen) % 2 == 0]
            for at, name in enumerate(self.index):
                _write(sheet, line, at, row.index[name], plain)
            for at, column in enumerate(columns, start=len(self.index)):
                if column in row.values:
                    _write(sheet, line, at, _NO_NUMBER if row.values[column] is None else row.values[column], score)
                else:
                    sheet.write_blank(line, at, None, plain)


@dataclass(frozen=True)
class _Row:
    index: Mapping[str, Any]
    values: dict[_Column, float | None]


def _rows(results: Iterable[_Result], index: Sequence[str]) -> list[_Row]:
    """The numbers of one index share a row, as long as none takes another's cell."""
    made: dict[tuple[str, ...], list[_Row]] = {}
    for result in results:
        same = made.setdefault(tuple(str(result.index[name]) for name in index), [])
        row = next((row for row in same if result.column not in row.values), None)
        if row is None:
            row = _Row(result.index, {})
            same.append(row)
        row.values[result.column] = result.value
    return [row for key in sorted(made) for row in made[key]]


def _column_order(column: _Column, round_: Round) -> tuple[Any, ...]:
    benchmark, scenario, units = column
    known = (*_BENCHMARKS, *(name for name in round_.benchmarks if name not in _BENCHMARKS))
    return (*_order(benchmark, known), *_order(scenario, _SCENARIOS), *_order(units, _UNITS))


def _order(name: str, known: Sequence[str]) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known), name)


def _write(sheet: Worksheet, line: int, column: int, value: object, how: Format) -> None:
    """Text stays text, whatever it begins with: it is never a formula, a number or a link.

    A number that a spreadsheet has none for, as NaN, is text too.
    """
    if isinstance(value, _Link):
        if len(value.url) <= _LONGEST_URL:
            sheet.write_url(line, column, value.url, how, value.text)
        else:
            sheet.write_string(line, column, value.text, how)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST:
        sheet.write_number(line, column, value, how)
    elif value in ("", None):
        sheet.write_blank(line, column, None, how)
    else:
        sheet.write_string(line, column, _text(str(value)), how)


def _text(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_TEXT else f"{shown[: _LONGEST_TEXT - 1]}…"
