"""One build's declaration, round and inventory, and where its files are. Loaded once, when first needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import doit.doit_cmd
import xxhash
from doit.exceptions import InvalidDodoFile

from rules.domain import RUN_MODEL_MAPPING, Division, Run, SystemFolder
from rules.engine.hashes import HashCache
from rules.engine.later import LaterPath
from rules.engine.view import View, Watched
from rules.errors import UserError
from rules.folders import Stat, is_within, stat_of
from rules.steps.files import read_object
from rules.tasks.paths import Paths

# What takes long to import waits until it is needed: a build that has nothing to do needs none of it.
if TYPE_CHECKING:
    from rules.config.model import Submission
    from rules.layout import Tree
    from rules.rounds import Round
    from rules.scan import Inventory
    from rules.system import Nameplate, SystemDescription

DECLARATION = Path("submission.yaml")
_PACKAGE = Path(__file__).parent.parent
#: What of the program lies beside the package.
_SCRIPTS = ("dodo.py", "mlperf_dodo.py")


def paths_of(submission: Submission) -> Paths:
    return Paths(submission.output, submission.archive)


class Workspace:
    """The current folder as a workspace: `submission.yaml` and what follows from it."""

    def __init__(self) -> None:
        self.view = View()
        self.hashes = HashCache(LaterPath(lambda: self.paths.hashes), self.view.stat)

    @property
    def overrides(self) -> dict[str, str]:
        """`key=value` words of doit's command line."""
        return dict(doit.doit_cmd._CMDLINE_VARS or {})

    @cached_property
    def submission(self) -> Submission:
        """Raises InvalidDodoFile, which doit prints without a traceback."""
        from rules.config.loader import load_submission

        self.view.stat(str(DECLARATION))  # before it is read
        try:
            submission = load_submission(DECLARATION, self.overrides)
        except UserError as error:
            raise InvalidDodoFile(str(error)) from None
        _keep_apart(submission)
        for path in map(str, submission.paths()):
            self.view.stat(path)
        for _ in self.view.walk(Watched(folders=tuple(map(str, submission.implementation.values())))):
            pass
        return submission

    @cached_property
    def round(self) -> Round:
        from rules.rounds import load_round

        return load_round(self.submission.round)

    @cached_property
    def tree(self) -> Tree:
        from rules.layout import Tree

        return Tree(self.round.layout)

    @cached_property
    def paths(self) -> Paths:
        return paths_of(self.submission)

    @cached_property
    def inventory(self) -> Inventory:
        from rules.scan import scan

        return scan(self.submission, self.view.folder)

    def look(self, path: str) -> Stat | None:
        """How an input was before a step read it: what a submitter gives, when the build first saw it.

        What the build makes itself is looked at anew; another process may just have made it.
        """
        return stat_of(path) if path.startswith(self._made) else self.view.stat(path)

    @cached_property
    def _made(self) -> tuple[str, ...]:
        return (*(f"{folder}/" for folder in (self.paths.tree, self.paths.state)), str(self.paths.plan))

    @cached_property
    def systems(self) -> dict[tuple[Division, str], SystemFolder]:
        return {(system.division, system.name): system for system in self.inventory.systems}

    def system_of(self, run: Run) -> SystemFolder:
        return self.systems[(run.key.division, run.key.system)]

    def describe(self, system: SystemFolder) -> SystemDescription:
        """A system's description; reads its system_meta.json."""
        from rules.system import describe_system

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

    def _nameplate(self, system: SystemFolder) -> Nameplate | None:
        """The system's list of power supplies, where the round takes one."""
        if not (self.round.nameplate_power and system.nameplate and system.nameplate.is_file()):
            return None
        from rules.sources import Disk
        from rules.tree_scan import read_nameplate

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
        return str(xxhash.xxh3_128_hexdigest(f"{program_digest()} {self.submission.round} {more!r}".encode()))

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
def program_files() -> tuple[str, ...]:
    """Every file of this program, sorted; Python's caches are none, for they come and go."""
    found = [script for name in _SCRIPTS if os.path.exists(script := f"{_PACKAGE.parent}/{name}")]  # noqa: PTH110
    for folder, folders, files in os.walk(_PACKAGE):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [f"{folder}/{name}" for name in files]
    return tuple(sorted(found))


@cache
def program_digest() -> str:
    """Changes with the rules and rounds of this program, so that a newer one judges anew."""
    digest = xxhash.xxh3_128()
    for path in program_files():
        if path.endswith((".py", ".yaml", ".html", ".css", ".js")):
            with open(path, "rb") as stream:  # noqa: PTH123 - at every start
                digest.update(stream.read())
    return digest.hexdigest()


def _keep_apart(submission: Submission) -> None:
    """What is read must neither hold nor lie in what is written. Raises InvalidDodoFile.

    Results are never written to, and a build that reads what it writes has no end.
    """
    read = [("results folder", path) for path in submission.results_folders()]
    read += [("implementation", path) for path in submission.implementation.values()]
    paths = paths_of(submission)
    for what, path in read:
        for written in (paths.tree, paths.state):
            if is_within(written, path) or is_within(path, written):
                verb = "holds" if is_within(written, path) else "lies in"
                raise InvalidDodoFile(
                    f"{submission.source}: the {what} {str(path)!r} {verb} {written}, which the build writes;"
                    " name another folder, or put the build elsewhere with `output:`"
                )
