"""Results folders -> what submission.yaml has to say of them. Reads names, small files, and the seeds in logs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import rules.checks.step_rules  # noqa: F401 - the scan's findings are of its rules
from rules.config.loader import read_description
from rules.config.model import Preprocess, ResultsRoot, Submission, SystemDeclaration
from rules.config.validation import unfit_folder_name
from rules.domain import DETAIL_LOG, RUN_MODEL_MAPPING, Category, Division, Run, Scenario, SystemFolder
from rules.errors import UserError
from rules.fields import FIELDS, unfilled_fields
from rules.finding import Finding
from rules.naming import named_benchmark
from rules.parsers.loadgen import parse_detail_log
from rules.rounds import Round, available_rounds, load_round, round_with_seeds
from rules.scan import Inventory, scan, system_name
from rules.sources import Disk
from rules.starter.wishes import Wishes
from rules.steps.files import read_object
from rules.system import describe_system

#: How far below a folder those of SUTs are looked for.
_DEEPEST = 5
_PLACEHOLDER = "YourOrganisation"
_DIVISIONS = {division.value: division for division in Division}
_SEEDS = ("qsl_rng_seed", "sample_index_rng_seed", "schedule_rng_seed")
#: What `describe` may have left in a SUT folder.
_DETECTED = ("describe.yaml", "describe.json")


@dataclass(frozen=True)
class FoundSystem:
    """One system of the results, with what its declaration has to say."""

    name: str
    #: Its models in each division, each with its scenarios.
    models: Mapping[Division, Mapping[str, tuple[str, ...]]]
    #: Keys of the declaration, in order.
    declared: Mapping[str, object]
    #: Fields of the description that are still to fill in.
    to_fill_in: tuple[str, ...]
    #: Open division: models that stand for no benchmark yet, each with the nearest benchmark.
    unmapped: Mapping[str, str | None]
    #: Closed division: models that the round doesn't have.
    unknown: tuple[str, ...]
    has_power: bool
    has_nameplate: bool


@dataclass(frozen=True)
class Survey:
    """All that there is to say."""

    round: Round
    #: Why it is this round.
    round_reason: str
    submitter: str
    #: Organisations that the descriptions name, if it isn't one and the same.
    other_submitters: tuple[str, ...]
    division: str
    roots: tuple[tuple[Path, Division | None], ...]
    systems: tuple[FoundSystem, ...]
    runs: int
    wishes: Wishes
    #: What the scan found wrong, which every build says again.
    findings: tuple[Finding, ...] = ()
    #: Whether no system needs the description that `wishes.detected` names.
    leaves_detected_out: bool = False

    @property
    def needs_submitter(self) -> bool:
        return self.submitter == _PLACEHOLDER


def survey(wishes: Wishes, base: Path) -> Survey:
    """Look through the wished results. Paths come out relative to `base`. Raises UserError where there are none."""
    roots = [found for folder in wishes.results for found in _roots(Path(folder))]
    first = _scanned(wishes, [(root, division or Division.CLOSED) for root, division in roots], {})
    if not first.runs:
        why = next((f"{found.place}: {found.message}" for found in first.findings), "no folder of a scenario in them")
        raise UserError(f"no runs in {', '.join(wishes.results)} that count: {why}")
    if wishes.detected:
        read_description(Path(wishes.detected))
    said = {system.folder: _said_division(system) for system in first.systems}
    placed = [(root, _wished_division(wishes) or division or _usual(root, said)) for root, division in roots]
    # A folder's name on the way is the user's own word; without it, systems say their division themselves.
    silent = {root: usual for (root, named), (_, usual) in zip(roots, placed, strict=True) if named is None}
    declared = dict(_declarations(wishes, first, silent, said))
    inventory = _scanned(wishes, placed, {each.name: each for each in declared.values()})
    round_, reason = _round(wishes, inventory.runs)
    submitter, others = _submitter(wishes, inventory.systems)
    systems = _found_systems(inventory, declared, wishes, round_, base)
    common = wishes.division or _most_common(system.division for system in inventory.systems).value
    return Survey(
        round=round_,
        round_reason=reason,
        submitter=submitter,
        other_submitters=others,
        division=common,
        roots=tuple((_relative(root, base), None if division.value == common or wishes.division else division)
                    for root, division in placed),
        systems=systems,
        runs=len(inventory.runs),
        wishes=_respelled(wishes, base),
        findings=inventory.findings,
        leaves_detected_out=bool(wishes.detected) and not any(_takes(wishes, system, base) for system in systems),
    )  # fmt: skip


def _takes(wishes: Wishes, system: FoundSystem, base: Path) -> bool:
    """Whether a system has the wished description."""
    return system.declared.get("detected") == str(_relative(Path(wishes.detected or ""), base))


def _respelled(wishes: Wishes, base: Path) -> Wishes:
    """With paths as the file in `base` has to spell them."""
    return replace(
        wishes,
        output=str(_relative(Path(wishes.output), base)) if wishes.output else None,
        power={stem: str(_relative(Path(path), base)) for stem, path in wishes.power.items()},
    )


def _roots(folder: Path) -> list[tuple[Path, Division | None]]:
    """The folders of SUTs in a folder, each with the division that a folder's name on the way says."""
    if not os.path.isdir(folder):  # noqa: PTH112 - never raises
        raise UserError(f"{folder}: no such folder")
    if _is_finished_tree(folder):
        raise UserError(f"{folder} is a finished submission tree; `mlperf-dodo verify --tree {folder}` checks it")
    if _has_scenarios(folder) and not _has_models(folder):
        raise UserError(f"{folder} is the folder of a single benchmark; name the one that holds the SUT folders")
    if _has_models(folder) and not _has_systems(folder):
        raise UserError(f"{folder} is a SUT's own folder; name the one that holds it: {folder.absolute().parent}")
    found = list(_below(folder, None, 0))
    if not found:
        raise UserError(f"{folder} holds no runs; they lie at <SUT>/<benchmark>/<scenario>/ (Offline, Server, …)")
    return found


