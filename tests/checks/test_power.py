"""What a power measurement must hold, rule by rule; a made-up measurement beside the example's real logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from power_run import SESSION, WATTS, Change, PowerRun, add_power, edit_session, middle, stamp
from support import CLOSED_SYSTEM, ROUND, copy_of, edit_log, evidence_of, run_at

from rules.checks.catalogue import JUDGES, RULES, finding
from rules.checks.performance import performance_metric
from rules.checks.power import measure_power
from rules.checks.power_tables import SOURCES
from rules.domain import POWER_LOG, Artefact, Division, Run, RunKey, Scenario
from rules.evidence import Evidence
from rules.finding import Finding, Severity
from rules.parsers.power import parse_session
from rules.power_evidence import SERVER_SESSION
from rules.rounds import Round, load_round

MINUTE = timedelta(minutes=1)
#: The test of the example's run takes ten minutes; warnings count from 800 s after its begin to 800 s before its end.
LONG_S = 3000


def findings(evidence: Evidence, round_: Round = ROUND) -> list[Finding]:
    return [
        finding(code, each.path, line=each.line, found=each.found, expected=each.expected)
        for code, judge in JUDGES.items()
        if code.startswith("POW-")
        for each in judge(evidence, round_)
    ]


def evidence_at(folder: Path, scenario: Scenario | None = None) -> Evidence:
    return evidence_of(run_at(folder, scenario=scenario))


def codes(folder: Path) -> set[str]:
    return {found.code for found in findings(evidence_at(folder))}


def in_client(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda run: change(run.client)


def in_server(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda run: change(run.server)


def in_both(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda run: (change(run.client), change(run.server))


def put(value: object, *keys: Any) -> Callable[[dict[str, Any]], object]:
    """Put a value at a place in a session file."""

    def change(session: dict[str, Any]) -> None:
        place: Any = session
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def drop(*keys: Any) -> Callable[[dict[str, Any]], object]:
    """Take away what is at a place in a session file."""

    def change(session: dict[str, Any]) -> None:
        place: Any = session
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


def reply(command: str, said: object) -> Change:
    """Let the power daemon reply differently to all commands of this spelling."""

    def change(server: dict[str, Any]) -> None:
        for message in server["ptd_messages"]:
            if message["cmd"] == command:
                message["reply"] = said

    return in_server(change)


def tell(command: str, said: str, at: int = 15) -> Change:
    """One more command to the power daemon, with its reply."""
    return in_server(lambda server: server["ptd_messages"].insert(at, {"cmd": command, "reply": said}))


def analyzer(**more: Any) -> Change:
    return in_server(
        put([{"device_type": 77, "command": ["ptd", "-c", "1,2", "77"], "channel": [1, 2]} | more], "ptd_config")
    )


def later(mode: str, at: int, by_s: float) -> Callable[[dict[str, Any]], object]:
    """Move a checkpoint."""

    def change(session: dict[str, Any]) -> None:
        session["phases"][mode][at][0] += by_s

    return change


def one_sample(at: int, text: str) -> Change:
    """Spoil a field of the sample in the middle of the test."""

    def change(run: PowerRun) -> None:
        lines = run.samples["run_1"]
        fields = lines[len(lines) // 2].split(",")
        fields[at] = text
        lines[len(lines) // 2] = ",".join(fields)

    return change


def say(text: str, after: timedelta = timedelta()) -> Change:
    """A line in the power daemon's log in the middle of the test."""
    return lambda run: run.say(text, middle(run.testing) + after)


def say_while_ranging(text: str) -> Change:
    return lambda run: run.say(text, middle(run.ranging))


def without(part: str) -> Change:
    """The power daemon's log without the lines that say so."""
    return lambda run: run.ptd_log.__setitem__(slice(None), [line for line in run.ptd_log if part not in line])


def move_test(mode: str, by: timedelta) -> Change:
    def change(run: PowerRun) -> None:
        begin, end = getattr(run, mode)
        setattr(run, mode, (begin + by, end + by))
        run.draw("ranging" if mode == "ranging" else "run_1", WATTS)

    return change


def shorten_test(run: PowerRun) -> None:
    begin, end = run.testing
    run.testing = (begin, begin + 0.49 * (end - begin))


