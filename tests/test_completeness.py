"""The scenarios that a closed benchmark must have, by benchmark and category."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ROUND

from rules.completeness import missing_choices, missing_scenarios, scenario_set
from rules.domain import Category, Scenario
from rules.rounds import available_rounds, load_round
from rules.rounds.model import ScenarioSet

SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER, INTERACTIVE = Scenario
DATACENTER, EDGE, BOTH = Category


class TestScenarioSet:
    def test_is_that_of_the_benchmark_in_the_category(self) -> None:
        scenarios, found = scenario_set("resnet", EDGE, ROUND, "folder")
        assert scenarios == ROUND.benchmarks["resnet"].scenarios[EDGE]
        assert found == []

    @pytest.mark.parametrize(
        ("benchmark", "category", "code", "message"),
        [
            ("resnext", EDGE, "PLAN-001", "resnext is no benchmark of v6.1; not shipped"),
            (
                "resnet",
                DATACENTER,
                "PLAN-005",
                "resnet is no benchmark of the datacenter category; not shipped as closed",
            ),
        ],
    )
    def test_is_none_with_the_reason(self, benchmark: str, category: Category, code: str, message: str) -> None:
        scenarios, (found,) = scenario_set(benchmark, category, ROUND, "folder")
        assert scenarios is None
        assert (found.code, found.message, found.path) == (code, message, "folder")


#: Benchmark, category, what is present, what is missing.
ROWS = [
    ("resnet", EDGE, {SINGLE_STREAM, MULTI_STREAM, OFFLINE}, []),
    ("resnet", EDGE, {OFFLINE}, ["SingleStream", "MultiStream"]),
    ("resnet", EDGE, {SINGLE_STREAM, MULTI_STREAM, SERVER}, ["Offline"]),
    ("resnet", BOTH, {SINGLE_STREAM, MULTI_STREAM, OFFLINE}, ["Server"]),
    ("bert-99", EDGE, set(), ["SingleStream", "Offline"]),
    ("llama2-70b-99.9", DATACENTER, {OFFLINE, SERVER}, []),
    ("llama2-70b-99.9", DATACENTER, {OFFLINE, INTERACTIVE}, []),
    ("llama2-70b-99.9", DATACENTER, {OFFLINE}, ["Interactive or Server"]),
    ("llama2-70b-99.9", DATACENTER, {SERVER}, ["Offline"]),
    ("llama2-70b-99.9", DATACENTER, set(), ["Offline", "Interactive or Server"]),
    ("whisper", DATACENTER, {OFFLINE}, []),
]


@pytest.mark.parametrize(("benchmark", "category", "present", "missing"), ROWS)
def test_what_is_missing_is_named_in_the_round_s_order(
    benchmark: str, category: Category, present: Collection[Scenario], missing: list[str]
) -> None:
    scenarios, _ = scenario_set(benchmark, category, ROUND, "folder")
    assert scenarios is not None
    assert missing_scenarios(scenarios, present) == missing


def test_one_optional_scenario_alone_is_no_choice() -> None:
    assert missing_choices(ScenarioSet((OFFLINE,), (SERVER,)), {OFFLINE}) == []


ALL_SETS = [
    scenarios
    for name in available_rounds()
    for benchmark in load_round(name).benchmarks.values()
    for scenarios in benchmark.scenarios.values()
]


@given(st.sampled_from(ALL_SETS), st.sets(st.sampled_from([*Scenario])))
def test_with_one_scenario_of_each_choice_a_benchmark_is_complete(
    scenarios: ScenarioSet, present: set[Scenario]
) -> None:
    missing = missing_choices(scenarios, present)
    assert not any(present & set(choice) for choice in missing)
    for at in (0, -1):
        assert missing_choices(scenarios, present | {choice[at] for choice in missing}) == []
