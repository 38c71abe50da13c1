"""Where every run goes, and why: each case by itself, each switch on and off, and the laws of all plans."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.completeness import missing_scenarios
from rules.config.model import Preprocess
from rules.domain import Category, Division, RunKey, Scenario
from rules.plan import Action, Placement, Plan, make_plan
from rules.rounds import Round, available_rounds, load_round
from rules.verdict import Inference, Verdict

SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER, INTERACTIVE = Scenario
V51 = load_round("v5.1")
ALL_OFF = Preprocess(**dict.fromkeys(vars(Preprocess()), False))

#: Findings of each kind: of what both divisions ask, of what closed alone asks, of power, of broken input.
INVALID = finding("PERF-016", "folder")
UNTESTED = finding("COMP-001", "folder", found="TEST01", expected="verify_performance.txt")
UNPOWERED = finding("POW-001", "folder", found="in power missing server.json")
TORN = finding("PERF-002", "folder", found="line 7")


def run(model: str = "resnet50", scenario: Scenario = OFFLINE, **more: Any) -> Verdict:
    """A run that passes, from which the round's scenarios may be inferred on an edge system."""
    benchmark = more.pop("benchmark", {"resnet50": "resnet"}.get(model, model))
    category = more.setdefault("category", Category.EDGE)
    targets = [target for source, target in ROUND.inference if source is scenario]
    inferable = {target: Inference(7.0) for target in targets} if category.allows_inference else {}
    return verdict(model, scenario, benchmark=benchmark, **{"inferable": inferable} | more)


def fails_in_closed(model: str = "resnet50", scenario: Scenario = OFFLINE, **more: Any) -> Verdict:
    return run(model, scenario, findings=(UNTESTED,), inferable={}, **more)


def fails(model: str = "resnet50", scenario: Scenario = OFFLINE, **more: Any) -> Verdict:
    return run(model, scenario, findings=(INVALID,), findings_in_open=(INVALID,), inferable={}, **more)


def fails_in_power(model: str = "resnet50", scenario: Scenario = OFFLINE, **more: Any) -> Verdict:
    return run(model, scenario, findings=(UNPOWERED,), findings_in_open=(UNPOWERED,), **more)


def resnet(*scenarios: Scenario, **more: Any) -> list[Verdict]:
    return [run("resnet50", scenario, **more) for scenario in scenarios]


def llama(*verdicts: Verdict) -> list[Verdict]:
    """Runs of a benchmark that requires Offline, and Server or Interactive."""
    return [replace(v, category=Category.DATACENTER, inferable={}) for v in verdicts]


LLAMA = "llama2-70b-99.9"


def planned(*verdicts: Verdict, round_: Round = ROUND, also_open: Collection[Verdict] = (), **switches: bool) -> Plan:
    return make_plan(verdicts, round_, Preprocess(**switches), {each.key for each in also_open})


def lines(plan: Plan) -> list[str]:
    """The plan's rows, without the system's name: `infer closed/resnet50/SingleStream -> closed/resnet50/Offline`."""
    return [_line(row).replace("/example-edge/", "/") for row in plan.placements]


def _line(row: Placement) -> str:
    moved = "" if row.target in (None, row.source) else f" -> {row.target.id if row.target else ''}"
    return f"{row.action.value} {row.source.id}{moved}"


def row_of(plan: Plan, line: str) -> Placement:
    return next(row for row in plan.placements if _line(row).replace("/example-edge/", "/") == line)


def codes(plan: Plan) -> list[str]:
    return [found.code for found in plan.findings]


def targets(plan: Plan) -> set[RunKey]:
    return {row.target for row in plan.placed() if row.target}


class TestKeep:
    def test_a_complete_benchmark_stays_in_closed(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE))
        assert lines(plan) == [
            "keep closed/resnet50/MultiStream",
            "keep closed/resnet50/Offline",
            "keep closed/resnet50/SingleStream",
        ]
        assert {row.reason for row in plan.placements} == {"passes"}
        assert not plan.findings
        assert not plan.todo

    def test_open_results_stand_each_for_itself(self) -> None:
        plan = planned(run(division=Division.OPEN), fails("resnet50", MULTI_STREAM, division=Division.OPEN))
        assert lines(plan) == ["drop open/resnet50/MultiStream", "keep open/resnet50/Offline"]

    def test_network_results_are_held_together_as_closed_ones(self) -> None:
        plan = planned(run(division=Division.NETWORK, category=Category.DATACENTER_EDGE))
        assert lines(plan) == ["move to open network/resnet50/Offline -> open/resnet50/Offline"]

    @pytest.mark.parametrize("optional", [(SERVER,), (INTERACTIVE,), (SERVER, INTERACTIVE)])
    def test_one_of_the_optional_scenarios_is_enough(self, optional: tuple[Scenario, ...]) -> None:
        plan = planned(*llama(run(LLAMA), *(run(LLAMA, scenario) for scenario in optional)))
        assert {row.action for row in plan.placements} == {Action.KEEP}

    def test_warnings_change_nothing(self) -> None:
        warned = replace(INVALID, severity=finding("PLAN-006", "folder").severity)
        assert lines(planned(run(division=Division.OPEN, findings=(warned,)))) == ["keep open/resnet50/Offline"]


