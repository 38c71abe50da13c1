"""What a finished submission tree holds, as values: its entries, its submitters and the places of its results.

What counts as a result is what the official checker takes for one (Loader.load): every folder two
below a system's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rules.domain import Artefact, Division, Run, RunKey, Scenario
from rules.folders import PathsIn
from rules.sources import Entry

#: Folders of a repository that hold no division, and are neither looked into nor minded.
REPOSITORY_FOLDERS = (".git", ".github", "assets")


@dataclass(frozen=True)
class TreeResult:
    """A result's place in a tree. `scenario` is as the folder spells it; `run` is None where that names none."""

    division: Division
    submitter: str
    system: str
    model: str
    scenario: str
    folder: Path
    run: Run | None
    #: Where the run's artefacts lie, as texts.
    paths: Mapping[Artefact, str] = field(default_factory=dict)


#: system, model and scenario folder of a result
Place = tuple[str, str, str]


@dataclass
class Submitter:
    """A submitter's folder in one division, as its entries go by."""

    division: Division
    name: str
    #: Whether there is a folder for results, and one for code.
    has_results: bool = False
    has_code: bool = False
    has_calibration: bool = False
    has_model_mapping: bool = False
    #: Folders under results/: those of systems, of (system, model), and of results.
    systems: set[str] = field(default_factory=set)
    models: set[tuple[str, str]] = field(default_factory=set)
    places: set[Place] = field(default_factory=set)
    with_power: set[Place] = field(default_factory=set)
    #: Paths, which begin with the tree's root.
    artefacts: dict[Place, dict[Artefact, str]] = field(default_factory=dict)
    #: Names of the files in systems/.
    descriptions: set[str] = field(default_factory=set)

    @property
    def folder(self) -> str:
        return f"{self.division}/{self.name}"


@dataclass(frozen=True)
class TreeInventory:
    """All that a tree holds; submitters are sorted."""

    root: Path
    entries: tuple[Entry, ...]
    submitters: tuple[Submitter, ...]

    def results(self, submitter: Submitter) -> Iterator[TreeResult]:
        """A submitter's results, in the official checker's order."""
        for place in sorted(submitter.places):
            system, model, scenario = place
            folder = self.root / f"{submitter.folder}/results/{system}/{model}/{scenario}"
            paths = submitter.artefacts.get(place, {})
            known = Scenario.parse(scenario)
            run = None
            if known is not None:
                key = RunKey(submitter.division, submitter.name, system, model, known)
                artefacts, has_power = PathsIn(Path(), paths), place in submitter.with_power
                run = Run(key, folder, artefacts, spelled=scenario, has_power_folder=has_power)
                if scenario.lower() == "online":  # the endpoints harness's folder, which then counts as server
                    run = replace(run, spelled="server") if run.is_endpoints else None
            yield TreeResult(submitter.division, submitter.name, system, model, scenario, folder, run, paths)
