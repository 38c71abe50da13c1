"""How far a build has come, on the last lines of a terminal while it works. Imported once there is work."""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import TimeRemainingColumn as Remaining
from rich.text import Text

#: A second.
_REFRESHES = 5
#: What a terminal obeys rather than shows; a folder may be named so.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.{0 if speed >= 10 else 1}f}/s", style="progress.data.speed")


class _Steps(Progress):
    """A line a step, and one for the task at work."""

    at_work = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        yield Text(self.at_work, style="dim", no_wrap=True, overflow="ellipsis")


class Live:
    """The display, from the first task that does something to the end of the run."""

    def __init__(self, stream: Any, totals: Mapping[str, int]) -> None:
        """`totals` are the numbers of tasks by step, in the order of the flow."""
        self._steps = _Steps(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Rate(),
            Remaining(compact=True),
            console=Console(file=stream, highlight=False, markup=False, emoji=False),
            refresh_per_second=_REFRESHES,
            transient=True,
            # Workers are copies of this process: nothing of theirs must wait for its screen.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._lines: dict[str, TaskID] = {
            step: self._steps.add_task(step, start=False, total=total, visible=False) for step, total in totals.items()
        }
        atexit.register(self.stop)  # however the build ends: the cursor is hidden so long
        self._steps.start()

    def work(self, step: str, task: str, done: int) -> None:
        """Show the task at work; `done` are settled of its step."""
        self._steps.at_work = _plain(task)
        if step not in self._lines:  # of a task that was made in the run
            self._lines[step] = self._steps.add_task(step, start=False, total=None, visible=False)
        if not self._is_begun(step):
            self._steps.update(self._lines[step], completed=done, visible=True)
            self._steps.start_task(self._lines[step])
            self._steps.refresh()

    def settle(self, step: str) -> None:
        if self._is_begun(step):
            self._steps.advance(self._lines[step])

    def _is_begun(self, step: str) -> bool:
        return step in self._lines and self._steps.tasks[self._lines[step]].started

    def say(self, text: str) -> None:
        """A line that stays, above."""
        self._steps.console.print(Text(_plain(text)), soft_wrap=True)

    def stop(self) -> None:
        """Take it off the screen."""
        atexit.unregister(self.stop)
        self._steps.stop()


def _plain(text: str) -> str:
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)
