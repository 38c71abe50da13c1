"""Large inputs for the benchmarks, made of small ones: every copy is a system of its own, with logs of its own."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

DIVISIONS = ("closed", "network", "open")
#: The folders of a submitter that have one folder a system: all of them in the v5 layout, in v6 the first.
_AREAS = ("results", "measurements", "compliance")
#: What a copy's logs differ in, so that none can be taken for another: the process that wrote them.
_PROCESS = re.compile(rb'"pid": \d+')
#: Readings of the power meter, and its daemon's log: a last line that says nothing.
_POWER_LOGS = ("spl.txt", "ptd_logs.txt")


def multiplied_tree(slice_: Path, into: Path, results: int) -> int:
    """A submission tree of at least so many results, out of a tree in any layout; the number made."""
    made = copies = 0
    while made < results:
        copies += 1
        for submitter in sorted(path for name in DIVISIONS for path in slice_.glob(f"{name}/*")):
            made += _copy_submitter(submitter, into / submitter.relative_to(slice_), copies)
    return made


def _copy_submitter(submitter: Path, into: Path, number: int) -> int:
    for system in sorted((submitter / "results").iterdir()):
        name = f"{system.name}_{number:04}"
        for area in _AREAS:
            if (submitter / area / system.name).is_dir():
                shutil.copytree(submitter / area / system.name, into / area / name)
                _vary(into / area / name, number)
        for measurements in list((into / "measurements" / name).glob(f"*/*/{system.name}*.json")):
            measurements.rename(measurements.with_name(measurements.name.replace(system.name, name, 1)))
        for description in (submitter / "systems").glob(f"{system.name}*"):
            (into / "systems").mkdir(exist_ok=True)
            shutil.copyfile(description, into / "systems" / description.name.replace(system.name, name, 1))
    for other in sorted(submitter.iterdir()):
        if other.name not in (*_AREAS, "systems") and not (into / other.name).exists():
            (shutil.copytree if other.is_dir() else shutil.copyfile)(other, into / other.name)
    return sum(1 for _ in (into / "results").glob(f"*_{number:04}/*/*/"))


def _vary(folder: Path, number: int) -> None:
    """Make a copy's logs differ from those of other copies; files that were equal within it stay equal."""
    renewed: dict[str, str] = {}
    for log in _logs(folder):
        old = log.read_bytes()
        if log.name in _POWER_LOGS:
            new = old + f"copy {number}\n".encode()
        else:
            new = _PROCESS.sub(b'"pid": %d' % (100_000 + number), old)
        log.write_bytes(new)
        renewed[_sha1(old)] = _sha1(new)
    for session in folder.glob("*/*/performance/power/*.json"):  # the records of the power measurement
        text = session.read_text()
        for before, after in renewed.items():
            text = text.replace(before, after)
        session.write_text(text)


def _logs(folder: Path) -> Iterator[Path]:
    for name in ("mlperf_log_detail.txt", *_POWER_LOGS):
        yield from sorted(folder.rglob(name))


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _entry(key: str, value: object) -> bytes:
    said = {"key": key, "value": value, "time_ms": 0.023645, "namespace": "mlperf::logging"}
    said |= {"event_type": "POINT_IN_TIME", "metadata": {"is_error": False, "is_warning": False, "pid": 1117}}
    return b":::MLLOG " + json.dumps(said).encode() + b"\n"


def _grown(path: Path, start: bytes, repeated: bytes, size: int) -> Path:
    """Write a file of a size: a start, and then the same over and over."""
    block = repeated * max(1, (1 << 20) // len(repeated))
    with path.open("wb") as stream:
        stream.write(start)
        while stream.tell() < size:
            stream.write(block)
    return path


#: Name -> what a huge detail log repeats behind a real one.
HUGE_DETAIL_LOGS = {
    "short entries": _entry("generated_query_count", 1),
    "huge lists of samples": _entry("loaded_qsl_set", list(range(1_000_000, 2_500_000))),
    "lines without a marker": b"a line of text that no program reads\n",
    "one line without an end": b"x" * (1 << 20),
    "broken entries": b':::MLLOG {"key": "generated_query_count", "value": \n',
    "different keys": b"".join(_entry(f"key {number}", number) for number in range(9_000)),
}


def grow_detail_log(log: Path, kind: str, size: int) -> None:
    _grown(log, log.read_bytes(), HUGE_DETAIL_LOGS[kind], size)


def grow_accuracy_log(log: Path, size: int) -> None:
    _grown(log, b"[\n", b'{ "seq_id" : 0, "qsl_idx" : 0, "data" : "0000803F" },\n', size)
