"""A finished tree or archive, ours or anyone's -> the verdict on each of its results.

The same rules as in a build, on evidence that is read from the tree; and the rules that only a
whole tree can break. `official` keeps of all findings those that MLCommons' own checker has too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from rules.checks.catalogue import finding
from rules.checks.judge import judge, measure
from rules.checks.tree import sorted_findings, tree_findings
from rules.completeness import missing_scenarios, scenario_set
from rules.domain import Division, Scenario
from rules.evidence import load_evidence
from rules.finding import Finding
from rules.layout import MODEL_MAPPING
from rules.rounds.model import Round, unknown_benchmark
from rules.sources import Files
from rules.system import SystemDescription
from rules.tree import Submitter, TreeInventory, TreeResult
from rules.tree_scan import read_description, read_model_mapping, scan_tree
from rules.verification import Judged, Profile, Verification


def verify_tree(
    files: Files,
    root: Path,
    round_: Round,
    profile: Profile = Profile.STRICT,
    *,
    submitter: str | None = None,
    skipped: Collection[str] = (),
) -> Verification:
    """Check a tree. `skipped` are codes of rules, or beginnings of codes, to leave out.

    Raises OSError where the tree's root can't be listed, and for nothing that the tree holds.
    """
    inventory = scan_tree(files, root, round_.layout, submitter, whole=profile is Profile.STRICT)
    results: list[Judged] = []
    found = tree_findings(inventory, whole=profile is Profile.STRICT)
    for each in inventory.submitters:
        judged, more = _Submission(files, inventory, each, round_, profile).judge()
        results += judged
        found += more

    def kept(findings: Iterable[Finding]) -> tuple[Finding, ...]:
        wanted = (f for f in findings if profile.keeps(f) and not f.code.startswith(tuple(skipped)))
        return sorted_findings(wanted)

    kept_results = tuple(replace(each, findings=kept(each.findings)) for each in results)
    found += [
        finding("TREE-013", each.verdict.folder, found=each.verdict.metric)
        for each in kept_results
        if each.passes and each.verdict is not None and not each.verdict.metric
    ]
    return Verification(round_, profile, kept_results, kept(found))


class _Submission:
    """One submitter's part of a tree in one division; descriptions are read once a system."""

    def __init__(
        self, files: Files, inventory: TreeInventory, submitter: Submitter, round_: Round, profile: Profile
    ) -> None:
        self._files = files
        self._inventory = inventory
        self._submitter = submitter
        self._round = round_
        self._official_only = profile is Profile.OFFICIAL
        self._mapping, self._mapping_problem = read_model_mapping(files, inventory, submitter)
        self._systems: dict[str, SystemDescription] = {}

    def judge(self) -> tuple[list[Judged], list[Finding]]:
        """Each result judged, and findings of the submitter's folder."""
        found = []
        if self._mapping_problem is not None:
            path = self._inventory.root / self._submitter.folder / MODEL_MAPPING
            found.append(finding("TREE-011", str(path), found=f"can't be read: {self._mapping_problem}"))
        groups: dict[tuple[str, str], list[TreeResult]] = {}
        for place in self._inventory.results(self._submitter):
            groups.setdefault((place.system, place.model), []).append(place)
        found += self._without_results(groups)
        return [judged for group in groups.values() for judged in self._judge_benchmark(group)], found

    def _without_results(self, groups: Collection[tuple[str, str]]) -> Iterator[Finding]:
        """What is wrong with folders in which no result lies: the official checker reads each system's description,
        looks each closed benchmark up, and dies where it can't."""
        folder = self._inventory.root / self._submitter.folder
        for system in sorted(self._submitter.systems - {system for system, _ in groups}):
            description = self._description(system)
            if not description.is_described and f"{system}.json" in self._submitter.descriptions:
                yield finding("SYS-001", description.path, line=description.line, found=description.problem)
            if description.nameplate.problem is not None:
                yield finding("SYS-010", str(description.nameplate.path), found=description.nameplate.problem)
        if self._submitter.division is Division.OPEN:
            return
        for system, model in sorted(self._submitter.models - set(groups)):
            description = self._description(system)
            if description.category is not None:
                benchmark = self._round.official_name(model, self._mapping)
                place = str(folder / "results" / system / model)
                yield from scenario_set(benchmark, description.category, self._round, place)[1]
            elif description.is_described:
                said = description.fields.get("system_type")
                yield finding("SYS-003", description.path, found=said, expected="datacenter, edge or datacenter,edge")

    def _judge_benchmark(self, group: list[TreeResult]) -> list[Judged]:
        """The results of one benchmark of one system, which in closed stand and fall together."""
        shared = self._incomplete(group) if self._submitter.division is not Division.OPEN else []
        return [self._judge_result(place, shared) for place in group]

    def _description(self, system: str) -> SystemDescription:
        known = self._systems.get(system)
        if known is None:
            with_nameplate = self._round.nameplate_power
            known = read_description(
                self._files, self._inventory, self._submitter, system, with_nameplate=with_nameplate
            )
            self._systems[system] = known
        return known

    def _incomplete(self, group: list[TreeResult]) -> list[tuple[str, object, object]]:
        """Code, found and expected of what is wrong with the benchmark's scenarios as a set."""
        category = self._description(group[0].system).category
        benchmark = self._round.official_name(group[0].model, self._mapping)
        if category is None:
            return []  # SYS-001 and SYS-003 say so
        scenarios, problems = scenario_set(benchmark, category, self._round, str(group[0].folder))
        if scenarios is None:
            return [(each.code, each.found, each.expected) for each in problems]
        folders = {place.scenario: _exactly(place.scenario) for place in group}
        lacking = missing_scenarios(scenarios, {scenario for scenario in folders.values() if scenario})
        found: list[tuple[str, object, object]] = [("PLAN-002", " and ".join(lacking), None)] if lacking else []
        unknown = [name for name, scenario in folders.items() if scenario not in scenarios.known]
        return [*found, *(("PLAN-003", name, str(category)) for name in unknown)]

    def _judge_result(self, place: TreeResult, shared: list[tuple[str, object, object]]) -> Judged:
        folder = str(place.folder)
        found = [finding(code, folder, found=what, expected=expected) for code, what, expected in shared]
        description = self._description(place.system)
        name = self._round.official_name(place.model, self._mapping)
        benchmark = self._round.benchmarks.get(name)
        is_known = benchmark is not None and (benchmark.listed or self._submitter.division is Division.OPEN)
        if not is_known:
            found.append(finding("PLAN-001", folder, found=name, expected=self._round.name))
        if place.run is None:
            nearest = get_close_matches(place.scenario, [str(each) for each in Scenario], n=1, cutoff=0)
            found.append(finding("TREE-012", folder, found=place.scenario, expected=nearest[0]))
            return Judged(place, name, description.fields, tuple(found))
        evidence = load_evidence(
            place.run,
            self._round,
            benchmark or unknown_benchmark(name),
            description,
            self._files,
            is_staged=True,
            has_code=self._submitter.has_code,
            paths=place.paths,
        )
        if is_known:
            verdict = judge(evidence, self._round, official_only=self._official_only)
        else:
            verdict = measure(evidence, self._round)
        return Judged(place, name, description.fields, (*found, *verdict.findings), verdict)


def _exactly(folder: str) -> Scenario | None:
    """The scenario that a folder's name spells in any letter case; unlike `Scenario.parse` no other word."""
    return next((scenario for scenario in Scenario if scenario.value.lower() == folder.lower()), None)
