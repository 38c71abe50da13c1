"""A finished submission tree -> its submitters and results. Reads names, and the small files of a system.

The tree may be ours or anyone's, in the layout of any round, on disk or in an archive.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rules.domain import Division
from rules.layout import CALIBRATION, MODEL_MAPPING, tree_artefact
from rules.parsers.yaml_values import parse_yaml
from rules.rounds.model import Layout
from rules.sources import Files, Kind
from rules.streams import read_start
from rules.system import Nameplate, SystemDescription
from rules.tree import REPOSITORY_FOLDERS, Submitter, TreeInventory

#: Descriptions are small; a larger file is none, and isn't read.
_LARGEST_DESCRIPTION_BYTES = 4 << 20


_DIVISIONS = {division.value: division for division in Division}
_RESULT_AREAS = ("systems", "results", "measurements", "compliance")


def scan_tree(
    files: Files, root: Path, layout: Layout, only_submitter: str | None = None, *, whole: bool = True
) -> TreeInventory:
    """Walk a tree once, or without `whole` that part of it which results and systems lie in.

    Raises OSError where its root can't be listed, and for nothing below.
    """
    entries = tuple(files.entries(root, _is_tree if whole else _holds_results, sizes=whole))
    submitters: dict[tuple[str, str], Submitter] = {}
    before = str(root / "x")[:-1]  # what every path begins with
    for entry in entries:
        parts = entry.path.split("/")
        if len(parts) < 2 or parts[0] not in _DIVISIONS or only_submitter not in (None, parts[1]):
            continue
        if len(parts) > 2:
            submitter = submitters.get((parts[0], parts[1]))
            if submitter is not None:
                _take(submitter, entry.kind, before + entry.path, parts[2], parts[3:], layout)
        elif entry.kind is Kind.FOLDER:
            submitters[parts[0], parts[1]] = Submitter(_DIVISIONS[parts[0]], parts[1])
    ordered = sorted(submitters.values(), key=lambda each: (str(each.division), each.name))
    return TreeInventory(root, entries, tuple(ordered))


def _is_tree(folder: str) -> bool:
    return folder not in REPOSITORY_FOLDERS


def _holds_results(folder: str) -> bool:
    """Whether the description or a file of a result may lie in a folder, in the layout of any round."""
    division, *below = folder.split("/", 3)
    return division in _DIVISIONS and (len(below) < 2 or below[1] in _RESULT_AREAS)


def _take(submitter: Submitter, kind: Kind, path: str, area: str, inside: list[str], layout: Layout) -> None:
    """Note what one thing in a submitter's folder means; `inside` is its path in the area (`results`, `src`)."""
    if area == "results" and inside[3:] == ["performance", "power"]:  # anything of that name, as os.path.exists has it
        submitter.with_power.add((inside[0], inside[1], inside[2]))
    if kind is Kind.FOLDER:
        _take_folder(submitter, area, inside, layout)
    if kind is Kind.FILE or (kind is Kind.FOLDER and _is_opened(area, inside)):
        if not inside:
            submitter.has_model_mapping |= area == MODEL_MAPPING
            submitter.has_calibration |= area == CALIBRATION
        elif area == "systems" and len(inside) == 1:
            submitter.descriptions.add(inside[0])
        elif area in ("documentation", layout.code_folder):
            submitter.has_calibration |= inside[-1] == CALIBRATION
        else:
            _take_artefact(submitter, area, inside, layout, path)


def _is_opened(area: str, inside: list[str]) -> bool:
    """Whether the official checker opens what has the name, and dies where that is a folder."""
    if not inside:
        return area == MODEL_MAPPING
    if area == "systems":
        return len(inside) == 1 and inside[0].endswith("_power.yaml")
    match inside[3:]:
        case [test, name]:
            return (test.startswith("TEST") and name.startswith("verify_")) or test == "audit"
        case [*_, "run_1", name]:
            return name == "mlperf_log_detail.txt"
    return False


