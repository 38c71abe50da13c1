"""`describe`: the machine that it runs on, as a system description."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand, option

_FORMATS = ("yaml", "json")


class Describe(OptionsCommand):
    """Runs tools and reads files of the system; writes the file that it is asked for and nothing else."""

    name = "describe"
    doc_purpose = "describe the machine that this runs on, as far as it tells"
    doc_usage = "[--output FILE] [--format yaml|json] [--round ROUND] [--sysinfo FILE]"
    doc_description = (
        "Prints the fields of a system description with where each was found, and lists what is still to fill in."
        " Nothing is guessed. Root sees more: the memory modules, for one."
    )
    cmd_options: ClassVar[tuple[dict[str, Any], ...]] = (
        option("output", "write it to this file, which must not be there yet"),
        option("format", "yaml (with comments) or json; default: by the file's ending, else yaml"),
        option("round", "the round whose fields are asked for; default: the latest"),
        option("sysinfo", "take the JSON of mlperf-sysinfo, and not this machine"),
    )

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        from rules.commands.outputs import expect_elsewhere
        from rules.describe.description import format_json, format_yaml
        from rules.engine.output import show_any_text
        from rules.errors import UserError
        from rules.rounds import available_rounds, load_round
        from rules.steps.files import write_new_file

        show_any_text()
        if pos_args:
            raise InvalidCommand(f"describe takes no arguments ({' '.join(pos_args)}); use --output FILE")
        output = opt_values["output"]
        format_ = opt_values["format"] or ("json" if output.lower().endswith(".json") else "yaml")
        if format_ not in _FORMATS:
            raise InvalidCommand(f"--format {format_}: allowed: {', '.join(_FORMATS)}")
        try:
            round_ = load_round(opt_values["round"] or available_rounds()[-1])
            described = _described(round_, opt_values["sysinfo"])
            text = format_json(described) if format_ == "json" else format_yaml(described)
            if not output:
                sys.stdout.write(text)
                return 0
            expect_elsewhere(Path(output))
            write_new_file(Path(output), text)
        except UserError as error:
            raise InvalidCommand(str(error)) from None
        except OSError as problem:
            where = problem.filename or output or "standard output"
            raise InvalidCommand(f"{where}: {problem.strerror or problem}") from None
        sys.stdout.write(_outcome(output, described))
        return 0


def _described(round_: Any, sysinfo: str) -> Any:
    from rules.describe.description import Described, remarks_of
    from rules.describe.detect import detect, untold_accelerators
    from rules.describe.machine import Machine
    from rules.describe.sysinfo import is_sysinfo, sysinfo_facts
    from rules.errors import UserError

    if sysinfo:
        data = _read(Path(sysinfo))
        if not is_sysinfo(data):
            raise UserError(f"{sysinfo}: no capture of mlperf-sysinfo")
        try:
            return Described(round_, sysinfo_facts(data))
        except UserError as problem:
            raise UserError(f"{sysinfo}: {problem}") from None
    machine = Machine()
    facts = detect(machine)
    return Described(round_, facts, remarks_of(facts, machine.failures, untold_accelerators(machine)))


def _read(path: Path) -> Any:
    from rules.config.document import read_document
    from rules.errors import UserError

    try:
        return read_document(path).value
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None


def _outcome(output: str, described: Any) -> str:
    import textwrap

    lines = [f"Wrote {output}: {len(described.fields)} fields."]
    if described.to_fill_in:
        lines.append("Still to fill in, in that file or in submission.yaml:")
        lines += textwrap.wrap(", ".join(described.to_fill_in), 78, initial_indent="  ", subsequent_indent="  ")
    lines += [line for remark in described.remarks for line in textwrap.wrap(remark, 80)]
    return "\n".join(lines) + "\n"
