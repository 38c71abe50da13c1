"""Every rule by its code: what it says, how to mend it, and where it comes from.

A code is for good: never reuse or renumber one. A rule that judges a run is declared where its
function stands, `@rule(...)`; rules that other steps apply (scan, plan, stage) are the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.finding import Finding, Severity

if TYPE_CHECKING:
    from rules.evidence import Evidence
    from rules.rounds.model import Round

WARNING = Severity.WARNING


@dataclass(frozen=True)
class Rule:
    """One row of the catalogue. `message` may name {found} and {expected}."""

    code: str
    message: str
    fix: str
    #: The checker method or the section of the published rules that asks for it.
    source: str
    severity: Severity = Severity.ERROR
    #: Whether MLCommons' own checker applies it.
    official: bool = True


@dataclass(frozen=True)
class Violation:
    """What a rule's function yields: where, and what was found there."""

    path: str
    line: int | None = None
    found: object = None
    expected: object = None


Judge = Callable[["Evidence", "Round"], Iterator[Violation]]

RULES: dict[str, Rule] = {}
#: The rules that judge a run, in the order of their codes.
JUDGES: dict[str, Judge] = {}


def define(*rules: Rule) -> None:
    for each in rules:
        if each.code in RULES:
            raise ValueError(f"rule {each.code} is declared twice")
        RULES[each.code] = each


def rule(
    code: str,
    message: str,
    *,
    fix: str,
    source: str,
    severity: Severity = Severity.ERROR,
    official: bool = True,
) -> Callable[[Judge], Judge]:
    """Declare a rule over the function that finds its violations."""

    def register(judge: Judge) -> Judge:
        define(Rule(code, message, fix, source, severity, official))
        JUDGES[code] = judge
        return judge

    return register


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
    entry = RULES[code]
    return Finding(
        code=code,
        severity=severity or entry.severity,
        path=path,
        message=entry.message.format(found=_shown(found), expected=_shown(expected)),
        fix=entry.fix.format(found=_shown(found), expected=_shown(expected)),
        line=line,
        expected=None if expected is None else _shown(expected),
        found=None if found is None else _shown(found),
        official=entry.official,
    )


def _shown(value: object) -> str:
    """A value in a message: whole numbers without a point, the rest as Python prints it."""
    if value is None:
        return "nothing"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


_RAW_LAYOUT = "results layout of the MLCommons submission-generation docs"

define(
    Rule(
        "SCAN-001",
        "results folder {found} does not exist",
        "Correct the path in submission.yaml, or remove it.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-002",
        "results folder holds no SUT folders",
        "Put the runs at <results>/<SUT>/<benchmark>/<scenario>/, or correct the path in submission.yaml.",
        _RAW_LAYOUT,
        WARNING,
        official=False,
    ),
    Rule(
        "SCAN-003",
        "no scenario folder in it (holds: {found}); nothing of it is shipped",
        "A benchmark folder holds Offline/, Server/, Interactive/, SingleStream/ or MultiStream/."
        " Move other material out of the results folder to silence this.",
        _RAW_LAYOUT,
        WARNING,
        official=False,
    ),
    Rule(
        "SCAN-004",
        "'{found}' is not a scenario (nearest: {expected}); nothing of it is shipped",
        "Name the folder Offline, Server, Interactive, SingleStream or MultiStream (any letter case).",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-005",
        "claims the same place as {found}; none of them is shipped",
        "Keep one of them in the results folders, or give the systems different names.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-006",
        "is named like a division, not like a SUT; nothing of it is shipped",
        "List it in submission.yaml as results of its own: {{path: <this folder>, division: <its name>}}.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-007",
        "system '{found}' is declared but has no results folder (nearest found: {expected})",
        "Correct the system's name (the SUT folder's, spaces as underscores), give it `results:`, or remove it.",
        _RAW_LAYOUT,
        WARNING,
        official=False,
    ),
    Rule(
        "SCAN-008",
        "can't be read: {found}",
        "Make the folder readable for the user that builds.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-009",
        "describes the same system differently than {found}, which is used",
        "Make the two files equal, or give the systems different names.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "SCAN-010",
        "can't be read: {found}",
        "Mend the file, or copy it again from where it was made.",
        _RAW_LAYOUT,
        official=False,
    ),
    Rule(
        "PLAN-001",
        "{found} is no benchmark of {expected}; not shipped",
        "Build it for a round that has the benchmark, or submit it to the open division"
        " with a model_mapping to one that this round has.",
        "Loader.check_scenarios, Config.get_mlperf_model",
    ),
    Rule(
        "PLAN-002",
        "the benchmark lacks a passing {found}, which closed submissions must have",
        "Run the missing scenario, or mend what its findings say.",
        "Loader.check_scenarios",
    ),
    Rule(
        "PLAN-003",
        "{found} is no scenario of this benchmark in the {expected} category",
        "Remove the run from the results folder, or change the system's category.",
        "Loader.check_scenarios",
    ),
    Rule(
        "PLAN-004",
        "nothing to ship: no run passes",
        "Mend the findings above; `doit check` shows them all.",
        "a submission without results is none",
        official=False,
    ),
    Rule(
        "PLAN-005",
        "{found} is no benchmark of the {expected} category; not shipped as closed",
        "Declare the system's category, or submit the result to the open division.",
        "Loader.check_scenarios",
    ),
    Rule(
        "TEXT-001",
        "no implementation code declared for {found}; a generated README says so",
        "Name the code under `implementation:` in submission.yaml (a file or folder per benchmark, or '*').",
        "submission rules: source code of the implementation",
        WARNING,
        official=False,
    ),
    Rule(
        "TEXT-002",
        "no calibration document declared; a generated file says so",
        "Write how calibration and quantization were done and name the file under `calibration:`.",
        "submission rules: calibration documentation",
        WARNING,
        official=False,
    ),
    Rule(
        "TEXT-003",
        "declared path {found} does not exist",
        "Correct the path in submission.yaml.",
        "submission rules: source code and calibration documentation",
        official=False,
    ),
)
