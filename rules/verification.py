"""What checking a finished tree gives: a verdict on each of its results, in one of two profiles. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rules.errors import UserError
from rules.finding import Finding
from rules.rounds.model import Round
from rules.tree import TreeResult
from rules.verdict import Verdict


class Profile(str, Enum):
    """Whose verdict is asked for: MLCommons' own checker's, or that of the published rules as well."""

    OFFICIAL = "official"
    STRICT = "strict"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def parse(cls, text: str) -> Profile:
        """Raises UserError for another word."""
        known = {profile.value: profile for profile in cls}
        if text not in known:
            raise UserError(f"unknown profile '{text}' (known: {', '.join(known)})")
        return known[text]

    def keeps(self, found: Finding) -> bool:
        return found.official or self is Profile.STRICT


@dataclass(frozen=True)
class Judged:
    """A result of a tree with its verdict, which is None where nothing of it could be judged."""

    place: TreeResult
    benchmark: str
    system: Mapping[str, Any]
    findings: tuple[Finding, ...]
    verdict: Verdict | None = None

    @property
    def passes(self) -> bool:
        return self.verdict is not None and not any(found.is_error for found in self.findings)


@dataclass(frozen=True)
class Verification:
    """All results of a tree, in the official checker's order, and the findings that belong to none."""

    round: Round
    profile: Profile
    results: tuple[Judged, ...]
    tree: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        return all(each.passes for each in self.results) and not any(found.is_error for found in self.tree)
