"""mlperf-sysinfo's captures, flat and nested, as facts of a description."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_machine import origins, values

from rules.describe.sysinfo import is_sysinfo, sysinfo_facts
from rules.errors import UserError

STAMP = {"version": "1.0.0", "profile": "inference", "complete": True}
FLAT = {
    "submitter": "SomeLab",
    "submitter_contact": "someone@example.org",
    "system_name": "Rack 7",
    "status": "available",
    "system_type": "datacenter",
    "division": "closed",
    "system_size": "8x GPU-X",
    "number_of_nodes": 1,
    "host_processor_model_name": "CPU-Y",
    "host_processors_per_node": 2,
    "host_processor_core_count": 112,
    "host_memory_capacity": "2.2T",
    "host_memory_configuration": "",
    "host_networking_topology": "N/A",
    "accelerator_interconnect": "Not detected: no tool",
    "accelerators_per_node": 8,
    "framework": "",
    "cooling": "air",
    "mlperf_sysinfo": STAMP,
}


def nested(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "division": "standardized",
        "system_name": "Rack 7",
        "system_category": "datacenter",
        "system_availability_status": "preview",
        "serving_framework": "vLLM 0.9.0",
        "system_node_ensemble_total": 3,
        "node_types": list(nodes),
        "mlperf_sysinfo": STAMP,
        **more,
    }


NODE = {
    "number_of_nodes": 2,
    "host_processor_model_name": "CPU-Y",
    "host_processors_per_node": 2,
    "host_processor_core_count": 96,
    "host_memory_capacity": "1 TB",
    "accelerator_info": [
        {"accelerator_model_name": "GPU-X", "accelerators_per_node": 8, "accelerator_memory_type": "HBM3"}
    ],
}


class TestFlat:
    def test_its_fields_are_ours_but_for_what_the_submission_says(self) -> None:
        assert values(sysinfo_facts(FLAT)) == {
            "system_name": "Rack 7",
            "status": "available",
            "system_type": "datacenter",
            "number_of_nodes": 1,
            "host_processor_model_name": "CPU-Y",
            "host_processors_per_node": 2,
            "host_processor_core_count": 56,
            "host_memory_capacity": "2.2T",
            "accelerators_per_node": 8,
            "cooling": "air",
        }

    def test_cores_are_those_of_one_processor(self) -> None:
        """It counts all of a node's."""
        facts = sysinfo_facts(FLAT)
        assert facts["host_processor_core_count"].origin == "mlperf-sysinfo (112 cores of 2 processors)"
        assert origins(facts) > {"mlperf-sysinfo"}

    @pytest.mark.parametrize(
        ("cores", "sockets", "each"), [(7, 2, 7), (8, 0, 8), ("x", 2, "x"), ("12", "2", 6), (6, 1, 6)]
    )
    def test_cores_that_can_t_be_shared_out_stay(self, cores: Any, sockets: Any, each: Any) -> None:
        said = FLAT | {"host_processor_core_count": cores, "host_processors_per_node": sockets}
        assert sysinfo_facts(said)["host_processor_core_count"].value == each

    @pytest.mark.parametrize(
        "value",
        [
            "",
            " ",
            "N/A",
            "Not available",
            "Not detected: x",
            "Insert your notes here",
            "CHANGEME",
            0,
            None,
            True,
            [],
            {},
            1.5,
        ],
    )
    def test_what_it_did_not_find_is_no_fact(self, value: Any) -> None:
        assert "cooling" not in sysinfo_facts(FLAT | {"cooling": value})


class TestNested:
    def test_one_kind_of_node_is_the_system(self) -> None:
        assert values(sysinfo_facts(nested(NODE))) == {
            "system_name": "Rack 7",
            "system_type": "datacenter",
            "status": "preview",
            "framework": "vLLM 0.9.0",
            "number_of_nodes": 3,
            "host_processor_model_name": "CPU-Y",
            "host_processors_per_node": 2,
            "host_processor_core_count": 48,
            "host_memory_capacity": "1 TB",
            "accelerator_model_name": "GPU-X",
            "accelerators_per_node": 8,
            "accelerator_memory_configuration": "HBM3",
        }

    def test_of_two_kinds_texts_stand_side_by_side_and_counts_that_differ_are_left_open(self) -> None:
        other = NODE | {"host_processor_model_name": "CPU-Z", "host_processor_core_count": 64, "accelerator_info": []}
        facts = values(sysinfo_facts(nested(NODE, other)))
        assert facts["host_processor_model_name"] == "CPU-Y, CPU-Z"
        assert facts["host_memory_capacity"] == "1 TB"
        assert facts["host_processors_per_node"] == 2
        assert "host_processor_core_count" not in facts
        assert facts["accelerators_per_node"] == 8

    def test_a_node_with_two_kinds_of_accelerators_is_left_open(self) -> None:
        node = NODE | {"accelerator_info": [{"accelerator_model_name": "A"}, {"accelerator_model_name": "B"}]}
        assert "accelerator_model_name" not in sysinfo_facts(nested(node))


def test_a_partial_capture_describes_nothing() -> None:
    stamp = {"complete": False, "nodes_collected": 1, "nodes_expected": 2}
    with pytest.raises(UserError, match="a partial capture: 1 of 2 nodes answered"):
        sysinfo_facts(FLAT | {"mlperf_sysinfo": stamp})


@pytest.mark.parametrize(
    ("data", "is_one"),
    [(FLAT, True), (nested(), True), ({"node_types": []}, True), ({"node_types": 1}, False), ({}, False), ([], False)],
)
def test_it_is_known_by_its_stamp_or_its_nodes(data: Any, is_one: bool) -> None:
    assert is_sysinfo(data) is is_one


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda tree: st.lists(tree, max_size=2) | st.dictionaries(st.sampled_from([*NODE, "node_types"]), tree, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*FLAT, *NODE, "node_types"]), _VALUES))
def test_any_capture_is_facts_or_a_message(data: dict[str, Any]) -> None:
    try:
        facts = sysinfo_facts(data)
    except UserError as problem:
        assert "partial" in str(problem)
    else:
        assert all(isinstance(fact.value, (str, int)) and fact.value for fact in facts.values())
