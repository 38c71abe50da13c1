"""Results folders -> systems and runs. Reads names only, and the few bytes that name a system.

Raw layout: `<root>/<SUT>/<model>/<scenario>/…` as LoadGen and the MLCommons automation leave it.
Nothing is judged here but what a folder is; what a run lacks is for the checks to say.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from rules.checks.catalogue import finding
from rules.config.model import ResultsRoot, Submission
from rules.domain import Artefact, Category, Division, Run, RunKey, Scenario, SystemFolder
from rules.finding import Finding
from rules.folders import Folder, PathsIn, inside
from rules.layout import MODEL_MAPPING, NAMEPLATES, SUT_INFO, SYSTEM_META, RawFile, is_run_folder, recognise

#: How deep files lie in a scenario folder at most (`TEST01/performance/run_1/…`).
_DEPTH = 4
#: What a name can't have that becomes one folder and one word of a command.
_UNFIT = re.compile(r"[\s/\\\x00-\x1f\x7f\ud800-\udfff]")
#: How Python spells the bytes of a name that is not UTF-8.
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_SYSTEM_FILES = frozenset((SYSTEM_META, *SUT_INFO, MODEL_MAPPING))
_NAME_PARTS = ("system_name", "implementation", "device", "framework", "run_config")
#: Gives what a folder holds.
Look = Callable[[str], Folder]


@dataclass(frozen=True)
class Inventory:
    """All that the results roots hold, sorted; and what in them could not be taken for a run."""

    systems: tuple[SystemFolder, ...] = ()
    runs: tuple[Run, ...] = ()
    findings: tuple[Finding, ...] = ()


def scan(submission: Submission, look: Look = Folder) -> Inventory:
    """Walk every results root of the declaration. Never raises for what it meets there."""
    parts = [_scan_root(submission, root, look) for root in submission.results]
    parts += [_scan_declared(submission, look)]
    systems = [system for part in parts for system in part.systems]
    runs = [run for part in parts for run in part.runs]
    findings = [found for part in parts for found in part.findings]
    systems, more = _merge_systems(systems)
    runs, conflicts = _without_conflicts(runs)
    found = {system.name for system in systems}
    missing = [
        finding("SCAN-007", str(submission.source), line=declared.line, found=name, expected=_nearest(name, found))
        for name, declared in submission.systems.items()
        if name not in found and declared.results is None and not declared.is_extended
    ]
    return Inventory(
        tuple(sorted(systems, key=lambda system: (system.division, system.name))),
        tuple(sorted(runs, key=lambda run: run.key)),
        tuple(sorted({*findings, *more, *conflicts, *missing})),
    )


def _scan_root(submission: Submission, root: ResultsRoot, look: Look) -> Inventory:
    source = str(submission.source)
    if not os.path.isdir(root.path):  # noqa: PTH112 - unlike Path.is_dir, never raises (over-long names)
        return Inventory(findings=(finding("SCAN-001", source, line=root.line, found=str(root.path)),))
    if _NOT_UTF8.search(str(root.path)):
        return Inventory(findings=(_unusable(str(root.path), "its name is not UTF-8"),))
    children, unreadable = _folders(str(root.path), look)
    if not children:
        return Inventory(findings=tuple(unreadable) or (finding("SCAN-002", str(root.path)),))
    declared = {str(system.results) for system in submission.systems.values()}
    divisions = [name for name in children if name in {division.value for division in Division}]
    findings = [*unreadable, *(finding("SCAN-006", str(root.path / name)) for name in divisions)]
    parts = [
        _scan_system(submission, root.path / name, root.division, root.category, look)
        for name in children
        if name not in divisions and str(root.path / name) not in declared
    ]
    return _joined(parts, findings)


def _scan_declared(submission: Submission, look: Look) -> Inventory:
    """Systems whose folder the declaration names itself; in a results root, what holds there holds for them."""
    parts, findings = [], []
    for declared in submission.systems.values():
        if declared.results is None:
            continue
        if os.path.isdir(declared.results):  # noqa: PTH112
            root = next((root for root in submission.results if root.path == declared.results.parent), None)
            division, category = (root.division, root.category) if root else (submission.division, None)
            parts.append(_scan_system(submission, declared.results, division, category, look, declared.name))
        else:
            where = str(submission.source)
            findings.append(finding("SCAN-001", where, line=declared.line, found=str(declared.results)))
    return _joined(parts, findings)


def _joined(parts: Iterable[Inventory], findings: Iterable[Finding]) -> Inventory:
    parts = list(parts)
    return Inventory(
        tuple(system for part in parts for system in part.systems),
        tuple(run for part in parts for run in part.runs),
        (*findings, *(found for part in parts for found in part.findings)),
    )


def _scan_system(
    submission: Submission,
    folder: Path,
    division: Division,
    category: Category | None,
    look: Look,
    name: str | None = None,
) -> Inventory:
    base = str(folder)
    held = frozenset(look(base).files)
    files = {each: folder / each for each in _SYSTEM_FILES & held}
    sut_info = next((files[known] for known in SUT_INFO if known in files), None)
    name = name or _system_name(submission, folder, sut_info)
    declared = submission.systems.get(name)
    system = SystemFolder(
        division=(declared.division if declared and declared.division else division),
        submitter=submission.submitter,
        name=name,
        folder=folder,
        category=category or submission.category,
        meta=files.get(SYSTEM_META),
        sut_info=sut_info,
        model_mapping=files.get(MODEL_MAPPING),
    )
    nameplates = (pattern.format(system=each) for pattern in NAMEPLATES for each in (name, folder.name))
    found = next((folder / each for each in nameplates if each in held), None)
    system = replace(system, nameplate=(declared.nameplate_power if declared else None) or found)
    models, unusable = _folders(base, look)
    findings = [
        *unusable,
        *(found for path in (system.meta, system.sut_info, system.model_mapping) for found in _unreadable(path)),
    ]
    runs: list[Run] = []
    for model in models:
        within = inside(base, model)
        scenarios, unreadable = _folders(within, look)
        findings += unreadable
        known = [(Scenario.parse(child), child) for child in scenarios]
        if not any(scenario for scenario, _ in known):
            if scenarios or not unreadable:
                findings.append(finding("SCAN-003", within, found=", ".join(scenarios) or "no folders"))
            continue
        if _UNFIT.search(model):
            findings.append(finding("SCAN-011", within, found=model))
            continue
        for scenario, child in known:
            if scenario is None:
                names = [each.value for each in Scenario]
                where = inside(within, child)
                findings.append(finding("SCAN-004", where, found=child, expected=_nearest(child, names)))
            else:
                key = RunKey(system.division, submission.submitter, name, model, scenario)
                run, unreadable = scan_run(key, folder / model / child, look)
                runs.append(_with_power_documents(run, submission))
                findings += unreadable
    if system.meta is None:
        system = replace(system, meta=next(_strayed_meta(runs), None))
        findings += _unreadable(system.meta)
    if not models and not unusable:
        findings.append(finding("SCAN-003", base, found="no benchmark folders"))
    return Inventory((system,) if models or system.meta else (), tuple(runs), tuple(findings))


def _strayed_meta(runs: Iterable[Run]) -> Iterator[Path]:
    """The descriptions that the automation leaves in the performance runs, for a SUT folder that has none."""
    strayed = (run.folder / path for run in runs for path in run.left_out if PurePosixPath(path).name == SYSTEM_META)
    return (path for path in strayed if "performance" in path.parts)


def _with_power_documents(run: Run, submission: Submission) -> Run:
    """A run with power gets the declared documents of its measurement, but for those that its folder has."""
    if not run.has_power:
        return run
    artefacts = dict(run.artefacts)
    for stem, path in submission.power_documents.items():
        if path.is_file() and not any(known.startswith(f"{stem}.") for known in run.artefacts):
            artefacts[Artefact(f"{stem}{path.suffix or '.txt'}")] = path
    return replace(run, artefacts=dict(sorted(artefacts.items())))


def _system_name(submission: Submission, folder: Path, sut_info: Path | None) -> str:
    """The folder's name where the declaration knows it by that, else what the sut-info makes of it."""
    plain = system_name(folder.name, {})
    return plain if plain in submission.systems else system_name(folder.name, _read_mapping(sut_info))


