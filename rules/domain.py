"""The field's words as values. Everything may import this module; it imports nothing of ours.

Glossary
    submitter     who submits; the folder under a division in the submission tree
    division      closed, open or network
    category      datacenter or edge (JSON key `system_type`; a system may be both)
    system        the described identity of a SUT, `systems/<system>.json`
    benchmark     the official name of a workload (`llama2-70b-99.9`)
    model         the submitter's own name for it, when that differs (`bert-small-int4`)
    scenario      Offline, Server, Interactive, SingleStream, MultiStream
    run           one measured benchmark scenario of a system with all its artefacts:
                  performance run, accuracy run, compliance runs, measurements
    artefact      one file of a run, named by its path in the run's folder of a v6 tree
    measurements  the file `measurements.json`, never measured numbers
    finding       one violation of one rule by one subject
    verdict       pass or fail of one run, from its findings
    placement     where a run goes in the submission tree, and why
    fragment      the compressed piece of the archive that one run makes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import NewType

#: An artefact's path in the scenario folder of a v6 tree, POSIX, e.g.
#: `performance/run_1/mlperf_log_detail.txt`. Names an artefact in every layout.
Artefact = NewType("Artefact", str)


class Division(str, Enum):
    """A division of the round; the value is the folder name in the tree."""

    CLOSED = "closed"
    OPEN = "open"
    NETWORK = "network"

    def __str__(self) -> str:
        return self.value


class Category(str, Enum):
    """The suite that a system runs; the value is the JSON spelling of `system_type`."""

    DATACENTER = "datacenter"
    EDGE = "edge"
    DATACENTER_EDGE = "datacenter,edge"

    def __str__(self) -> str:
        return self.value

    @property
    def allows_inference(self) -> bool:
        """Whether results may be inferred from another scenario (edge only)."""
        return self is not Category.DATACENTER

    @classmethod
    def parse(cls, text: object) -> Category | None:
        """The category that a `system_type` names, or None if it names none."""
        spelled = {"edge,datacenter": "datacenter,edge"}.get(str(text), str(text))
        return next((category for category in cls if category.value == spelled), None)


class Scenario(str, Enum):
    """A LoadGen scenario, and Interactive; the value is the official spelling."""

    SINGLE_STREAM = "SingleStream"
    MULTI_STREAM = "MultiStream"
    OFFLINE = "Offline"
    SERVER = "Server"
    INTERACTIVE = "Interactive"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def parse(cls, text: str) -> Scenario | None:
        """The scenario of a folder or log entry in any letter case, or None."""
        if text.lower() == "online":  # the endpoints harness's word for Server
            return cls.SERVER
        return next((scenario for scenario in cls if scenario.value.lower() == text.lower()), None)


@dataclass(frozen=True, order=True)
class RunKey:
    """The place that a run claims: one result of one submitter's system.

    `model` is the folder name of the benchmark, as the submitter spells it.
    """

    division: Division
    submitter: str
    system: str
    model: str
    scenario: Scenario

    @cached_property
    def id(self) -> str:
        """The run's name in commands, state and reports: `closed/<system>/<model>/<scenario>`."""
        return f"{self.division}/{self.system}/{self.model}/{self.scenario}"


@dataclass(frozen=True)
class Run:
    """A run found on disk: its key, its folder, and where each artefact of it lies."""

    key: RunKey
    folder: Path
    artefacts: Mapping[Artefact, Path]
    #: Files of the folder that no submission takes, relative to it.
    left_out: tuple[str, ...] = ()
    #: The scenario as a finished tree spells its folder; the official spelling where silent.
    spelled: str | None = None
    #: In a finished tree: whether there is a folder for power, which may be empty.
    has_power_folder: bool = False

    @property
    def is_endpoints(self) -> bool:
        """Whether the endpoints harness made it (no LoadGen detail log in either run)."""
        return DETAIL_LOG not in self.artefacts and ACCURACY_DETAIL_LOG not in self.artefacts

    @property
    def has_power(self) -> bool:
        return self.has_power_folder or any(name.startswith(POWER_FOLDER) for name in self.artefacts)

    @property
    def scenario_folder(self) -> str:
        return self.spelled or str(self.key.scenario)

    def paths(self) -> list[str]:
        """Where its artefacts lie, as text."""
        texts = getattr(self.artefacts, "texts", None)
        return texts() if texts else [str(path) for path in self.artefacts.values()]

    def compliance_tests(self) -> tuple[str, ...]:
        """The compliance tests that left anything, sorted: `('TEST01', 'TEST04')`."""
        return tuple(sorted({name.split("/")[0] for name in self.artefacts if name.startswith("TEST")}))


@dataclass(frozen=True)
class SystemFolder:
    """A SUT folder found on disk: the runs' common description files."""

    division: Division
    submitter: str
    name: str
    folder: Path
    #: The results root's word; the system's own description is stronger.
    category: Category | None = None
    #: system_meta.json, mlc-sut-info.json, model_mapping.json where present.
    meta: Path | None = None
    sut_info: Path | None = None
    model_mapping: Path | None = None
    #: The list of power supplies, in the folder or where the declaration says.
    nameplate: Path | None = None


DETAIL_LOG = Artefact("performance/run_1/mlperf_log_detail.txt")
SUMMARY_LOG = Artefact("performance/run_1/mlperf_log_summary.txt")
POWER_LOG = Artefact("performance/run_1/spl.txt")
ACCURACY_DETAIL_LOG = Artefact("accuracy/mlperf_log_detail.txt")
ACCURACY_SUMMARY_LOG = Artefact("accuracy/mlperf_log_summary.txt")
ACCURACY_LOG = Artefact("accuracy/mlperf_log_accuracy.json")
ACCURACY_REPORT = Artefact("accuracy/accuracy.txt")
USER_CONF = Artefact("user.conf")
MEASUREMENTS = Artefact("measurements.json")
README = Artefact("README.md")
#: Names for this run alone; the tree has one mapping a submitter.
RUN_MODEL_MAPPING = Artefact("model_mapping.json")
POWER_FOLDER = "performance/power/"
RANGING_FOLDER = "performance/ranging/"
ENDPOINTS_CONFIG = Artefact("config.yaml")
ENDPOINTS_CONFIG_YML = Artefact("config.yml")
ENDPOINTS_PERFORMANCE = Artefact("performance/result_summary.json")
ENDPOINTS_ACCURACY = Artefact("accuracy/accuracy_results.json")
