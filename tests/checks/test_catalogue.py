"""The catalogue of rules: well-formed, and each of its codes held by rows that find and rows that pass."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_rows import Row, TreeRow
from support import REPOSITORY

from rules.checks.catalogue import JUDGES, RULES, Rule, Violation, define, finding, rule
from rules.checks.judge import FAMILIES
from rules.finding import Severity
from rules.reports.catalogue import FAMILY_TITLES

CODE = re.compile(r"[A-Z]+-\d{3}")
TESTS = REPOSITORY / "tests"
#: Families that judge a result or a tree: the table of each rule has a row that passes as well.
WITH_TABLES = ("PERF", "ACC", "COMP", "POW", "MEAS", "SYS", "TREE")


def family(code: str) -> str:
    return code.split("-")[0]


@pytest.mark.parametrize("entry", RULES.values(), ids=RULES)
class TestRule:
    def test_has_a_code_of_a_known_family(self, entry: Rule) -> None:
        assert CODE.fullmatch(entry.code)
        assert RULES[entry.code] is entry
        assert family(entry.code) in FAMILY_TITLES

    def test_has_a_title_that_is_no_sentence(self, entry: Rule) -> None:
        assert re.fullmatch(r"[A-Za-z]\S*( \S+)+", entry.title)
        assert entry.title[-1] not in ".:;,"
        assert "{" not in entry.title

    def test_says_why_and_how_to_mend_in_sentences(self, entry: Rule) -> None:
        for text in (entry.why, entry.fix):
            assert re.match(r"[A-Z`]|\w+\.json", text)
            assert text.endswith((".", ".)"))
            assert text == " ".join(text.split())

    def test_names_its_source(self, entry: Rule) -> None:
        assert entry.source.strip() == entry.source != ""

    def test_says_what_is_found_or_expected_and_no_more(self, entry: Rule) -> None:
        assert set(re.findall(r"(?<!{){(\w*)}", entry.message + entry.fix)) <= {"found", "expected"}
        assert not entry.message.endswith(".")


@given(
    code=st.sampled_from(sorted(RULES)),
    found=st.from_type(object) | st.text() | st.floats() | st.just(10**5000),
    expected=st.text(),
)
def test_anything_may_be_found_or_expected(code: str, found: object, expected: object) -> None:
    made = finding(code, "somewhere", found=found, expected=expected)
    assert (made.code, made.official, made.severity) == (code, RULES[code].official, RULES[code].severity)
    assert made.expected == expected


def test_codes_are_in_order_where_they_are_declared() -> None:
    declared: dict[tuple[str, str], list[str]] = {}
    for code in RULES:
        module = JUDGES[code].__module__ if code in JUDGES else "step_rules"
        declared.setdefault((family(code), module), []).append(code)
    assert {name for name, _ in declared} == set(FAMILY_TITLES)
    for codes in declared.values():
        assert codes == sorted(codes)


def test_titles_differ_within_a_family() -> None:
    titles = [(family(entry.code), entry.title) for entry in RULES.values()]
    assert len(set(titles)) == len(titles)


def test_the_rules_that_judge_a_result_are_those_of_its_families() -> None:
    of_results = {"PERF", "ACC", "COMP", "POW", "MEAS", "SYS"}
    assert set(JUDGES) == {code for code in RULES if family(code) in of_results}
    assert {module.__name__.rpartition(".")[2] for module in FAMILIES} >= {"performance", "accuracy", "compliance"}


def test_a_warning_never_fails_what_the_official_checker_passes() -> None:
    """An error that is not official fails what the official checker passes; a warning that is official, nothing."""
    official_warnings = {code for code, entry in RULES.items() if entry.official and entry.severity is Severity.WARNING}
    assert {family(code) for code in official_warnings} <= {"POW"}  # those of the power checker's audit


class TestDeclaration:
    def test_of_a_code_twice_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="PERF-001 is declared twice"):
            define(RULES["PERF-001"])

    def test_takes_the_reason_from_the_docstring(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(RULES, "X-001", RULES["PERF-001"])
        monkeypatch.delitem(RULES, "X-001")
        monkeypatch.setitem(JUDGES, "X-001", JUDGES["PERF-001"])

        @rule("X-001", "title", "{found} of {expected}", fix="fix", source="source", severity=Severity.WARNING)
        def judge(*_: Any) -> Iterator[Violation]:
            """Why,
            in two lines."""
            yield from ()

        made = RULES.pop("X-001")
        assert made == Rule(
            "X-001", "title", "{found} of {expected}", "fix", "source", "Why, in two lines.", Severity.WARNING
        )
        assert JUDGES["X-001"] is judge


class TestFinding:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (None, "nothing"),
            (3.0, "3"),
            (-2.0, "-2"),
            (0.5, "0.5"),
            (1e15, "1000000000000000.0"),
            (float("nan"), "nan"),
            (float("inf"), "inf"),
            (True, "True"),
            ("text", "text"),
            ("x" * 300, "x" * 300),
            ("x" * 301, "x" * 300 + "…"),
            pytest.param(10**5000, "a number of thousands of digits", id="thousands of digits"),
        ],
    )
    def test_shows_values_so_that_people_can_read_them(self, value: object, shown: str) -> None:
        made = finding("PERF-004", "here", found=value, expected=1)
        assert made.message == f"performance sample count is {shown}, must be at least 1"
        assert made.found == (None if value is None else shown)

    def test_is_of_the_rules_severity_unless_told(self) -> None:
        assert finding("PERF-004", "here").severity is Severity.ERROR
        assert finding("PERF-021", "here").severity is Severity.WARNING
        assert finding("PERF-004", "here", severity=Severity.WARNING).severity is Severity.WARNING

    def test_keeps_what_was_found_where(self) -> None:
        made = finding("PERF-004", "here", line=7, found=1, expected=2)
        assert (made.path, made.line, made.found, made.expected) == ("here", 7, "1", "2")
        assert finding("PERF-004", "here").expected is None

    def test_fills_the_fix_as_well(self) -> None:
        assert "{path: <this folder>" in finding("SCAN-006", "here").fix


# Every code has a row that finds it, and one that passes. A table is a module's ROWS, or FAILING and PASSING.


@lru_cache
def sources() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(TESTS.rglob("test_*.py"))}


def tables() -> Iterator[ModuleType]:
    """The test modules that hold a table of rules."""
    for path, source in sources().items():
        assigned = {
            target.id
            for node in source.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        if assigned & {"ROWS", "FAILING"}:
            yield importlib.import_module(".".join(path.relative_to(TESTS).with_suffix("").parts))


@lru_cache
def rows() -> set[tuple[str, bool]]:
    """Code, and whether it is found, of each row of each table."""
    found: set[tuple[str, bool]] = set()
    for module in tables():
        table = getattr(module, "ROWS", ())
        found |= {(row.code, row.is_dirty) for row in table if isinstance(row, (Row, TreeRow))}
        failing = {code for _, code in getattr(module, "FAILING", {}).values()}
        found |= {(code, True) for code in failing}
        if getattr(module, "PASSING", None):  # nothing at all is found in its rows
            found |= {(code, False) for code in RULES if family(code) in {family(each) for each in failing}}
    return found


@lru_cache
def named() -> set[str]:
    """Codes that a test of one thing or another names, in itself or in its parameters."""
    tests = (
        node
        for path, source in sources().items()
        if path != Path(__file__)
        for node in ast.walk(source)
        if isinstance(node, ast.FunctionDef) and re.match("test_(?!every_rule)", node.name)
    )
    constants = (each.value for node in tests for each in ast.walk(node) if isinstance(each, ast.Constant))
    return {code for text in constants if isinstance(text, str) for code in CODE.findall(text)}


@pytest.mark.parametrize("code", RULES)
def test_every_rule_is_found_somewhere(code: str) -> None:
    is_in_table = family(code) in WITH_TABLES and family(code) != "POW"
    assert (code, True) in rows() or (not is_in_table and code in named())


@pytest.mark.parametrize("code", [code for code in RULES if family(code) in WITH_TABLES])
def test_every_rule_that_judges_passes_somewhere(code: str) -> None:
    assert (code, False) in rows()


def test_rows_are_of_rules_that_there_are() -> None:
    assert {code for code, _ in rows()} <= set(RULES)
    assert len(list(tables())) > 6
