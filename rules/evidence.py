"""All that the rules may know of one run, read and parsed once. The I/O edge of the checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from rules.domain import (
    ACCURACY_DETAIL_LOG,
    ACCURACY_REPORT,
    DETAIL_LOG,
    ENDPOINTS_ACCURACY,
    ENDPOINTS_CONFIG,
    ENDPOINTS_PERFORMANCE,
    MEASUREMENTS,
    POWER_LOG,
    Artefact,
    Category,
    Division,
    Run,
    RunKey,
    Scenario,
)
from rules.parsers.endpoints import endpoints_log
from rules.parsers.loadgen import DetailLog, parse_detail_log
from rules.rounds.model import Benchmark, Round
from rules.system import SystemDescription


@dataclass(frozen=True)
class Unreadable:
    """An artefact that is there but can't be understood; `line` counts from 1."""

    artefact: Artefact
    line: int | None
    reason: str


@dataclass(frozen=True)
class Evidence:
    """One run's artefacts as values. Sizes in bytes; `paths` as the user spells them."""

    key: RunKey
    benchmark: Benchmark
    category: Category
    system: SystemDescription
    folder: str
    paths: Mapping[Artefact, str]
    sizes: Mapping[Artefact, int]
    is_endpoints: bool
    has_power: bool
    performance: DetailLog | None = None
    accuracy: DetailLog | None = None
    accuracy_report: str | None = None
    measurements: Mapping[str, Any] | None = None
    power_samples: str | None = None
    #: Detail logs of compliance runs by test, and the small text files of the test folders.
    compliance_logs: Mapping[str, DetailLog] = field(default_factory=dict)
    texts: Mapping[Artefact, str] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    #: Whether accuracy logs must be short and hashed already (in a finished tree).
    is_staged: bool = False

    @property
    def scenario(self) -> Scenario:
        return self.key.scenario

    @property
    def is_closed(self) -> bool:
        """Closed rules hold (in the network division too)."""
        return self.key.division is not Division.OPEN

    @property
    def logged_scenario(self) -> Scenario | None:
        """The scenario of the performance log; an Interactive result has a Server log."""
        logged = self.performance.get("effective_scenario") if self.performance else None
        if self.is_endpoints and self.scenario in (Scenario.SINGLE_STREAM, Scenario.INTERACTIVE):
            return self.scenario
        return Scenario.parse(str(logged)) if logged is not None else None

    def path(self, artefact: Artefact) -> str:
        """Where an artefact lies, or the folder that lacks it."""
        return self.paths.get(artefact, self.folder)

    def has(self, artefact: str) -> bool:
        return artefact in self.paths

    def text(self, artefact: str) -> str | None:
        return self.texts.get(Artefact(artefact))

    def in_division(self, division: Division) -> Evidence:
        """The same run as another division would judge it."""
        return replace(
            self,
            key=replace(self.key, division=division),
            system=self.system.in_division(division),
        )


def load_evidence(run: Run, round_: Round, benchmark: Benchmark, system: SystemDescription) -> Evidence:
    """Read a run's logs and texts. What can't be read is recorded, never raised."""
    reader = _Reader(run)
    performance, accuracy = reader.detail_log(DETAIL_LOG), reader.detail_log(ACCURACY_DETAIL_LOG)
    if run.is_endpoints:
        config = reader.mapping(_endpoints_config(run))
        performance = reader.endpoints(ENDPOINTS_PERFORMANCE, config)
        accuracy = reader.endpoints(ENDPOINTS_ACCURACY, config)
    tests = {test: reader.detail_log(Artefact(f"{test}/{DETAIL_LOG}")) for test in run.compliance_tests()}
    measurements = reader.mapping(MEASUREMENTS)
    texts = {artefact: reader.text(artefact) for artefact in run.artefacts if _is_small_text(artefact)}
    report = reader.text(ACCURACY_REPORT)
    samples = reader.text(POWER_LOG) if run.has_power else None
    return Evidence(
        key=run.key,
        benchmark=benchmark,
        category=system.category or Category.DATACENTER,
        system=system,
        folder=str(run.folder),
        paths={artefact: str(path) for artefact, path in run.artefacts.items()},
        sizes={artefact: _size(path) for artefact, path in run.artefacts.items()},
        is_endpoints=run.is_endpoints,
        has_power=run.has_power,
        performance=performance,
        accuracy=accuracy,
        accuracy_report=report,
        measurements=measurements,
        power_samples=samples,
        compliance_logs={test: log for test, log in tests.items() if log is not None},
        texts={artefact: text for artefact, text in texts.items() if text is not None},
        unreadable=tuple(reader.unreadable),
    )


def _endpoints_config(run: Run) -> Artefact:
    return ENDPOINTS_CONFIG if ENDPOINTS_CONFIG in run.artefacts else Artefact("config.yml")


def _is_small_text(artefact: Artefact) -> bool:
    name = artefact.rsplit("/", 1)[-1]
    in_test = artefact.startswith("TEST") and (name.startswith("verify_") or name.endswith("accuracy.txt"))
    return in_test or artefact.startswith("audit/")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Reader:
    """Reads a run's artefacts and keeps what could not be read."""

    def __init__(self, run: Run) -> None:
        self._artefacts = run.artefacts
        self.unreadable: list[Unreadable] = []

    def _fail(self, artefact: Artefact, reason: str, line: int | None = None) -> None:
        self.unreadable.append(Unreadable(artefact, line, reason))

    def bytes(self, artefact: Artefact) -> bytes | None:
        path = self._artefacts.get(artefact)
        if path is None:
            return None
        try:
            return path.read_bytes()
        except OSError as problem:
            self._fail(artefact, problem.strerror or type(problem).__name__)
            return None

    def text(self, artefact: Artefact) -> str | None:
        data = self.bytes(artefact)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as problem:
            line = data.count(b"\n", 0, problem.start) + 1
            self._fail(artefact, f"byte 0x{data[problem.start]:02x} is not UTF-8", line)
            return None

    def detail_log(self, artefact: Artefact) -> DetailLog | None:
        data = self.bytes(artefact)
        if data is None:
            return None
        log = parse_detail_log(data)
        for problem in log.problems[:1]:
            more = f" (and {len(log.problems) - 1} more lines)" if len(log.problems) > 1 else ""
            self._fail(artefact, problem.text + more, problem.line)
        return log if log.values else None

    def mapping(self, artefact: Artefact) -> dict[str, Any] | None:
        """A JSON or YAML object."""
        text = self.text(artefact)
        if text is None:
            return None
        try:
            data = json.loads(text) if artefact.endswith(".json") else yaml.safe_load(text)
        except json.JSONDecodeError as problem:
            self._fail(
                artefact, f"invalid JSON: {problem.msg}" if text.strip() else "the file is empty", problem.lineno
            )
            return None
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            mark = getattr(problem, "problem_mark", None)
            self._fail(artefact, "invalid YAML", mark.line + 1 if mark else None)
            return None
        if not isinstance(data, dict):
            self._fail(artefact, f"holds {type(data).__name__}, not an object")
            return None
        return data

    def endpoints(self, artefact: Artefact, config: dict[str, Any] | None) -> DetailLog | None:
        results = self.mapping(artefact)
        return None if results is None else endpoints_log(results, config or {})
