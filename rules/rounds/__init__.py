"""Rounds are data: `vX.Y.yaml` beside this file, one table a benchmark; the loader is all the code."""

from rules.rounds.loader import available_rounds, load_round, round_with_seeds
from rules.rounds.model import AccuracyMetric, Benchmark, Round, ScenarioSet, TokenLatencyLimits

__all__ = [
    "AccuracyMetric",
    "Benchmark",
    "Round",
    "ScenarioSet",
    "TokenLatencyLimits",
    "available_rounds",
    "load_round",
    "round_with_seeds",
]
