"""A power measurement made up for a run of the example: valid by default, a test changes one thing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from support import edit_log

from rules.checks.power_tables import SOURCES

SESSION = "2026-11-24_14-16-00"
WATTS = 100.0
_TIME = "%m-%d-%Y %H:%M:%S.%f"
#: Ranging runs the same test as long before.
_RANGING_BEFORE = timedelta(seconds=3600)
_RECORDED = {
    "client": ("power/client.log", "{}/mlperf_log_detail.txt", "{}/mlperf_log_summary.txt"),
    "server": ("power/server.log", "power/ptd_logs.txt", "{}/spl.txt"),
}


@dataclass
class PowerRun:
    """A measurement before it is written: change what you like."""

    ranging: tuple[datetime, datetime]
    testing: tuple[datetime, datetime]
    client: dict[str, Any]
    server: dict[str, Any]
    ptd_log: list[str]
    #: Lines of spl.txt by folder: `ranging` and `run_1`.
    samples: dict[str, list[str]]

    def say(self, text: str, at: datetime) -> None:
        """One more line in the power daemon's log."""
        self.ptd_log.append(f"{stamp(at)}: {text}")

    def draw(self, folder: str, watts: float) -> None:
        """Let the system draw so much in all samples."""
        begin, end = self.ranging if folder == "ranging" else self.testing
        self.samples[folder] = _samples(begin, end, watts)


Change = Callable[[PowerRun], object]


def stamp(time: datetime) -> str:
    return time.strftime(_TIME)[:-3]


def middle(span: tuple[datetime, datetime]) -> datetime:
    return span[0] + (span[1] - span[0]) / 2


def add_power(folder: Path, change: Change = lambda _: None, *, lasts_s: float | None = None) -> Path:
    """Write a power measurement into the folder of a run; `lasts_s` changes how long its test takes."""
    performance = folder / "performance"
    log = performance / "run_1/mlperf_log_detail.txt"
    begin, end = (datetime.strptime(_logged(log, key), _TIME) for key in ("power_begin", "power_end"))
    if lasts_s is not None:
        end = begin + timedelta(seconds=lasts_s)
    run = _power_run((begin - _RANGING_BEFORE, end - _RANGING_BEFORE), (begin, end))
    change(run)
    shutil.copytree(performance / "run_1", performance / "ranging")
    for name, (first, last) in (("ranging", run.ranging), ("run_1", run.testing)):
        edit_log(performance / name / log.name, power_begin=stamp(first), power_end=stamp(last))
        (performance / name / "spl.txt").write_text("".join(f"{line}\n" for line in run.samples[name]))
    power = performance / "power"
    power.mkdir()
    (power / "ptd_logs.txt").write_text("".join(f"{line}\n" for line in run.ptd_log))
    for who, session in (("client", run.client), ("server", run.server)):
        (power / f"{who}.log").write_text(f"log of the {who}\n")
        session.setdefault("results", {path: _sha1(performance / path) for path in _recorded(who)})
        (power / f"{who}.json").write_text(json.dumps(session, indent=4))
    return folder


def edit_session(folder: Path, who: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a session file of a run where it lies."""
    path = folder / f"performance/power/{who}.json"
    session = json.loads(path.read_text())
    change(session)
    path.write_text(json.dumps(session, indent=4))


def _recorded(who: str) -> set[str]:
    return {path.format(folder) for path in _RECORDED[who] for folder in ("ranging", "run_1")}


def _sha1(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


def _logged(log: Path, key: str) -> str:
    entries = (json.loads(line.removeprefix(":::MLLOG ")) for line in log.read_text().splitlines())
    return next(str(entry["value"]) for entry in entries if entry["key"] == key)


def _power_run(ranging: tuple[datetime, datetime], testing: tuple[datetime, datetime]) -> PowerRun:
    run = PowerRun(ranging, testing, _session(ranging, testing), _session(ranging, testing), [], {})
    run.server |= {"ptd_messages": _ptd_messages(), "ptd_config": [{"device_type": 49, "command": ["ptd", "49"]}]}
    for folder in ("ranging", "run_1"):
        run.draw(folder, WATTS)
    run.ptd_log.append("Power daemon")
    run.say("Uncertainty checking for YokogawaWT310 is activated", ranging[0] - timedelta(seconds=50))
    for mode, (begin, end) in (("ranging", ranging), ("testing", testing)):
        run.say(f"Go with mark '{SESSION}_{mode}'", begin - timedelta(seconds=20))
        if mode == "ranging":
            run.say("ERROR: Can't evaluate uncertainty of this sample!", begin)
            run.say("WARNING: Uncertainty unknown for the last measurement sample!", begin)
        run.say("Completed test", end + timedelta(seconds=20))
    return run


def _session(ranging: tuple[datetime, datetime], testing: tuple[datetime, datetime]) -> dict[str, Any]:
    commands = {
        "mlcommons/power client v3": "mlcommons/power server v3",
        "time": "1796134560.25",
        f"session,{SESSION},start,ranging": "OK",
        f"session,{SESSION},stop,testing": "OK",
    }
    return {
        "version": "1.0",
        "timezone": 0,
        "modules": {},
        "sources": dict(SOURCES[0]),
        "messages": [{"cmd": command, "reply": reply} for command, reply in commands.items()],
        "uuid": {"client": "9e3f0c5a-7c41-4a35-b0a1-0d3a5ff2ab10", "server": "5b1d2f6e-0a8c-4f0e-9d55-6f2e7c3b9a21"},
        "session_name": SESSION,
        "phases": {"ranging": _checkpoints(*ranging), "testing": _checkpoints(*testing)},
    }


def _checkpoints(begin: datetime, end: datetime) -> list[list[float]]:
    before, after = (begin - timedelta(seconds=at) for at in (40, 10)), (end + timedelta(seconds=at) for at in (10, 40))
    times = (*before, *after)
    return [[time.replace(tzinfo=timezone.utc).timestamp(), 0.0] for time in times]


def _ptd_messages() -> list[dict[str, str]]:
    amperes, volts = ("Range A changed", "Range V changed")
    start = "Starting untimed measurement, maximum 500000 samples at 1000ms with 0 rampup samples"
    messages = (
        ("Hello", "Hello, PTDaemon here!"),
        ("Identify", "YokogawaWT310,1000,1,1,1,1,0,0,1,version=1.11.1-0123abcd-20240907,mode=power"),
        ("RR", "Ranges,1,-1.000000,0,300.000000"),
        ("SR,V,Auto", volts),
        ("SR,A,Auto", amperes),
        (f"Go,1000,0,{SESSION}_ranging", start),
        ("Stop", "Stopping untimed measurement"),
        ("SR,V,300.000000", volts),
        ("SR,A,0.5", amperes),
        (f"Go,1000,0,{SESSION}_testing", start),
        ("Stop", "Stopping untimed measurement"),
        ("Watts", "Watts,100.000000,100.000000,100.000000,60,0,60"),
        ("SR,V,300.000000", volts),
        ("SR,A,Auto", amperes),
        ("SR,A,Auto", amperes),
    )
    return [{"cmd": command, "reply": reply} for command, reply in messages]


def _samples(begin: datetime, end: datetime, watts: float) -> list[str]:
    """One sample in 10 s, from before the test to behind it."""
    count = int((end - begin).total_seconds() / 10) + 4
    times = (begin + timedelta(seconds=10 * (at - 2)) for at in range(count))
    return [
        f"Time,{stamp(time)},Watts,{watts:.6f},Volts,230.000000,Amps,0.450000,PF,0.966000,Mark,{SESSION}"
        for time in times
    ]