class TestInfer:
    def test_what_nobody_measured_is_inferred_from_single_stream(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM))
        assert lines(plan) == [
            "infer closed/resnet50/SingleStream -> closed/resnet50/MultiStream",
            "infer closed/resnet50/SingleStream -> closed/resnet50/Offline",
            "keep closed/resnet50/SingleStream",
        ]
        assert not plan.findings

    def test_offline_comes_from_multi_stream_where_both_are_there(self) -> None:
        assert "infer closed/resnet50/MultiStream -> closed/resnet50/Offline" in lines(
            planned(*resnet(SINGLE_STREAM, MULTI_STREAM))
        )

    def test_single_stream_is_inferred_from_nothing(self) -> None:
        plan = planned(*resnet(MULTI_STREAM, OFFLINE))
        assert {row.action for row in plan.placements} == {Action.MOVE_TO_OPEN}

    def test_an_inference_has_the_figures_of_its_scenario_and_says_where_they_come_from(self) -> None:
        row = row_of(planned(*resnet(SINGLE_STREAM)), "infer closed/resnet50/SingleStream -> closed/resnet50/Offline")
        assert (row.metric, row.units) == (7.0, "Samples/s")
        assert row.reason == "Offline inferred from SingleStream, as the round permits on edge systems"

    def test_nothing_is_inferred_over_a_measured_result_that_passes(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE), infer_over_failed=True)
        assert {row.action for row in plan.placements} == {Action.KEEP}

    def test_nothing_is_inferred_from_a_failing_result(self) -> None:
        plan = planned(fails_in_closed("resnet50", SINGLE_STREAM), run(), infer_over_failed=True)
        assert Action.INFER not in {row.action for row in plan.placements}

    def test_nothing_is_inferred_where_the_check_found_that_it_would_not_pass(self) -> None:
        plan = planned(run("bert-99", SINGLE_STREAM, inferable={}))
        assert lines(plan) == ["move to open closed/bert-99/SingleStream -> open/bert-99/SingleStream"]

    def test_nothing_is_inferred_that_the_benchmark_does_not_have(self) -> None:
        assert lines(planned(run("bert-99", SINGLE_STREAM))) == [
            "infer closed/bert-99/SingleStream -> closed/bert-99/Offline",
            "keep closed/bert-99/SingleStream",
        ]

    def test_nothing_is_inferred_in_open_where_nothing_is_required(self) -> None:
        assert lines(planned(*resnet(SINGLE_STREAM, division=Division.OPEN))) == ["keep open/resnet50/SingleStream"]

    def test_nothing_is_inferred_for_a_benchmark_that_stays_incomplete(self) -> None:
        both = Category.DATACENTER_EDGE  # which needs Server as well
        plan = planned(*resnet(SINGLE_STREAM, category=both))
        assert lines(plan) == ["move to open closed/resnet50/SingleStream -> open/resnet50/SingleStream"]

    def test_a_failing_result_is_not_replaced_unasked(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM), fails())
        assert Action.INFER not in {row.action for row in plan.placements}
        told = next(found for found in plan.findings if found.code == "PLAN-012")
        assert (told.found, told.expected, told.is_error) == ("Offline", "MultiStream", False)

    def test_a_failing_result_is_replaced_where_the_switch_says_so_and_the_table_too(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM), fails(), infer_over_failed=True)
        assert lines(plan) == [
            "infer closed/resnet50/MultiStream -> closed/resnet50/Offline",
            "keep closed/resnet50/MultiStream",
            "drop closed/resnet50/Offline",
            "keep closed/resnet50/SingleStream",
        ]
        assert row_of(plan, "drop closed/resnet50/Offline").reason == (
            "fails in closed; an inference is submitted in its place"
        )
        assert plan.placements[0].reason.endswith("in place of the measured result, which fails")
        assert not plan.findings

    def test_a_failing_result_is_not_called_replaced_where_the_benchmark_stays_incomplete(self) -> None:
        plan = planned(*resnet(MULTI_STREAM), fails_in_closed(), infer_over_failed=True)
        row = row_of(plan, "move to open closed/resnet50/Offline -> open/resnet50/Offline")
        assert row.reason == "fails in closed"

    def test_a_replaced_result_is_not_offered_to_open(self) -> None:
        plan = planned(
            *resnet(SINGLE_STREAM, MULTI_STREAM), fails_in_closed(), infer_over_failed=True, move_failed_to_open=False
        )
        assert "PLAN-008" not in codes(plan)