#: What may be otherwise in a measurement that passes.
PASSING: dict[str, Change] = {
    "nothing is changed": lambda _: None,
    "a UUID is spelled in capitals": in_client(lambda s: put(s["uuid"]["server"].upper(), "uuid", "server")(s)),
    "the replies to a query of the clock differ": in_client(put("1796134560.75", "messages", 1, "reply")),
    "clocks are 0.8 s apart": in_server(later("testing", 0, 0.75)),
    "the log's clock is an hour ahead": lambda run: [
        in_both(later(m, at, -3600))(run) for m in run.client["phases"] for at in range(4)
    ],
    "the test draws 4.9 % less than ranging": lambda run: run.draw("run_1", 95.1),
    "the test draws more than ranging": lambda run: run.draw("run_1", 200.0),
    "the last range of amperes alone is the first one": in_server(put("SR,A,0.5", "ptd_messages", 13, "cmd")),
    "a third Stop finds nothing to stop": tell("Stop", "Error: no measurement to stop"),
    "two channels are measured where two must": analyzer(),
    "debug mode is off": in_server(put(False, "debug")),
    "a warning outside of the test": say("WARNING: something", after=-10 * MINUTE),
    "an error that is in the nature of ranging": say_while_ranging("ERROR: Bad watts reading nan from WT310"),
    "lines that say nothing": say("all is well"),
    "other text in spl.txt": lambda run: run.samples["run_1"].insert(0, "Power meter of the lab"),
}

#: What a measurement may lack -> the rules that say so.
FAILING: dict[str, tuple[Change, str]] = {
    "server.json lacks a field": (in_server(drop("modules")), "POW-003"),
    "messages are no list": (in_client(put({}, "messages")), "POW-003"),
    "the server's messages to the daemon are missing": (in_server(drop("ptd_messages")), "POW-003"),
    "a UUID is none": (in_client(put("x", "uuid", "client")), "POW-003"),
    "the time zone is none": (in_server(put("UTC", "timezone")), "POW-003"),
    "a source of the client is changed": (in_client(put("0" * 40, "sources", "lib/client.py")), "POW-004"),
    "a source of the server is missing": (in_server(drop("sources", "server.py")), "POW-004"),
    "another version of the daemon": (reply("Identify", "YokogawaWT310,version=1.9.2-x"), "POW-005"),
    "another meter": (reply("Identify", "HomePlug,version=1.11.1-x"), "POW-005"),
    "the daemon doesn't identify itself": (reply("Identify", ""), "POW-005"),
    "a range was refused": (reply("SR,A,0.5", "Error"), "POW-006"),
    "a measurement didn't start": (reply(f"Go,1000,0,{SESSION}_testing", "Error: busy"), "POW-006"),
    "a third Stop that stops something": (tell("Stop", "Stopping untimed measurement"), "POW-006"),
    "the ranges of before are unknown": (reply("RR", "Ranges"), "POW-006"),
    "the range of volts is not put back": (in_server(put("SR,V,Auto", "ptd_messages", 12, "cmd")), "POW-006"),
    "the range of amperes is not put back": (reply("RR", "Ranges,0,40.000000,0,300.000000"), "POW-006"),
    "a range is set too seldom": (in_server(drop("ptd_messages", 14)), "POW-006"),
    "the server's UUID differs": (
        in_client(put("5b1d2f6e-0a8c-4f0e-9d55-6f2e7c3b9a22", "uuid", "server")),
        "POW-007",
    ),
    "the session names differ": (in_client(put("2026-11-24_14-16-01", "session_name")), "POW-008"),
    "clocks are too far apart": (in_server(later("testing", 3, 0.85)), "POW-009"),
    "a checkpoint is no number": (in_both(put(float("nan"), "phases", "ranging", 0, 0)), "POW-009"),
    "a checkpoint is missing on one side": (in_server(drop("phases", "ranging", 3)), "POW-009"),
    "the meter was never off": (in_both(put([], "phases", "testing")), "POW-011"),
    "the test ran after the measurement": (move_test("testing", 2 * MINUTE), "POW-011"),
    "ranging ran before the measurement": (move_test("ranging", -2 * MINUTE), "POW-011"),
    "the test takes half as long as ranging": (shorten_test, "POW-012"),
    "a power factor is no number": (one_sample(9, "?"), "POW-013"),
    "the test draws 5 % less than ranging": (lambda run: run.draw("run_1", 95.0), "POW-014"),
    "ranging has no samples": (lambda run: run.samples["ranging"].clear(), "POW-014"),
    "the averages round to nothing": (lambda run: run.draw("ranging", 0.000001), "POW-014"),
    "the client has one message more": (in_client(lambda s: s["messages"].append(s["messages"][2])), "POW-015"),
    "a command differs": (in_client(put("stop", "messages", 2, "cmd")), "POW-015"),
    "a reply differs": (in_server(put("Error", "messages", 3, "reply")), "POW-015"),
    "client and server are of two versions": (
        in_both(put("mlcommons/power server v4", "messages", 0, "reply")),
        "POW-016",
    ),
    "there is no greeting": (in_both(put([], "messages")), "POW-016"),
    "uncertainty is not checked": (without("Uncertainty checking"), "POW-018"),
    "uncertainty is checked from an unknown time": (
        lambda run: run.ptd_log.__setitem__(1, "Uncertainty checking for YokogawaWT310 is activated"),
        "POW-018",
    ),
    "uncertainty is checked too late": (
        lambda run: run.ptd_log.append(run.ptd_log.pop(1).replace(stamp(run.ranging[0])[:10], "11-25-2026")),
        "POW-018",
    ),
    "the daemon's log is of another session": (in_both(put("yesterday", "session_name")), "POW-018"),
    "ranging was never completed": (without("Completed test"), "POW-018"),
    "a time of the daemon's log is none": (
        lambda run: run.ptd_log.insert(1, "02-30-2026 00:00:00.000: Waiting for a connection..."),
        "POW-018",
    ),
    "an error during the test": (say("ERROR: Bad watts reading nan from WT310"), "POW-019"),
    "an error at an unknown time": (lambda run: run.ptd_log.append("ERROR: sensor lost"), "POW-019"),
    "a rare error while ranging": (say_while_ranging("ERROR: Range is fixed"), "POW-020"),
    "an error that is accepted": (say("ERROR: USB."), "POW-020"),
    "another device type": (in_server(put(50, "ptd_config", 0, "device_type")), "POW-021"),
    "one channel where two must be": (analyzer(channel=[1]), "POW-021"),
    "one channel in the command where two must be": (analyzer(command=["ptd", "-c", "1", "77"]), "POW-021"),
    "no channel in the command where two must be": (analyzer(command=["ptd", "77", "-c"]), "POW-021"),
    "debug mode is on": (in_server(put(True, "debug")), "POW-022"),
    "a sample of the test is uncertain": (
        say("WARNING: Uncertainty 1.25%, which is above 1.00% limit for the last sample!"),
        "POW-023",
    ),
}


