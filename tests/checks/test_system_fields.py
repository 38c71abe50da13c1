"""What the fields of a system description must not say together, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fitted_run import Fitted, Kind, evidence_at
from power_run import add_power
from rule_rows import SYSTEM, Known, Row, assert_holds, clean, described, dirty, nameplate, nothing, table

from rules.checks.judge import judge
from rules.evidence import Evidence
from rules.fields import FIELDS, POWER, asked_fields
from rules.rounds import available_rounds, load_round
from rules.system import DECLARED

ACCELERATED = {
    "accelerators_per_node": 8,
    "accelerator_model_name": "NVIDIA B200-SXM-180GB",
    "accelerator_memory_capacity": "180 GB",
}


def accelerated(**fields: Any) -> Known:
    return described(**{**ACCELERATED, **fields})


def declared(**fields: Any) -> Known:
    """What submission.yaml says over a description."""

    def change(evidence: Evidence) -> Evidence:
        system = described(**fields)(evidence).system
        return replace(evidence, system=replace(system, origins={**system.origins, **dict.fromkeys(fields, DECLARED)}))

    return change


def found(row: str, message: str, /, **fields: Any) -> Row:
    """A row with one message, of a description in which fields are changed."""
    return dirty(row, nothing, message, known=described(**fields))


def nothing_yet(row: str, **field: str) -> Row:
    (name,) = field
    return found(row, f"fields that say nothing yet: {name} ({field[name].strip()})", **field)


def without_unit(row: str, **field: object) -> Row:
    (name,) = field
    return found(row, f"{name} is '{field[name]}', without GB, TB or another unit", **field)


def impossible(row: str, **field: object) -> Row:
    (name,) = field
    return found(row, f"{name} is '{field[name]}', which is no number of things that there are", **field)


ROWS = [
    *table(
        "SYS-012",
        clean("N/A is an answer", known=described(cooling="N/A", host_networking="none")),
        clean("a word within a text", known=described(hw_notes="TBD firmware was replaced", framework="todo-rt 1.0")),
        nothing_yet("what the automation writes", host_memory_configuration="undefined"),
        nothing_yet("to be determined", cooling=" TBD "),
        nothing_yet("to be filled", host_networking="To be filled by O.E.M."),
        nothing_yet("a template's text", framework="Insert framework here"),
        nothing_yet("in angle brackets", framework="<name>"),
        nothing_yet("in a field of no round", host_voltage="???"),
        dirty(
            "two of them",
            nothing,
            "fields that say nothing yet: cooling (CHANGEME), framework (xxx)",
            known=described(cooling="CHANGEME", framework="xxx"),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-013",
        clean(
            "none, in the words that there are for it",
            known=described(accelerators_per_node=" 0 ", accelerator_model_name="none"),
        ),
        clean("eight", known=accelerated()),
        clean("a processor's own graphics that was used", known=accelerated(accelerators_per_node="1")),
        found(
            "none, with a name",
            "accelerators_per_node is 0, but accelerator_model_name is 'NVIDIA H200'",
            accelerator_model_name="NVIDIA H200",
        ),
        found(
            "none, with memory",
            "accelerators_per_node is 0, but accelerator_memory_capacity is '8 GB'",
            accelerator_memory_capacity="8 GB",
        ),
        dirty(
            "eight of nothing",
            nothing,
            "accelerators_per_node is 8, but accelerator_model_name is 'N/A'",
            "accelerators_per_node is 8, but accelerator_memory_capacity is 'N/A'",
            known=described(accelerators_per_node="8"),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-014",
        clean("texts that begin with a number", known=described(host_processor_core_count="2 (big); 4 (LITTLE)")),
        clean("virtual cores alone", known=described(host_processor_core_count="N/A", host_processor_vcpu_count=96)),
        impossible("no number of cores", host_processor_core_count="N/A"),
        impossible("sockets below nothing", host_processors_per_node="-2"),
        impossible("the text 0", number_of_nodes="0"),
        dirty(
            "accelerators below nothing",
            nothing,
            "accelerators_per_node is '-1', which is no number of things that there are",
            known=accelerated(accelerators_per_node=-1),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-015",
        clean(
            "units as submitters write them",
            known=described(host_memory_capacity="125G", host_storage_capacity="1 200 GB + 1 50 GB"),
        ),
        clean(
            "of two drives",
            known=described(host_storage_capacity="1.92 TB NVMe x 16 drives", host_memory_capacity="1.5TiB"),
        ),
        clean("nothing at all", known=described(host_storage_capacity="N/A", host_memory_capacity="none")),
        without_unit("a number", host_memory_capacity=512),
        without_unit("a text of a number", host_storage_capacity="1920"),
        dirty(
            "of an accelerator",
            nothing,
            "accelerator_memory_capacity is '180', without GB, TB or another unit",
            known=accelerated(accelerator_memory_capacity="180"),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-016",
        clean("a field of one's own", known=described(colour="grey", submitter_contact="a@b.c")),
        clean("beside the right one", known=described(coolling="air", cooling="water")),
        dirty(
            "declared, over what a description says",
            nothing,
            "'coolling' is no field of a description; did you mean 'cooling'?",
            known=declared(coolling="water"),
        ),
        dirty(
            "for one that is missing",
            nothing,
            "'acelerator_frequency' is no field of a description; did you mean 'accelerator_frequency'?",
            known=described(acelerator_frequency="1 GHz"),
        ),
        dirty(
            "with hyphens, for an empty one",
            nothing,
            "'sw-notes' is no field of a description; did you mean 'sw_notes'?",
            known=described(**{"sw-notes": "x", "sw_notes": ""}),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-017",
        clean("numbers", known=described(host_network_card_count=2, network_speed_mbit=1000.5)),
        clean("any script, quotes, commas, long notes", known=described(hw_notes='Ünï "x", 日本; ' * 100, cooling="-")),
        found("a list", "operating_system is a list", operating_system=["Ubuntu", "24.04"]),
        found("a mapping", "framework is a mapping", framework={"name": "x"}),
        found("a truth value", "cooling is a truth value", cooling=True),
        found("two lines", "framework has a line break or another control character in it", framework="a\nb"),
        found("half a character", "framework has half a character in it", framework="a\ud83d"),
        found(
            "a formula",
            "system_name begins with =, which spreadsheets take for a formula",
            system_name='=HYPERLINK("x")',
        ),
        found("very long", "cooling has 4001 characters", cooling="water" * 800 + "!"),
        at=SYSTEM,
    ),
    *table(
        "SYS-018",
        clean(
            "the name says the total",
            known=accelerated(number_of_nodes=2, system_name="C885A (16x B200-SXM-180GB, TensorRT)"),
        ),
        clean("the name says those of a node", known=accelerated(number_of_nodes=2, system_name="C885A (8x B200)")),
        clean("the name counts something else", known=accelerated(system_name="2x EPYC 9575F, 4x400GbE")),
        clean("the name counts two kinds", known=accelerated(system_name="4x B200, 12x B200")),
        dirty(
            "another number",
            nothing,
            "the system's name says 16x B200-SXM-180GB; number_of_nodes times accelerators_per_node is 8",
            known=accelerated(system_name="SR680a (16x B200-SXM-180GB)"),
        ),
        at=SYSTEM,
    ),
    *table(
        "SYS-020",
        clean("no power", known=described(system_power_capacity=None)),
        clean("a nameplate", add_power, known=nameplate({"PSUs": []})),
        clean("the description says it", add_power, known=described(system_power_capacity=3000)),
        clean("a round that takes none", add_power, kind=Kind("bert-99", round_name="v5.1")),
        dirty("none", add_power, "power was measured, and nothing says the design power", known=described()),
        at=SYSTEM,
    ),
    *table(
        "SYS-019",
        clean("no power", known=described(filesystem=None)),
        clean("fields that may be empty", add_power, known=described(filesystem="", system_power_capacity=3000)),
        dirty(
            "two of them",
            add_power,
            "a system with power results, and fields missing: filesystem, disk_drives",
            known=described(filesystem=None, disk_drives=None, system_power_capacity=3000),
        ),
        at=SYSTEM,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: Row, fitted: Fitted) -> None:
    assert_holds(row, fitted(row.kind))


def test_what_many_systems_have_is_no_finding(fitted: Fitted) -> None:
    """The example's description: empty texts, N/A, counts as texts and as numbers."""
    found_by_rule = judge(evidence_at(Kind(), fitted(Kind())), Kind().round).findings
    assert not [each for each in found_by_rule if each.code.startswith("SYS")]


def test_no_field_that_a_round_asks_for_is_misspelt() -> None:
    """SYS-016 takes the fields of all rounds for known."""
    for name in available_rounds():
        assert {*asked_fields(load_round(name), is_network=True), *POWER} <= {*FIELDS}


def test_all_fields_that_lack_are_named_with_examples(fitted: Fitted) -> None:
    """However many: none is cut away."""
    round_ = load_round("v6.1")
    missing = [name for name in round_.system_fields if name not in ("division", "submitter", "status", "system_type")]
    evidence = described(**dict.fromkeys(missing))(evidence_at(Kind(), fitted(Kind())))
    (said,) = [each for each in judge(evidence, round_).findings if each.code == "SYS-004"]
    assert said.message == f"fields missing: {', '.join(missing)}"
    assert all(f"{name}: " in said.fix for name in missing)
