"""Path algebra: which file of a raw run folder is which artefact, and where the tree keeps it.

Pure; the only module that spells folder and file names of either side. Raw layout: that of the
MLCommons docs for submission generation. Tree layouts: `submission_structure.md` and the path
tables in constants.py of the official checker, mlcommons/inference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rules.domain import POWER_FOLDER, POWER_LOG, RANGING_FOLDER, Artefact, Division, RunKey
from rules.rounds.model import Layout

SYSTEM_META = "system_meta.json"
SUT_INFO = ("mlc-sut-info.json", "cm-sut-info.json")
MODEL_MAPPING = "model_mapping.json"
#: Lists of power supplies: as the tree names them, and as mlperf-sysinfo does.
NAMEPLATES = ("{system}_power.yaml", "redfish_nameplate_power.yaml")
CALIBRATION = "calibration.md"

_COMPLIANCE_TEST = re.compile(r"test\d\d", re.IGNORECASE)
_RUN_FOLDER = re.compile(r"run_\w+", re.IGNORECASE)
_MODE_FOLDERS = frozenset(("performance", "accuracy", "power", "ranging", "audit", "images", "videos"))

#: Files of a run that a submission takes, by their canonical path.
_TAKEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"(user\.conf|mlperf\.conf|measurements\.json|model_mapping\.json|README\.md|README-extra\.md|system_info\.txt)",
        r"(mlc-version-info|os_info|cpu_info|pip_freeze)\.json",
        r"(analyzer_table|power_settings)\.\w+",
        r"config\.ya?ml",
        r"audit/audit_\w+\.json",
        r"performance/run_1/(mlperf_log_(summary|detail)\.txt|mlperf_log_accuracy\.json|spl\.txt)",
        r"performance/result_summary\.json",
        r"performance/(power|ranging)/[^/]+",
        r"accuracy/(mlperf_log_(summary|detail)\.txt|mlperf_log_accuracy\.json|accuracy\.txt)",
        r"accuracy/(accuracy_results\.json|captions\.txt)",
        r"accuracy/(images|videos)/[^/]+",
        r"TEST\d\d/verify_\w+\.txt",
        r"TEST\d\d/performance/run_1/(mlperf_log_(summary|detail)\.txt|mlperf_log_accuracy\.json)",
        r"TEST\d\d/accuracy/(mlperf_log_accuracy\.json|(baseline_|compliance_)?accuracy\.txt)",
    )
)
#: Scenario files that tools also leave in the folder of the performance or accuracy run.
_STRAYED = re.compile(
    r"(?:performance(?:/run_1)?|accuracy)/"
    r"(user\.conf|measurements\.json|model_mapping\.json|README(?:-extra)?\.md|system_info\.txt"
    r"|(?:mlc-version-info|os_info|cpu_info|pip_freeze)\.json)"
)
#: Accuracy logs that are shortened for the submission, with the hash of the original in the
#: report beside them (truncate_results_dir in truncate_accuracy_log.py).
_SHORTENED = re.compile(r"((TEST(01|07|09)/)?accuracy)/mlperf_log_accuracy\.json")


@dataclass(frozen=True)
class RawFile:
    """What one file of a raw run folder is; `rank` orders rivals for one artefact, best first."""

    artefact: Artefact
    rank: tuple[int, str]


def is_run_folder(name: str) -> bool:
    return _RUN_FOLDER.fullmatch(name) is not None


def recognise(relative: PurePosixPath) -> RawFile | None:
    """The artefact that a file of a raw scenario folder is, or None if no submission takes it.

    Folder names count in any letter case; `run_x` stands for `run_1`, which wins over others.
    """
    folders = [_canonical_folder(name) for name in relative.parts[:-1]]
    canonical = "/".join((*folders, relative.name))
    run_folder = next((name for name in relative.parts[:-1] if is_run_folder(name)), "run_1")
    not_first_run = int(run_folder.lower() != "run_1")
    if any(pattern.fullmatch(canonical) for pattern in _TAKEN):
        return RawFile(Artefact(canonical), (not_first_run, str(relative)))
    strayed = _STRAYED.fullmatch(canonical)
    if strayed:
        return RawFile(Artefact(strayed[1]), (2 + len(folders), str(relative)))
    return None


def _canonical_folder(name: str) -> str:
    if is_run_folder(name):
        return "run_1"
    if _COMPLIANCE_TEST.fullmatch(name):
        return name.upper()
    return name.lower() if name.lower() in _MODE_FOLDERS else name


def is_power(artefact: Artefact) -> bool:
    """Whether an artefact is of the power measured beside performance, not of performance itself."""
    return artefact == POWER_LOG or artefact.startswith((POWER_FOLDER, RANGING_FOLDER))


def shortened_logs(artefacts: Iterable[Artefact]) -> dict[Artefact, Artefact]:
    """Each accuracy log that the submission holds shortened -> the accuracy report that gets its hash."""
    found = {}
    for artefact in artefacts:
        match = _SHORTENED.fullmatch(artefact)
        if match:
            found[artefact] = Artefact(f"{match[1]}/accuracy.txt")
    return found


#: Files of a v5 scenario that count in measurements/ only.
_OF_MEASUREMENTS = ("user.conf", "README.md", "measurements.json")


def tree_artefact(layout: Layout, area: str, inside: Sequence[str]) -> Artefact | None:
    """The artefact that a file of a finished tree is: `inside` is its path in an area of a submitter's folder.

    Its first three parts are system, model and scenario. None for a file of no scenario.
    """
    if len(inside) < 4:
        return None
    system, rest = inside[0], inside[3:]
    path = "/".join(rest)
    if layout is Layout.V6:
        return Artefact(path) if area == "results" else None
    if area == "results":
        return Artefact(path) if path not in _OF_MEASUREMENTS and not path.startswith("TEST") else None
    if area == "compliance":
        return Artefact(path) if len(rest) > 1 and rest[0].startswith(("TEST", "audit")) else None
    if area == "measurements" and len(rest) == 1:
        # The file is named by the system, often with the scenario behind (Loader.get_measurement_path).
        if path.startswith(system) and path.endswith(".json"):
            return Artefact("measurements.json")
        return Artefact(path) if path != "measurements.json" else None
    return None


@dataclass(frozen=True)
class Tree:
    """Where a submission tree of one layout keeps things; paths are relative to its root."""

    layout: Layout

    def artefact(self, key: RunKey, artefact: Artefact) -> PurePosixPath:
        """The path of a run's artefact."""
        area, name = "results", str(artefact)
        if self.layout is Layout.V5 and artefact.startswith("TEST"):
            area = "compliance"
        elif self.layout is Layout.V5 and "/" not in artefact:
            area = "measurements"
            name = f"{key.system}.json" if artefact == "measurements.json" else name
        return PurePosixPath(f"{key.division}/{key.submitter}/{area}/{key.system}/{key.model}/{key.scenario}/{name}")

    def run_folders(self, key: RunKey) -> tuple[PurePosixPath, ...]:
        """The folders in which all artefacts of a run lie."""
        areas = ("results",) if self.layout is Layout.V6 else ("compliance", "measurements", "results")
        place = f"{key.system}/{key.model}/{key.scenario}"
        return tuple(PurePosixPath(f"{key.division}/{key.submitter}/{area}/{place}") for area in areas)

    def submitter(self, division: Division, submitter: str) -> PurePosixPath:
        return PurePosixPath(str(division), submitter)

    def system(self, division: Division, submitter: str, system: str) -> PurePosixPath:
        return self.submitter(division, submitter) / "systems" / f"{system}.json"

    def nameplate(self, division: Division, submitter: str, system: str) -> PurePosixPath:
        return self.submitter(division, submitter) / "systems" / f"{system}_power.yaml"

    def private_id(self, division: Division, submitter: str, system: str) -> PurePosixPath:
        return self.submitter(division, submitter) / "results" / system / "privateid.json"

    def system_readme(self, division: Division, submitter: str, system: str) -> PurePosixPath:
        return self.submitter(division, submitter) / "results" / system / "README.md"

    def code(self, division: Division, submitter: str, model: str) -> PurePosixPath:
        return self.submitter(division, submitter) / self.layout.code_folder / model

    def calibration(self, division: Division, submitter: str) -> PurePosixPath:
        return self.submitter(division, submitter) / CALIBRATION

    def model_mapping(self, division: Division, submitter: str) -> PurePosixPath:
        return self.submitter(division, submitter) / MODEL_MAPPING
