"""The field's words: how they are spelled, parsed and ordered; what a run says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain import (
    ACCURACY_DETAIL_LOG,
    DETAIL_LOG,
    ENDPOINTS_PERFORMANCE,
    MEASUREMENTS,
    Artefact,
    Category,
    Division,
    Run,
    RunKey,
    Scenario,
)


def run_with(*artefacts: str) -> Run:
    key = RunKey(Division.CLOSED, "ExampleLab", "edge-1", "resnet50", Scenario.OFFLINE)
    return Run(key, Path("Offline"), {Artefact(name): Path("Offline") / name for name in artefacts})


class TestScenario:
    @pytest.mark.parametrize("scenario", Scenario)
    def test_prints_in_its_official_spelling(self, scenario: Scenario) -> None:
        assert f"{scenario}" == scenario.value
        assert {each.value for each in Scenario} == {"SingleStream", "MultiStream", "Offline", "Server", "Interactive"}

    @given(st.sampled_from(Scenario), st.data())
    def test_is_parsed_in_any_letter_case(self, scenario: Scenario, data: st.DataObject) -> None:
        spelled = "".join(data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in scenario.value)
        assert Scenario.parse(spelled) is scenario

    @pytest.mark.parametrize("text", ["online", "Online", "ONLINE"])
    def test_online_is_the_endpoints_word_for_server(self, text: str) -> None:
        assert Scenario.parse(text) is Scenario.SERVER

    @pytest.mark.parametrize("text", ["", "offline ", "single_stream", "Single Stream", "Ofline", "performance"])
    def test_other_words_are_none(self, text: str) -> None:
        assert Scenario.parse(text) is None

    @given(st.text())
    def test_any_text_is_a_scenario_or_none(self, text: str) -> None:
        known = {each.value.lower() for each in Scenario} | {"online"}
        assert (Scenario.parse(text) is None) is (text.lower() not in known)


class TestCategory:
    @pytest.mark.parametrize(
        ("text", "category"),
        [
            ("datacenter", Category.DATACENTER),
            ("edge", Category.EDGE),
            ("datacenter,edge", Category.DATACENTER_EDGE),
            ("edge,datacenter", Category.DATACENTER_EDGE),
            ("Edge", None),
            ("datacenter, edge", None),
            ("", None),
            (None, None),
            (["edge"], None),
            (5, None),
        ],
    )
    def test_is_parsed_as_the_official_checker_spells_it(self, text: object, category: Category | None) -> None:
        assert Category.parse(text) is category

    def test_only_datacenter_allows_no_inference(self) -> None:
        assert [category for category in Category if not category.allows_inference] == [Category.DATACENTER]

    def test_prints_as_in_json(self) -> None:
        assert [f"{category}" for category in Category] == ["datacenter", "edge", "datacenter,edge"]


class TestRunKey:
    KEY = RunKey(Division.OPEN, "ExampleLab", "edge-1", "bert-small", Scenario.SINGLE_STREAM)

    def test_the_id_is_the_name_in_commands(self) -> None:
        assert self.KEY.id == "open/edge-1/bert-small/SingleStream"

    def test_keys_sort_by_division_then_by_name(self) -> None:
        divisions = [RunKey(division, "A", "b", "c", Scenario.OFFLINE) for division in Division]
        assert [key.division for key in sorted(divisions)] == [Division.CLOSED, Division.NETWORK, Division.OPEN]
        assert RunKey(Division.OPEN, "ExampleLab", "edge-0", "z", Scenario.SERVER) < self.KEY


class TestRun:
    @pytest.mark.parametrize(
        ("artefacts", "is_endpoints"),
        [
            ((DETAIL_LOG, ACCURACY_DETAIL_LOG), False),
            ((DETAIL_LOG,), False),
            ((ACCURACY_DETAIL_LOG, ENDPOINTS_PERFORMANCE), False),
            ((ENDPOINTS_PERFORMANCE,), True),
            ((), True),
        ],
    )
    def test_is_of_the_endpoints_harness_if_loadgen_left_no_detail_log(
        self, artefacts: tuple[str, ...], is_endpoints: bool
    ) -> None:
        assert run_with(*artefacts).is_endpoints is is_endpoints

    @pytest.mark.parametrize(
        ("artefact", "has_power"),
        [
            ("performance/power/client.json", True),
            ("performance/run_1/spl.txt", False),
            ("performance/ranging/spl.txt", False),
        ],
    )
    def test_has_power_if_it_has_a_power_folder(self, artefact: str, has_power: bool) -> None:
        assert run_with(DETAIL_LOG, artefact).has_power is has_power
        assert replace(run_with(DETAIL_LOG), has_power_folder=True).has_power  # empty, in a finished tree

    def test_its_folder_is_spelled_officially_unless_a_finished_tree_spells_it_otherwise(self) -> None:
        assert run_with().scenario_folder == "Offline"
        assert replace(run_with(), spelled="offline").scenario_folder == "offline"

    def test_names_its_compliance_tests_in_order(self) -> None:
        files = ("TEST04/verify_performance.txt", f"TEST01/{DETAIL_LOG}", "TEST01/verify_accuracy.txt", MEASUREMENTS)
        assert run_with(*files).compliance_tests() == ("TEST01", "TEST04")
        assert run_with(MEASUREMENTS).compliance_tests() == ()
