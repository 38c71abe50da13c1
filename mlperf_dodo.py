"""What doit loads of this project at every start, in any folder: names for its plug-ins, and no more.

doit imports back ends before it knows which dodo.py to follow. This module leaves the package
`rules` alone until then, so that it is the one beside that dodo.py, and so that other projects in
the same environment may have a package `rules` of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from doit.cmd_run import Run as _DoitRun
from doit.exceptions import InvalidCommand

#: Commands beside the build, imported when doit is asked for one of them.
_COMMANDS = {
    name: f"rules.commands.{name.lower()}" for name in ("Compare", "Describe", "Explain", "Init", "Status", "Verify")
}


def __getattr__(name: str) -> Any:
    if name not in _COMMANDS:
        raise AttributeError(name)
    return getattr(import_module(_COMMANDS[name]), name)


#: Options for how many work, as what, and what they say of it: what is done is the same.
_MANNERS = ("num_process", "par_type", "quiet")


class Journal:
    """`rules.engine.journal.JournalDB`, imported when doit opens it."""

    desc = "a line for each finished task; survives a kill at any moment"

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        from rules.engine.journal import JournalDB

        return JournalDB(*arguments, **options)


class Run(_DoitRun):  # type: ignore[misc]
    """doit's `run`, which a dodo.py can end before any task is made: by `around_run` in its DOIT_CONFIG.

    With a dodo.py that has no such thing, it is doit's own.
    """

    cmd_options = (
        *_DoitRun.cmd_options,
        {
            "name": "paranoid",
            "short": "",
            "long": "paranoid",
            "type": bool,
            "default": False,
            "help": "read every file again, also where its size, time and inode are known (of mlperf-dodo's tasks)",
        },
        {
            "name": "quiet",
            "short": "q",
            "long": "quiet",
            "type": bool,
            "default": False,
            "help": "say nothing but failures and the last words (of mlperf-dodo's tasks)",
        },
    )

    def execute(self, params: Any, args: list[str]) -> Any:
        self.loader.setup(params)
        self.loader.setup = lambda _: None  # what follows would do it again, from the folder it has gone to
        around = self.loader.load_doit_config().get("around_run")
        if around is None:
            for ours in ("paranoid", "quiet"):
                if params[ours]:
                    raise InvalidCommand(f"--{ours}: the tasks of this dodo.py know nothing of it")
            return super().execute(params, args)
        with around(not args and self._is_plain(params), params["paranoid"], params["quiet"]) as status:
            return super().execute(params, args) if status is None else status

    def _is_plain(self, params: Any) -> bool:
        """Whether command line and configuration leave what is done as doit has it, however many do it."""
        options = (option for option in (*self.base_options, *self.cmd_options) if option["name"] not in _MANNERS)
        return all(params[option["name"]] == option["default"] for option in options)
