"""What doit loads of this project at every start, in any folder: names for its plug-ins, and no more.

doit imports back ends before it knows which dodo.py to follow. This module leaves the package
`rules` alone until then, so that it is the one beside that dodo.py, and so that other projects in
the same environment may have a package `rules` of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Commands beside the build, imported when doit is asked for one of them.
_COMMANDS = {name: f"rules.commands.{name.lower()}" for name in ("Describe", "Explain", "Init", "Verify")}


def __getattr__(name: str) -> Any:
    if name not in _COMMANDS:
        raise AttributeError(name)
    return getattr(import_module(_COMMANDS[name]), name)


class Journal:
    """`rules.engine.journal.JournalDB`, imported when doit opens it."""

    desc = "a line for each finished task; survives a kill at any moment"

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        from rules.engine.journal import JournalDB

        return JournalDB(*arguments, **options)
