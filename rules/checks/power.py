"""POW rules: power measured beside performance. Sources: PowerCheck's methods and power_checker.py.

A missing file is POW-001's to name; the rules that would read it are silent then. Where the official
program stops at the first thing wrong, these say all that is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain, compress
from typing import Any, NamedTuple

from rules.checks import power_tables as tables
from rules.checks.catalogue import WARNING, Violation, rule
from rules.checks.performance import performance_metric
from rules.domain import DETAIL_LOG, POWER_FOLDER, POWER_LOG, RANGING_FOLDER, Artefact, Scenario
from rules.evidence import Evidence
from rules.parsers.loadgen import DetailLog
from rules.parsers.power import (
    PTD_COMPLETED,
    PTD_MARK,
    TIME_COMMAND,
    Message,
    Problem,
    PtdEntry,
    PtdLog,
    Samples,
    Session,
    Trouble,
    Window,
    parse_time,
    seconds,
)
from rules.power_evidence import (
    CLIENT_SESSION,
    PERFORMANCE_FOLDER,
    PTD_LOG,
    RANGING_DETAIL_LOG,
    RANGING_POWER_LOG,
    SERVER_SESSION,
    Execution,
)
from rules.rounds.model import Round
from rules.verdict import Power

_TESTING_FOLDER = "performance/run_1/"
_POWER_FILES = frozenset(("client.json", "client.log", "ptd_logs.txt", "server.json", "server.log"))
_RUN_FILES = frozenset(("mlperf_log_summary.txt", "mlperf_log_detail.txt", "spl.txt"))
_ALWAYS_ALLOWED = frozenset(("mlperf_log_trace.json", "results.json", ".gitkeep"))
_ALLOWED_IN_RUN = _ALWAYS_ALLOWED | {"mlperf_log_accuracy.json"}
#: Folder, the files that must be in it, the files that may.
_FOLDERS = (
    (_TESTING_FOLDER, _RUN_FILES, _ALLOWED_IN_RUN),
    (RANGING_FOLDER, _RUN_FILES, _ALLOWED_IN_RUN),
    (POWER_FOLDER, _POWER_FILES, _ALWAYS_ALLOWED),
)
_RATES = (Scenario.OFFLINE, Scenario.SERVER, Scenario.INTERACTIVE)
#: A MultiStream query has this many samples.
_MULTI_STREAM_SAMPLES = 8
_CLIENT_VERSION = re.compile(r"mlcommons/power client v(\d+)$")
_SERVER_VERSION = re.compile(r"mlcommons/power server v(\d+)$")
#: Section of a session file -> the part of `Session` that is None where the section can't be used.
_SECTIONS = {"uuid": "uuids", "messages": "messages", "phases": "phases", "results": "results"}
_SERVER_SECTIONS = _SECTIONS | {"timezone": "timezone", "ptd_messages": "ptd_messages", "ptd_config": "analyzers"}


@rule(
    "POW-001",
    "files of the power measurement are missing or unexpected",
    "files of the power measurement: {found}",
    fix="Copy the whole session of the power measurement: power/, ranging/ and run_1/ with spl.txt, and nothing else.",
    source="PowerCheck.required_files_check",
)
def power_files_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A power result is audited from these files; the session of the measurement leaves exactly them."""
    if not evidence.has_power:
        return
    for folder, wanted, allowed in _FOLDERS:
        present = evidence.names_in(folder.rstrip("/"))
        differing = (("missing", wanted - present), ("unexpected", present - wanted - allowed))
        said = [f"{what} {', '.join(sorted(names))}" for what, names in differing if names]
        if said:
            yield Violation(evidence.folder, found=f"in {folder.rstrip('/')} {'; '.join(said)}")


