"""Made-up builds of any size, to look at and to try the page with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from support import ROUND, verdict

from rules.checks.catalogue import finding
from rules.domain import Division, RunKey, Scenario
from rules.layout import Tree
from rules.plan import Action, Placement, Plan
from rules.reports.built import Built
from rules.reports.changes import Kind, Result
from rules.reports.tables import planned_rows, summary_report
from rules.todo import Todo
from rules.verdict import Power, Verdict

_SYSTEMS = ("aurora-1x", "aurora-8x", "basalt-edge", "cirrus-2n", "delta-nano", "ember-4x", "fjord-16x")
_BENCHMARKS = {
    "resnet": (Scenario.OFFLINE, Scenario.SERVER),
    "retinanet": (Scenario.OFFLINE, Scenario.SERVER),
    "llama2-70b-99": (Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE),
    "llama3.1-8b": (Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE),
    "whisper": (Scenario.OFFLINE,),
    "stable-diffusion-xl": (Scenario.OFFLINE, Scenario.SERVER),
}
INVALID = finding("PERF-016", "results/mlperf_log_detail.txt", line=70, found="INVALID")
BELOW = finding("ACC-003", "results/accuracy.txt", line=2, found="acc 75.1", expected="75.695")
NOTED = finding("SYS-012", "results/system_meta.json", found="notes")


def made_up(results: int = 70) -> Built:
    """That many runs, of which some fail, one is moved to open, some lack a scenario, and some have power."""
    runs = [run for run, _ in zip(_runs(), range(results), strict=False)]
    placements = [_placement(run) for run in runs]
    wanted = (
        Todo("closed", _SYSTEMS[0], "whisper", "Server", ("performance", "accuracy"), {"min_duration_ms": 600000}),
        Todo(
            "closed", _SYSTEMS[2], "resnet", "Interactive or Server", ("performance",), {"target_latency_ns": 15000000}
        ),
    )
    verdicts = {run.key.id: run for run in runs}
    plan = Plan(tuple(placements), todo=wanted)
    systems: dict[str, dict[str, Any]] = {f"{run.key.division}/{run.key.system}": {} for run in runs}
    built = Built(
        ROUND,
        verdicts,
        plan,
        (finding("TEXT-002", "submission.yaml"),),
        tuple(planned_rows(Tree(ROUND.layout), plan, verdicts, systems)),
        {run.key.id: details_of(run) for run in runs},
    )
    return replace(built, former=_former(built))


def _runs() -> Iterator[Verdict]:
    number = 0
    for series in range(1000):
        for system in _SYSTEMS:
            name = system if series == 0 else f"{system}-{series:03}"
            for benchmark, scenarios in _BENCHMARKS.items():
                for scenario in scenarios:
                    yield _run(number, name, benchmark, scenario)
                    number += 1


def _run(number: int, system: str, benchmark: str, scenario: Scenario) -> Verdict:
    found = (
        (INVALID,) if number % 13 == 5 else (BELOW, NOTED) if number % 17 == 9 else (NOTED,) if number % 7 == 3 else ()
    )
    metric = round((1 + number * 7919 % 97) * 123.457, 3)
    return verdict(
        benchmark,
        scenario,
        benchmark=benchmark,
        system=system,
        metric=metric,
        units="Tokens/s" if "llama" in benchmark else "Samples/s",
        accuracy={"acc": "76.382"},
        power=Power(512.3, "Watts", metric / 512.3) if number % 5 == 0 else None,
        findings=found,
    )


def _placement(run: Verdict) -> Placement:
    key = run.key
    if run.passes:
        return Placement(key, Action.KEEP, "passes", key, run.metric, run.units)
    if BELOW in run.findings:
        target = replace(key, division=Division.OPEN)
        return Placement(key, Action.MOVE_TO_OPEN, "below the closed target", target, run.metric, run.units, (BELOW,))
    return Placement(key, Action.DROP, "fails", decided_by=run.errors)


def details_of(run: Verdict) -> dict[str, Any]:
    """Details as a check leaves them."""
    p99 = 14_200_000
    return {
        "validity": "VALID" if run.passes else "INVALID",
        "measures": [
            {"name": "Target latency", "value": 15_000_000, "unit": "ns", "limit": 15_000_000, "bound": "at most"},
            {"name": "Measured duration", "value": 604_812.5, "unit": "ms", "limit": 600_000, "bound": "at least"},
            {"name": "Queries", "value": 301_442, "unit": "queries", "limit": None, "bound": "at least"},
            {"name": "Samples in memory", "value": 1024, "unit": "samples", "limit": 1024, "bound": "at least"},
            {"name": "Accuracy samples", "value": 50_000, "unit": "samples", "limit": 50_000, "bound": "exactly"},
        ],
        "accuracy": [
            {"name": "acc", "value": 76.382, "target": 75.6954, "upper_limit": None, "binding": True},
        ],
        "latencies": [
            {
                "name": "Latency",
                "values": [3_400_000, 8_100_000, 7_900_000, 10_300_000, 11_800_000, 12_700_000, p99, 16_900_000, None],
                "limit": 15_000_000,
            }
        ],
        "power": {
            "times": [float(second) for second in range(-12, 612, 4)],
            "watts": [
                round(180 + (340 if 0 <= second <= 604 else 0) + 14 * math.sin(second / 9) + second * 31 % 17, 1)
                for second in range(-12, 612, 4)
            ],
            "duration": 604.8,
        }
        if run.power
        else None,
        "files": {
            "performance/run_1/mlperf_log_detail.txt": f"{run.folder}/performance/run_1/mlperf_log_detail.txt",
            "accuracy/accuracy.txt": f"{run.folder}/accuracy/accuracy.txt",
        },
    }


def _former(built: Built) -> dict[str, Any]:
    """What the last build shipped: one result more, one less, and some others."""
    summary = summary_report(built.round, built.rows, built.plan)
    results = summary["results"]
    dropped = [each["run"].split("/") for each in summary["dropped"]][:1]
    for result, factor in zip(results, (1.04, 0.93), strict=False):
        result["metric"] *= factor
    failing = [
        dict(zip(Result._fields, (division, "ExampleLab", *place), strict=True))
        | {"metric": 8642.0, "units": "Samples/s"}
        for division, *place in dropped
    ]
    return {"results": [*results[:-1], *failing]}


#: The kinds of change from the made-up former build.
CHANGES = (Kind.FAILING, Kind.WORSE, Kind.BETTER, Kind.NEW)
#: A place that no format likes.
HOSTILE = RunKey(
    Division.OPEN,
    "Lab</title><script>alert(1)</script>",
    "s\"'><img src=x onerror=alert(1)>",
    "m</script><!--\udcff\x1b",
    Scenario.OFFLINE,
)
