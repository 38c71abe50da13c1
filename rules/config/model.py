"""What `submission.yaml` says, as frozen values. Paths are relative to the workspace or absolute."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rules.domain import Category, Division, Run

#: The folder for all that is built, where the declaration names none.
DEFAULT_OUTPUT = "build"


@dataclass(frozen=True)
class ResultsRoot:
    """A folder of SUT folders. Globs are expanded already; `path` may not exist."""

    path: Path
    division: Division
    #: None: each system's own description says.
    category: Category | None
    #: The line of submission.yaml that names it; None if the command line does.
    line: int | None = None
    #: `closed-open`: its runs are planned for open as well, each division for itself.
    also_open: bool = False


@dataclass(frozen=True)
class SystemDeclaration:
    """What the submitter says of one system beyond its system_meta.json; None where silent."""

    name: str
    results: Path | None = None
    division: Division | None = None
    category: Category | None = None
    status: str | None = None
    #: Fields of systems/<system>.json, inline or from `description_file`.
    description: dict[str, Any] = field(default_factory=dict)
    description_file: Path | None = None
    #: Fields that `describe` found on the system: weaker than system_meta.json.
    detected: dict[str, Any] = field(default_factory=dict)
    detected_file: Path | None = None
    hw_name: str | None = None
    hw_notes_extra: str | None = None
    sw_notes_extra: str | None = None
    model_mapping: dict[str, str] = field(default_factory=dict)
    #: The list of power supplies for systems/<system>_power.yaml.
    nameplate_power: Path | None = None
    private_id: str | None = None
    line: int | None = None
    #: `closed-open`; means something only where `division` does.
    also_open: bool = False
    #: Whether other systems extend it: then it may be no system itself.
    is_extended: bool = False


@dataclass(frozen=True)
class Preprocess:
    """Switches of the plan."""

    infer_scenarios: bool = True
    infer_over_failed: bool = False
    copy_down_accuracy_variants: bool = True
    move_failed_to_open: bool = True
    drop_failed: bool = True


@dataclass(frozen=True)
class Submission:
    """One submitter's declaration for one round."""

    round: str
    submitter: str
    #: The default for what does not say; the others follow from results and systems.
    division: Division
    category: Category | None
    results: tuple[ResultsRoot, ...]
    systems: dict[str, SystemDeclaration]
    output: Path
    #: Model folder name (or '*') -> file or folder with the implementation's code.
    implementation: dict[str, Path]
    calibration: Path | None
    preprocess: Preprocess
    #: Name of the archive in `output`.
    archive: str
    final: bool
    #: The file itself, for messages.
    source: Path
    #: `closed-open` as the default; `divisions_of` says it of a run.
    also_open: bool = False
    #: `analyzer_table` and `power_settings`, for runs that have none of their own.
    power_documents: dict[str, Path] = field(default_factory=dict)
    #: Results of others or of old that the page shows beside ours, as the file spells them.
    compare_with: tuple[Path, ...] = ()
    #: The paths that `results` holds, as they are written, and the folders that each matched when it was read.
    matches: dict[str, tuple[Path, ...]] = field(default_factory=dict, repr=False, compare=False)

    def results_folders(self) -> tuple[Path, ...]:
        """The folders that hold runs, which nothing is ever written to."""
        named = (declared.results for declared in self.systems.values())
        return (*(root.path for root in self.results), *(path for path in named if path is not None))

    def paths(self) -> tuple[Path, ...]:
        """Every path that it names, and its own."""
        paths = [self.source, *(root.path for root in self.results), *self.implementation.values(), self.calibration]
        paths += self.power_documents.values()
        for system in self.systems.values():
            paths += (system.results, system.description_file, system.detected_file, system.nameplate_power)
        return tuple(sorted({path for path in paths if path is not None}))

    def divisions_of(self, run: Run) -> tuple[Division, ...]:
        """The divisions that a run is planned for: its own, and open beside closed if so declared."""
        also_open = run.key.division is Division.CLOSED and self._is_also_open(run)
        return (run.key.division, Division.OPEN) if also_open else (run.key.division,)

    def _is_also_open(self, run: Run) -> bool:
        """The system's word, else that of the innermost results root, else the default."""
        declared = self.systems.get(run.key.system)
        if declared and declared.division:
            return declared.also_open
        roots = [root for root in self.results if run.folder.is_relative_to(root.path)]
        return max(roots, key=lambda root: len(root.path.parts)).also_open if roots else self.also_open
