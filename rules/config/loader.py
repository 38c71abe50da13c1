"""`submission.yaml` -> `Submission`. Reads that file and the descriptions it names; judges no results."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rules.config.document import Document, KeyPath, Problem, read_document
from rules.config.model import Preprocess, ResultsRoot, Submission, SystemDeclaration
from rules.config.validation import Declaration, not_allowed, schema_problems
from rules.domain import Category, Division
from rules.errors import ConfigError
from rules.rounds import available_rounds

_CLOSED_OPEN = "closed-open"
_DEFAULT_OUTPUT = "build"
_DEFAULT_ARCHIVE = "submission.tar.gz"


def load_submission(path: Path, overrides: Mapping[str, str] | None = None) -> Submission:
    """The declaration in `path`, with top-level keys replaced by `overrides` (`division=open`).

    Paths in the result are relative to the current folder where the file lies in it, so that
    what is derived from them survives a move of the workspace. Raises ConfigError that lists
    everything wrong with the file, each with its line.
    """
    path = _as_in_workspace(path)
    declaration = Declaration(_read_mapping(path), overrides or {})
    problems = [*declaration.document.problems, *schema_problems(declaration)]
    problems = _with_round_problem(declaration, problems)
    descriptions = {}
    for name, file in _description_files(declaration):
        try:
            descriptions[name] = _read_description(path.parent / file)
        except ConfigError as problem:
            problems.append(declaration.problem(("systems", name, "description"), str(problem)))
    if problems:
        raise ConfigError("\n".join(problem.text for problem in sorted(set(problems))))
    return _submission(declaration, path, descriptions)


def _as_in_workspace(path: Path) -> Path:
    return Path(path.name) if path.is_absolute() and path.parent == Path.cwd() else path


def _read_mapping(path: Path) -> Document:
    try:
        document = read_document(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; {_how_to_start()}") from None
    if document.value is None:
        raise ConfigError(f"{path}: the file is empty; {_how_to_start()}")
    if not isinstance(document.value, dict):
        found = "a list" if isinstance(document.value, list) else "a single value"
        raise ConfigError(f"{path}:{document.line(())}: found {found}; allowed: a mapping; {_how_to_start()}")
    return document


def _how_to_start() -> str:
    return (
        "a workspace starts with a submission.yaml that says at least:\n\n"
        f"    round: {available_rounds()[-1]}\n"
        "    submitter: YourOrganisation\n"
        "    results: results\n\n"
        "`doit init --results DIR` writes one from the results in DIR."
    )


def _with_round_problem(declaration: Declaration, problems: list[Problem]) -> list[Problem]:
    """The rounds that there are say more of a wrong round than the schema's pattern can."""
    value = declaration.values.get("round")
    if value is None or value in available_rounds():
        return problems
    by_schema = declaration.problem(("round",), "found ").text
    kept = [problem for problem in problems if not problem.text.startswith(by_schema)]
    return [*kept, not_allowed(declaration, ("round",), value, available_rounds())]


def _description_files(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """System name and description file, of what may not be valid yet."""
    systems = declaration.values.get("systems")
    for name, system in systems.items() if isinstance(systems, dict) else ():
        file = system.get("description") if isinstance(system, dict) else None
        if file and isinstance(file, str):
            yield name, file


def _read_description(path: Path) -> dict[str, Any]:
    try:
        document = read_document(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    if document.problems:
        raise ConfigError("; ".join(problem.text for problem in document.problems))
    if not isinstance(document.value, dict):
        found = "nothing" if document.value is None else "a list" if isinstance(document.value, list) else "one value"
        raise ConfigError(f"{path}: found {found}; allowed: a mapping")
    return document.value


def _submission(declaration: Declaration, path: Path, descriptions: Mapping[str, dict[str, Any]]) -> Submission:
    values, base = declaration.values, path.parent
    division, also_open = _division(values.get("division", Division.CLOSED.value))
    systems = values.get("systems") or {}
    return Submission(
        round=values["round"],
        submitter=values["submitter"],
        division=division,
        also_open=also_open,
        category=Category.parse(values.get("category")),
        results=tuple(_roots(declaration, base)),
        systems={
            name: _system(declaration, name, fields or {}, base, descriptions.get(name))
            for name, fields in systems.items()
        },
        output=base / values.get("output", _DEFAULT_OUTPUT),
        implementation={name: base / code for name, code in (values.get("implementation") or {}).items()},
        calibration=_path(base, values.get("calibration")),
        preprocess=Preprocess(**(values.get("preprocess") or {})),
        archive=(values.get("tar") or {}).get("name", _DEFAULT_ARCHIVE),
        final=values.get("final", False),
        source=path,
    )


def _division(text: str) -> tuple[Division, bool]:
    """The division, and whether the open division is planned beside it."""
    return (Division.CLOSED, True) if text == _CLOSED_OPEN else (Division(text), False)


def _path(base: Path, text: str | None) -> Path | None:
    return None if text is None else base / text


def _roots(declaration: Declaration, base: Path) -> Iterator[ResultsRoot]:
    values = declaration.values
    results = values["results"]
    for index, entry in enumerate([results] if isinstance(results, str) else results):
        place: KeyPath = ("results",) if isinstance(results, str) else ("results", index)
        fields = {"path": entry} if isinstance(entry, str) else entry
        division, also_open = _division(fields.get("division") or values.get("division", Division.CLOSED.value))
        for path in _folders(base, fields["path"]):
            yield ResultsRoot(
                path=path,
                division=division,
                category=Category.parse(fields.get("category", values.get("category"))),
                line=declaration.line(place),
                also_open=also_open,
            )


def _folders(base: Path, pattern: str) -> list[Path]:
    """The folders that a pattern matches, sorted; the pattern itself if it is no pattern or matches none."""
    # os.path and not pathlib, whose tests raise for names that are too long, and whose glob
    # neither takes absolute patterns nor skips hidden folders.
    if not glob.has_magic(pattern) or os.path.exists(base / pattern):  # noqa: PTH110
        return [base / pattern]
    try:
        matches = sorted(glob.glob(pattern, root_dir=base, recursive=True))  # noqa: PTH207
    except (OSError, ValueError, re.error):  # re.error: [z-a], before Python 3.12
        matches = []
    folders = [base / match for match in matches if os.path.isdir(base / match)]  # noqa: PTH112
    return folders or [base / pattern]


def _system(
    declaration: Declaration, name: str, fields: dict[str, Any], base: Path, from_file: dict[str, Any] | None
) -> SystemDeclaration:
    division, also_open = _division(fields["division"]) if "division" in fields else (None, False)
    description = fields.get("description", {})
    return SystemDeclaration(
        name=name,
        results=_path(base, fields.get("results")),
        division=division,
        also_open=also_open,
        category=Category.parse(fields.get("category")),
        status=fields.get("status"),
        description=description if from_file is None else from_file,
        description_file=base / description if isinstance(description, str) else None,
        hw_name=fields.get("hw_name"),
        hw_notes_extra=fields.get("hw_notes_extra"),
        sw_notes_extra=fields.get("sw_notes_extra"),
        model_mapping=fields.get("model_mapping") or {},
        line=declaration.line(("systems", name)),
    )
