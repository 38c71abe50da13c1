"""All that the rules may know of one run, read and parsed once. The I/O edge of the checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import yaml

from rules.domain import (
    ACCURACY_DETAIL_LOG,
    ACCURACY_LOG,
    ACCURACY_REPORT,
    DETAIL_LOG,
    ENDPOINTS_ACCURACY,
    ENDPOINTS_CONFIG,
    ENDPOINTS_CONFIG_YML,
    ENDPOINTS_PERFORMANCE,
    MEASUREMENTS,
    README,
    USER_CONF,
    Artefact,
    Category,
    Division,
    Run,
    RunKey,
    Scenario,
)
from rules.parsers.accuracy import AccuracyReport, parse_accuracy_report
from rules.parsers.endpoints import accuracy_problem, endpoints_log, scenario_problem, scenario_spelling
from rules.parsers.loadgen import DetailLog, parse_detail_log
from rules.parsers.yaml_values import parse_yaml
from rules.power_evidence import PowerEvidence, TestLog, load_power_evidence, read_test_log
from rules.rounds.model import Benchmark, Round
from rules.sources import Disk, Files, StrPath
from rules.streams import Parsed, Readable, Remembered, read_start
from rules.system import SystemDescription

DISK = Disk()
_SPELLED = {scenario.value: scenario for scenario in Scenario}
#: Compliance tests whose runs are judged like performance runs; the logs of others aren't read.
PERFORMANCE_TESTS = ("TEST01", "TEST04")
#: What compliance tests leave and the official checker reads in every division, before any check.
_EAGER_TEXTS = ("verify_accuracy.txt", "verify_output_len.txt")
#: Reports and descriptions are small; a larger file is none of them, and isn't read.
_LARGEST_DOCUMENT_BYTES = 8 << 20


@dataclass(frozen=True)
class Unreadable:
    """An artefact that is there but can't be understood; `line` counts from 1."""

    artefact: Artefact
    line: int | None
    reason: str
    #: Read for closed and network results alone.
    closed_only: bool = False


@dataclass(frozen=True)
class Evidence:
    """One run's artefacts as values. Sizes in bytes."""

    key: RunKey
    benchmark: Benchmark
    category: Category
    system: SystemDescription
    folder: str
    #: As the user spells them.
    paths: Mapping[Artefact, StrPath]
    #: Of the files whose size is judged.
    sizes: Mapping[Artefact, int]
    is_endpoints: bool
    has_power: bool
    #: The scenario as the folder spells it.
    scenario_folder: str
    performance: DetailLog | None = None
    accuracy: DetailLog | None = None
    accuracy_report: AccuracyReport | None = None
    measurements: Mapping[str, Any] | None = None
    power: PowerEvidence | None = None
    #: Detail logs of compliance runs by test, and the small text files of the test folders.
    compliance_logs: Mapping[str, DetailLog] = field(default_factory=dict)
    texts: Mapping[Artefact, str] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    #: Whether accuracy logs must be short and hashed, and READMEs and code there (in a finished tree).
    is_staged: bool = False
    #: Whether the submitter's folder of the tree has one for code.
    has_code: bool = True

    @cached_property
    def scenario(self) -> Scenario:
        return self.key.scenario

    @cached_property
    def is_closed(self) -> bool:
        """Closed rules hold (in the network division too)."""
        return self.key.division is not Division.OPEN

    @cached_property
    def logged_spelling(self) -> object:
        """The scenario of the performance log as the official checker compares it, letter for letter."""
        logged = self.performance.get("effective_scenario") if self.performance else None
        return scenario_spelling(logged, self.scenario_folder) if self.is_endpoints else logged

    @cached_property
    def logged_scenario(self) -> Scenario | None:
        """The scenario of the performance log; an Interactive result has a Server log."""
        spelling = self.logged_spelling
        if not isinstance(spelling, str):
            return None
        return Scenario.parse(spelling) if self.is_endpoints else _SPELLED.get(spelling)

    def path(self, artefact: Artefact) -> str:
        """Where an artefact lies, or the folder that lacks it."""
        return str(self.paths[artefact]) if artefact in self.paths else self.folder

    def has(self, artefact: str) -> bool:
        return artefact in self.paths

    def text(self, artefact: str) -> str | None:
        return self.texts.get(Artefact(artefact))

    def names_in(self, folder: str) -> set[str]:
        """The names of the files that lie in a folder of the run (`TEST01/accuracy`), not below it."""
        prefix = f"{folder}/"
        inside = (path[len(prefix) :] for path in self.paths if path.startswith(prefix))
        return {name for name in inside if "/" not in name}

    def in_division(self, division: Division) -> Evidence:
        """The same run as another division would judge it."""
        return replace(
            self,
            key=replace(self.key, division=division),
            system=self.system.in_division(division),
        )