def _below(folder: Path, division: Division | None, depth: int) -> Iterator[tuple[Path, Division | None]]:
    children = _folders(folder)
    by_division = [child for child in children if child.name.lower() in _DIVISIONS]
    if _has_systems(folder) and not any(_has_systems(child) for child in by_division):
        yield folder, division
    elif depth < _DEEPEST:
        for child in children:
            yield from _below(child, _DIVISIONS.get(child.name.lower(), division), depth + 1)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith((".", "__")))
    except OSError:
        return []


def _has_scenarios(folder: Path) -> bool:
    return any(Scenario.parse(child.name) for child in _folders(folder))


def _has_models(folder: Path) -> bool:
    return any(_has_scenarios(child) for child in _folders(folder))


def _has_systems(folder: Path) -> bool:
    return any(_has_models(child) for child in _folders(folder))


def _is_finished_tree(folder: Path) -> bool:
    """Whether a submitter's `systems/` and `results/` lie below a division."""
    submitters = (each for name in _DIVISIONS for each in _folders(folder / name))
    return any((each / "systems").is_dir() and (each / "results").is_dir() for each in submitters)


def _scanned(
    wishes: Wishes, roots: Iterable[tuple[Path, Division]], systems: Mapping[str, SystemDeclaration]
) -> Inventory:
    """What the build's own scan makes of folders and declarations."""
    return scan(
        Submission(
            round=wishes.round or available_rounds()[-1],
            submitter=wishes.submitter or _PLACEHOLDER,
            division=Division.CLOSED,
            category=None,
            results=tuple(ResultsRoot(path, division, None) for path, division in roots),
            systems=dict(systems),
            output=Path("build"),
            implementation={},
            calibration=None,
            preprocess=Preprocess(),
            archive="",
            final=False,
            source=Path("submission.yaml"),
        )
    )


def _wished_division(wishes: Wishes) -> Division | None:
    """Of `closed-open` the one that runs are of; the other is planned beside it."""
    return None if wishes.division is None else _DIVISIONS.get(wishes.division, Division.CLOSED)


def _said_division(system: SystemFolder) -> Division | None:
    """The division that a system's own description names."""
    return _DIVISIONS.get(str((read_object(system.meta) or {}).get("division", "")).strip().lower())


def _usual(root: Path, said: Mapping[Path, Division | None]) -> Division:
    """That of most systems in a root."""
    return _most_common(division for folder, division in said.items() if folder.parent == root)


def _most_common(divisions: Iterable[Division | None]) -> Division:
    """Closed, unless more are of another."""
    named = Counter(division for division in divisions if division)
    return max(Division, key=lambda division: named[division])


