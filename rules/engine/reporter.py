"""What doit says while it builds: a line for each task that does something, failures without tracebacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from doit.exceptions import BaseFail, UnmetDependency
from doit.reporter import ConsoleReporter


@dataclass
class Progress:
    """How far doit's run came, by the names of its tasks; a task that is up to date is finished."""

    #: All tasks, by name.
    tasks: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    finished: set[str] = field(default_factory=set)
    #: Those that had something to do.
    executed: list[str] = field(default_factory=list)
    #: In the order of failing; tasks that were not tried because of one of them don't count.
    failed: list[str] = field(default_factory=list)
    #: Whether anything was said on the way.
    said: bool = False


Begin = Callable[[], None]
#: Gives the last words of the run.
End = Callable[[Progress], str]


def build_reporter(begin: Begin, end: End) -> type[ConsoleReporter]:
    """A reporter for doit's `run`; `begin` and `end` are called around the whole of it."""

    class BuildReporter(ConsoleReporter):  # type: ignore[misc]
        """One line a task, one message a failure, and a closing."""

        desc = "a line for each task that runs"

        def __init__(self, outstream: Any, options: Any) -> None:
            super().__init__(outstream, options)
            self._progress = Progress()
            self._begun = False

        def write(self, text: str) -> None:
            encoding = getattr(self.outstream, "encoding", None) or "utf-8"
            super().write(text.encode(encoding, "backslashreplace").decode(encoding))

        def _say(self, text: str) -> None:
            self.write(f"{text}\n")
            self._progress.said = True

        def initialize(self, tasks: Any, selected_tasks: Any) -> None:
            begin()
            self._begun = True
            self._progress.tasks = tasks
            self._progress.selected = tuple(selected_tasks)

        def execute_task(self, task: Any) -> None:
            if not task.actions:
                return
            self._progress.executed.append(task.name)
            if title := task.title():
                self._say(title)

        def add_success(self, task: Any) -> None:
            self._progress.finished.add(task.name)

        def skip_uptodate(self, task: Any) -> None:
            self._progress.finished.add(task.name)

        def add_failure(self, task: Any, fail: BaseFail) -> None:
            if isinstance(fail, UnmetDependency):
                return
            self._progress.failed.append(task.name)
            if fail.message:
                self._say(f"{task.name}: {fail.message}")

        def complete_run(self) -> None:
            if not self._begun:
                return
            for message in self.runtime_errors:
                self._say(message)
            closing = end(self._progress)
            self.write(f"\n{closing}" if closing and self._progress.said else closing)

    return BuildReporter
