"""A declaration against `schema.json`: each violation as a sentence that says how to mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rules.config.document import Document, KeyPath, Place, Problem, dotted, parse_scalar

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA_FILE = Path(__file__).with_name("schema.json")
_COMMAND_LINE = "command line"
_WORDS = {"string": "text", "object": "a mapping", "array": "a list", "boolean": "true, false"}
#: Longer texts are cut in messages.
_LONGEST = 60


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of `submission.yaml`, which editors read as well."""
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def unfit_folder_name(name: str) -> str | None:
    """What a submitter or system must be called instead; None for a name that will do."""
    rule = schema()["$defs"]["folder"]
    return None if re.search(rule["pattern"], name) else str(rule["patternErrorMessage"])


class Declaration:
    """A document with the command line's overrides laid over it; words the problems of either."""

    def __init__(self, document: Document, overrides: Mapping[str, str]) -> None:
        known = schema()["properties"]
        taken = {key: text for key, text in overrides.items() if key in known}
        #: What the command line names that no `submission.yaml` may hold.
        self.unknown_overrides = tuple(key for key in overrides if key not in known)
        places = {path: place for path, place in document.places.items() if not path or path[0] not in taken}
        places.update({(key,): Place(0, text) for key, text in taken.items()})
        self.document = replace(document, places=places)
        self.values: dict[str, Any] = dict(document.value)
        for key, text in taken.items():
            # Only a switch needs YAML's reading; `submitter=2024` means the text.
            self.values[key] = parse_scalar(text) if known[key].get("type") == "boolean" else text
        self._taken = frozenset(taken)

    def line(self, path: KeyPath) -> int | None:
        """The line of a key in the file; None if the command line set it."""
        return None if path[0] in self._taken else self.document.line(path)

    def problem(self, path: KeyPath, text: str) -> Problem:
        """A problem at a key, named with file and line, or as of the command line."""
        if path and path[0] in self._taken:
            return Problem(0, f"{_COMMAND_LINE}: {dotted(path)}: {text}")
        line = self.document.line(path)
        return Problem(line, f"{self.document.name}:{line}: {dotted(path)}: {text}")

    def found(self, path: KeyPath, value: Any) -> str:
        """A value as messages name it: as written, and what YAML made of it where that surprises."""
        if isinstance(value, str):
            return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
        if value is None:
            return "nothing"
        if isinstance(value, (dict, list)):
            return "a mapping" if isinstance(value, dict) else "a list"
        read = str(value).lower()
        written = self.document.places[path].text if path in self.document.places else read
        if not isinstance(value, bool) or written.lower() == read:
            return written[:_LONGEST]
        return f"{written} (in YAML: {read})"


def schema_problems(declaration: Declaration) -> list[Problem]:
    """Every violation of the schema, and every override that it doesn't know."""
    # Takes as long to import as all else that the tool does at start-up.
    from jsonschema.validators import Draft202012Validator

    problems = [
        Problem(0, f"{_COMMAND_LINE}: {key}: unknown key{_nearest(key, schema()['properties'], cutoff=0.6)}")
        for key in declaration.unknown_overrides
    ]
    for error in Draft202012Validator(schema()).iter_errors(declaration.values):
        problems.extend(_describe(declaration, error))
    return problems


def not_allowed(declaration: Declaration, path: KeyPath, value: Any, allowed: Sequence[str]) -> Problem:
    """A value that is none of those allowed, with the nearest of them."""
    text = f"found {declaration.found(path, value)}; allowed: {', '.join(allowed)}"
    nearest = "" if isinstance(value, (dict, list)) else _nearest(str(value), allowed, cutoff=0.5)
    return declaration.problem(path, text + nearest)


def _describe(declaration: Declaration, error: ValidationError) -> Iterator[Problem]:
    path: KeyPath = tuple(error.absolute_path)
    value = cast("Any", error.instance)
    rule = cast("dict[str, Any]", error.schema)  # never a bare true or false in this schema
    if "propertyNames" in error.absolute_schema_path:
        yield declaration.problem((*path, value), f"found the name {value!r}; allowed: {_allowed(rule)}")
    elif error.validator == "additionalProperties":
        for key in (key for key in value if key not in rule["properties"]):
            hint = _renamed(key, rule["properties"]) or _nearest(key, rule["properties"], cutoff=0.6)
            yield declaration.problem((*path, key), f"unknown key{hint}")
    elif error.validator == "required":
        # One error for each missing key, which only its prose names; the set of problems is the same.
        for key in (key for key in rule["required"] if key not in value):
            example = rule["properties"][key]["examples"][0]
            yield declaration.problem((*path, key), f"missing; write for example '{key}: {example}'")
    elif error.validator == "enum":
        yield not_allowed(declaration, path, value, rule["enum"])
    else:
        hint = "; put it in quotes" if isinstance(value, (bool, int, float)) and "string" in _types(rule) else ""
        yield declaration.problem(path, f"found {declaration.found(path, value)}; allowed: {_allowed(rule)}{hint}")


def _types(rule: Mapping[str, Any]) -> list[str]:
    types = rule["type"]
    return [types] if isinstance(types, str) else list(types)


def _allowed(rule: Mapping[str, Any]) -> str:
    words = {**_WORDS, "string": rule.get("patternErrorMessage", _WORDS["string"])}
    return " or ".join(words[name] for name in _types(rule) if name in words)


def _renamed(word: str, known: Mapping[str, Any]) -> str:
    """`; it is named … here` for a word of the MLCommons automation's, else nothing."""
    name = next((name for name, rule in known.items() if rule.get("x-automation") == word), None)
    return f"; it is named {name!r} here" if name else ""


def _nearest(word: str, known: Iterable[str], *, cutoff: float) -> str:
    """`; did you mean '…'?`, or nothing if no known word is near; letter case doesn't count."""
    spelled = {name.casefold(): name for name in known}
    nearest = get_close_matches(word.casefold(), spelled, n=1, cutoff=cutoff)
    return f"; did you mean {spelled[nearest[0]]!r}?" if nearest else ""
