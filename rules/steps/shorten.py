"""Accuracy logs made short for the submission: both ends kept, the hash of the whole beside them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import xxhash

from rules.steps.files import read_chunks

#: Bytes kept of either end (VIEWABLE_SIZE of truncate_accuracy_log.py).
KEPT_BYTES = 4096
_GAP = b"\n\n...\n\n"
_HASH_LINES = re.compile(rb"^hash=[^\n]*(\n|\Z)", re.MULTILINE)
_HASH = re.compile(rb"^hash=\w+\r?$", re.MULTILINE)


@dataclass(frozen=True)
class ShortenedLog:
    """What the submission holds of an accuracy log; hashes and `size` (bytes) are the original's."""

    data: bytes
    sha256: str
    xxh3: str
    size: int


def shorten(path: Path) -> ShortenedLog:
    """One pass over a log of any size, in constant memory. A log of two ends or less stays whole.

    Raises OSError where the log can't be read.
    """
    sha256, xxh3 = hashlib.sha256(), xxhash.xxh3_128()
    size, head, tail = 0, b"", b""
    for chunk in read_chunks(path):
        sha256.update(chunk)
        xxh3.update(chunk)
        size += len(chunk)
        if len(head) < 2 * KEPT_BYTES:
            head += chunk[: 2 * KEPT_BYTES - len(head)]
        tail = chunk[-KEPT_BYTES:] if len(chunk) >= KEPT_BYTES else (tail + chunk)[-KEPT_BYTES:]
    data = head if size <= 2 * KEPT_BYTES else head[:KEPT_BYTES] + _GAP + tail
    return ShortenedLog(data, sha256.hexdigest(), xxh3.hexdigest(), size)


def is_shortened(size: int, report: bytes | None, limit: int) -> bool:
    """Whether a log is short and its report holds a hash already; `limit` in bytes."""
    return size < limit and report is not None and _HASH.search(report) is not None


def with_hash(report: bytes, sha256: str) -> bytes:
    """The accuracy report with the hash as its one hash line, at the end behind an empty line."""
    kept = _HASH_LINES.sub(b"", report).rstrip(b"\n")
    return (kept + b"\n" if kept else b"") + f"\nhash={sha256}\n".encode()
