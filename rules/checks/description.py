"""MEAS and SYS rules: measurements.json, user.conf and the system description."""

from __future__ import annotations

from collections.abc import Iterator

from rules.checks.catalogue import WARNING, Violation, rule
from rules.domain import MEASUREMENTS, USER_CONF
from rules.evidence import Evidence
from rules.rounds.model import Round


@rule(
    "MEAS-001",
    "{expected} is missing",
    fix="Put it into the scenario's folder (or the performance run's): it says how the run was made.",
    source="MeasurementsCheck.missing_check, required_files_check",
)
def file_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for artefact in (MEASUREMENTS, *(() if evidence.is_endpoints else (USER_CONF,))):
        if not evidence.has(artefact):
            yield Violation(evidence.folder, expected=artefact)


@rule(
    "MEAS-002",
    "the file is empty",
    fix="Write the settings that the run was made with.",
    source="MeasurementsCheck.required_files_check",
)
def user_conf_empty(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if not evidence.is_endpoints and evidence.has(USER_CONF) and evidence.sizes.get(USER_CONF) == 0:
        yield Violation(evidence.path(USER_CONF))


@rule(
    "MEAS-003",
    "field {expected} is {found}",
    fix="Fill the field in measurements.json.",
    source="MeasurementsCheck.required_fields_check",
)
def field_missing(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    if evidence.measurements is None:
        return
    for name in round_.measurements_fields:
        if name not in evidence.measurements:
            yield Violation(evidence.path(MEASUREMENTS), found="missing", expected=name)
        elif not evidence.measurements[name]:
            yield Violation(evidence.path(MEASUREMENTS), found="empty", expected=name)


@rule(
    "SYS-001",
    "the system is not described",
    fix="Write system_meta.json into the SUT folder, or `systems.<name>.description` in submission.yaml.",
    source="SystemCheck.missing_check",
)
def not_described(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if not evidence.system.is_described:
        yield Violation(evidence.system.path)


@rule(
    "SYS-002",
    "status is {found}, must be one of {expected}",
    fix="Say in the system description whether the system is available, preview or rdi.",
    source="SystemCheck.availability_check",
)
def status_unknown(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    status = evidence.system.fields.get("status")
    if evidence.system.is_described and str(status).lower() not in round_.statuses:
        yield Violation(evidence.system.path, found=status, expected=", ".join(round_.statuses))


@rule(
    "SYS-003",
    "system_type is {found}, must be {expected}",
    fix="Declare the category in submission.yaml, or system_type in the system description.",
    source="SystemCheck.system_type_check",
)
def category_unknown(evidence: Evidence, _: Round) -> Iterator[Violation]:
    if evidence.system.is_described and evidence.system.category is None:
        found = evidence.system.fields.get("system_type")
        yield Violation(evidence.system.path, found=found, expected="datacenter, edge or datacenter,edge")


@rule(
    "SYS-004",
    "fields missing or empty: {found}",
    fix="Fill them in the system description.",
    source="SystemCheck.required_fields_check",
)
def field_empty(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    if not evidence.system.is_described:
        return
    fields = evidence.system.fields
    network = round_.system_fields_network if fields.get("is_network") else ()
    lacking = []
    for name in (*round_.system_fields, *network):
        if name in ("status", "system_type"):
            continue  # judged by SYS-002 and SYS-003
        if name not in fields:
            lacking.append(name)
        elif name in round_.system_fields_meaningful and not fields[name]:
            # The official checker tests for truth, so that the number 0 counts as empty.
            lacking.append(f'{name} (the number 0 counts as empty: write "0")' if fields[name] == 0 else name)
    if lacking:
        yield Violation(evidence.system.path, found=", ".join(lacking))


@rule(
    "SYS-005",
    "the description says {found}; the submission says {expected}, which is shipped",
    fix="Correct system_meta.json, or the submitter and division in submission.yaml.",
    source="SystemCheck.submitter_check, division_check",
    severity=WARNING,
    official=False,
)
def identity_overridden(evidence: Evidence, _: Round) -> Iterator[Violation]:
    for name, said in evidence.system.overridden.items():
        shipped = evidence.system.fields[name]
        if shipped != said:
            yield Violation(evidence.system.path, found=f"{name} {said}", expected=shipped)
