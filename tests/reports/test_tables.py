"""The tables for machines: every column and key, and what numbers become there."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import ROUND, description, verdict

from rules.checks.catalogue import finding
from rules.domain import POWER_LOG, Artefact, Division, Run, RunKey, Scenario
from rules.layout import Tree
from rules.plan import Action, Placement, Plan
from rules.reports.tables import (
    SummaryRow,
    findings_report,
    planned_rows,
    summary_csv,
    summary_report,
    verified_report,
    verified_rows,
)
from rules.rounds import load_round
from rules.tree import TreeResult
from rules.verdict import Inference, Power, Verdict
from rules.verification import Judged, Profile, Verification

OFFLINE, SERVER, INTERACTIVE = Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE
POWER = Power(100.0, "Watts", 2.5)
WARNING = finding("PERF-021", "log", found=3)
ERROR = finding("PERF-016", "log", found="INVALID")


def row(**more: Any) -> SummaryRow:
    """A row of a table, as it stands there unless `more` says otherwise."""
    said: dict[str, Any] = {
        "division": "closed",
        "submitter": "ExampleLab",
        "system": "example-edge",
        "model": "resnet50",
        "benchmark": "resnet",
        "scenario": "Offline",
        "fields": description().fields,
        "location": "closed/ExampleLab/results/example-edge/resnet50/Offline/performance/run_1",
        "metric": 284.779,
        "units": "Samples/s",
        "accuracy": {"acc": "76.382"},
        "power": None,
        "has_power": False,
        "inferred": False,
        "logged": "Offline",
        "weight_data_types": "fp32",
        "design_power_watts": None,
    }
    return SummaryRow(**said | more)


def cells(*rows: SummaryRow, round_name: str = "v6.1") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(summary_csv(load_round(round_name), rows))))


class TestCsv:
    def test_has_the_official_columns(self) -> None:
        assert summary_csv(ROUND, []) == (
            "Organization,Availability,Division,SystemType,SystemName,Platform,Model,MlperfModel,Scenario,Result,"
            "Accuracy,number_of_nodes,host_processor_model_name,host_processors_per_node,host_processor_core_count,"
            "accelerator_model_name,accelerators_per_node,total_accelerators,Location,framework,operating_system,"
            "notes,compliance,errors,version,inferred,has_power,Units,weight_data_types,design_power_watts,PrivateID\n"
        )

    def test_says_all_of_a_result(self) -> None:
        assert cells(row()) == [
            {
                "Organization": "ExampleLab",
                "Availability": "available",
                "Division": "closed",
                "SystemType": "edge",
                "SystemName": "Example edge system (synthetic)",
                "Platform": "example-edge",
                "Model": "resnet50",
                "MlperfModel": "resnet",
                "Scenario": "Offline",
                "Result": "284.779",
                "Accuracy": "acc: 76.382",
                "number_of_nodes": "1",
                "host_processor_model_name": "Synthetic processor that sleeps",
                "host_processors_per_node": "1",
                "host_processor_core_count": "1",
                "accelerator_model_name": "N/A",
                "accelerators_per_node": "0",
                "total_accelerators": "0",
                "Location": "closed/ExampleLab/results/example-edge/resnet50/Offline/performance/run_1",
                "framework": "examples/generate.py, mlcommons-loadgen 6.0.17",
                "operating_system": "Linux",
                "notes": "A synthetic system: no hardware was measured.. A synthetic SUT: no model was executed.",
                "compliance": "closed",
                "errors": "0",
                "version": "v6.1",
                "inferred": "0",
                "has_power": "False",
                "Units": "Samples/s",
                "weight_data_types": "fp32",
                "design_power_watts": "None",
                "PrivateID": "",
            }
        ]

    def test_quotes_every_cell(self) -> None:
        line = summary_csv(ROUND, [row(system='a,"b"')]).splitlines()[1]
        assert line.startswith('"ExampleLab","available","closed",')
        assert '"a,""b"""' in line

    def test_has_a_second_row_for_power(self) -> None:
        first, second = cells(row(power=POWER, has_power=True, design_power_watts=900))
        assert (first["Result"], first["Units"], first["has_power"]) == ("284.779", "Samples/s", "True")
        assert (second["Result"], second["Units"], second["design_power_watts"]) == ("100.0", "Watts", "900")
        assert {name for name in first if first[name] != second[name]} == {"Result", "Units"}

    @pytest.mark.parametrize(("power", "has_power"), [(None, True), (POWER, False)])
    def test_has_one_row_where_power_has_no_figure_or_stays_out(self, power: Power | None, has_power: bool) -> None:
        assert len(cells(row(power=power, has_power=has_power))) == 1

    def test_knows_no_design_power_before_v61(self) -> None:
        assert cells(row(design_power_watts=900), round_name="v6.0")[0]["design_power_watts"] == ""

    @pytest.mark.parametrize(
        ("accuracy", "cell"),
        [
            ({}, ""),
            ({"ROUGE1": "44.5", "ROUGE2": "22.1"}, "ROUGE1: 44.5  ROUGE2: 22.1"),
            ({"accuracy_score": "0.79"}, "0.79"),
            ({"accuracy_score": "0.79", "f1": "1"}, "accuracy_score: 0.79  f1: 1"),
            ({"f1": '{"a": 1, "b": 2}'}, "f1: a: 1  b: 2"),
            ({"ROUGE1": "é"}, "ROUGE1: \\u00e9"),
        ],
    )
    def test_says_accuracy_in_one_cell(self, accuracy: dict[str, str], cell: str) -> None:
        assert cells(row(accuracy=accuracy))[0]["Accuracy"] == cell

    @pytest.mark.parametrize(
        ("fields", "total"),
        [
            ({"number_of_nodes": "2", "accelerators_per_node": 4}, "8"),
            ({"number_of_nodes": 2.0, "accelerators_per_node": "0"}, "0"),
            ({"number_of_nodes": "two", "accelerators_per_node": 4}, ""),
            ({"number_of_nodes": 2}, ""),
            ({"number_of_nodes": float("inf"), "accelerators_per_node": 1}, ""),
        ],
    )
    def test_multiplies_nodes_and_accelerators(self, fields: dict[str, object], total: str) -> None:
        assert cells(row(fields=fields))[0]["total_accelerators"] == total

    @pytest.mark.parametrize(
        ("fields", "notes"),
        [
            ({"hw_notes": "a", "sw_notes": "b"}, "a. b"),
            ({"hw_notes": "a", "sw_notes": ""}, "a"),
            ({"sw_notes": "b"}, "b"),
            ({}, ""),
        ],
    )
    def test_joins_the_notes(self, fields: dict[str, object], notes: str) -> None:
        assert cells(row(fields=fields))[0]["notes"] == notes

    @pytest.mark.parametrize(
        ("scenario", "logged", "inferred"),
        [
            ("Offline", "Offline", "0"),
            ("offline", "Offline", "1"),
            ("MultiStream", "SingleStream", "1"),
            ("Interactive", "Server", "1"),
            ("interactive", "server", "0"),
            ("Offline", None, "1"),
        ],
    )
    def test_calls_inferred_what_the_official_checker_does(
        self, scenario: str, logged: str | None, inferred: str
    ) -> None:
        assert cells(row(scenario=scenario, logged=logged))[0]["inferred"] == inferred


