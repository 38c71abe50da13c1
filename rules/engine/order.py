"""What several tasks at work say, in the order of one process that does them all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from doit.control import TaskDispatcher


def order_of(tasks: Mapping[str, Any], selected: Sequence[str]) -> list[str]:
    """The tasks of a run in the order of one process, by name.

    Those that show while others run are left out: set-up tasks, and all where tasks are made in a run.
    """
    if any(task.calc_dep or task.loader for task in tasks.values()):
        return []
    order: list[str] = []
    generator = TaskDispatcher(tasks, {}, selected).generator
    node = next(generator, None)
    while node is not None:
        order.append(node.task.name)
        node.run_status = "up-to-date"
        try:
            node = generator.send(node)
        except StopIteration:
            node = None
    return order


class InOrder:
    """Holds back what a task says until all before it are settled. Of tasks out of the order it holds nothing."""

    def __init__(self, order: Iterable[str], settled: Collection[str], say: Callable[[str], None]) -> None:
        self._left = deque(order)
        self._settled = set(settled)
        self._held: dict[str, list[str]] = {name: [] for name in self._left}
        self._say = say
        self._go_on()

    def say(self, name: str, text: str) -> None:
        if name not in self._held or name == self._left[0]:
            self._say(text)
        else:
            self._held[name].append(text)

    def settle(self, name: str) -> None:
        """It has nothing more to say."""
        self._settled.add(name)
        self._go_on()

    def end(self) -> None:
        """Say what is still held back."""
        self._settled.update(self._left)
        self._go_on()

    def _go_on(self) -> None:
        while self._left:
            first = self._left[0]
            for text in self._held[first]:
                self._say(text)
            self._held[first] = []
            if first not in self._settled:
                return
            del self._held[first]
            self._left.popleft()
