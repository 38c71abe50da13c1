"""A system's description: what `systems/<system>.json` will say, and who said it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rules.domain import Category, Division
from rules.fields import IS_NETWORK

if TYPE_CHECKING:
    from rules.config.model import SystemDeclaration
    from rules.rounds.model import Round


#: The origin of what submission.yaml says.
DECLARED = "declaration"


@dataclass(frozen=True)
class Nameplate:
    """The nameplate power of a system, `<system>_power.yaml`: where it is and what it holds."""

    path: str | None = None
    data: Any = None
    #: Why it can't be read, if so.
    problem: str | None = None


@dataclass(frozen=True)
class SystemDescription:
    """The fields of a system's JSON, each with its origin; `path` is where to mend them."""

    fields: Mapping[str, Any]
    #: Field -> `DECLARED`, 'system_meta.json', 'detected' or 'default'.
    origins: Mapping[str, str]
    path: str
    #: Whether anybody described the system at all.
    is_described: bool
    #: What system_meta.json said of submitter and division, where that differs.
    overridden: Mapping[str, str] = field(default_factory=dict)
    nameplate: Nameplate = Nameplate()
    #: Why there is no description, where there should be one; `line` counts from 1.
    problem: str | None = None
    line: int | None = None

    @cached_property
    def category(self) -> Category | None:
        return Category.parse(self.fields.get("system_type"))

    @property
    def is_network(self) -> bool:
        """As the official checker reads it: the text `true`, in any letter case."""
        said = self.fields.get(IS_NETWORK)
        return isinstance(said, str) and said.lower() == "true"

    def in_division(self, division: Division) -> SystemDescription:
        return replace(self, fields={**self.fields, "division": str(division)})


def describe_system(
    *,
    division: Division,
    submitter: str,
    declared: SystemDeclaration | None,
    category: Category | None,
    meta: Mapping[str, Any] | None,
    round_: Round,
    path: str,
    nameplate: Nameplate | None = None,
) -> SystemDescription:
    """Declaration over system_meta.json over what `describe` detected over defaults.

    Defaults are empty texts for the fields that may be empty; a field that must mean something
    is never made up. `category` is the results root's, weaker than the system's own words. What
    system_meta.json leaves empty it does not say, where something was detected.
    """
    said = _declared_fields(declared)
    detected = declared.detected if declared else {}
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("default", _defaults(round_, category, division)),
        ("detected", detected),
        (
            "system_meta.json",
            {name: value for name, value in (meta or {}).items() if _is_said(value) or name not in detected},
        ),
        (DECLARED, said),
        (DECLARED, {"division": str(division), "submitter": submitter}),
    ]
    fields: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        for name, value in layer.items():
            fields[name] = value
            origins[name] = origin
    for notes, extra in _extra_notes(declared):
        fields[notes] = " ".join(part for part in (str(fields.get(notes) or ""), extra) if part)
        origins[notes] = DECLARED
    overridden = {
        name: str(meta[name])
        for name in ("submitter", "division")
        if meta and meta.get(name) and str(meta[name]).lower() != str(fields[name]).lower()
    }
    return SystemDescription(
        fields=dict(sorted(fields.items())),
        origins=dict(sorted(origins.items())),
        path=path,
        is_described=meta is not None or bool(said) or bool(detected),
        overridden=overridden,
        nameplate=nameplate or Nameplate(),
    )


def _is_said(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _defaults(round_: Round, category: Category | None, division: Division) -> dict[str, Any]:
    may_be_empty = [name for name in round_.system_fields if name not in round_.system_fields_meaningful]
    defaults: dict[str, Any] = dict.fromkeys(may_be_empty, "")
    if category:
        defaults["system_type"] = str(category)
    if division is Division.NETWORK:
        defaults[IS_NETWORK] = "true"
    return defaults


def _declared_fields(declared: SystemDeclaration | None) -> dict[str, Any]:
    if declared is None:
        return {}
    fields: dict[str, Any] = {}
    if declared.hw_name:
        fields["system_name"] = declared.hw_name
    fields.update(declared.description)
    if declared.status:
        fields["status"] = declared.status
    if declared.category:
        fields["system_type"] = str(declared.category)
    return fields


def _extra_notes(declared: SystemDeclaration | None) -> list[tuple[str, str]]:
    if declared is None:
        return []
    extras = (("hw_notes", declared.hw_notes_extra), ("sw_notes", declared.sw_notes_extra))
    return [(notes, extra) for notes, extra in extras if extra]
