"""Accuracy logs of many gigabytes: read once, in little memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import REPOSITORY, doit, example_workspace, report

RUN = "closed/example-edge/resnet50/SingleStream"
#: Beyond the size from which on a second reading counts, and beyond the memory that a build may take.
SIZE = 200_000_000
#: A build, and at its end how many bytes it has read and how many kilobytes of memory it took. (Not by getrusage,
#: whose figure a process takes over from the one that started it.)
BUILD = """
import sys
from rules.cli import main
sys.argv = ["mlperf-dodo"]

def said(file, name):
    return next(line for line in open(f"/proc/self/{file}") if line.startswith(name)).split()[1]

print(main(), said("io", "rchar:"), said("status", "VmHWM:"))
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with holes in the middle of one accuracy log."""
    workspace = example_workspace(tmp_path_factory.mktemp("large"))
    with log_of(workspace).open("r+b") as stream:
        stream.truncate(SIZE - 1)
        stream.seek(SIZE - 1)
        stream.write(b"]")
    return workspace


def log_of(workspace: Path) -> Path:
    return workspace / "results" / RUN / "accuracy/mlperf_log_accuracy.json"


def shipped_hash(workspace: Path) -> str:
    originals = {row["path"]: row for row in report(workspace, "manifest")["original_accuracy_logs"]}
    path = "closed/ExampleLab/results/example-edge/resnet50/SingleStream/accuracy/mlperf_log_accuracy.json"
    assert originals[path]["size"] == SIZE
    return str(originals[path]["sha256"])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="this system doesn't count what a process reads")
def test_a_large_log_is_read_once_and_never_held(workspace: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=workspace, env=environment, capture_output=True, text=True, check=True
    )
    status, read, memory_kb = map(int, done.stdout.splitlines()[-1].split())
    assert status == 0
    assert SIZE <= read < SIZE * 1.2
    assert memory_kb < 100_000
    assert shipped_hash(workspace) == hashlib.sha256(log_of(workspace).read_bytes()).hexdigest()


def test_with_another_content_it_is_staged_again_though_its_size_says_all_that_is_checked(workspace: Path) -> None:
    doit(workspace, check=True)
    with log_of(workspace).open("r+b") as stream:
        stream.seek(SIZE // 2)
        stream.write(b"other")
    ran = doit(workspace, check=True).tasks
    assert {f"stage:{RUN}", "pack:archive"} <= set(ran)
    assert f"check:{RUN}" not in ran
    assert shipped_hash(workspace) == hashlib.sha256(log_of(workspace).read_bytes()).hexdigest()


def test_with_another_size_it_is_checked_again(workspace: Path) -> None:
    doit(workspace, check=True)
    log_of(workspace).write_bytes(b"")
    assert f"check:{RUN}" in doit(workspace).tasks
    messages = [found["message"] for row in report(workspace, "findings")["results"] for found in row["findings"]]
    assert any("the accuracy log is empty" in message for message in messages)