@pytest.mark.parametrize("change", PASSING.values(), ids=PASSING.keys())
def test_a_measurement_passes_where(change: Change, offline: Path) -> None:
    assert codes(add_power(offline, change)) == set()


@pytest.mark.parametrize(("change", "code"), FAILING.values(), ids=FAILING.keys())
def test_a_measurement_is_found_out_where(change: Change, code: str, offline: Path) -> None:
    assert codes(add_power(offline, change)) == {code}


def test_every_rule_of_the_family_has_a_failing_row() -> None:
    elsewhere = {"POW-001", "POW-002", "POW-010", "POW-017"}
    assert {code for code in RULES if code.startswith("POW-")} == {code for _, code in FAILING.values()} | elsewhere


def test_a_run_without_power_is_no_concern(offline: Path) -> None:
    assert codes(offline) == set()


PLACES = ("run_1", "ranging", "power")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        *((folder, f"mlperf_log_{kind}.txt") for folder in PLACES[:2] for kind in ("detail", "summary")),
        *((folder, "spl.txt") for folder in PLACES[:2]),
        *(("power", name) for name in ("client.json", "client.log", "ptd_logs.txt", "server.json", "server.log")),
    ],
)
def test_each_missing_file_is_named_once(folder: str, name: str, offline: Path) -> None:
    add_power(offline)
    (offline / "performance" / folder / name).unlink()
    found = findings(evidence_at(offline))
    assert [each.code for each in found] == ["POW-001"]
    assert found[0].message == f"files of the power measurement: in performance/{folder} missing {name}"


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("power/notes.txt", False),
        ("power/mlperf_log_accuracy.json", False),
        ("power/results.json", True),
        ("power/mlperf_log_trace.json", True),
        ("ranging/notes.txt", False),
        ("ranging/mlperf_log_accuracy.json", True),
        ("ranging/results.json", True),
    ],
)
def test_other_files_are_unexpected_but_for_a_few(path: str, is_allowed: bool, offline: Path) -> None:
    (add_power(offline) / "performance" / path).write_text("x")
    assert codes(offline) == (set() if is_allowed else {"POW-001"})