def judged(of: Verdict | None = None, *, spelled: str = "Offline", artefacts: tuple[Artefact, ...] = ()) -> Judged:
    of = of or verdict(metric=284.779, accuracy={"acc": "76.382"}, logged="Offline")
    folder = Path("tree/closed/ExampleLab/results/example-edge/resnet50") / spelled
    run = Run(of.key, folder, {artefact: folder / artefact for artefact in artefacts}, spelled=spelled)
    place = TreeResult(of.key.division, of.key.submitter, of.key.system, of.key.model, spelled, folder, run)
    return Judged(place, "resnet", description().fields, of.findings, of)


def verification(*results: Judged, profile: Profile = Profile.STRICT) -> Verification:
    return Verification(ROUND, profile, results, (WARNING,))


class TestVerified:
    def test_rows_are_those_of_results_that_pass(self) -> None:
        passing, failing = judged(verdict(findings=(WARNING,))), judged(verdict(findings=(ERROR,)))
        unjudged = replace(passing, verdict=None)
        assert len(verified_rows(verification(passing, failing, unjudged))) == 1

    def test_a_row_says_all_of_its_result(self) -> None:
        of = verdict(
            metric=284.779,
            accuracy={"acc": "76.382"},
            logged="Offline",
            power=POWER,
            inferred=True,
            weight_data_types="fp32",
            design_power_watts=900,
        )
        assert verified_rows(verification(judged(of, artefacts=(POWER_LOG, Artefact("performance/power/x"))))) == [
            row(power=POWER, has_power=True, inferred=True, design_power_watts=900)
        ]

    def test_a_row_has_its_scenario_as_the_folder_spells_it(self) -> None:
        (made,) = verified_rows(verification(judged(spelled="offline")))
        assert (made.scenario, made.is_officially_inferred) == ("offline", True)
        assert made.location == "closed/ExampleLab/results/example-edge/resnet50/offline/performance/run_1"

    def test_report_holds_results_and_what_belongs_to_none(self) -> None:
        report = verified_report(verification(judged(verdict(findings=(ERROR,)))))
        assert (report["round"], report["profile"]) == ("v6.1", "strict")
        assert report["tree"] == [WARNING.to_json()]
        (result,) = report["results"]
        assert (result["verdict"], result["findings"]) == ("fail", [ERROR.to_json()])

    @pytest.mark.parametrize(
        ("profile", "spelled", "inferred", "said"),
        [
            (Profile.STRICT, "Offline", False, False),
            (Profile.STRICT, "offline", False, False),
            (Profile.STRICT, "Offline", True, True),
            (Profile.OFFICIAL, "offline", False, True),
            (Profile.OFFICIAL, "Offline", False, False),
        ],
    )
    def test_report_calls_inferred_what_the_profile_does(
        self, profile: Profile, spelled: str, inferred: bool, said: bool
    ) -> None:
        of = verdict(logged="Offline", inferred=inferred)
        (result,) = verified_report(verification(judged(of, spelled=spelled), profile=profile))["results"]
        assert result["inferred"] is said

    def test_report_of_a_result_that_was_not_judged_has_no_figures(self) -> None:
        (result,) = verified_report(verification(replace(judged(), verdict=None)))["results"]
        assert (result["verdict"], result["metric"], result["units"], result["accuracy"]) == ("fail", None, None, {})
        assert (result["inferred"], result["power"]) == (False, None)


