"""Work on many files in other processes, while this one goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

#: More processes than this read no disk faster.
_MOST = 4


class Ahead:
    """`work` of the paths, done by processes of their own; what it gives must be JSON.

    They are copies of this process. Where it ends first, their results go nowhere.
    """

    def __init__(self, work: Callable[[str], Any], paths: Sequence[str]) -> None:
        processes = min(_MOST, _cpus()) if hasattr(os, "fork") else 0
        self._workers: list[tuple[int, int]] = []
        with suppress(OSError):  # the system has no more processes to give: what isn't done ahead is done later
            for number in range(processes):
                self._workers.append(_start(work, paths[number::processes]))

    def results(self) -> list[Any]:
        """Wait for all of it. Less than all where a process died."""
        found: list[Any] = []
        for process, pipe in self._workers:
            with os.fdopen(pipe, "rb") as stream, suppress(ValueError):
                found += json.loads(stream.read())
            os.waitpid(process, 0)
        self._workers = []
        return found


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(work: Callable[[str], Any], paths: Sequence[str]) -> tuple[int, int]:
    """The process, and the pipe that its results come by."""
    reading, writing = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if process:
        os.close(writing)
        return process, reading
    try:
        with os.fdopen(writing, "wb") as stream:
            stream.write(json.dumps([work(path) for path in paths]).encode())
    finally:
        os._exit(0)  # none of what the other has to do at its end
