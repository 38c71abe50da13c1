"""The machine's reports: findings.json, summary.json and summary.csv. Pure: values in, values and text out."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rules.domain import DETAIL_LOG
from rules.finding import Finding
from rules.layout import Tree
from rules.rounds.model import Round
from rules.verdict import UNNAMED_SCORE, Power, Verdict
from rules.verification import Judged, Profile, Verification

if TYPE_CHECKING:
    from rules.plan import Placement, Plan

#: The columns of the official checker's csv (ResultExporter).
_COLUMNS = (
    "Organization", "Availability", "Division", "SystemType", "SystemName", "Platform", "Model", "MlperfModel",
    "Scenario", "Result", "Accuracy", "number_of_nodes", "host_processor_model_name", "host_processors_per_node",
    "host_processor_core_count", "accelerator_model_name", "accelerators_per_node", "total_accelerators", "Location",
    "framework", "operating_system", "notes", "compliance", "errors", "version", "inferred", "has_power", "Units",
    "weight_data_types", "design_power_watts", "PrivateID",
)  # fmt: skip


@dataclass(frozen=True)
class SummaryRow:
    """One shipped result, for the tables. `scenario` is as the tree spells its folder."""

    division: str
    submitter: str
    system: str
    model: str
    benchmark: str
    scenario: str
    fields: Mapping[str, Any]
    #: The folder of the performance run, relative to the tree.
    location: str
    metric: float | None
    units: str | None
    accuracy: Mapping[str, str]
    power: Power | None
    has_power: bool
    inferred: bool
    #: `effective_scenario` of the performance log.
    logged: str | None
    weight_data_types: str
    design_power_watts: Any
    private_id: str = ""

    @property
    def is_officially_inferred(self) -> bool:
        """The official csv compares the two names with letter case, so that `offline` and Interactive count."""
        return self.scenario != self.logged and (self.logged, self.scenario) != ("server", "interactive")


def verified_rows(verification: Verification) -> list[SummaryRow]:
    """The passing results of a finished tree."""
    return [_verified_row(each) for each in verification.results if each.passes]


def _verified_row(judged: Judged) -> SummaryRow:
    place, verdict = judged.place, judged.verdict
    assert verdict is not None
    folder = f"{place.division}/{place.submitter}/results/{place.system}/{place.model}/{place.scenario}"
    return SummaryRow(
        division=str(place.division),
        submitter=place.submitter,
        system=place.system,
        model=place.model,
        benchmark=judged.benchmark,
        scenario=place.run.scenario_folder if place.run else place.scenario,  # `server` for the folder `online`
        fields=judged.system,
        location=f"{folder}/performance/run_1",
        metric=verdict.metric,
        units=verdict.units,
        accuracy=verdict.accuracy,
        power=verdict.power,
        has_power=place.run is not None and place.run.has_power,
        inferred=verdict.inferred,
        logged=verdict.logged,
        weight_data_types=verdict.weight_data_types,
        design_power_watts=verdict.design_power_watts,
    )


def planned_rows(
    tree: Tree, plan: Plan, verdicts: Mapping[str, Verdict], systems: Mapping[str, Mapping[str, Any]]
) -> list[SummaryRow]:
    """The results that a plan ships. `systems` are descriptions by `<division>/<system>`."""
    return [_planned_row(tree, each, verdicts[each.source.id], systems) for each in plan.placed()]


def _planned_row(
    tree: Tree, placement: Placement, verdict: Verdict, systems: Mapping[str, Mapping[str, Any]]
) -> SummaryRow:
    source, target = placement.source, placement.target
    assert target is not None
    own = systems[f"{source.division}/{source.system}"]
    inferred = source.scenario is not target.scenario
    measured = verdict.inferable[target.scenario].power if inferred else verdict.power
    power = None if placement.without_power else measured
    return SummaryRow(
        division=str(target.division),
        submitter=target.submitter,
        system=target.system,
        model=target.model,
        benchmark=verdict.benchmark or target.model,
        scenario=str(target.scenario),
        fields=systems.get(f"{target.division}/{target.system}", own),
        location=str(tree.artefact(target, DETAIL_LOG).parent),
        metric=placement.metric,
        units=placement.units,
        accuracy=verdict.accuracy,
        power=power,
        has_power=power is not None,
        inferred=inferred,
        logged=verdict.logged,
        weight_data_types=verdict.weight_data_types,
        design_power_watts=None if power is None else verdict.design_power_watts,
    )


def summary_csv(round_: Round, rows: Iterable[SummaryRow]) -> str:
    """The official checker's csv, but for quotes within a value, which it doesn't escape.

    A power result has a second row, in its power's units.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\n", restval="")
    stream.write(",".join(_COLUMNS) + "\n")
    for row in rows:
        cells = summary_cells(round_, row)
        writer.writerow(cells)
        if row.has_power and row.power is not None:
            writer.writerow(cells | {"Result": row.power.metric, "Units": row.power.units})
    return stream.getvalue()


