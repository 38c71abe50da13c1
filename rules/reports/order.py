"""The order in which findings are told. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rules.checks.catalogue import is_input_fault
from rules.finding import Finding


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, and of these broken input, from which others follow; then by code, those of one cause together."""
    return tuple(sorted(findings, key=_rank))


def _rank(each: Finding) -> tuple[object, ...]:
    return (
        each.severity.value,
        not is_input_fault(each.code),
        each.code,
        each.message,
        each.fix,
        each.path,
        each.line or 0,
    )
