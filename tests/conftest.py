"""Fixtures that many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import CLOSED_SYSTEM, CORPUS, copy_of


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