def summary_cells(round_: Round, row: SummaryRow) -> dict[str, Any]:
    """A result's line in the official csv, by column."""
    fields = row.fields
    copied = {name: fields[name] for name in _COLUMNS if name in fields}
    return copied | {
        "Organization": row.submitter,
        "Availability": fields.get("status", ""),
        "Division": row.division,
        "SystemType": fields.get("system_type", ""),
        "SystemName": fields.get("system_name", ""),
        "Platform": row.system,
        "Model": row.model,
        "MlperfModel": row.benchmark,
        "Scenario": row.scenario,
        "Result": row.metric,
        "Accuracy": _accuracy_cell(row.accuracy),
        "total_accelerators": _product(fields.get("number_of_nodes"), fields.get("accelerators_per_node")),
        "Location": row.location,
        "notes": ". ".join(str(fields[name]) for name in ("hw_notes", "sw_notes") if fields.get(name)),
        "compliance": row.division,
        "errors": 0,
        "version": round_.name,
        "inferred": int(row.is_officially_inferred),
        "has_power": row.has_power,
        "Units": row.units,
        "weight_data_types": row.weight_data_types,
        "design_power_watts": str(row.design_power_watts) if round_.nameplate_power else "",
        "PrivateID": row.private_id,
    }


def _accuracy_cell(values: Mapping[str, str]) -> str:
    """All metrics in one cell, as JSON without its marks; a score without a name alone."""
    if list(values) == [UNNAMED_SCORE]:
        text = values[UNNAMED_SCORE]
    else:
        text = ", ".join(f"{name}: {value}" for name, value in values.items())
    if not text.isascii():
        text = json.dumps(text)
    return text.translate(_JSON_MARKS).strip()


_JSON_MARKS = str.maketrans({",": " ", '"': None, "{": None, "}": None})


def _product(*counts: object) -> str:
    try:
        return str(math.prod(int(count) for count in counts))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return ""


def verified_report(verification: Verification) -> dict[str, Any]:
    """`verify --json`: every result of a finished tree, and what belongs to none of them."""
    return {
        "round": verification.round.name,
        "profile": str(verification.profile),
        "results": [_verified_result(each, verification.profile) for each in verification.results],
        "tree": [found.to_json() for found in verification.tree],
    }


def _verified_result(judged: Judged, profile: Profile) -> dict[str, Any]:
    place, verdict = judged.place, judged.verdict
    inferred = False
    if verdict is not None:
        official = _verified_row(judged).is_officially_inferred
        inferred = official if profile is Profile.OFFICIAL else verdict.inferred
    return {
        "division": str(place.division),
        "submitter": place.submitter,
        "system": place.system,
        "benchmark": place.model,
        "mlperf_model": judged.benchmark,
        "scenario": place.scenario,
        "verdict": "pass" if judged.passes else "fail",
        "metric": None if verdict is None else _finite(verdict.metric),
        "units": None if verdict is None else verdict.units,
        "accuracy": {} if verdict is None else _numbers(verdict.accuracy),
        "inferred": inferred,
        "power": None if verdict is None else _power(verdict.power),
        "findings": [found.to_json() for found in judged.findings],
    }


def findings_report(round_: Round, verdicts: Iterable[Verdict], tree: Iterable[Finding]) -> dict[str, Any]:
    """findings.json: every run as it was judged, and what belongs to no single run."""
    return {
        "round": round_.name,
        "profile": str(Profile.STRICT),
        "results": [_judged_run(verdict) for verdict in verdicts],
        "tree": [found.to_json() for found in tree],
    }


def _judged_run(verdict: Verdict) -> dict[str, Any]:
    return {
        "division": str(verdict.key.division),
        "submitter": verdict.key.submitter,
        "system": verdict.key.system,
        "benchmark": verdict.key.model,
        "mlperf_model": verdict.benchmark,
        "scenario": str(verdict.key.scenario),
        "verdict": "pass" if verdict.passes else "fail",
        "metric": _finite(verdict.metric),
        "units": verdict.units,
        "accuracy": _numbers(verdict.accuracy),
        "inferred": verdict.inferred,
        "power": _power(verdict.power),
        "findings": [found.to_json() for found in verdict.findings],
    }


def summary_report(round_: Round, rows: Iterable[SummaryRow], plan: Plan) -> dict[str, Any]:
    """summary.json: what is shipped, and what is not."""
    return {
        "round": round_.name,
        "results": [_shipped(row) for row in rows],
        "dropped": [
            each.to_json() | {"metric": _finite(each.metric)} for each in plan.placements if each.target is None
        ],
    }


def _shipped(row: SummaryRow) -> dict[str, Any]:
    return {
        "division": row.division,
        "submitter": row.submitter,
        "system": row.system,
        "benchmark": row.model,
        "mlperf_model": row.benchmark,
        "scenario": row.scenario,
        "metric": _finite(row.metric),
        "units": row.units,
        "accuracy": _numbers(row.accuracy),
        "inferred": row.inferred,
        "power": _power(row.power),
    }


def _numbers(accuracy: Mapping[str, str]) -> dict[str, float | str]:
    """Accuracy values as numbers; what is none stays as written."""
    return {name: _number(value) for name, value in accuracy.items()}


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _finite(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return value if value is not None and math.isfinite(value) else None


def _power(power: Power | None) -> dict[str, Any] | None:
    if power is None:
        return None
    return vars(power) | {"metric": _finite(power.metric), "efficiency": _finite(power.efficiency)}
