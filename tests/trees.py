"""Finished trees with a result of every kind, made of the example's."""

from __future__ import annotations

import json
from pathlib import Path

from memory_files import MemoryFiles, load_tree
from power_run import add_power
from support import ROUND, copy_of

CLOSED = "closed/ExampleLab"
OPEN = "open/ExampleLab"
OFFLINE = f"{CLOSED}/results/example-edge/resnet50/Offline"
_OPEN_SYSTEM = f"{OPEN}/results/example-edge-int4"
_NAMEPLATE = """\
rack 1:
- server 1:
    Min PSUs Needed: 1
    PSUs:
    - {Name: PSU 1, PowerCapacityWatts: 65}
    - {Name: PSU 2, PowerCapacityWatts: 65}
"""


def add_endpoints_run(
    tree: MemoryFiles, folder: str = "Offline", *, score: object = 0.5, type: object = "offline", **summary: object
) -> str:
    """One more open result, of the endpoints harness; its scenario is the folder's or `type`. Where it lies."""
    place = f"{_OPEN_SYSTEM}/llama3.1-8b/{folder}"
    tree.copy_to(f"{_OPEN_SYSTEM}/bert-small-int4/Offline", place)
    tree.delete(f"{place}/performance")
    tree.delete(f"{place}/accuracy")
    runtime = {
        "min_duration_ms": ROUND.min_duration_ms,
        "dataloader_random_seed": ROUND.seeds["sample_index_rng_seed"],
        "scheduler_random_seed": ROUND.seeds["schedule_rng_seed"],
    }
    config = f"type: {json.dumps(type)}\nsettings:\n  runtime:\n"
    config += "".join(f"    {name}: {value}\n" for name, value in runtime.items())
    tree.write(f"{place}/config.yaml", config.encode())
    said = {"n_samples_issued": 13368, "duration_ns": 700_000_000_000, "latency": {"avg": 1}} | summary
    tree.write(f"{place}/performance/result_summary.json", json.dumps(said).encode())
    scores = {"accuracy_scores": [{"score": score, "total_samples": 13368}]}
    tree.write(f"{place}/accuracy/accuracy_results.json", json.dumps(scores).encode())
    return place


def tree_of_all_kinds(built: Path, scratch: Path) -> MemoryFiles:
    """The built example's tree with a power measurement, an endpoints run and what else there may be. It passes."""
    folder = copy_of(built / "build/submission", scratch)
    add_power(folder / OFFLINE)
    tree = load_tree(folder)
    tree.write(f"{CLOSED}/systems/example-edge_power.yaml", _NAMEPLATE.encode())
    place = add_endpoints_run(tree, score={"ROUGE1": 40.0})
    audit = {"test": "consistency_output_test", "passed": True}
    tree.write(f"{place}/audit/audit_consistency_output_test.json", json.dumps(audit).encode())
    # A result may pass TEST01 by two accuracies that are close, too.
    test = f"{OFFLINE}/TEST01"
    tree.write(f"{test}/verify_accuracy.txt", b"TEST FAIL\n")
    report = tree.read(f"{OFFLINE}/accuracy/accuracy.txt")
    for name in ("accuracy.txt", "baseline_accuracy.txt", "compliance_accuracy.txt"):
        tree.write(f"{test}/accuracy/{name}", report)
    return tree
