"""One set of results beside another: the same system, else the same accelerator, by benchmark and scenario. Pure.

Both come as the official checker's csv has them. Whether more is better, the scenario says, as in `changes`.
"""

from __future__ import annotations

import csv
import io
import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from rules.domain import Division, Scenario
from rules.errors import UserError
from rules.reports.changes import lower_is_better
from rules.reports.escaping import printable
from rules.reports.text import counted

#: Without these columns a table says nothing to compare; what else it lacks, isn't compared.
_NEEDED = ("Organization", "Division", "Platform", "MlperfModel", "Scenario", "Result", "Units")
#: Units of the second row that a result with power has.
_POWER_UNITS = ("watts", "millijoules")
_ENERGY_UNITS = "millijoules"


class Sameness(str, Enum):
    """What a result of theirs has in common with ours."""

    SYSTEM = "system"
    ACCELERATOR = "accelerator"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Hardware:
    """What a system computes with: its accelerators, or where it has none its processors."""

    name: str
    #: In all nodes together; None where the description doesn't say.
    count: int | None
    noun: str = "accelerator"

    @property
    def key(self) -> tuple[str, str]:
        return self.noun, plain_name(self.name)

    def __str__(self) -> str:
        return self.name if self.count is None else f"{self.count} x {self.name}"


@dataclass(frozen=True)
class Measured:
    """A result, and what is known of the system that it was measured on."""

    division: str
    submitter: str
    system: str
    benchmark: str
    #: As the submitter names the benchmark.
    model: str
    scenario: str
    metric: float
    units: str
    system_name: str = ""
    hardware: Hardware | None = None
    round: str = ""
    power: float | None = None
    power_units: str | None = None

    @property
    def id(self) -> str:
        """As runs are named."""
        return f"{self.division}/{self.system}/{self.model}/{self.scenario}"

    @property
    def owner(self) -> str:
        return f"{self.division}/{self.submitter}/{self.system}"


@dataclass(frozen=True)
class Results:
    """What one source holds."""

    #: As the user names it.
    source: str
    measured: tuple[Measured, ...]
    #: Rows and results whose metric is no positive number.
    unmeasured: int = 0
    #: Why it can't be read.
    problem: str = ""


@dataclass(frozen=True)
class Match:
    """Two results that can be compared. All ratios are better above 1."""

    same: Sameness
    theirs: Measured
    #: None where the units differ.
    ratio: float | None = None
    #: By accelerator (or processor), where the numbers of these differ; a latency can't be shared out.
    each: float | None = None
    #: Of results per W, or per J; None where one of the two has no power.
    efficiency: float | None = None

    @property
    def outcome(self) -> str:
        """In a word, what ours is beside theirs."""
        if self.ratio is None:
            return "other units"
        return "better" if self.ratio > 1 else "worse" if self.ratio < 1 else "equal"


