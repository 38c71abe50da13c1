"""A survey -> the text of submission.yaml, which builds as it is; and the list of what is still to fill in. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from rules.config.validation import unfit_folder_name
from rules.domain import Division
from rules.fields import hint
from rules.starter.survey import FoundSystem, Survey
from rules.yaml_text import yaml_scalar

_WIDTH = 100
#: What marks a line that the user has to write.
TO_FILL_IN = "To fill in"
#: Findings that are listed on the terminal.
_MOST_FINDINGS = 5
_PREPROCESS = {
    "infer_scenarios": "Infer scenarios that weren't run, where the rules allow it.",
    "copy_down_accuracy_variants": "Let a result at the higher accuracy target stand for the lower one too.",
    "move_failed_to_open": "Submit results that fail only what closed asks to open.",
    "drop_failed": "Leave results that fail out of the submission.",
}


def format_declaration(survey: Survey) -> str:
    """submission.yaml with comments."""
    wishes = survey.wishes
    lines = [
        *_comment(
            f'Written by `mlperf-dodo init`. `mlperf-dodo` builds the submission that it declares; "{TO_FILL_IN}" marks'
            " what only you can say. The keys that there are: submission.yaml of mlperf-dodo's own repository."
        ),
        "",
        *_comment(survey.round_reason),
        f"round: {survey.round.name}",
        "",
        *_submitter(survey),
        "",
        f"division: {survey.division}",
        "",
        "results:",
        *_roots(survey),
        "",
        "systems:",
        *(line for system in survey.systems for line in _system(system, survey)),
        "",
    ]
    if wishes.output:
        lines += [f"output: {yaml_scalar(wishes.output)}", ""]
    lines += [*_documents(survey), *_power(survey), *_preprocess(survey)]
    if wishes.archive:
        lines += ["tar:", f"  name: {yaml_scalar(wishes.archive)}", ""]
    lines += [*_comment("true for the upload: what you still have to write yourself is then an error."), "final: false"]
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str = "") -> list[str]:
    first = f"{indent}# "
    return textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent=first, subsequent_indent=first)


def _submitter(survey: Survey) -> Iterator[str]:
    if survey.needs_submitter:
        named = f" The descriptions name {', '.join(survey.other_submitters)}." if survey.other_submitters else ""
        yield from _comment(f"{TO_FILL_IN}: your organisation, spelled as its folder in the submission.{named}")
    yield f"submitter: {yaml_scalar(survey.submitter)}"


def _roots(survey: Survey) -> Iterator[str]:
    for path, division in survey.roots:
        yield f"  - path: {_path(path)}"
        if division:
            yield f"    division: {division}"


def _path(path: Path) -> str:
    """A path as text that no pattern is read from."""
    return yaml_scalar(str(path))


def _system(system: FoundSystem, survey: Survey) -> Iterator[str]:
    for division, models in system.models.items():
        runs = ", ".join(f"{model} ({', '.join(scenarios)})" for model, scenarios in models.items())
        yield from _comment(f"{division}: {runs or 'no runs'}", "  ")
    allowed = unfit_folder_name(system.name)
    if allowed:
        yield from _comment(f"{TO_FILL_IN}: {system.name}: rename the folder; allowed: {allowed}", "  ")
        return
    yield f"  {yaml_scalar(system.name)}:"
    for key, value in system.declared.items():
        if isinstance(value, dict):
            yield f"    {key}:"
            yield from (f"      {yaml_scalar(name)}: {yaml_scalar(each)}" for name, each in value.items())
        else:
            yield f"    {key}: {yaml_scalar(value)}"
    if system.unmapped:
        yield from _comment(f"{TO_FILL_IN}: which benchmark of {survey.round.name} each model stands for", "    ")
        yield "#    model_mapping:"
        for model, nearest in system.unmapped.items():
            yield f"#      {yaml_scalar(model)}:{f' {nearest}' if nearest else ''}"
    if system.unknown:
        names = ", ".join(system.unknown)
        yield from _comment(
            f"{TO_FILL_IN}: {names} is no benchmark of {survey.round.name}; `division: open` takes it, with"
            " `model_mapping`",
            "    ",
        )
    if system.to_fill_in:
        yield from _comment(f"{TO_FILL_IN}: what nothing says of this system yet", "    ")
        yield "#    description:"
        for name in system.to_fill_in:
            yield from _comment(hint(name), "      ")
            yield f"#      {name}:"
    if system.has_power and survey.round.nameplate_power and not system.has_nameplate:
        yield from _comment(f"{TO_FILL_IN}: the list of its power supplies", "    ")
        yield f"#    nameplate_power: {yaml_scalar(f'{system.name}_power.yaml')}"


def _documents(survey: Survey) -> Iterator[str]:
    yield from _comment(
        f"{TO_FILL_IN}: the code of each benchmark's implementation with its README, a file or folder; '*' is for all"
        " that aren't named. Until then a generated README says that there is none."
    )
    yield "#implementation:"
    models = (model for system in survey.systems for each in system.models.values() for model in each)
    for model in dict.fromkeys(models):
        yield f"#  {yaml_scalar(model)}: {yaml_scalar(f'code/{model}')}"
    yield ""
    yield from _comment(
        f"{TO_FILL_IN}: the document on how calibration and quantization were done. Until then a generated file says"
        " that there is none."
    )
    yield "#calibration: calibration.md"
    yield ""


def _power(survey: Survey) -> Iterator[str]:
    if survey.wishes.power:
        yield "power:"
        yield from (f"  {stem}: {yaml_scalar(path)}" for stem, path in survey.wishes.power.items())
        yield ""
    elif any(system.has_power for system in survey.systems):
        yield from _comment("For runs with power whose folder has none of its own.")
        yield from ("#power:", "#  analyzer_table: analyzer_table.md", "#  power_settings: power_settings.md", "")


def _preprocess(survey: Survey) -> Iterator[str]:
    """All switches, with those that are wished for set."""
    off = survey.wishes.preprocess
    yield from _comment("What may be done to complete the submission.")
    yield "preprocess:" if off else "#preprocess:"
    for name, what in _PREPROCESS.items():
        yield from _comment(what, "  ")
        yield f"  {name}: {yaml_scalar(off[name])}" if name in off else f"#  {name}: true"
    yield ""


def still_to_fill_in(survey: Survey) -> list[str]:
    """What the user has to write, a line each, by the key in submission.yaml."""
    lines = []
    if survey.round_reason.startswith(TO_FILL_IN):
        lines.append("round")
    if survey.needs_submitter:
        lines.append("submitter")
    for system in survey.systems:
        place = f"systems.{system.name}"
        if unfit_folder_name(system.name):
            lines.append(f"{place}: rename the folder")
            continue
        lines += [f"{place}.model_mapping.{model}" for model in system.unmapped]
        lines += [f"{place}: {model} is no benchmark of {survey.round.name}" for model in system.unknown]
        if system.to_fill_in:
            lines.append(f"{place}.description: {', '.join(system.to_fill_in)}")
        if system.has_power and survey.round.nameplate_power and not system.has_nameplate:
            lines.append(f"{place}.nameplate_power")
    return [*lines, "implementation", "calibration"]


def format_outcome(path: Path, survey: Survey) -> str:
    """What `init` says when it is done. Fits 80 columns."""
    divisions = [division for system in survey.systems for division in system.models]
    parts = [f"{_counted(divisions.count(each), 'system')} in {each}" for each in Division if each in divisions]
    lines = [
        f"Wrote {path}: {_counted(survey.runs, 'run')} of {', '.join(parts)}; round {survey.round.name}.",
        "",
        f'Still to fill in, marked "{TO_FILL_IN}" there:',
        *_wrapped(still_to_fill_in(survey)),
    ]
    if survey.findings:
        shown = [f"{found.place}: {found.message}" for found in survey.findings[:_MOST_FINDINGS]]
        lines += ["", "Found in the results folders, and said again by every build:", *_wrapped(shown)]
        if len(survey.findings) > len(shown):
            lines.append(f"  … and {len(survey.findings) - len(shown)} more")
    if survey.leaves_detected_out:
        lines += ["", f"{survey.wishes.detected} is not used: every system has a description of its own."]
    return "\n".join([*lines, "", "It builds as it is: mlperf-dodo"]) + "\n"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(
            line, 80, initial_indent="  ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False
        )
