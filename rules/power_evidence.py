"""All that the rules may know of a run's power measurement, read and parsed once. An I/O edge of the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from rules.domain import DETAIL_LOG, POWER_FOLDER, POWER_LOG, RANGING_FOLDER, SUMMARY_LOG, Artefact
from rules.parsers.power import (
    Problem,
    PtdLog,
    Samples,
    Session,
    Window,
    parse_ptd_log,
    parse_samples,
    parse_session,
    parse_window,
    sha1_of,
)
from rules.sources import Files

CLIENT_SESSION = Artefact(f"{POWER_FOLDER}client.json")
SERVER_SESSION = Artefact(f"{POWER_FOLDER}server.json")
PTD_LOG = Artefact(f"{POWER_FOLDER}ptd_logs.txt")
RANGING_DETAIL_LOG = Artefact(f"{RANGING_FOLDER}mlperf_log_detail.txt")
RANGING_POWER_LOG = Artefact(f"{RANGING_FOLDER}spl.txt")
#: A session names its files by their path in this folder.
PERFORMANCE_FOLDER = "performance/"
#: The files whose sha1 a session must record: all that it must have but the records themselves.
HASHED = (
    Artefact(f"{POWER_FOLDER}client.log"),
    PTD_LOG,
    Artefact(f"{POWER_FOLDER}server.log"),
    RANGING_DETAIL_LOG,
    Artefact(f"{RANGING_FOLDER}mlperf_log_summary.txt"),
    RANGING_POWER_LOG,
    DETAIL_LOG,
    SUMMARY_LOG,
    POWER_LOG,
)
#: Session files are small; a larger file is none.
_LARGEST_SESSION_BYTES = 8 << 20

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Execution:
    """One LoadGen execution under the power meter: when its test ran, and what the meter read."""

    window: Window | Problem
    samples: Samples | Problem


@dataclass(frozen=True)
class PowerEvidence:
    """What a power measurement left. A missing file is a problem like one that can't be understood."""

    client: Session | Problem
    server: Session | Problem
    ranging: Execution
    testing: Execution
    ptd_log: PtdLog | Problem
    #: sha1 of the files whose checksum the session records.
    checksums: Mapping[Artefact, str | Problem]
    #: Other files below performance/ that can't be read.
    unreadable: Mapping[Artefact, Problem]


def load_power_evidence(artefacts: Mapping[Artefact, Path], files: Files) -> PowerEvidence:
    """Read the power measurement of a run with these files. Never raises for what a file is or holds."""
    reader = _Reader(artefacts, files)
    others = (artefact for artefact in artefacts if artefact.startswith(PERFORMANCE_FOLDER) and artefact not in HASHED)
    opened = {artefact: reader.read(artefact, _touch) for artefact in others}
    return PowerEvidence(
        client=reader.read(CLIENT_SESSION, _session),
        server=reader.read(SERVER_SESSION, _session),
        ranging=Execution(
            reader.read(RANGING_DETAIL_LOG, parse_window),
            reader.read(RANGING_POWER_LOG, parse_samples),
        ),
        testing=Execution(reader.read(DETAIL_LOG, parse_window), reader.read(POWER_LOG, parse_samples)),
        ptd_log=reader.read(PTD_LOG, parse_ptd_log),
        checksums={artefact: reader.read(artefact, sha1_of) for artefact in HASHED},
        unreadable={artefact: found for artefact, found in opened.items() if isinstance(found, Problem)},
    )


def _session(stream: BinaryIO) -> Session | Problem:
    data = stream.read(_LARGEST_SESSION_BYTES + 1)
    if len(data) > _LARGEST_SESSION_BYTES:
        return Problem(None, f"more than {_LARGEST_SESSION_BYTES >> 20} MB")
    return parse_session(data)


def _touch(_: BinaryIO) -> None:
    """Opening it is enough: that tells whether it can be read."""


class _Reader:
    """Opens a run's artefacts by name."""

    def __init__(self, artefacts: Mapping[Artefact, Path], files: Files) -> None:
        self._artefacts = artefacts
        self._files = files

    def read(self, artefact: Artefact, parse: Callable[[BinaryIO], Parsed | Problem]) -> Parsed | Problem:
        path = self._artefacts.get(artefact)
        if path is None:
            return Problem(None, "is missing")
        try:
            with self._files.open(path) as stream:
                return parse(stream)
        except OSError as problem:
            return Problem(None, f"can't be read: {problem.strerror or type(problem).__name__}")
