"""What runs and systems must say of themselves, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fitted_run import NETWORK_FIELDS, Fitted, Kind, evidence_at
from power_run import add_power
from rule_rows import (
    NAMEPLATE,
    RESNET,
    SYSTEM,
    Known,
    Row,
    all_of,
    assert_holds,
    clean,
    described,
    dirty,
    edit,
    nameplate,
    nothing,
    remove,
    table,
    undescribed,
    write,
)

from rules.checks.description import design_power_watts, nameplate_watts
from rules.domain import Division
from rules.evidence import Evidence
from rules.rounds import load_round

OPEN = Kind(division=Division.OPEN)
NETWORK = Kind(division=Division.NETWORK)
ENDPOINTS = Kind("llama3.1-8b", is_endpoints=True)
V51 = Kind("bert-99", round_name="v5.1")
MEASUREMENTS, USER_CONF, README = "measurements.json", "user.conf", "README.md"
#: Two supplies of three are needed, the largest ones.
SUPPLIES = {
    "PSUs": [{"PowerCapacityWatts": 700}, {"PowerCapacityWatts": 900}, {"PowerCapacityWatts": 800}],
    "Min PSUs Needed": 2,
}


def without_code(evidence: Evidence) -> Evidence:
    return replace(evidence, has_code=False)


def overridden(**fields: str) -> Known:
    """What system_meta.json said where the declaration says otherwise."""
    return lambda evidence: replace(evidence, system=replace(evidence.system, overridden=fields))


def both(first: Known, second: Known) -> Known:
    return lambda evidence: second(first(evidence))


def unreadable(spoilt: str) -> str:
    return f"nameplate power can't be read: {spoilt}"


ROWS = [
    *table(
        "MEAS-001",
        clean("endpoints runs have no user.conf", kind=ENDPOINTS),
        dirty("measurements.json is missing", remove(MEASUREMENTS), "measurements.json is missing"),
        dirty(
            "both are missing", remove(MEASUREMENTS, USER_CONF), "measurements.json is missing", "user.conf is missing"
        ),
        dirty(
            "an endpoints run without measurements.json",
            remove(MEASUREMENTS),
            "measurements.json is missing",
            kind=ENDPOINTS,
        ),
    ),
    *table(
        "MEAS-002",
        clean("a byte", write(USER_CONF, "\n")),
        clean("endpoints runs may leave one", write(USER_CONF, ""), ENDPOINTS),
        dirty("nothing", write(USER_CONF, ""), "the file is empty", at=USER_CONF),
    ),
    *table(
        "MEAS-003",
        clean("other fields as well", edit(MEASUREMENTS, "notes", to="")),
        dirty(
            "two fields",
            all_of(edit(MEASUREMENTS, "retraining", to=None), edit(MEASUREMENTS, "weight_data_types", to=None)),
            "field retraining is missing",
            "field weight_data_types is missing",
            at=MEASUREMENTS,
        ),
    ),
    *table(
        "MEAS-004",
        clean("a byte", write(README, "\n")),
        dirty("none", remove(README), "README.md of the result is missing"),
        dirty("nothing in it", write(README, ""), "README.md of the result is empty", at=README),
        dirty("an endpoints run without one", remove(README), "README.md of the result is missing", kind=ENDPOINTS),
        staged_only=True,
    ),
    *table(
        "MEAS-005",
        clean("there is one"),
        dirty("there is none", nothing, "the submitter has no folder src", known=without_code),
        dirty("it had another name", nothing, "the submitter has no folder code", kind=V51, known=without_code),
    ),
    *table(
        "MEAS-006",
        clean("a text that says no", edit(MEASUREMENTS, "retraining", to="no")),
        dirty("an empty text", edit(MEASUREMENTS, "retraining", to=""), "field retraining is empty"),
        dirty("the value false", edit(MEASUREMENTS, "retraining", to=False), "field retraining is empty"),
        at=MEASUREMENTS,
    ),
    *table(
        "SYS-001",
        clean("it is described"),
        dirty(
            "nobody described it",
            nothing,
            "the system is not described: no system_meta.json, and no description in submission.yaml",
            known=undescribed(),
            at=SYSTEM,
        ),
        dirty(
            "the file can't be used",
            nothing,
            "the system is not described: invalid JSON",
            known=undescribed("invalid JSON", 1),
            at=f"{SYSTEM}:",
        ),
    ),
    *table(
        "SYS-002",
        *(clean(status, known=described(status=status)) for status in ("available", "Preview", "RDI")),
        dirty(
            "an unknown word",
            nothing,
            "status is soon, must be one of available, preview, rdi",
            known=described(status="soon"),
        ),
        dirty(
            "no text",
            nothing,
            "status is ['available'], must be one of available, preview, rdi",
            known=described(status=["available"]),
        ),
        dirty(
            "nothing",
            nothing,
            "status is nothing, must be one of available, preview, rdi",
            known=described(status=None),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-003",
        *(clean(known, known=described(system_type=known)) for known in ("edge", "datacenter,edge", "edge,datacenter")),
        dirty(
            "an unknown word",
            nothing,
            "system_type is Edge, must be datacenter, edge or datacenter,edge",
            known=described(system_type="Edge"),
        ),
        dirty(
            "nothing",
            nothing,
            "system_type is nothing, must be datacenter, edge or datacenter,edge",
            known=described(system_type=None),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-004",
        clean("more fields than are asked for", known=described(colour="grey")),
        clean("no network, no network fields", known=described(network_type=None)),
        clean("an empty text for no network", known=described(is_network="")),
        dirty("two fields", nothing, "fields missing: cooling, hw_notes", known=described(cooling=None, hw_notes=None)),
        dirty(
            "a network field",
            nothing,
            "fields missing: network_type",
            kind=NETWORK,
            known=described(network_type=None),
        ),
        dirty(
            "what is_network denies is asked for all the same",
            nothing,
            f"fields missing: {', '.join(load_round('v6.1').system_fields_network[1:])}",
            known=described(is_network="false"),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-005",
        clean("nothing was overridden"),
        clean("by an equal text", known=overridden(submitter="ExampleLab")),
        dirty(
            "another submitter and division",
            nothing,
            "the description says submitter Other; the submission says ExampleLab, which is shipped",
            "the description says division network; the submission says closed, which is shipped",
            known=overridden(submitter="Other", division="network"),
            at=SYSTEM,
        ),
    ),
    *table(
        "SYS-006",
        clean("in another letter case", known=described(submitter="EXAMPLELAB", division="Closed")),
        clean("nothing is described", kind=OPEN),
        dirty(
            "another submitter",
            nothing,
            "the description says submitter Other, the folder ExampleLab",
            known=described(submitter="Other"),
        ),
        dirty(
            "another division",
            nothing,
            "the description says division closed, the folder open",
            kind=OPEN,
            known=described(division="closed"),
        ),
        dirty(
            "no text",
            nothing,
            "the description says submitter 7, the folder ExampleLab",
            known=described(submitter=7),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-007",
        clean("the text true", kind=NETWORK),
        clean("absent"),
        clean("the text false, in open", known=described(**NETWORK_FIELDS | {"is_network": "false"}), kind=OPEN),
        dirty(
            "the value false",
            nothing,
            'is_network is false, must be the text "true", or absent',
            known=described(is_network=False),
        ),
        dirty(
            "the value true",
            nothing,
            'is_network is true, must be the text "true", or absent',
            known=described(**NETWORK_FIELDS | {"is_network": True}),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-008",
        clean("whole numbers in any form", known=described(number_of_nodes=4.0, accelerators_per_node="0")),
        dirty(
            "no accelerators",
            nothing,
            "accelerators_per_node is 'N/A', must be a whole number",
            known=described(accelerators_per_node="N/A"),
        ),
        dirty(
            "a list, and more than there can be",
            nothing,
            "number_of_nodes is '[1]', must be a whole number",
            "accelerators_per_node is 'inf', must be a whole number",
            known=described(number_of_nodes=[1], accelerators_per_node=float("inf")),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-009",
        clean("texts", known=described(hw_notes="a", sw_notes="b")),
        clean("without software notes nothing is joined", known=described(hw_notes=["a"], sw_notes="")),
        clean("empty hardware notes", known=described(hw_notes=[], sw_notes="b")),
        dirty("a list of them", nothing, "hw_notes must be text", known=described(hw_notes=["a"], sw_notes="b")),
        dirty(
            "lists of both",
            nothing,
            "hw_notes must be text",
            "sw_notes must be text",
            known=described(hw_notes=["a"], sw_notes=["b"]),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-010",
        clean("none, and no power"),
        clean("a nameplate", add_power, known=nameplate({"node": SUPPLIES})),
        clean("no power, any structure", known=nameplate("x", None)),
        clean("the description says it", add_power, known=both(nameplate(None), described(system_power_capacity=5))),
        dirty("nothing in it", add_power, unreadable("the file is empty"), known=nameplate(None)),
        dirty(
            "no YAML, even without power",
            nothing,
            unreadable("invalid YAML"),
            known=nameplate(None, "invalid YAML"),
        ),
        dirty(
            "supplies that are no list",
            add_power,
            unreadable("unexpected structure ('int' object is not iterable)"),
            known=nameplate({"PSUs": 3, "Min PSUs Needed": 1}),
        ),
        at=NAMEPLATE,
    ),
    *table(
        "SYS-011",
        clean("a field that may be empty", known=described(host_processor_caches="")),
        clean("the text 0", known=described(accelerators_per_node="0")),
        dirty("two of them", nothing, "fields empty: framework, cooling", known=described(framework="", cooling=[])),
        dirty(
            "the number 0",
            nothing,
            'fields empty: accelerators_per_node (the number 0 counts as empty: write "0")',
            known=described(accelerators_per_node=0),
        ),
        at=SYSTEM,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: Row, fitted: Fitted) -> None:
    assert_holds(row, fitted(row.kind))


@pytest.mark.parametrize(
    ("data", "watts"),
    [
        (SUPPLIES, 1700),
        ({"a": SUPPLIES, "b": [SUPPLIES, SUPPLIES]}, 5100),
        ({"psus": SUPPLIES["PSUs"], "MIN PSUS NEEDED": 1}, 900),
        ({"PSUs": [{}, {"PowerCapacityWatts": 5}], "Min PSUs Needed": 2}, 5),
        ({"PSUs": SUPPLIES["PSUs"]}, 0),
        ({"name": "x", "watts": 900}, 0),
        ([], 0),
        ("x", 0),
    ],
)
def test_the_design_power_is_that_of_the_supplies_that_are_needed(data: Any, watts: float) -> None:
    assert nameplate_watts(data) == (watts, None)


@pytest.mark.parametrize(
    "data",
    [{"PSUs": [1], "Min PSUs Needed": 1}, {"PSUs": [], "Min PSUs Needed": "x"}, {"PSUs": None, "Min PSUs Needed": 1}],
)
def test_a_nameplate_of_another_structure_has_no_design_power(data: Any) -> None:
    watts, problem = nameplate_watts(data)
    assert watts is None
    assert problem is not None and problem.startswith("unexpected structure")


@pytest.mark.parametrize(
    ("known", "round_name", "watts"),
    [
        (nameplate(SUPPLIES), "v6.1", 1700),
        (both(nameplate(SUPPLIES), described(system_power_capacity="2 kW")), "v6.1", "2 kW"),
        (described(), "v6.1", None),
        (nameplate(SUPPLIES), "v6.0", None),
    ],
)
def test_the_design_power_stands_beside_a_measured_one(
    known: Known, round_name: str, watts: object, fitted: Fitted
) -> None:
    evidence = known(evidence_at(RESNET, add_power(fitted(RESNET))))
    assert design_power_watts(evidence, load_round(round_name)) == watts
    assert design_power_watts(replace(evidence, has_power=False), load_round(round_name)) is None
