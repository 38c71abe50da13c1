"""What doit says while it builds: a line for each task that does something, failures without tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doit.exceptions import BaseFail, UnmetDependency
from doit.reporter import ConsoleReporter

Hook = Callable[[], None]


def build_reporter(begin: Hook, end: Hook) -> type[ConsoleReporter]:
    """A reporter for doit's `run`; `begin` and `end` are called around the whole of it."""

    class BuildReporter(ConsoleReporter):  # type: ignore[misc]
        """One line a task, one message a failure."""

        desc = "a line for each task that runs"

        def initialize(self, tasks: Any, selected_tasks: Any) -> None:
            begin()

        def execute_task(self, task: Any) -> None:
            if task.actions and not task.name.startswith("_") and task.verbosity != 2:
                self.write(f"{task.title()}\n")

        def skip_uptodate(self, task: Any) -> None:
            pass

        def add_failure(self, task: Any, fail: BaseFail) -> None:
            self.failures.append({"task": task, "exception": fail})
            if isinstance(fail, UnmetDependency):
                self.write(f"{task.name}: not done, because a task before it failed\n")
            elif task.verbosity != 2:
                self.write(f"{task.name}: {fail.message}\n")

        def complete_run(self) -> None:
            for message in self.runtime_errors:
                self.write(f"{message}\n")
            end()

    return BuildReporter
