"""pack: each unit's staged files -> its fragment; all fragments -> the archive and its manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rules.engine.actions import action
from rules.errors import UserError
from rules.steps.files import read_json, write_json
from rules.steps.pack import fragment_info, join_fragments, make_fragment
from rules.tasks.units import all_units, task_name
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace

ARCHIVE = "archive"


def pack_tasks(workspace: Workspace) -> Iterator[dict[str, Any]]:
    paths = workspace.paths
    units = all_units(workspace)
    for unit in units:
        files = paths.unit(unit)
        yield {
            "name": task_name(unit),
            "file_dep": [files.record],
            "targets": [files.fragment, files.fragment_info],
            "uptodate": unchanged(workspace),
            "actions": [action(_make_fragment(workspace, unit), (), paths.crash_log)],
            "clean": True,
        }
    inputs = [path for files in map(paths.unit, units) for path in (files.record, files.fragment, files.fragment_info)]
    yield {
        "name": ARCHIVE,
        "file_dep": inputs,
        "targets": [str(paths.archive), str(paths.manifest)],
        "uptodate": unchanged(workspace, units),
        "actions": [action(lambda: make_archive(workspace), inputs, paths.crash_log)],
        "clean": True,
    }


def _make_fragment(workspace: Workspace, unit: str) -> Callable[[], None]:
    paths = workspace.paths
    return lambda: make_fragment(read_json(paths.record(unit)), paths.tree, paths.fragment(unit))


def make_archive(workspace: Workspace) -> None:
    """The archive, and manifest.json: what it holds and what each accuracy log was before."""
    paths = workspace.paths
    units = all_units(workspace)
    records = [read_json(paths.record(unit)) for unit in units]
    files = sorted((row for record in records for row in record["files"]), key=lambda row: str(row["path"]))
    if not files:
        for stale in (paths.archive, paths.manifest):
            stale.unlink(missing_ok=True)
        raise UserError("nothing to pack: the plan places no run; `doit plan` says why")
    fragments = [paths.fragment(unit) for unit in units]
    join_fragments([(fragment, read_json(fragment_info(fragment))) for fragment in fragments], paths.archive)
    originals = sorted((row for record in records for row in record["originals"]), key=lambda row: str(row["path"]))
    write_json(
        paths.manifest,
        {
            "round": workspace.round.name,
            "files": [{"path": row["path"], "size": row["size"], "sha256": row["sha256"]} for row in files],
            "original_accuracy_logs": [
                {"path": row["path"], "sha256": row["sha256"], "size": row["size"]} for row in originals
            ],
            "system_field_origins": {
                unit: record["origins"] for unit, record in zip(units, records, strict=True) if "origins" in record
            },
        },
    )
