"""Fixtures that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import CLOSED_SYSTEM, CORPUS, copy_of, doit, example_workspace

#: So that builds say the same wherever the tests run.
os.environ.pop("GITHUB_ACTIONS", None)
#: So that its assertions say what differs.
pytest.register_assert_rewrite("rule_rows")


@pytest.fixture
def corpus() -> Path:
    """Published results with official verdicts, where a checkout has them at hand."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of published results is not at hand")
    return CORPUS


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    """A copy of the example's closed resnet50 Offline run, to break."""
    return copy_of(CLOSED_SYSTEM / "resnet50/Offline", tmp_path)


@pytest.fixture(scope="session")
def built_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the example, built. Shared by many tests: to change one, take `workspace`."""
    built = example_workspace(tmp_path_factory.mktemp("example") / "workspace")
    doit(built, check=True)
    return built


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A workspace of one's own with the example, before the first build."""
    return example_workspace(tmp_path / "workspace")


@pytest.fixture
def workspace(built_example: Path, tmp_path: Path) -> Path:
    """A workspace of one's own with the example, built."""
    return copy_of(built_example, tmp_path)
