"""One build's declaration, round and inventory, and where its files are. Loaded once, when first needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import doit.doit_cmd
import xxhash
from doit.exceptions import InvalidDodoFile

from rules.config import Submission, load_submission
from rules.domain import Division, Run, SystemFolder
from rules.engine.hashes import HashCache
from rules.errors import UserError
from rules.layout import Tree
from rules.rounds import Round, load_round
from rules.scan import Inventory, scan
from rules.system import SystemDescription, describe_system

DECLARATION = Path("submission.yaml")
_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Paths:
    """Everything that a build writes; relative to the workspace."""

    output: Path
    archive_name: str

    @property
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

    @property
    def state(self) -> Path:
        return self.output / ".state"

    @property
    def crash_log(self) -> Path:
        return self.state / "crash.txt"

    @property
    def records(self) -> Path:
        return self.state / "staged"

    @property
    def checks(self) -> Path:
        return self.state / "checks"

    @property
    def placements(self) -> Path:
        return self.state / "placements"

    @property
    def fragments(self) -> Path:
        return self.state / "fragments"

    def check(self, unit: str) -> Path:
        return self.checks / f"{unit}.json"

    def placement(self, unit: str) -> Path:
        return self.placements / f"{unit}.json"

    def record(self, unit: str) -> Path:
        return self.records / f"{unit}.json"

    def fragment(self, unit: str) -> Path:
        return self.fragments / f"{unit}.deflate"


class Workspace:
    """The current folder as a workspace: `submission.yaml` and what follows from it."""

    @cached_property
    def submission(self) -> Submission:
        """Raises InvalidDodoFile, which doit prints without a traceback."""
        try:
            return load_submission(DECLARATION, _overrides())
        except UserError as error:
            raise InvalidDodoFile(str(error)) from None

    @cached_property
    def round(self) -> Round:
        return load_round(self.submission.round)

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.round.layout)

    @cached_property
    def paths(self) -> Paths:
        return Paths(self.submission.output, self.submission.archive)

    @cached_property
    def inventory(self) -> Inventory:
        return scan(self.submission)

    @cached_property
    def hashes(self) -> HashCache:
        return HashCache(self.paths.state / "files.json")

    @cached_property
    def systems(self) -> dict[tuple[Division, str], SystemFolder]:
        return {(system.division, system.name): system for system in self.inventory.systems}

    def system_of(self, run: Run) -> SystemFolder:
        return self.systems[(run.key.division, run.key.system)]

    def describe(self, system: SystemFolder) -> SystemDescription:
        """A system's description; reads its system_meta.json."""
        return describe_system(
            division=system.division,
            submitter=system.submitter,
            declared=self.submission.systems.get(system.name),
            category=system.category,
            meta=read_object(system.meta),
            round_=self.round,
            path=str(system.meta or system.folder),
        )

    def model_mapping(self, system: SystemFolder) -> Mapping[str, str]:
        """The submitter's own names for benchmarks; they count in the open division."""
        if system.division is not Division.OPEN:
            return {}
        declared = self.submission.systems.get(system.name)
        said = read_object(system.model_mapping) or {}
        return {str(k): str(v) for k, v in said.items()} | (declared.model_mapping if declared else {})

    def facts(self, *more: object) -> str:
        """A digest of what decides besides files: this program, the round, and `more`."""
        return xxhash.xxh3_128_hexdigest(f"{program_digest()} {self.submission.round} {more!r}".encode())

    def system_files(self, system: SystemFolder) -> list[str]:
        return [str(path) for path in (system.meta, system.sut_info, system.model_mapping) if path]

    def declared_facts(self, system: SystemFolder) -> object:
        """What of the declaration a system's runs depend on."""
        return (system, self.submission.systems.get(system.name))


@cache
def program_digest() -> str:
    """Changes with the rules and rounds of this program, so that a newer one judges anew."""
    digest = xxhash.xxh3_128()
    for path in sorted([*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.yaml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_object(path: Path | None) -> dict[str, Any] | None:
    """A JSON object, or None where there is none to be read; the scan says so."""
    if path is None:
        return None
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _overrides() -> dict[str, str]:
    """`key=value` words of doit's command line."""
    return dict(doit.doit_cmd._CMDLINE_VARS or {})
