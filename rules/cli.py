"""The command `mlperf-dodo`: doit with this project's tasks, in the current folder."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from importlib.metadata import version

from doit.cmd_base import NamespaceTaskLoader, opt_cwd
from doit.doit_cmd import DoitMain
from doit.exceptions import InvalidCommand

from rules import __version__
from rules.engine.interrupts import end_quietly


class _Tasks(NamespaceTaskLoader):  # type: ignore[misc]
    """The installed dodo.py, for the workspace that `-d` names or the current folder.

    Imported here and not by doit, which would prefer a dodo.py that the workspace has for its own ends.
    """

    cmd_options = (opt_cwd,)

    def setup(self, opt_values: dict[str, str | None]) -> None:
        workspace = opt_values.get("cwdPath") or "."
        try:
            os.chdir(workspace)
        except OSError as problem:
            raise InvalidCommand(f"{workspace}: {problem.strerror}") from None
        self.namespace = dict(inspect.getmembers(importlib.import_module("dodo")))


class _Program(DoitMain):  # type: ignore[misc]
    BIN_NAME = "mlperf-dodo"

    @staticmethod
    def print_version() -> None:
        print(f"mlperf-dodo {__version__} (doit {version('doit')})")


def main() -> int:
    """Entry point. Returns doit's exit status: 0 ready, 1 not ready, 2 and 3 could not build."""
    end_quietly()
    if "" in sys.argv[1:]:  # doit takes every word for one with a first letter
        sys.stderr.write("mlperf-dodo: a word of the command line is empty ('')\n")
        return 3
    return _Program(_Tasks()).run(sys.argv[1:]) or 0
