"""`compare`: the last build's results beside those of published rounds, of other tables, of earlier builds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from doit.exceptions import InvalidCommand

from rules.commands.options import OptionsCommand, option


class Compare(OptionsCommand):
    """Reads both sides and prints; writes the file that it is asked for and nothing else."""

    name = "compare"
    doc_purpose = "compare the last build with published results or an earlier build"
    doc_usage = "--with PATH_OR_CSV [--build DIR] [--all] [--json] [--output FILE]"
    doc_description = (
        "Each result beside those of the same benchmark, scenario and division on the same system, else with the same"
        " accelerator. Theirs are a results repository, a summary.csv (ours or the official checker's), or the folder"
        " of a build; they are not judged. The exit status is 0 if anything can be compared, 1 if nothing, 3 if"
        " one side can't be read."
    )
    cmd_options: ClassVar[tuple[dict[str, Any], ...]] = (
        option(
            "with",
            "what to compare with; may be given several times. Default: `compare_with` in submission.yaml",
            type=list,
            default=[],
        ),
        option("build", "the folder of the build to compare. Default: the output folder of submission.yaml"),
        option("all", "show every match and not the first three of each result", type=bool, default=False),
        option("json", "all of it as JSON", type=bool, default=False),
        option("output", "write it to this file"),
    )

    def execute(self, opt_values: dict[str, Any], pos_args: list[str]) -> int:
        # Imported here: doit imports every command at each start, and only this one needs all that.
        from rules.commands.outputs import expect_elsewhere
        from rules.engine.output import show_any_text
        from rules.errors import UserError
        from rules.published import read_build, read_results
        from rules.reports.comparison import compare, comparison_report, format_comparison
        from rules.steps.files import json_bytes, write_file

        if pos_args:
            raise InvalidCommand(f"compare takes no arguments ({' '.join(pos_args)}); use --with PATH_OR_CSV")
        try:
            build, sources = _sides(opt_values)
            ours = read_build(build)
            comparisons = [compare(ours, read_results(source)) for source in sources]
            if opt_values["json"]:
                text = json_bytes(comparison_report(comparisons)).decode()
            else:
                text = "\n".join(format_comparison(each, whole=opt_values["all"]) for each in comparisons)
            if opt_values["output"]:
                expect_elsewhere(Path(opt_values["output"]))
                write_file(Path(opt_values["output"]), text.encode(errors="backslashreplace"))
        except UserError as error:
            raise InvalidCommand(str(error)) from None
        except OSError as problem:
            # A file that can't be put in its place has that as its second name.
            name = problem.filename2 or problem.filename
            raise InvalidCommand(f"{name}: {problem.strerror or problem}") from None
        if not opt_values["output"]:
            show_any_text()
            sys.stdout.write(text)
        return 0 if any(each.matched for each in comparisons) else 1


def _sides(options: dict[str, Any]) -> tuple[Path, tuple[Path, ...]]:
    """The folder of our build, and what to compare it with: as the command line says, else submission.yaml."""
    from rules.config.loader import load_submission
    from rules.tasks.workspace import DECLARATION

    build, sources = options["build"], tuple(map(Path, options["with"]))
    if build and sources:
        return Path(build), sources
    submission = load_submission(DECLARATION)
    sources = sources or submission.compare_with
    if not sources:
        raise InvalidCommand(
            "compare needs --with, or compare_with in submission.yaml; for example:"
            " compare --with ../inference_results_v5.1"
        )
    return Path(build) if build else submission.output, sources
