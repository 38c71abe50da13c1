"""A folder as a value, deaths at any moment, and full disks."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: What changes a disk, by the names that Python gives these events (PEP 578). os.replace is a rename.
_FILE_OPERATIONS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"})


def contents(root: Path) -> dict[str, bytes | None]:
    """All that a folder holds, by path in it; a folder's value is None."""
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
    }


def write_tree(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def dies_before(operation: int, step: Callable[[], object]) -> bool:
    """Run `step` in a process that is killed before its n-th file operation; whether it came that far."""
    child = os.fork()
    if child == 0:
        _die_before(operation)
        try:
            step()
        except BaseException:
            os._exit(1)
        os._exit(0)
    outcome = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert outcome in (0, -signal.SIGKILL), "the step failed by itself"
    return outcome != 0


def _die_before(operation: int) -> None:
    seen = 0

    def count(event: str, _: object) -> None:
        nonlocal seen
        if event in _FILE_OPERATIONS:
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(count)


def each_death(step: Callable[[], object]) -> Iterator[int]:
    """Kill `step` before each of its file operations, one after the other; then once let it end."""
    operation = 0
    while dies_before(operation, step):
        yield operation
        operation += 1
    assert operation, "a step without file operations can't be tested so"


@contextmanager
def full_disk(free_bytes: int = 0) -> Iterator[None]:
    """No file may grow beyond so many bytes: writing fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
