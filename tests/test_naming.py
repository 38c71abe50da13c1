"""Which benchmark a model stands for: the round's names, the submitter's own, and guesses, in this order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import ROUND

from rules.domain import Division
from rules.finding import Finding
from rules.naming import named_benchmark
from rules.rounds import Round, load_round

CLOSED, OPEN, NETWORK = Division.CLOSED, Division.OPEN, Division.NETWORK
DECLARED, OF_SUT, OF_RUN = (
    "submission.yaml",
    "results/a/model_mapping.json",
    "results/a/my-llm/Offline/model_mapping.json",
)


def named(
    model: str, division: Division, *mappings: tuple[str, Mapping[str, str]], round_: Round = ROUND
) -> str | None:
    benchmark, findings = named_benchmark(model, division, mappings, round_, "folder")
    assert (benchmark is None) is bool(findings)
    return benchmark.name if benchmark else None


def finding_of(model: str, division: Division, *mappings: tuple[str, Mapping[str, str]]) -> Finding:
    _, (found,) = named_benchmark(model, division, mappings, ROUND, "folder")
    assert found.is_error
    assert found.path == "folder"
    return found


class TestNamesOfTheRound:
    @pytest.mark.parametrize("division", [*Division])
    @pytest.mark.parametrize(
        ("model", "benchmark"),
        [
            ("bert-99.9", "bert-99.9"),
            ("resnet50", "resnet"),
            ("llama3_1-8b", "llama3.1-8b"),
            ("efficientnet-b7", "resnet"),
            ("bert-99.9-pruned", "bert-99.9"),
        ],
        ids=["official", "alias", "another alias", "guess", "the longer guess"],
    )
    def test_stand_for_themselves(self, division: Division, model: str, benchmark: str) -> None:
        assert named(model, division) == benchmark

    @pytest.mark.parametrize("division", [CLOSED, NETWORK])
    def test_that_a_later_round_dropped_are_none_in_closed(self, division: Division) -> None:
        found = finding_of("llama2-70b-99", division)
        assert (found.code, found.message) == (
            "PLAN-001",
            "llama2-70b-99 is no benchmark of v6.1; not shipped",
        )
        assert named("llama2-70b-99", division, round_=load_round("v5.1")) == "llama2-70b-99"

    def test_that_a_round_still_has_figures_for_are_some_in_open_alone(self) -> None:
        v60 = load_round("v6.0")
        assert not v60.benchmarks["dlrm-v2-99"].listed
        assert named("dlrm-v2-99", OPEN, round_=v60) == "dlrm-v2-99"
        assert named("dlrm-v2-99", CLOSED, round_=v60) is None

    @pytest.mark.parametrize("model", ["bert-99", "resnet50"], ids=["official", "alias"])
    def test_can_t_be_given_another_meaning(self, model: str) -> None:
        assert named(model, OPEN, (OF_SUT, {model: "whisper"})) == named(model, OPEN)


class TestNamesOfTheSubmitter:
    @pytest.mark.parametrize("place", [DECLARED, OF_SUT, OF_RUN])
    def test_stand_for_what_the_mapping_says(self, place: str) -> None:
        assert named("my-llm", OPEN, (place, {"my-llm": "llama3.1-8b"})) == "llama3.1-8b"

    def test_may_name_an_alias(self) -> None:
        assert named("my-net", OPEN, (OF_SUT, {"my-net": "resnet50"})) == "resnet"

    def test_come_before_a_guess(self) -> None:
        assert named("bert-99-tiny", OPEN, (OF_SUT, {"bert-99-tiny": "bert-99.9"})) == "bert-99.9"

    def test_may_give_a_dropped_benchmark_s_name_to_one_of_the_round(self) -> None:
        mapping = {"llama2-70b-99": "llama2-70b-99.9"}
        assert named("llama2-70b-99", OPEN, (OF_SUT, mapping)) == "llama2-70b-99.9"

    @pytest.mark.parametrize("division", [CLOSED, NETWORK])
    def test_count_in_open_alone(self, division: Division) -> None:
        assert finding_of("my-llm", division, (OF_SUT, {"my-llm": "llama3.1-8b"})).code == "PLAN-001"

    def test_that_several_places_say_may_agree(self) -> None:
        same = {"my-net": "resnet"}
        assert named("my-net", OPEN, (DECLARED, same), (OF_SUT, {"my-net": "resnet50"}), (OF_RUN, same)) == "resnet"

    @pytest.mark.parametrize(
        ("one", "other"), [(DECLARED, OF_SUT), (OF_SUT, OF_RUN), (DECLARED, OF_RUN)], ids=["1-2", "2-3", "1-3"]
    )
    def test_that_contradict_each_other_are_an_error_that_names_both(self, one: str, other: str) -> None:
        found = finding_of("my-llm", OPEN, (one, {"my-llm": "whisper"}), (other, {"my-llm": "bert-99"}))
        assert (found.code, found.message) == (
            "PLAN-010",
            f"the model stands for whisper by {one}, but for bert-99 by {other}",
        )

    def test_contradictions_count_for_the_model_itself_alone(self) -> None:
        mappings = ((DECLARED, {"other": "whisper", "my-llm": "bert-99"}), (OF_SUT, {"other": "bert-99"}))
        assert named("my-llm", OPEN, *mappings) == "bert-99"

    def test_that_map_to_nothing_are_an_error(self) -> None:
        found = finding_of("my-llm", OPEN, (OF_SUT, {"other": "whisper"}))
        assert (found.code, found.message) == (
            "PLAN-011",
            "my-llm is no benchmark of v6.1, and no model_mapping says which one it stands for",
        )

    @pytest.mark.parametrize("name", ["resnext", "my-llm"])
    def test_that_map_to_no_benchmark_are_an_error(self, name: str) -> None:
        found = finding_of("my-llm", OPEN, (OF_SUT, {"my-llm": name}))
        assert (found.code, found.found) == ("PLAN-001", name)

    def test_that_map_to_an_empty_name_map_to_nothing(self) -> None:
        assert finding_of("my-llm", OPEN, (OF_SUT, {"my-llm": ""})).code == "PLAN-011"
