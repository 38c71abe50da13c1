"""MEAS and SYS rules: measurements.json, user.conf, READMEs, code, and the system description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import MEASUREMENTS, README, USER_CONF
from rules.evidence import Evidence
from rules.fields import example_of
from rules.rounds.model import Round

#: Fields that other rules judge.
_JUDGED_ELSEWHERE = ("status", "system_type")
#: The total of accelerators is their product.
_COUNTS = ("number_of_nodes", "accelerators_per_node")
_NOTES = ("hw_notes", "sw_notes")


@rule(
    "MEAS-001",
    "description of the run is missing",
    "{expected} is missing",
    fix="Put it into the scenario's folder (or the performance run's): it says how the run was made.",
    source="MeasurementsCheck.missing_check, required_files_check",
    input_fault=True,
)
def file_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """measurements.json and user.conf say what a result was measured with."""
    unreadable = {what.artefact for what in evidence.unreadable}
    for artefact in (MEASUREMENTS, *(() if evidence.is_endpoints else (USER_CONF,))):
        if not evidence.has(artefact) and artefact not in unreadable:
            yield Violation(evidence.folder, expected=artefact)


@rule(
    "MEAS-002",
    "user.conf is empty",
    "the file is empty",
    fix="Write the settings that the run was made with.",
    source="MeasurementsCheck.required_files_check",
    input_fault=True,
)
def user_conf_empty(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """An empty user.conf means that the run's settings got lost."""
    if not evidence.is_endpoints and evidence.sizes.get(USER_CONF) == 0:
        yield Violation(evidence.path(USER_CONF))


