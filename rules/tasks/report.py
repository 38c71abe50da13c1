"""report: verdicts and plan -> the files for people and machines; gate: the last word and the exit status."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from doit.exceptions import TaskFailed
from doit.task import clean_targets

from rules.engine.actions import action
from rules.engine.reporter import Progress
from rules.finding import Finding
from rules.plan import Action, Placement, Plan
from rules.reports.built import Built, shortcomings
from rules.reports.escaping import uri_path
from rules.reports.github import annotations_of, job_summary
from rules.reports.junit import junit
from rules.reports.page.render import PAGE, page
from rules.reports.sarif import sarif
from rules.reports.spreadsheet import spreadsheet
from rules.reports.tables import findings_report, planned_rows, summary_csv, summary_report
from rules.reports.text import (
    counted,
    format_findings,
    format_line,
    format_names,
    format_passing,
    format_plan,
    format_results,
    format_todo,
)
from rules.steps.files import json_bytes, read_json, read_object, remove_empty_folders, write_file
from rules.tasks.compared import compared_files, comparisons
from rules.tasks.github import ANNOTATIONS, JOB_SUMMARY
from rules.tasks.outcome import GATE, known_outcome
from rules.tasks.pack import ARCHIVE
from rules.tasks.paths import Paths
from rules.tasks.plan import compute_plan, load_verdict, load_verdicts
from rules.tasks.units import system_unit, task_name
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace
from rules.todo import Todo
from rules.verdict import Verdict

_WRITES_FINDINGS = "what `doit report` writes"
_INTERRUPTED = "Interrupted. What is finished stays; run `doit` again for the rest.\n"

#: Every report by its name below the output folder, and what makes its bytes. What is heavy to import, a maker
#: imports when it is called: a build that writes no report is done before.
REPORTS: dict[str, Callable[[Built], bytes]] = {
    "findings.json": lambda built: json_bytes(findings_report(built.round, built.verdicts.values(), built.tree)),
    "summary.json": lambda built: json_bytes(summary_report(built.round, built.rows, built.plan)),
    "summary.csv": lambda built: summary_csv(built.round, built.rows).encode(errors="backslashreplace"),
    "summary.xlsx": lambda built: spreadsheet(built.round, built.rows),
    JOB_SUMMARY: lambda built: job_summary(built).encode(),
    "findings.sarif": lambda built: json_bytes(sarif(built.findings)),
    "junit.xml": junit,
    ANNOTATIONS: lambda built: json_bytes(annotations_of(built.findings)),
    PAGE: page,
}


def report_task(workspace: Workspace) -> dict[str, Any]:
    paths = workspace.paths
    units = [paths.unit(run.key.id) for run in workspace.inventory.runs]
    judged = [path for unit in units for path in (unit.check, unit.details)]
    inputs = [str(paths.plan), *judged, *workspace.description_files(), *compared_files(workspace)]
    return {
        "file_dep": inputs,
        "targets": [str(paths.output / name) for name in REPORTS],
        "uptodate": unchanged(workspace, workspace.description_facts(), workspace.submission.compare_with),
        "actions": [action(lambda: write_reports(workspace), inputs, paths.crash_log, workspace.look)],
        "clean": [clean_targets, (remove_empty_folders, [(paths.output / PAGE).parent, paths.output])],
    }


def write_reports(workspace: Workspace) -> None:
    paths, built = workspace.paths, _built(workspace)
    _keep_former(paths, REPORTS["summary.json"](built))
    compared = comparisons(workspace, built.rows)
    built = replace(built, former=read_json(paths.former_summary), comparisons=compared)
    for name, make in REPORTS.items():
        write_file(paths.output / name, make(built))


def _keep_former(paths: Paths, summary: bytes) -> None:
    """Keep the last summary where another is to replace it. A build that was killed in between keeps the same."""
    try:
        former = paths.summary.read_bytes()
    except OSError:
        return
    if former != summary:
        write_file(paths.former_summary, former)


def _built(workspace: Workspace) -> Built:
    plan, verdicts, tree = _planned(workspace)
    systems = {system_unit(system): workspace.describe(system).fields for system in workspace.inventory.systems}
    ids = {name: declared.private_id or "" for name, declared in workspace.submission.systems.items()}
    rows = planned_rows(workspace.tree, plan, verdicts, systems)
    return Built(
        round=workspace.round,
        verdicts=verdicts,
        plan=plan,
        tree=tuple(tree),
        rows=tuple(replace(row, private_id=ids.get(row.system, "")) for row in rows),
        details={unit: read_object(workspace.paths.detail(unit)) for unit in verdicts},
        to_workspace=uri_path(os.path.relpath(".", (workspace.paths.output / PAGE).parent)),
    )


def gate_task(workspace: Workspace) -> dict[str, Any]:
    """After all else, so that a failing submission gets its tree, archive and reports first."""
    return {
        "task_dep": ["pack", "report"],
        "actions": [lambda: pass_gate(workspace)],
        "title": lambda _: "",
    }


def pass_gate(workspace: Workspace) -> TaskFailed | None:
    """Fails where a run's input is broken or the whole has an error. `closing_words` says why."""
    known = known_outcome(workspace)
    if known is None:
        _, verdicts, tree = _planned(workspace)
        return TaskFailed("") if shortcomings(verdicts.values(), tree) else None
    return None if known.is_ready else TaskFailed("")


