"""When a task is up to date, besides its file dependencies: nothing else that decides has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature
from typing import Any

import xxhash

from rules.tasks.workspace import Workspace

_FACTS, _TARGETS = "facts", "targets"
#: From so many files on, `_Names` are quicker than a list.
_MANY = 50


class Unchanged:
    """Whether the facts are the same and a task's targets what the task made of them.

    doit asks only whether the targets are there, so that an archive cut short would count as ready.
    """

    #: doit asks for it before each call; to work it out takes as long as all that is done here.
    __signature__ = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in ("task", "values")])

    def __init__(
        self, workspace: Workspace, facts: str, is_intact: Callable[[], bool], after: Callable[[], None]
    ) -> None:
        self._workspace = workspace
        self._facts = facts
        self._is_intact = is_intact
        self._after = after
        self._changed = ""

    def configure_task(self, task: Any) -> None:
        if len(task.file_dep) > _MANY:
            task.task_dep = _Names(task.task_dep)
        task.value_savers.append(lambda: self._values(task))

    def _values(self, task: Any) -> dict[str, str]:
        """What to remember of a task that has just been done."""
        self._after()
        self._workspace.view.refresh(task.targets)
        return {_FACTS: self._facts, _TARGETS: self._digest(task)}

    def __call__(self, task: Any, values: dict[str, Any]) -> bool:
        if values.get(_FACTS) != self._facts:
            self._changed = "the program, or what submission.yaml and the names of files say"
        elif values.get(_TARGETS) != self._digest(task):
            self._changed = "a target, since it was made"
        elif not self._is_intact():
            self._changed = "a file in the submission tree, since it was staged"
        return not self._changed

    def __repr__(self) -> str:
        """For `doit info`."""
        return f"changed: {self._changed or 'nothing'}"

    def _digest(self, task: Any) -> str:
        digests = [self._target(target) for target in task.targets]
        return digests[0] if len(digests) == 1 else str(xxhash.xxh3_128_hexdigest(" ".join(digests).encode()))

    def _target(self, target: str) -> str:
        try:
            return self._workspace.hashes.digest(target)
        except OSError:
            return "none"


class _Names(list[str]):
    """The tasks that a task depends on. doit asks of each of its files whether the file's maker is among them.

    In a plain list, that takes minutes for the archive of 30,000 runs.
    """

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self._set = set(self)

    def __contains__(self, name: object) -> bool:
        return name in self._set

    def append(self, name: str) -> None:
        super().append(name)
        self._set.add(name)

    def extend(self, names: Iterable[str]) -> None:
        for name in names:
            self.append(name)

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process, a plain list."""
        return list, (list(self),)


def unchanged(
    workspace: Workspace,
    *facts: object,
    is_intact: Callable[[], bool] = lambda: True,
    after: Callable[[], None] = lambda: None,
) -> list[Any]:
    """For a task's `uptodate`: the program, the round and `facts` are the same, and what it made is whole.

    `after` is called when the task is done, before doit takes the hashes of its files.
    """
    return [Unchanged(workspace, workspace.facts(*facts), is_intact, after)]
