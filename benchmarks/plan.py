"""How long the plan takes: 1,000, 10,000 and 30,000 verdicts, a fifth of which fail in one way or another.

    python benchmarks/plan.py

Prints the median of seven plans of each size, in time of the processor: a plan waits for nothing, and
other work on the machine is none of its own.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from rules.checks.catalogue import finding
from rules.checks.judge import FAMILIES
from rules.config.model import Preprocess
from rules.domain import Category, Division, RunKey, Scenario
from rules.plan import Plan, make_plan
from rules.rounds import load_round
from rules.verdict import Inference, Verdict

ROUND = load_round("v6.1")
SIZES = (1_000, 10_000, 30_000)
REPEATS = 7
#: What each system runs: model, benchmark, scenario. MultiStream of resnet50 is left to be inferred.
RUNS = (
    ("resnet50", "resnet", Scenario.SINGLE_STREAM),
    ("resnet50", "resnet", Scenario.OFFLINE),
    ("bert-99.9", "bert-99.9", Scenario.SINGLE_STREAM),
    ("bert-99.9", "bert-99.9", Scenario.OFFLINE),
)


def verdicts() -> Iterator[Verdict]:
    """Those of system after system, without end. Every fifth run fails: in closed, in open too, or in its power."""
    assert FAMILIES  # imported, so that the catalogue is filled
    invalid, untested, unpowered = finding("PERF-016", "log"), finding("COMP-001", "run"), finding("POW-001", "run")
    states = (((invalid,), (invalid,)), ((untested,), ()), ((unpowered,), (unpowered,)))
    number = 0
    while True:
        for model, benchmark, scenario in RUNS:
            key = RunKey(Division.CLOSED, "Lab", f"system-{number // len(RUNS):05}", model, scenario)
            findings, in_open = states[number // 5 % len(states)] if number % 5 == 4 else ((), ())
            targets = (target for source, target in ROUND.inference if source is scenario)
            yield Verdict(
                key=key,
                folder=f"results/{key.id}",
                benchmark=benchmark,
                category=Category.EDGE,
                metric=100.0,
                units="Samples/s",
                inferable={} if findings else {target: Inference(100.0) for target in targets},
                findings=findings,
                findings_in_open=in_open,
            )
            number += 1


def median_seconds(judged: list[Verdict]) -> tuple[float, Plan]:
    times = []
    plan = Plan(())
    for _ in range(REPEATS):
        gc.collect()
        begin = time.process_time()
        plan = make_plan(judged, ROUND, Preprocess())
        times.append(time.process_time() - begin)
    return statistics.median(times), plan


def main() -> None:
    print("| runs | results placed | scenarios still to be run | median |")
    print("|--:|--:|--:|--:|")
    for size in SIZES:
        seconds, plan = median_seconds(list(islice(verdicts(), size)))
        print(f"| {size:,} | {len(plan.placed()):,} | {len(plan.todo):,} | {seconds * 1000:.0f} ms |")


if __name__ == "__main__":
    main()