def system_name(folder: str, sut_info: dict[str, Any]) -> str:
    """A system's name in the tree: from the automation's sut-info where complete, else the folder's.

    Same composition as the automation (`generate,inference,submission`), so that names agree
    with submissions that it made; spaces and what fits no folder name become underscores.
    """
    parts = [str(sut_info.get(part) or "") for part in _NAME_PARTS]
    return _UNFIT.sub("_", "-".join(parts) if all(parts) else folder).lstrip(".")


def scan_run(key: RunKey, folder: Path, look: Look = Folder) -> tuple[Run, list[Finding]]:
    """One scenario folder: its files sorted into artefacts and what no submission takes."""
    findings: list[Finding] = []
    artefacts, left_out = _sorted_out(tuple(_files_below(str(folder), look, findings)))
    return Run(key, folder, PathsIn(folder, artefacts), left_out), findings


@lru_cache(maxsize=10_000)
def _sorted_out(files: tuple[str, ...]) -> tuple[Mapping[Artefact, str], tuple[str, ...]]:
    """The artefact that each file of a run is, and those that are none; most runs have the same files."""
    best: dict[Artefact, tuple[RawFile, str]] = {}
    left_out: list[str] = []
    recognised = [(relative, recognise(PurePosixPath(relative))) for relative in files]
    executions = _executions(raw for _, raw in recognised if raw)
    for relative, raw in recognised:
        if raw is None or executions.get(_parent(raw.artefact), _parent(raw.rank[1])) != _parent(raw.rank[1]):
            left_out.append(relative)
            continue
        rival = best.get(raw.artefact)
        if rival is None or raw.rank < rival[0].rank:
            if rival:
                left_out.append(rival[0].rank[1])
            best[raw.artefact] = (raw, relative)
        else:
            left_out.append(relative)
    return {artefact: relative for artefact, (_, relative) in sorted(best.items())}, tuple(sorted(left_out))