@dataclass(frozen=True)
class Compared:
    """One of our results with its matches, the best first, or with the reason why there are none."""

    ours: Measured
    matches: tuple[Match, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    theirs: Results
    results: tuple[Compared, ...]

    @property
    def matched(self) -> tuple[Compared, ...]:
        return tuple(each for each in self.results if each.matches)

    @property
    def unmatched(self) -> dict[str, list[Measured]]:
        """Our results without a match, by the reason."""
        found: dict[str, list[Measured]] = {}
        for each in self.results:
            if not each.matches:
                found.setdefault(each.reason, []).append(each.ours)
        return found


def read_summary_csv(text: str, source: str) -> Results:
    """The results in a summary.csv, ours or the official checker's. Raises UserError for another table."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    try:
        columns = reader.fieldnames or ()
        lacking = [name for name in _NEEDED if name not in columns]
        if lacking:
            raise UserError(
                f"{source}: no table of results: {'it is empty' if not columns else f'lacks {_listed(lacking)}'};"
                " expected the summary.csv of a build or of the official checker"
            )
        rows: list[Mapping[str, Any]] = list(reader)
    except csv.Error as problem:
        raise UserError(f"{source}: can't be read as CSV: line {reader.reader.line_num}: {problem}") from None
    return results_of(rows, source)


def results_of(rows: Iterable[Mapping[str, Any]], source: str) -> Results:
    """Rows of the official csv as results: what a second row says of power belongs to the first."""
    measured: list[Measured] = []
    places: dict[tuple[str, ...], int] = {}
    unmeasured = 0
    for row in rows:
        result = _measured(row)
        if result is None:
            unmeasured += 1
            continue
        place = (result.division, result.submitter, result.system, result.model, result.scenario)
        if result.units.casefold() not in _POWER_UNITS:
            places[place] = len(measured)
            measured.append(result)
        elif place in places:
            known = measured[places[place]]
            measured[places[place]] = replace(known, power=result.metric, power_units=result.units)
        else:
            unmeasured += 1
    return Results(source, tuple(measured), unmeasured)


def _measured(row: Mapping[str, Any]) -> Measured | None:
    """A row's figure with its place; None where there is no figure, or no place."""
    metric, scenario = _positive(row.get("Result")), Scenario.parse(_cell(row, "Scenario"))
    names = [_cell(row, name) for name in ("Division", "Organization", "Platform", "MlperfModel", "Units")]
    if metric is None or scenario is None or not all(names):
        return None
    division, submitter, system, benchmark, units = names
    return Measured(
        division=division.casefold(),
        submitter=submitter,
        system=system,
        benchmark=benchmark,
        model=_cell(row, "Model") or benchmark,
        scenario=str(scenario),
        metric=metric,
        units=units,
        system_name=_cell(row, "SystemName"),
        hardware=_hardware(row),
        round=_cell(row, "version"),
    )


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _positive(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if _LEAST < number < _MOST else None


#: No figure of a measurement lies outside of these, and no ratio of such figures overflows.
_LEAST, _MOST = 1e-30, 1e30


def _hardware(row: Mapping[str, Any]) -> Hardware | None:
    accelerator = _cell(row, "accelerator_model_name")
    if plain_name(accelerator) not in _NO_NAMES:
        return Hardware(accelerator, _product(row, "total_accelerators"))
    processor = _cell(row, "host_processor_model_name")
    if plain_name(processor) not in _NO_NAMES:
        return Hardware(processor, _product(row, "number_of_nodes", "host_processors_per_node"), "processor")
    return None


def _product(row: Mapping[str, Any], *names: str) -> int | None:
    factors = [_positive(row.get(name)) for name in names]
    if not all(factor is not None and factor.is_integer() for factor in factors):
        return None
    return math.prod(int(factor) for factor in factors if factor is not None)


_NO_NAMES = ("", "na", "none", "-", "0")
#: What the same chip is written with and without: marks, makers, brands, kinds of memory, clock and cores of a CPU.
_OPTIONAL = re.compile(
    r"\((?:r|tm|c)\)|[®™©]|@.*|\b\d+-core\b"
    r"|\b(?:nvidia|amd|intel|qualcomm|google|apple|instinct|geforce|tesla|corporation|accelerator|processor|gpu|cpu"
    r"|hbm\d*e?|gddr\d*x?)\b"
)


def plain_name(name: str) -> str:
    """A name of hardware without what is spelled now in one way, now in another."""
    words = re.findall(r"\w+", _OPTIONAL.sub(" ", name.casefold()))
    return re.sub(r"(\d)g\b", r"\1gb", "".join(words))


def compare(ours: Results, theirs: Results) -> Comparison:
    """Every result of ours with those of theirs that are of the same benchmark, scenario and division."""
    by_task: dict[tuple[str, str, str], list[Measured]] = {}
    for each in theirs.measured:
        by_task.setdefault(_task(each), []).append(each)
    return Comparison(theirs, tuple(_compared(each, by_task.get(_task(each), ()), theirs) for each in ours.measured))


def _task(result: Measured) -> tuple[str, str, str]:
    return result.division, _spelled(result.benchmark), result.scenario


def _spelled(name: str) -> str:
    return name.casefold().replace("_", ".")


def _compared(ours: Measured, candidates: Sequence[Measured], theirs: Results) -> Compared:
    same = [each for each in candidates if _is_same_system(ours, each)]
    kind = Sameness.SYSTEM
    if not same:
        same = [each for each in candidates if _has_same_hardware(ours, each)]
        kind = Sameness.ACCELERATOR
    # In the open division a benchmark has many models.
    alike = [each for each in same if _spelled(each.model) == _spelled(ours.model)] or same
    matches = sorted((_match(kind, ours, each) for each in alike), key=lambda match: _order(ours, match))
    return Compared(ours, tuple(matches), "" if matches else _reason(ours, candidates, theirs))


def _is_same_system(ours: Measured, theirs: Measured) -> bool:
    """The same folder's name, or the same machine by name and hardware, whoever submits it.

    Hardware tells systems of two submitters apart that have called them the same.
    """
    known = ours.hardware is not None and theirs.hardware is not None
    alike = _is_alike(ours, theirs)
    if ours.system.casefold() == theirs.system.casefold():
        return alike or not known or ours.submitter.casefold() == theirs.submitter.casefold()
    return bool(ours.system_name) and ours.system_name.casefold() == theirs.system_name.casefold() and alike


def _is_alike(ours: Measured, theirs: Measured) -> bool:
    return _has_same_hardware(ours, theirs) and _count(ours) == _count(theirs)


def _has_same_hardware(ours: Measured, theirs: Measured) -> bool:
    return ours.hardware is not None and theirs.hardware is not None and ours.hardware.key == theirs.hardware.key


def _count(result: Measured) -> int | None:
    return None if result.hardware is None else result.hardware.count


def _match(same: Sameness, ours: Measured, theirs: Measured) -> Match:
    ratio = _gain(ours.scenario, ours.metric, theirs.metric) if ours.units == theirs.units else None
    own, other = _count(ours), _count(theirs)
    differ = _has_same_hardware(ours, theirs) and own and other and own != other
    each = ratio * other / own if ratio and differ and own and other and not lower_is_better(ours.scenario) else None
    return Match(same, theirs, ratio, each, _efficiency(ours, theirs, ratio))


def _gain(scenario: str, ours: float, theirs: float) -> float:
    return theirs / ours if lower_is_better(scenario) else ours / theirs


def _efficiency(ours: Measured, theirs: Measured, ratio: float | None) -> float | None:
    if ratio is None or ours.power is None or theirs.power is None or ours.power_units != theirs.power_units:
        return None
    less_power = theirs.power / ours.power
    # Energy is of one query already, power isn't.
    return less_power if (ours.power_units or "").casefold() == _ENERGY_UNITS else ratio * less_power


def _order(ours: Measured, match: Match) -> tuple[object, ...]:
    """What is most alike first, and of that the best."""
    theirs, own, other = match.theirs, _count(ours), _count(match.theirs)
    distance = abs(math.log(other / own)) if own and other else math.inf
    best = theirs.metric if lower_is_better(ours.scenario) else -theirs.metric
    return match.ratio is None, distance, best, theirs.owner, theirs.round


def _reason(ours: Measured, candidates: Sequence[Measured], theirs: Results) -> str:
    """Why there is nothing to compare a result with, by what theirs have in its place."""
    if candidates:
        if ours.hardware is None:
            return f"not this system, and what it computes with isn't known; they have {_hardware_of(candidates)}"
        return f"neither this system nor {ours.hardware.name}; they have {_hardware_of(candidates)}"
    benchmark = [each for each in theirs.measured if _spelled(each.benchmark) == _spelled(ours.benchmark)]
    if benchmark:
        kinds = _listed(sorted({f"{each.division} {each.scenario}" for each in benchmark}))
        return f"no {ours.division} {ours.scenario} of {ours.benchmark}; they have {kinds}"
    if theirs.measured:
        return f"no {ours.benchmark}; they have {_listed(sorted({each.benchmark for each in theirs.measured}))}"
    return "no results at all"


def _hardware_of(results: Iterable[Measured]) -> str:
    names = {each.hardware.key: each.hardware.name for each in results if each.hardware is not None}
    return _listed(sorted(names.values())) or "systems that don't say theirs"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


_MOST_NAMES = 8


def comparison_report(comparisons: Iterable[Comparison]) -> dict[str, Any]:
    """`compare --json`."""
    return {
        "comparisons": [
            {
                "with": comparison.theirs.source,
                "theirs": len(comparison.theirs.measured),
                "unmeasured": comparison.theirs.unmeasured,
                "results": [
                    _result(each.ours)
                    | {"matches": [_match_report(match) for match in each.matches], "reason": each.reason or None}
                    for each in comparison.results
                ],
            }
            for comparison in comparisons
        ]
    }


def _match_report(match: Match) -> dict[str, Any]:
    return {
        "same": str(match.same),
        **_result(match.theirs),
        "ratio": match.ratio,
        "ratio_each": match.each,
        "efficiency_ratio": match.efficiency,
    }


def _result(result: Measured) -> dict[str, Any]:
    hardware, power = result.hardware, result.power
    return {
        "division": result.division,
        "submitter": result.submitter,
        "system": result.system,
        "benchmark": result.model,
        "mlperf_model": result.benchmark,
        "scenario": result.scenario,
        "round": result.round or None,
        "metric": result.metric,
        "units": result.units,
        "hardware": hardware and {"kind": hardware.noun, "name": hardware.name, "count": hardware.count},
        "power": None if power is None else {"metric": power, "units": result.power_units},
    }


_WIDTH = 80
_LABEL = 48
_FIGURE = 10
#: Matches shown of a result, unless all are asked for.
SHOWN = 3


def format_comparison(comparison: Comparison, *, whole: bool = False) -> str:
    """For a terminal, in 80 columns: our systems, their results, and what these are compared with."""
    matched, results, theirs = comparison.matched, comparison.results, comparison.theirs
    lines = _wrapped(f"With {theirs.source}, {counted(len(theirs.measured), 'result')}:", "", "  ")
    if theirs.unmeasured:
        lines.append(f"  {counted(theirs.unmeasured, 'row')} without a figure that can be compared.")
    owner = ""
    for each in matched:
        if each.ours.owner != owner:
            owner = each.ours.owner
            hardware = f", {each.ours.hardware}" if each.ours.hardware else ""
            lines += ["", *_wrapped(f"{owner}{hardware}", "", "  ")]
            lines.append(f"{'':{_LABEL}}{'ours':>{_FIGURE}}{'theirs':>{_FIGURE}}{'ratio':>{_FIGURE}}".rstrip())
        lines += _result_lines(each, len(each.matches) if whole else SHOWN)
    if comparison.unmatched:
        lines += ["", "Nothing to compare with:"]
    for reason, ours in comparison.unmatched.items():
        for result in ours[:SHOWN]:
            lines += _wrapped(result.id, "  ", "    ")
        if len(ours) > SHOWN:
            lines.append(f"  and {counted(len(ours) - SHOWN, 'more result')}")
        lines += _wrapped(reason, "      ", "      ")
    legend = " A ratio above 1 is better than theirs." if matched else ""
    lines += ["", f"Compared: {len(matched)} of {counted(len(results), 'result')} of the build.{legend}"]
    return "".join(f"{line}\n" for line in lines)


def _result_lines(compared: Compared, most: int) -> Iterator[str]:
    ours = compared.ours
    # In closed the two differ in spelling alone: resnet50, resnet.
    is_own_name = ours.division == Division.OPEN.value and ours.model != ours.benchmark
    benchmark = f" ({ours.benchmark})" if is_own_name else ""
    yield from _row(f"  {ours.model}{benchmark} {ours.scenario}, {ours.units}", figure(ours.metric), "", "")
    for match in compared.matches[:most]:
        theirs, noun = match.theirs, match.theirs.hardware.noun if match.theirs.hardware else ""
        yield from _row(f"    {label_of(ours, match)}", "", figure(theirs.metric), ratio_text(match.ratio))
        if match.each is not None:
            own, other = _count(ours) or 1, _count(theirs) or 1
            shares = figure(ours.metric / own), figure(theirs.metric / other)
            yield from _row(f"      each {noun}, {own} and {other}", *shares, ratio_text(match.each))
        if match.efficiency is not None and ours.power is not None and theirs.power is not None:
            powers = figure(ours.power), figure(theirs.power)
            yield from _row(f"      efficiency; {ours.power_units}", *powers, ratio_text(match.efficiency))
    if len(compared.matches) > most:
        yield f"    and {len(compared.matches) - most} more, see --all"


def label_of(ours: Measured, match: Match) -> str:
    """Who theirs is, and in what it differs from ours."""
    theirs = match.theirs
    is_own = (theirs.submitter, theirs.system) == (ours.submitter, ours.system)
    parts = ["same system" if is_own else f"{theirs.submitter}/{theirs.system}", theirs.round]
    if _spelled(theirs.model) != _spelled(ours.model):
        parts.append(theirs.model)
    if theirs.units != ours.units:
        parts.append(f"in {theirs.units}")
    if match.each is None and theirs.hardware is not None and not _is_alike(ours, theirs):
        parts.append(str(theirs.hardware))
    return ", ".join(part for part in parts if part)


def _row(label: str, ours: str, theirs: str, ratio: str) -> list[str]:
    """A row of the table; a long label has lines of its own above the figures."""
    figures = f"{ours:>{_FIGURE}}{theirs:>{_FIGURE}}{ratio:>{_FIGURE}}".rstrip()
    margin = " " * (len(label) - len(label.lstrip(" ")))
    lines = _wrapped(label, margin, f"{margin}  ")
    if len(lines[-1]) < _LABEL:
        return [*lines[:-1], f"{lines[-1]:{_LABEL}}{figures}"]
    return [*lines, f"{'':{_LABEL}}{figures}"]


def _wrapped(text: str, first: str, indent: str) -> list[str]:
    line = " ".join(printable(text).split())
    return textwrap.wrap(line, _WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)


def figure(number: float) -> str:
    """Six digits, and all those before the point."""
    return f"{number:.0f}" if 1e6 <= number < 1e10 else f"{number:.6g}"


def ratio_text(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:.3f}" if 0.01 <= ratio < 1000 else f"{ratio:.3g}"