@rule(
    "POW-002",
    "no power metric",
    "no power metric: {found}",
    fix="Copy LoadGen's log and spl.txt of one and the same test. If they are, let the clocks of the power server"
    " and the system agree, and measure again.",
    source="PowerCheck.get_power_metric_check",
)
def no_power_metric(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The metric is made of the samples that the meter took strictly between power_begin and power_end."""
    metric = _power_metric(evidence, round_)
    if isinstance(metric, Violation):
        yield metric


def measure_power(evidence: Evidence, round_: Round) -> Power | None:
    """Average power over the run as the round's metric: W, or mJ a query for the stream scenarios."""
    metric = _power_metric(evidence, round_)
    return metric if isinstance(metric, Power) else None


def _power_metric(evidence: Evidence, round_: Round) -> Power | Violation | None:
    """The metric or why there is none; None where there is no power, or where another rule names the cause."""
    power, log = evidence.power, evidence.performance
    if power is None or log is None:
        return None
    window = _logged_window(log)
    if window is None:
        key = "power_begin" if parse_time(log.get("power_begin")) is None else "power_end"
        return Violation(evidence.path(DETAIL_LOG), log.line(key), found=f"{key} is {log.get(key)}, which is no time")
    samples = power.testing.samples_within(window)
    if isinstance(samples, Problem):
        return next(_unusable(evidence, POWER_LOG, samples), None)
    unread = _first_unread(samples, samples.watts)
    if unread is not None:
        return Violation(evidence.path(POWER_LOG), unread, found="the sample's power is no number")
    average = _average(samples.watts)
    if average is None:
        said = f"no samples above 0 W between {log.get('power_begin')} and {log.get('power_end')}"
        return Violation(evidence.path(POWER_LOG), found=said)
    units = round_.power_units[evidence.scenario]
    if evidence.scenario in _RATES:
        rate = performance_metric(evidence, round_)
        if rate is None:
            return Violation(evidence.path(DETAIL_LOG), found="there is no performance metric to relate power to")
        return Power(average, units, rate / average)
    return _energy_metric(evidence, log, average * seconds(window.end - window.begin), units)


def _logged_window(log: DetailLog) -> Window | None:
    """When the test ran by the log's entries; other rules take it from the log's text, as the official checker does."""
    begin, end = parse_time(log.get("power_begin")), parse_time(log.get("power_end"))
    return None if begin is None or end is None else Window(begin, end)


def _energy_metric(evidence: Evidence, log: DetailLog, joules: float, units: str) -> Power | Violation:
    """mJ a query; a MultiStream query inferred from SingleStream ones is as many of those as it has samples."""
    samples = _MULTI_STREAM_SAMPLES if evidence.scenario is Scenario.MULTI_STREAM else 1
    logged = log.get("effective_scenario")
    if samples > 1 and not isinstance(logged, str):
        return Violation(evidence.path(DETAIL_LOG), found="the log has no effective_scenario")
    is_inferred = samples > 1 and logged.lower() == Scenario.SINGLE_STREAM.value.lower()
    try:
        millijoules = joules * (samples if is_inferred else 1) * 1000 / int(log.get("result_query_count"))
        return Power(millijoules, units, samples * 1000 / millijoules)
    except (TypeError, ValueError, ArithmeticError):  # no count, or one that can't divide
        key = "result_query_count"
        return Violation(evidence.path(DETAIL_LOG), log.line(key), found=f"{key} is {log.get(key)}")


def _first_unread(samples: Samples, column: Iterable[float]) -> int | None:
    """The first line whose reading is no number."""
    return next(compress(samples.lines, map(math.isnan, column)), None)


def _average(column: Iterable[float]) -> float | None:
    """The average of the readings above 0."""
    readings = [reading for reading in column if reading > 0]
    return sum(readings) / len(readings) if readings else None


@dataclass(frozen=True)
class _Side:
    """The client's or the server's session file, where it can be used."""

    who: str
    path: str
    session: Session

    def violation(self, section: str, found: object, expected: object = None) -> Violation:
        return Violation(self.path, self.session.lines.get(section), found, expected)


def _client(evidence: Evidence) -> _Side | None:
    session = evidence.power.client if evidence.power else None
    return _Side("client", evidence.path(CLIENT_SESSION), session) if isinstance(session, Session) else None


def _server(evidence: Evidence) -> _Side | None:
    session = evidence.power.server if evidence.power else None
    return _Side("server", evidence.path(SERVER_SESSION), session) if isinstance(session, Session) else None


def _sides(evidence: Evidence) -> list[_Side]:
    return [side for side in (_client(evidence), _server(evidence)) if side is not None]


def _both(evidence: Evidence) -> tuple[_Side, _Side] | None:
    client, server = _client(evidence), _server(evidence)
    return (client, server) if client and server else None


def _unusable(evidence: Evidence, artefact: Artefact, value: object) -> Iterator[Violation]:
    """A violation where a file is there and is a problem."""
    if isinstance(value, Problem) and evidence.has(artefact):
        yield Violation(evidence.path(artefact), value.line, found=value.text)


@rule(
    "POW-003",
    "a session file of the power measurement can't be used",
    "can't be used: {found}",
    fix="Copy the file again from where the power client and server left it; they write it at the end of a session.",
    source="power_checker.py, SessionDescriptor",
)
def session_unusable(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """client.json and server.json are the two records of the session; most other checks compare with them."""
    if evidence.power is None:
        return
    yield from _unusable(evidence, CLIENT_SESSION, evidence.power.client)
    yield from _unusable(evidence, SERVER_SESSION, evidence.power.server)
    for side in _sides(evidence):
        for section, part in (_SERVER_SECTIONS if side.who == "server" else _SECTIONS).items():
            if getattr(side.session, part) is None:
                yield side.violation(section, f"'{section}' is missing, or not what the power tools write there")


@rule(
    "POW-004",
    "sources of the power client or server are no release",
    "sources of the power {found}",
    fix="Measure again with an unaltered release of the MLCommons power client and server.",
    source="power_checker.py, sources_check",
)
def sources_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Only known code makes comparable measurements: a session holds the sha1 of every file of its own code."""
    for side in _sides(evidence):
        if side.session.sources not in tables.SOURCES:
            yield side.violation("sources", f"{side.who}: {_sources_difference(side.session.sources)}")


def _sources_difference(sources: Any) -> str:
    """How sources differ from the release that they are nearest to."""
    if not isinstance(sources, dict):
        return "not a list of files"
    differences = [
        [name for name in sorted({*sources, *release}) if sources.get(name) != release.get(name)]
        for release in tables.SOURCES
    ]
    nearest = min(differences, key=lambda names: len(names))
    return f"{', '.join(nearest)} not as in any release"


@rule(
    "POW-005",
    "power daemon or power meter is not supported",
    "{found} is not supported (supported: {expected})",
    fix="Measure again with a supported version of SPEC PTDaemon and a supported power meter.",
    source="power_checker.py, ptd_messages_check",
)
def meter_unsupported(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Accuracy is known for these meters, read by these versions of the daemon; it names both when asked."""
    server = _server(evidence)
    if server is None or server.session.ptd_messages is None:
        return
    replies = (message.reply for message in server.session.ptd_messages if message.command == "Identify")
    answer = next(replies, None)
    if not isinstance(answer, str) or not answer:
        yield server.violation("ptd_messages", "a power daemon that doesn't answer 'Identify'", "one that does")
        return
    version, meter = _ptd_version(answer), answer.split(",")[0]
    if version not in tables.PTD_VERSIONS:
        yield server.violation("ptd_messages", f"PTDaemon version '{version}'", ", ".join(tables.PTD_VERSIONS))
    if meter not in tables.METERS:
        yield server.violation("ptd_messages", f"power meter '{meter}'", ", ".join(tables.METERS))


def _ptd_version(answer: str) -> str:
    """What stands between `version=` and the next hyphen on a line, in which the first such place decides."""
    for line in answer.split("\n"):
        begin = line.find("version=") + len("version=")
        end = line.find("-", begin + 1)
        if begin >= len("version=") and end >= 0:
            return line[begin:end]
    return ""


@rule(
    "POW-006",
    "commands to the power daemon or its replies are not those of a measurement",
    "the power daemon {found}, expected {expected}",
    fix="Look into server.log for what went wrong with the power meter, and measure again.",
    source="power_checker.py, ptd_messages_check",
)
def ptd_replies_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The daemon must have obeyed every command, and the meter's ranges must be put back after the session."""
    server = _server(evidence)
    if server is not None and server.session.ptd_messages is not None:
        messages = server.session.ptd_messages
        for found, expected in (*_wrong_replies(messages), *_ranges_not_put_back(messages)):
            yield server.violation("ptd_messages", found, expected)


def _wrong_replies(messages: Iterable[Message]) -> Iterator[tuple[str, str]]:
    """(found, expected) of each kind of command that got a wrong reply, the first of it."""
    for beginning, usual in tables.PTD_REPLIES.items():
        stops = 0
        for message in messages:
            if not message.command.startswith(beginning):
                continue
            stops += message.command == tables.STOP
            expected = tables.NOTHING_TO_STOP if stops > tables.MEASUREMENTS else usual
            if message.reply != expected:
                yield f"answered '{message.reply}' to '{message.command}'", f"'{expected}'"
                break


def _ranges_not_put_back(messages: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    """(found, expected) of each range that isn't put back to what it was before the session."""
    reply = messages[tables.RANGES_MESSAGE].reply if len(messages) > tables.RANGES_MESSAGE else None
    for unit, command, at, turns in tables.RANGES:
        initial = _initial_range(reply, at)
        if initial is None:
            yield f"answered '{reply}' to message {tables.RANGES_MESSAGE + 1}", f"the meter's range of {unit}"
            continue
        settings = [message.command for message in messages if message.command.startswith(command)]
        if len(settings) < max(turns):
            yield f"got {len(settings)} commands '{command}'", f"at least {max(turns)}"
        elif f"{command},{initial}" not in [settings[turn - 1] for turn in turns]:
            found = " and ".join(f"'{settings[turn - 1]}'" for turn in turns)
            yield f"got {found} to put the range of {unit} back", f"'{command},{initial}'"


def _initial_range(reply: object, at: int) -> str | None:
    """A range before the session: fixed (`0,<value>`) or automatic; None where the reply doesn't tell."""
    fields = reply.split(",") if isinstance(reply, str) else []
    try:
        return fields[at + 1] if fields[at] == "0" and float(fields[at + 1]) > 0 else "Auto"
    except (IndexError, ValueError):
        return None


@rule(
    "POW-007",
    "UUIDs of the session differ",
    "UUID of the {found} in server.json, in client.json {expected}",
    fix="Copy client.json and server.json of one and the same session.",
    source="power_checker.py, uuid_check",
)
def uuids_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Client and server each make up an identity for the session; equal ones prove that the two files belong."""
    both = _both(evidence)
    if both is not None and both[0].session.uuids is not None and both[1].session.uuids is not None:
        for who, uuid in both[0].session.uuids.items():
            if both[1].session.uuids[who] != uuid:
                yield both[1].violation("uuid", f"{who} is {both[1].session.uuids[who]}", uuid)


@rule(
    "POW-008",
    "session names differ",
    "session is named {found} in server.json, in client.json {expected}",
    fix="Copy client.json and server.json of one and the same session.",
    source="power_checker.py, session_name_check",
)
def session_names_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The name marks the session's begin in the power daemon's log, which must be of this very session."""
    both = _both(evidence)
    if both is not None and both[0].session.name != both[1].session.name:
        yield both[1].violation("session_name", repr(both[1].session.name), repr(both[0].session.name))


@rule(
    "POW-009",
    "checkpoints of client and server differ",
    "{found}, expected {expected}",
    fix="Synchronise the clocks of the power server and the system (NTP) and measure again.",
    source="power_checker.py, phases_check",
)
def checkpoints_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Samples are matched to the test by time of day, so both clocks must agree at every checkpoint."""
    both = _both(evidence)
    if both is None or both[0].session.phases is None or both[1].session.phases is None:
        return
    for mode, checkpoints in both[0].session.phases.items():
        difference = _checkpoints_difference(checkpoints, both[1].session.phases[mode])
        if difference is not None:
            yield both[1].violation("phases", f"{difference[0]} of {mode}", difference[1])


def _checkpoints_difference(client: tuple[float, ...], server: tuple[float, ...]) -> tuple[str, str] | None:
    """(found, expected) where the checkpoints of a mode first differ."""
    if len(client) != len(server):
        return f"{len(server)} checkpoints", f"{len(client)} as in client.json"
    for at, (one, other) in enumerate(zip(client, server, strict=True), start=1):
        apart = _apart(one, other)
        if not apart <= tables.CLOCK_TOLERANCE_S:  # NaN neither
            return f"clocks are {apart} s apart at checkpoint {at}", f"at most {tables.CLOCK_TOLERANCE_S} s"
    return None


def _apart(one: float, other: float) -> float:
    try:
        return abs(one - other)
    except OverflowError:  # a whole number beyond any float
        return math.inf


@rule(
    "POW-010",
    "begin or end of the measured test is unknown",
    "when the measured test ran is unknown: {found}",
    fix="Copy the detail log again; LoadGen logs power_begin and power_end in every performance run.",
    source="power_checker.py, phases_check and check_ptd_logs",
)
def window_unknown(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Which samples belong to the test follows from power_begin and power_end of its detail log."""
    for mode, execution, detail_log, _samples in _executions(evidence):
        if mode == "ranging" or not _lacks_log_or_window(evidence):
            yield from _unusable(evidence, detail_log, execution.window)
    windows = _windows(evidence)
    if windows is not None and windows[0].begin == windows[0].end:
        yield Violation(evidence.path(RANGING_DETAIL_LOG), found="power_begin is power_end")


def _lacks_log_or_window(evidence: Evidence) -> bool:
    """Whether POW-002, or a rule about the performance run, names what is wrong with the test's log."""
    is_unreadable = any(each.artefact == DETAIL_LOG for each in evidence.unreadable)
    return is_unreadable or evidence.performance is None or _logged_window(evidence.performance) is None


def _executions(evidence: Evidence) -> list[tuple[str, Execution, Artefact, Artefact]]:
    """(mode, what is known of it, its detail log, its samples) of the two LoadGen executions."""
    if evidence.power is None:
        return []
    return [
        ("ranging", evidence.power.ranging, RANGING_DETAIL_LOG, RANGING_POWER_LOG),
        ("testing", evidence.power.testing, DETAIL_LOG, POWER_LOG),
    ]


def _windows(evidence: Evidence) -> tuple[Window, Window] | None:
    """When the tests of ranging and testing ran, if both are known."""
    windows = [execution.window for _, execution, _, _ in _executions(evidence)]
    known = [window for window in windows if isinstance(window, Window)]
    return (known[0], known[1]) if len(known) == len(windows) > 0 else None


@rule(
    "POW-011",
    "test ran outside of the measurement",
    "{found}, expected {expected}",
    fix="Use the LoadGen logs of the session itself; if they are, let both clocks run in UTC and measure again.",
    source="power_checker.py, phases_check",
)
def test_outside_measurement(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A test that didn't run while the meter was on was not measured."""
    client = _client(evidence)
    if client is None or client.session.phases is None:
        return
    for mode, execution, detail_log, _samples in _executions(evidence):
        checkpoints = client.session.phases[mode]
        if len(checkpoints) < tables.LEAST_CHECKPOINTS:
            expected = f"at least {tables.LEAST_CHECKPOINTS}: the meter is on between the second and the third"
            yield client.violation("phases", f"{len(checkpoints)} checkpoints of {mode}", expected)
        elif isinstance(execution.window, Window):
            on, off = checkpoints[1], checkpoints[2]
            for edge, time in (("begin", execution.window.begin), ("end", execution.window.end)):
                at = seconds(time)
                if not (on < at < off or on < at - tables.DAYLIGHT_SAVING_S < off):
                    found, expected = f"power_{edge} of {mode} is {_clock(at)}", f"{_clock(on)} to {_clock(off)}"
                    yield Violation(evidence.path(detail_log), found=found, expected=expected)


def _clock(time_s: float) -> str:
    """Seconds since 1970 as the logs write times."""
    try:
        return datetime.fromtimestamp(time_s, timezone.utc).strftime("%m-%d-%Y %H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError, OSError):  # no time of any calendar
        return f"{time_s} s"


@rule(
    "POW-012",
    "test is much shorter than ranging",
    "test took {found} s, ranging {expected} s",
    fix="Let ranging and testing run the same test. Otherwise be ready to explain it to an auditor.",
    source="power_checker.py, phases_check",
    severity=WARNING,
)
def test_shorter_than_ranging(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Ranging must load the system as the test does. The official checker marks the result for audit."""
    windows = _windows(evidence)
    if windows is not None and _is_much_shorter(*windows):
        ranging, testing = (round(_duration_s(window), 2) for window in windows)
        yield Violation(evidence.path(DETAIL_LOG), found=testing, expected=ranging)


def _duration_s(window: Window) -> float:
    return seconds(window.end) - seconds(window.begin)


def _is_much_shorter(ranging: Window, testing: Window) -> bool:
    whole = _duration_s(ranging)
    return whole != 0 and (whole - _duration_s(testing)) / whole > tables.SHORTER_AT_MOST


@rule(
    "POW-013",
    "samples of the power meter can't be read",
    "samples of the power meter: {found}",
    fix="Copy spl.txt again from the session's folder on the power server.",
    source="power_checker.py, phases_check",
)
def samples_unreadable(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """Power and power factor of all samples during both tests are averaged and compared."""
    windows = _compared_windows(evidence)
    if evidence.power is None or windows is None:
        return
    yield from _unusable(evidence, RANGING_POWER_LOG, evidence.power.ranging.samples)
    for window, (mode, execution, _detail_log, artefact) in zip(windows, _executions(evidence), strict=True):
        samples = execution.samples_within(window)
        if isinstance(samples, Problem):
            continue
        columns = {"power": samples.watts, "power factor": samples.power_factors}
        if mode == "testing" and _lacks_metric(evidence, round_):
            del columns["power"]
        for name, column in columns.items():
            line = _first_unread(samples, column)
            if line is not None:
                yield Violation(evidence.path(artefact), line, found=f"the sample's {name} is no number")


def _lacks_metric(evidence: Evidence, round_: Round) -> bool:
    """Whether POW-002 names what is wrong with the power of the test."""
    return isinstance(_power_metric(evidence, round_), Violation)


def _compared_windows(evidence: Evidence) -> tuple[Window, Window] | None:
    """When the tests ran, if their power is compared: where the test is much shorter it isn't."""
    windows = _windows(evidence)
    return None if windows is None or _is_much_shorter(*windows) else windows


@rule(
    "POW-014",
    "test drew less power than ranging",
    "average power of the test is {found}, expected {expected}",
    fix="Run ranging and testing under the same conditions, with the same test, and measure again.",
    source="power_checker.py, phases_check",
)
def draws_less_than_ranging(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """The meter's ranges are set by the ranging test; they fit the test only if that draws as much."""
    windows, power = _compared_windows(evidence), evidence.power
    if windows is None or power is None:
        return
    samples = power.ranging.samples_within(windows[0]), power.testing.samples_within(windows[1])
    if isinstance(samples[0], Problem) or isinstance(samples[1], Problem):
        return
    ranging, testing = _rounded_average(samples[0]), _rounded_average(samples[1])
    if testing == tables.NO_WATTS and _lacks_metric(evidence, round_):
        return
    percent = round((testing / ranging - 1) * 100, tables.PERCENT_DIGITS) if ranging else -math.inf
    if not percent > tables.LESS_PERCENT:
        expected = f"at most {-tables.LESS_PERCENT} % less than that of ranging, {_shown_watts(ranging)}"
        yield Violation(evidence.path(POWER_LOG), found=_shown_watts(testing), expected=expected)


def _rounded_average(samples: Samples) -> float:
    average = _average(samples.watts)
    return round(tables.NO_WATTS if average is None else average, tables.WATTS_DIGITS)


def _shown_watts(average: float) -> str:
    return "unknown for lack of samples" if average == tables.NO_WATTS else f"{average} W"


@rule(
    "POW-015",
    "messages of client and server differ",
    "{found} in server.json, in client.json {expected}",
    fix="Copy client.json and server.json of one and the same session.",
    source="power_checker.py, messages_check",
)
def messages_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Both sides record every command and reply; the records of one session are equal."""
    both = _both(evidence)
    if both is not None and both[0].session.messages is not None and both[1].session.messages is not None:
        difference = _messages_difference(both[0].session.messages, both[1].session.messages)
        if difference is not None:
            yield both[1].violation("messages", *difference)


def _messages_difference(client: tuple[Message, ...], server: tuple[Message, ...]) -> tuple[str, str] | None:
    """(what the server's record says, what the client's says) where they first differ."""
    if len(client) != len(server):
        return f"{len(server)} messages", str(len(client))
    for at, (one, other) in enumerate(zip(client, server, strict=True), start=1):
        if one.command != other.command:
            return f"command {at} is '{other.command}'", f"'{one.command}'"
        if one.command != TIME_COMMAND and one.reply != other.reply:
            return f"reply to command {at} '{other.command}' is '{other.reply}'", f"'{one.reply}'"
    return None


@rule(
    "POW-016",
    "versions of the power client and server differ",
    "first message is {found}, expected {expected}",
    fix="Measure again with client and server of the same release.",
    source="power_checker.py, messages_check",
)
def versions_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Client and server greet each other with their versions, which must be of one release."""
    server = _server(evidence)
    if server is None or server.session.messages is None:
        return
    greeting = next(iter(server.session.messages), Message(None))
    client_version = _version(_CLIENT_VERSION, greeting.command)
    if client_version is None or client_version != _version(_SERVER_VERSION, greeting.reply):
        found = f"'{greeting.command}' with the reply '{greeting.reply}'"
        yield server.violation("messages", found, "equal versions of client and server")


def _version(pattern: re.Pattern[str], text: object) -> str | None:
    found = pattern.search(text) if isinstance(text, str) else None
    return found[1] if found else None


@rule(
    "POW-017",
    "a file of the session is not what was recorded",
    "{found}, expected {expected}",
    fix="Put back the file as the session left it: after a power measurement none of these may be touched.",
    source="power_checker.py, results_check",
)
def checksums_differ(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Client and server record the sha1 of their files when the session ends; later changes are not allowed."""
    if evidence.power is None:
        return
    for artefact, problem in evidence.power.unreadable.items():
        yield Violation(evidence.path(artefact), problem.line, found=problem.text, expected="a readable file")
    records = {f"{side.who}.json": side.session.results for side in _both(evidence) or ()}
    for artefact, checksum in evidence.power.checksums.items():
        name = artefact.removeprefix(PERFORMANCE_FOLDER)
        sums = {where: record[name] for where, record in records.items() if record and name in record}
        if isinstance(checksum, Problem):
            yield from _unusable(evidence, artefact, checksum)
        elif records and not sums and None not in records.values():
            yield Violation(evidence.path(artefact), found="no sha1 is recorded", expected="one in a session file")
        for where, recorded in sums.items():
            if isinstance(checksum, str) and recorded != checksum:
                found, expected = f"sha1 is {checksum}", f"{recorded} as in {where}"
                yield Violation(evidence.path(artefact), found=found, expected=expected)


@rule(
    "POW-018",
    "ranging or the check of uncertainty is missing in the power daemon's log",
    "{found}",
    fix="Copy ptd_logs.txt of this session; if it is, measure again with a meter whose uncertainty is checked.",
    source="power_checker.py, check_ptd_logs",
)
def ptd_log_incomplete(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The log must show the ranging of this session, and that uncertainty was checked from before it."""
    server = _server(evidence)
    if evidence.power is None or server is None:
        return
    log, path = evidence.power.ptd_log, evidence.path(PTD_LOG)
    yield from _unusable(evidence, PTD_LOG, log)
    if isinstance(log, Problem):
        return
    ranging, uncertainty = _ranging(log, server.session), log.uncertainty
    if isinstance(ranging, Problem):
        yield Violation(path, ranging.line, found=ranging.text)
    if uncertainty is None:
        yield Violation(path, found="no line 'Uncertainty checking for Yokogawa... is activated'")
    elif uncertainty.time is None:
        yield Violation(path, uncertainty.line, found="uncertainty is checked from a time that can't be read")
    elif not isinstance(ranging, Problem) and not uncertainty.time < ranging[0]:
        yield Violation(path, uncertainty.line, found="uncertainty is checked only after ranging began")


def _ranging(log: PtdLog, session: Session) -> tuple[int, int] | Problem:
    """When this session's ranging began and ended."""
    mark = f"{PTD_MARK}{f'{session.name}_ranging'!r}"
    begin: int | None = None
    for entry in log.marks:
        if not begin and entry.text == mark:
            begin = entry.time
        elif begin and entry.text == PTD_COMPLETED:
            if entry.time is None or (log.first_bad_time is not None and log.first_bad_time < entry.line):
                return Problem(log.first_bad_time, "a time before the end of ranging can't be read")
            return begin, entry.time
    return Problem(None, f"no begin and end of the ranging of session {session.name}")


@rule(
    "POW-019",
    "the power daemon logged an error",
    "the power daemon logged: {found}",
    fix="Mend what the daemon says, and measure again.",
    source="power_checker.py, check_ptd_logs",
)
def ptd_errors(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Outside of ranging no error is allowed; during the test no sample may be more than 1 % uncertain."""
    first = _first_trouble(evidence)
    if first is not None and first.fails:
        yield Violation(evidence.path(PTD_LOG), first.entry.line, found=first.entry.text)


@rule(
    "POW-020",
    "the power daemon logged a warning",
    "the power daemon logged: {found}",
    fix="Nothing needs to be done; be ready to explain it to an auditor.",
    source="power_checker.py, check_ptd_logs",
    severity=WARNING,
)
def ptd_warnings(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The official checker accepts the first of these, marks the result for audit and looks no further."""
    first = _first_trouble(evidence)
    if first is not None and not first.fails:
        yield Violation(evidence.path(PTD_LOG), first.entry.line, found=first.entry.text)


class _Judged(NamedTuple):
    """An error or warning that matters, and whether it fails the result."""

    entry: PtdEntry
    fails: bool

    @property
    def order(self) -> tuple[int, bool]:
        """In the order of the log; of one line the warning comes first."""
        return self.entry.line, self.entry.is_error


def _first_trouble(evidence: Evidence) -> _Judged | None:
    """The first error or warning that matters."""
    firsts = (next(same, None) for same in _troubles(evidence))
    return min((first for first in firsts if first is not None), key=lambda each: each.order, default=None)


def _troubles(evidence: Evidence) -> Iterator[Iterator[_Judged]]:
    """Errors and warnings that matter: those of each text in the order of the log."""
    server = _server(evidence)
    if evidence.power is None or server is None or isinstance(evidence.power.ptd_log, Problem):
        return
    log, test = evidence.power.ptd_log, evidence.power.testing.window
    ranging = _ranging(log, server.session)
    if isinstance(ranging, Problem) or isinstance(test, Problem):
        return
    for trouble in log.troubles_by_text:
        yield _judged_errors(trouble, ranging) if trouble.is_error else _judged_warnings(trouble, test)


def _judged_errors(error: Trouble, ranging: tuple[int, int]) -> Iterator[_Judged]:
    is_accepted, is_of_ranging = error.text in tables.ACCEPTED_ERRORS, error.text.startswith(tables.RANGING_ERRORS)
    begin, end = ranging
    for line, time in zip(error.lines, error.times, strict=True):
        fails = time is None or (not is_accepted and not begin < time < end)
        if fails or is_accepted or not is_of_ranging:
            yield _Judged(PtdEntry(line, time, error.text, is_error=True), fails)


def _judged_warnings(warning: Trouble, test: Window) -> Iterator[_Judged]:
    begin, end = seconds(test.begin) + tables.WARNINGS_MARGIN_S, seconds(test.end) - tables.WARNINGS_MARGIN_S
    if begin >= end and None not in warning.times:
        return  # a test of less than the two margins
    is_too_uncertain = tables.UNCERTAINTY_TOO_HIGH.search(warning.text) is not None
    for line, time in zip(warning.lines, warning.times, strict=True):
        if time is None or begin < seconds(time) < end:
            yield _Judged(PtdEntry(line, time, warning.text), time is None or is_too_uncertain)


@rule(
    "POW-021",
    "power meter is not configured as it must be",
    "{found}, expected {expected}",
    fix="Measure again with a supported power meter, configured for as many channels as its name says.",
    source="power_checker.py, check_ptd_config",
)
def meter_misconfigured(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The device type that the daemon was started with decides how readings are taken."""
    server = _server(evidence)
    if server is None:
        return
    for analyzer in server.session.analyzers or ():
        device = analyzer["device_type"]
        if device not in tables.METERS.values():
            expected = f"one of {', '.join(str(number) for number in sorted({*tables.METERS.values()}))}"
            yield server.violation("ptd_config", f"device type is {device}", expected)
        elif device == tables.TWO_CHANNEL_DEVICE and not _has_two_channels(analyzer):
            found = f"channels are {analyzer.get('channel')}, with the command {analyzer.get('command')}"
            yield server.violation("ptd_config", found, f"two channels in both for device type {device}")


def _has_two_channels(analyzer: Mapping[str, Any]) -> bool:
    command, channel = analyzer.get("command"), analyzer.get("channel")
    if not isinstance(command, list) or not isinstance(channel, (list, dict, str)) or "-c" not in command[:-1]:
        return False
    channels = command[command.index("-c") + 1]
    return isinstance(channels, str) and len(channels.split(",")) == len(channel) == tables.CHANNELS


@rule(
    "POW-022",
    "power server ran in debug mode",
    "'debug' is {found} in server.json, expected {expected}",
    fix="Measure again with a power server that is not in debug mode.",
    source="power_checker.py, debug_check",
)
def debug_mode(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """What a server measures in debug mode can't be relied on."""
    server = _server(evidence)
    if server is not None and server.session.debug is not False:
        yield server.violation("debug", repr(server.session.debug), "false, or no such entry")


@rule(
    "POW-023",
    "the power daemon reported more than the official checker looks at",
    "the power daemon logged: {found}",
    fix="Nothing needs to be done to pass; look into ptd_logs.txt before an auditor does.",
    source="power_checker.py, check_ptd_logs: takes its 800 ms for seconds, and stops at the first entry it accepts",
    severity=WARNING,
    official=False,
)
def ptd_troubles_overlooked(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """During the test no sample may be more than 1 % uncertain, and errors count behind an accepted entry too."""
    troubles = sorted(chain.from_iterable(_troubles(evidence)), key=lambda each: each.order)
    failing = {each.entry for each in troubles if each.fails}
    hidden = [each.entry for each in troubles if each.fails] if troubles and not troubles[0].fails else []
    uncertain = [entry for entry in _uncertain_samples(evidence) if entry not in failing]
    for entries in (hidden, uncertain):
        if entries:
            more = f" (and {len(entries) - 1} more)" if len(entries) > 1 else ""
            yield Violation(evidence.path(PTD_LOG), entries[0].line, found=f"{entries[0].text}{more}")


def _uncertain_samples(evidence: Evidence) -> list[PtdEntry]:
    """Warnings of samples that are too uncertain, within the test without any margin."""
    power = evidence.power
    if power is None or isinstance(power.ptd_log, Problem) or isinstance(power.testing.window, Problem):
        return []
    begin, end = power.testing.window.begin, power.testing.window.end
    uncertain = [each for each in power.ptd_log.troubles_by_text if tables.UNCERTAINTY_TOO_HIGH.search(each.text)]
    entries = chain.from_iterable(trouble.entries() for trouble in uncertain)
    within = (entry for entry in entries if entry.time is not None and begin < entry.time < end)
    return sorted(within, key=lambda entry: (entry.line, entry.is_error))
