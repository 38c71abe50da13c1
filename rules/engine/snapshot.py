"""A build that has nothing left to do, kept so that the next need not look for anything to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from rules.engine.view import Digests, Watched
from rules.engine.whole import write_whole
from rules.folders import Stat

#: How the file is written; to be counted up when that changes.
_FORM = "snapshot 1"


@dataclass(frozen=True)
class Snapshot:
    """What such a build looked at, and how it ended."""

    #: What decides besides files.
    facts: Any
    #: The files that the next build goes on from: the stat and the hash of each, None where it isn't there.
    state: Mapping[str, tuple[Stat | None, str | None]]
    watched: Watched
    digests: Digests
    #: Whether any change since it looked would show in a stat.
    is_settled: bool
    words: str
    status: int

    @classmethod
    def load(cls, path: Path) -> Snapshot | None:
        """The snapshot in a file; None where there is none that can be used."""
        try:
            digest, text = path.read_text(encoding="ascii").split("\n", 1)
        except (OSError, ValueError):
            return None
        if digest != _digest(text):  # torn, of another program, or of another version
            return None
        data = json.loads(text)
        watched, digests = Watched(**data["watched"]), Digests(*data["digests"])
        state = {each: (stat and tuple(stat), kept) for each, (stat, kept) in data["state"].items()}
        return cls(**data | {"state": state, "watched": watched, "digests": digests})

    def save(self, path: Path) -> None:
        """Where it can't be written, the next build looks for itself."""
        text = json.dumps(vars(self) | {"watched": vars(self.watched)}, separators=(",", ":"))
        with suppress(OSError):
            write_whole(path, [f"{_digest(text)}\n{text}".encode("ascii")])


def _digest(text: str) -> str:
    return str(xxhash.xxh3_128_hexdigest(f"{_FORM}\n{text}".encode()))
