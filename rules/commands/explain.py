"""`explain`: a rule by its code: what it finds, why it is there, how to mend it, and where it comes from."""

from __future__ import annotations

import sys
from typing import Any

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand


class Explain(OptionsCommand):
    """Prints from the catalogue; needs no workspace."""

    name = "explain"
    doc_purpose = "what a finding's code means, and how to mend it"
    doc_usage = "[CODE ...]"
    doc_description = (
        "A code may be cut short: ACC explains all rules of the accuracy run. Without one, all are listed."
    )

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        from rules.reports.catalogue import format_list, format_rule, matching

        if not pos_args:
            sys.stdout.write(format_list())
            return 0
        for code in pos_args:
            found, nearest = matching(code)
            if not found:
                hint = f"; did you mean {nearest}?" if nearest else ""
                raise InvalidCommand(f"explain: no rule has the code {code}{hint}")
            sys.stdout.write("\n".join(map(format_rule, found)))
        return 0
