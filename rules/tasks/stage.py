"""stage: what the plan placed -> the submission tree, one task a unit; and what it no longer places, out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from doit.exceptions import TaskFailed

from rules.documents import code_files, code_of, has_readme
from rules.domain import Division, Run, RunKey, Scenario
from rules.engine.actions import action
from rules.engine.hashes import HashCache
from rules.layout import Tree, shortened_logs
from rules.steps.files import json_bytes, read_json, remove_empty_folders, remove_file
from rules.steps.pack import fragment_info
from rules.steps.stage import TreeFile, retire, run_files, stage_unit, unstage
from rules.tasks.units import SHARED, all_units, system_unit, task_name
from rules.tasks.uptodate import unchanged
from rules.tasks.workspace import Workspace

PRUNE = "prune"
_README = "README.md"


def stage_tasks(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """The tree's files, a task a unit; first of all, out with what no unit places any more."""
    yield _prune_task(workspace)
    for run in workspace.inventory.runs:
        inputs = run.paths()
        yield _stage_task(workspace, run.key.id, inputs, _run_content(workspace, run), after=_learner(workspace, run))
    for system in workspace.inventory.systems:
        unit = system_unit(system)
        inputs = [str(system.nameplate)] if system.nameplate and system.nameplate.is_file() else []
        yield _stage_task(workspace, unit, inputs, _system_content(workspace, unit), _system_extra(workspace, unit))
    yield _stage_task(workspace, SHARED, _shared_inputs(workspace), _shared_content(workspace))


Content = Callable[[], Iterable[TreeFile]]


