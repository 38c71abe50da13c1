"""report: verdicts and plan -> the files for people and machines; gate: the last word and the exit status."""

from __future__ import annotations

from typing import Any

from doit.exceptions import TaskFailed
from doit.tools import config_changed

from rules.engine.actions import action
from rules.finding import Finding
from rules.plan import Plan
from rules.reports.tables import findings_report, summary_csv, summary_report
from rules.reports.text import format_findings, format_plan, format_results
from rules.steps.files import read_json, write_file, write_json
from rules.tasks.plan import compute_plan, load_verdicts
from rules.tasks.units import system_unit
from rules.tasks.workspace import Workspace
from rules.verdict import Verdict


def report_task(workspace: Workspace) -> dict[str, Any]:
    paths = workspace.paths
    inputs = [str(paths.plan), *(str(paths.check(run.key.id)) for run in workspace.inventory.runs)]
    return {
        "file_dep": inputs,
        "targets": [str(paths.findings), str(paths.summary), str(paths.summary_csv)],
        "uptodate": [config_changed(workspace.facts())],
        "actions": [action(lambda: write_reports(workspace), inputs, paths.crash_log)],
        "clean": True,
    }


def write_reports(workspace: Workspace) -> None:
    verdicts = load_verdicts(workspace)
    plan = compute_plan(workspace, verdicts)
    tree = [Finding.from_json(each) for each in read_json(workspace.paths.plan)["findings"]]
    systems = {system_unit(system): workspace.describe(system).fields for system in workspace.inventory.systems}
    write_json(workspace.paths.findings, findings_report(workspace.round, verdicts.values(), tree))
    write_json(workspace.paths.summary, summary_report(workspace.round, plan, verdicts))
    table = summary_csv(workspace.round, workspace.tree, plan, verdicts, systems)
    write_file(workspace.paths.summary_csv, table.encode())


def gate_task(workspace: Workspace) -> dict[str, Any]:
    paths = workspace.paths
    return {
        "file_dep": [str(paths.plan), str(paths.findings)],
        "uptodate": [False],
        "actions": [lambda: pass_gate(workspace)],
        "verbosity": 2,
    }


def pass_gate(workspace: Workspace) -> TaskFailed | None:
    """Print the outcome. Fails where a run is not shipped or the whole has an error."""
    verdicts = load_verdicts(workspace)
    plan = compute_plan(workspace, verdicts)
    tree = [Finding.from_json(each) for each in read_json(workspace.paths.plan)["findings"]]
    said = _outcome(plan, verdicts, tree)
    print("\n".join(said[:-1]), end="")
    if plan.not_shipped() or any(found.is_error for found in tree):
        print(f"\nNot ready: {said[-1]}")
        return TaskFailed("not ready for upload")
    print(f"\nReady: {workspace.paths.archive}")
    return None


def _outcome(plan: Plan, verdicts: dict[str, Verdict], tree: list[Finding]) -> list[str]:
    judged = [found for verdict in verdicts.values() for found in verdict.findings]
    lines = []
    if judged or tree:
        lines.append(format_findings([*tree, *judged]))
    changed = [each for each in plan.placements if each.action.value != "keep"]
    if changed:
        lines.append(f"Plan:\n{format_plan(changed)}")
    placed = plan.placed()
    lines.append(f"Shipped, {len(placed)} results:\n{format_results(placed)}")
    errors = sum(found.is_error for found in tree)
    lines.append(f"{len(plan.not_shipped())} runs are not shipped, {errors} errors besides; see above.")
    return lines
