"""What is still to be run: which executions, with which settings, by what the round asks and the checks found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.domain import Category, Scenario
from rules.finding import Finding
from rules.todo import Todo, todo
from rules.verdict import Verdict

SINGLE_STREAM, MULTI_STREAM, OFFLINE, SERVER, INTERACTIVE = Scenario
DATACENTER, EDGE, _ = Category
LLAMA = "llama2-70b-99.9"


def still(
    benchmark: str = "resnet",
    *failing: Verdict,
    present: tuple[Scenario, ...] = (),
    category: Category = EDGE,
) -> list[Todo]:
    """What a system lacks of a benchmark, besides the scenarios that are in order."""
    scenarios = ROUND.benchmarks[benchmark].scenario_set(category)
    assert scenarios is not None
    passing = [verdict("resnet50", scenario, benchmark=benchmark, category=category) for scenario in present]
    return list(todo([*passing, *failing], failing, scenarios, present, ROUND))


def failed(benchmark: str, scenario: Scenario, *errors: Finding, category: Category = EDGE) -> Verdict:
    return verdict("resnet50", scenario, benchmark=benchmark, findings=errors, category=category)


def error(code: str, found: object = "said", expected: object = "asked") -> Finding:
    return finding(code, "folder", found=found, expected=expected)


class TestWhat:
    def test_nothing_where_all_is_in_order(self) -> None:
        assert still(present=(SINGLE_STREAM, MULTI_STREAM, OFFLINE)) == []

    def test_all_executions_of_what_nobody_ran_in_the_round_s_order(self) -> None:
        multi_stream, offline = still(present=(SINGLE_STREAM,))
        assert (multi_stream.scenario, offline.scenario) == ("MultiStream", "Offline")
        assert offline.runs == ("performance", "accuracy", "TEST01", "TEST04")
        assert (offline.division, offline.system, offline.model) == ("closed", "example-edge", "resnet50")

    @pytest.mark.parametrize(
        ("benchmark", "errors", "runs"),
        [
            ("resnet", [error("PERF-016")], ("performance",)),
            ("resnet", [error("POW-001")], ("performance",)),
            ("resnet", [error("ACC-003")], ("accuracy",)),
            ("resnet", [error("COMP-001", "TEST04")], ("TEST04",)),
            ("resnet", [error("COMP-002", "TEST01")], ("TEST01",)),
            ("resnet", [error("COMP-003", "TEST01")], ("TEST01",)),
            ("resnet", [error("COMP-004", "TEST01"), error("COMP-004", "TEST04")], ("TEST01", "TEST04")),
            ("resnet", [error("COMP-005", "TEST01")], ("TEST01",)),
            ("resnet", [error("COMP-008", "TEST01")], ("TEST01",)),
            ("wan-2.2-t2v-a14b", [error("COMP-006", "missing", "audit/audit_output_caching_test.json")], ("TEST04",)),
            ("gpt-oss-120b", [error("COMP-007", 900, "1150 to 1406")], ("TEST09",)),
            (
                "resnet",
                [error("COMP-001", "TEST04"), error("ACC-003"), error("PERF-016")],
                ("performance", "accuracy", "TEST04"),
            ),
            ("resnet", [error("MEAS-001")], ()),
        ],
        ids=lambda value: " ".join(each.code for each in value) if isinstance(value, list) else "",
    )
    def test_of_what_fails_the_executions_that_its_findings_name(
        self, benchmark: str, errors: list[Finding], runs: tuple[str, ...]
    ) -> None:
        """None where a file is to be mended."""
        category = next(iter(ROUND.benchmarks[benchmark].scenarios))
        made = failed(benchmark, OFFLINE, *errors, category=category)
        others = [scenario for scenario in Scenario if scenario is not OFFLINE]
        (again,) = still(benchmark, made, present=tuple(others), category=category)
        assert again.runs == runs


class TestInference:
    def test_is_named_as_a_way_round(self) -> None:
        multi_stream, offline = still(present=(SINGLE_STREAM,))
        assert multi_stream.or_inferred_from == ("SingleStream",)
        assert offline.or_inferred_from == ("SingleStream", "MultiStream")

    def test_comes_from_scenarios_of_the_benchmark_alone(self) -> None:
        single_stream, offline = still("bert-99", failed("bert-99", SINGLE_STREAM))
        assert single_stream.or_inferred_from == ()
        assert offline.or_inferred_from == ("SingleStream",)

    def test_is_for_edge_systems(self) -> None:
        offline, *_ = still(LLAMA, failed(LLAMA, OFFLINE, category=DATACENTER), category=DATACENTER)
        assert offline.or_inferred_from == ()


class TestSettings:
    def test_are_the_round_s_for_the_scenario(self) -> None:
        settings = {each.scenario: each.settings for each in still("resnet", failed("resnet", SINGLE_STREAM))}
        assert settings == {
            "SingleStream": {
                "min_duration_ms": 600000,
                "performance_sample_count": 1024,
                "min_query_count": 1024,
                "accuracy_samples": 50000,
            },
            "MultiStream": {
                "min_duration_ms": 600000,
                "performance_sample_count": 1024,
                "min_query_count": 270336,
                "accuracy_samples": 50000,
            },
            "Offline": {
                "min_duration_ms": 600000,
                "performance_sample_count": 1024,
                "min_query_count": 1,
                "samples_per_query": 24576,
                "accuracy_samples": 50000,
            },
        }

    def test_have_the_latencies_that_a_server_must_keep(self) -> None:
        made = failed(LLAMA, SERVER, error("PERF-016"), category=DATACENTER)
        (server,) = still(LLAMA, made, present=(OFFLINE,), category=DATACENTER)
        assert server.scenario == "Server"
        limits = {name: server.settings[name] for name in ("target_latency_ns", "ttft_ns", "tpot_ns")}
        assert limits == {"target_latency_ns": 20_000_000_000, "ttft_ns": 2_000_000_000, "tpot_ns": 200_000_000}

    def test_of_a_choice_are_told_apart_where_they_differ(self) -> None:
        (either,) = still(LLAMA, present=(OFFLINE,), category=DATACENTER)
        assert either.scenario == "Interactive or Server"
        assert either.settings == {
            "min_duration_ms": 600000,
            "performance_sample_count": 24576,
            "accuracy_samples": 24576,
            "Interactive.ttft_ns": 450_000_000,
            "Interactive.tpot_ns": 40_000_000,
            "Server.min_query_count": 270336,
            "Server.target_latency_ns": 20_000_000_000,
            "Server.ttft_ns": 2_000_000_000,
            "Server.tpot_ns": 200_000_000,
        }

    def test_leave_out_what_the_round_does_not_ask(self) -> None:
        made = failed("llama3.1-8b-edge", SINGLE_STREAM)
        for each in still("llama3.1-8b-edge", made):
            assert {"target_latency_ns", "ttft_ns", "tpot_ns"}.isdisjoint(each.settings)
            assert None not in each.settings.values()

    def test_have_no_least_duration_where_the_benchmark_has_none(self) -> None:
        made = failed("e2e-rag-db", OFFLINE, category=DATACENTER)
        for each in still("e2e-rag-db", made, category=DATACENTER):
            assert "min_duration_ms" not in each.settings


def test_is_written_for_machines() -> None:
    (offline,) = still(present=(SINGLE_STREAM, MULTI_STREAM))
    said: dict[str, Any] = json.loads(json.dumps(offline.to_json()))
    assert said == {
        "division": "closed",
        "system": "example-edge",
        "model": "resnet50",
        "scenario": "Offline",
        "runs": ["performance", "accuracy", "TEST01", "TEST04"],
        "settings": offline.settings,
        "or_inferred_from": ["SingleStream", "MultiStream"],
    }
