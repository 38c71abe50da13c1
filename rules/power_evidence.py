"""All that the rules may know of a run's power measurement, each file read once. An I/O edge of the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rules.domain import DETAIL_LOG, POWER_FOLDER, POWER_LOG, RANGING_FOLDER, SUMMARY_LOG, Artefact
from rules.parsers.loadgen import DetailLog, parse_detail_log
from rules.parsers.power import (
    Problem,
    PtdLog,
    Samples,
    Session,
    Window,
    WindowSearch,
    parse_ptd_log,
    parse_samples,
    parse_session,
    parse_window,
)
from rules.sources import Files, StrPath
from rules.streams import Hashed, Parsed, Readable, Remembered, read_start

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


@dataclass(frozen=True)
class Execution:
    """One LoadGen execution under the power meter: when its test ran, and what the meter read."""

    window: Window | Problem
    samples: Samples | Problem
    _within: dict[Window, Samples] = field(default_factory=dict, compare=False, repr=False)

    def samples_within(self, window: Window) -> Samples | Problem:
        """The samples of a time; kept, for several rules ask for them."""
        if isinstance(self.samples, Problem):
            return self.samples
        if window not in self._within:
            self._within[window] = self.samples.within(window)
        return self._within[window]


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


@dataclass(frozen=True)
class TestLog:
    """The detail log of the test, and what the power rules want of it beside its entries."""

    log: DetailLog
    window: Window | Problem
    sha1: str


@Remembered
def read_test_log(stream: Readable) -> TestLog:
    hashed, search = Hashed(stream), WindowSearch()
    log = parse_detail_log(hashed, search.add)
    return TestLog(log, search.result(), hashed.sha1())


def load_power_evidence(
    artefacts: Mapping[Artefact, StrPath], files: Files, test_log: TestLog | None = None
) -> PowerEvidence:
    """Read the power measurement of a run with these files, but for the test's log if that has been read.

    Never raises for what a file is or holds.
    """
    reader = _Reader(artefacts, files)
    if test_log is not None:
        window = test_log.window
        reader.checksums[DETAIL_LOG] = test_log.sha1
    else:
        window = reader.read_hashed(DETAIL_LOG, _read_window)
    ranging = Execution(
        reader.read_hashed(RANGING_DETAIL_LOG, _read_window),
        reader.read_hashed(RANGING_POWER_LOG, _read_samples),
    )
    testing = Execution(window, reader.read_hashed(POWER_LOG, _read_samples))
    ptd_log = reader.read_hashed(PTD_LOG, _read_ptd_log)
    others = [artefact for artefact in artefacts if artefact.startswith(PERFORMANCE_FOLDER) and artefact not in HASHED]
    opened = {artefact: reader.read(artefact, _touch) for artefact in others}
    return PowerEvidence(
        client=reader.read(CLIENT_SESSION, _session),
        server=reader.read(SERVER_SESSION, _session),
        ranging=ranging,
        testing=testing,
        ptd_log=ptd_log,
        checksums={artefact: reader.checksum(artefact) for artefact in HASHED},
        unreadable={artefact: found for artefact, found in opened.items() if isinstance(found, Problem)},
    )


def _session(stream: Readable) -> Session | Problem:
    data = read_start(stream, _LARGEST_SESSION_BYTES + 1)
    if len(data) > _LARGEST_SESSION_BYTES:
        return Problem(None, f"more than {_LARGEST_SESSION_BYTES >> 20} MB")
    return parse_session(data)


def _hashed(parse: Callable[[Readable], Parsed]) -> Callable[[Readable], tuple[Parsed, str]]:
    """A parser that takes the sha1 of the stream as well, which it reads to the end."""

    def read(stream: Readable) -> tuple[Parsed, str]:
        hashed = Hashed(stream)
        parsed = parse(hashed)
        return parsed, hashed.sha1()

    return read


_read_window = Remembered(_hashed(parse_window))
_read_samples = Remembered(_hashed(parse_samples))
_read_ptd_log = Remembered(_hashed(parse_ptd_log))


def _touch(_: Readable) -> None:
    """Opening it is enough: that tells whether it can be read."""


class _Reader:
    """Opens a run's artefacts by name, and takes the sha1 of those whose checksum the session records."""

    def __init__(self, artefacts: Mapping[Artefact, StrPath], files: Files) -> None:
        self._artefacts = artefacts
        self._files = files
        self.checksums: dict[Artefact, str | Problem] = {}

    def read(self, artefact: Artefact, parse: Callable[[Readable], Parsed]) -> Parsed | Problem:
        path = self._artefacts.get(artefact)
        if path is None:
            return Problem(None, "is missing")
        try:
            with self._files.open(path) as stream:
                return parse(stream)
        except OSError as problem:
            return Problem(None, f"can't be read: {problem.strerror or type(problem).__name__}")

    def read_hashed(self, artefact: Artefact, parse: Callable[[Readable], tuple[Parsed, str]]) -> Parsed | Problem:
        """What a file holds; its sha1 is kept."""
        read = self.read(artefact, parse)
        parsed, self.checksums[artefact] = (read, read) if isinstance(read, Problem) else read
        return parsed

    def checksum(self, artefact: Artefact) -> str | Problem:
        if artefact not in self.checksums:
            self.read_hashed(artefact, _hashed(_touch))
        return self.checksums[artefact]
