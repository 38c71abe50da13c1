"""`verify`: check a finished tree or archive, ours or anyone's."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any, ClassVar

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand, option

#: The official checker's switches that have an effect there -> the rules that they switch off.
_OFFICIAL_SWITCHES = {
    "skip-dataset-size-check": ("ACC-008",),
    "skip-empty-files-check": ("MEAS-002",),
    "skip-meaningful-fields-emptiness-check": ("SYS-011", "MEAS-006"),
    "skip-extra-accuracy-files-check": ("ACC-009", "ACC-018"),
    "skip-power-check": tuple(f"POW-{number:03}" for number in range(3, 100)),
}


class Verify(OptionsCommand):
    """Reads the tree and prints; writes the files that it is asked for and nothing else."""

    name = "verify"
    doc_purpose = "check a finished submission tree or archive"
    doc_usage = "--tree PATH --round ROUND [--profile official|strict] [--csv FILE] [--json FILE]"
    doc_description = (
        "Judges every result of the tree by the round's rules. The exit status is 0 if all pass, 1 if one fails or"
        " the tree has an error, 3 if it can't be checked."
    )
    cmd_options: ClassVar[tuple[dict[str, Any], ...]] = (
        option("tree", "folder that holds closed/, open/ or network/, or an archive of it"),
        option("round", "the round that it is submitted to, for example v6.1"),
        option("profile", "strict: the published rules; official: the verdict of the official checker"),
        option("csv", "write the passing results as the official checker's csv"),
        option("json", "write every result with its findings as JSON"),
        option("submitter", "check this submitter alone"),
        option("skip", "codes of rules to leave out, or beginnings of codes, separated by commas"),
        *(
            option(name, f"as of the official checker: same as --skip {codes[0]}…", type=bool, default=False)
            for name, codes in _OFFICIAL_SWITCHES.items()
        ),
    )

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        # Imported here: doit imports every command at each start, and only this one needs the checks.
        from rules.commands.outputs import expect_elsewhere
        from rules.domain import Division
        from rules.engine.output import show_any_text
        from rules.errors import UserError
        from rules.reports.tables import summary_csv, verified_report, verified_rows
        from rules.reports.text import format_verification
        from rules.rounds import load_round
        from rules.sources import open_tree
        from rules.steps.files import write_file, write_json
        from rules.verification import Profile
        from rules.verify import verify_tree

        # What a tree is made into lives to the end and has no cycles: looking for them took a twentieth of the time.
        gc.freeze()
        gc.set_threshold(100_000)
        if pos_args:
            raise InvalidCommand(f"verify takes no arguments ({' '.join(pos_args)}); use --tree PATH --round ROUND")
        try:
            tree = Path(_required(opt_values, "tree"))
            for name in ("csv", "json"):
                if opt_values[name]:
                    expect_elsewhere(Path(opt_values[name]), *(tree / str(division) for division in Division))
            round_ = load_round(_required(opt_values, "round"))
            verification = verify_tree(
                open_tree(tree),
                tree,
                round_,
                Profile.parse(opt_values["profile"] or Profile.STRICT.value),
                submitter=opt_values["submitter"] or None,
                skipped=_skipped(opt_values),
            )
            if opt_values["csv"]:
                table = summary_csv(round_, verified_rows(verification))
                write_file(Path(opt_values["csv"]), table.encode(errors="backslashreplace"))
            if opt_values["json"]:
                write_json(Path(opt_values["json"]), verified_report(verification))
        except UserError as error:
            raise InvalidCommand(str(error)) from None
        except OSError as problem:
            raise InvalidCommand(f"{problem.filename or tree}: {problem.strerror or problem}") from None
        show_any_text()
        sys.stdout.write(format_verification(verification))
        return 0 if verification.passes else 1


def _required(options: dict[str, Any], name: str) -> str:
    value = options[name]
    if not isinstance(value, str) or not value:
        raise InvalidCommand(f"verify needs --{name}; for example: verify --tree build/submission --round v6.1")
    return value


def _skipped(options: dict[str, Any]) -> tuple[str, ...]:
    said = [code.strip().upper() for code in options["skip"].split(",") if code.strip()]
    from rules.checks.catalogue import RULES
    from rules.errors import UserError

    for code in said:
        if not any(known.startswith(code) for known in RULES):
            raise UserError(f"--skip {code}: no rule has a code that begins so; `explain` lists them")
    return tuple(said) + tuple(code for name, codes in _OFFICIAL_SWITCHES.items() if options[name] for code in codes)
