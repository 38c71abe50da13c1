"""How models get official names, and what a benchmark's tables answer by scenario."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain import Scenario
from rules.rounds import AccuracyMetric, Round, ScenarioSet, available_rounds, load_round

V60, V61 = load_round("v6.0"), load_round("v6.1")
ROUNDS = [load_round(name) for name in available_rounds()]
PARTS = [*V60.benchmarks, *V60.aliases, *(part for part, _ in V60.guesses)]
MODELS = st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=3).map("-".join)


class TestOfficialName:
    """The order is the official checker's: official, alias, the submitter's mapping, a guess."""

    @pytest.mark.parametrize(
        ("model", "official"),
        [
            ("resnet", "resnet"),
            ("resnet50", "resnet"),
            ("llama3_1-8b", "llama3.1-8b"),
            ("ssd-resnet34", "retinanet"),  # an alias may outlive its benchmark
            ("mobilenet-v1-precision_float-1.0-224", "resnet"),
            ("efficientnet-b0", "resnet"),
            ("my-resnet50-int8", "resnet"),
            ("bert-99.9-sparse", "bert-99.9"),
            ("bert-99-sparse", "bert-99"),
            ("bert-small", "bert-small"),
            ("my-llama3_1-405b", "llama3.1-405b"),
            ("ResNet50", "ResNet50"),  # letter case counts
            ("", ""),
        ],
    )
    def test_of_v61_without_a_mapping(self, model: str, official: str) -> None:
        assert V61.official_name(model) == official

    @pytest.mark.parametrize(
        ("model", "official"),
        [
            ("resnet", "resnet"),
            ("resnet50", "resnet"),
            ("my-resnet50", "bert-99"),
            ("anything", "bert-99"),
        ],
    )
    def test_a_mapping_wins_over_guesses_only(self, model: str, official: str) -> None:
        assert V61.official_name(model, {model: "bert-99"}) == official

    def test_a_guess_may_give_an_alias(self) -> None:
        assert replace(V61, guesses=(("vision", "resnet50"),)).official_name("my-vision") == "resnet"

    def test_an_empty_mapping_says_nothing(self) -> None:
        assert V61.official_name("my-resnet50", {"my-resnet50": ""}) == "resnet"

    def test_a_mapping_may_name_what_the_round_lacks(self) -> None:
        assert V61.official_name("x", {"x": "gptj-99"}) == "gptj-99"
        assert V61.benchmark("x", {"x": "gptj-99"}) is None

    def test_a_benchmark_that_is_not_listed_needs_no_mapping_either(self) -> None:
        """Its name is not official in v6.0, yet leads to its figures."""
        benchmark = V60.benchmark("dlrm-v2-99")
        assert benchmark is V60.benchmarks["dlrm-v2-99"]
        assert not benchmark.listed
        assert V60.official_name("dlrm-v2-99", {"dlrm-v2-99": "dlrm-v3"}) == "dlrm-v3"

    @given(st.sampled_from(ROUNDS), MODELS)
    def test_a_name_changes_only_by_an_alias_or_a_guess(self, round_: Round, model: str) -> None:
        official = round_.official_name(model)
        guessed = any(part in model for part, _ in round_.guesses)
        assert official == model or official == round_.aliases.get(model) or guessed

    @given(st.sampled_from(ROUNDS), MODELS)
    def test_a_benchmark_has_the_name_that_led_to_it(self, round_: Round, model: str) -> None:
        benchmark = round_.benchmark(model)
        assert benchmark is None or benchmark.name == round_.official_name(model)


class TestByScenario:
    def test_units_are_the_rounds_unless_the_benchmark_says_otherwise(self) -> None:
        llama = V61.benchmarks["llama3.1-8b-edge"]
        assert V61.units_of(llama, Scenario.OFFLINE) == "Tokens/s"
        assert V61.units_of(llama, Scenario.SINGLE_STREAM) == "Latency (ms)"

    def test_a_scenario_set_knows_the_required_and_the_optional(self) -> None:
        scenarios = ScenarioSet((Scenario.OFFLINE,), (Scenario.SERVER, Scenario.INTERACTIVE))
        assert scenarios.known == {Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE}
        assert ScenarioSet().known == frozenset()

    def test_a_target_by_scenario_wins_over_the_general(self) -> None:
        metric = AccuracyMetric("acc", re.compile("x"), {None: 70.0, Scenario.SERVER: 60.0})
        assert (metric.target(Scenario.SERVER), metric.target(Scenario.OFFLINE)) == (60, 70)
        assert replace(metric, targets={Scenario.SERVER: 60.0}).target(Scenario.OFFLINE) is None
