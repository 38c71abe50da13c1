"""The description file: what is found with where, what is still to fill in, and that it can be read back."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import ROUND

from rules.describe.description import Described, description_fields, format_json, format_yaml, remarks_of
from rules.describe.facts import Fact
from rules.errors import UserError
from rules.fields import FIELDS

FACTS = {
    "filesystem": Fact("ext4", "/proc/mounts"),
    "host_processor_core_count": Fact(64, "lscpu"),
    "accelerators_per_node": Fact("0", "/sys/bus/pci"),
    "system_name": Fact("Acme: 2", "/sys/class/dmi/id"),
}


def test_fields_come_in_an_order_for_reading() -> None:
    assert Described(ROUND, {"voltage": Fact("230 V", "x"), **FACTS}).fields == [
        "system_name",
        "host_processor_core_count",
        "accelerators_per_node",
        "filesystem",
        "voltage",
    ]


def test_every_line_says_where_its_value_came_from() -> None:
    lines = format_yaml(Described(ROUND, FACTS)).splitlines()
    assert 'accelerators_per_node: "0"                # /sys/bus/pci' in lines
    assert 'system_name: "Acme: 2"                    # /sys/class/dmi/id' in lines
    assert "host_processor_core_count: 64             # lscpu" in lines


def test_what_must_mean_something_is_listed_apart_from_what_may_stay_empty() -> None:
    described = Described(ROUND, FACTS)
    assert {*described.to_fill_in, *described.may_stay_empty, *FACTS} >= {*ROUND.system_fields} - {
        "division",
        "submitter",
    }
    assert {*described.to_fill_in} <= {*ROUND.system_fields_meaningful}
    assert "hw_notes" in described.may_stay_empty
    text = format_yaml(described)
    for name in described.to_fill_in:
        assert f"#{name}:" in text
        assert f"# {FIELDS[name].meaning}; for example {FIELDS[name].example}" in text


def test_of_whole_facts_nothing_is_to_fill_in() -> None:
    facts = {name: Fact("x", "y") for name in ROUND.system_fields}
    assert "Still to fill in" not in format_yaml(Described(ROUND, facts))


def test_remarks_are_the_last_lines() -> None:
    assert format_yaml(Described(ROUND, FACTS, ("One.", "Two."))).endswith("\n\n# One.\n# Two.\n")


def test_json_has_all_of_it() -> None:
    data = json.loads(format_json(Described(ROUND, FACTS, ("One.",))))
    assert data["fields"] == {name: fact.value for name, fact in FACTS.items()}
    assert data["origins"]["filesystem"] == "/proc/mounts"
    assert "cooling" in data["to_fill_in"]
    assert "sw_notes" in data["may_stay_empty"]
    assert data["remarks"] == ["One."]


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(
    st.dictionaries(st.sampled_from(ROUND.system_fields), (_TEXTS | st.integers()).map(lambda value: Fact(value, "x")))
)
def test_both_forms_can_be_read_back(facts: dict[str, Fact]) -> None:
    described = Described(ROUND, facts)
    said = {name: fact.value for name, fact in facts.items()}
    assert description_fields(yaml.safe_load(format_yaml(described)) or {}) == said
    assert description_fields(json.loads(format_json(described))) == said


@pytest.mark.parametrize(
    ("data", "found"), [(None, "nothing"), ([], "a list"), ("text", "one value"), (5, "one value")]
)
def test_a_file_of_no_fields(data: object, found: str) -> None:
    with pytest.raises(UserError, match=f"found {found}; allowed: a mapping"):
        description_fields(data)


class TestRemarks:
    def test_whoever_may_not_see_the_memory_is_told_who_may(self) -> None:
        (remark, failure) = remarks_of({}, {"dmidecode": "Permission denied"}, "")
        assert "as root" in remark
        assert failure == "dmidecode did not answer: Permission denied"

    def test_what_was_found_otherwise_is_no_trouble(self) -> None:
        facts = {"host_memory_configuration": Fact("x", "udev"), "accelerators_per_node": Fact("0", "pci")}
        assert remarks_of(facts, {"dmidecode": "Permission denied"}, "Intel at 0000:00:02.0") == []

    def test_devices_without_a_tool_are_named(self) -> None:
        facts = {"host_memory_configuration": Fact("x", "udev")}
        assert remarks_of(facts, {}, "NVIDIA at 0000:18:00.0") == [
            "On the PCI bus, and no tool tells more of it: NVIDIA at 0000:18:00.0."
        ]
