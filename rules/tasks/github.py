"""A build in GitHub Actions: its last words, annotations at the findings, the job's summary.

Imported at every start, so it imports the rest only where a build runs there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from rules.steps.files import read_json
from rules.tasks.paths import Paths

#: Reports that are shown here, by their names below the output folder.
ANNOTATIONS, JOB_SUMMARY = ".state/annotations.json", "summary.md"
#: Of a step's summary, in bytes; GitHub shows nothing of a longer one.
_MOST = 1 << 20
#: Less room than that is not worth a cut summary.
_LEAST = 4096


def shown(words: str, paths: Paths, *, is_reported: bool = True) -> str:
    """What a build prints at its end; elsewhere than in GitHub Actions just its words.

    `is_reported` says whether the reports are those of this build.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return words
    from secrets import token_hex

    # A name or a log's value in them might read as a workflow command.
    token = token_hex()
    quoted = f"::stop-commands::{token}\n{words}\n::{token}::\n"
    if not is_reported:
        return quoted
    with suppress(OSError):  # the build is as good without
        _summarise(words, paths)
    return quoted + _annotations(paths)


def _annotations(paths: Paths) -> str:
    from rules.reports.github import format_annotations

    made: Any = read_json(paths.output / ANNOTATIONS) or []
    return format_annotations(made, _folder())


def _folder() -> str:
    """The workspace's place in the repository; '' for its root and for one elsewhere."""
    root = Path(os.environ.get("GITHUB_WORKSPACE", ""))
    try:
        folder = Path.cwd().relative_to(root.resolve()).as_posix()
    except (OSError, ValueError):
        return ""
    return "" if folder == "." else folder


def _summarise(words: str, paths: Paths) -> None:
    from rules.reports.escaping import markdown
    from rules.reports.github import bounded
    from rules.tasks.outcome import verdict_in

    named = os.environ.get("GITHUB_STEP_SUMMARY")
    if not named:
        return
    with Path(named).open("ab") as stream:
        room = _MOST - stream.tell()
        if room < _LEAST:
            return
        text = f"**{markdown(verdict_in(words))}**\n\n{(paths.output / JOB_SUMMARY).read_text(encoding='utf-8')}\n"
        stream.write(bounded(text, room).encode())
