"""Options of our commands, as doit wants them, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import doit.doit_cmd
from doit.cmd_base import Command
from doit.cmdparse import CmdParseError
from doit.exceptions import InvalidCommand


def option(name: str, help_: str, **more: Any) -> dict[str, Any]:
    """A long option that takes a text, unless `more` says otherwise."""
    return {"name": name, "long": name, "type": str, "default": "", "help": help_} | more


class OptionsCommand(Command):  # type: ignore[misc]
    """A command whose options take any text, and that says in a line what is wrong with them."""

    def parse_execute(self, in_args: list[str]) -> int:
        try:
            result: int = super().parse_execute([*_with_values(in_args, self.cmd_options)])
        except CmdParseError as problem:
            # What follows is doit's own list of all options.
            said = str(problem).removeprefix("Error parsing Command: ").partition(" (parsing options: ")[0]
            raise InvalidCommand(f"{self.name}: {said}; see `mlperf-dodo help {self.name}`") from None
        return result


def _with_values(arguments: Sequence[str], options: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The arguments, with values that hold a '=' behind their options.

    doit takes every word with a '=' in it for a variable and out of the arguments, whatever stands before it.
    """
    taken = iter((doit.doit_cmd._CMDLINE_VARS or {}).items())
    of_a_value = {f"--{each['long']}" for each in options if each["type"] is not bool}
    for word, behind in zip_longest(arguments, arguments[1:], fillvalue="--"):
        yield word
        if word in of_a_value and behind.startswith("--"):
            yield from ("=".join(variable) for variable in [next(taken, None)] if variable)