class TestCopyDown:
    BOTH = (run("bert-99.9", OFFLINE), run("bert-99.9", SINGLE_STREAM))

    def test_a_result_at_the_higher_target_stands_for_the_lower_one(self) -> None:
        plan = planned(*self.BOTH)
        assert lines(plan) == [
            "copy down closed/bert-99.9/Offline -> closed/bert-99/Offline",
            "keep closed/bert-99.9/Offline",
            "copy down closed/bert-99.9/SingleStream -> closed/bert-99/SingleStream",
            "keep closed/bert-99.9/SingleStream",
        ]
        assert plan.placements[0].reason == "also submitted as bert-99: the stricter accuracy target holds for both"
        assert plan.placements[0].metric == plan.placements[1].metric

    def test_an_inferred_result_too_which_says_both(self) -> None:
        plan = planned(self.BOTH[1])
        row = row_of(plan, "copy down closed/bert-99.9/SingleStream -> closed/bert-99/Offline")
        assert (row.metric, row.units) == (7.0, "Samples/s")
        assert row.reason == (
            "Offline inferred from SingleStream, as the round permits on edge systems;"
            " also submitted as bert-99: the stricter accuracy target holds for both"
        )

    def test_a_result_that_moved_to_open_is_copied_there(self) -> None:
        plan = planned(fails_in_closed("bert-99.9"))
        assert "copy down closed/bert-99.9/Offline -> open/bert-99/Offline" in lines(plan)

    def test_not_where_the_system_has_a_result_of_its_own(self) -> None:
        plan = planned(*self.BOTH, run("bert-99", OFFLINE), run("bert-99", SINGLE_STREAM))
        assert {row.action for row in plan.placements} == {Action.KEEP}

    def test_not_over_a_result_of_its_own_that_fails(self) -> None:
        plan = planned(*self.BOTH, fails("bert-99"))
        assert Action.COPY_DOWN not in {row.action for row in plan.placements}

    def test_another_system_s_own_result_is_no_obstacle(self) -> None:
        others = [run("bert-99", scenario, system="other") for scenario in (OFFLINE, SINGLE_STREAM)]
        assert Action.COPY_DOWN in {row.action for row in planned(*self.BOTH, *others).placements}

    def test_not_where_the_round_lacks_the_lower_target(self) -> None:
        llamas = llama(run(LLAMA), run(LLAMA, SERVER))
        assert lines(planned(*llamas)) == [f"keep closed/{LLAMA}/Offline", f"keep closed/{LLAMA}/Server"]
        assert "copy down closed/llama2-70b-99.9/Offline -> closed/llama2-70b-99/Offline" in lines(
            planned(*llamas, round_=V51)
        )

    def test_not_of_a_failing_result_that_is_kept(self) -> None:
        plan = planned(self.BOTH[0], fails("bert-99.9", SINGLE_STREAM), drop_failed=False)
        assert {row.action for row in plan.placements} == {Action.KEEP}

    @pytest.mark.parametrize("round_", [load_round(name) for name in available_rounds()], ids=available_rounds())
    def test_the_lower_target_asks_for_the_same_runs_in_every_round(self, round_: Round) -> None:
        """Or else a copy would be incomplete, or break a limit that the original keeps."""
        pairs = [(name, name.removesuffix(".9")) for name in round_.benchmarks if name.endswith("-99.9")]
        for higher, lower in ((round_.benchmarks[a], round_.benchmarks.get(b)) for a, b in pairs):
            if lower is not None and lower.listed:
                own = ("name", "listed", "accuracy")
                assert {k: v for k, v in vars(higher).items() if k not in own} == {
                    k: v for k, v in vars(lower).items() if k not in own
                }
                for strict, lax in zip(higher.accuracy, lower.accuracy, strict=True):
                    assert (strict.name, strict.upper_limit) == (lax.name, lax.upper_limit)
                    assert strict.compliance_delta_percent <= lax.compliance_delta_percent
                    assert all(target >= lax.targets[scenario] for scenario, target in strict.targets.items())


