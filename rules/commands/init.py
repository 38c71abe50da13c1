"""`init`: the first submission.yaml of a workspace, from its results."""

from __future__ import annotations

import os
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand, option

if TYPE_CHECKING:
    from rules.starter.command import Command as AutomationCommand
    from rules.starter.wishes import Wishes

_DECLARATION = "submission.yaml"


class Init(OptionsCommand):
    """Reads results and writes one file, which must not be there yet."""

    name = "init"
    doc_purpose = "write a submission.yaml for the results that are there"
    doc_usage = "--results DIR | --from-cache | --from-command 'LINE'  [--round ROUND] [--submitter NAME] ..."
    doc_description = (
        "The file builds at once; what only you can say is marked in it, and listed. An existing file is left alone."
    )
    cmd_options: ClassVar[tuple[dict[str, Any], ...]] = (
        option("results", "folder with results; may be given several times", type=list, default=[]),
        option("from-cache", "take the valid results that cm or mlcr gathered", type=bool, default=False),
        option("from-command", "carry over a cm or mlcr command line that generates a submission"),
        option("round", "the round to submit to; default: the one whose seeds the logs have"),
        option("submitter", "your organisation; default: what the descriptions of the systems say"),
        option("division", "closed, open, network or closed-open; default: what the results say"),
        option("detected", "the file that `describe` wrote, for systems without a description"),
        option("output", f"the file to write; default: {_DECLARATION}"),
    )

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        from rules.commands.outputs import expect_elsewhere
        from rules.engine.output import show_any_text
        from rules.errors import UserError
        from rules.starter.survey import survey
        from rules.starter.template import format_declaration, format_outcome
        from rules.steps.files import write_new_file

        show_any_text()
        if pos_args:
            raise InvalidCommand(f"init takes no arguments ({' '.join(pos_args)}); use --results DIR")
        output = Path(opt_values["output"] or _DECLARATION)
        try:
            _expect_absent(output)
            command = _command(opt_values["from-command"])
            wishes = _wishes(opt_values, command)
            # Without --results_dir, the automation takes what it has gathered.
            gathers = opt_values["from-cache"] or (command is not None and not wishes.results)
            wishes = _with_results(wishes, from_cache=gathers)
            expect_elsewhere(output, *map(Path, wishes.results))
            found = survey(wishes, output.parent)
            write_new_file(output, format_declaration(found))
        except UserError as error:
            raise InvalidCommand(str(error)) from None
        except OSError as problem:
            raise InvalidCommand(f"{problem.filename or output}: {problem.strerror or problem}") from None
        sys.stdout.write(format_outcome(output, found) + _migration(command))
        return 0


def _expect_absent(output: Path) -> None:
    from rules.errors import UserError

    if os.path.lexists(output):
        raise UserError(f"{output} is there already, and stays as it is; remove it or name another file with --output")


def _command(line: str) -> AutomationCommand | None:
    from rules.starter.command import parse_command

    return parse_command(line) if line else None


def _wishes(options: dict[str, Any], command: AutomationCommand | None) -> Wishes:
    """What options ask for, over what the automation's command line does."""
    from rules.config.validation import unfit_folder_name
    from rules.errors import UserError
    from rules.rounds import load_round
    from rules.starter.flags import take_division
    from rules.starter.wishes import Wishes

    wishes = command.wishes if command else Wishes()
    given = {name: options[name] for name in ("round", "submitter", "detected") if options[name]}
    wishes = replace(wishes, **given)
    if options["results"]:
        wishes = replace(wishes, results=tuple(options["results"]))
    wishes = _expanded(wishes)
    if options["division"]:
        taken = take_division(wishes, options["division"])
        if isinstance(taken, str):
            raise UserError(f"--division {options['division']}: {taken}")
        wishes = taken
    if wishes.round:
        load_round(wishes.round)
    allowed = unfit_folder_name(wishes.submitter) if wishes.submitter else None
    if allowed:
        raise UserError(f"--submitter {wishes.submitter}: allowed: {allowed}")
    return wishes


def _with_results(wishes: Wishes, *, from_cache: bool) -> Wishes:
    """The results that are named; else those in the cache."""
    from rules.errors import UserError
    from rules.starter.cache import cached_results

    results = wishes.results
    if from_cache:
        results += tuple(str(path) for path in cached_results(os.environ, wishes.style))
    if not results:
        raise UserError("init needs to know where the results are: --results DIR, or --from-cache")
    return replace(wishes, results=results)


def _expanded(wishes: Wishes) -> Wishes:
    """With paths as the shell would have made them, which sees none of a line in quotes."""
    return replace(
        wishes,
        results=tuple(map(_path, wishes.results)),
        output=_path(wishes.output) if wishes.output else None,
        power={stem: _path(path) for stem, path in wishes.power.items()},
    )


def _path(text: str) -> str:
    return os.path.expandvars(os.path.expanduser(text))  # noqa: PTH111 - unlike Path's, never raises


def _migration(command: AutomationCommand | None) -> str:
    """What became of the automation's flags."""
    if command is None:
        return ""
    lines = ["", *_wrapped(f"Carried over: {' '.join(command.carried) or 'nothing'}", indent="")]
    if command.not_carried:
        lines.append("Not carried over:")
        lines += [line for flag, why in command.not_carried for line in _wrapped(f"{flag}: {why}", indent="  ")]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        80,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