def test_a_missing_ranging_folder_lacks_all_its_files(offline: Path) -> None:
    add_power(offline)
    (offline / "performance/ranging").rename(offline.parent / "elsewhere")
    assert [each.found for each in findings(evidence_at(offline))] == [
        "in performance/ranging missing mlperf_log_detail.txt, mlperf_log_summary.txt, spl.txt"
    ]


def test_an_empty_power_folder_lacks_all_its_files(offline: Path) -> None:
    (offline / "performance/power").mkdir()
    run = replace(run_at(offline), has_power_folder=True)
    assert {each.code for each in findings(evidence_of(run))} == {"POW-001"}


@pytest.mark.parametrize(("who", "text", "line", "said"), [
    ("client", "", 1, "the file is empty"),
    ("server", '{\n"version": 1,\n', 3, "invalid JSON: Expecting property name enclosed in double quotes"),
    ("client", "[]", None, "holds list, not an object"),
    ("server", "{}", None, "lacks messages, modules, phases, results, session_name, sources, timezone, uuid, version"),
])  # fmt: skip
def test_a_spoilt_session_file_says_what_and_where(
    who: str, text: str, line: int | None, said: str, offline: Path
) -> None:
    path = add_power(offline) / f"performance/power/{who}.json"
    path.write_text(text)
    (found,) = findings(evidence_at(offline))
    assert (found.code, found.path, found.line, found.message) == (
        "POW-003",
        str(path),
        line,
        f"can't be used: {said}",
    )


def test_a_finding_in_a_session_file_points_to_its_section(offline: Path) -> None:
    add_power(offline, in_client(put("other", "session_name")))
    path = offline / "performance/power/server.json"
    (found,) = findings(evidence_at(offline))
    assert path.read_text().splitlines()[found.line - 1 if found.line else 0].strip().startswith('"session_name"')
    assert found.message == f"session is named '{SESSION}' in server.json, in client.json 'other'"


@pytest.mark.parametrize("name", ["power/client.log", "ranging/spl.txt", "run_1/mlperf_log_summary.txt"])
def test_a_file_that_was_touched_after_the_session_is_found_out(name: str, offline: Path) -> None:
    path = add_power(offline) / "performance" / name
    path.write_bytes(path.read_bytes() + b"\n")
    (found,) = findings(evidence_at(offline))
    assert (found.code, found.path) == ("POW-017", str(path))


def test_a_file_that_neither_side_recorded_is_found_out(offline: Path) -> None:
    add_power(offline)
    edit_session(offline, "server", drop("results", "run_1/spl.txt"))
    (found,) = findings(evidence_at(offline))
    assert (found.code, found.message) == ("POW-017", "no sha1 is recorded, expected one in a session file")


def test_checksums_of_other_files_do_not_matter(offline: Path) -> None:
    add_power(offline)
    edit_session(offline, "server", put("0" * 40, "results", "run_1/ptd_out.txt"))
    assert codes(offline) == set()


def test_a_file_that_both_sides_record_must_agree_with_both(offline: Path) -> None:
    add_power(offline)
    edit_session(offline, "client", put("0" * 40, "results", "run_1/spl.txt"))
    (found,) = findings(evidence_at(offline))
    assert found.message.endswith(f"expected {'0' * 40} as in client.json")


@pytest.mark.parametrize(
    ("folder", "code", "said"),
    [("ranging", "POW-010", "lacks power_end"), ("run_1", "POW-002", "power_end is None, which is no time")],
)
def test_a_log_without_power_end_is_named_once(folder: str, code: str, said: str, offline: Path) -> None:
    add_power(offline)
    log = offline / f"performance/{folder}/mlperf_log_detail.txt"
    edit_log(log, power_end=None)
    found = {each.code: each for each in findings(evidence_at(offline))}
    assert found.keys() == {code, "POW-017"}
    assert (found[code].path, found[code].found) == (str(log), said)


