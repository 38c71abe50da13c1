"""Putting one unit's files into the submission tree, and taking out those it no longer has.

A unit is what one task stages: a run, a system, or the submitter's shared files. Its record (a JSON
in the state folder) names every file that it made. The record is the only licence to delete: a file
that no record names is never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import xxhash

from rules.domain import README, RUN_MODEL_MAPPING, Artefact, Run, RunKey
from rules.layout import Tree, is_power, shortened_logs
from rules.steps.files import read_chunks, read_json, remove_file, replacing, write_json
from rules.steps.shorten import ShortenedLog, is_shortened, shorten, with_hash

#: Artefacts that the tree holds in another form.
_NOT_COPIED = (README, RUN_MODEL_MAPPING)


@dataclass(frozen=True)
class TreeFile:
    """A file for the tree: its path there, and its bytes or the file they are copied from."""

    path: PurePosixPath
    content: bytes | Path
    #: The accuracy log that `content` was shortened from.
    original: ShortenedLog | None = None


def run_files(
    run: Run,
    targets: Iterable[RunKey],
    tree: Tree,
    limit: int,
    readme: Callable[[RunKey], bytes],
    without_power: Collection[RunKey] = (),
) -> Iterator[TreeFile]:
    """The tree files of a run for each of its places. `limit` (bytes) is that of accuracy logs.

    The places `without_power` get the performance result alone. Raises OSError where an artefact can't be read.
    """
    contents, originals = _contents(run, limit)
    for target in targets:
        for artefact, content in contents.items():
            if artefact in _NOT_COPIED or (target in without_power and is_power(artefact)):
                continue
            yield TreeFile(tree.artefact(target, artefact), content, originals.get(artefact))
        own = run.artefacts.get(README)
        yield TreeFile(tree.artefact(target, README), _joined(own.read_bytes() if own else b"", readme(target)))


def _joined(own: bytes, generated: bytes) -> bytes:
    return own.rstrip(b"\n") + b"\n\n" + generated if own.strip() else generated


def _contents(run: Run, limit: int) -> tuple[dict[Artefact, bytes | Path], dict[Artefact, ShortenedLog]]:
    contents: dict[Artefact, bytes | Path] = dict(run.artefacts)
    originals: dict[Artefact, ShortenedLog] = {}
    for log, report in shortened_logs(run.artefacts).items():
        report_path = run.artefacts.get(report)
        text = report_path.read_bytes() if report_path else None
        if is_shortened(run.artefacts[log].stat().st_size, text, limit):
            continue
        short = shorten(run.artefacts[log])
        contents[log], originals[log] = short.data, short
        contents[report] = with_hash(text or b"", short.sha256)
    return contents, originals


def stage_unit(files: Iterable[TreeFile], tree_root: Path, record_path: Path, extra: Mapping[str, Any]) -> None:
    """Make the tree hold exactly `files` for this unit, and write its record.

    Killed at any moment, the record still names every file that the unit may have made.
    """
    wanted = {str(each.path): each for each in files}
    before = recorded_paths(record_path)
    write_json(record_path, {"complete": False, "files": [{"path": path} for path in sorted(before | set(wanted))]})
    for path in sorted(before - set(wanted)):  # first, as a file may take a folder's place, and back
        remove_file(tree_root / path, tree_root)
    rows = [_place(wanted[path], tree_root) for path in sorted(wanted)]
    originals = [
        {"path": path, "sha256": each.original.sha256, "xxh3": each.original.xxh3, "size": each.original.size}
        for path, each in sorted(wanted.items())
        if each.original
    ]
    write_json(record_path, {"complete": True, "files": rows, "originals": originals, **extra})


def _place(file: TreeFile, tree_root: Path) -> dict[str, Any]:
    """Write one file; its row for the record."""
    sha256, xxh3, size = hashlib.sha256(), xxhash.xxh3_128(), 0
    with replacing(tree_root / file.path) as stream:
        for chunk in read_chunks(file.content):
            sha256.update(chunk)
            xxh3.update(chunk)
            size += stream.write(chunk)
    return {"path": str(file.path), "size": size, "sha256": sha256.hexdigest(), "xxh3": xxh3.hexdigest()}


def recorded_paths(record_path: Path) -> set[str]:
    """Tree paths that a record names; empty where there is none that can be read."""
    try:
        return {str(row["path"]) for row in read_json(record_path)["files"]}
    except (KeyError, TypeError):
        return set()


def unstage(record_path: Path, tree_root: Path, records_root: Path) -> None:
    """Take a unit's files and its record out of the build."""
    for path in sorted(recorded_paths(record_path)):
        remove_file(tree_root / path, tree_root)
    remove_file(record_path, records_root)


def retire(record_path: Path, tree_root: Path, folders: tuple[str, ...]) -> None:
    """Take out of the tree what a unit staged outside the folders that the plan now gives it.

    Done for all units before any is staged, so that a place which passes from one unit to another is
    free when the other takes it.
    """
    paths = recorded_paths(record_path)
    gone = sorted(path for path in paths if not path.startswith(folders))
    if not gone:
        return
    for path in gone:
        remove_file(tree_root / path, tree_root)
    rows = [{"path": path} for path in sorted(paths.difference(gone))]
    write_json(record_path, {"complete": False, "files": rows})
