"""Which results are compared with which, and by what ratio."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from any_text import ANY_TEXT
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import UserError
from rules.reports.comparison import (
    Compared,
    Comparison,
    Match,
    Results,
    Sameness,
    compare,
    comparison_report,
    format_comparison,
    plain_name,
    read_summary_csv,
    results_of,
)
from rules.reports.escaping import printable

Row = dict[str, Any]
#: A row of the official csv, as far as it is compared.
ROW: Row = {
    "Organization": "ExampleLab",
    "Division": "closed",
    "SystemName": "Example server",
    "Platform": "server-8x",
    "Model": "resnet50",
    "MlperfModel": "resnet",
    "Scenario": "Offline",
    "Result": "100.0",
    "Units": "Samples/s",
    "number_of_nodes": "1",
    "host_processor_model_name": "Intel(R) Xeon(R) 6787P",
    "host_processors_per_node": "2",
    "accelerator_model_name": "NVIDIA H200-SXM-141GB",
    "total_accelerators": "8",
    "version": "v6.1",
}
#: What makes another's system of it, with the same accelerators.
OTHER = {"Organization": "OtherLab", "Platform": "node-8x", "SystemName": "Other server"}
NO_ACCELERATOR = {"accelerator_model_name": "N/A", "total_accelerators": "0"}
METRICS = st.floats(min_value=1e-3, max_value=1e9)


def row(**cells: Any) -> Row:
    return ROW | cells


def compared(ours: Row | list[Row], *theirs: Row) -> Comparison:
    own = ours if isinstance(ours, list) else [ours]
    return compare(results_of(own, "build"), results_of(theirs, "theirs.csv"))


def one(ours: Row | list[Row], *theirs: Row) -> Compared:
    (result,) = compared(ours, *theirs).results
    return result


def match(ours: Row | list[Row], *theirs: Row) -> Match:
    (found,) = one(ours, *theirs).matches
    return found


def table(*rows: Row) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


class TestRatio:
    @pytest.mark.parametrize(
        ("scenario", "units", "ours", "theirs", "ratio"),
        [
            ("Offline", "Samples/s", 110, 100, 1.1),
            ("Server", "Queries/s", 50, 100, 0.5),
            ("Interactive", "Tokens/s", 150, 100, 1.5),
            ("SingleStream", "Latency (ms)", 2, 4, 2.0),
            ("MultiStream", "Latency (ms)", 8, 4, 0.5),
            ("SingleStream", "Latency (s)", 2, 3, 1.5),
        ],
    )
    def test_is_better_above_1(self, scenario: str, units: str, ours: float, theirs: float, ratio: float) -> None:
        said = {"Scenario": scenario, "Units": units}
        assert match(row(Result=ours, **said), row(Result=theirs, **said)).ratio == ratio

    def test_needs_the_same_units(self) -> None:
        found = match(row(), row(Units="Tokens/s"))
        assert (found.ratio, found.each, found.efficiency) == (None, None, None)

    @given(METRICS, METRICS, st.sampled_from(["Offline", "SingleStream"]))
    def test_of_the_two_sides_changed_is_the_inverse(self, ours: float, theirs: float, scenario: str) -> None:
        here, there = row(Result=ours, Scenario=scenario), row(Result=theirs, Scenario=scenario)
        ratios = match(here, there).ratio, match(there, here).ratio
        assert all(ratios)
        assert math.isclose((ratios[0] or 0) * (ratios[1] or 0), 1.0)

    def test_by_accelerator_where_their_numbers_differ(self) -> None:
        found = match(row(Result=100), row(Result=300, total_accelerators="16", **OTHER))
        assert found.ratio == pytest.approx(1 / 3)
        assert found.each == pytest.approx(2 / 3)

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            ({}, {}),
            ({}, {"total_accelerators": ""}),
            ({}, {"total_accelerators": "many"}),
            ({"Scenario": "SingleStream"}, {"Scenario": "SingleStream", "total_accelerators": "16"}),
        ],
        ids=["the same number", "no number", "no number at all", "a latency"],
    )
    def test_by_accelerator_is_left_out_where_it_says_nothing(self, ours: Row, theirs: Row) -> None:
        assert match(row(**ours), row(**OTHER, **theirs)).each is None

    def test_by_processor_of_a_system_without_accelerators(self) -> None:
        found = match(row(**NO_ACCELERATOR), row(number_of_nodes="2", **NO_ACCELERATOR, **OTHER))
        assert found.each == pytest.approx(2.0)


class TestEfficiency:
    def test_is_of_results_per_watt(self) -> None:
        ours = [row(Result=200), row(Result=1000, Units="Watts")]
        theirs = [row(Result=100), row(Result=800, Units="Watts")]
        assert match(ours, *theirs).efficiency == pytest.approx(1.6)

    def test_is_of_energy_a_query_in_the_stream_scenarios(self) -> None:
        stream = {"Scenario": "SingleStream"}
        ours = [row(Result=2, **stream), row(Result=100, Units="millijoules", **stream)]
        theirs = [row(Result=8, **stream), row(Result=150, Units="millijoules", **stream)]
        assert match(ours, *theirs).efficiency == pytest.approx(1.5)

    @pytest.mark.parametrize("theirs", [[row()], [row(), row(Result="NaN", Units="Watts")]], ids=["none", "no number"])
    def test_needs_power_on_both_sides(self, theirs: list[Row]) -> None:
        assert match([row(), row(Result=1000, Units="Watts")], *theirs).efficiency is None


class TestMatches:
    @pytest.mark.parametrize(
        ("theirs", "same"),
        [
            ({}, Sameness.SYSTEM),
            ({"Platform": "SERVER-8X", "accelerator_model_name": "H100"}, Sameness.SYSTEM),
            ({"Organization": "OtherLab"}, Sameness.SYSTEM),
            ({"Platform": "renamed"}, Sameness.SYSTEM),
            ({"Platform": "renamed", "total_accelerators": "4"}, Sameness.ACCELERATOR),
            (OTHER, Sameness.ACCELERATOR),
            (OTHER | {"accelerator_model_name": "H200 SXM 141GB"}, Sameness.ACCELERATOR),
            (OTHER | {"Scenario": "offline"}, Sameness.ACCELERATOR),
            (OTHER | {"accelerator_model_name": "NVIDIA H200-NVL-141GB"}, None),
            ({"Organization": "OtherLab", "accelerator_model_name": "H100"}, None),
            ({"Scenario": "Server"}, None),
            ({"MlperfModel": "retinanet"}, None),
            ({"Division": "open"}, None),
        ],
        ids=str,
    )
    def test_are_of_the_same_system_or_else_the_same_accelerator(self, theirs: Row, same: Sameness | None) -> None:
        assert [found.same for found in one(row(), row(**theirs)).matches] == ([same] if same else [])

    def test_leave_others_out_where_the_system_itself_is_there(self) -> None:
        assert match(row(), row(Result=500, **OTHER), row(version="v5.0")).theirs.round == "v5.0"

    def test_begin_with_the_same_number_of_accelerators_and_of_these_with_the_best(self) -> None:
        rows = [
            row(**OTHER | {"Platform": name, "Result": metric, "total_accelerators": count})
            for name, metric, count in (("a", 900, 16), ("b", 100, 8), ("c", 200, 8), ("d", 5000, 72))
        ]
        assert [found.theirs.system for found in one(row(), *rows).matches] == ["c", "b", "a", "d"]

    def test_begin_with_the_shortest_latency(self) -> None:
        rows = [
            row(Scenario="SingleStream", **OTHER | {"Platform": name, "Result": ms})
            for name, ms in (("a", 3), ("b", 2))
        ]
        assert [found.theirs.system for found in one(row(Scenario="SingleStream"), *rows).matches] == ["b", "a"]

    def test_end_with_what_has_other_units(self) -> None:
        rows = [row(Units="Queries/s", **OTHER), row(**OTHER | {"total_accelerators": "72"})]
        assert [found.ratio is None for found in one(row(), *rows).matches] == [False, True]

    def test_are_of_the_same_model_in_open_where_there_is_one(self) -> None:
        ours = row(Division="open", Model="resnet-int4")
        theirs = [row(Division="open", Model=model) for model in ("mobilenet", "resnet-int4")]
        assert match(ours, *theirs).theirs.model == "resnet-int4"
        assert match(ours, theirs[0]).theirs.model == "mobilenet"

    def test_of_one_benchmark_in_two_spellings(self) -> None:
        assert one(row(MlperfModel="llama3_1-8b"), row(MlperfModel="llama3.1-8b")).matches


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("NVIDIA RTX-2000E-Ada-16GB", "RTX 2000E Ada 16 GB", True),
        ("AMD Instinct MI300X 192GB HBM3", "AMD MI300X-192GB", True),
        ("Intel(R) Xeon(R) 6787P", "INTEL XEON 6787P", True),
        ("NVIDIA GeForce RTX 4090", "RTX4090", True),
        ("NVIDIA L40S", "NVIDIA L40", False),
        ("NVIDIA H100-SXM-80GB", "NVIDIA H100-PCIe-80GB", False),
        ("NVIDIA H200-SXM-141GB", "NVIDIA H100-SXM-80GB", False),
        ("AMD Instinct MI300X", "AMD Instinct MI325X", False),
    ],
)
def test_hardware_is_the_same_whatever_makers_and_marks_are_written(one: str, other: str, is_same: bool) -> None:
    assert (plain_name(one) == plain_name(other)) is is_same


class TestReasons:
    @pytest.mark.parametrize(
        ("ours", "theirs", "reason"),
        [
            ({}, [], "no results at all"),
            ({}, [row(MlperfModel="bert-99")], "no resnet; they have bert-99"),
            ({}, [row(Scenario="Server")], "no closed Offline of resnet; they have closed Server"),
            (
                {},
                [row(**OTHER | {"accelerator_model_name": "H100"})],
                "neither this system nor NVIDIA H200-SXM-141GB; they have H100",
            ),
            (
                NO_ACCELERATOR | {"host_processor_model_name": ""},
                [row(**OTHER)],
                "not this system, and what it computes with isn't known; they have NVIDIA H200-SXM-141GB",
            ),
            (
                {},
                [row(MlperfModel=f"b{number}") for number in range(1, 10)],
                "no resnet; they have b1, b2, b3, b4, b5, b6, b7, b8 and 1 more",
            ),
        ],
    )  # fmt: skip
    def test_say_what_theirs_have(self, ours: Row, theirs: list[Row], reason: str) -> None:
        assert one(row(**ours), *theirs).reason == reason


class TestTable:
    def test_of_ours_is_what_its_rows_are(self) -> None:
        assert read_summary_csv(table(row(), row(**OTHER)), "x") == results_of([row(), row(**OTHER)], "x")

    @pytest.mark.parametrize("result", ["NaN", "inf", "-inf", "", "0", "-1", "fast", "1e400"])
    def test_counts_what_is_no_figure(self, result: str) -> None:
        results = read_summary_csv(table(row(Result=result), row()), "x")
        assert (len(results.measured), results.unmeasured) == (1, 1)

    @pytest.mark.parametrize("cells", [{"Scenario": "Batch"}, {"Platform": ""}, {"Units": " "}])
    def test_counts_what_has_no_place(self, cells: Row) -> None:
        assert read_summary_csv(table(row(**cells)), "x") == Results("x", (), 1)

    def test_counts_power_of_no_result(self) -> None:
        assert read_summary_csv(table(row(Units="Watts")), "x") == Results("x", (), 1)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "it is empty"),
            ("name,age\nx,1\n", "lacks Organization, Division, Platform, MlperfModel, Scenario, Result, Units"),
            (table().replace("Result", "Outcome"), "lacks Result"),
        ],
    )
    def test_of_something_else_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(UserError, match=rf"^x: no table of results: {said}; expected the summary.csv of a build"):
            read_summary_csv(text, "x")

    def test_that_no_csv_reader_takes_is_refused(self) -> None:
        with pytest.raises(UserError, match="x: can't be read as CSV: line 2: field larger"):
            read_summary_csv(table(row(Model="m" * 200_000)), "x")

    @given(st.text(max_size=300))
    def test_of_any_text_is_read_or_refused(self, text: str) -> None:
        header = table()
        assert read_summary_csv(header + text.replace("\0", ""), "x").source == "x"

    @pytest.mark.parametrize("name", ["v51_pass.v5.1", "v50_unoff.v5.0", "v61_pass.v6.1", "raw_v61_built.v6.1"])
    def test_of_the_official_checker_is_equal_to_itself(self, name: str, corpus: Path) -> None:
        results = read_summary_csv((corpus / f"oracle/{name}.csv").read_text(), name)
        comparison = compare(results, results)
        assert results.measured
        assert results.unmeasured == 0
        assert comparison.matched == comparison.results
        assert {each.matches[0].ratio for each in comparison.results} == {1.0}


class TestText:
    def test_is_a_table(self) -> None:
        ours = [row(Result=100), row(Result=1000, Units="Watts"), row(Scenario="Server", Units="Queries/s")]
        power = row(Result=2000, Units="Watts", total_accelerators=16, **OTHER)
        theirs = [
            row(Result=300, total_accelerators=16, **OTHER),
            power,
            row(Scenario="server", Result=125, Units="Queries/s", version="v6.0"),
            row(Result=""),
        ]
        assert format_comparison(compared(ours, *theirs)) == (
            "With theirs.csv, 2 results:\n"
            "  1 row without a figure that can be compared.\n"
            "\n"
            "closed/ExampleLab/server-8x, 8 x NVIDIA H200-SXM-141GB\n"
            "                                                      ours    theirs     ratio\n"
            "  resnet50 Offline, Samples/s                          100\n"
            "    OtherLab/node-8x, v6.1                                       300     0.333\n"
            "      each accelerator, 8 and 16                      12.5     18.75     0.667\n"
            "      efficiency; Watts                               1000      2000     0.667\n"
            "  resnet50 Server, Queries/s                           100\n"
            "    same system, v6.0                                            125     0.800\n"
            "\n"
            "Compared: 2 of 2 results of the build. A ratio above 1 is better than theirs.\n"
        )

    def test_says_why_it_is_empty(self) -> None:
        assert format_comparison(compared(row(), row(MlperfModel="bert-99"))) == (
            "With theirs.csv, 1 result:\n"
            "\n"
            "Nothing to compare with:\n"
            "  closed/server-8x/resnet50/Offline\n"
            "      no resnet; they have bert-99\n"
            "\n"
            "Compared: 0 of 1 result of the build.\n"
        )

    def test_shows_the_first_matches_unless_all_are_asked_for(self) -> None:
        comparison = compared(row(), *(row(**OTHER | {"Platform": f"node-{number}"}) for number in range(5)))
        short, whole = format_comparison(comparison), format_comparison(comparison, whole=True)
        assert "    and 2 more, see --all\n" in short
        assert (short.count("OtherLab/"), whole.count("OtherLab/")) == (3, 5)

    @given(ANY_TEXT, ANY_TEXT)
    def test_fits_its_lines_whatever_the_names_are(self, name: str, noun: str) -> None:
        ours = row(Platform=name, Model=noun, accelerator_model_name=noun)
        for theirs in (row(Platform=name, Units=noun), row(Platform=f"{name}2"), row(MlperfModel=name)):
            text = format_comparison(compared([row(), ours], theirs))
            assert all(len(line) <= 80 and printable(line) == line for line in text.split("\n")), text

    def test_names_what_differs(self) -> None:
        other = row(accelerator_model_name="H100", Units="Queries/s")
        text = format_comparison(compared(row(), other))
        (line,) = (each for each in text.split("\n") if "same system" in each)
        assert line.split("  same system, ")[1].split("  ")[0] == "v6.1, in Queries/s, 8 x H100"
        assert line.split()[-2:] == ["100", "-"]

    def test_obeys_no_terminal_code(self) -> None:
        text = format_comparison(compared(row(Platform="\x1b[31mred"), row(Platform="\x1b[31mred")))
        assert "\x1b" not in text
        assert r"\x1b[31mred" in text


class TestReport:
    def test_holds_every_result_with_its_matches(self) -> None:
        comparison = compared([row(), row(Scenario="Server")], row(Result=50, **OTHER))
        (report,) = comparison_report([comparison])["comparisons"]
        assert (report["with"], report["theirs"], report["unmeasured"]) == ("theirs.csv", 1, 0)
        first, second = report["results"]
        (theirs,) = first["matches"]
        assert (first["metric"], first["reason"]) == (100.0, None)
        assert (theirs["same"], theirs["submitter"], theirs["metric"], theirs["ratio"]) == (
            "accelerator",
            "OtherLab",
            50.0,
            2.0,
        )
        assert theirs["hardware"] == {"kind": "accelerator", "name": "NVIDIA H200-SXM-141GB", "count": 8}
        assert (second["matches"], second["reason"]) == (
            [],
            "no closed Server of resnet; they have closed Offline",
        )

    @given(st.floats(), st.floats(), st.integers(min_value=-1), st.integers(min_value=-1))
    def test_is_json_whatever_the_figures_are(self, ours: float, theirs: float, one: int, other: int) -> None:
        comparison = compared(
            [row(Result=ours, total_accelerators=one), row(Result=theirs, Units="Watts")],
            row(Result=theirs, total_accelerators=other, **OTHER),
            row(Result=ours, Units="Watts", **OTHER),
        )
        assert json.dumps(comparison_report([comparison]), allow_nan=False)
