"""Oddities of the official checker that `verify --profile official` follows, each on the example's tree.

Found by comparing the two on random faults; each was a difference once. docs/parity.md has those that stay.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from memory_files import MemoryFiles, load_tree
from parity.official import by_identity, errors, verify
from support import ROUND, codes_of, edit_log, evidence_of, run_at
from trees import CLOSED, OFFLINE, OPEN, add_endpoints_run

from rules.reports.tables import summary_csv, verified_rows
from rules.system import Nameplate
from rules.verification import Verification

Change = Callable[[MemoryFiles], None]


@pytest.fixture
def tree(built_example: Path) -> MemoryFiles:
    """The example's tree, which passes, to change."""
    return load_tree(built_example / "build/submission")


def verified(tree: MemoryFiles) -> Verification:
    return verify(tree, tree.root, "v6.1")


def failing(tree: MemoryFiles) -> set[str]:
    """The codes of all errors in a tree."""
    verification = verified(tree)
    found = [*verification.tree, *(found for each in verification.results for found in each.findings)]
    return {each.code for each in found if each.is_error}


def writing(path: str, text: str) -> Change:
    return lambda tree: tree.write(path, text.encode())


def making(path: str) -> Change:
    return lambda tree: tree.make_folder(path)


def test_the_example_passes(tree: MemoryFiles) -> None:
    assert verified(tree).passes
    assert failing(tree) == set()


def test_an_empty_tree_passes_the_official_checker(tree: MemoryFiles) -> None:
    assert verified(MemoryFiles(tree.root)).passes


DIES_OF = {
    "a system's folder without description": ([making(f"{CLOSED}/results/other")], {"TREE-008"}),
    "an unreadable description of a system without results": (
        [making(f"{CLOSED}/results/other"), writing(f"{CLOSED}/systems/other.json", "{")],
        {"SYS-001"},
    ),
    "a closed folder of no benchmark": ([writing(f"{CLOSED}/results/example-edge/logs/a.log", "")], {"PLAN-001"}),
    "a closed folder of a benchmark of another category": (
        [making(f"{CLOSED}/results/example-edge/llama2-70b-99.9")],
        {"PLAN-005"},
    ),
    "a closed folder of a system whose category is unknown": (
        [
            making(f"{CLOSED}/results/other/resnet50"),
            writing(f"{CLOSED}/systems/other.json", '{"system_type": "cloud"}'),
        ],
        {"SYS-003"},
    ),
    "a nameplate that is no YAML": (
        [writing(f"{CLOSED}/systems/example-edge_power.yaml", "a: [")],
        {"SYS-010"},
    ),
}


@pytest.mark.parametrize(("changes", "codes"), DIES_OF.values(), ids=DIES_OF)
def test_what_the_official_checker_dies_of_fails_though_no_result_lies_there(
    tree: MemoryFiles, changes: list[Change], codes: set[str]
) -> None:
    for change in changes:
        change(tree)
    assert failing(tree) == codes


def test_an_open_folder_without_results_may_be_named_as_you_like(tree: MemoryFiles) -> None:
    tree.make_folder(f"{OPEN}/results/example-edge-int4/logs")
    assert verified(tree).passes


@pytest.mark.parametrize("label", [1, True, None, 2.5, date(2025, 1, 1)], ids=str)
def test_a_label_in_a_nameplate_must_be_text(offline: Path, label: object) -> None:
    evidence = replace(evidence_of(run_at(offline)), has_power=True)
    for said, found in (("server 1", False), (label, True)):
        nameplate = Nameplate("power.yaml", {"rack": [{said: {"PSUs": [], "Min PSUs Needed": 0}}]})
        described = replace(evidence, system=replace(evidence.system, nameplate=nameplate))
        assert ("SYS-010" in codes_of(described)) is found


class TestModelMapping:
    def change(self, tree: MemoryFiles, document: object) -> None:
        tree.write(f"{OPEN}/model_mapping.json", json.dumps(document).encode())

    @pytest.mark.parametrize("name", [["bert-99"], {"bert-99": 1}, 99, True], ids=str)
    def test_a_name_that_is_no_text_is_no_benchmark(self, tree: MemoryFiles, name: object) -> None:
        self.change(tree, {"bert-small-int4": name})
        assert failing(tree) == {"PLAN-001"}

    @pytest.mark.parametrize("document", [None, {}, {"bert-small-int4": None}, {"bert-small-int4": ""}], ids=str)
    def test_no_name_is_no_mapping(self, tree: MemoryFiles, document: object) -> None:
        self.change(tree, document)
        assert failing(tree) == {"PLAN-001"}
        assert all("bert-small-int4 is no benchmark" in " ".join(each) for each in failures(tree))