@rule(
    "MEAS-003",
    "field missing from measurements.json",
    "field {expected} is missing",
    fix="Add the field to measurements.json.",
    source="MeasurementsCheck.required_fields_check",
)
def field_missing(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Data types, weights and what was done to them decide what a result can be compared with."""
    if evidence.measurements is not None:
        for name in round_.measurements_fields:
            if name not in evidence.measurements:
                yield Violation(evidence.path(MEASUREMENTS), expected=name)


@rule(
    "MEAS-004",
    "README is missing",
    "README.md of the result is {found}",
    fix="Describe how to reproduce the result; mlperf-dodo writes the facts that it knows.",
    source="MeasurementsCheck.required_files_check",
)
def readme_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Others must be able to reproduce a result."""
    if not evidence.is_staged:
        return
    if not evidence.has(README):
        yield Violation(evidence.folder, found="missing")
    elif evidence.sizes.get(README) == 0:
        yield Violation(evidence.path(README), found="empty")


@rule(
    "MEAS-005",
    "no code folder",
    "the submitter has no folder {expected}",
    fix="Add the implementation's code and its README.",
    source="MeasurementsCheck.directory_exist_check",
)
def code_missing(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The implementation's code is part of the submission."""
    if not evidence.has_code:
        yield Violation(evidence.folder, expected=round_.layout.code_folder)


@rule(
    "MEAS-006",
    "field of measurements.json is empty",
    "field {expected} is empty",
    fix="Fill the field in measurements.json.",
    source="MeasurementsCheck.required_fields_check",
)
def field_empty(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """An empty field says nothing; the official checker takes the JSON values false and 0 for empty too."""
    if evidence.measurements is not None:
        for name in round_.measurements_fields:
            if name in evidence.measurements and not evidence.measurements[name]:
                yield Violation(evidence.path(MEASUREMENTS), expected=name)


@rule(
    "SYS-001",
    "system is not described",
    "the system is not described: {found}",
    fix="Write system_meta.json into the SUT folder, or `systems.<name>.description` in submission.yaml.",
    source="SystemCheck.missing_check",
    input_fault=True,
)
def not_described(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """What a result was measured on is part of it. It is never the machine that packs the submission."""
    if not evidence.system.is_described:
        found = evidence.system.problem or "no system_meta.json, and no description in submission.yaml"
        yield Violation(evidence.system.path, evidence.system.line, found=found)


@rule(
    "SYS-002",
    "status is unknown",
    "status is {found}, must be one of {expected}",
    fix="Say in the system description whether the system is available, preview or rdi.",
    source="SystemCheck.availability_check",
)
def status_unknown(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Readers must know whether they can buy the system."""
    status = evidence.system.fields.get("status")
    known = isinstance(status, str) and status.lower() in round_.statuses
    if evidence.system.is_described and not known:
        yield Violation(evidence.system.path, found=status, expected=", ".join(round_.statuses))


@rule(
    "SYS-003",
    "category is unknown",
    "system_type is {found}, must be {expected}",
    fix="Declare the category in submission.yaml, or system_type in the system description.",
    source="SystemCheck.system_type_check",
)
def category_unknown(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The category decides which benchmarks and scenarios a submission must have."""
    if evidence.system.is_described and evidence.system.category is None:
        found = evidence.system.fields.get("system_type")
        yield Violation(evidence.system.path, found=found, expected="datacenter, edge or datacenter,edge")


@rule(
    "SYS-004",
    "field missing from the system description",
    "fields missing: {found}",
    fix="Add them to the system description; most may be empty texts. For example: {expected}.",
    source="SystemCheck.required_fields_check",
)
def field_absent(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """A description is compared with others field by field."""
    if evidence.system.is_described:
        lacking = [name for name in _required(evidence, round_) if name not in evidence.system.fields]
        if lacking:
            yield Violation(evidence.system.path, found=tuple(lacking), expected=tuple(map(example_of, lacking)))


def _required(evidence: Evidence, round_: Round) -> tuple[str, ...]:
    network = round_.system_fields_network if evidence.system.fields.get("is_network") else ()
    return tuple(name for name in (*round_.system_fields, *network) if name not in _JUDGED_ELSEWHERE)


@rule(
    "SYS-005",
    "description names another submitter or division",
    "the description says {found}; the submission says {expected}, which is shipped",
    fix="Correct system_meta.json, or the submitter and division in submission.yaml.",
    source="SystemCheck.submitter_check, division_check",
    severity=WARNING,
    official=False,
)
def identity_overridden(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The declaration wins, but a description of somebody else's system may be the wrong file."""
    for name, said in evidence.system.overridden.items():
        shipped = evidence.system.fields[name]
        if shipped != said:
            yield Violation(evidence.system.path, found=f"{name} {said}", expected=shipped)


@rule(
    "SYS-006",
    "description doesn't fit its folder",
    "the description says {found}, the folder {expected}",
    fix="Correct the field in the system description, or move the system to the other folder.",
    source="SystemCheck.submitter_check, division_check",
)
def identity_differs(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A description that names another submitter or division was copied and not looked at."""
    if not evidence.system.is_described:
        return
    for name, folder in (("submitter", evidence.key.submitter), ("division", str(evidence.key.division))):
        said = evidence.system.fields.get(name)
        if not isinstance(said, str) or said.lower() != folder.lower():
            yield Violation(evidence.system.path, found=f"{name} {said}", expected=folder)


@rule(
    "SYS-007",
    "is_network is no text",
    'is_network is {found}, must be the text "true", or absent',
    fix='Write "is_network": "true" for a system measured over a network; leave the field out for any other.',
    source="SystemCheck.network_check, PerformanceCheck.network_check (an exception there fails the result)",
)
def network_mode_unreadable(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The official checker wants the text; the JSON value false fails, and the text "false" asks for network fields."""
    said = evidence.system.fields.get("is_network")
    if said is not None and not isinstance(said, str):
        yield Violation(evidence.system.path, found=str(said).lower())


@rule(
    "SYS-008",
    "count is no whole number",
    "{expected} is '{found}', must be a whole number",
    fix="Write the number of nodes, and of accelerators in each (0 for none).",
    source="ResultExporter.add_result (the official checker ends in a traceback)",
)
def count_not_whole(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The results table holds the total of accelerators: nodes times accelerators per node."""
    for name in _COUNTS:
        if name in evidence.system.fields and not _is_whole(evidence.system.fields[name]):
            yield Violation(evidence.system.path, found=evidence.system.fields[name], expected=name)


def _is_whole(value: Any) -> bool:
    try:
        int(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


@rule(
    "SYS-009",
    "notes are no text",
    "{expected} must be text",
    fix="Put the notes in quotes.",
    source="ResultExporter.add_result (the official checker ends in a traceback)",
)
def notes_not_text(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The results table joins hardware and software notes."""
    hardware, software = (evidence.system.fields.get(name) for name in _NOTES)
    if not software:
        return
    for name, value in zip(_NOTES, (hardware, software), strict=True):
        if value and not isinstance(value, str):
            yield Violation(evidence.system.path, expected=name)


@rule(
    "SYS-010",
    "nameplate power can't be read",
    "nameplate power can't be read: {found}",
    fix="List the power supplies as the round's template does: PSUs with PowerCapacityWatts, and Min PSUs Needed.",
    source="SystemCheck.nameplate_power_check",
)
def nameplate_unreadable(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The power that a system is designed for is published beside what it drew."""
    nameplate = evidence.system.nameplate
    problem = nameplate.problem
    if problem is None and evidence.has_power and "system_power_capacity" not in evidence.system.fields:
        problem = nameplate_watts(nameplate.data)[1] if nameplate.path else None
    if problem is not None:
        yield Violation(nameplate.path or evidence.system.path, found=problem)


def nameplate_watts(data: Any) -> tuple[float | None, str | None]:
    """Design power in W, the sum over all components; or why there is none."""
    if data is None:
        return None, "the file is empty"
    try:
        return _watts(data), None
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as problem:
        return None, f"unexpected structure ({problem})"


def _watts(node: Any) -> float:
    """A component needs its largest supplies, as many as it can't run without; others are spare."""
    if isinstance(node, list):
        return sum(_watts(each) for each in node)
    if not isinstance(node, dict):
        return 0
    if not all(isinstance(key, str) for key in node):
        raise TypeError("a label that is no text")
    keys = {key.lower(): key for key in node}
    if "psus" in keys and "min psus needed" in keys:
        needed = node[keys["min psus needed"]]
        supplies = sorted((psu.get("PowerCapacityWatts", 0) for psu in node[keys["psus"]]), reverse=True)
        watts: float = sum(supplies[:needed])
        return watts
    return sum(_watts(value) for value in node.values() if isinstance(value, (dict, list)))


@rule(
    "SYS-011",
    "field of the system description is empty",
    "fields empty: {found}",
    fix="Fill them in the system description. For example: {expected}.",
    source="SystemCheck.required_fields_check",
)
def description_field_empty(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The round lists the fields that must mean something."""
    fields = evidence.system.fields
    if not evidence.system.is_described:
        return
    empty = [
        name
        for name in _required(evidence, round_)
        if name in round_.system_fields_meaningful and name in fields and not fields[name]
    ]
    if empty:
        # The official checker tests for truth, so that the number 0 counts as empty.
        zero = ' (the number 0 counts as empty: write "0")'
        found = tuple(f"{name}{zero if fields[name] == 0 else ''}" for name in empty)
        yield Violation(evidence.system.path, found=found, expected=tuple(map(example_of, empty)))


def design_power_watts(evidence: Evidence, round_: Round) -> Any:
    """What the results table says of a power result's nameplate; None where nothing does."""
    if not evidence.has_power or not round_.nameplate_power:
        return None
    if "system_power_capacity" in evidence.system.fields:
        return evidence.system.fields["system_power_capacity"]
    return nameplate_watts(evidence.system.nameplate.data)[0] if evidence.system.nameplate.path else None
