"""Fitted runs to break, each kind made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fitted_run import Fitted, Kind, fit


@pytest.fixture(scope="session")
def fitted_once(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    made: dict[Kind, Path] = {}

    def fitted(kind: Kind) -> Path:
        if kind not in made:
            made[kind] = fit(kind, tmp_path_factory.mktemp("fitted"))
        return made[kind]

    return fitted


@pytest.fixture
def fitted(fitted_once: Fitted, tmp_path: Path) -> Fitted:
    """A copy of a fitted run."""
    return lambda kind: Path(shutil.copytree(fitted_once(kind), tmp_path / kind.folder_name))