def load_evidence(
    run: Run,
    round_: Round,
    benchmark: Benchmark,
    system: SystemDescription,
    files: Files = DISK,
    *,
    is_staged: bool = False,
    has_code: bool = True,
    paths: Mapping[Artefact, StrPath] | None = None,
) -> Evidence:
    """Read a run's logs and texts. What can't be read is recorded, never raised.

    `paths` is where `files` has the artefacts, if it isn't where the run says.
    """
    paths = run.artefacts if paths is None else paths
    reader = _Reader(paths, files)
    test_log: TestLog | None = None
    is_endpoints, has_power = run.is_endpoints, run.has_power
    if is_endpoints:
        config = reader.mapping(ENDPOINTS_CONFIG if ENDPOINTS_CONFIG in run.artefacts else ENDPOINTS_CONFIG_YML)
        performance = reader.endpoints(ENDPOINTS_PERFORMANCE, config)
        accuracy = reader.endpoints(ENDPOINTS_ACCURACY, config)
    else:
        performance, test_log = reader.test_log() if has_power else (reader.detail_log(DETAIL_LOG), None)
        accuracy = reader.detail_log(ACCURACY_DETAIL_LOG)
    tests = {test: reader.detail_log(Artefact(f"{test}/{DETAIL_LOG}")) for test in PERFORMANCE_TESTS}
    measurements = reader.mapping(MEASUREMENTS)
    report = reader.text(ACCURACY_REPORT)  # of an endpoints run it says nothing, but has to be readable
    texts = {artefact: reader.text(artefact, closed_only=closed) for artefact, closed in _small_texts(run)}
    power = load_power_evidence(paths, files, test_log) if has_power else None
    sizes = reader.sizes(ACCURACY_LOG, USER_CONF, README)
    if not is_staged:  # all of it is to be copied
        reader.try_all()
    return Evidence(
        key=run.key,
        benchmark=benchmark,
        category=system.category or Category.DATACENTER,
        system=system,
        folder=str(run.folder),
        paths=paths,
        sizes=sizes,
        is_endpoints=is_endpoints,
        has_power=has_power,
        scenario_folder=run.scenario_folder,
        performance=performance,
        accuracy=accuracy,
        accuracy_report=None if report is None or is_endpoints else parse_accuracy_report(report, benchmark.accuracy),
        measurements=measurements,
        power=power,
        compliance_logs={test: log for test, log in tests.items() if log is not None},
        texts={artefact: text for artefact, text in texts.items() if text is not None},
        unreadable=tuple(reader.unreadable),
        is_staged=is_staged,
        has_code=has_code,
    )


def _small_texts(run: Run) -> list[tuple[Artefact, bool]]:
    """The text files of compliance runs and audits, each with whether only closed results need it."""
    found = []
    for artefact in run.artefacts:
        name = artefact.rsplit("/", 1)[-1]
        if artefact.startswith("TEST") and (name.startswith("verify_") or name.endswith("_accuracy.txt")):
            found.append((artefact, name not in _EAGER_TEXTS))
        elif artefact.startswith("audit/") and name.endswith(".json"):
            found.append((artefact, False))
    return found


_read_detail_log = Remembered(parse_detail_log)


