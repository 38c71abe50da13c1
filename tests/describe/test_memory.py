"""Memory modules, from each of the sources that know of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_machine import origins, recorded, values

from rules.describe import memory


@pytest.mark.parametrize(
    ("facts", "capacity", "configuration"),
    [
        (
            memory.parse_dmidecode(recorded("dmidecode-memory.txt")),
            "192 GB",
            "3x 64GB DDR5-6000 Micron Technology MTC40F2046S1RC64BD2 MWFF",
        ),
        (
            memory.parse_udev(recorded("udevadm.txt")),
            "48 GB",
            "1x 32GB DDR5-4800 Samsung M425R4GA3BB0-CWMOL + 1x 16GB DDR5",
        ),
        (memory.parse_lshw(recorded("lshw-memory.json")), "32 GB", "2x 16GB DDR4-3200 SK Hynix HMAA2GS6CJR8N-XN"),
        (
            memory.parse_edac([{"size": "32768", "dimm_mem_type": "Registered-DDR4"}] * 8 + [{"size": "0"}, {}]),
            "256 GB",
            "8x 32GB DDR4",
        ),
    ],
    ids=["dmidecode", "udev", "lshw", "EDAC"],
)
def test_modules_are_added_up_and_counted_by_kind(facts: Any, capacity: str, configuration: str) -> None:
    assert values(facts) == {"host_memory_capacity": capacity, "host_memory_configuration": configuration}
    assert len(origins(facts)) == 1


def test_serial_numbers_stay_where_they_are() -> None:
    facts = memory.parse_dmidecode(recorded("dmidecode-memory.txt"))
    assert "F00" not in str(facts)


@pytest.mark.parametrize(
    ("size", "capacity"),
    [("2 TB", "2 TB"), ("1536 GB", "1536 GB"), ("1 GB", "1 GB"), ("512 MB", "512 MB"), ("1536 MB", "1.5 GiB")],
)
def test_capacities_are_those_on_the_modules(size: str, capacity: str) -> None:
    facts = memory.parse_dmidecode(f"\nHandle 0x1, DMI type 17\nMemory Device\n\tSize: {size}\n")
    assert values(facts)["host_memory_capacity"] == capacity


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# dmidecode 3.5\n/sys/firmware/dmi/tables/smbios_entry_point: Permission denied\n",
        "\nHandle 0x1, DMI type 17\nMemory Device\n\tSize: No Module Installed\n",
        "\nHandle 0x1, DMI type 17\nMemory Device\n\tSize: Unknown\n",
    ],
)
def test_without_a_module_nothing_is_told(text: str) -> None:
    assert memory.parse_dmidecode(text) == {}


def test_the_kernels_total_is_what_may_be_used_and_says_no_more() -> None:
    facts = memory.parse_meminfo("MemTotal:       65675924 kB\nMemFree:        1 kB\n")
    assert values(facts) == {"host_memory_capacity": "62.6 GiB usable"}
    assert memory.parse_meminfo("MemFree: 1 kB\n") == {}


_LINES = st.sampled_from(
    ["Handle 0x1, DMI type 17", "Memory Device", "\tSize: 64 GB", "\tSize: x", "\tType: DDR5", "\tSpeed:", ":", "\t:",
     "E: MEMORY_DEVICE_0_SIZE=1", "E: MEMORY_DEVICE_0_SIZE=x", "E: MEMORY_DEVICE_0_TYPE=DDR5", "MemTotal: x kB"]
)  # fmt: skip


@given(st.lists(_LINES | st.text(max_size=20)).map("\n".join))
def test_any_output_is_facts_or_none(text: str) -> None:
    for parse in (memory.parse_dmidecode, memory.parse_udev, memory.parse_lshw, memory.parse_meminfo):
        assert all(fact.value for fact in parse(text).values())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda tree: (
        st.lists(tree, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "size", "children", "clock", "bank:0", "x"]), tree, max_size=4)
    ),
)


@given(_JSON)
def test_any_json_is_facts_or_none(data: Any) -> None:
    assert all(fact.value for fact in memory.parse_lshw(json.dumps(data)).values())
