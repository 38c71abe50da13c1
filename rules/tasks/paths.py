"""Where a build writes what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple


class UnitFiles(NamedTuple):
    """A unit's files in the state, as doit names them: text, for every build names them all, several times."""

    check: str
    details: str
    placement: str
    record: str
    fragment: str
    #: As `rules.steps.pack.fragment_info` names it.
    fragment_info: str


@dataclass(frozen=True)
class Paths:
    """Everything that a build writes; relative to the workspace."""

    output: Path
    archive_name: str

    @cached_property
    def tree(self) -> Path:
        return self.output / "submission"

    @property
    def archive(self) -> Path:
        return self.output / self.archive_name

    @property
    def manifest(self) -> Path:
        return self.output / "manifest.json"

    @property
    def plan(self) -> Path:
        return self.output / "plan.json"

    @property
    def findings(self) -> Path:
        return self.output / "findings.json"

    @property
    def summary(self) -> Path:
        return self.output / "summary.json"

    @property
    def summary_csv(self) -> Path:
        return self.output / "summary.csv"

    @cached_property
    def state(self) -> Path:
        return self.output / ".state"

    @cached_property
    def journal(self) -> Path:
        """What doit remembers of each task."""
        return self.state / "state.jsonl"

    @cached_property
    def hashes(self) -> Path:
        return self.state / "files.json"

    @property
    def outcome(self) -> Path:
        return self.state / "outcome.json"

    @property
    def snapshot(self) -> Path:
        return self.state / "snapshot.json"

    @cached_property
    def crash_log(self) -> Path:
        return self.state / "crash.txt"

    @property
    def records(self) -> Path:
        return self.state / "staged"

    @property
    def checks(self) -> Path:
        return self.state / "checks"

    @property
    def details(self) -> Path:
        """What verdicts leave out, for the page."""
        return self.state / "details"

    @property
    def former_summary(self) -> Path:
        """The summary.json of the last build whose summary was another."""
        return self.state / "former-summary.json"

    @property
    def placements(self) -> Path:
        return self.state / "placements"

    @property
    def fragments(self) -> Path:
        return self.state / "fragments"

    def unit(self, unit: str) -> UnitFiles:
        state = str(self.state)
        return UnitFiles(
            f"{state}/checks/{unit}.json",
            f"{state}/details/{unit}.json",
            f"{state}/placements/{unit}.json",
            f"{state}/staged/{unit}.json",
            f"{state}/fragments/{unit}.deflate",
            f"{state}/fragments/{unit}.deflate.json",
        )

    def check(self, unit: str) -> Path:
        return Path(self.unit(unit).check)

    def detail(self, unit: str) -> Path:
        return Path(self.unit(unit).details)

    def placement(self, unit: str) -> Path:
        return Path(self.unit(unit).placement)

    def record(self, unit: str) -> Path:
        return Path(self.unit(unit).record)

    def fragment(self, unit: str) -> Path:
        return Path(self.unit(unit).fragment)
