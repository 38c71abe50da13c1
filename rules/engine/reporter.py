"""What doit says while it builds: how far it is, failures without tracebacks, and last words.

On a terminal that is a few lines that move; elsewhere, a line for each task that does something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from doit.exceptions import BaseFail, UnmetDependency
from doit.reporter import ConsoleReporter

from rules.engine.terminal import in_colour, is_terminal

if TYPE_CHECKING:
    from rules.engine.live import Live
    from rules.engine.order import InOrder


@dataclass
class Progress:
    """How far doit's run came, by the names of its tasks; a task that is up to date is finished."""

    #: All tasks, by name.
    tasks: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    finished: set[str] = field(default_factory=set)
    #: Those that had something to do.
    executed: list[str] = field(default_factory=list)
    #: In the order of one process; tasks that were not tried because of one of them don't count.
    failed: list[str] = field(default_factory=list)
    #: Whether anything was said on the way.
    said: bool = False


Begin = Callable[[], None]
#: Gives the last words of the run.
End = Callable[[Progress], str]


def build_reporter(begin: Begin, end: End, is_quiet: Callable[[], bool] = lambda: False) -> type[ConsoleReporter]:
    """A reporter for doit's `run`; `begin` and `end` are called around the whole of it.

    Where it is to be quiet, nothing but failures and the last words is said.
    """

    class BuildReporter(ConsoleReporter):  # type: ignore[misc]
        """One message a failure, and a closing."""

        desc = "how far it is, failures, and last words"

        def __init__(self, outstream: Any, options: Any) -> None:
            super().__init__(outstream, options)
            self._progress = Progress()
            self._begun = False
            # Workers may be threads.
            self._lock = RLock()
            self._asked: set[str] = set()
            self._settled: set[str] = set()
            self._done: Counter[str] = Counter()
            self._in_order: InOrder | None = None
            self._live: Live | None = None

        def write(self, text: str) -> None:
            super().write(self._shown(text))

        def _shown(self, text: str) -> str:
            encoding = getattr(self.outstream, "encoding", None) or "utf-8"
            return text.encode(encoding, "backslashreplace").decode(encoding)

        def _say(self, text: str) -> None:
            if self._live:
                self._live.say(self._shown(text))
            else:
                self.write(f"{text}\n")
            self._progress.said = True

        def _say_of(self, task: Any, text: str) -> None:
            if self._in_order:
                self._in_order.say(task.name, text)
            else:
                self._say(text)

        def initialize(self, tasks: Any, selected_tasks: Any) -> None:
            begin()
            self._begun = True
            self._progress.tasks = tasks
            self._progress.selected = tuple(selected_tasks)

        def get_status(self, task: Any) -> None:
            with self._lock:
                # One process has settled a task before it asks for the next.
                if self._asked and self._in_order is None:
                    from rules.engine.order import InOrder

                    self._in_order = InOrder(self._order(), self._settled, self._say)
                self._asked.add(task.name)

        def _order(self) -> list[str]:
            from rules.engine.order import order_of

            return order_of(self._progress.tasks, self._progress.selected)

        def execute_task(self, task: Any) -> None:
            if not task.actions:
                return
            with self._lock:
                self._progress.executed.append(task.name)
                title = task.title()
                if not title or is_quiet():
                    return
                if is_terminal(self.outstream):
                    self._show_work(task.name, title)
                else:
                    self._say_of(task, title)

        def _show_work(self, name: str, title: str) -> None:
            if self._live is None:
                # Imported here: a build that has nothing to do shows nothing that moves.
                from rules.engine.live import Live

                tasks = self._progress.tasks
                totals = Counter(_step(each) for each in self._order() if tasks[each].actions)
                self._live = Live(self.outstream, totals)
            self._live.work(_step(name), self._shown(title), self._done[_step(name)])

        def _settle(self, task: Any) -> None:
            self._asked.discard(task.name)
            self._settled.add(task.name)
            if self._in_order:
                self._in_order.settle(task.name)
            if task.actions:
                self._done[_step(task.name)] += 1
                if self._live:
                    self._live.settle(_step(task.name))

        def add_success(self, task: Any) -> None:
            with self._lock:
                self._progress.finished.add(task.name)
                self._settle(task)

        def skip_uptodate(self, task: Any) -> None:
            self.add_success(task)

        def skip_ignore(self, task: Any) -> None:
            with self._lock:
                if not is_quiet():
                    self._say_of(task, f"!! {task.title()}")
                self._settle(task)

        def add_failure(self, task: Any, fail: BaseFail) -> None:
            with self._lock:
                if not isinstance(fail, UnmetDependency):
                    self._progress.failed.append(task.name)
                    if fail.message:
                        self._say_of(task, f"{task.name}: {fail.message}")
                self._settle(task)

        def complete_run(self) -> None:
            if not self._begun:
                return
            with self._lock:
                if self._in_order:
                    self._in_order.end()
                    self._put_in_order(self._progress.failed)
                if self._live:
                    self._live.stop()
                    self._live = None
            for message in self.runtime_errors:
                self._say(message)
            closing = in_colour(end(self._progress), self.outstream)
            self.write(f"\n{closing}" if closing and self._progress.said else closing)

        def _put_in_order(self, names: list[str]) -> None:
            if len(names) > 1:
                rank = {name: number for number, name in enumerate(self._order())}
                names.sort(key=lambda name: rank.get(name, len(rank)))

    return BuildReporter


def _step(name: str) -> str:
    return name.split(":", 1)[0]
