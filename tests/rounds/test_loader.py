"""How a round's file becomes a `Round`: names, defaults, bounds; and that a new round is a new file."""

from __future__ import annotations

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from support import REPOSITORY

from rules.domain import Category, Scenario
from rules.errors import ConfigError
from rules.rounds import Round, ScenarioSet, available_rounds, load_round, round_with_seeds

FOLDER = REPOSITORY / "rules/rounds"


class TestNames:
    def test_rounds_are_listed_oldest_first(self) -> None:
        assert available_rounds() == ("v5.0", "v5.1", "v6.0", "v6.1")

    @pytest.mark.parametrize("name", available_rounds())
    def test_a_round_bears_the_name_of_its_file(self, name: str) -> None:
        assert load_round(name).name == name

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("v6.2", "; did you mean v6.1?"),
            ("6.1", "; did you mean v6.1?"),
            ("V6.1", "; did you mean v6.1?"),
            ("", ""),
            ("../rounds/v6.1", ""),
        ],
    )
    def test_an_unknown_round_is_answered_with_the_known(self, name: str, hint: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load_round(name)
        assert str(caught.value) == f"unknown round '{name}'{hint} (known rounds: v5.0, v5.1, v6.0, v6.1)"

    @given(st.text())
    def test_no_other_text_is_a_round(self, name: str) -> None:
        assume(name not in available_rounds())
        with pytest.raises(ConfigError):
            load_round(name)


class TestSeeds:
    """`round_with_seeds` tells a log of another round from a log of none."""

    @pytest.mark.parametrize("name", available_rounds())
    def test_seeds_name_their_round(self, name: str) -> None:
        seeds = load_round(name).seeds
        assert round_with_seeds(seeds) == name
        assert all(round_with_seeds({key: seed}) == name for key, seed in seeds.items())

    @pytest.mark.parametrize(
        "seeds",
        [
            {},
            {"qsl_rng_seed": 0},
            {"qsl_rng_seed": None},
            {"a_seed": 2085463073848966840},
            {"qsl_rng_seed": str(2085463073848966840)},
            load_round("v6.1").seeds | {"schedule_rng_seed": load_round("v6.0").seeds["schedule_rng_seed"]},
        ],
    )
    def test_other_seeds_name_none(self, seeds: dict[str, object]) -> None:
        assert round_with_seeds(seeds) is None


@pytest.fixture
def loader(tmp_path: Path) -> ModuleType:
    """The loader in a folder of its own, with no rounds yet."""
    spec = spec_from_file_location("loader_elsewhere", shutil.copy(FOLDER / "loader.py", tmp_path))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def round_of(loader: ModuleType, folder: Path, **changes: Any) -> Round:
    """The round v7.0, which has one benchmark: resnet of v6.1 with other figures."""
    table = yaml.safe_load((FOLDER / "v6.1.yaml").read_text(encoding="utf-8"))
    resnet = {key: value for key, value in (table["benchmarks"]["resnet"] | changes).items() if value is not None}
    (folder / "v7.0.yaml").write_text(yaml.safe_dump(table | {"benchmarks": {"resnet": resnet}}, sort_keys=False))
    loaded = loader.load_round("v7.0")
    assert isinstance(loaded, Round)
    return loaded


class TestNewRound:
    """A round is nothing but a file."""

    def test_a_file_is_all_that_a_round_takes(self, loader: ModuleType, tmp_path: Path) -> None:
        loaded = round_of(loader, tmp_path)
        assert (loaded.name, [*loaded.benchmarks]) == ("v7.0", ["resnet"])
        assert loaded.benchmarks["resnet"] == load_round("v6.1").benchmarks["resnet"]

    def test_versions_count_as_numbers(self, loader: ModuleType, tmp_path: Path) -> None:
        for name in ("v10.0", "v9.1", "v9.10", "v9.9"):
            (tmp_path / f"{name}.yaml").touch()
        assert loader.available_rounds() == ("v9.1", "v9.9", "v9.10", "v10.0")


class TestBenchmark:
    """What a benchmark's table means, and what holds where a key is absent."""

    def test_defaults(self, loader: ModuleType, tmp_path: Path) -> None:
        bare = {"samples": {"dataset": 10, "performance": 5}, "latency_limits_ms": None}
        resnet = round_of(loader, tmp_path, **bare).benchmarks["resnet"]
        assert resnet.listed
        assert resnet.min_duration_applies
        assert not (resnet.needs_token_latencies or resnet.allows_endpoints or resnet.requires_equal_issue)
        assert not (resnet.latency_limits_ns or resnet.token_latency_limits or resnet.accuracy_files)
        assert not (resnet.result_fields or resnet.units)
        assert resnet.offline_min_samples is None
        assert resnet.latency_divisor == 1_000_000
        assert resnet.accuracy_samples(Scenario.OFFLINE) == 10
        assert [metric.compliance_delta_percent for metric in resnet.accuracy] == [1]

    def test_limits_are_in_nanoseconds(self, loader: ModuleType, tmp_path: Path) -> None:
        limits = {"Server": {"ttft": 450, "tpot": 40}}
        loaded = round_of(loader, tmp_path, latency_limits_ms={"Server": 15}, token_latency_limits_ms=limits)
        resnet = loaded.benchmarks["resnet"]
        assert resnet.latency_limits_ns == {Scenario.SERVER: 15_000_000}
        tokens = resnet.token_latency_limits[Scenario.SERVER]
        assert (tokens.ttft_ns, tokens.tpot_ns) == (450_000_000, 40_000_000)

    def test_scenarios_are_required_or_optional_by_category(self, loader: ModuleType, tmp_path: Path) -> None:
        scenarios = {"datacenter": {"required": ["Offline"], "optional": ["Server"]}, "edge": {"required": ["Offline"]}}
        resnet = round_of(loader, tmp_path, scenarios=scenarios).benchmarks["resnet"]
        assert resnet.scenario_set(Category.DATACENTER) == ScenarioSet((Scenario.OFFLINE,), (Scenario.SERVER,))
        assert resnet.scenario_set(Category.EDGE) == ScenarioSet((Scenario.OFFLINE,))
        assert resnet.scenario_set(Category.DATACENTER_EDGE) is None

    def test_a_bound_is_a_number_or_a_share_of_the_reference(self, loader: ModuleType, tmp_path: Path) -> None:
        bounds = {"target": {"reference": 76.46, "share": 0.99}, "upper_limit": 80}
        (metric,) = round_of(loader, tmp_path, accuracy={"acc": bounds}).benchmarks["resnet"].accuracy
        assert (metric.target(Scenario.OFFLINE), metric.upper_limit) == (76.46 * 0.99, 80.0)

    def test_a_scenario_may_have_a_target_of_its_own(self, loader: ModuleType, tmp_path: Path) -> None:
        bounds = {"target": 70, "scenario_targets": {"Interactive": 60}}
        (metric,) = round_of(loader, tmp_path, accuracy={"acc": bounds}).benchmarks["resnet"].accuracy
        assert (metric.target(Scenario.OFFLINE), metric.target(Scenario.INTERACTIVE)) == (70, 60)

    def test_a_metric_may_only_be_capped(self, loader: ModuleType, tmp_path: Path) -> None:
        (metric,) = round_of(loader, tmp_path, accuracy={"acc": {"upper_limit": 80}}).benchmarks["resnet"].accuracy
        assert metric.target(Scenario.OFFLINE) is None

    def test_the_compliance_delta_is_the_benchmarks_but_for_a_metric_of_its_own(
        self, loader: ModuleType, tmp_path: Path
    ) -> None:
        accuracy = {"acc": {"target": 1}, "F1": {"target": 1, "compliance_delta_percent": 2}}
        resnet = round_of(loader, tmp_path, accuracy=accuracy, compliance_delta_percent=0.1).benchmarks["resnet"]
        assert [(each.name, each.compliance_delta_percent) for each in resnet.accuracy] == [("acc", 0.1), ("F1", 2)]

    @pytest.mark.parametrize(
        ("accuracy", "offline", "interactive"),
        [(None, 100, 100), (50, 50, 50), ({"Interactive": 20}, 100, 20)],
    )
    def test_accuracy_samples_default_to_the_data_set(
        self, loader: ModuleType, tmp_path: Path, accuracy: object, offline: int, interactive: int
    ) -> None:
        samples = {"dataset": 100, "performance": 10} | ({} if accuracy is None else {"accuracy": accuracy})
        resnet = round_of(loader, tmp_path, samples=samples).benchmarks["resnet"]
        counts = (resnet.accuracy_samples(Scenario.OFFLINE), resnet.accuracy_samples(Scenario.INTERACTIVE))
        assert counts == (offline, interactive)
