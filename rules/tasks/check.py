"""check: each run's artefacts -> its verdict and its details, a JSON of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rules.domain import Run
from rules.engine.actions import action
from rules.layout import shortened_logs
from rules.tasks.units import task_name
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace

if TYPE_CHECKING:
    from rules.details import Details
    from rules.verdict import Verdict


#: From here on a second reading of a file takes its time.
_LARGE_BYTES = 64 << 20


def check_tasks(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """One task a run. Always succeeds: a failing run is a verdict, not a failed task."""
    for run in workspace.inventory.runs:
        system = workspace.system_of(run)
        large = _large_logs(workspace, run)
        files = workspace.paths.unit(run.key.id)
        inputs = [path for path in run.paths() if path not in large] + workspace.system_files(system)
        yield {
            "name": task_name(run.key.id),
            "file_dep": inputs,
            "targets": [files.check, files.details],
            "uptodate": unchanged(workspace, workspace.declared_facts(system), run.key, run.left_out, large),
            "actions": [action(_check(workspace, run), inputs, workspace.paths.crash_log, workspace.look)],
            "clean": True,
        }


def _large_logs(workspace: Workspace, run: Run) -> dict[str, int]:
    """The size (bytes) of each accuracy log that takes long to read; a check asks no more of it than its size."""
    sizes = {path: stat[0] for path in run.paths() if (stat := workspace.view.stat(path)) and stat[0] > _LARGE_BYTES}
    if not sizes:
        return sizes
    logs = {str(run.artefacts[log]) for log in shortened_logs(run.artefacts)}
    return {path: size for path, size in sizes.items() if path in logs}


def _check(workspace: Workspace, run: Run) -> Any:
    def step() -> None:
        from rules.steps.files import write_json

        verdict, details = check_run(workspace, run)
        write_json(workspace.paths.detail(run.key.id), details.to_json())
        write_json(workspace.paths.check(run.key.id), verdict.to_json())

    return step


def check_run(workspace: Workspace, run: Run) -> tuple[Verdict, Details]:
    # The rules take longer to import than all else, and only runs that changed are judged.
    from rules.checks.judge import judge
    from rules.details import Details, run_details
    from rules.evidence import load_evidence
    from rules.naming import named_benchmark
    from rules.verdict import Verdict

    system = workspace.system_of(run)
    description = workspace.describe(system)
    mappings = workspace.model_mappings(system, run)
    benchmark, findings = named_benchmark(run.key.model, run.key.division, mappings, workspace.round, str(run.folder))
    if benchmark is None:
        verdict = Verdict(run.key, str(run.folder), None, description.category, findings=tuple(findings))
        return verdict, Details()
    evidence = load_evidence(run, workspace.round, benchmark, description)
    return judge(evidence, workspace.round, run.left_out), run_details(evidence, workspace.round)
