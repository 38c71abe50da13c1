"""What the terminal shows at the end of a build. Fits 80 columns, but for paths; no colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from rules.finding import Finding
from rules.reports.order import ordered

if TYPE_CHECKING:
    from rules.plan import Placement
    from rules.todo import Todo
    from rules.verification import Judged, Verification

_WIDTH = 80
#: Places shown of a finding that many runs share, and messages of a rule that differ in their values.
_SHOWN = 3
#: Rows shown of a list that a file has whole.
_ROWS = 20

Row = TypeVar("Row")


def format_findings(findings: Iterable[Finding], where: str = "") -> str:
    """Findings grouped by cause, in their order: what, where, how to mend it.

    With `where` they all are, the first of each rule.
    """
    groups = []
    for (severity, code), of_rule in groupby(ordered(set(findings)), key=lambda f: (f.severity.value, f.code)):
        causes = [(cause, list(same)) for cause, same in groupby(of_rule, key=lambda f: (f.message, f.fix))]
        shown = causes[:_SHOWN] if where else causes
        groups += [_group(severity, code, message, fix, same) for (message, fix), same in shown]
        if rest := sum(len(same) for _, same in causes[len(shown) :]):
            groups.append(_rest(f"{severity} {code}: {rest} more", where, indent=""))
    shown_groups, more = _first(groups, where, indent="")
    return "\n".join((*shown_groups, more) if more else shown_groups)


def _first(rows: Sequence[Row], where: str, indent: str = "  ") -> tuple[Sequence[Row], str]:
    """The rows that there is room for, and what to say of the others; all, unless a file (`where`) has them."""
    if not where or len(rows) <= _ROWS:
        return rows, ""
    return rows[:_ROWS], _rest(f"and {len(rows) - _ROWS:,} more", where, indent)


def _rest(what: str, where: str, indent: str) -> str:
    return "".join(f"{line}\n" for line in _wrapped(f"{what}; see {where}", indent=f"{indent}  ", first=indent))


def _group(severity: str, code: str, message: str, fix: str, same: Sequence[Finding]) -> str:
    lines = _wrapped(f"{severity} {code}: {message}", indent="  ", first="")
    lines += [f"    {each.place}" for each in same[:_SHOWN]]
    if len(same) > _SHOWN:
        lines.append(f"    and {len(same) - _SHOWN} more places")
    lines += _wrapped(f"fix: {fix}", indent="         ", first="    ")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, *, indent: str, first: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def format_plan(placements: Sequence[Placement], where: str = "") -> str:
    """The plan as a table: where each run goes and why. With `where` it all is, its first rows."""
    from rules.plan import Action  # here, because `verify` has no plan and need not wait for it

    shown, more = _first(placements, where)
    rows = [(p.action.value, p.source.id if p.target in (None, p.source) else _moved(p), _why(p)) for p in shown]
    lines = []
    for action, place, why in rows:
        lines.append(f"{action:12}  {place}")
        if action != Action.KEEP.value or why != "passes":
            lines += _wrapped(why, indent=" " * 14, first=" " * 14)
    return "".join(f"{line}\n" for line in lines) + more


def _moved(placement: Placement) -> str:
    return f"{placement.source.id}\n{' ' * 11}-> {placement.target.id if placement.target else ''}"


def _why(placement: Placement) -> str:
    codes = f" ({', '.join(placement.codes)})" if placement.codes else ""
    return placement.reason + codes


def format_todo(todo: Sequence[Todo], where: str = "") -> str:
    """What is still to be run for a complete closed submission, with its settings; as `format_plan`."""
    shown, more = _first(todo, where)
    lines = []
    for each in shown:
        lines += [f"  {each.division}/{each.system}/{each.model}/{each.scenario}"]
        runs = ", ".join(each.runs) or "see its findings"
        if each.or_inferred_from:
            runs += f"; or inferred from {' or '.join(each.or_inferred_from)} once that passes"
        lines += _wrapped(runs, indent="      ", first="      ")
        settings = ", ".join(f"{name} {value}" for name, value in each.settings.items())
        lines += _wrapped(settings, indent="      ", first="      ")
    return "".join(f"{line}\n" for line in lines) + more


def format_results(placements: Iterable[Placement], where: str = "") -> str:
    """The shipped results, a line each where that has room; as `format_plan`."""
    rows, more = _first([(p.target.id, _metric(p)) for p in placements if p.target is not None], where)
    longest = max((len(metric) for _, metric in rows), default=0)
    width = min(max((len(place) for place, _ in rows), default=0), _WIDTH - longest - 4)
    below = "\n" + " " * (width + 2)
    return "".join(f"  {place:<{width}}{below * (len(place) > width)}  {metric}\n" for place, metric in rows) + more


def format_passing(verdicts: Iterable[tuple[str, bool]]) -> str:
    """How many results of each division pass: `closed: 12 of 14 results; open: 2 of 2 results pass`."""
    counts = []
    for division, same in groupby(sorted(verdicts), key=lambda verdict: verdict[0]):
        passes = [each for _, each in same]
        counts.append(f"{division}: {sum(passes)} of {counted(len(passes), 'result')}")
    return f"{'; '.join(counts)} pass" if counts else ""


def format_names(names: Sequence[str]) -> str:
    """The first few names of a list: `a, b, c and 7 more`."""
    rest = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def format_line(text: str) -> str:
    """One sentence, in as many lines as it takes."""
    return "".join(f"{line}\n" for line in _wrapped(text, indent="  ", first=""))


def _metric(placement: Placement) -> str:
    return "-" if placement.metric is None else f"{placement.metric:.6g} {placement.units or ''}".rstrip()


def format_verification(verification: Verification) -> str:
    """What `verify` says: findings by cause, the results that fail, and the count of each division."""
    found = [*verification.tree, *(f for each in verification.results for f in each.findings)]
    sections = [format_findings(found)] if found else []
    failing = [each for each in verification.results if not each.passes]
    if failing:
        rows = "".join(f"  {_result_place(each)}\n{_codes(each)}" for each in failing)
        sections.append(f"Failing, {counted(len(failing), 'result')}:\n{rows}")
    sections.append(_verdict_line(verification))
    return "\n".join(sections)


def _result_place(judged: Judged) -> str:
    place = judged.place
    return f"{place.division}/{place.submitter}/{place.system}/{place.model}/{place.scenario}"


def _codes(judged: Judged) -> str:
    codes = sorted({found.code for found in judged.findings if found.is_error})
    return "".join(f"{line}\n" for line in _wrapped(", ".join(codes), indent="    ", first="    "))


def _verdict_line(verification: Verification) -> str:
    passes = format_passing((str(each.place.division), each.passes) for each in verification.results)
    passing = f" ({passes})" if passes else ""
    errors = sum(found.is_error for found in verification.tree)
    outcome = "Passes" if verification.passes else "Fails"
    tree = f", {counted(errors, 'error')} in the whole" if errors else ""
    return f"{outcome} {verification.round.name}, profile {verification.profile}{passing}{tree}.\n"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
