"""The accuracy report, accuracy.txt: metrics found by the round's patterns, and the hash line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.rounds.model import AccuracyMetric

_HASH_LINE = re.compile(r"^hash=([\w\d]+)$", re.MULTILINE)


@dataclass(frozen=True)
class AccuracyReport:
    """What an accuracy report says. Values as text too: reports are quoted, not rounded."""

    #: Metric -> (line from 1, value as written).
    metrics: dict[str, tuple[int, str]]
    hash: str | None


def parse_accuracy_report(text: str, metrics: Iterable[AccuracyMetric]) -> AccuracyReport:
    """Find each metric (last line wins, as in the official checker) and the hash."""
    wanted = tuple(metrics)
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        for metric in wanted:
            match = metric.pattern.match(line)
            if match:
                found[metric.name] = (number, match[1])
    return AccuracyReport(found, accuracy_hash(text))


def accuracy_hash(text: str) -> str | None:
    """The value of the first `hash=` line, or None."""
    match = _HASH_LINE.search(text)
    return match[1] if match else None
