"""What doit loads of this project at every start, in any folder: a name for the back end, and no more.

doit imports back ends before it knows which dodo.py to follow. This module leaves the package
`rules` alone until then, so that it is the one beside that dodo.py, and so that other projects in
the same environment may have a package `rules` of their own.
"""

from __future__ import annotations

from typing import Any


class Journal:
    """`rules.engine.journal.JournalDB`, imported when doit opens it."""

    desc = "a line for each finished task; survives a kill at any moment"

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        from rules.engine.journal import JournalDB

        return JournalDB(*arguments, **options)
