"""The command `mlperf-dodo`: doit with this project's tasks, in the current folder."""

from __future__ import annotations

import importlib.util
import sys

from doit.cmd_base import DodoTaskLoader
from doit.doit_cmd import DoitMain


class _Tasks(DodoTaskLoader):  # type: ignore[misc]
    """The installed dodo.py, for the workspace that `-d` names or the current folder."""

    def setup(self, opt_values: dict[str, object]) -> None:
        spec = importlib.util.find_spec("dodo")
        opt_values["dodoFile"] = spec.origin if spec else None
        if not opt_values.get("cwdPath"):
            opt_values["cwdPath"] = "."
        super().setup(opt_values)


def main() -> int:
    """Entry point. Returns doit's exit status: 0 ready, 1 not ready, 2 and 3 could not build."""
    DoitMain.BIN_NAME = "mlperf-dodo"
    return DoitMain(_Tasks()).run(sys.argv[1:]) or 0
