"""How a whole build ended, so that the next, which finds all as it was, need not work it out again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from rules.engine.reporter import Progress
from rules.steps.files import read_json, write_json
from rules.tasks.paths import Paths
from rules.tasks.workspace import Workspace

GATE = "gate"


@dataclass(frozen=True)
class Outcome:
    """The last words of a build, and whether its archive is ready."""

    #: Stands for all that these follow from.
    key: str
    words: str
    is_ready: bool

    @property
    def verdict(self) -> str:
        return verdict_in(self.words)


def is_whole(progress: Progress) -> bool:
    """Whether every task is finished; that the gate fails is an outcome as well."""
    return progress.finished.union(progress.failed) == set(progress.tasks) and {GATE}.issuperset(progress.failed)


def verdict_in(words: str) -> str:
    """The last of a build's words: `Ready: …` or `Not ready: …`."""
    return words.strip().rsplit("\n\n", 1)[-1]


def last_outcome(paths: Paths) -> Outcome | None:
    """The outcome of the last whole build."""
    try:
        return Outcome(**read_json(paths.outcome))
    except TypeError:  # there is none
        return None


def known_outcome(workspace: Workspace) -> Outcome | None:
    """The outcome of an earlier build, of the same verdicts, plan and declaration."""
    outcome = last_outcome(workspace.paths)
    return outcome if outcome and outcome.key == _key(workspace) else None


def last_words(workspace: Workspace, progress: Progress, work_out: Callable[[], str]) -> str:
    """What a build says at its end; worked out and kept where no earlier one has."""
    if not is_whole(progress):
        return work_out()
    outcome = known_outcome(workspace)
    if outcome is None:
        outcome = Outcome(_key(workspace), work_out(), is_ready=not progress.failed)
        with suppress(OSError):
            write_json(workspace.paths.outcome, vars(outcome))
    return outcome.words


def _key(workspace: Workspace) -> str:
    """Changes with anything that the gate and the last words follow from."""
    paths = workspace.paths
    made = [str(paths.plan), *(paths.unit(run.key.id).check for run in workspace.inventory.runs)]
    return workspace.facts(workspace.submission, [workspace.hashes.digest(path) for path in made])
