"""Folders that a pattern of `submission.yaml` matches."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path


def matching_folders(base: Path, pattern: str) -> list[Path]:
    """The folders that a pattern matches, sorted; the pattern itself if it is no pattern or matches none."""
    # os.path and not pathlib, whose tests raise for names that are too long, and whose glob
    # neither takes absolute patterns nor skips hidden folders.
    if not glob.has_magic(pattern) or os.path.exists(base / pattern):  # noqa: PTH110
        return [base / pattern]
    try:
        matches = sorted(glob.glob(pattern, root_dir=base, recursive=True))  # noqa: PTH207
    except (OSError, ValueError, re.error):  # re.error: [z-a], before Python 3.12
        matches = []
    folders = [base / match for match in matches if os.path.isdir(base / match)]  # noqa: PTH112
    return folders or [base / pattern]