def _executions(files: Iterable[RawFile]) -> dict[str, str]:
    """The folder that each run_1 of the tree is taken from: one of several, whole, never mixed."""
    rivals: dict[str, set[tuple[int, str]]] = {}
    for raw in files:
        folder = _parent(raw.artefact)
        if is_run_folder(folder.rpartition("/")[2]):
            rivals.setdefault(folder, set()).add((raw.rank[0], _parent(raw.rank[1])))
    return {folder: min(found)[1] for folder, found in rivals.items()}


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _files_below(folder: str, look: Look, findings: list[Finding]) -> Iterator[str]:
    """The files in a folder, by their path in it; folders deeper than any artefact as they are."""
    pending = [(folder, "", 0)]
    while pending:
        folder, within, depth = pending.pop()
        folders, files, unusable = _usable(folder, look)
        findings += unusable
        yield from (within + name for name in files)
        if depth < _DEPTH:
            pending += [(inside(folder, name), f"{within}{name}/", depth + 1) for name in folders]
        else:
            yield from (within + name for name in folders)


def _merge_systems(systems: list[SystemFolder]) -> tuple[list[SystemFolder], list[Finding]]:
    """One system may lie in several roots; their descriptions must not differ."""
    merged: dict[tuple[Division, str], SystemFolder] = {}
    findings = []
    for system in systems:
        identity = (system.division, system.name)
        first = merged.get(identity)
        if first is None:
            merged[identity] = system
        elif first.meta and system.meta and _read(first.meta) != _read(system.meta):
            findings.append(finding("SCAN-009", str(system.meta), found=str(first.meta)))
        else:
            merged[identity] = replace(
                first,
                meta=first.meta or system.meta,
                sut_info=first.sut_info or system.sut_info,
                model_mapping=first.model_mapping or system.model_mapping,
                nameplate=first.nameplate or system.nameplate,
            )
    return list(merged.values()), findings