def test_a_line_about_power_end_may_hide_when_the_test_ran(offline: Path) -> None:
    add_power(offline)
    log = offline / "performance/run_1/mlperf_log_detail.txt"
    log.write_text(log.read_text() + "# power_end\n")
    assert codes(offline) == {"POW-017"}
    log.write_text(log.read_text().replace("\n", "\n# no power_end here\n", 1))
    found = {each.code: each for each in findings(evidence_at(offline))}
    assert found["POW-010"].message == "when the measured test ran is unknown: no time of power_end"


def test_a_ranging_test_that_took_no_time_compares_with_nothing(offline: Path) -> None:
    add_power(offline, lambda run: setattr(run, "ranging", (run.ranging[0], run.ranging[0])))
    assert codes(offline) == {"POW-010", "POW-014"}


@pytest.mark.parametrize(
    ("text", "at_s", "code"),
    [
        ("WARNING: anything", 801, "POW-020"),
        ("WARNING: anything", 800, None),
        ("WARNING: anything", LONG_S - 800, None),
        ("WARNING: Uncertainty 1.25%, which is above 1.00% limit for the last sample!", 801, "POW-019"),
    ],
)
def test_warnings_count_in_the_midst_of_a_long_test(text: str, at_s: float, code: str | None, offline: Path) -> None:
    add_power(offline, lambda run: run.say(text, run.testing[0] + timedelta(seconds=at_s)), lasts_s=LONG_S)
    assert codes(offline) == ({code} if code else set())


def test_an_accepted_error_hides_what_comes_behind_it_from_the_official_checker(offline: Path) -> None:
    add_power(offline, lambda run: (say("ERROR: USB.")(run), say("ERROR: sensor lost")(run)))
    found = {each.code: each for each in findings(evidence_at(offline))}
    assert found.keys() == {"POW-020", "POW-023"}
    assert found["POW-023"].message == "the power daemon logged: sensor lost"
    assert not any(each.is_error for each in found.values())


def test_a_warning_for_the_audit_is_official_and_no_error() -> None:
    audited = {code for code, rule in RULES.items() if code.startswith("POW-") and rule.severity is Severity.WARNING}
    assert audited == {"POW-012", "POW-020", "POW-023"}
    assert not RULES["POW-023"].official


def test_the_power_of_a_much_shorter_test_is_not_compared(offline: Path) -> None:
    def change(run: PowerRun) -> None:
        shorten_test(run)
        run.draw("run_1", 10.0)

    add_power(offline, change)
    assert codes(offline) == {"POW-012"}


def test_a_rate_comes_with_watts(offline: Path) -> None:
    evidence = evidence_at(add_power(offline))
    power, rate = measure_power(evidence, ROUND), performance_metric(evidence, ROUND)
    assert power is not None and rate is not None
    assert (power.metric, power.units, power.efficiency) == (WATTS, "Watts", rate / WATTS)


@pytest.mark.parametrize(
    ("logged", "placed", "samples", "queries_each"),
    [
        (Scenario.SINGLE_STREAM, Scenario.SINGLE_STREAM, 1, 1),
        (Scenario.MULTI_STREAM, Scenario.MULTI_STREAM, 8, 1),
        (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM, 8, 8),
    ],
)
def test_a_stream_comes_with_millijoules_a_query(
    logged: Scenario, placed: Scenario, samples: int, queries_each: int, tmp_path: Path
) -> None:
    evidence = evidence_at(add_power(copy_of(CLOSED_SYSTEM / f"resnet50/{logged}", tmp_path)), placed)
    log, power = evidence.performance, measure_power(evidence, ROUND)
    assert log is not None and power is not None and evidence.power is not None
    window = evidence.power.testing.window
    seconds = (window.end - window.begin) / 1_000_000  # type: ignore[union-attr]
    millijoules = WATTS * seconds * queries_each * 1000 / log.get("result_query_count")
    assert (power.metric, power.units) == (millijoules, "millijoules")
    assert power.efficiency == samples * 1000 / millijoules


@pytest.mark.parametrize("watts", ["nan", "-5.0", "0"])
def test_samples_that_are_not_above_0_do_not_count(watts: str, offline: Path) -> None:
    power = measure_power(evidence_at(add_power(offline, one_sample(3, watts))), ROUND)
    assert power is not None and power.metric == WATTS


