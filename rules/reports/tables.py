"""The machine's reports: findings.json, summary.json and summary.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from rules.domain import Artefact
from rules.finding import Finding
from rules.layout import Tree
from rules.plan import Placement, Plan
from rules.rounds.model import Round
from rules.verdict import Verdict

_SHARED_KEYS = (
    "division", "submitter", "system", "benchmark", "scenario", "verdict", "metric", "units", "accuracy",
    "inferred", "power", "findings",
)  # fmt: skip
#: The columns of the official checker's csv (ResultExporter).
_COLUMNS = (
    "Organization", "Availability", "Division", "SystemType", "SystemName", "Platform", "Model", "MlperfModel",
    "Scenario", "Result", "Accuracy", "number_of_nodes", "host_processor_model_name", "host_processors_per_node",
    "host_processor_core_count", "accelerator_model_name", "accelerators_per_node", "total_accelerators", "Location",
    "framework", "operating_system", "notes", "compliance", "errors", "version", "inferred", "has_power", "Units",
    "weight_data_types", "design_power_watts", "PrivateID",
)  # fmt: skip


def findings_report(round_: Round, verdicts: Iterable[Verdict], tree: Iterable[Finding]) -> dict[str, Any]:
    """findings.json: every run as it was judged, and what belongs to no single run."""
    results = [verdict.to_json() for verdict in verdicts]
    return {
        "round": round_.name,
        "profile": "strict",
        "results": [{key: result[key] for key in _SHARED_KEYS} | {"model": result["model"]} for result in results],
        "tree": [found.to_json() for found in tree],
    }


def summary_report(round_: Round, plan: Plan, verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """summary.json: what is shipped."""
    return {
        "round": round_.name,
        "results": [_result(each, verdicts[each.source.id]) for each in plan.placed()],
        "dropped": [each.to_json() for each in plan.placements if each.target is None],
    }


def _result(placement: Placement, verdict: Verdict) -> dict[str, Any]:
    target = placement.target
    assert target is not None
    return {
        "division": str(target.division),
        "submitter": target.submitter,
        "system": target.system,
        "model": target.model,
        "benchmark": verdict.benchmark,
        "scenario": str(target.scenario),
        "metric": placement.metric,
        "units": placement.units,
        "accuracy": verdict.accuracy,
        "inferred": placement.source.scenario is not target.scenario,
        "power": None if verdict.power is None else vars(verdict.power),
    }


def summary_csv(
    round_: Round,
    tree: Tree,
    plan: Plan,
    verdicts: Mapping[str, Verdict],
    systems: Mapping[str, Mapping[str, Any]],
) -> str:
    """summary.csv with the official columns; a power result has a second row, as there."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\n", restval="")
    stream.write(",".join(_COLUMNS) + "\n")
    for placement in plan.placed():
        assert placement.target is not None
        verdict = verdicts[placement.source.id]
        own = systems[f"{placement.source.division}/{placement.source.system}"]
        fields = systems.get(f"{placement.target.division}/{placement.target.system}", own)
        row = _row(round_, tree, placement, verdict, fields)
        writer.writerow(row)
        if verdict.power is not None:
            writer.writerow(row | {"Result": verdict.power.metric, "Units": verdict.power.units})
    return stream.getvalue()


def _row(
    round_: Round, tree: Tree, placement: Placement, verdict: Verdict, fields: Mapping[str, Any]
) -> dict[str, object]:
    target = placement.target
    assert target is not None
    notes = ". ".join(str(fields[name]) for name in ("hw_notes", "sw_notes") if fields.get(name))
    log = tree.artefact(target, Artefact("performance/run_1/mlperf_log_detail.txt"))
    copied = {name: fields.get(name, "") for name in _COLUMNS if name in fields}
    return copied | {
        "Organization": target.submitter,
        "Availability": fields.get("status", ""),
        "Division": str(target.division),
        "SystemType": fields.get("system_type", ""),
        "SystemName": fields.get("system_name", ""),
        "Platform": target.system,
        "Model": target.model,
        "MlperfModel": round_.official_name(target.model) if verdict.benchmark is None else verdict.benchmark,
        "Scenario": str(target.scenario),
        "Result": placement.metric,
        "Accuracy": _accuracy(verdict.accuracy),
        "total_accelerators": _product(fields.get("number_of_nodes"), fields.get("accelerators_per_node")),
        "Location": str(log.parent),
        "notes": notes,
        "compliance": str(target.division),
        "errors": 0,
        "version": round_.name,
        "inferred": int(placement.source.scenario is not target.scenario),
        "has_power": verdict.power is not None,
        "Units": placement.units,
        "weight_data_types": verdict.weight_data_types,
    }


def _accuracy(values: Mapping[str, str]) -> str:
    """All metrics in one cell; the one score of an endpoints run has no name there."""
    if list(values) == ["score"]:
        return values["score"]
    return "  ".join(f"{name}: {value}" for name, value in values.items())


def _product(*counts: object) -> object:
    product = 1
    for count in counts:
        try:
            product *= int(str(count))
        except ValueError:
            return ""
    return product
