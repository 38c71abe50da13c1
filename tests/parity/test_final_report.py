"""summary.xlsx against what generate_final_report.py of mlcommons/inference makes of the official csv, cell by cell.

`MLPERF_INFERENCE` names a clone of mlcommons/inference.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from parity.official import TABLES, load_table, verify

from rules.reports.spreadsheet import spreadsheet
from rules.reports.tables import SummaryRow, verified_rows
from rules.rounds import load_round
from rules.sources import Disk

openpyxl = pytest.importorskip("openpyxl")
_HEAD = 5
#: What pandas reads as nothing.
_NOTHING = {None, "", "-", "N/A", "NA", "None", "nan", "NULL", "null"}


@pytest.fixture(scope="module")
def official() -> Path:
    program = Path(os.environ.get("MLPERF_INFERENCE", ""), "tools/submission/generate_final_report.py")
    if "MLPERF_INFERENCE" not in os.environ or not program.is_file():
        pytest.skip("MLPERF_INFERENCE names no clone of mlcommons/inference")
    pytest.importorskip("pandas")
    return program


@dataclass(frozen=True)
class Sheet:
    """A sheet's names of rows and columns, and its numbers by both."""

    index: list[str]
    rows: list[tuple[str, ...]]
    columns: list[tuple[str, ...]]
    numbers: dict[tuple[tuple[str, ...], tuple[str, ...]], Any]


def read(workbook: bytes, code_folder: str) -> dict[str, Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return {sheet.title: _read_sheet(sheet, code_folder) for sheet in book}


def _read_sheet(sheet: Any, code_folder: str) -> Sheet:
    for area in list(sheet.merged_cells.ranges):
        value = sheet.cell(area.min_row, area.min_col).value
        sheet.unmerge_cells(str(area))
        for line, column in area.cells:
            sheet.cell(line, column).value = value
    lines = list(sheet.iter_rows())
    index = [cell.value for cell in lines[_HEAD - 1] if cell.value is not None]
    width = len(index)
    columns = [tuple(str(line[at].value) for line in lines[:4]) for at in range(width, len(lines[0]))]
    rows = [tuple(_shown(cell, code_folder) for cell in line[:width]) for line in lines[_HEAD:]]
    numbers = {
        (row, column): cell.value
        for row, line in zip(rows, lines[_HEAD:], strict=True)
        for column, cell in zip(columns, line[width:], strict=True)
        if cell.value not in (None, "")
    }
    return Sheet(index, rows, columns, numbers)


def _shown(cell: Any, code_folder: str) -> str:
    """A cell as text; a link as the formula that stands for one.

    The official one to the code leads nowhere in rounds that keep it in another folder than src/.
    """
    if cell.hyperlink is not None:
        return f'=HYPERLINK("{cell.hyperlink.target}","{cell.value}")'
    return "" if cell.value in _NOTHING else str(cell.value).replace('/src","code")', f'/{code_folder}","code")')


def official_workbook(program: Path, csv: str, round_: str, folder: Path) -> bytes:
    (folder / "summary.csv").write_text(csv)
    options = ["--input", "summary.csv", "--version", round_.removeprefix("v")]
    options += ["--repository", f"submissions_inference_{round_}"]
    subprocess.run([sys.executable, "-W", "ignore", program, *options], cwd=folder, check=True, capture_output=True)
    return (folder / "summary.xlsx").read_bytes()


def is_in_order(some: list[Any], of: list[Any]) -> bool:
    return all(of.index(before) < of.index(after) for before, after in pairwise(some))


#: Where the official checker let anything pass.
_PASSING = [name for name in TABLES if len((load_table(name).csv or "").splitlines()) > 1]


@pytest.mark.parametrize("name", _PASSING)
def test_has_every_cell_of_the_official_report(name: str, corpus: Path, official: Path, tmp_path: Path) -> None:
    table = load_table(name)
    assert table.csv is not None
    rows = verified_rows(verify(Disk(), table.slice, table.round))
    round_ = load_round(table.round)
    theirs = read(official_workbook(official, table.csv, table.round, tmp_path), round_.layout.code_folder)
    ours = read(spreadsheet(round_, rows), round_.layout.code_folder)
    assert is_in_order(list(theirs), list(ours))
    for title, sheet in theirs.items():
        mine = ours[title]
        assert sheet.index == mine.index
        assert is_in_order(sheet.columns, mine.columns)
        assert is_in_order(sheet.rows, mine.rows)
        assert sheet.numbers.items() <= mine.numbers.items()
    assert numbers_of(ours) == expected_numbers(rows)


def numbers_of(sheets: dict[str, Sheet]) -> list[float]:
    """Of all sheets but those that repeat what has power."""
    found = [number for title, sheet in sheets.items() if "power" not in title for number in sheet.numbers.values()]
    return sorted(found)


def expected_numbers(rows: list[SummaryRow]) -> list[float]:
    """Every result, in each suite of its system."""
    return sorted(row.metric for row in rows for _ in row.fields["system_type"].split(",") if row.metric is not None)
