"""Facts -> the description file: the round's fields with their origins, and what is still to fill in. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.describe.facts import Facts
from rules.describe.sysinfo import is_sysinfo, sysinfo_facts
from rules.errors import UserError
from rules.fields import FIELDS, OF_THE_SUBMISSION, hint
from rules.rounds.model import Round
from rules.yaml_text import yaml_scalar

#: Where comments begin, unless a value is longer.
_COMMENT_COLUMN = 40


@dataclass(frozen=True)
class Described:
    """A description as far as facts go."""

    round: Round
    facts: Facts
    #: What the one who fills in the rest should know.
    remarks: Sequence[str] = ()

    @property
    def fields(self) -> list[str]:
        """The fields that are told, in an order for reading."""
        return [*(name for name in FIELDS if name in self.facts), *sorted({*self.facts} - {*FIELDS})]

    @property
    def to_fill_in(self) -> list[str]:
        """The fields that must mean something and that nothing told."""
        return [name for name in self._untold() if name in self.round.system_fields_meaningful]

    @property
    def may_stay_empty(self) -> list[str]:
        return [name for name in self._untold() if name not in self.round.system_fields_meaningful]

    def _untold(self) -> Iterator[str]:
        known = {*self.facts, *OF_THE_SUBMISSION}
        asked = sorted(self.round.system_fields, key=lambda name: [*FIELDS, name].index(name))
        return (name for name in asked if name not in known)


def format_json(described: Described) -> str:
    """For programs; `detected:` and `description:` in submission.yaml take it too."""
    data = {
        "fields": {name: described.facts[name].value for name in described.fields},
        "origins": {name: described.facts[name].origin for name in described.fields},
        "to_fill_in": described.to_fill_in,
        "may_stay_empty": described.may_stay_empty,
        "remarks": list(described.remarks),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def format_yaml(described: Described) -> str:
    """For people, who write the rest into it."""
    lines = [
        "# What `mlperf-dodo describe` found on this machine, and where. `detected: <this file>` takes it,",
        "# under `systems:` and the system's name in submission.yaml. What is said there, or by",
        "# system_meta.json in the results, wins over it.",
        "",
        *(_line(f"{name}: {yaml_scalar(described.facts[name].value)}", described.facts[name].origin)
          for name in described.fields),
    ]  # fmt: skip
    if described.to_fill_in:
        lines += ["", f"# Still to fill in: {described.round.name} wants them, and nothing told them."]
        lines += [_line(f"#{name}:", hint(name)) for name in described.to_fill_in]
    if described.may_stay_empty:
        lines += ["", "# Those may stay empty."]
        lines += [_line(f"#{name}:", hint(name)) for name in described.may_stay_empty]
    if described.remarks:
        lines += ["", *(f"# {remark}" for remark in described.remarks)]
    return "\n".join(lines) + "\n"


def _line(text: str, comment: str) -> str:
    return f"{text:<{_COMMENT_COLUMN}}  # {' '.join(comment.split())}"


def description_fields(data: Any) -> dict[str, Any]:
    """The fields in a description file: plain, as `describe` writes them, or mlperf-sysinfo's.

    Raises UserError where it holds none.
    """
    if is_sysinfo(data):
        return {name: fact.value for name, fact in sysinfo_facts(data).items()}
    if isinstance(data, dict) and isinstance(data.get("fields"), dict) and isinstance(data.get("origins"), dict):
        return dict(data["fields"])
    if not isinstance(data, dict):
        found = "nothing" if data is None else "a list" if isinstance(data, list) else "one value"
        raise UserError(f"found {found}; allowed: a mapping")
    return data


def remarks_of(facts: Facts, failures: Mapping[str, str], untold_devices: str) -> list[str]:
    """What stood in the way of more facts."""
    remarks = []
    relevant = dict(failures)
    if "host_memory_configuration" in facts:
        relevant.pop("dmidecode", None)
    else:
        remarks.append(
            "The memory modules are the firmware's to tell: as root, and with dmidecode or lshw, it can be asked."
        )
    if "accelerators_per_node" not in facts and untold_devices:
        remarks.append(f"On the PCI bus, and no tool tells more of it: {untold_devices}.")
    return remarks + [f"{tool} did not answer: {why}" for tool, why in relevant.items()]
