"""junit.xml: a suite for each system of a division, a case for each result. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rules.checks.catalogue import rule_of
from rules.finding import Finding
from rules.plan import Placement, Plan
from rules.reports.built import Built
from rules.reports.escaping import printable
from rules.reports.order import ordered
from rules.todo import Todo
from rules.verdict import Verdict

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Findings written out of one case.
_SHOWN = 200
#: The suite of what belongs to no single run.
WHOLE = "submission"


@dataclass(frozen=True)
class _Case:
    suite: str
    name: str
    findings: Sequence[Finding] = ()
    #: Why there is no such result in the submission.
    skipped: str | None = None
    notes: tuple[str, ...] = ()


def junit(built: Built) -> bytes:
    """A case fails where its run does, whatever the plan makes of it.

    It is skipped where the run passes and is left out, and where it is still to be run.
    """
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", {"name": f"mlperf-dodo {built.round.name}"})
    cases = sorted(_cases(built), key=lambda case: (case.suite == WHOLE, case.suite))
    for name, same in groupby(cases, key=lambda case: case.suite):
        members = list(same)
        suite = ElementTree.SubElement(root, "testsuite", {"name": printable(name)} | _counts(members))
        suite.extend(_element(case) for case in members)
    for name, value in _counts(cases).items():
        root.set(name, value)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _cases(built: Built) -> Iterator[_Case]:
    rows = built.plan.by_source()
    for verdict in built.verdicts.values():
        yield _run_case(verdict, rows.get(verdict.key, ()))
    yield from _made_cases(built.plan, built.verdicts)
    for each in built.plan.todo:
        if _id(each) not in built.verdicts:  # else it is there, and fails
            yield _todo_case(each)
    for code, same in groupby(ordered(built.tree), key=lambda found: found.code):
        yield _Case(WHOLE, f"{code}: {rule_of(code).title}", tuple(same))


def _run_case(verdict: Verdict, placements: Sequence[Placement]) -> _Case:
    key = verdict.key
    return _Case(
        suite=f"{key.division}/{key.system}",
        name=f"{key.model}/{key.scenario}",
        findings=verdict.findings,
        skipped="; ".join(each.reason for each in placements if each.target is None) or None,
        notes=tuple(f"plan: {each.action.value}: {each.reason}" for each in placements),
    )


def _made_cases(plan: Plan, runs: Collection[str]) -> Iterator[_Case]:
    """The results that are not where a run was declared: inferred, copied, moved."""
    for each in plan.placed():
        if each.target and each.target.id not in runs:
            note = f"plan: {each.action.value} of {each.source.id}: {each.reason}"
            place = each.target
            yield _Case(f"{place.division}/{place.system}", f"{place.model}/{place.scenario}", notes=(note,))


def _id(todo: Todo) -> str:
    return f"{todo.division}/{todo.system}/{todo.model}/{todo.scenario}"


def _todo_case(todo: Todo) -> _Case:
    wanted = ", ".join(todo.runs) or "see its findings"
    return _Case(f"{todo.division}/{todo.system}", f"{todo.model}/{todo.scenario}", skipped=f"still to run: {wanted}")


def _errors(case: _Case) -> list[Finding]:
    return [found for found in case.findings if found.is_error]


def _counts(cases: Sequence[_Case]) -> dict[str, str]:
    failing = sum(bool(_errors(case)) for case in cases)
    skipped = sum(case.skipped is not None and not _errors(case) for case in cases)
    return {"tests": str(len(cases)), "failures": str(failing), "errors": "0", "skipped": str(skipped)}


def _element(case: _Case) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    names = {"classname": printable(case.suite.replace("/", ".")), "name": printable(case.name)}
    element = Element("testcase", names)
    errors = _errors(case)
    if errors:
        codes = {found.code: None for found in errors}
        message = f"{errors[0].code}: {errors[0].message}" if len(errors) == 1 else ", ".join(codes)
        failure = SubElement(element, "failure", {"type": errors[0].code, "message": printable(message)})
        failure.text = printable(_told(errors))
    elif case.skipped is not None:
        SubElement(element, "skipped", {"message": printable(case.skipped)})
    warnings = [found for found in case.findings if not found.is_error]
    if warnings or case.notes:
        out = "\n".join([*case.notes, *([_told(warnings)] if warnings else [])])
        SubElement(element, "system-out").text = printable(out)
    return element


def _told(findings: Sequence[Finding]) -> str:
    told = [
        f"{found.severity} {found.code}: {found.message}\n  {found.place}\n  fix: {found.fix}"
        for found in findings[:_SHOWN]
    ]
    more = len(findings) - len(told)
    return "\n".join([*told, f"and {more} more findings"] if more else told)
