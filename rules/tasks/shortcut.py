"""A build that has nothing to do, known for one before any task is made.

Taken only where the command line says nothing at all; any doubt leads to the ordinary way. What is
imported here is imported at every start.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import doit.version

from rules.config.model import DEFAULT_OUTPUT
from rules.config.patterns import matching_folders
from rules.engine.hashes import hash_file
from rules.engine.reporter import Progress
from rules.engine.snapshot import Snapshot
from rules.engine.view import View
from rules.folders import inside, stat_of
from rules.steps.files import read_json
from rules.tasks.paths import Paths
from rules.tasks.workspace import DECLARATION, Workspace, program_files

_PRUNE = "stage:prune"
#: The key `output` as people write it. A wrong guess finds no snapshot, or one that doesn't hold.
_OUTPUT = re.compile(r"""^\s*["']?output["']?\s*:\s*["']?([^"'#\r\n]*[^"'#,\s])""", re.MULTILINE)


def guessed_paths() -> Paths:
    """Where the state should be, without reading YAML."""
    try:
        found = _OUTPUT.search(DECLARATION.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    return Paths(Path(found[1] if found else DEFAULT_OUTPUT), "")


def nothing_changed(snapshot: Snapshot, view: View) -> bool:
    """Whether a build now would have nothing to do and say the same words, as the stats of all files show."""
    return (
        snapshot.is_settled
        and _same_facts(snapshot)
        and all(stat == stat_of(path) for path, (stat, _) in snapshot.state.items())
        and view.digests(snapshot.watched) == snapshot.digests
    )


def nothing_differs(snapshot: Snapshot, workspace: Workspace) -> bool:
    """The same as their contents show, as after a checkout with the state restored; reads what has a new stat.

    Where nothing does, the snapshot is kept with the new stats.
    """
    if not _same_facts(snapshot) or any(kept != _hash_of(path) for path, (_, kept) in snapshot.state.items()):
        return False
    view, hashes = workspace.view, workspace.hashes
    # While others read, there is time to look; else the first file that is other makes it needless.
    digests = view.digests(snapshot.watched) if hashes.read_ahead() else None
    if not hashes.confirm(view.files(snapshot.watched)):
        return False
    digests = digests or view.digests(snapshot.watched)
    if digests.names != snapshot.digests.names:
        return False
    _keep(replace(snapshot, digests=digests), workspace)
    return True


def look_at_program(view: View) -> None:
    """Before more of it is imported, as far as that can be."""
    for path in program_files():
        view.stat(path)


def remember(workspace: Workspace, progress: Progress, words: str) -> None:
    """Keep a build that has left nothing to do."""
    from rules.tasks.outcome import is_whole

    if not is_whole(progress):
        return
    view, hashes, submission = workspace.view, workspace.hashes, workspace.submission
    staged = _staged(workspace, progress, progress.executed)
    view.refresh(staged)
    watched = view.watched(map(str, submission.paths()))
    gone = _gone(workspace, view.files(watched)) if staged or _PRUNE in progress.executed else []
    if gone:
        wanted = {*_staged(workspace, progress, progress.tasks), *_targets(progress)}
        if not wanted.isdisjoint(gone):  # not by this build
            return
        view.refresh(gone)
    try:
        for path in view.files(watched):
            if path in staged:
                hashes.expect(path, staged[path])
            else:
                hashes.digest(path)
    except OSError:  # a file that can't be read is a task's to meet
        return
    facts, status = _facts(submission.matches), int(bool(progress.failed))
    _keep(Snapshot(facts, {}, watched, view.digests(watched), False, words, status), workspace)


def _gone(workspace: Workspace, paths: Iterable[str]) -> list[str]:
    """Those below the output that were there when the build looked, and aren't any more."""
    output = inside(str(workspace.paths.output), "")
    return [path for path in paths if path.startswith(output) and stat_of(path) is None]


def _targets(progress: Progress) -> Iterator[str]:
    return (target for task in progress.tasks.values() for target in task.targets)


def _staged(workspace: Workspace, progress: Progress, names: Iterable[str]) -> dict[str, str]:
    """The hashes of what these tasks have put into the tree, by path. The next build reads whether it's still that."""
    tree = str(workspace.paths.tree)
    records = (
        read_json(Path(record))
        for name in names
        if name.startswith("stage:")
        for record in progress.tasks[name].targets
    )
    return {f"{tree}/{row['path']}": row["xxh3"] for record in records for row in record["files"]}


def _keep(snapshot: Snapshot, workspace: Workspace) -> None:
    workspace.hashes.save()
    # These are never changed in place: they are added to, or replaced.
    kept = map(str, (workspace.paths.hashes, workspace.paths.journal, workspace.paths.outcome))
    state = {path: (stat_of(path), _hash_of(path)) for path in kept}
    is_settled = workspace.view.is_settled(snapshot.watched)
    replace(snapshot, state=state, is_settled=is_settled).save(workspace.paths.snapshot)


def _same_facts(snapshot: Snapshot) -> bool:
    matches = {path: matching_folders(Path(), path) for path in snapshot.facts["results"]}
    return bool(_facts(matches) == snapshot.facts)


def _facts(matches: Mapping[str, Iterable[Path]]) -> dict[str, Any]:
    """What decides besides what was looked at; `matches` are the folders that each path of `results` leads to."""
    return {
        "program": list(program_files()),
        "python": sys.version,
        "doit": list(doit.version.VERSION),
        # Results that come to match are in no folder that was looked into.
        "results": {path: [str(folder) for folder in folders] for path, folders in matches.items()},
    }


def _hash_of(path: str) -> str | None:
    try:
        return hash_file(path)
    except OSError:
        return None
