"""The architecture, held by what imports what: values below, checks pure, doit known in few places."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from support import REPOSITORY

#: Everything may import these; they import nothing of ours but each other.
VALUES = {"domain", "errors", "finding"}
#: What plugs into doit. Nothing else knows it, or them.
KNOW_DOIT = {"engine", "tasks", "commands", "cli"}
#: Functions of values: no disk, no clock, no environment, no output.
PURE = {"checks", "plan", "reports"}

_IMPURE_MODULES = {
    "glob",
    "logging",
    "os",
    "random",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "time",
    "urllib",
}
_IMPURE_FUNCTIONS = {"open", "print", "input", "exec", "eval", "__import__"}
_IMPURE_METHODS = {"absolute", "chmod", "cwd", "exists", "expanduser", "home", "is_dir", "is_file", "iterdir", "mkdir"}
_IMPURE_METHODS |= {"now", "open", "read_bytes", "read_text", "rename", "resolve", "rglob", "rmdir", "stat", "today"}
_IMPURE_METHODS |= {"touch", "unlink", "utcnow", "write_bytes", "write_text"}


@dataclass(frozen=True)
class Module:
    """A module of ours by its dotted name, `rules.checks.power`."""

    name: str
    source: str
    is_package: bool = False

    @property
    def part(self) -> str:
        """What stands right below `rules`: `checks`; '' for `rules` itself."""
        return part_of(self.name)

    def imports(self, *, at_import: bool = False) -> set[str]:
        """Full names of all that it imports, what it takes out of a module included.

        `at_import` leaves out what is only imported for type checkers or within functions.
        """
        found: set[str] = set()
        for node in _nodes(ast.parse(self.source), _is_later if at_import else None):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{self._base(node)}.{alias.name}" for alias in node.names}
        return found

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".")
        package = package[: len(package) - node.level + self.is_package]
        return ".".join([*package, *([node.module] if node.module else [])])

    def impurities(self) -> set[str]:
        """What it uses of the world outside, by name; a part for its use as a program may."""
        found = {name for name in self.imports() if any(is_of(name, impure) for impure in _IMPURE_MODULES)}
        for node in _nodes(ast.parse(self.source), lambda node: _is_if(node, "__name__ == '__main__'")):
            if isinstance(node, ast.Name) and node.id in _IMPURE_FUNCTIONS:
                found.add(node.id)
            if isinstance(node, ast.Attribute) and node.attr in _IMPURE_METHODS:
                found.add(f".{node.attr}")
        return found


def _nodes(node: ast.AST, skip: Callable[[ast.AST], bool] | None) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not (skip and skip(child)):
            yield from _nodes(child, skip)


def _is_later(node: ast.AST) -> bool:
    is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    return is_function or _is_if(node, "TYPE_CHECKING", "typing.TYPE_CHECKING")


def _is_if(node: ast.AST, *tests: str) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in tests


def is_of(name: str, module: str) -> bool:
    """Whether a full name is a module's, or of something in it."""
    return name == module or name.startswith(f"{module}.")


def part_of(name: str) -> str:
    return name.partition(".")[2].partition(".")[0]


def ours(names: set[str]) -> set[str]:
    return {name for name in names if is_of(name, "rules")}


def _module(path: Path) -> Module:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return Module(".".join(parts[:-1] if is_package else parts), path.read_text(encoding="utf-8"), is_package)


MODULES = {module.name: module for module in map(_module, sorted((REPOSITORY / "rules").rglob("*.py")))}


def modules_of(parts: set[str]) -> list[str]:
    return [name for name, module in MODULES.items() if module.part in parts]


