"""When a task is up to date, besides its file dependencies: nothing else that decides has changed."""

from __future__ import annotations

from typing import Any

from doit.tools import config_changed

from rules.engine.hashes import HashCache
from rules.tasks.workspace import Workspace

_VALUE = "targets"


class TargetsIntact:
    """Whether a task's targets are still what the task made of them.

    doit asks only whether they are there, so that an archive cut short would count as ready.
    """

    def __init__(self, hashes: HashCache) -> None:
        self._hashes = hashes

    def configure_task(self, task: Any) -> None:
        task.value_savers.append(lambda: {_VALUE: self._digests(task)})

    def __call__(self, task: Any, values: dict[str, Any]) -> bool:
        return bool(values.get(_VALUE) == self._digests(task))

    def _digests(self, task: Any) -> dict[str, str | None]:
        return {target: self._digest(target) for target in task.targets}

    def _digest(self, target: str) -> str | None:
        try:
            return self._hashes.digest(target)
        except OSError:
            return None


def unchanged(workspace: Workspace, *facts: object) -> list[Any]:
    """For a task's `uptodate`: the program, the round and `facts` are the same, and its targets whole."""
    return [config_changed(workspace.facts(*facts)), TargetsIntact(workspace.hashes)]
