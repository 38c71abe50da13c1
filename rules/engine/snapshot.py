"""A build that has nothing left to do, kept so that the next need not look for anything to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules.engine.view import Digests, View, Watched


@dataclass(frozen=True)
class Snapshot:
    """What such a build looked at, and how it ended."""

    #: What decides besides files.
    facts: Any
    #: The files that the next build goes on from: the stat and the hash of each, None where it isn't there.
    state: Mapping[str, Any]
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
            data = json.loads(path.read_bytes())
            watched, digests = Watched(**data["watched"]), Digests(*data["digests"])
            return cls(**data | {"watched": watched, "digests": digests})
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None

    def save(self, path: Path) -> None:
        """Where it can't be written, the next build looks for itself."""
        temporary = path.with_name(f"{path.name}.tmp")
        try:
            temporary.write_text(json.dumps(vars(self) | {"watched": vars(self.watched)}, separators=(",", ":")))
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)

    def digests_in(self, view: View) -> Digests | None:
        """What it looked at, as it is now."""
        try:
            return view.digests(self.watched)
        except (TypeError, ValueError, AttributeError):  # another program's file
            return None
