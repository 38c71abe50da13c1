"""What the terminal shows at the end of a build. Fits 80 columns; no colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rules.finding import Finding

if TYPE_CHECKING:
    from rules.plan import Placement
    from rules.todo import Todo
    from rules.verification import Judged, Verification

_WIDTH = 80
#: Places shown of a finding that many runs share.
_SHOWN = 3


def format_findings(findings: Iterable[Finding]) -> str:
    """Findings grouped by cause, errors first: what, where, how to mend it."""
    ordered = sorted(set(findings), key=lambda f: (f.severity.value, f.code, f.message, f.path, f.line or 0))
    groups = groupby(ordered, key=lambda f: (f.severity.value, f.code, f.message, f.fix))
    return "\n".join(
        _group(severity, code, message, fix, list(same)) for (severity, code, message, fix), same in groups
    )


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


def format_plan(placements: Iterable[Placement]) -> str:
    """The plan as a table: where each run goes and why."""
    from rules.plan import Action  # here, because `verify` has no plan and need not wait for it

    rows = [(p.action.value, p.source.id if p.target in (None, p.source) else _moved(p), _why(p)) for p in placements]
    lines = []
    for action, place, why in rows:
        lines.append(f"{action:12}  {place}")
        if action != Action.KEEP.value or why != "passes":
            lines += _wrapped(why, indent=" " * 14, first=" " * 14)
    return "\n".join(lines) + "\n"


def _moved(placement: Placement) -> str:
    return f"{placement.source.id}\n{' ' * 11}-> {placement.target.id if placement.target else ''}"


def _why(placement: Placement) -> str:
    codes = f" ({', '.join(placement.codes)})" if placement.codes else ""
    return placement.reason + codes


def format_todo(todo: Iterable[Todo]) -> str:
    """What is still to be run for a complete closed submission, with its settings."""
    lines = []
    for each in todo:
        lines += [f"  {each.division}/{each.system}/{each.model}/{each.scenario}"]
        runs = ", ".join(each.runs) or "see its findings"
        if each.or_inferred_from:
            runs += f"; or inferred from {' or '.join(each.or_inferred_from)} once that passes"
        lines += _wrapped(runs, indent="      ", first="      ")
        settings = ", ".join(f"{name} {value}" for name, value in each.settings.items())
        lines += _wrapped(settings, indent="      ", first="      ")
    return "\n".join(lines) + "\n"


def format_results(placements: Iterable[Placement]) -> str:
    """The shipped results, a line each."""
    rows = [(p.target.id, _metric(p)) for p in placements if p.target is not None]
    width = max((len(place) for place, _ in rows), default=0)
    return "".join(f"  {place:<{width}}  {metric}\n" for place, metric in rows)


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
    counts = []
    for division, same in groupby(verification.results, key=lambda each: each.place.division):
        results = list(same)
        counts.append(f"{division}: {sum(each.passes for each in results)} of {counted(len(results), 'result')}")
    passing = f" ({'; '.join(counts)} pass)" if counts else ""
    errors = sum(found.is_error for found in verification.tree)
    outcome = "Passes" if verification.passes else "Fails"
    tree = f", {counted(errors, 'error')} in the whole" if errors else ""
    return f"{outcome} {verification.round.name}, profile {verification.profile}{passing}{tree}.\n"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