class TestMoveToOpen:
    def test_what_fails_in_closed_alone_moves_and_takes_its_benchmark_along(self) -> None:
        plan = planned(*resnet(MULTI_STREAM, OFFLINE), fails_in_closed("resnet50", SINGLE_STREAM))
        assert lines(plan) == [
            "move to open closed/resnet50/MultiStream -> open/resnet50/MultiStream",
            "move to open closed/resnet50/Offline -> open/resnet50/Offline",
            "move to open closed/resnet50/SingleStream -> open/resnet50/SingleStream",
        ]
        assert [row.reason for row in plan.placements] == [
            "closed submissions must have SingleStream",
            "closed submissions must have SingleStream",
            "fails in closed",
        ]
        assert [row.codes for row in plan.placements] == [("PLAN-002",), ("PLAN-002",), ("COMP-001",)]

    def test_what_the_benchmark_lacks_is_said_once_for_each_run_and_fails_nothing(self) -> None:
        plan = planned(*resnet(MULTI_STREAM, OFFLINE))
        assert codes(plan) == ["PLAN-002", "PLAN-002"]
        assert not any(found.is_error for found in plan.findings)

    def test_what_fails_in_open_too_is_dropped_and_the_others_move(self) -> None:
        plan = planned(*resnet(MULTI_STREAM, OFFLINE), fails("resnet50", SINGLE_STREAM))
        assert [row.action for row in plan.placements] == [Action.MOVE_TO_OPEN, Action.MOVE_TO_OPEN, Action.DROP]
        assert row_of(plan, "drop closed/resnet50/SingleStream").codes == ("PERF-016",)

    def test_another_benchmark_of_the_system_stays(self) -> None:
        plan = planned(fails_in_closed(), run("bert-99", OFFLINE), run("bert-99", SINGLE_STREAM))
        assert [line for line in lines(plan) if line.startswith("keep")] == [
            "keep closed/bert-99/Offline",
            "keep closed/bert-99/SingleStream",
        ]

    def test_an_optional_scenario_moves_alone_while_another_is_there(self) -> None:
        plan = planned(*llama(run(LLAMA), run(LLAMA, INTERACTIVE), fails_in_closed(LLAMA, SERVER)))
        assert lines(plan) == [
            f"keep closed/{LLAMA}/Interactive",
            f"keep closed/{LLAMA}/Offline",
            f"move to open closed/{LLAMA}/Server -> open/{LLAMA}/Server",
        ]

    def test_the_last_optional_scenario_takes_the_rest_along(self) -> None:
        plan = planned(*llama(run(LLAMA), fails(LLAMA, SERVER)))
        assert lines(plan) == [
            f"move to open closed/{LLAMA}/Offline -> open/{LLAMA}/Offline",
            f"drop closed/{LLAMA}/Server",
        ]
        assert plan.placements[0].reason == "closed submissions must have Interactive or Server"

    def test_a_benchmark_that_is_not_of_the_category_moves(self) -> None:
        """Which the official checker dies of, in closed."""
        plan = planned(*resnet(SINGLE_STREAM, OFFLINE, category=Category.DATACENTER))
        assert {row.action for row in plan.placements} == {Action.MOVE_TO_OPEN}
        assert {row.reason for row in plan.placements} == {"no benchmark of the datacenter category"}
        assert codes(plan) == ["PLAN-005", "PLAN-005"]
        assert [found.path for found in plan.findings] == [row.decided_by[0].path for row in plan.placements]

    def test_a_scenario_that_the_benchmark_does_not_have_moves_and_leaves_the_rest(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER))
        assert lines(plan)[2] == "move to open closed/resnet50/Server -> open/resnet50/Server"
        assert plan.placements[2].reason == "no scenario of this benchmark in the edge category"
        assert [row.action for row in plan.placements].count(Action.KEEP) == 3
        assert codes(plan) == ["PLAN-003"]

    def test_an_out_of_place_run_that_fails_besides_says_so_too(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE), fails("resnet50", SERVER))
        assert row_of(plan, "drop closed/resnet50/Server").codes == ("PERF-016", "PLAN-003")

    def test_a_result_of_open_s_own_has_its_place(self) -> None:
        plan = planned(fails_in_closed(), run(division=Division.OPEN))
        assert lines(plan) == ["drop closed/resnet50/Offline", "keep open/resnet50/Offline"]
        assert plan.placements[0].reason == "fails in closed; open has another result of this scenario"

    def test_a_result_of_open_s_own_that_fails_leaves_its_place(self) -> None:
        plan = planned(fails_in_closed(), fails(division=Division.OPEN))
        assert lines(plan) == [
            "move to open closed/resnet50/Offline -> open/resnet50/Offline",
            "drop open/resnet50/Offline",
        ]

    def test_of_two_that_move_to_one_place_the_first_division_has_it(self) -> None:
        plan = planned(fails_in_closed(), fails_in_closed(division=Division.NETWORK))
        assert lines(plan) == [
            "move to open closed/resnet50/Offline -> open/resnet50/Offline",
            "drop network/resnet50/Offline",
        ]

    def test_what_has_no_benchmark_moves_nowhere(self) -> None:
        unknown = finding("PLAN-001", "folder", found="resnext", expected="v6.1")
        plan = planned(run("resnext", benchmark=None, findings=(unknown,)))
        assert lines(plan) == ["drop closed/resnext/Offline"]
        assert (plan.placements[0].reason, plan.placements[0].codes) == ("fails in closed", ("PLAN-001",))

    def test_what_has_no_category_is_held_to_no_set_of_scenarios(self) -> None:
        """Its description is at fault, and says so."""
        undescribed = finding("SYS-001", "folder")
        plan = planned(replace(run(findings=(undescribed,), findings_in_open=(undescribed,)), category=None))
        assert (plan.placements[0].reason, plan.placements[0].codes) == ("fails in closed", ("SYS-001",))
        assert not plan.todo


