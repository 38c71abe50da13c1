"""What has changed between two builds' summaries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from rules.domain import Scenario

#: Scenarios whose result is a latency.
_LOWER_IS_BETTER = frozenset((Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM))


class Kind(str, Enum):
    """In the order of the report: what wants a look comes first."""

    FAILING = "now failing"
    GONE = "gone"
    WORSE = "worse"
    BETTER = "better"
    CHANGED = "not comparable"
    NEW = "new"

    def __str__(self) -> str:
        return self.value


class Result(NamedTuple):
    """The place of a result, as summary.json names it."""

    division: str
    submitter: str
    system: str
    benchmark: str
    scenario: str

    @property
    def run(self) -> str:
        """The id that a run of this place has."""
        return f"{self.division}/{self.system}/{self.benchmark}/{self.scenario}"


@dataclass(frozen=True)
class Change:
    kind: Kind
    result: Result
    before: float | None = None
    after: float | None = None
    units: str | None = None
    #: Why it is no longer there.
    reason: str = ""

    @property
    def ratio(self) -> float | None:
        """The metric now as a multiple of what it was; which way is better, the kind says."""
        return None if self.before is None or self.after is None or not self.before else self.after / self.before


def lower_is_better(scenario: str) -> bool:
    return Scenario.parse(scenario) in _LOWER_IS_BETTER


def summary_changes(former: object, latest: object) -> tuple[Change, ...]:
    """From one summary.json to another, as parsed. Of what is no summary, nothing is compared."""
    if not isinstance(former, Mapping) or not isinstance(latest, Mapping):
        return ()
    dropped = {str(each.get("run")): str(each.get("reason") or "") for each in _objects(latest, "dropped")}
    changes = _changes(_results(former), _results(latest), dropped)
    order = list(Kind)
    return tuple(sorted(changes, key=lambda change: (order.index(change.kind), change.result)))


def _changes(
    former: Mapping[Result, Mapping[str, Any]], latest: Mapping[Result, Mapping[str, Any]], dropped: Mapping[str, str]
) -> Iterator[Change]:
    for result, was in former.items():
        before = _metric(was)
        if result in latest:
            yield from _compared(result, was, latest[result])
        elif result.run in dropped:
            yield Change(Kind.FAILING, result, before, None, was.get("units"), dropped[result.run])
        else:
            yield Change(Kind.GONE, result, before, None, was.get("units"))
    for result in latest.keys() - former.keys():
        yield Change(Kind.NEW, result, None, _metric(latest[result]), latest[result].get("units"))


def _compared(result: Result, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Change]:
    before, after, units = _metric(was), _metric(now), now.get("units")
    if before == after and was.get("units") == units:
        return ()
    if before is None or after is None or was.get("units") != units:
        return (Change(Kind.CHANGED, result, before, after, units),)
    better = (after < before) is lower_is_better(result.scenario)
    return (Change(Kind.BETTER if better else Kind.WORSE, result, before, after, units),)


def _results(summary: Mapping[str, Any]) -> dict[Result, Mapping[str, Any]]:
    return {Result(*(str(each.get(name)) for name in Result._fields)): each for each in _objects(summary, "results")}


def _objects(summary: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = summary.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _metric(result: Mapping[str, Any]) -> float | None:
    metric = result.get("metric")
    return metric if isinstance(metric, (int, float)) and not isinstance(metric, bool) else None
