"""What the user of `init` asks for, beside what the results say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wishes:
    """Values for submission.yaml; None where nothing is asked for. Paths are as the user spells them."""

    round: str | None = None
    submitter: str | None = None
    #: closed, open, network or closed-open, for all results.
    division: str | None = None
    category: str | None = None
    status: str | None = None
    results: tuple[str, ...] = ()
    output: str | None = None
    archive: str | None = None
    #: Switches of `preprocess:` that differ from their defaults.
    preprocess: Mapping[str, bool] = field(default_factory=dict)
    #: analyzer_table and power_settings.
    power: Mapping[str, str] = field(default_factory=dict)
    #: The file that `describe` wrote, for systems without a description of their own.
    detected: str | None = None
    hw_name: str | None = None
    hw_notes_extra: str | None = None
    sw_notes_extra: str | None = None
    model_mapping: Mapping[str, str] = field(default_factory=dict)
    #: In front of every system's name.
    prefix: str | None = None
    #: Which of the automation's gathered results: `valid`, `test`.
    style: str = "valid"