class TestPower:
    """Power that fails is removed, and the performance result kept."""

    def test_stays_out_of_a_kept_result(self) -> None:
        (row,) = planned(fails_in_power(division=Division.OPEN)).placements
        assert (row.action, row.without_power, row.codes) == (Action.KEEP, True, ("POW-001",))
        assert row.reason == "power measurement fails and is left out"
        assert not row.is_kept_failing

    def test_does_not_make_the_benchmark_incomplete(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM), fails_in_power())
        assert [row.action for row in plan.placements] == [Action.KEEP] * 3
        assert not plan.todo

    def test_stays_out_of_what_is_inferred_from_the_result(self) -> None:
        plan = planned(fails_in_power("bert-99", SINGLE_STREAM))
        assert [(row.action, row.without_power) for row in plan.placements] == [
            (Action.INFER, True),
            (Action.KEEP, True),
        ]
        assert plan.placements[0].reason.endswith("on edge systems; power measurement fails and is left out")

    def test_stays_out_of_a_copy(self) -> None:
        plan = planned(fails_in_power("bert-99.9", division=Division.OPEN))
        assert [(row.action, row.without_power) for row in plan.placements] == [
            (Action.COPY_DOWN, True),
            (Action.KEEP, True),
        ]

    def test_stays_out_of_a_result_that_moves(self) -> None:
        failing = run(findings=(UNTESTED, UNPOWERED), findings_in_open=(UNPOWERED,))
        (row,) = planned(failing).placements
        assert (row.action, row.without_power) == (Action.MOVE_TO_OPEN, True)
        assert row.reason == "fails in closed; power measurement fails and is left out"
        assert row.decided_by == (UNTESTED, UNPOWERED)

    def test_comes_along_where_it_passes(self) -> None:
        assert not any(row.without_power for row in planned(*resnet(SINGLE_STREAM)).placements)

    def test_is_kept_with_its_result_where_nothing_is_dropped(self) -> None:
        plan = planned(fails_in_power(division=Division.OPEN), drop_failed=False)
        (row,) = plan.placements
        assert (row.action, row.without_power, row.is_kept_failing) == (Action.KEEP, False, True)
        assert codes(plan) == ["PLAN-009"]


class TestClosedOpen:
    """Runs that are declared for both divisions; each division is planned for itself."""

    def test_are_placed_in_both(self) -> None:
        runs = resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE)
        plan = planned(*runs, also_open=runs)
        assert lines(plan) == [
            line
            for scenario in ("MultiStream", "Offline", "SingleStream")
            for line in (
                f"also open closed/resnet50/{scenario} -> open/resnet50/{scenario}",
                f"keep closed/resnet50/{scenario}",
            )
        ]

    @pytest.mark.parametrize("moves", [True, False])
    def test_that_fail_in_closed_alone_are_in_open_whatever_the_switch_says(self, moves: bool) -> None:
        failing = fails_in_closed()
        plan = planned(failing, also_open=[failing], move_failed_to_open=moves)
        assert lines(plan) == [
            "also open closed/resnet50/Offline -> open/resnet50/Offline",
            "drop closed/resnet50/Offline",
        ]
        assert "PLAN-008" not in codes(plan)
        assert plan.dropped() == {failing.key}

    def test_that_fail_in_both_are_dropped_from_both_each_with_its_reason(self) -> None:
        failing = fails()
        plan = planned(failing, also_open=[failing])
        assert [row.reason for row in plan.placements] == ["fails in closed", "declared closed-open; fails in open"]
        assert not plan.placed()

    def test_that_fail_in_both_are_kept_in_both_where_nothing_is_dropped(self) -> None:
        failing = fails()
        plan = planned(failing, also_open=[failing], drop_failed=False)
        assert lines(plan) == [
            "also open closed/resnet50/Offline -> open/resnet50/Offline",
            "keep closed/resnet50/Offline",
        ]
        assert all(row.is_kept_failing for row in plan.placements)

    def test_give_way_to_a_result_of_open_s_own(self) -> None:
        runs = resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE)
        plan = planned(*runs, run(division=Division.OPEN), also_open=runs)
        assert lines(plan)[2:4] == ["drop closed/resnet50/Offline", "keep closed/resnet50/Offline"]
        assert plan.placements[2].reason == "declared closed-open; open has another result of this scenario"

    def test_come_before_results_that_move(self) -> None:
        declared, moving = fails_in_closed(), fails_in_closed(division=Division.NETWORK)
        plan = planned(declared, moving, also_open=[declared])
        assert row_of(plan, "also open closed/resnet50/Offline -> open/resnet50/Offline")
        assert row_of(plan, "drop network/resnet50/Offline")

    def test_are_measured_once_and_inferred_in_closed_alone(self) -> None:
        single_stream = run("bert-99", SINGLE_STREAM)
        assert lines(planned(single_stream, also_open=[single_stream])) == [
            "also open closed/bert-99/SingleStream -> open/bert-99/SingleStream",
            "infer closed/bert-99/SingleStream -> closed/bert-99/Offline",
            "keep closed/bert-99/SingleStream",
        ]

    def test_are_copied_down_in_each(self) -> None:
        runs = [run("bert-99.9", OFFLINE), run("bert-99.9", SINGLE_STREAM)]
        copies = [line for line in lines(planned(*runs, also_open=runs)) if line.startswith("copy")]
        assert [line.split(" -> ")[1] for line in copies] == [
            f"{division}/bert-99/{scenario}" for scenario in (OFFLINE, SINGLE_STREAM) for division in ("closed", "open")
        ]

    def test_leave_out_power_that_fails_in_both(self) -> None:
        failing = fails_in_power("bert-99", SINGLE_STREAM)
        plan = planned(failing, also_open=[failing])
        assert all(row.without_power for row in plan.placements)


