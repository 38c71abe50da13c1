"""What a system's JSON will say, who said it, and what is never made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ROUND

from rules.config.model import SystemDeclaration
from rules.domain import Category, Division
from rules.system import SystemDescription, describe_system

TEXTS = st.text(max_size=8)
FIELDS = st.dictionaries(st.sampled_from(ROUND.system_fields), TEXTS | st.integers())


def described(
    meta: Mapping[str, Any] | None = None,
    declared: SystemDeclaration | None = None,
    category: Category | None = None,
    division: Division = Division.CLOSED,
) -> SystemDescription:
    return describe_system(
        division=division,
        submitter="ExampleLab",
        declared=declared,
        category=category,
        meta=meta,
        round_=ROUND,
        path="system_meta.json",
    )


def declaration(**keys: Any) -> SystemDeclaration:
    return SystemDeclaration(name="edge-1", **keys)


class TestLayers:
    """Declaration over system_meta.json over defaults; each field knows where it is from."""

    @pytest.mark.parametrize(
        ("meta", "declared", "value", "origin"),
        [
            (None, {}, "", "default"),
            ({"hw_notes": "air"}, {}, "air", "system_meta.json"),
            ({"hw_notes": ""}, {}, "", "system_meta.json"),
            (None, {"hw_notes": "water"}, "water", "declaration"),
            ({"hw_notes": "air"}, {"hw_notes": "water"}, "water", "declaration"),
            ({"hw_notes": "air"}, {"hw_notes": ""}, "", "declaration"),
        ],
    )
    def test_the_stronger_word_holds(
        self, meta: dict[str, Any] | None, declared: dict[str, Any], value: str, origin: str
    ) -> None:
        found = described(meta, declaration(description=declared))
        assert (found.fields["hw_notes"], found.origins["hw_notes"]) == (value, origin)

    @pytest.mark.parametrize(
        ("meta", "declared", "value", "origin"),
        [
            (None, {}, "64 GB", "detected"),
            ({}, {}, "64 GB", "detected"),
            ({"host_memory_capacity": ""}, {}, "64 GB", "detected"),
            ({"host_memory_capacity": " "}, {}, "64 GB", "detected"),
            ({"host_memory_capacity": None}, {}, "64 GB", "detected"),
            ({"host_memory_capacity": "2 TB"}, {}, "2 TB", "system_meta.json"),
            ({"host_memory_capacity": 0}, {}, 0, "system_meta.json"),
            (None, {"host_memory_capacity": "1 TB"}, "1 TB", "declaration"),
            (None, {"host_memory_capacity": ""}, "", "declaration"),
        ],
    )
    def test_what_was_detected_fills_in_what_nobody_said(
        self, meta: dict[str, Any] | None, declared: dict[str, Any], value: object, origin: str
    ) -> None:
        """An empty field of system_meta.json says nothing; one that is declared empty is meant so."""
        detected = {"host_memory_capacity": "64 GB"}
        found = described(meta, declaration(description=declared, detected=detected))
        assert (found.fields["host_memory_capacity"], found.origins["host_memory_capacity"]) == (value, origin)
        assert found.is_described

    def test_a_field_that_no_round_asks_for_is_kept(self) -> None:
        found = described({"boot_firmware_version": "1.2"})
        assert found.fields["boot_firmware_version"] == "1.2"

    @pytest.mark.parametrize(
        ("keys", "field", "value"),
        [
            ({"hw_name": "Edge One"}, "system_name", "Edge One"),
            ({"status": "rdi"}, "status", "rdi"),
            ({"category": Category.EDGE}, "system_type", "edge"),
            ({"status": "rdi", "description": {"status": "available"}}, "status", "rdi"),
            ({"category": Category.EDGE, "description": {"system_type": "datacenter"}}, "system_type", "edge"),
            ({"hw_name": "Edge One", "description": {"system_name": "Edge"}}, "system_name", "Edge"),
        ],
    )
    def test_keys_of_the_declaration_are_fields(self, keys: dict[str, Any], field: str, value: str) -> None:
        found = described({"system_name": "?", "status": "?", "system_type": "?"}, declaration(**keys))
        assert (found.fields[field], found.origins[field]) == (value, "declaration")

    def test_division_and_submitter_are_the_submissions(self) -> None:
        said = {"division": "open", "submitter": "Other"}
        found = described(said, declaration(description=said), division=Division.NETWORK)
        assert (found.fields["division"], found.fields["submitter"]) == ("network", "ExampleLab")
        assert (found.origins["division"], found.origins["submitter"]) == ("declaration", "declaration")

    @given(st.none() | FIELDS, FIELDS)
    def test_every_field_has_an_origin_that_said_it(
        self, meta: dict[str, Any] | None, declared: dict[str, Any]
    ) -> None:
        found = described(meta, declaration(description=declared))
        assert list(found.fields) == list(found.origins) == sorted(found.fields)
        layers = {"declaration": declared, "system_meta.json": meta or {}, "default": dict.fromkeys(found.fields, "")}
        for name in {*found.fields} - {"division", "submitter"}:
            assert found.fields[name] == layers[found.origins[name]][name]


class TestDefaults:
    def test_what_nobody_said_is_empty_or_absent(self) -> None:
        """No field is ever read from the machine that builds, which need not be the one that ran."""
        found = described()
        assert {name for name, value in found.fields.items() if value} == {"division", "submitter"}
        assert {*ROUND.system_fields} - {*found.fields} == {*ROUND.system_fields_meaningful} - {"division", "submitter"}

    @pytest.mark.parametrize(
        ("meta", "declared", "category"),
        [
            (None, None, "datacenter"),
            ({"system_type": "edge"}, None, "edge"),
            (None, {"category": Category.DATACENTER_EDGE}, "datacenter,edge"),
        ],
    )
    def test_the_results_roots_category_is_the_weakest_word(
        self, meta: dict[str, Any] | None, declared: dict[str, Any] | None, category: str
    ) -> None:
        found = described(meta, declaration(**(declared or {})), Category.DATACENTER)
        assert found.fields["system_type"] == category
        assert found.category is Category(category)


class TestNotes:
    @pytest.mark.parametrize("notes", ["hw_notes", "sw_notes"])
    @pytest.mark.parametrize(
        ("meta", "extra", "value"),
        [
            ({}, "capped at 300 W", "capped at 300 W"),
            ({"{notes}": "patched"}, "capped at 300 W", "patched capped at 300 W"),
            ({"{notes}": None}, "capped at 300 W", "capped at 300 W"),
            ({"{notes}": "patched"}, None, "patched"),
            ({"{notes}": "patched"}, "", "patched"),
        ],
    )
    def test_extra_notes_are_added_to_the_end(
        self, notes: str, meta: dict[str, Any], extra: str | None, value: str
    ) -> None:
        said = {name.format(notes=notes): text for name, text in meta.items()}
        found = described(said, declaration(**{f"{notes}_extra": extra}))
        assert found.fields[notes] == value
        assert found.origins[notes] == ("declaration" if extra else "system_meta.json")

    def test_they_are_added_to_declared_notes_too(self) -> None:
        found = described({"hw_notes": "a"}, declaration(description={"hw_notes": "b"}, hw_notes_extra="c"))
        assert found.fields["hw_notes"] == "b c"


class TestQuestions:
    @pytest.mark.parametrize(
        ("meta", "declared", "is_described"),
        [(None, None, False), ({}, None, True), (None, declaration(), False), (None, declaration(status="rdi"), True)],
    )
    def test_a_system_is_described_if_anybody_said_anything(
        self, meta: dict[str, Any] | None, declared: SystemDeclaration | None, is_described: bool
    ) -> None:
        assert described(meta, declared).is_described is is_described

    @pytest.mark.parametrize(
        ("meta", "overridden"),
        [
            (None, {}),
            ({}, {}),
            ({"division": "", "submitter": None}, {}),
            ({"division": "closed", "submitter": "ExampleLab"}, {}),
            ({"division": "Closed", "submitter": "examplelab"}, {}),
            ({"division": "open", "submitter": "Other"}, {"division": "open", "submitter": "Other"}),
        ],
    )
    def test_what_the_description_said_otherwise_is_remembered(
        self, meta: dict[str, Any] | None, overridden: dict[str, str]
    ) -> None:
        assert described(meta).overridden == overridden

    @pytest.mark.parametrize(
        ("value", "is_network"),
        [("true", True), ("True", True), (True, False), ("false", False), ("", False), (None, False), ("yes", False)],
    )
    def test_network_systems_say_true_as_text(self, value: object, is_network: bool) -> None:
        assert described({"is_network": value}).is_network is is_network
        assert described().is_network is False

    @pytest.mark.parametrize("value", ["Edge", "", None, ["edge"], {}])
    def test_an_unknown_category_is_none(self, value: object) -> None:
        assert described({"system_type": value}).category is None

    def test_the_network_division_says_that_it_is_one(self) -> None:
        """Its other fields are for the submitter to say, and missed where they lack."""
        found = described(division=Division.NETWORK)
        assert (found.fields["is_network"], found.is_network) == ("true", True)
        assert not {*ROUND.system_fields_network} - {"is_network"} & {*found.fields}
        assert described({"is_network": "false"}, division=Division.NETWORK).fields["is_network"] == "false"
        assert "is_network" not in described().fields

    def test_another_division_changes_the_division_only(self) -> None:
        found = described({"status": "rdi"})
        moved = found.in_division(Division.OPEN)
        assert moved.fields == {**found.fields, "division": "open"}
        assert moved.in_division(Division.CLOSED) == found
