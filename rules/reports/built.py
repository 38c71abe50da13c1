"""What a build has come to, as one value: all that its reports are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rules.checks.catalogue import is_input_fault
from rules.finding import Finding
from rules.plan import Plan
from rules.reports.comparison import Comparison
from rules.reports.order import ordered
from rules.reports.tables import SummaryRow
from rules.reports.text import counted
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

    @property
    def shortcomings(self) -> list[str]:
        return shortcomings(self.verdicts.values(), self.tree)


def shortcomings(verdicts: Iterable[Verdict], tree: Iterable[Finding]) -> list[str]:
    """What keeps the submission from being ready, in a few words each.

    A run that fails and is moved or dropped doesn't; one that can't be judged for its input does.
    """
    broken = sum(any(is_input_fault(error.code) for error in verdict.errors) for verdict in verdicts)
    errors = sum(found.is_error for found in tree)
    short = [f"{counted(broken, 'run')} left out for broken input"] if broken else []
    return [*short, f"{counted(errors, 'error')} in the whole"] if errors else short
