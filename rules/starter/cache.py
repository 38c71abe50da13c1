"""Where the MLCommons automation gathers results."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from rules.errors import UserError

#: The automation's repositories: the environment key that moves them, and where they are below the home folder.
_REPOSITORIES = (("CM_REPOS", "CM/repos"), ("MLC_REPOS", "MLC/repos"))
_FOLDER = "get-mlperf-inference-results-dir*"


def cached_results(environment: Mapping[str, str], style: str = "valid") -> list[Path]:
    """The gathered results of a run style. Raises UserError that says where it looked, where there are none."""
    places = [f"{cache}/{_FOLDER}/{style}_results" for cache in _caches(environment)]
    found = [
        folder
        for cache in _caches(environment)
        for folder in sorted(cache.glob(f"{_FOLDER}/{style}_results"))
        if folder.is_dir()
    ]
    if not found:
        raise UserError(f"no gathered results; looked for {', '.join(places)}; name the folder with --results")
    return list({folder.resolve(): folder for folder in found}.values())


def _caches(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - unlike Path.home, never raises
    for key, below_home in _REPOSITORIES:
        yield Path(environment[key] if environment.get(key) else home / below_home) / "local/cache"