def _stage_task(
    workspace: Workspace,
    unit: str,
    inputs: list[str],
    content: Content,
    extra: Callable[[], dict[str, Any]] = dict,
    after: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    paths, files = workspace.paths, workspace.paths.unit(unit)
    record, tree = files.record, paths.tree
    inputs = [*inputs, files.placement]
    return {
        "name": task_name(unit),
        "file_dep": inputs,
        "targets": [record],
        "task_dep": [f"stage:{PRUNE}"],
        "uptodate": unchanged(workspace, is_intact=lambda: is_intact(record, tree, workspace.hashes), after=after),
        "actions": [
            action(lambda: stage_unit(content(), tree, Path(record), extra()), inputs, paths.crash_log, workspace.look)
        ],
        "clean": [(take_out, [workspace, unit])],
    }


def is_intact(record_path: str, tree_root: Path, hashes: HashCache) -> bool:
    """Whether the tree still holds what the unit staged."""
    record, tree = read_json(Path(record_path)), str(tree_root)
    try:
        rows = record["files"] if record["complete"] else None
        return rows is not None and all(hashes.digest(f"{tree}/{row['path']}") == row["xxh3"] for row in rows)
    except (KeyError, TypeError, OSError):  # torn, or a file is gone
        return False


def _learner(workspace: Workspace, run: Run) -> Callable[[], None]:
    """Spares the accuracy logs a second reading: they were hashed when they were shortened."""

    def learn() -> None:
        originals = {row["path"]: row["xxh3"] for row in read_json(workspace.paths.record(run.key.id))["originals"]}
        targets = read_json(workspace.paths.placement(run.key.id))["targets"]
        for log in shortened_logs(run.artefacts):
            staged = (str(workspace.tree.artefact(parse_key(target), log)) for target in targets)
            digest = next((originals[path] for path in staged if path in originals), None)
            if digest is not None:
                workspace.hashes.learn(str(run.artefacts[log]), digest)

    return learn


def _run_content(workspace: Workspace, run: Run) -> Content:
    def content() -> Iterator[TreeFile]:
        part = read_json(workspace.paths.placement(run.key.id))
        readmes = {parse_key(target): target["readme"].encode() for target in part["targets"]}
        without_power = {parse_key(target) for target in part["targets"] if target["without_power"]}
        limit = workspace.round.max_accuracy_log_bytes
        return run_files(run, readmes, workspace.tree, limit, readmes.__getitem__, without_power)

    return content


def parse_key(data: dict[str, str]) -> RunKey:
    return RunKey(
        Division(data["division"]), data["submitter"], data["system"], data["model"], Scenario(data["scenario"])
    )


def _system_content(workspace: Workspace, unit: str) -> Content:
    def content() -> Iterator[TreeFile]:
        part = read_json(workspace.paths.placement(unit))
        for name, each in part["divisions"].items():
            division, tree = Division(name), workspace.tree
            yield TreeFile(tree.system(division, part["submitter"], part["name"]), json_bytes(each["fields"]))
            yield TreeFile(tree.system_readme(division, part["submitter"], part["name"]), each["readme"].encode())
            if part["nameplate"]:
                yield TreeFile(tree.nameplate(division, part["submitter"], part["name"]), Path(part["nameplate"]))
            if part["private_id"]:
                ids = json_bytes({part["name"]: part["private_id"]})
                yield TreeFile(tree.private_id(division, part["submitter"], part["name"]), ids)

    return content


def _system_extra(workspace: Workspace, unit: str) -> Callable[[], dict[str, Any]]:
    """Who said each field of the description goes into the record, and so into the manifest."""
    return lambda: {"origins": read_json(workspace.paths.placement(unit))["origins"]}


def _shared_inputs(workspace: Workspace) -> list[str]:
    submission = workspace.submission
    files = [path for source in set(submission.implementation.values()) for _, path in code_files(source)]
    if submission.calibration and submission.calibration.is_file():
        files.append(submission.calibration)
    return sorted({str(path) for path in files})


def _shared_content(workspace: Workspace) -> Content:
    def content() -> Iterator[TreeFile]:
        part, submission, tree = read_json(workspace.paths.placement(SHARED)), workspace.submission, workspace.tree
        for name, each in part["divisions"].items():
            division = Division(name)
            declared = submission.calibration
            text = declared if declared and declared.is_file() else part["calibration"].encode()
            yield TreeFile(tree.calibration(division, part["submitter"]), text)
            if each["model_mapping"]:
                mapping = json_bytes(each["model_mapping"])
                yield TreeFile(tree.model_mapping(division, part["submitter"]), mapping)
            for model, code in each["code"].items():
                folder = tree.code(division, part["submitter"], model)
                source = code_of(submission, model, code["copy_of"])
                yield from _code(folder, source, code["readme"].encode())

    return content


def _code(folder: PurePosixPath, source: Path | None, readme: bytes) -> Iterator[TreeFile]:
    files = code_files(source) if source else []
    for inside, path in files:
        yield TreeFile(folder / inside, path)
    if not has_readme(files):
        names = "".join(f"- {inside}\n" for inside, _ in files)
        text = f"# {folder.name}\n\nFiles of the implementation:\n\n{names}"
        yield TreeFile(folder / _README, text.encode(errors="backslashreplace") if files else readme)


def _prune_task(workspace: Workspace) -> dict[str, Any]:
    paths = workspace.paths

    def prune() -> None:
        for unit in _leftovers(workspace):
            unstage(paths.record(unit), paths.tree, paths.records)
            fragment = paths.fragment(unit)
            judged = (paths.check(unit), paths.detail(unit))
            for stale in (*judged, paths.placement(unit), fragment, fragment_info(fragment)):
                remove_file(stale, paths.state)
        for run in workspace.inventory.runs:
            keep = _folders(workspace.tree, read_json(paths.placement(run.key.id))["targets"])
            retire(paths.record(run.key.id), paths.tree, keep)

    return {
        "name": PRUNE,
        "file_dep": [str(paths.plan)],
        "uptodate": [_NothingLeft(workspace)],
        "actions": [action(prune, (), paths.crash_log)],
        "clean": [(take_out_leftovers, [workspace])],
    }


class _NothingLeft:
    """Whether no unit of an earlier build is left in the state."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def configure_task(self, task: Any) -> None:
        task.value_savers.append(self._look_again)

    def _look_again(self) -> dict[str, Any]:
        """After the pruning: other tasks' targets may be gone, or changed."""
        self._workspace.view.forget(map(str, (self._workspace.paths.tree, self._workspace.paths.state)))
        return {}

    def __call__(self) -> bool:
        return not _leftovers(self._workspace)

    def __repr__(self) -> str:
        """For `doit info`."""
        return "changed: a run or system of an earlier build is gone"


def _leftovers(workspace: Workspace) -> list[str]:
    units = set(all_units(workspace))
    return [unit for unit in _recorded_units(workspace.paths.records) if unit not in units]


def take_out(workspace: Workspace, unit: str) -> TaskFailed | None:
    """`doit clean` of one unit."""
    paths = workspace.paths
    return action(lambda: unstage(paths.record(unit), paths.tree, paths.records), (), paths.crash_log)()


def take_out_leftovers(workspace: Workspace) -> TaskFailed | None:
    """`doit clean` of what units of earlier builds left, whatever submission.yaml says now."""
    paths = workspace.paths

    def sweep() -> None:
        for unit in _recorded_units(paths.records):
            unstage(paths.record(unit), paths.tree, paths.records)
        for folder in (paths.checks, paths.details, paths.placements, paths.fragments, paths.records):
            for stale in sorted(folder.rglob("*"), reverse=True):
                if stale.is_dir():
                    remove_empty_folders(stale, paths.state)
                else:
                    remove_file(stale, paths.state)
            remove_empty_folders(folder, paths.state)
        for stale in (paths.outcome, paths.snapshot, paths.former_summary):
            remove_file(stale, paths.state)
        remove_empty_folders(paths.tree, paths.output)

    return action(sweep, (), paths.crash_log)()


def _folders(tree: Tree, targets: Iterable[dict[str, str]]) -> tuple[str, ...]:
    """The folders of the tree in which a run's targets lie, each with a slash at its end."""
    return tuple(f"{folder}/" for target in targets for folder in tree.run_folders(parse_key(target)))


def _recorded_units(records: Path) -> list[str]:
    """Units that left a record, sorted."""
    found = (f"{folder}/{name}" for folder, _, names in os.walk(records) for name in names if name.endswith(".json"))
    return sorted(path[len(f"{records}/") : -len(".json")] for path in found)