@pytest.mark.parametrize(
    ("more", "key", "value"),
    [
        ({"metric": float("nan")}, "metric", None),
        ({"metric": float("inf")}, "metric", None),
        (
            {"power": Power(float("inf"), "Watts", float("nan"))},
            "power",
            {"metric": None, "units": "Watts", "efficiency": None},
        ),
        ({"metric": 0}, "metric", 0),
        (
            {"accuracy": {"a": "76.0", "b": "fine", "c": "nan", "d": "1e999"}},
            "accuracy",
            {"a": 76.0, "b": "fine", "c": "nan", "d": "1e999"},
        ),
        ({"power": POWER}, "power", {"metric": 100.0, "units": "Watts", "efficiency": 2.5}),
        ({"power": None}, "power", None),
    ],
)
def test_figures_are_what_json_can_hold(more: dict[str, Any], key: str, value: object) -> None:
    report = findings_report(ROUND, [verdict(**more)], [])
    assert json.loads(json.dumps(report, allow_nan=False))["results"][0][key] == value


def test_the_report_of_findings_has_every_run_as_it_was_judged() -> None:
    passing, failing = verdict(findings=(WARNING,)), verdict(scenario=SERVER, findings=(ERROR,), findings_in_open=())
    report = findings_report(ROUND, [passing, failing], [WARNING])
    assert (report["round"], report["profile"], report["tree"]) == ("v6.1", "strict", [WARNING.to_json()])
    assert report["results"] == [
        {
            "division": "closed",
            "submitter": "ExampleLab",
            "system": "example-edge",
            "benchmark": "resnet50",
            "mlperf_model": "resnet",
            "scenario": scenario,
            "verdict": said,
            "metric": 100.0,
            "units": "Samples/s",
            "accuracy": {},
            "inferred": False,
            "power": None,
            "findings": [found.to_json()],
        }
        for scenario, said, found in (("Offline", "pass", WARNING), ("Server", "fail", ERROR))
    ]


