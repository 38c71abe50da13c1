"""Work done ahead in other processes: all of it, or less, but never anything else."""

from __future__ import annotations

import os
from typing import Any

import pytest

from rules.engine.ahead import Ahead

PATHS = [f"results/{number}" for number in range(100)]


def named(path: str) -> list[str]:
    return [path, path.upper()]


def dies_at_7(path: str) -> str:
    if path == PATHS[7]:
        os._exit(1)
    return path


def fails_at_7(path: str) -> str:
    if path == PATHS[7]:
        raise OSError(path)
    return path


def is_long(path: str) -> str:
    return path * 10_000  # more than a pipe holds


def test_gives_the_result_for_every_path() -> None:
    assert sorted(Ahead(named, PATHS).results()) == sorted(named(path) for path in PATHS)


def test_works_elsewhere() -> None:
    assert os.getpid() not in Ahead(lambda _: os.getpid(), PATHS).results()


def test_waits_for_results_that_fill_a_pipe() -> None:
    assert len(Ahead(is_long, PATHS).results()) == len(PATHS)


@pytest.mark.parametrize("work", [dies_at_7, fails_at_7])
def test_where_a_process_dies_its_part_is_missing(work: Any, capfd: pytest.CaptureFixture[str]) -> None:
    found = Ahead(work, PATHS).results()
    assert PATHS[7] not in found
    assert set(found) < set(PATHS)
    assert capfd.readouterr() == ("", "")


def test_leaves_no_process_behind() -> None:
    Ahead(named, PATHS).results()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


class TestWithoutProcesses:
    """What isn't done ahead is left to be done later."""

    def test_a_system_that_has_none_to_give(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_more() -> int:
            raise BlockingIOError

        opened = len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0  # noqa: PTH112, PTH208
        monkeypatch.setattr(os, "fork", no_more)
        assert Ahead(named, PATHS).results() == []
        assert opened == (len(os.listdir("/dev/fd")) if opened else 0)  # noqa: PTH208

    def test_a_system_that_knows_no_fork(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "fork")
        assert Ahead(named, PATHS).results() == []