class _Reader:
    """Reads a run's artefacts and keeps what could not be read."""

    def __init__(self, artefacts: Mapping[Artefact, StrPath], files: Files) -> None:
        self._artefacts = artefacts
        self._files = files
        self.unreadable: list[Unreadable] = []
        self._read: set[Artefact] = set()

    def _fail(self, artefact: Artefact, reason: str, line: int | None = None, closed_only: bool = False) -> None:
        self.unreadable.append(Unreadable(artefact, line, reason, closed_only))

    def try_all(self) -> None:
        """Open what hasn't been read, so that what can't be copied is known before anything is staged."""
        known = {what.artefact for what in self.unreadable}
        for artefact in sorted(self._artefacts.keys() - self._read - known):
            try:
                self._files.open(self._artefacts[artefact]).close()
            except OSError as problem:
                self._fail(artefact, problem.strerror or type(problem).__name__)

    def sizes(self, *wanted: Artefact) -> dict[Artefact, int]:
        sizes = {}
        for artefact in wanted:
            path = self._artefacts.get(artefact)
            try:
                if path is not None:
                    sizes[artefact] = self._files.size(path)
            except OSError as problem:
                self._fail(artefact, problem.strerror or type(problem).__name__)
        return sizes

    def text(self, artefact: Artefact, *, closed_only: bool = False) -> str | None:
        """A text file, its line ends as \\n."""
        path = self._artefacts.get(artefact)
        if path is None:
            return None
        self._read.add(artefact)
        try:
            with self._files.open(path) as stream:
                data = read_start(stream, _LARGEST_DOCUMENT_BYTES + 1)
        except OSError as problem:
            self._fail(artefact, problem.strerror or type(problem).__name__, None, closed_only)
            return None
        if len(data) > _LARGEST_DOCUMENT_BYTES:
            self._fail(artefact, f"more than {_LARGEST_DOCUMENT_BYTES >> 20} MB", None, closed_only)
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as problem:
            line = data.count(b"\n", 0, problem.start) + 1
            self._fail(artefact, f"byte 0x{data[problem.start]:02x} is not UTF-8", line, closed_only)
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def detail_log(self, artefact: Artefact) -> DetailLog | None:
        return self._usable(artefact, self._parsed(artefact, _read_detail_log))

    def test_log(self) -> tuple[DetailLog | None, TestLog | None]:
        """The detail log of a performance run under the power meter."""
        read = self._parsed(DETAIL_LOG, read_test_log)
        return self._usable(DETAIL_LOG, read.log if read else None), read

    def _parsed(self, artefact: Artefact, parse: Callable[[Readable], Parsed]) -> Parsed | None:
        path = self._artefacts.get(artefact)
        if path is None:
            return None
        self._read.add(artefact)
        try:
            with self._files.open(path) as stream:
                return parse(stream)
        except OSError as problem:
            self._fail(artefact, problem.strerror or type(problem).__name__)
            return None

    def _usable(self, artefact: Artefact, log: DetailLog | None) -> DetailLog | None:
        if log is None:
            return None
        for problem_line in log.problems[:1]:
            more = f" (and {len(log.problems) - 1} more lines)" if len(log.problems) > 1 else ""
            self._fail(artefact, problem_line.text + more, problem_line.line)
        return log if log.values else None

    def mapping(self, artefact: Artefact) -> dict[str, Any] | None:
        """A JSON or YAML object."""
        text = self.text(artefact)
        if text is None:
            return None
        try:
            data = json.loads(text) if artefact.endswith(".json") else parse_yaml(text)
        except json.JSONDecodeError as problem:
            what = f"invalid JSON: {problem.msg}" if text.strip() else "the file is empty"
            self._fail(artefact, what, problem.lineno)
            return None
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            mark = getattr(problem, "problem_mark", None)
            kind = "JSON" if artefact.endswith(".json") else "YAML"
            self._fail(artefact, f"invalid {kind}", mark.line + 1 if mark else None)
            return None
        if not isinstance(data, dict):
            self._fail(artefact, f"holds {type(data).__name__}, not an object")
            return None
        return data

    def endpoints(self, artefact: Artefact, config: dict[str, Any] | None) -> DetailLog | None:
        results = self.mapping(artefact)
        if results is None:
            return None
        log = endpoints_log(results, config or {})
        problem = accuracy_problem(results) if artefact == ENDPOINTS_ACCURACY else scenario_problem(log)
        if problem:
            self._fail(artefact, problem)
        return log
