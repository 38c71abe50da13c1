"""plan: all verdicts -> plan.json, and for each unit the piece of it that its stage task follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from rules.documents import document_findings
from rules.domain import Division, RunKey, SystemFolder
from rules.engine.actions import action
from rules.folders import Stat, stat_of
from rules.plan import Action, Placement, Plan, make_plan
from rules.reports.readme import calibration_text, code_readme, scenario_readme, system_readme
from rules.steps.files import read_json, write_json, write_json_if_changed
from rules.tasks.units import SHARED, all_units, system_unit
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace
from rules.verdict import Verdict


def plan_task(workspace: Workspace) -> dict[str, Any]:
    paths, inventory = workspace.paths, workspace.inventory
    inputs = [*(paths.unit(run.key.id).check for run in inventory.runs), *workspace.description_files()]
    described = workspace.description_facts()
    units = all_units(workspace)
    missing_documents = document_findings(workspace.submission, [])
    return {
        "file_dep": inputs,
        "targets": [str(paths.plan), *(paths.unit(unit).placement for unit in units)],
        "uptodate": unchanged(workspace, workspace.submission, inventory.findings, described, missing_documents),
        "actions": [action(lambda: write_plan(workspace), inputs, paths.crash_log, workspace.look)],
        "clean": True,
    }


def load_verdicts(workspace: Workspace) -> dict[str, Verdict]:
    """The verdict of every run, by its id, from the files that the checks left."""
    return {run.key.id: load_verdict(workspace, run.key.id) for run in workspace.inventory.runs}


def load_verdict(workspace: Workspace, run_id: str) -> Verdict:
    path = workspace.paths.unit(run_id).check
    return _verdict_in(path, stat_of(path))


@cache
def _verdict_in(path: str, _: Stat | None) -> Verdict:
    """Plan, report and the last words each want all of them."""
    return Verdict.from_json(read_json(Path(path)))


def compute_plan(workspace: Workspace, verdicts: dict[str, Verdict]) -> Plan:
    also_open = {run.key for run in workspace.inventory.runs if len(workspace.submission.divisions_of(run)) > 1}
    return make_plan(verdicts.values(), workspace.round, workspace.submission.preprocess, also_open)


def write_plan(workspace: Workspace) -> None:
    verdicts = load_verdicts(workspace)
    plan = compute_plan(workspace, verdicts)
    paths = workspace.paths
    by_source = plan.by_source()
    for run_id, verdict in verdicts.items():
        write_json_if_changed(paths.placement(run_id), _run_part(by_source[verdict.key], verdict))
    described = _by_description(workspace, plan)
    for system in workspace.inventory.systems:
        part = _system_part(workspace, system, described.get(system_unit(system), ()), verdicts)
        write_json_if_changed(paths.placement(system_unit(system)), part)
    write_json_if_changed(paths.placement(SHARED), _shared_part(workspace, plan, verdicts))
    # A copy comes with the code of what it is a copy of.
    models = [each.target.model for each in plan.placed() if each.target and each.action is not Action.COPY_DOWN]
    findings = [*workspace.inventory.findings, *plan.findings, *document_findings(workspace.submission, models)]
    write_json(
        paths.plan,
        {
            "round": workspace.round.name,
            "placements": [each.to_json() for each in plan.placements],
            "todo": [each.to_json() for each in plan.todo],
            "findings": [each.to_json() for each in sorted(findings)],
        },
    )


def _run_part(placements: Iterable[Placement], verdict: Verdict) -> dict[str, Any]:
    return {"targets": [_target(each, verdict) for each in placements if each.target]}


def _target(placement: Placement, verdict: Verdict) -> dict[str, Any]:
    assert placement.target is not None
    readme = scenario_readme(placement, verdict.accuracy)
    return key_json(placement.target) | {"without_power": placement.without_power, "readme": readme}


def key_json(key: RunKey) -> dict[str, str]:
    return {
        "division": str(key.division),
        "submitter": key.submitter,
        "system": key.system,
        "model": key.model,
        "scenario": str(key.scenario),
    }


def _by_description(workspace: Workspace, plan: Plan) -> dict[str, list[Placement]]:
    """What is placed, by the unit of the system whose description it stands under.

    That is the system of its new division, where there is one.
    """
    described: dict[str, list[Placement]] = defaultdict(list)
    for each in plan.placed():
        assert each.target is not None
        own = workspace.systems[(each.source.division, each.source.system)]
        system = workspace.systems.get((each.target.division, each.target.system), own)
        described[system_unit(system)].append(each)
    return described


def _system_part(
    workspace: Workspace, system: SystemFolder, described: Iterable[Placement], verdicts: dict[str, Verdict]
) -> dict[str, Any]:
    """The system's JSON and README in each division where it has results and no system of its own."""
    description = workspace.describe(system)
    divisions: dict[Division, list[Placement]] = defaultdict(list)
    for each in described:
        assert each.target is not None
        divisions[each.target.division].append(each)
    return {
        "name": system.name,
        "submitter": system.submitter,
        "origins": dict(description.origins),
        "nameplate": description.nameplate.path if description.nameplate.problem is None else None,
        "private_id": declared.private_id if (declared := workspace.submission.systems.get(system.name)) else None,
        "divisions": {
            str(division): {
                "fields": dict(description.in_division(division).fields),
                "readme": system_readme(system.name, [(p, verdicts[p.source.id].accuracy) for p in placed]),
            }
            for division, placed in sorted(divisions.items())
        },
    }


def _shared_part(workspace: Workspace, plan: Plan, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    """Code, calibration and model mapping of each division that has results."""
    submitter = workspace.submission.submitter
    divisions: dict[Division, dict[str, str]] = {}
    copied: dict[str, str] = {}
    for each in plan.placed():
        if each.target:
            official = verdicts[each.source.id].benchmark or each.target.model
            divisions.setdefault(each.target.division, {})[each.target.model] = official
            if each.action is Action.COPY_DOWN:
                copied[each.target.model] = each.source.model
    known = {**workspace.round.aliases, **{name: name for name in workspace.round.benchmarks}}
    return {
        "submitter": submitter,
        "calibration": calibration_text(submitter),
        "divisions": {
            str(division): {
                "code": {
                    model: {"readme": code_readme(model), "copy_of": copied.get(model)} for model in sorted(models)
                },
                "model_mapping": {model: name for model, name in sorted(models.items()) if model not in known}
                if division is Division.OPEN
                else {},
            }
            for division, models in sorted(divisions.items())
        },
    }