def test_samples_at_the_very_begin_and_end_do_not_count(offline: Path) -> None:
    def change(run: PowerRun) -> None:
        run.samples["run_1"] += [f"Time,{stamp(time)},Watts,9999,V,1,A,1,PF,1" for time in run.testing]

    power = measure_power(evidence_at(add_power(offline, change)), ROUND)
    assert power is not None and power.metric == WATTS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda run: run.samples["run_1"].clear(), "no samples above 0 W"),
        (one_sample(3, "high"), "the sample's power is no number"),
        (one_sample(1, "today"), "no time of the sample"),
    ],
)
def test_there_is_no_metric_without_samples(change: Change, said: str, offline: Path) -> None:
    evidence = evidence_at(add_power(offline, change))
    (found,) = findings(evidence)
    assert measure_power(evidence, ROUND) is None
    assert (found.code, found.path) == ("POW-002", evidence.path(POWER_LOG))
    assert said in found.message


@pytest.mark.parametrize(
    ("scenario", "entry", "value"),
    [
        ("Offline", "power_begin", None),
        ("Offline", "power_end", "tomorrow"),
        ("Offline", "result_samples_per_second", None),
        ("SingleStream", "result_query_count", None),
        ("SingleStream", "result_query_count", 0),
    ],
)
def test_there_is_no_metric_where_the_log_lacks(scenario: str, entry: str, value: object, tmp_path: Path) -> None:
    folder = add_power(copy_of(CLOSED_SYSTEM / f"resnet50/{scenario}", tmp_path))
    edit_log(folder / "performance/run_1/mlperf_log_detail.txt", **{entry: value})
    evidence = evidence_at(folder)
    assert measure_power(evidence, ROUND) is None
    assert "POW-002" in {each.code for each in findings(evidence)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
SECTIONS = ("messages", "uuid", "results", "phases", "ptd_messages", "ptd_config", "sources", "session_name", "debug")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return evidence_at(add_power(copy_of(CLOSED_SYSTEM / "resnet50/Offline", tmp_path_factory.mktemp("measured"))))


@settings(deadline=None)
@given(data=st.data(), section=st.sampled_from(SECTIONS))
def test_anything_in_a_session_file_is_judged_without_an_exception(
    data: st.DataObject, section: str, measured: Evidence
) -> None:
    session = json.loads(Path(measured.path(SERVER_SESSION)).read_bytes())
    spoilt = data.draw(
        st.sampled_from(list(_places(session[section], (section,))) if section in session else [(section,)])
    )
    put(data.draw(JSON), *spoilt)(session)
    assert measured.power is not None
    server = parse_session(json.dumps(session).encode())
    for found in findings(replace(measured, power=replace(measured.power, server=server))):
        assert found.path


def _places(value: object, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*path, key))


def test_the_release_of_the_power_tools_has_their_main_files() -> None:
    assert {"client.py", "server.py"} <= SOURCES[0].keys()


def test_published_power_results_get_the_official_verdict(corpus: Path) -> None:
    judged = 0
    for oracle in sorted((corpus / "oracle").glob("v*.v*.json")):
        slice_, _, round_name = oracle.stem.partition(".")
        for result in json.loads(oracle.read_bytes())["results"]:
            if not result.get("has_power") or result["verdict"] == "CRASH":
                continue
            round_ = load_round(round_name)
            evidence = _published(corpus / "slices" / slice_, result, round_)
            if evidence is None:
                continue
            judged += 1
            is_failing = any(found.is_error for found in findings(evidence, round_))
            assert is_failing == ("power" in result["failing_groups"]), (oracle.name, result["system"])
            power = measure_power(evidence, round_)
            if power is not None and not is_failing:
                said = result["power"]
                assert (power.metric, power.efficiency) == (said["power_metric"], said["avg_power_efficiency"])
    assert judged


def _published(tree: Path, result: dict[str, Any], round_: Round) -> Evidence | None:
    """The evidence of a result of a tree, if the round has its benchmark."""
    benchmark = round_.official_name(result["benchmark"], {})
    if benchmark not in round_.benchmarks:
        return None
    place = (result["system"], result["benchmark"], result["scenario"])
    folder = tree.joinpath(result["division"], result["submitter"], "results", *place)
    files = {Artefact(str(path.relative_to(folder))): path for path in sorted(folder.rglob("*")) if path.is_file()}
    scenario = Scenario.parse(result["scenario"])
    assert scenario is not None
    key = RunKey(Division(result["division"]), result["submitter"], *place[:2], scenario)
    return evidence_of(Run(key, folder, files), benchmark=benchmark, round_=round_)
