"""Results to compare with, from wherever they are: a table, a build, or a tree as MLCommons publishes it.

A tree's results are taken as they stand, unjudged: of each, only the files that hold its figures are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rules.checks.judge import measure
from rules.domain import (
    DETAIL_LOG,
    ENDPOINTS_CONFIG,
    ENDPOINTS_CONFIG_YML,
    ENDPOINTS_PERFORMANCE,
    POWER_LOG,
    Run,
)
from rules.errors import UserError
from rules.evidence import Evidence, load_evidence
from rules.reports.comparison import Results, read_summary_csv, results_of
from rules.reports.tables import summary_csv, verified_rows
from rules.rounds import available_rounds, load_round, round_with_seeds
from rules.rounds.model import Layout, unknown_benchmark
from rules.sources import Files, open_tree
from rules.steps.files import read_object
from rules.streams import read_start
from rules.system import SystemDescription
from rules.tree import Submitter, TreeInventory, TreeResult
from rules.tree_scan import read_description, read_model_mapping, scan_tree
from rules.verification import Judged, Profile, Verification

SUMMARY_CSV = "summary.csv"
SUMMARY = "summary.json"
_EXPECTED = "expected a summary.csv, the folder of a build, or a folder with closed/, open/ or network/ in it"
#: All that a result's figures are in.
_FIGURES = (DETAIL_LOG, POWER_LOG, ENDPOINTS_PERFORMANCE, ENDPOINTS_CONFIG, ENDPOINTS_CONFIG_YML)
_SEED = "qsl_rng_seed"
#: The table of a whole published round has 1 MB.
_LARGEST_TABLE_BYTES = 64 << 20


def read_results(path: Path) -> Results:
    """The results at a path. Raises UserError where there are none to be read, OSError where a file can't be."""
    table = _table_of(path)
    if table.suffix.lower() == ".csv":
        return _read_table(table, str(path))
    if table.suffix.lower() == ".json":
        return _read_summary(table, str(path))
    return _read_tree(path)


def read_build(folder: Path) -> Results:
    """The results of a build, by its output folder. Raises UserError where nothing has been built."""
    if not any((folder / name).is_file() for name in (SUMMARY_CSV, SUMMARY)):
        raise UserError(f"{folder}: there is no build with its {SUMMARY}; run `doit` first, or name one with --build")
    return read_results(folder)


def inputs_of(path: Path) -> list[str]:
    """The files that `read_results` reads, sorted; none where there is nothing to be read. Raises OSError."""
    table = _table_of(path)
    if table.is_file():
        return [str(table)]
    if not path.is_dir():
        return []
    inventory = _inventory(open_tree(path), path)
    found = []
    for submitter in inventory.submitters:
        folder = f"{inventory.root}/{submitter.folder}"
        described = {f"{system}.json" for system in submitter.systems} & submitter.descriptions
        found += [f"{folder}/systems/{name}" for name in described]
        if submitter.has_model_mapping:
            found.append(f"{folder}/model_mapping.json")
        for place in submitter.places:
            artefacts = submitter.artefacts.get(place, {})
            found += [artefacts[name] for name in _FIGURES if name in artefacts]
    return sorted(found)


def _table_of(path: Path) -> Path:
    """The one file that holds what is at a path; the path itself where that is a tree or an archive.

    Of a build, its csv, which knows more than summary.json: what the systems compute with.
    """
    return next((table for table in tables_of(path) if table.is_file()), path)


def tables_of(path: Path) -> tuple[Path, ...]:
    """The files that are read for a path, the first that is there, before it is taken for a tree."""
    if path.is_dir():
        return path / SUMMARY_CSV, path / SUMMARY
    return (path.with_name(SUMMARY_CSV), path) if path.name == SUMMARY else (path,)


def _read_table(path: Path, source: str) -> Results:
    with path.open("rb") as stream:
        data = read_start(stream, _LARGEST_TABLE_BYTES + 1)
    if len(data) > _LARGEST_TABLE_BYTES:
        raise UserError(f"{source}: more than {_LARGEST_TABLE_BYTES >> 20} MB; {_EXPECTED}")
    return read_summary_csv(data.decode("utf-8-sig", errors="backslashreplace"), source)