def closing_words(workspace: Workspace, progress: Progress) -> str:
    """What a user reads at the end of a build: findings, plan, results, and whether it is ready."""
    steps = {name.split(":")[0] for name in progress.selected}
    if GATE in steps and "report" in progress.finished:
        return _outcome(workspace, progress)
    if GATE in steps:
        failed = format_names(progress.failed)
        return format_line(f"Not ready: {failed} failed; see above.") if failed else _INTERRUPTED
    if "plan" in progress.finished & steps:
        plan, _, tree = _planned(workspace)
        return "\n".join(_sections(workspace.paths, plan.placements, tree, plan.todo))
    checks = {f"check:{task_name(run.key.id)}": run.key.id for run in workspace.inventory.runs}
    judged = [name for name in checks if name in progress.finished and {"check", name} & set(progress.selected)]
    found = [each for name in judged for each in load_verdict(workspace, checks[name]).findings]
    return format_findings(found, _WRITES_FINDINGS) if found else "No findings.\n" if judged else ""


def _planned(workspace: Workspace) -> tuple[Plan, dict[str, Verdict], list[Finding]]:
    """The plan, the verdicts that it comes from, and the findings that belong to no run."""
    verdicts = load_verdicts(workspace)
    tree = [Finding.from_json(each) for each in read_json(workspace.paths.plan)["findings"]]
    return compute_plan(workspace, verdicts), verdicts, tree


def _sections(
    paths: Paths,
    placements: Sequence[Placement],
    findings: Sequence[Finding],
    todo: Sequence[Todo],
    where: str = _WRITES_FINDINGS,
) -> list[str]:
    sections = [format_findings(findings, where)] if findings else []
    if placements:
        sections.append(f"Plan:\n{format_plan(placements, str(paths.plan))}")
    if todo:
        sections.append(f"Still to run for a complete closed submission:\n{format_todo(todo, str(paths.plan))}")
    return sections


def _outcome(workspace: Workspace, progress: Progress) -> str:
    plan, verdicts, tree = _planned(workspace)
    paths, placed = workspace.paths, plan.placed()
    page = paths.output / PAGE
    judged = [found for verdict in verdicts.values() for found in verdict.findings]
    changed = [each for each in plan.placements if each.action is not Action.KEEP or each.decided_by]
    sections = _sections(paths, changed, [*tree, *judged], plan.todo, str(page))
    if placed:
        done = "Shipped" if f"pack:{ARCHIVE}" in progress.finished else "Planned but not packed"
        results = format_results(placed, str(paths.summary_csv))
        sections.append(f"{done}, {counted(len(placed), 'result')}:\n{results}")
    passing = format_passing((str(verdict.key.division), verdict.passes) for verdict in verdicts.values())
    sections.append((format_line(f"{passing}.") if passing else "") + f"Report: {page}\n")
    short = shortcomings(verdicts.values(), tree)
    if failed := format_names([name for name in progress.failed if name != GATE]):
        short.append(f"{failed} failed")
    if short:
        sections.append(format_line(f"Not ready: {'; '.join(short)}."))
    elif GATE in progress.finished:
        sections.append(format_line(f"Ready: {paths.archive}{_changes(plan)}"))
    else:
        sections.append(_INTERRUPTED)
    return "\n".join(sections)


def _changes(plan: Plan) -> str:
    """How much of what was run is not submitted as it was declared: ` (1 run moved to open, 2 runs dropped)`."""
    shipped = {each.source for each in plan.placed()}
    amounts = {
        "moved to open": sum(each.action is Action.MOVE_TO_OPEN for each in plan.placements),
        "dropped": len(plan.dropped() - shipped),
        "in one division alone": len(plan.dropped() & shipped),
        "shipped without power": len({each.source for each in plan.placed() if each.without_power}),
    }
    said = [f"{counted(number, 'run')} {what}" for what, number in amounts.items() if number]
    return f" ({', '.join(said)})" if said else ""
