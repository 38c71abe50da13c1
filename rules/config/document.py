"""YAML text -> plain values that remember their lines. Knows YAML and nothing of submissions.

Stricter than PyYAML where that guesses: duplicate keys and tags are problems, keys are text as
written, dates stay text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import Reader
from yaml.resolver import Resolver

from rules.errors import ConfigError

#: Keys and list indices from the root of a document to a value.
KeyPath: TypeAlias = "tuple[str | int, ...]"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is optional in PyYAML
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = tuple(_TAG + name for name in ("str", "timestamp", "merge", "value"))
_SCALAR_TAGS = (*_TEXT_TAGS, *(_TAG + name for name in ("null", "bool", "int", "float")))
#: Aliases can make a short text a huge document, or an endless one.
_MOST_VALUES = 100_000
_DEEPEST = 100
#: A parser's complaint -> the usual cause, in words that help.
_HINTS = {
    "mapping values are not allowed": "put text that holds ': ' in quotes, and check the indentation",
    "that cannot start any token": "indent with spaces, not tabs; put text that starts with @, % or ` in quotes",
    "expected alphabetic or numeric character": "put * in quotes: '*'",
    "found undefined alias": "put text that starts with * in quotes",
    "but found another document": "a file holds one document; remove the '---'",
}


@dataclass(frozen=True, order=True)
class Problem:
    """Something to mend in a file. Sorts by line; line 0 is the file, or the command line."""

    line: int
    text: str


@dataclass(frozen=True)
class Place:
    """Where a value stands in its file, and the text it was read from (scalars only)."""

    line: int
    text: str = ""


@dataclass(frozen=True)
class Document:
    """A file's content, where each part of it stands, and what kept parts from being read."""

    name: str
    value: Any
    places: Mapping[KeyPath, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line(self, path: KeyPath) -> int:
        """The line of a key or list entry; for one that isn't there, of what should hold it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path].line if path in self.places else 1


def dotted(path: KeyPath) -> str:
    """A key path as messages spell it: `results[1].division`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(path: Path) -> Document:
    """A JSON file (by its ending) or a YAML file. The value of an empty YAML file is None.

    Raises ConfigError if it can't be read at all, and FileNotFoundError as it is: what a missing
    file means is for the caller to say.
    """
    text = _read_text(path)
    if path.suffix.lower() == ".json":
        return Document(str(path), _parse_json(path, text))
    return parse_yaml(text, str(path))


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise ConfigError(f"{path}: can't be read: {problem.strerror}") from problem
    except ValueError as problem:  # a path that no file system can spell
        raise ConfigError(f"{path}: can't be read: {problem}") from problem
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        # `problem.object` lacks the byte order mark, if there was one; lines are the same.
        line = problem.object.count(b"\n", 0, problem.start) + 1
        byte = problem.object[problem.start]
        raise ConfigError(f"{path}:{line}: byte 0x{byte:02x} is not UTF-8 text; save the file as UTF-8") from None


def _parse_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise ConfigError(f"{path}:{problem.lineno}:{problem.colno}: not valid JSON: {problem.msg}") from None
    except (ValueError, RecursionError) as problem:  # a number of thousands of digits; nesting
        raise ConfigError(f"{path}: not valid JSON: {problem}") from None


def parse_yaml(text: str, name: str) -> Document:
    """The document in a YAML text. Raises ConfigError with line and column on a syntax error."""
    unprintable = Reader.NON_PRINTABLE.search(text)
    if unprintable:
        before = text[: unprintable.start()]
        where = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        raise ConfigError(f"{name}:{where}: not valid YAML: control character {unprintable[0]!r}; remove it")
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as problem:
        raise ConfigError(_syntax_error(name, problem)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:  # ValueError: an escape like "\UFFFFFFFF"
        raise ConfigError(f"{name}: not valid YAML: {' '.join(str(problem).split())}") from None
    if node is None:
        return Document(name, None)
    reading = _Reading(name)
    try:
        value = reading.value(node, ())
    except _TooLargeError as problem:
        raise ConfigError(f"{name}: {problem}; does an alias name itself?") from None
    return Document(name, value, reading.places, tuple(reading.problems))


def parse_scalar(text: str) -> Any:
    """A single value as YAML reads it without quotes: `true` and `yes` are True, `closed` is text."""
    tag = Resolver().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _scalar(yaml.ScalarNode(tag, text))


def _syntax_error(name: str, problem: yaml.MarkedYAMLError) -> str:
    mark = problem.problem_mark or problem.context_mark
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    said = problem.problem or str(problem)
    opened = problem.context_mark
    since = f" ({problem.context}, begun on line {opened.line + 1})" if opened and problem.context else ""
    hint = next((f"; {advice}" for part, advice in _HINTS.items() if part in said), "")
    return f"{where}: not valid YAML: {said}{since}{hint}"


class _TooLargeError(Exception):
    """The document has no end worth waiting for."""


class _Reading:
    """One walk over a document's nodes; gathers places and problems on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self._values = 0
        self._merging = 0

    def value(self, node: yaml.Node, path: KeyPath, line: int | None = None) -> Any:
        """The plain value of a node; `line` is that of its key, which is where a reader looks."""
        line = line or node.start_mark.line + 1
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _TooLargeError(f"more than {_MOST_VALUES} values")
        if len(path) > _DEEPEST:
            raise _TooLargeError(f"more than {_DEEPEST} levels")
        self.places[path] = Place(line, node.value if isinstance(node, yaml.ScalarNode) else "")
        if isinstance(node, yaml.MappingNode):
            if node.tag != f"{_TAG}map":
                self._add_tag(node, path, line)
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            if node.tag != f"{_TAG}seq":
                self._add_tag(node, path, line)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # there is no fourth kind
        if node.tag not in _SCALAR_TAGS:
            self._add_tag(node, path, line)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._add(line, path, "a key that is a list or mapping; keys are text")
                continue
            inside = (*path, key.value)
            if key.tag == f"{_TAG}merge":
                merged = {**self._merged(value, path, line), **merged}
            elif key.value in values:
                first = self.places[inside].line
                self._add(line, inside, f"duplicate key, first on line {first}; keep one of the two")
            else:
                values[key.value] = self.value(value, inside, line)
        return {**merged, **values}

    def _merged(self, node: yaml.Node, path: KeyPath, line: int) -> dict[str, Any]:
        """What `<<` takes over from a mapping or several, the first of which wins; own keys win over all."""
        self._merging += 1
        if self._merging > _DEEPEST:
            raise _TooLargeError(f"more than {_DEEPEST} levels")
        values: dict[str, Any] = {}
        for each in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(each, yaml.MappingNode):
                known = dict(self.places)
                values = {**self.value(each, path, line), **values}
                self.places.update(known)
            else:
                self._add(line, path, "'<<' takes a mapping over, or a list of them; found something else")
        self._merging -= 1
        return values

    def _add_tag(self, node: yaml.Node, path: KeyPath, line: int) -> None:
        self._add(line, path, f"tag {node.tag.replace(_TAG, '!!')!r} is not supported; remove it")

    def _add(self, line: int, path: KeyPath, text: str) -> None:
        key = f"{dotted(path)}: " if path else ""
        self.problems.append(Problem(line, f"{self.name}:{line}: {key}{text}"))


def _scalar(node: yaml.ScalarNode) -> Any:
    """Null, a truth value, a number or text. What a tag promises and the text isn't stays text."""
    text: str = node.value
    if node.tag in _TEXT_TAGS:
        return text
    constructor = SafeConstructor()
    try:
        if node.tag == f"{_TAG}null":
            return None
        if node.tag == f"{_TAG}bool":
            return constructor.construct_yaml_bool(node)
        if node.tag == f"{_TAG}int":
            return constructor.construct_yaml_int(node)
        if node.tag == f"{_TAG}float":
            return constructor.construct_yaml_float(node)
    except (ValueError, LookupError, ArithmeticError):
        pass
    return text
