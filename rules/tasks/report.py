"""report: verdicts and plan -> the files for people and machines; gate: the last word and the exit status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from doit.exceptions import TaskFailed

from rules.engine.actions import action
from rules.engine.reporter import Progress
from rules.finding import Finding
from rules.plan import Action, Placement, Plan
from rules.reports.tables import findings_report, planned_rows, summary_csv, summary_report
from rules.reports.text import format_findings, format_plan, format_results
from rules.steps.files import read_json, write_file, write_json
from rules.tasks.pack import ARCHIVE
from rules.tasks.plan import compute_plan, load_verdict, load_verdicts
from rules.tasks.units import system_unit, task_name
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace
from rules.verdict import Verdict

_INTERRUPTED = "Interrupted. What is finished stays; run `doit` again for the rest.\n"


def report_task(workspace: Workspace) -> dict[str, Any]:
    paths = workspace.paths
    checks = [str(paths.check(run.key.id)) for run in workspace.inventory.runs]
    inputs = [str(paths.plan), *checks, *workspace.description_files()]
    return {
        "file_dep": inputs,
        "targets": [str(paths.findings), str(paths.summary), str(paths.summary_csv)],
        "uptodate": unchanged(workspace, workspace.description_facts()),
        "actions": [action(lambda: write_reports(workspace), inputs, paths.crash_log)],
        "clean": True,
    }


def write_reports(workspace: Workspace) -> None:
    verdicts = load_verdicts(workspace)
    plan = compute_plan(workspace, verdicts)
    tree = [Finding.from_json(each) for each in read_json(workspace.paths.plan)["findings"]]
    systems = {system_unit(system): workspace.describe(system).fields for system in workspace.inventory.systems}
    write_json(workspace.paths.findings, findings_report(workspace.round, verdicts.values(), tree))
    rows = planned_rows(workspace.tree, plan, verdicts, systems)
    write_json(workspace.paths.summary, summary_report(workspace.round, rows, plan))
    write_file(workspace.paths.summary_csv, summary_csv(workspace.round, rows).encode())


def gate_task(workspace: Workspace) -> dict[str, Any]:
    """After all else, so that a failing submission gets its tree, archive and reports first."""
    return {
        "task_dep": ["pack", "report"],
        "actions": [lambda: pass_gate(workspace)],
        "title": lambda _: "",
    }


def pass_gate(workspace: Workspace) -> TaskFailed | None:
    """Fails where a run is not shipped or the whole has an error. `closing_words` says why."""
    return TaskFailed("") if _shortcomings(*_planned(workspace)) else None


def closing_words(workspace: Workspace, progress: Progress) -> str:
    """What a user reads at the end of a build: findings, plan, results, and whether it is ready."""
    steps = {name.split(":")[0] for name in progress.selected}
    if "gate" in steps and "report" in progress.finished:
        return _outcome(workspace, progress)
    if "gate" in steps:
        return f"Not ready: {', '.join(progress.failed)} failed; see above.\n" if progress.failed else _INTERRUPTED
    if "plan" in progress.finished & steps:
        plan, _, tree = _planned(workspace)
        return "\n".join(_sections(plan.placements, tree))
    checks = {f"check:{task_name(run.key.id)}": run.key.id for run in workspace.inventory.runs}
    judged = [name for name in checks if name in progress.finished and {"check", name} & set(progress.selected)]
    found = [each for name in judged for each in load_verdict(workspace, checks[name]).findings]
    return format_findings(found) if found else "No findings.\n" if judged else ""


def _planned(workspace: Workspace) -> tuple[Plan, dict[str, Verdict], list[Finding]]:
    """The plan, the verdicts that it comes from, and the findings that belong to no run."""
    verdicts = load_verdicts(workspace)
    tree = [Finding.from_json(each) for each in read_json(workspace.paths.plan)["findings"]]
    return compute_plan(workspace, verdicts), verdicts, tree


def _sections(placements: Iterable[Placement], findings: Iterable[Finding]) -> list[str]:
    found, rows = list(findings), list(placements)
    sections = [format_findings(found)] if found else []
    return [*sections, f"Plan:\n{format_plan(rows)}"] if rows else sections


def _outcome(workspace: Workspace, progress: Progress) -> str:
    plan, verdicts, tree = _planned(workspace)
    judged = [found for verdict in verdicts.values() for found in verdict.findings]
    changed = [each for each in plan.placements if each.action is not Action.KEEP]
    sections = _sections(changed, [*tree, *judged])
    if plan.placed():
        done = "Shipped" if f"pack:{ARCHIVE}" in progress.finished else "Planned but not packed"
        sections.append(f"{done}, {len(plan.placed())} results:\n{format_results(plan.placed())}")
    short = _shortcomings(plan, verdicts, tree)
    short += [f"{name} failed" for name in progress.failed if name != "gate"]
    if short:
        sections.append(f"Not ready: {'; '.join(short)}.\n")
    else:
        sections.append(f"Ready: {workspace.paths.archive}\n" if "gate" in progress.finished else _INTERRUPTED)
    return "\n".join(sections)


def _shortcomings(plan: Plan, _: dict[str, Verdict], tree: list[Finding]) -> list[str]:
    """What keeps the submission from being ready, in a few words each."""
    dropped, errors = len(plan.not_shipped()), sum(found.is_error for found in tree)
    short = [f"{dropped} {'run is' if dropped == 1 else 'runs are'} not shipped"] if dropped else []
    return [*short, f"{errors} {'error' if errors == 1 else 'errors'} in the whole"] if errors else short
