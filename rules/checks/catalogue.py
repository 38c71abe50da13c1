"""Every rule by its code: what it says, why it is there, how to mend what it finds, where it comes from.

A code is for good: never reuse or renumber one. A rule that judges a result is declared where its
function stands, `@rule(...)`, and says why in its docstring; rules that other steps apply (scan,
plan, stage) are the tables in `step_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from rules.finding import Finding, Severity

if TYPE_CHECKING:
    from rules.evidence import Evidence
    from rules.rounds.model import Round

WARNING = Severity.WARNING


@dataclass(frozen=True)
class Rule:
    """One row of the catalogue."""

    code: str
    #: What is wrong, without values: the same for every finding of the rule.
    title: str
    #: The finding's sentence; may name {found} and {expected}.
    message: str
    fix: str
    #: The checker method or the section of the published rules that asks for it.
    source: str
    why: str
    severity: Severity = Severity.ERROR
    #: Whether MLCommons' own checker applies it.
    official: bool = True
    #: The input is broken or misplaced, so that the result behind it can't be judged: a build that
    #: leaves such a run out is not ready, while one that drops a result which fails is.
    input_fault: bool = False


@dataclass(frozen=True)
class Violation:
    """What a rule's function yields: where, and what was found there."""

    path: str
    line: int | None = None
    found: object = None
    expected: object = None


Judge = Callable[["Evidence", "Round"], Iterator[Violation]]

RULES: dict[str, Rule] = {}
#: The rules that judge a result, in the order in which they are declared.
JUDGES: dict[str, Judge] = {}


def define(*rules: Rule) -> None:
    for each in rules:
        if each.code in RULES:
            raise ValueError(f"rule {each.code} is declared twice")
        RULES[each.code] = each


def rule(
    code: str,
    title: str,
    message: str,
    *,
    fix: str,
    source: str,
    severity: Severity = Severity.ERROR,
    official: bool = True,
    input_fault: bool = False,
) -> Callable[[Judge], Judge]:
    """Declare a rule over the function that finds its violations; the function's docstring says why."""

    def register(judge: Judge) -> Judge:
        why = " ".join((judge.__doc__ or "").split())
        define(Rule(code, title, message, fix, source, why, severity, official, input_fault))
        JUDGES[code] = judge
        return judge

    return register


def rule_of(code: str) -> Rule:
    """A rule by its code. The modules that declare rules take long to import, so only where one is asked for."""
    for module in ("rules.checks.step_rules", "rules.checks.judge"):
        if code in RULES:
            break
        import_module(module)
    return RULES[code]


def is_input_fault(code: str) -> bool:
    """Whether a rule is of broken input; of a code that there is no rule for, False."""
    try:
        return rule_of(code).input_fault
    except KeyError:
        return False


def finding(
    code: str,
    path: str,
    *,
    line: int | None = None,
    found: object = None,
    expected: object = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding of a catalogued rule; `severity` overrides the rule's own."""
    entry = rule_of(code)
    values = {"found": _shown(found), "expected": _shown(expected)}
    return Finding(
        code=code,
        severity=severity or entry.severity,
        path=path,
        message=entry.message.format(**values),
        fix=entry.fix.format(**values),
        line=line,
        expected=None if expected is None else values["expected"],
        found=None if found is None else values["found"],
        official=entry.official,
    )


#: Longer values are cut in messages: a log may hold anything.
_LONGEST = 300


def _shown(value: object) -> str:
    """A value in a message: whole numbers without a point, the rest as Python prints it."""
    if value is None:
        return "nothing"
    if isinstance(value, tuple):  # several things, none of which may get lost
        return ", ".join(map(_shown, value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python prints
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
