"""`submission.yaml` -> `Submission`. Reads that file and the descriptions it names; judges no results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rules.config.document import Document, KeyPath, Problem, read_document
from rules.config.model import DEFAULT_OUTPUT, Preprocess, ResultsRoot, Submission, SystemDeclaration
from rules.config.patterns import matching_folders
from rules.config.validation import Declaration, not_allowed, schema_problems
from rules.describe.description import description_fields
from rules.domain import Category, Division
from rules.errors import ConfigError, UserError
from rules.rounds import available_rounds

_CLOSED_OPEN = "closed-open"
_DEFAULT_ARCHIVE = "submission.tar.gz"
#: Keys of a system that hold description fields, or name a file of them.
_DESCRIPTIONS = ("description", "detected")
#: What a system has for itself alone.
_NOT_INHERITED = ("results", "division", "nameplate_power", "private_id")


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
    problems += _extension_problems(declaration)
    files: dict[tuple[str, str], dict[str, Any]] = {}
    for name, key, file in _description_files(declaration):
        try:
            files[name, key] = read_description(path.parent / file)
        except ConfigError as problem:
            problems.append(declaration.problem(("systems", name, key), str(problem)))
    if problems:
        raise ConfigError("\n".join(problem.text for problem in sorted(set(problems))))
    return _submission(declaration, path, files)


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


def _systems(declaration: Declaration) -> dict[str, dict[str, Any]]:
    """What is said of each system, of what may not be valid yet."""
    systems = declaration.values.get("systems")
    named = systems.items() if isinstance(systems, dict) else ()
    return {name: said if isinstance(said, dict) else {} for name, said in named}


def _description_files(declaration: Declaration) -> Iterator[tuple[str, str, str]]:
    """System name, key and file, for each file of description fields."""
    for name, said in _systems(declaration).items():
        for key in _DESCRIPTIONS:
            file = said.get(key)
            if file and isinstance(file, str):
                yield name, key, file


def read_description(path: Path) -> dict[str, Any]:
    """The description fields in a file. Raises ConfigError."""
    try:
        document = read_document(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    if document.problems:
        raise ConfigError("; ".join(problem.text for problem in document.problems))
    try:
        return description_fields(document.value)
    except UserError as problem:
        raise ConfigError(f"{path}: {problem}") from None


def _extension_problems(declaration: Declaration) -> Iterator[Problem]:
    """Systems that extend one that isn't there, or that extend each other."""
    systems = _systems(declaration)
    for name, said in systems.items():
        base = said.get("extends")
        place: KeyPath = ("systems", name, "extends")
        if not isinstance(base, str):
            continue
        if base not in systems:
            yield not_allowed(declaration, place, base, [each for each in systems if each != name])
            continue
        chain = [name]
        while isinstance(base, str) and base in systems and base not in chain:
            chain.append(base)
            base = systems[base].get("extends")
        if base == name:
            yield declaration.problem(place, f"systems extend each other in a circle: {', '.join(chain)}; take one out")


def _extended(systems: Mapping[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """What is said of a system, with what those that it extends say where it is silent."""
    own = systems[name]
    if "extends" not in own:
        return own
    base = {key: value for key, value in _extended(systems, own["extends"]).items() if key not in _NOT_INHERITED}
    joined = {key: {**base[key], **own[key]} for key in _DESCRIPTIONS if key in base and key in own}
    return {**base, **own, **joined}


def _submission(declaration: Declaration, path: Path, files: Mapping[tuple[str, str], dict[str, Any]]) -> Submission:
    values, base = declaration.values, path.parent
    division, also_open = _division(values.get("division", Division.CLOSED.value))
    systems = {
        name: {**said, **{key: files.get((name, key), said[key]) or {} for key in _DESCRIPTIONS if key in said}}
        for name, said in _systems(declaration).items()
    }
    bases = {said.get("extends") for said in systems.values()}
    matches = {path: tuple(matching_folders(base, path)) for path in _result_paths(values["results"])}
    return Submission(
        round=values["round"],
        submitter=values["submitter"],
        division=division,
        also_open=also_open,
        category=Category.parse(values.get("category")),
        results=tuple(_roots(declaration, matches)),
        systems={
            name: replace(_system(declaration, name, _extended(systems, name), base), is_extended=name in bases)
            for name in systems
        },
        output=base / values.get("output", DEFAULT_OUTPUT),
        implementation={name: base / code for name, code in (values.get("implementation") or {}).items()},
        calibration=_path(base, values.get("calibration")),
        power_documents={stem: base / file for stem, file in (values.get("power") or {}).items()},
        preprocess=Preprocess(**(values.get("preprocess") or {})),
        archive=(values.get("tar") or {}).get("name", _DEFAULT_ARCHIVE),
        final=values.get("final", False),
        source=path,
        compare_with=tuple(base / path for path in _listed(values.get("compare_with"))),
        matches=matches,
    )


def _division(text: str) -> tuple[Division, bool]:
    """The division, and whether the open division is planned beside it."""
    return (Division.CLOSED, True) if text == _CLOSED_OPEN else (Division(text), False)


def _path(base: Path, text: str | None) -> Path | None:
    return None if text is None else base / text


def _listed(value: str | list[str] | None) -> list[str]:
    """A text, or a list of texts, as the list."""
    return [value] if isinstance(value, str) else value or []


def _roots(declaration: Declaration, matches: Mapping[str, Iterable[Path]]) -> Iterator[ResultsRoot]:
    values = declaration.values
    results = values["results"]
    for index, entry in enumerate([results] if isinstance(results, str) else results):
        place: KeyPath = ("results",) if isinstance(results, str) else ("results", index)
        fields = {"path": entry} if isinstance(entry, str) else entry
        division, also_open = _division(fields.get("division") or values.get("division", Division.CLOSED.value))
        for path in matches[fields["path"]]:
            yield ResultsRoot(
                path=path,
                division=division,
                category=Category.parse(fields.get("category", values.get("category"))),
                line=declaration.line(place),
                also_open=also_open,
            )


def _result_paths(results: Any) -> Iterator[str]:
    for entry in [results] if isinstance(results, str) else results:
        yield entry if isinstance(entry, str) else entry["path"]


def _system(declaration: Declaration, name: str, fields: dict[str, Any], base: Path) -> SystemDeclaration:
    """A system by its fields, the content of files in the place of their names."""
    division, also_open = _division(fields["division"]) if "division" in fields else (None, False)
    files = {key: base / file for system, key, file in _description_files(declaration) if system == name}
    return SystemDeclaration(
        name=name,
        results=_path(base, fields.get("results")),
        division=division,
        also_open=also_open,
        category=Category.parse(fields.get("category")),
        status=fields.get("status"),
        description=fields.get("description", {}),
        description_file=files.get("description"),
        detected=fields.get("detected", {}),
        detected_file=files.get("detected"),
        hw_name=fields.get("hw_name"),
        hw_notes_extra=fields.get("hw_notes_extra"),
        sw_notes_extra=fields.get("sw_notes_extra"),
        model_mapping=fields.get("model_mapping") or {},
        nameplate_power=_path(base, fields.get("nameplate_power")),
        private_id=fields.get("private_id"),
        line=declaration.line(("systems", name)),
    )