class TestNames:
    """The tree has one model_mapping.json: in open, a model stands for one benchmark."""

    @staticmethod
    def custom(system: str, benchmark: str, **more: Any) -> Verdict:
        return run("my-model", system=system, division=Division.OPEN, benchmark=benchmark, **more)

    def test_of_several_systems_may_agree(self) -> None:
        plan = planned(self.custom("a", "bert-99"), self.custom("b", "bert-99"))
        assert [row.action for row in plan.placements] == [Action.KEEP, Action.KEEP]

    def test_that_stand_for_two_benchmarks_are_errors_and_neither_is_submitted(self) -> None:
        plan = planned(self.custom("a", "bert-99"), self.custom("b", "resnet"), run("bert-99", division=Division.OPEN))
        assert _actions(plan, "my-model") == [Action.DROP, Action.DROP]
        assert _actions(plan, "bert-99") == [Action.KEEP]
        first, second = plan.findings
        assert (first.code, first.is_error, first.path) == ("PLAN-010", True, "results/a/my-model/Offline")
        assert first.message == ("the model stands for bert-99 here, but for resnet in results/b/my-model/Offline")
        assert second.path == "results/b/my-model/Offline"
        assert plan.placements[0].codes == ("PLAN-010",)

    def test_of_two_runs_of_one_system_count_likewise(self) -> None:
        """A run may have a model_mapping.json of its own."""
        plan = planned(self.custom("a", "bert-99"), self.custom("a", "resnet", scenario=SINGLE_STREAM))
        assert _actions(plan, "my-model") == [Action.DROP, Action.DROP]

    def test_count_where_a_result_is_placed(self) -> None:
        plan = planned(self.custom("a", "bert-99"), fails("my-model", system="b", division=Division.OPEN))
        assert _actions(plan, "my-model") == [Action.KEEP, Action.DROP]
        assert not plan.findings

    def test_count_for_results_that_move_as_well(self) -> None:
        moving = fails_in_closed("my-model", system="b", benchmark="resnet")
        assert _actions(planned(self.custom("a", "bert-99"), moving), "my-model") == [Action.DROP, Action.DROP]

    def test_do_not_count_for_copies(self) -> None:
        plan = planned(
            run("bert-99.9", system="a", division=Division.OPEN), run("bert-99", system="b", division=Division.OPEN)
        )
        assert not plan.findings

    def test_that_contradict_are_kept_where_nothing_is_dropped_and_fail_the_build(self) -> None:
        plan = planned(self.custom("a", "bert-99"), self.custom("b", "resnet"), drop_failed=False)
        assert all(row.is_kept_failing for row in plan.placements)
        assert codes(plan) == ["PLAN-009", "PLAN-009", "PLAN-010", "PLAN-010"]


def _actions(plan: Plan, model: str) -> list[Action]:
    return [row.action for row in plan.placements if row.source.model == model]


class TestSwitches:
    """A switch that is off leaves things as they are, and turns the case into a finding."""

    @pytest.mark.parametrize(
        ("switch", "verdicts", "code", "is_error"),
        [
            pytest.param("infer_scenarios", resnet(SINGLE_STREAM, OFFLINE), "PLAN-006", False, id="infer_scenarios"),
            pytest.param("copy_down_accuracy_variants", list(TestCopyDown.BOTH), "PLAN-007", False, id="copy_down"),
            pytest.param("move_failed_to_open", [fails_in_closed()], "PLAN-008", False, id="move_failed_to_open"),
            pytest.param("drop_failed", [fails()], "PLAN-009", True, id="drop_failed"),
            pytest.param("drop_failed", [fails_in_power()], "PLAN-009", True, id="drop_failed, power"),
            pytest.param(
                "infer_over_failed",
                [*resnet(SINGLE_STREAM, MULTI_STREAM), fails()],
                "PLAN-012",
                False,
                id="infer_over_failed",
            ),
        ],
    )
    def test_one_off_is_one_finding(self, switch: str, verdicts: list[Verdict], code: str, is_error: bool) -> None:
        on, off = (make_plan(verdicts, ROUND, Preprocess(**{switch: state})) for state in (True, False))
        assert code not in codes(on)
        assert code in codes(off)
        assert {found.is_error for found in off.findings if found.code == code} == {is_error}
        assert lines(on) != lines(off)

    def test_without_moving_the_incomplete_is_dropped(self) -> None:
        plan = planned(*resnet(MULTI_STREAM, OFFLINE), move_failed_to_open=False)
        assert {row.action for row in plan.placements} == {Action.DROP}
        assert codes(plan) == ["PLAN-002", "PLAN-002", "PLAN-004", "PLAN-008", "PLAN-008"]

    def test_without_dropping_a_failing_run_keeps_its_place_and_its_benchmark(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM), fails(), drop_failed=False)
        assert {row.action for row in plan.placements} == {Action.KEEP}
        assert row_of(plan, "keep closed/resnet50/Offline").reason == (
            "fails in closed; kept because drop_failed is off"
        )
        assert [each.scenario for each in plan.todo] == ["Offline"]

    def test_without_dropping_what_may_move_does(self) -> None:
        plan = planned(*resnet(SINGLE_STREAM, MULTI_STREAM), fails_in_closed(), drop_failed=False)
        assert {row.action for row in plan.placements} == {Action.MOVE_TO_OPEN}

    def test_copying_is_refused_with_the_run_and_its_place(self) -> None:
        plan = planned(*TestCopyDown.BOTH, copy_down_accuracy_variants=False)
        assert [(found.path, found.found) for found in plan.findings] == [
            (f"results/example-edge/bert-99.9/{scenario}", f"closed/example-edge/bert-99/{scenario}")
            for scenario in (OFFLINE, SINGLE_STREAM)
        ]