def _without_conflicts(runs: list[Run]) -> tuple[list[Run], list[Finding]]:
    """Runs that claim the same place are all left out: which one counts is not ours to guess."""
    claims: dict[str, list[Run]] = {}
    for run in runs:
        claims.setdefault(run.key.id.lower(), []).append(run)
    claimants = [_each_once(rivals) for rivals in claims.values()]
    kept = [rivals[0] for rivals in claimants if len(rivals) == 1]
    findings = [
        finding("SCAN-005", str(rivals[0].folder), found=", ".join(str(other.folder) for other in rivals[1:]))
        for rivals in claimants
        if len(rivals) > 1
    ]
    return kept, findings


def _each_once(rivals: list[Run]) -> list[Run]:
    """Without those that are the same folder again: by a link, or by two results roots."""
    if len(rivals) == 1:
        return rivals
    distinct: dict[Path, Run] = {}
    for run in rivals:
        distinct.setdefault(run.folder.resolve(), run)
    return list(distinct.values())


def _folders(folder: str, look: Look) -> tuple[list[str], list[Finding]]:
    """The names of a folder's folders, but for `__pycache__` and its like; and what can't be used there."""
    folders, _, unusable = _usable(folder, look)
    return [name for name in folders if not name.startswith("__")], unusable


def _usable(folder: str, look: Look) -> tuple[list[str], list[str], list[Finding]]:
    """The folders and files in a folder by name; a finding for what can't be used. Hidden ones don't count."""
    found = look(folder)
    folders = [name for name in found.folders if name[0] != "."]
    files = [name for name in found.files if name[0] != "."]
    if found.is_plain:
        return folders, files, []
    if found.problem is not None:
        return [], [], [_unusable(folder, found.problem)]
    names = (*folders, *files, *(name for name, _ in found.others if name[0] != "."))
    troubles = {name: reason or "neither a file nor a folder, or a dangling link" for name, reason in found.others}
    troubles |= {name: "a link to a folder that it lies in" for name in found.links if _is_around(inside(folder, name))}
    troubles |= {name: "its name is not UTF-8" for name in names if _NOT_UTF8.search(name)}
    return (
        [name for name in folders if name not in troubles],
        [name for name in files if name not in troubles],
        [_unusable(inside(folder, name), troubles[name]) for name in sorted(names) if name in troubles],
    )


def _is_around(link: str) -> bool:
    path = Path(link)
    return path.parent.resolve().is_relative_to(path.resolve())


def _unusable(path: str, why: str) -> Finding:
    return finding("SCAN-008", os.fsencode(path).decode("utf-8", "backslashreplace"), found=why)


def _read_mapping(path: Path | None) -> dict[str, Any]:
    """A small JSON object, or {} where there is none; the checks report what is wrong with it."""
    try:
        data = json.loads(_read(path)) if path else {}
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _unreadable(path: Path | None) -> list[Finding]:
    """A finding where one of a system's small files holds no JSON object."""
    try:
        data = json.loads(path.read_bytes()) if path else {}
    except OSError as problem:
        return [finding("SCAN-010", str(path), found=problem.strerror)]
    except (ValueError, RecursionError) as problem:
        return [finding("SCAN-010", str(path), line=getattr(problem, "lineno", None), found="invalid JSON")]
    return [] if isinstance(data, dict) else [finding("SCAN-010", str(path), found="no JSON object")]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _nearest(name: str, candidates: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, sorted(candidates), n=1)), None)
