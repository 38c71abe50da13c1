"""`status`: what the last build made of every result, as a matrix."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand, option

if TYPE_CHECKING:
    from rules.tasks.paths import Paths


class Status(OptionsCommand):
    """Reads what the last build wrote; builds nothing, waits for no build, writes nothing."""

    name = "status"
    doc_purpose = "what the last build made of every result, by system, benchmark and scenario"
    doc_usage = "[--json]"
    doc_description = (
        "Reads the files of the last build in the current folder. The exit status is 0 where there is one, 3 where"
        " there is none."
    )
    cmd_options: ClassVar[tuple[dict[str, Any], ...]] = (option("json", "as JSON", type=bool, default=False),)

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        from rules.engine.output import show_any_text
        from rules.engine.terminal import in_colour
        from rules.reports.status import format_status, status_of
        from rules.steps.files import json_bytes, read_json
        from rules.tasks.outcome import last_outcome

        if pos_args:
            raise InvalidCommand(f"status takes no arguments ({' '.join(pos_args)})")
        paths = _paths()
        plan, findings = read_json(paths.plan), read_json(paths.findings)
        if plan is None or findings is None:
            raise InvalidCommand(f"status: no build yet in {paths.output}; run `{self.bin_name}`")
        try:
            status = status_of(plan, findings, _input_faults())
        except (LookupError, TypeError, ValueError):
            raise InvalidCommand(f"{paths.plan}: not as this program writes it; run `{self.bin_name}`") from None
        is_current, outcome = _is_current(paths), last_outcome(paths)
        show_any_text()
        if opt_values["json"]:
            more = {"is_ready": None if outcome is None else outcome.is_ready, "is_current": is_current}
            sys.stdout.write(json_bytes(status.to_json() | more).decode())
            return 0
        text = f"The last build in {paths.output}, for {status.round}:\n\n{format_status(status, str(paths.plan))}"
        if outcome is not None:
            text += f"\n{outcome.verdict}\n"
        if not is_current:
            text += f"\nSomething may have changed since; `{self.bin_name}` looks into it.\n"
        sys.stdout.write(in_colour(text, sys.stdout))
        return 0


def _paths() -> Paths:
    from rules.config.loader import load_submission
    from rules.errors import UserError
    from rules.tasks.workspace import DECLARATION, paths_of

    try:
        return paths_of(load_submission(DECLARATION, {}))
    except UserError as error:
        raise InvalidCommand(str(error)) from None


def _is_current(paths: Paths) -> bool:
    """Whether a build now would find all as the last one left it, as far as the stats of the files show."""
    from rules.engine.snapshot import Snapshot
    from rules.engine.view import View
    from rules.tasks.shortcut import nothing_changed

    snapshot = Snapshot.load(paths.snapshot)
    return snapshot is not None and nothing_changed(replace(snapshot, is_settled=True), View())


def _input_faults() -> set[str]:
    from rules.checks.catalogue import RULES

    return {code for code, rule in RULES.items() if rule.input_fault}
