"""The accuracy report, accuracy.txt: every metric found by the round's patterns, and the hash line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.rounds.model import AccuracyMetric

_HASH_LINE = re.compile(r"^hash=([\w\d]+)$")
#: A report has a few lines; a file of more is none.
_MOST_LINES = 100_000
#: The longest lines of reports have a hundredth of it.
_LONGEST_LINE = 100_000


@dataclass(frozen=True)
class Score:
    """One metric as one line of a report says it; the value as written: reports are quoted, not rounded."""

    line: int
    metric: AccuracyMetric
    value: str

    @property
    def number(self) -> float | None:
        """None where the pattern caught something like `7.6.0`."""
        try:
            return float(self.value)
        except ValueError:
            return None


@dataclass(frozen=True)
class AccuracyReport:
    """What an accuracy report says, in the order of its lines."""

    scores: tuple[Score, ...] = ()
    #: (line, what stands behind `hash=`) of each hash line.
    hashes: tuple[tuple[int, str], ...] = ()


def parse_accuracy_report(text: str, metrics: Iterable[AccuracyMetric]) -> AccuracyReport:
    """Find every mention of each metric, and the hash lines."""
    wanted = tuple((metric, metric.pattern.match) for metric in metrics)
    scores: list[Score] = []
    hashes: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n", _MOST_LINES), start=1):
        if len(line) > _LONGEST_LINE:
            continue
        for metric, match_metric in wanted:
            match = match_metric(line)
            if match:
                scores.append(Score(number, metric, match[1]))
        match = _HASH_LINE.match(line) if line.startswith("hash=") else None
        if match:
            hashes.append((number, match[1]))
    return AccuracyReport(tuple(scores), tuple(hashes))