def failures(tree: MemoryFiles) -> list[list[str]]:
    return [errors(each) for each in by_identity(verified(tree)).values() if not each.passes]


class TestDetailLog:
    def edit(self, tree: MemoryFiles, old: bytes, new: bytes) -> None:
        log = f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
        assert old in tree.files[log]
        tree.write(log, tree.files[log].replace(old, new, 1))

    def test_an_entry_without_value_is_none(self, tree: MemoryFiles) -> None:
        self.edit(tree, b'{"key": "result_validity", "value": "VALID", ', b'{"key": "result_validity", ')
        assert failing(tree) == {"PERF-002"}

    def test_white_space_of_any_alphabet_may_follow_an_entry(self, tree: MemoryFiles) -> None:
        self.edit(tree, b"}\n", "}\u0085\u3000 \n".encode())
        assert verified(tree).passes

    def test_a_byte_order_mark_before_an_entry_is_none(self, tree: MemoryFiles) -> None:
        self.edit(tree, b':::MLLOG {"key": "result_validity"', b':::MLLOG\xef\xbb\xbf{"key": "result_validity"')
        assert failing(tree) == {"PERF-002"}


@pytest.mark.parametrize("rate", [None, "x", []], ids=str)
def test_the_general_rate_must_be_a_number_where_the_benchmark_has_its_own(offline: Path, rate: object) -> None:
    log = offline / "performance/run_1/mlperf_log_detail.txt"
    edit_log(log, result_samples_per_second=rate)
    lines = log.read_text()
    entry = json.loads(lines.splitlines()[0].removeprefix(":::MLLOG "))
    log.write_text(f"{lines}:::MLLOG {json.dumps(entry | {'key': 'result_tokens_per_second', 'value': 5.0})}\n")
    assert "PERF-015" in codes_of(evidence_of(run_at(offline), benchmark="whisper"))


SCORES = {
    "a number": (0.5, "0.5"),
    "one with a name": ({"rouge1": 38.8}, "rouge1: 38.8"),
    "one of the name score": ({"score": 0.5}, "score: 0.5"),
    "a list": ([0.5, 1], "[0.5  1]"),
    "a text": ("a,b", "a b"),
    "scores within scores": ({"f1": {"a": 1, "b": 2}}, "f1: a: 1  b: 2"),
}


@pytest.mark.parametrize(("score", "cell"), SCORES.values(), ids=SCORES)
def test_the_csv_shows_the_score_of_an_endpoints_run_as_json_without_its_marks(
    tree: MemoryFiles, score: object, cell: str
) -> None:
    add_endpoints_run(tree, score=score)
    verification = verified(tree)
    assert verification.passes, failures(tree)
    rows = csv.DictReader(io.StringIO(summary_csv(ROUND, verified_rows(verification))))
    assert [row["Accuracy"] for row in rows if row["Model"] == "llama3.1-8b"] == [cell]


def test_the_csv_calls_the_endpoints_folder_online_server(tree: MemoryFiles) -> None:
    latency = {"early_stopping_percentiles": {"99.0": 1000}}
    add_endpoints_run(tree, "online", type="online", tps=50.0, ttft=latency, tpot=latency)
    verification = verified(tree)
    assert verification.passes, failures(tree)
    rows = csv.DictReader(io.StringIO(summary_csv(ROUND, verified_rows(verification))))
    (row,) = (row for row in rows if row["Model"] == "llama3.1-8b")
    assert (row["Scenario"], row["inferred"]) == ("server", "1")
    assert row["Location"].endswith("/llama3.1-8b/online/performance/run_1")


@pytest.mark.parametrize("scenario", [5, ["offline"], {"offline": 1}, True], ids=str)
def test_the_scenario_of_an_endpoints_run_must_be_text(tree: MemoryFiles, scenario: object) -> None:
    add_endpoints_run(tree, "SingleStream", type=scenario)
    assert "PERF-002" in failing(tree)


def test_scores_in_an_endpoints_summary_are_not_looked_at(tree: MemoryFiles) -> None:
    add_endpoints_run(tree, accuracy_scores="none")
    assert verified(tree).passes