def test_nothing_to_ship_is_an_error() -> None:
    plan = planned(fails())
    assert [(found.code, found.is_error) for found in plan.findings] == [("PLAN-004", True)]
    assert codes(planned()) == ["PLAN-004"]


def test_a_plan_is_written_with_every_run_and_its_reason() -> None:
    moved, dropped = planned(fails_in_closed(), fails("resnet50", SINGLE_STREAM)).placements
    assert json.loads(json.dumps(moved.to_json())) == {
        "run": "closed/example-edge/resnet50/Offline",
        "action": "move to open",
        "target": "open/example-edge/resnet50/Offline",
        "reason": "fails in closed",
        "without_power": False,
        "decided_by": [UNTESTED.to_json()],
        "metric": 100.0,
        "units": "Samples/s",
    }
    assert (dropped.to_json()["action"], dropped.to_json()["target"]) == ("drop", None)


def test_what_is_placed_is_sorted_by_its_place() -> None:
    both = resnet(SINGLE_STREAM, MULTI_STREAM, OFFLINE)
    divisions = [row.target.division for row in planned(*both, also_open=both).placed() if row.target]
    assert divisions == [Division.CLOSED] * 3 + [Division.OPEN] * 3


def test_what_is_dropped_is_what_a_division_lacks() -> None:
    plan = planned(fails_in_closed(), fails("resnet50", SINGLE_STREAM))
    assert {key.scenario for key in plan.dropped()} == {SINGLE_STREAM}


#: What the checks may say of a run: findings in closed, and those in open.
STATES = {
    "passes": ((), ()),
    "fails in closed": ((UNTESTED,), ()),
    "fails": ((INVALID,), (INVALID,)),
    "fails in power": ((UNPOWERED,), (UNPOWERED,)),
    "fails in closed and in power": ((UNTESTED, UNPOWERED), (UNPOWERED,)),
    "can't be read": ((TORN,), (TORN,)),
}
MODELS = ("resnet50", "bert-99", "bert-99.9", LLAMA, "3d-unet-99.9", "my-model", "resnext")


#: Passing most of the time, so that benchmarks come out complete as well.
_states = st.sampled_from(["passes"] * len(STATES) + sorted(STATES))
_systems = st.tuples(st.sampled_from([*Division]), st.sampled_from("ab"))


@st.composite
def verdicts_of_a_build(draw: st.DrawFn, /, models: Collection[str] = MODELS) -> list[Verdict]:
    """Benchmarks of two systems in each division, with some scenarios each, in every state."""
    categories = {system: draw(st.sampled_from([*Category])) for system in "ab"}
    stands_for = {system: draw(st.sampled_from(["resnet", "bert-99"])) for system in "ab"}
    groups = draw(st.sets(st.tuples(_systems, st.sampled_from(sorted(models))), max_size=6))
    return [
        _drawn(division, system, model, scenario, categories[system], stands_for[system], draw(_states))
        for (division, system), model in sorted(groups)
        for scenario in sorted(draw(st.sets(st.sampled_from([*Scenario]), min_size=1, max_size=4)))
    ]


def _drawn(
    division: Division, system: str, model: str, scenario: Scenario, category: Category, custom: str, state: str
) -> Verdict:
    benchmark: str | None = {"resnet50": "resnet", "my-model": custom, "resnext": None}.get(model, model)
    findings, in_open = STATES[state]
    if benchmark is None:
        findings = in_open = (finding("PLAN-001", "folder", found=model, expected="v6.1"),)
    is_open = division is Division.OPEN
    drawn = run(
        model,
        scenario,
        division=division,
        system=system,
        category=category,
        benchmark=benchmark,
        findings=in_open if is_open else findings,
        findings_in_open=() if is_open or benchmark is None else in_open,
    )
    return drawn if drawn.passes_without_power else replace(drawn, inferable={})


switches = st.builds(Preprocess, **dict.fromkeys(vars(Preprocess()), st.booleans()))


@st.composite
def builds(draw: st.DrawFn, /, **options: Any) -> tuple[list[Verdict], Preprocess, set[RunKey]]:
    verdicts = draw(verdicts_of_a_build(**options))
    closed = [each.key for each in verdicts if each.key.division is Division.CLOSED]
    return verdicts, draw(switches), draw(st.sets(st.sampled_from(closed))) if closed else set()


Build = tuple[list[Verdict], Preprocess, set[RunKey]]


def plan_of(build: Build) -> Plan:
    verdicts, chosen, also_open = build
    return make_plan(verdicts, ROUND, chosen, also_open)


