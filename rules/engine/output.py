"""What a terminal can't show is shown escaped, and ends no command."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def show_any_text() -> None:
    """For this process, from now on: a file may have a name, and hold text, that no encoding has."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
