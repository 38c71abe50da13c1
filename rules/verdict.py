"""The verdict of one run: metrics and findings, as a value and as the JSON that a check leaves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rules.domain import Category, Division, RunKey, Scenario
from rules.finding import Finding

#: The codes of the rules about power begin so.
POWER_FAMILY = "POW-"


#: The name, among those of an accuracy, of a score that has none of its own.
UNNAMED_SCORE = "accuracy_score"


@dataclass(frozen=True)
class Power:
    """Power beside a performance result: metric in W or mJ, efficiency in results per W (or J)."""

    metric: float
    units: str
    efficiency: float


@dataclass(frozen=True)
class Inference:
    """What a run gives as a result of another scenario."""

    metric: float
    power: Power | None = None

    def to_json(self) -> dict[str, Any]:
        return {"metric": self.metric, "power": None if self.power is None else vars(self.power)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Inference:
        return cls(data["metric"], None if data["power"] is None else Power(**data["power"]))


@dataclass(frozen=True)
class Verdict:
    """What the checks say of a run. `metric` is in `units`; accuracy values are as reported."""

    key: RunKey
    folder: str
    #: Official benchmark name; None where the round has none for the model.
    benchmark: str | None
    category: Category | None
    metric: float | None = None
    units: str | None = None
    accuracy: dict[str, str] = field(default_factory=dict)
    power: Power | None = None
    inferred: bool = False
    #: `effective_scenario` of the performance log, as it stands there.
    logged: str | None = None
    #: The scenarios that may be inferred from this run.
    inferable: dict[Scenario, Inference] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    #: What the open division would say of a closed run: tells whether it can move there.
    findings_in_open: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    #: From measurements.json and the nameplate, for the summary.
    weight_data_types: str = ""
    design_power_watts: Any = None

    @property
    def passes(self) -> bool:
        return not any(found.is_error for found in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.is_error)

    @property
    def passes_without_power(self) -> bool:
        """Whether all that fails is the power measured beside performance."""
        return all(found.code.startswith(POWER_FAMILY) for found in self.errors)

    def in_open(self) -> Verdict:
        """The same run's verdict as a result of the open division."""
        return replace(
            self,
            key=replace(self.key, division=Division.OPEN),
            findings=self.findings_in_open,
            findings_in_open=(),
        )

    def to_json(self) -> dict[str, Any]:
        """For the file that a check leaves and the later steps read."""
        return {
            "division": str(self.key.division),
            "submitter": self.key.submitter,
            "system": self.key.system,
            "benchmark": self.benchmark,
            "model": self.key.model,
            "scenario": str(self.key.scenario),
            "category": None if self.category is None else str(self.category),
            "folder": self.folder,
            "verdict": "pass" if self.passes else "fail",
            "metric": self.metric,
            "units": self.units,
            "accuracy": self.accuracy,
            "inferred": self.inferred,
            "logged": self.logged,
            "inferable": {str(scenario): each.to_json() for scenario, each in self.inferable.items()},
            "power": None if self.power is None else vars(self.power),
            "findings": [found.to_json() for found in self.findings],
            "findings_in_open": [found.to_json() for found in self.findings_in_open],
            "left_out": list(self.left_out),
            "weight_data_types": self.weight_data_types,
            "design_power_watts": self.design_power_watts,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        key = RunKey(
            Division(data["division"]), data["submitter"], data["system"], data["model"], Scenario(data["scenario"])
        )
        return cls(
            key=key,
            folder=data["folder"],
            benchmark=data["benchmark"],
            category=None if data["category"] is None else Category(data["category"]),
            metric=data["metric"],
            units=data["units"],
            accuracy=data["accuracy"],
            power=None if data["power"] is None else Power(**data["power"]),
            inferred=data["inferred"],
            logged=data["logged"],
            inferable={Scenario(scenario): Inference.from_json(each) for scenario, each in data["inferable"].items()},
            findings=tuple(Finding.from_json(each) for each in data["findings"]),
            findings_in_open=tuple(Finding.from_json(each) for each in data["findings_in_open"]),
            left_out=tuple(data["left_out"]),
            weight_data_types=data["weight_data_types"],
            design_power_watts=data["design_power_watts"],
        )
