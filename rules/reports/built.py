"""What a build has come to, as one value: all that its reports are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rules.finding import Finding
from rules.plan import Plan
from rules.reports.comparison import Comparison
from rules.reports.tables import SummaryRow
from rules.rounds.model import Round
from rules.verdict import Verdict


@dataclass(frozen=True)
class Built:
    round: Round
    #: By the run's id.
    verdicts: Mapping[str, Verdict]
    plan: Plan
    #: The findings that belong to no single run.
    tree: tuple[Finding, ...]
    #: The results that are shipped.
    rows: tuple[SummaryRow, ...]
    #: `rules.details.Details` as JSON, by the run's id.
    details: Mapping[str, Any] = field(default_factory=dict)
    #: The summary.json of the last build whose summary was another; None where there was none.
    former: object = None
    #: The results beside those that `compare_with` names.
    comparisons: tuple[Comparison, ...] = ()
    #: From the page's folder to the workspace, percent-encoded.
    to_workspace: str = "../.."

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding once, errors first. A fault of a system is found with each of its runs."""
        judged = (found for verdict in self.verdicts.values() for found in verdict.findings)
        return ordered(dict.fromkeys((*self.tree, *judged)))


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by code, so that those of one cause stand together."""
    return tuple(sorted(findings, key=lambda f: (f.severity.value, f.code, f.message, f.fix, f.path, f.line or 0)))