def _declarations(
    wishes: Wishes,
    inventory: Inventory,
    silent: Mapping[Path, Division],
    said: Mapping[Path, Division | None],
) -> Iterator[tuple[Path, SystemDeclaration]]:
    """What is declared of a system that its folder doesn't say: another name, another division than its neighbours."""
    names = Counter(system.name for system in inventory.systems)
    for system in inventory.systems:
        name = _name(wishes, system) if names[system.name] == 1 else system.name
        usual, own = silent.get(system.folder.parent), said[system.folder]
        is_asked = wishes.division is None and usual is not None and names[system.name] == 1
        differs = is_asked and own is not None and own is not usual
        yield (
            system.folder,
            SystemDeclaration(
                name, results=system.folder if name != system.name else None, division=own if differs else None
            ),
        )


def _name(wishes: Wishes, system: SystemFolder) -> str:
    """As the automation names it: hw_name is the first part where mlc-sut-info.json says the others."""
    sut_info = read_object(system.sut_info) or {}
    name = system.name
    if wishes.hw_name and sut_info and system_name(system.folder.name, sut_info) == name:
        name = system_name(system.folder.name, {**sut_info, "system_name": wishes.hw_name})
    return system_name(f"{wishes.prefix}-{name}", {}) if wishes.prefix else name


def _round(wishes: Wishes, runs: Iterable[Run]) -> tuple[Round, str]:
    """The wished round, else that of the logs' seeds, else the latest."""
    logged = Counter(found for run in _one_of_each_system(runs) if (found := _logged_round(run)))
    seeds = ", ".join(f"{name} ({number} of the systems)" for name, number in logged.most_common())
    if wishes.round:
        differs = bool(logged) and wishes.round not in logged
        return load_round(wishes.round), f"As asked for; the logs' seeds are those of {seeds}." if differs else ""
    if logged:
        name = logged.most_common(1)[0][0]
        return load_round(name), f"The logs' seeds are those of {seeds if len(logged) > 1 else name}."
    return load_round(available_rounds()[-1]), "To fill in: the latest, as the logs' seeds are those of no round."


def _one_of_each_system(runs: Iterable[Run]) -> list[Run]:
    with_log = (run for run in runs if DETAIL_LOG in run.artefacts)
    return list({(run.key.division, run.key.system): run for run in with_log}.values())


def _logged_round(run: Run) -> str | None:
    try:
        with Disk().open(run.artefacts[DETAIL_LOG]) as stream:
            log = parse_detail_log(stream)
    except OSError:
        return None
    return round_with_seeds({seed: log.get(f"effective_{seed}") for seed in _SEEDS})


def _submitter(wishes: Wishes, systems: Iterable[SystemFolder]) -> tuple[str, tuple[str, ...]]:
    if wishes.submitter:
        return wishes.submitter, ()
    said = ((read_object(system.meta) or {}).get("submitter") for system in systems)
    named = tuple(sorted({name.strip() for name in said if isinstance(name, str) and name.strip()}))
    return (named[0], ()) if len(named) == 1 and not unfit_folder_name(named[0]) else (_PLACEHOLDER, named)


def _found_systems(
    inventory: Inventory,
    declared: Mapping[Path, SystemDeclaration],
    wishes: Wishes,
    round_: Round,
    base: Path,
) -> tuple[FoundSystem, ...]:
    """Each system once, though it may be in several divisions."""
    found: dict[str, FoundSystem] = {}
    for system in inventory.systems:
        each = _found(system, inventory, declared, wishes, round_, base)
        found[each.name] = _joined(found[each.name], each) if each.name in found else each
    return tuple(found.values())


def _joined(first: FoundSystem, second: FoundSystem) -> FoundSystem:
    return FoundSystem(
        first.name,
        {**first.models, **second.models},
        {**second.declared, **first.declared},
        tuple(dict.fromkeys((*first.to_fill_in, *second.to_fill_in))),
        {**first.unmapped, **second.unmapped},
        tuple(dict.fromkeys((*first.unknown, *second.unknown))),
        first.has_power or second.has_power,
        first.has_nameplate and second.has_nameplate,
    )


