"""One build's declaration, round and inventory, and where its files are. Loaded once, when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import doit.doit_cmd
import xxhash
from doit.exceptions import InvalidDodoFile

from rules.config import Submission, load_submission
from rules.domain import RUN_MODEL_MAPPING, Division, Run, SystemFolder
from rules.engine.hashes import HashCache
from rules.errors import UserError
from rules.layout import Tree
from rules.rounds import Round, load_round
from rules.scan import Inventory, scan
from rules.sources import Disk
from rules.steps.files import read_object
from rules.system import Nameplate, SystemDescription, describe_system
from rules.tree_scan import read_nameplate

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


def paths_of(submission: Submission) -> Paths:
    return Paths(submission.output, submission.archive)


class Workspace:
    """The current folder as a workspace: `submission.yaml` and what follows from it."""

    @cached_property
    def submission(self) -> Submission:
        """Raises InvalidDodoFile, which doit prints without a traceback."""
        try:
            submission = load_submission(DECLARATION, _overrides())
        except UserError as error:
            raise InvalidDodoFile(str(error)) from None
        _keep_apart(submission)
        return submission

    @cached_property
    def round(self) -> Round:
        return load_round(self.submission.round)

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.round.layout)

    @cached_property
    def paths(self) -> Paths:
        return paths_of(self.submission)

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
            nameplate=self._nameplate(system),
        )

    def _nameplate(self, system: SystemFolder) -> Nameplate:
        """The system's list of power supplies, where the round takes one."""
        if not (self.round.nameplate_power and system.nameplate and system.nameplate.is_file()):
            return Nameplate()
        return read_nameplate(Disk(), system.nameplate)

    def model_mappings(self, system: SystemFolder, run: Run) -> list[tuple[str, Mapping[str, str]]]:
        """The submitter's own names for benchmarks, each with where they are said: of the system, and of the run."""
        declared = self.submission.systems.get(system.name)
        found: list[tuple[str, Mapping[str, str]]] = []
        if declared and declared.model_mapping:
            found.append((str(self.submission.source), declared.model_mapping))
        for path in (system.model_mapping, run.artefacts.get(RUN_MODEL_MAPPING)):
            said = read_object(path) or {}
            found.append((str(path), {model: name for model, name in said.items() if isinstance(name, str)}))
        return found

    def facts(self, *more: object) -> str:
        """A digest of what decides besides files: this program, the round, and `more`."""
        return xxhash.xxh3_128_hexdigest(f"{program_digest()} {self.submission.round} {more!r}".encode())

    def system_files(self, system: SystemFolder) -> list[str]:
        files = [path for path in (system.meta, system.sut_info, system.model_mapping) if path]
        if system.nameplate and system.nameplate.is_file():  # one that is declared may be missing
            files.append(system.nameplate)
        return [str(path) for path in files]

    def declared_facts(self, system: SystemFolder) -> object:
        """What of the declaration a system's runs depend on."""
        return (system, self.submission.systems.get(system.name))

    def description_files(self) -> list[str]:
        """The files that the descriptions of all systems come from."""
        return sorted({path for system in self.inventory.systems for path in self.system_files(system)})

    def description_facts(self) -> list[object]:
        """What of the declaration the descriptions of all systems come from."""
        return [self.declared_facts(system) for system in self.inventory.systems]


@cache
def program_digest() -> str:
    """Changes with the rules and rounds of this program, so that a newer one judges anew."""
    digest = xxhash.xxh3_128()
    for path in sorted([*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.yaml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _overrides() -> dict[str, str]:
    """`key=value` words of doit's command line."""
    return dict(doit.doit_cmd._CMDLINE_VARS or {})


def _keep_apart(submission: Submission) -> None:
    """What is read must neither hold nor lie in what is written. Raises InvalidDodoFile.

    Results are never written to, and a build that reads what it writes has no end.
    """
    roots = [root.path for root in submission.results]
    roots += [declared.results for declared in submission.systems.values() if declared.results]
    read = [("results folder", path) for path in roots]
    read += [("implementation", path) for path in submission.implementation.values()]
    paths = paths_of(submission)
    for what, path in read:
        for written in (paths.tree, paths.state):
            ours, theirs = _resolved(written), _resolved(path)
            if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
                verb = "holds" if ours.is_relative_to(theirs) else "lies in"
                raise InvalidDodoFile(
                    f"{submission.source}: the {what} {str(path)!r} {verb} {written}, which the build writes;"
                    " name another folder, or put the build elsewhere with `output:`"
                )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # no path of this system, or links in a circle
        return path.absolute()
