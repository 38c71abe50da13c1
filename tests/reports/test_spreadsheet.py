"""summary.xlsx, read by openpyxl. How the official report arranges it: tests/parity/test_final_report.py."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from any_text import ANY_TEXT
from hypothesis import given, settings
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from reports.test_tables import POWER, row
from support import ROUND, description

from rules.reports.spreadsheet import spreadsheet
from rules.reports.tables import SummaryRow
from rules.rounds import load_round

#: Lines above the first result.
HEAD = 5


def sheets_of(*rows: SummaryRow, round_name: str = "v6.1") -> dict[str, Worksheet]:
    book = load_workbook(io.BytesIO(spreadsheet(load_round(round_name), rows)))
    return {sheet.title: sheet for sheet in book.worksheets}


def sheet_of(*rows: SummaryRow, round_name: str = "v6.1") -> Worksheet:
    """The only sheet."""
    (sheet,) = sheets_of(*rows, round_name=round_name).values()
    return sheet


def lines_of(sheet: Worksheet) -> list[dict[str, Any]]:
    """What each line of results says, by its column: the index's name, or benchmark, scenario and units."""
    head = [[cell.value for cell in line] for line in sheet.iter_rows(max_row=HEAD)]
    for line in head[: HEAD - 1]:  # the first of merged cells has the value
        for at in range(1, len(line)):
            line[at] = line[at] if line[at] is not None or not line[at - 1] else line[at - 1]
    names = [str(name or " ".join(str(line[at]) for line in head[1:-1])) for at, name in enumerate(head[-1])]
    return [
        {name: cell.value for name, cell in zip(names, line, strict=True) if cell.value is not None}
        for line in sheet.iter_rows(min_row=HEAD + 1)
    ]


def system(**more: Any) -> dict[str, Any]:
    return {**description().fields, **more}


class TestSheets:
    def test_are_one_for_each_suite_and_division_and_one_more_for_power(self) -> None:
        rows = [
            row(division="open"),
            row(fields=system(system_type="datacenter"), power=POWER, has_power=True),
            row(),
            row(division="network", fields=system(system_type="datacenter")),
        ]
        assert list(sheets_of(*rows)) == [
            "datacenter - closed",
            "datacenter - closed - power",
            "edge - closed",
            "edge - open",
            "datacenter - network",
        ]

    def test_of_both_suites_have_a_system_of_both(self) -> None:
        sheets = sheets_of(row(fields=system(system_type="datacenter,edge")))
        assert list(sheets) == ["datacenter - closed", "edge - closed"]
        assert [lines_of(sheet)[0]["resnet Offline Samples/s"] for sheet in sheets.values()] == [284.779] * 2

    def test_have_what_belongs_to_no_suite(self) -> None:
        assert list(sheets_of(row(fields={}))) == ["other - closed"]

    def test_without_any_result_say_so(self) -> None:
        assert list(sheets_of()) == ["no results"]

    def test_hide_what_is_for_audits(self) -> None:
        hidden = sheet_of(row()).column_dimensions["B"]
        assert (hidden.hidden, hidden.min, hidden.max) == (True, 2, 3)

    def test_have_every_other_submitter_in_grey(self) -> None:
        sheet = sheet_of(row(), row(system="second"), row(submitter="Other"))
        grounds = [sheet.cell(line, 1).fill.fgColor.rgb for line in range(HEAD + 1, HEAD + 4)]
        assert [ground == "FFEFEFEF" for ground in grounds] == [False, False, True]


class TestIndex:
    def test_says_all_of_a_system(self) -> None:
        (line,) = lines_of(sheet_of(row(private_id="calm-otter")))
        assert line == {
            "ID": "6.1-0001",
            "Unique ID (e.g. for Audit)": "edge/closed/ExampleLab/example-edge",
            "ColorKey": "availableExampleLab",
            "PrivateID": "calm-otter",
            "Submitter": "ExampleLab",
            "Availability": "available",
            "System": "Example edge system (synthetic)",
            "Nodes": 1,
            "Processor": "Synthetic processor that sleeps",
            "p#": 1,
            "Total Accelerators": 0,
            "Software": "examples/generate.py, mlcommons-loadgen 6.0.17",
            "Notes": "A synthetic system: no hardware was measured.. A synthetic SUT: no model was executed.",
            "Details": "details",
            "Code": "code",
            "resnet Offline Samples/s": 284.779,
        }

    def test_of_the_open_division_names_the_model_and_its_accuracy(self) -> None:
        rows = [row(division="open", model=model, benchmark="bert-99") for model in ("bert-b", "bert-a")]
        assert [(line["ID"], line["UsedModel"], line["Accuracy"]) for line in lines_of(sheet_of(*rows))] == [
            ("6.1-0001", "bert-a", "acc: 76.382"),
            ("6.1-0002", "bert-b", "acc: 76.382"),
        ]

    @pytest.mark.parametrize(("round_name", "code"), [("v6.1", "src"), ("v5.1", "code")])
    def test_links_to_the_results_and_the_code(self, round_name: str, code: str) -> None:
        sheet = sheet_of(row(system="a b#1", submitter='x"y'), round_name=round_name)
        targets = [cell.hyperlink.target for line in sheet.iter_rows() for cell in line if cell.hyperlink]
        base = f"https://github.com/mlcommons/submissions_inference_{round_name}/tree/main/closed/x%22y"
        assert targets == [f"{base}/results/a%20b%231", f"{base}/{code}"]

    def test_has_no_link_that_is_longer_than_excel_takes(self) -> None:
        sheet = sheet_of(row(submitter="x" * 3000))
        assert [line["Details"] for line in lines_of(sheet)] == ["details"]
        assert not any(cell.hyperlink for line in sheet.iter_rows() for cell in line)

    @pytest.mark.parametrize(
        ("changed", "name", "value"),
        [
            ({"number_of_nodes": "4"}, "Nodes", 4),
            ({"number_of_nodes": "four"}, "Nodes", "four"),
            ({"host_processors_per_node": "2 (big); 4 (LITTLE)"}, "p#", "2 (big); 4 (LITTLE)"),
            ({"accelerators_per_node": 8}, "a#", 8),
            ({"accelerators_per_node": 0}, "a#", None),
            ({"number_of_nodes": 10**400}, "Nodes", str(10**400)),
            ({"accelerator_model_name": "-"}, "Accelerator", None),
            ({"status": "on-premise"}, "Availability", "available"),
            ({"framework": ["a", 1]}, "Software", "['a', 1]"),
            ({"framework": True}, "Software", "True"),
            ({"host_processors_per_node": float("nan")}, "p#", "nan"),
        ],
    )
    def test_takes_what_descriptions_hold(self, changed: dict[str, Any], name: str, value: object) -> None:
        (line,) = lines_of(sheet_of(row(fields=system(**changed))))
        assert line.get(name) == value