class TestArchitecture:
    @pytest.mark.parametrize("name", modules_of(VALUES))
    def test_values_import_only_each_other(self, name: str) -> None:
        assert {part_of(found) for found in ours(MODULES[name].imports())} <= VALUES

    @pytest.mark.parametrize("name", modules_of({"engine"}))
    def test_the_engine_knows_nothing_of_mlperf(self, name: str) -> None:
        assert {part_of(found) for found in ours(MODULES[name].imports())} <= {"engine", "errors", "folders"}

    @pytest.mark.parametrize("name", [name for name in MODULES if name not in modules_of(KNOW_DOIT)])
    def test_the_rest_knows_nothing_of_doit(self, name: str) -> None:
        imports = MODULES[name].imports()
        assert not {found for found in imports if is_of(found, "doit")}
        assert not {found for found in ours(imports) if part_of(found) in KNOW_DOIT}

    @pytest.mark.parametrize("name", modules_of(PURE))
    def test_checks_plan_and_reports_are_pure(self, name: str) -> None:
        assert not MODULES[name].impurities()

    def test_dodo_is_only_a_table_of_contents(self) -> None:
        imports = Module("dodo", (REPOSITORY / "dodo.py").read_text(encoding="utf-8")).imports()
        assert {part_of(found) for found in ours(imports)} == {"tasks"}

    def test_no_module_needs_itself_by_a_detour(self) -> None:
        TopologicalSorter({name: _needed(module) for name, module in MODULES.items()}).prepare()  # raises CycleError

    def test_no_part_needs_itself_by_a_detour(self) -> None:
        graph: dict[str, set[str]] = {}
        for module in MODULES.values():
            needed = {MODULES[name].part for name in _needed(module)}
            graph.setdefault(module.part, set()).update(needed - {module.part, ""})
        TopologicalSorter(graph).prepare()

    def test_every_part_named_here_is_there(self) -> None:
        assert {*VALUES, *KNOW_DOIT, *PURE} <= {module.part for module in MODULES.values()}


def _needed(module: Module) -> set[str]:
    """The modules that run before this one does, but for packages that it lies in."""
    found = module.imports(at_import=True)
    return ({name.rpartition(".")[0] for name in found if name not in MODULES} | found) & {*MODULES} - {module.name}


class TestReadingOfImports:
    """That the tests above can fail."""

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("import os.path, json as j", {"os.path", "json"}),
            ("from rules.steps.files import read_json as read", {"rules.steps.files.read_json"}),
            ("from rules import engine", {"rules.engine"}),
            ("from . import power", {"rules.checks.power"}),
            ("from .power import x", {"rules.checks.power.x"}),
            ("from ..engine import lock", {"rules.engine.lock"}),
            ("def f():\n    import doit", {"doit"}),
            ("try:\n    import doit\nexcept ImportError:\n    pass", {"doit"}),
            ("if TYPE_CHECKING:\n    from rules.evidence import Evidence", {"rules.evidence.Evidence"}),
            ("text = 'import doit'", set()),
        ],
    )
    def test_finds_them_wherever_they_stand(self, source: str, expected: set[str]) -> None:
        assert Module("rules.checks.accuracy", source).imports() == expected

    def test_of_a_package_relative_ones_are_in_it(self) -> None:
        assert Module("rules.checks", "from . import power", is_package=True).imports() == {"rules.checks.power"}

    @pytest.mark.parametrize(
        "source", ["def f():\n    import x", "if typing.TYPE_CHECKING:\n    import x", "f = lambda: 1"]
    )
    def test_at_import_leaves_out_what_runs_later_or_never(self, source: str) -> None:
        module = Module("rules.plan", f"import y\n{source}\nclass C:\n    import z")
        assert module.imports(at_import=True) == {"y", "z"}

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("import os", {"os"}),
            ("from os import path", {"os.path"}),
            ("from time import sleep", {"time.sleep"}),
            ("with open('x') as stream: pass", {"open"}),
            ("text = run.folder.read_text()", {".read_text"}),
            ("read = Path.read_bytes", {".read_bytes"}),
            ("print('x')", {"print"}),
            ("datetime.now()", {".now"}),
            ("if __name__ == '__main__':\n    print('x')", set()),
            ("import osmosis, timeit_\nfrom pathlib import PurePosixPath\npath.with_name('open')", set()),
        ],
    )
    def test_finds_what_is_not_pure(self, source: str, expected: set[str]) -> None:
        assert Module("rules.plan", source).impurities() == expected
