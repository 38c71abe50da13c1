"""Reading files of a machine and running its tools: with limits, and never a complaint where one isn't there."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

#: A tool that says nothing for so long won't.
_TIMEOUT_S = 20
_LONGEST_TEXT_BYTES = 16 << 20
#: The kernel refuses to fill larger pieces of its own files.
_PIECE_BYTES = 64 << 10
_TOOLS_OF_ROOT = ("/usr/sbin", "/sbin")


@dataclass
class Machine:
    """A machine by its file system; `root` is another folder for one that was recorded."""

    root: Path = Path("/")
    #: Where its tools are: the user's search path, and where tools for root are.
    search_path: str = field(default_factory=lambda: os.pathsep.join((os.environ.get("PATH", ""), *_TOOLS_OF_ROOT)))
    #: Libraries by name; None for those that can be imported.
    libraries: Mapping[str, Any] | None = None
    #: What was tried and did not work, for the one who fills in the rest.
    failures: dict[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """A small text file, stripped; None where it can't be read or is empty."""
        try:
            with (self.root / path.lstrip("/")).open("rb", buffering=0) as stream:
                pieces = iter(lambda: stream.read(_PIECE_BYTES), b"")
                content = b"".join(islice(pieces, _LONGEST_TEXT_BYTES // _PIECE_BYTES))
        except (OSError, ValueError):
            return None
        return content.decode("utf-8", "replace").strip("\x00\n ") or None

    def names(self, path: str) -> list[str]:
        """What a folder holds, sorted."""
        try:
            return sorted(each.name for each in (self.root / path.lstrip("/")).iterdir())
        except OSError:
            return []

    def texts(self, path: str, *names: str) -> dict[str, str | None]:
        """Several files of a folder by their names."""
        return {name: self.text(f"{path}/{name}") for name in names}

    def link(self, path: str) -> str | None:
        """The last part of where a link leads; None where there is none."""
        try:
            return (self.root / path.lstrip("/")).readlink().name
        except OSError:
            return None

    def library(self, name: str) -> Any:
        """A library of the extra `[describe]`; None where it isn't installed."""
        if self.libraries is not None:
            return self.libraries.get(name)
        try:
            return importlib.import_module(name)
        except ImportError:
            return None

    def output(self, *command: str) -> str | None:
        """What a tool prints; None where it isn't installed, fails, or takes too long."""
        program = shutil.which(command[0], path=self.search_path)
        if program is None:
            return None
        environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
        try:
            done = subprocess.run(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            self.failures[command[0]] = f"no answer within {_TIMEOUT_S} s"
            return None
        except OSError as problem:
            self.failures[command[0]] = problem.strerror or str(problem)
            return None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            self.failures[command[0]] = said.splitlines()[-1] if said else f"exit status {done.returncode}"
            return None
        return done.stdout[:_LONGEST_TEXT_BYTES].decode("utf-8", "replace")