class TestLaws:
    @given(builds(), st.randoms(use_true_random=False))
    def test_the_order_of_runs_decides_nothing(self, build: Build, order: random.Random) -> None:
        shuffled = order.sample(build[0], len(build[0]))
        assert plan_of((shuffled, *build[1:])) == plan_of(build)

    @given(builds())
    def test_no_run_is_lost(self, build: Build) -> None:
        plan = plan_of(build)
        assert set(plan.by_source()) == {each.key for each in build[0]}
        assert all(row.reason for row in plan.placements)
        assert all(row.decided_by or "another result" in row.reason for row in plan.placements if row.target is None)

    @given(builds())
    def test_no_two_results_claim_one_place(self, build: Build) -> None:
        plan = plan_of(build)
        assert len(plan.placed()) == len(targets(plan))

    @given(builds())
    def test_with_all_switches_off_every_run_is_where_it_was_declared(self, build: Build) -> None:
        verdicts, _, also_open = build
        plan = make_plan(verdicts, ROUND, ALL_OFF, also_open)
        declared = {each.key for each in verdicts}
        in_open = {replace(key, division=Division.OPEN) for key in also_open}
        assert targets(plan) == declared | in_open
        assert {row.action for row in plan.placements if row.target is None} <= {Action.DROP}

    @given(builds())
    def test_nothing_that_fails_is_placed_unless_it_is_to_be_kept(self, build: Build) -> None:
        verdicts, chosen, also_open = build
        chosen = replace(chosen, drop_failed=True)
        for row in make_plan(verdicts, ROUND, chosen, also_open).placed():
            assert row.target is not None
            judged = next(each for each in verdicts if each.key == row.source)
            placed = judged if row.target.division == row.source.division else judged.in_open()
            assert judged.benchmark is not None
            assert placed.passes_without_power if row.without_power else placed.passes

    @given(builds())
    def test_a_failing_result_in_the_tree_is_an_error(self, build: Build) -> None:
        plan = plan_of(build)
        kept = any(row.is_kept_failing for row in plan.placements)
        assert kept is any(found.code == "PLAN-009" and found.is_error for found in plan.findings)

    @given(builds())
    def test_closed_holds_complete_benchmarks_alone_unless_failing_runs_are_to_be_kept(self, build: Build) -> None:
        verdicts, chosen, also_open = build
        plan = make_plan(verdicts, ROUND, replace(chosen, drop_failed=True), also_open)
        categories = {each.key.system: each.category for each in verdicts}
        placed: dict[tuple[Division, str, str], set[Scenario]] = {}
        for target in targets(plan):
            placed.setdefault((target.division, target.system, target.model), set()).add(target.scenario)
        for (division, system, model), present in placed.items():
            if division is not Division.OPEN:
                category, benchmark = categories[system], _benchmark(model, verdicts)
                assert category is not None
                scenarios = ROUND.benchmarks[benchmark].scenario_set(category)
                assert scenarios is not None
                assert not missing_scenarios(scenarios, present)
                assert present <= scenarios.known

    @given(builds(models=[model for model in MODELS if model != "bert-99"]))
    def test_what_was_planned_is_planned_as_it_is(self, build: Build) -> None:
        """But for copies to where a run of its own lay, which have nothing to give way to any more."""
        verdicts, chosen, _ = build
        chosen = replace(chosen, drop_failed=True)
        plan = plan_of((verdicts, chosen, build[2]))
        again = make_plan(_as_submitted(plan, verdicts), ROUND, chosen)
        assert targets(again) == targets(plan)
        assert {row.action for row in again.placements} <= {Action.KEEP}
        assert not [found for found in again.findings if found.is_error and found.code != "PLAN-004"]

    @given(builds())
    def test_a_measured_result_that_passes_is_never_replaced(self, build: Build) -> None:
        plan = plan_of(build)
        passing = {each.key for each in build[0] if each.passes}
        assert not passing & {row.target for row in plan.placements if row.action is Action.INFER}

    @given(builds())
    def test_what_is_still_to_be_run_is_what_closed_lacks(self, build: Build) -> None:
        """Nothing is asked for a benchmark of which closed has all, but for failing runs that are kept there."""
        plan = plan_of(build)
        kept = {row.source for row in plan.placed() if row.is_kept_failing}
        placed = {key.id for key in targets(plan) - kept}
        for each in plan.todo:
            assert not any(
                f"{each.division}/{each.system}/{each.model}/{scenario}" in placed
                for scenario in each.scenario.split(" or ")
            )


def _benchmark(model: str, verdicts: Iterable[Verdict]) -> str:
    names = {each.key.model: each.benchmark for each in verdicts}
    return names.get(model) or model


def _as_submitted(plan: Plan, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The placed results as runs of their own."""
    by_key = {each.key: each for each in verdicts}
    submitted = []
    for row in plan.placed():
        assert row.target is not None
        source = by_key[row.source]
        is_copy = row.action is Action.COPY_DOWN
        submitted.append(
            replace(
                source,
                key=row.target,
                benchmark=row.target.model if is_copy else source.benchmark,
                findings=(),
                findings_in_open=(),
                inferable=source.inferable if row.target.scenario is source.key.scenario else {},
            )
        )
    return submitted