class TestNumbers:
    def test_stand_by_benchmark_scenario_and_units_in_the_official_order(self) -> None:
        rows = [
            row(benchmark=benchmark, scenario=scenario, units=units, metric=float(at))
            for at, (benchmark, scenario, units) in enumerate(
                [
                    ("zzz", "Offline", "Samples/s"),
                    ("qwen3.6-27b", "Offline", "Samples/s"),  # the official report leaves it out
                    ("whisper", "offline", "Samples/s"),
                    ("resnet", "Offline", "Samples/s"),
                    ("resnet", "multistream", "Latency (ms)"),
                ]
            )
        ]
        (line,) = lines_of(sheet_of(*rows))
        assert list(line.items())[-5:] == [
            ("resnet MultiStream Latency (ms)", 4),
            ("resnet Offline Samples/s", 3),
            ("whisper Offline Samples/s", 2),
            ("qwen3.6-27b Offline Samples/s", 1),
            ("zzz Offline Samples/s", 0),
        ]

    def test_of_power_stand_beside_performance_on_a_sheet_of_their_own(self) -> None:
        sheets = sheets_of(row(power=POWER, has_power=True), row(scenario="Server", units="Queries/s"))
        (line,) = lines_of(sheets["edge - closed"])
        assert "resnet Offline Watts" not in line
        (line,) = lines_of(sheets["edge - closed - power"])
        assert (line["resnet Offline Samples/s"], line["resnet Offline Watts"]) == (284.779, 100)
        assert "resnet Server Queries/s" not in line

    def test_that_would_share_a_cell_are_all_there(self) -> None:
        rows = [row(model="resnet50", metric=1.0), row(model="resnet", metric=2.0)]
        lines = lines_of(sheet_of(*rows))
        assert [(line["ID"], line["resnet Offline Samples/s"]) for line in lines] == [("6.1-0001", 1), ("6.1-0001", 2)]

    @pytest.mark.parametrize(
        ("metric", "shown"), [(None, "none"), (float("nan"), "nan"), (float("inf"), "inf"), (0.0, 0)]
    )
    def test_are_told_where_a_spreadsheet_has_none(self, metric: float | None, shown: object) -> None:
        (line,) = lines_of(sheet_of(row(metric=metric, units=None)))
        assert list(line.values())[-1] == shown


class TestText:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)", "{=1}", "http://x", "mailto:x", "1e5", "0012"]
    )
    def test_is_never_a_formula_a_link_or_a_number(self, text: str) -> None:
        sheet = sheet_of(row(fields=system(system_name=text, framework=text), private_id=text))
        cells = {cell.value: (cell.data_type, cell.hyperlink) for line in sheet.iter_rows() for cell in line}
        assert cells[text] == ("s", None)

    def test_is_cut_to_what_a_cell_takes(self) -> None:
        (line,) = lines_of(sheet_of(row(fields=system(framework="x" * 50_000))))
        assert line["Software"] == "x" * 32_766 + "…"

    @settings(max_examples=25, deadline=None)
    @given(ANY_TEXT)
    def test_of_any_kind_can_be_read(self, text: str) -> None:
        fields = system(system_name=text, framework=text, status=text)
        rows = (row(submitter=text, system=text, model=text, benchmark=text, units=text, fields=fields),)
        assert sheet_of(*rows).max_row == HEAD + 1


class TestBytes:
    def test_are_the_same_for_the_same_results(self) -> None:
        rows = [row(), row(division="open"), row(scenario="Server")]
        assert spreadsheet(ROUND, rows) == spreadsheet(ROUND, rows)

    def test_tell_no_time_of_writing(self) -> None:
        with zipfile.ZipFile(io.BytesIO(spreadsheet(ROUND, [row()]))) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2000-01-01T00:00:00Z" in parts.read("docProps/core.xml")
