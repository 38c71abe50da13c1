"""The rounds' files hold to `schema.json`, which no run reads: this is where it is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache, reduce
from operator import getitem
from typing import Any

import pytest
import yaml
from jsonschema.validators import Draft202012Validator
from support import REPOSITORY

from rules.rounds import available_rounds

FOLDER = REPOSITORY / "rules/rounds"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
every_file = pytest.mark.parametrize("name", available_rounds())


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def parsed(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(text_of(name))
    return table


def table_of(name: str) -> dict[str, Any]:
    """A file's table, to change."""
    return deepcopy(parsed(name))


def mappings(value: object) -> Iterator[dict[str, Any]]:
    """A table and every table in it."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(inner)


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_key_says_what_it_means() -> None:
    rules = [rule for rule in mappings(SCHEMA) if "type" in rule or "$ref" in rule or "enum" in rule]
    properties = [rule for each in rules for rule in each.get("properties", {}).values()]
    assert len(properties) > 50
    assert [rule for rule in properties if "description" not in rule] == []


@every_file
def test_a_file_follows_the_schema(name: str) -> None:
    assert [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(table_of(name))] == []


@every_file
def test_no_key_is_there_twice(name: str) -> None:
    """YAML keeps the last of two equal keys in silence: a figure would be lost."""
    assert list(repeated_keys(yaml.compose(text_of(name)))) == []


def test_a_repeated_key_is_found() -> None:
    assert list(repeated_keys(yaml.compose("a: [{b: 1, c: 2, b: 3}]"))) == ["b"]


@every_file
def test_patterns_are_those_of_the_benchmarks_metrics(name: str) -> None:
    table = table_of(name)
    metrics = {metric for benchmark in table["benchmarks"].values() for metric in benchmark["accuracy"]}
    assert metrics == set(table["accuracy_patterns"])


def test_an_unknown_key_is_rejected_wherever_it_stands() -> None:
    table = table_of("v6.1")
    few = ("resnet", "llama3.1-8b", "wan-2.2-t2v-a14b", "qwen3-vl-235b-a22b")  # these have every kind of table
    table["benchmarks"] = {name: table["benchmarks"][name] for name in few}
    for mapping in mappings(table):
        mapping["a key"] = "a value"
        assert not VALIDATOR.is_valid(table), f"accepted in {mapping}"
        del mapping["a key"]
    assert VALIDATOR.is_valid(table)


@pytest.mark.parametrize("key", table_of("v6.1"))
def test_no_key_of_a_round_may_be_left_out(key: str) -> None:
    table = table_of("v6.1")
    del table[key]
    assert not VALIDATOR.is_valid(table)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layout", "v4"),
        ("divisions", ["closed", "ajar"]),
        ("statuses", []),
        ("seeds/qsl_rng_seed", -1),
        ("seeds/qsl_rng_seed", 2**64),
        ("min_duration_ms", 0),
        ("aliases/resnet50", "ResNet"),
        ("result_fields/Offline", ""),
        ("inference", [{"from": "SingleStream"}]),
        ("benchmarks", {}),
        ("benchmarks/resnet/scenarios/edge", {"required": []}),
        ("benchmarks/resnet/scenarios/edge", {"required": ["Online"]}),
        ("benchmarks/resnet/scenarios/edge", {"required": ["Offline", "Offline"]}),
        ("benchmarks/resnet/scenarios", {"edge,datacenter": {"required": ["Offline"]}}),
        ("benchmarks/resnet/samples", {"dataset": 50000}),
        ("benchmarks/resnet/samples/performance", "1024"),
        ("benchmarks/resnet/min_queries/Offline", 0),
        ("benchmarks/resnet/latency_limits_ms/Server", 0.5),
        ("benchmarks/resnet/accuracy", {}),
        ("benchmarks/resnet/accuracy/acc", {}),
        ("benchmarks/resnet/accuracy/acc/target", "75.7"),
        ("benchmarks/resnet/accuracy/acc/target", {"reference": 76.46}),
        ("benchmarks/resnet/accuracy/acc", {"upper_limit": 80, "scenario_targets": {"Offline": 75}}),
        ("benchmarks/resnet/compliance_tests", ["TEST01", "TEST01"]),
        ("benchmarks/resnet/compliance_tests", ["TEST02"]),
        ("benchmarks/llama3.1-8b/token_latency_limits_ms", {"Server": {"ttft": 2000}}),
    ],
)
def test_a_value_that_no_reader_understands_is_rejected(path: str, value: object) -> None:
    table = table_of("v6.1")
    *outer, key = path.split("/")
    reduce(getitem, outer, table)[key] = value
    assert not VALIDATOR.is_valid(table)


def repeated_keys(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from {key for key in keys if keys.count(key) > 1}
        for _, value in node.value:
            yield from repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from repeated_keys(value)
