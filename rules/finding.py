"""A finding: one violation of one rule by one subject, as a plain value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Severity(str, Enum):
    ERROR = "error"
    WARNING = "warning"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, order=True)
class Finding:
    """One violation of the rule `code`; the fields are those of `findings.json`.

    `path` is where to look, as the user spells it (relative to the workspace); `line`
    counts from 1. `official` says whether MLCommons' own checker fails it too.
    """

    code: str
    severity: Severity
    path: str
    message: str
    fix: str
    line: int | None = None
    expected: str | None = None
    found: str | None = None
    official: bool = True

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def place(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"severity": self.severity.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        return cls(**data | {"severity": Severity(data["severity"])})