def _take_folder(submitter: Submitter, area: str, inside: list[str], layout: Layout) -> None:
    submitter.has_code |= area == layout.code_folder and not inside
    if area != "results":
        return
    submitter.has_results = True
    if len(inside) == 1:
        submitter.systems.add(inside[0])
    elif len(inside) == 2:
        submitter.models.add((inside[0], inside[1]))
    elif len(inside) == 3:
        submitter.places.add((inside[0], inside[1], inside[2]))


def _take_artefact(submitter: Submitter, area: str, inside: list[str], layout: Layout, path: str) -> None:
    artefact = tree_artefact(layout, area, inside)
    if artefact is not None:
        # Of several that could be measurements.json the first counts, as in the official checker.
        submitter.artefacts.setdefault((inside[0], inside[1], inside[2]), {}).setdefault(artefact, path)


@dataclass(frozen=True)
class _Document:
    """A JSON or YAML file of a tree: what it holds, or why it can't be read."""

    data: Any = None
    problem: str | None = None
    line: int | None = None


def read_description(
    files: Files, inventory: TreeInventory, submitter: Submitter, system: str, *, with_nameplate: bool
) -> SystemDescription:
    """What systems/<system>.json says, and the nameplate beside it."""
    folder = inventory.root / submitter.folder / "systems"
    path = folder / f"{system}.json"
    if path.name not in submitter.descriptions:
        problem = f"there is no systems/{path.name}"
        return SystemDescription({}, {}, str(folder), is_described=False, problem=problem)
    document = _read(files, path)
    if document.problem is None and not isinstance(document.data, dict):
        document = _Document(problem="no JSON object")
    nameplate = Nameplate()
    if with_nameplate and f"{system}_power.yaml" in submitter.descriptions:
        nameplate = read_nameplate(files, folder / f"{system}_power.yaml")
    fields = document.data if document.problem is None else {}
    return SystemDescription(
        fields,
        {},
        str(path),
        is_described=document.problem is None,
        nameplate=nameplate,
        problem=document.problem,
        line=document.line,
    )


def read_nameplate(files: Files, path: Path) -> Nameplate:
    """A list of power supplies, YAML or JSON."""
    read = _read(files, path)
    return Nameplate(str(path), read.data, read.problem)


def read_model_mapping(
    files: Files, inventory: TreeInventory, submitter: Submitter
) -> tuple[dict[str, str], str | None]:
    """The submitter's own names for benchmarks, and why they can't be read; they count in the open division."""
    if submitter.division is not Division.OPEN or not submitter.has_model_mapping:
        return {}, None
    document = _read(files, inventory.root / submitter.folder / MODEL_MAPPING)
    if document.problem is not None:
        return {}, document.problem
    if not isinstance(document.data, dict):
        return {}, None if document.data is None else "no JSON object"
    # A name that is no text is no benchmark, where the official checker falls over it.
    names = {
        model: name if isinstance(name, str) else type(name).__name__ for model, name in document.data.items() if name
    }
    return names, None


def _read(files: Files, path: Path) -> _Document:
    """JSON by its ending, else YAML."""
    try:
        with files.open(path) as stream:
            content = read_start(stream, _LARGEST_DESCRIPTION_BYTES + 1)
        if len(content) > _LARGEST_DESCRIPTION_BYTES:
            return _Document(problem=f"more than {_LARGEST_DESCRIPTION_BYTES >> 20} MB")
        text = content.decode("utf-8")
        return _Document(json.loads(text) if path.suffix == ".json" else parse_yaml(text))
    except OSError as problem:
        return _Document(problem=problem.strerror or "can't be read")
    except UnicodeDecodeError as problem:
        return _Document(problem="not UTF-8", line=content.count(b"\n", 0, problem.start) + 1)
    except json.JSONDecodeError as problem:
        return _Document(problem=f"invalid JSON: {problem.msg}", line=problem.lineno)
    except (ValueError, RecursionError, yaml.YAMLError):
        return _Document(problem="invalid JSON" if path.suffix == ".json" else "invalid YAML")
