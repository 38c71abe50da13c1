"""The matrix of a build: a mark a result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.config.model import Preprocess
from rules.domain import Division, Scenario
from rules.plan import Action, Placement, make_plan
from rules.reports.status import Cell, Mark, Status, format_status, status_of
from rules.reports.tables import findings_report
from rules.todo import Todo
from rules.verdict import Inference, Verdict

INVALID = finding("PERF-016", "a/log", found="INVALID")
FAULTS = {"LOG-001"}
TODO = Todo("closed", "s", "dlrm-v2-99", "Interactive or Server", ("performance",), {})
OFFLINE = verdict()
OPEN = replace(OFFLINE.key, division=Division.OPEN)


def cell(verdict_: Verdict = OFFLINE, **other: Any) -> Cell:
    key = verdict_.key
    return Cell(str(key.division), key.system, key.model, str(key.scenario))._replace(**other)


def marks(*placements: Placement, fails: bool = False, todo: tuple[Todo, ...] = ()) -> dict[Cell, Mark]:
    plan = {
        "round": "v6.1",
        "placements": [each.to_json() for each in placements],
        "todo": [each.to_json() for each in todo],
    }
    findings = findings_report(ROUND, [verdict(findings=(INVALID,) if fails else ())], ())
    return dict(status_of(plan, findings, FAULTS).marks)


@pytest.mark.parametrize(
    ("placement", "fails", "expected"),
    [
        (Placement(OFFLINE.key, Action.KEEP, "passes", OFFLINE.key), False, {cell(): Mark.PASS}),
        (
            Placement(OFFLINE.key, Action.KEEP, "kept", OFFLINE.key, decided_by=(INVALID,)),
            True,
            {cell(): Mark.FAILING},
        ),
        (
            Placement(OFFLINE.key, Action.KEEP, "power", OFFLINE.key, decided_by=(INVALID,), without_power=True),
            True,
            {cell(): Mark.PASS},
        ),
        (
            Placement(OFFLINE.key, Action.MOVE_TO_OPEN, "fails", OPEN, decided_by=(INVALID,)),
            True,
            {cell(): Mark.MOVED, cell(division="open"): Mark.PASS},
        ),
        (Placement(OFFLINE.key, Action.DROP, "fails", decided_by=(INVALID,)), True, {cell(): Mark.DROPPED}),
        (
            Placement(OFFLINE.key, Action.DROP, "broken", decided_by=(replace(INVALID, code="LOG-001"),)),
            True,
            {cell(): Mark.FAILING},
        ),
        (
            Placement(OFFLINE.key, Action.COPY_DOWN, "copied", replace(OFFLINE.key, model="resnet50-lower")),
            False,
            {cell(benchmark="resnet50-lower"): Mark.COPIED},
        ),
    ],
)
def test_each_placement_has_its_mark(placement: Placement, fails: bool, expected: dict[Cell, Mark]) -> None:
    assert marks(placement, fails=fails) == expected


def test_an_inference_in_a_dropped_runs_place_is_what_shows() -> None:
    dropped = Placement(OFFLINE.key, Action.DROP, "fails", decided_by=(INVALID,))
    single = replace(OFFLINE.key, scenario=Scenario.SINGLE_STREAM)
    inferred = Placement(single, Action.INFER, "inferred", OFFLINE.key)
    for rows in ((dropped, inferred), (inferred, dropped)):
        assert marks(*rows)[cell()] is Mark.INFERRED


def test_what_is_missing_is_to_run_be_it_a_choice() -> None:
    assert marks(todo=(TODO,)) == {
        Cell("closed", "s", "dlrm-v2-99", scenario): Mark.TO_RUN for scenario in ("Interactive", "Server")
    }


def test_what_failed_and_is_to_run_again_shows_as_what_became_of_it() -> None:
    dropped = Placement(OFFLINE.key, Action.DROP, "fails", decided_by=(INVALID,))
    again = Todo("closed", "example-edge", "resnet50", "Offline", ("performance",), {})
    assert marks(dropped, todo=(again,)) == {cell(): Mark.DROPPED}


def test_a_real_plan_is_read_whole() -> None:
    others = {Scenario.OFFLINE: Inference(1.0), Scenario.MULTI_STREAM: Inference(1.0)}
    single = verdict(scenario=Scenario.SINGLE_STREAM, inferable=others)
    plan = make_plan([single], ROUND, Preprocess())
    found = marks(*plan.placements, todo=plan.todo)
    assert found[cell(single)] is Mark.PASS
    assert found[cell(single, scenario="Offline")] is Mark.INFERRED


def test_the_matrix_is_a_table_a_system() -> None:
    shown = {
        Cell("closed", "a", "resnet50", "Offline"): Mark.PASS,
        Cell("closed", "a", "bert-99", "Offline"): Mark.DROPPED,
        Cell("closed", "a", "bert-99", "Server"): Mark.COPIED,
        Cell("open", "a", "resnet50", "SingleStream"): Mark.PASS,
    }
    assert format_status(Status("v6.1", shown), "plan.json") == (
        "closed/a\n"
        "            Offline  Server\n"
        "  bert-99   dropped  copied\n"
        "  resnet50  pass     -\n"
        "\n"
        "open/a\n"
        "            SingleStream\n"
        "  resnet50  pass\n"
        "\n"
        "  pass     2  shipped as it was measured\n"
        "  copied   1  shipped, copied down from the higher accuracy target\n"
        "  dropped  1  left out\n"
        "\n"
        "Nothing is missing for a complete closed submission.\n"
    )


def test_what_is_to_run_is_cut_short_in_a_large_submission() -> None:
    text = format_status(Status("v6.1", {}, (TODO,) * 1300), "build/plan.json")
    assert text.startswith("No results.\n\nStill to run")
    assert text.endswith("  and 1,280 more; see build/plan.json\n")


def test_an_open_submission_lacks_nothing() -> None:
    assert "closed" not in format_status(Status("v6.1", {cell(division="open"): Mark.PASS}), "")


def test_a_name_gives_a_terminal_no_orders() -> None:
    assert r"red\x1b[31m" in format_status(Status("v6.1", {cell(system="red\x1b[31m"): Mark.PASS}), "")


def test_every_mark_fits_the_terminal() -> None:
    shown = {cell(benchmark=str(mark)): mark for mark in Mark}
    assert max(map(len, format_status(Status("v6.1", shown), "").splitlines())) <= 80