def _found(
    system: SystemFolder,
    inventory: Inventory,
    declared: Mapping[Path, SystemDeclaration],
    wishes: Wishes,
    round_: Round,
    base: Path,
) -> FoundSystem:
    runs = [run for run in inventory.runs if (run.key.division, run.key.system) == (system.division, system.name)]
    models: dict[str, tuple[str, ...]] = {}
    for run in runs:
        models[run.key.model] = (*models.get(run.key.model, ()), str(run.key.scenario))
    meta = read_object(system.meta)
    said = declared.get(system.folder) or SystemDeclaration(system.name)
    unmapped, unknown = _unnamed(system, runs, wishes, round_)
    detected = _detected(system, meta, wishes)
    hw_name = wishes.hw_name if not str((meta or {}).get("system_name") or "").strip() else None
    keys: dict[str, object] = {
        "results": str(_relative(said.results, base)) if said.results else None,
        "division": said.division.value if said.division else None,
        "category": wishes.category,
        "status": wishes.status,
        "hw_notes_extra": wishes.hw_notes_extra,
        "sw_notes_extra": wishes.sw_notes_extra,
        "hw_name": hw_name,
        "model_mapping": {model: name for model, name in wishes.model_mapping.items() if model in models},
        "detected": str(_relative(detected, base)) if detected else None,
    }
    described = describe_system(
        division=system.division,
        submitter=wishes.submitter or _PLACEHOLDER,
        declared=SystemDeclaration(
            system.name,
            category=Category.parse(wishes.category),
            status=wishes.status,
            hw_name=hw_name,
            detected=read_description(detected) if detected else {},
        ),
        category=None,
        meta=meta,
        round_=round_,
        path=str(system.folder),
    )
    is_network = system.division is Division.NETWORK or described.is_network
    return FoundSystem(
        name=system.name,
        models={system.division: models},
        declared={key: value for key, value in keys.items() if value},
        to_fill_in=tuple(_to_fill_in(described.fields, round_, is_network=is_network)),
        unmapped=unmapped,
        unknown=unknown,
        has_power=any(run.has_power for run in runs),
        has_nameplate=system.nameplate is not None or "system_power_capacity" in described.fields,
    )


def _to_fill_in(fields: Mapping[str, object], round_: Round, *, is_network: bool) -> Iterator[str]:
    """What the official checker would miss, and a status or category that it doesn't know."""
    missing = set(unfilled_fields(fields, round_, is_network=is_network))
    if str(fields.get("status", "")).lower() not in round_.statuses:
        missing.add("status")
    if Category.parse(fields.get("system_type")) is None:
        missing.add("system_type")
    return (name for name in (*FIELDS, *sorted(missing - {*FIELDS})) if name in missing)


def _unnamed(
    system: SystemFolder, runs: Iterable[Run], wishes: Wishes, round_: Round
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Models that stand for no benchmark: in open to be mapped, in closed to be moved."""
    unmapped: dict[str, str | None] = {}
    unknown = []
    for run in runs:
        files = (system.model_mapping, run.artefacts.get(RUN_MODEL_MAPPING))
        said = [("", wishes.model_mapping), *((str(path), _names(read_object(path))) for path in files)]
        model = run.key.model
        benchmark, _ = named_benchmark(model, run.key.division, said, round_, str(run.folder))
        if benchmark is None and run.key.division is Division.OPEN:
            unmapped[model] = _nearest(model, round_)
        elif benchmark is None and model not in unknown:
            unknown.append(model)
    return unmapped, tuple(unknown)


def _names(said: Mapping[str, object] | None) -> dict[str, str]:
    return {model: name for model, name in (said or {}).items() if isinstance(name, str)}


def _nearest(model: str, round_: Round) -> str | None:
    listed = sorted({name for name, each in round_.benchmarks.items() if each.listed} | {*round_.aliases})
    nearest = get_close_matches(model.lower(), listed, n=1, cutoff=0.5)
    return nearest[0] if nearest else None


def _detected(system: SystemFolder, meta: Mapping[str, object] | None, wishes: Wishes) -> Path | None:
    """What `describe` wrote into the SUT folder, or the wished file for a system without a description."""
    beside = next((system.folder / name for name in _DETECTED if (system.folder / name).is_file()), None)
    return beside or (Path(wishes.detected) if wishes.detected and meta is None else None)


def _relative(path: Path, base: Path) -> Path:
    """A path as the file in `base` has to spell it."""
    if path.is_absolute() or base == Path():
        return path
    return Path(os.path.relpath(path, base))
