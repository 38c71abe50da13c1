"""Paths that are worked out when they are first used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class LaterPath(os.PathLike[str]):
    """For doit, which wants the name of its state at import, before anybody has asked for any state."""

    def __init__(self, find: Callable[[], Path]) -> None:
        self._find = find

    def __fspath__(self) -> str:
        return os.fspath(self._find())