def _read_summary(path: Path, source: str) -> Results:
    """A summary.json that has lost its csv."""
    if not path.is_file():
        raise UserError(f"{source}: no such file; {_EXPECTED}")
    summary = read_object(path) or {}
    results = summary.get("results")
    if not isinstance(results, list):
        raise UserError(f"{source}: no summary of a build; {_EXPECTED}")
    return results_of(_rows(summary.get("round"), [each for each in results if isinstance(each, dict)]), source)


def _rows(round_: Any, results: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in results:
        row = {
            "Organization": each.get("submitter"),
            "Division": each.get("division"),
            "Platform": each.get("system"),
            "Model": each.get("benchmark"),
            "MlperfModel": each.get("mlperf_model"),
            "Scenario": each.get("scenario"),
            "Result": each.get("metric"),
            "Units": each.get("units"),
            "version": round_,
        }
        yield row
        power = each.get("power")
        if isinstance(power, dict):
            yield row | {"Result": power.get("metric"), "Units": power.get("units")}


def _read_tree(path: Path) -> Results:
    try:
        files = open_tree(path)
    except UserError as problem:
        raise UserError(f"{problem}; {_EXPECTED}") from None
    inventory = _inventory(files, path)
    if not any(submitter.places for submitter in inventory.submitters):
        raise UserError(f"{path}: no results in it; {_EXPECTED}")
    by_round: dict[_RoundOf, list[Judged]] = {}
    for submitter in inventory.submitters:
        for round_of, judged in _Reading(files, inventory, submitter).results():
            by_round.setdefault(round_of, []).append(judged)
    found = Results(str(path), ())
    for round_of, results in by_round.items():
        round_ = replace(load_round(round_of.name), name=round_of.name if round_of.is_certain else "")
        # By way of the csv, so that a tree is worth the same as the table that is made of it.
        table = summary_csv(round_, verified_rows(Verification(round_, Profile.OFFICIAL, tuple(results), ())))
        more = read_summary_csv(table, str(path))
        found = Results(str(path), found.measured + more.measured, found.unmeasured + more.unmeasured)
    return found


def _inventory(files: Files, path: Path) -> TreeInventory:
    """What lies in a tree. Where figures lie is the same in all layouts, but for what v6 alone has."""
    return scan_tree(files, path, Layout.V6, whole=False)


class _RoundOf(NamedTuple):
    """The round by which a result is read, and whether it was made for that."""

    name: str
    is_certain: bool


class _Reading:
    """Reads one submitter's results in one division."""

    def __init__(self, files: Files, inventory: TreeInventory, submitter: Submitter) -> None:
        self._files, self._inventory, self._submitter = files, inventory, submitter
        self._mapping, _ = read_model_mapping(files, inventory, submitter)
        self._systems: dict[str, SystemDescription] = {}

    def results(self) -> Iterator[tuple[_RoundOf, Judged]]:
        for place in self._inventory.results(self._submitter):
            if place.run is not None:
                yield self._measured(place, place.run)

    def _measured(self, place: TreeResult, run: Run) -> tuple[_RoundOf, Judged]:
        figures = {name: place.paths[name] for name in _FIGURES if name in place.paths}
        run = replace(run, artefacts={name: Path(path) for name, path in figures.items()})
        latest = load_round(available_rounds()[-1])
        system = self._described(place.system)
        evidence = load_evidence(
            run, latest, unknown_benchmark(place.model), system, self._files, is_staged=True, paths=figures
        )
        round_of = self._round_of(evidence)
        round_ = load_round(round_of.name)
        name = round_.official_name(place.model, self._mapping)
        benchmark = round_.benchmarks.get(name) or unknown_benchmark(name)
        verdict = measure(replace(evidence, benchmark=benchmark), round_)
        return round_of, Judged(place, name, system.fields, (), verdict)

    def _described(self, system: str) -> SystemDescription:
        if system not in self._systems:
            self._systems[system] = read_description(
                self._files, self._inventory, self._submitter, system, with_nameplate=False
            )
        return self._systems[system]

    def _round_of(self, evidence: Evidence) -> _RoundOf:
        """The round whose seeds the log has, else the latest that has the benchmark."""
        log = evidence.performance
        named = round_with_seeds({_SEED: log.get(f"effective_{_SEED}")}) if log else None
        if named is not None:
            return _RoundOf(named, True)
        rounds = available_rounds()[::-1]
        known = (name for name in rounds if load_round(name).benchmark(evidence.key.model, self._mapping) is not None)
        return _RoundOf(next(known, rounds[0]), False)
