"""Files larger than any memory, in each place that is read: what they take of it is bounded.

Run as a program, with the built example, the size in MB, and the names of inputs: `python huge.py BUILT 2000 samples`.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

if __name__ == "__main__":
    tests = Path(__file__).parents[1]
    sys.path[:1] = [str(tests.parent), str(tests)]

from fuzz.cases import examine
from memory_files import MemoryFiles
from trees import CLOSED, OFFLINE, OPEN, tree_of_all_kinds

from rules.sources import Enters, Entry, StrPath

#: Of address space, the program itself included.
MOST_MB = 512
_LOG = f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
_POWER = f"{OFFLINE}/performance/power"
_ENDPOINTS = f"{OPEN}/results/example-edge-int4/llama3.1-8b/Offline"

#: Name -> path, what it begins with (None: with what it holds), what it goes on with again and again.
HUGE: dict[str, tuple[str, bytes | None, bytes]] = {
    "entries of one key": (_LOG, None, b':::MLLOG {"key": "a", "value": 1, "metadata": {"is_error": false}}\n'),
    "entries of different keys": (
        _LOG,
        None,
        b':::MLLOG {"key": "a%(number)d", "value": [[], [], [], []], "metadata": {"is_error": false}}\n',
    ),
    "errors": (_LOG, None, b':::MLLOG {"key": "a%(number)d", "value": 1, "metadata": {"is_error": true}}\n'),
    "garbled entries": (_LOG, None, b":::MLLOG x\n"),
    "a log without line ends": (_LOG, None, b'"' * 999),
    "empty lines of a log": (_LOG, None, b"\n" * 99),
    "sample lists": (
        _LOG,
        None,
        b':::MLLOG {"key": "loaded_qsl_set", "value": [' + b"1, " * 9999 + b'1], "metadata": {"is_error": false}}\n',
    ),
    "a log of the accuracy run": (f"{OFFLINE}/accuracy/mlperf_log_detail.txt", None, b":::MLLOG {}\n"),
    "a log of a compliance run": (f"{OFFLINE}/TEST04/performance/run_1/mlperf_log_detail.txt", None, b"x\n" * 99),
    "an accuracy report": (f"{OFFLINE}/accuracy/accuracy.txt", None, b"accuracy=1%%\n"),
    "an accuracy log": (f"{OFFLINE}/accuracy/mlperf_log_accuracy.json", None, b"{}," * 99),
    "a verdict": (f"{OFFLINE}/TEST04/verify_performance.txt", None, b"TEST FAIL\n"),
    "samples": (f"{OFFLINE}/performance/run_1/spl.txt", b"", b"Time,11-24-2026 14:16:00.5,Watts,1,Volts,1,A,1,PF,1\n"),
    "a sample without end": (f"{OFFLINE}/performance/run_1/spl.txt", b"Time,", b",1" * 99),
    "warnings": (f"{_POWER}/ptd_logs.txt", None, b"11-24-2026 14:16:00.500: WARNING: %(number)d\n"),
    "a session": (f"{_POWER}/server.json", b'{"sources": [', b"[]," * 99),
    "a ranging log": (f"{OFFLINE}/performance/ranging/mlperf_log_detail.txt", b"", b"power_begin 1-1-1 1:1:1 "),
    "a system description": (f"{CLOSED}/systems/example-edge.json", b'{"a": [', b"[]," * 99),
    "a nameplate": (f"{CLOSED}/systems/example-edge_power.yaml", b"", b"- {PSUs: []}\n"),
    "a model mapping": (f"{OPEN}/model_mapping.json", b'{"a": [', b"[]," * 99),
    "measurements": (f"{OFFLINE}/measurements.json", b'{"a": [', b"[]," * 99),
    "a configuration": (f"{_ENDPOINTS}/config.yaml", None, b"a%(number)d: []\n"),
    "a summary": (f"{_ENDPOINTS}/performance/result_summary.json", b'{"a": [', b"{}," * 99),
    "scores": (f"{_ENDPOINTS}/accuracy/accuracy_results.json", b'{"accuracy_scores": [', b'{"score": 1},'),
    "an audit": (f"{_ENDPOINTS}/audit/audit_consistency_output_test.json", b"", b"[" * 999),
}


class _Repeating(io.RawIOBase):
    """A stream that is made as it is read."""

    def __init__(self, head: bytes, unit: bytes, size: int) -> None:
        self._pieces = _pieces(head, unit)
        self._piece = b""
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        if not self._piece:
            self._piece = next(self._pieces)
        taken = min(len(buffer), len(self._piece), self._left)
        buffer[:taken] = self._piece[:taken]
        self._piece = self._piece[taken:]
        self._left -= taken
        return taken


def _pieces(head: bytes, unit: bytes) -> Iterator[bytes]:
    if head:
        yield head
    number = 0
    while True:
        yield b"".join(unit % {b"number": number + at} for at in range(1000))
        number += 1000


@dataclass
class _Huge:
    """A tree of which one file is huge."""

    tree: MemoryFiles
    path: Path
    head: bytes
    unit: bytes
    huge_size: int

    def entries(self, root: Path, enters: Enters = lambda _: True, *, sizes: bool = True) -> list[Entry]:
        return self.tree.entries(root, enters, sizes=sizes)

    def open(self, path: StrPath) -> BinaryIO:
        if Path(path) != self.path:
            return self.tree.open(path)
        return io.BufferedReader(_Repeating(self.head, self.unit, self.huge_size))

    def size(self, path: StrPath) -> int:
        return self.tree.size(path) if Path(path) != self.path else self.huge_size


def main(built: Path, size_mb: int, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = tree_of_all_kinds(built, Path(folder))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MB << 20, MOST_MB << 20))
    for name in names:
        path, head, unit = HUGE[name]
        files = _Huge(tree, tree.root / path, tree.read(path) if head is None else head, unit, size_mb << 20)
        begin = time.monotonic()
        examine(files, tree.root, "v6.1")
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"{name}: {time.monotonic() - begin:.1f} s, peak {peak_mb} MB", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(HUGE))