SYSTEMS = {"closed/example-edge": {"system_name": "closed"}, "open/example-edge": {"system_name": "open"}}


class TestPlanned:
    def rows(self, of: Verdict, *placements: Placement) -> list[SummaryRow]:
        return planned_rows(Tree(ROUND.layout), Plan(placements), {of.key.id: of}, SYSTEMS)

    def placed(self, key: RunKey, action: Action, target: RunKey | None, metric: float = 7.0) -> Placement:
        return Placement(key, action, "reason", target, metric, "Samples/s")

    def test_a_kept_run_is_itself(self) -> None:
        of = verdict(
            power=POWER, accuracy={"acc": "76"}, logged="Offline", weight_data_types="int8", design_power_watts=9
        )
        (made,) = self.rows(of, self.placed(of.key, Action.KEEP, of.key))
        assert made == SummaryRow(
            division="closed",
            submitter="ExampleLab",
            system="example-edge",
            model="resnet50",
            benchmark="resnet",
            scenario="Offline",
            fields={"system_name": "closed"},
            location="closed/ExampleLab/results/example-edge/resnet50/Offline/performance/run_1",
            metric=7.0,
            units="Samples/s",
            accuracy={"acc": "76"},
            power=POWER,
            has_power=True,
            inferred=False,
            logged="Offline",
            weight_data_types="int8",
            design_power_watts=9,
        )

    def test_an_inferred_one_has_the_power_of_the_inference(self) -> None:
        power = Power(50.0, "Watts", 1.0)
        of = verdict(scenario=Scenario.SINGLE_STREAM, power=POWER, inferable={OFFLINE: Inference(9.0, power)})
        target = replace(of.key, scenario=OFFLINE)
        (made,) = self.rows(of, self.placed(of.key, Action.INFER, target, 9.0))
        assert (made.inferred, made.scenario, made.metric, made.power) == (True, "Offline", 9.0, power)

    def test_a_moved_one_has_the_description_of_its_place(self) -> None:
        of = verdict()
        target = replace(of.key, division=Division.OPEN)
        (made,) = self.rows(of, self.placed(of.key, Action.MOVE_TO_OPEN, target))
        assert (made.division, made.fields) == ("open", {"system_name": "open"})
        assert made.location.startswith("open/ExampleLab/results/")

    def test_a_place_without_a_description_has_the_runs_own(self) -> None:
        of = verdict(system="other", division=Division.OPEN)
        systems = {"open/other": {"system_name": "other"}}
        target = replace(of.key, system="renamed")
        plan = Plan((self.placed(of.key, Action.KEEP, target),))
        (made,) = planned_rows(Tree(ROUND.layout), plan, {of.key.id: of}, systems)
        assert made.fields == {"system_name": "other"}

    def test_a_dropped_one_has_no_row(self) -> None:
        of = verdict()
        assert self.rows(of, self.placed(of.key, Action.DROP, None)) == []

    def test_a_dropped_one_has_a_metric_that_json_can_hold(self) -> None:
        dropped = self.placed(verdict().key, Action.DROP, None, float("nan"))
        assert summary_report(ROUND, [], Plan((dropped,)))["dropped"][0]["metric"] is None

    def test_the_summary_tells_what_is_shipped_and_what_is_not(self) -> None:
        of = verdict()
        dropped = self.placed(of.key, Action.DROP, None)
        assert summary_report(ROUND, [row(power=POWER)], Plan((dropped,))) == {
            "round": "v6.1",
            "results": [
                {
                    "division": "closed",
                    "submitter": "ExampleLab",
                    "system": "example-edge",
                    "benchmark": "resnet50",
                    "mlperf_model": "resnet",
                    "scenario": "Offline",
                    "metric": 284.779,
                    "units": "Samples/s",
                    "accuracy": {"acc": 76.382},
                    "inferred": False,
                    "power": vars(POWER),
                }
            ],
            "dropped": [dropped.to_json()],
        }
