"""SYS rules on what the fields of a system description say together: readers compare systems by them.

All of them are ours, and warnings: the official checker reads no field but for being there and not empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rules.checks.catalogue import WARNING, Violation, rule
from rules.evidence import Evidence
from rules.fields import COUNTS, IS_NETWORK, OF_THE_SUBMISSION, POWER, example_of, misspelt
from rules.rounds.model import Round
from rules.system import DECLARED

_RULES = "submission rules, section on <system_desc_id>.json"
#: Fields whose values other rules judge.
_JUDGED_ELSEWHERE = (*OF_THE_SUBMISSION, "status", "system_type", IS_NETWORK, "hw_notes", "sw_notes")
_SIZES = ("host_memory_capacity", "host_storage_capacity", "accelerator_memory_capacity")
_SIZE = re.compile(r"(?i)\d[\d.,]*\s*[kmgtp](i?b|\b)")
_PLACEHOLDER = re.compile(
    r"(?i)\s*(undefined|unspecified|tbd|tbc|todo|fixme|changeme|change me|placeholder|xx+|\?+|<[^>]*>"
    r"|to be (filled|determined|defined|announced).*|(insert|enter|fill in|your) .* here)\s*"
)
#: What is said of accelerators where there are none.
_NONE = re.compile(r"(?i)\s*(|n/?a|none|no|null|-+|0|not applicable)\s*")
_OF_ACCELERATORS = ("accelerator_model_name", "accelerator_memory_capacity")
#: `8x B200-SXM-180GB`, `16 x H200`
_TIMES = re.compile(r"(?<![\w.])(\d+)\s?[xX\u00d7]\s*([^\s,;()]+)")
#: Characters; published notes have a few hundred.
_LONGEST = 4000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HALF = re.compile("[\ud800-\udfff]")


@rule(
    "SYS-012",
    "field holds a placeholder",
    "fields that say nothing yet: {found}",
    fix="Write what is the case. For example: {expected}.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def placeholder(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The official checker takes 'undefined' for an answer, and readers find it in the results table."""
    held = {name: value for name, value in _texts(evidence) if _PLACEHOLDER.fullmatch(value)}
    if held:
        found = tuple(f"{name} ({value.strip()})" for name, value in held.items())
        yield Violation(evidence.system.path, found=found, expected=tuple(map(example_of, held)))


def _texts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in evidence.system.fields.items() if isinstance(value, str))


@rule(
    "SYS-013",
    "accelerators contradict each other",
    "{found}, but {expected}",
    fix='Write the number of accelerators in each node; for a system without any "0", and N/A in the other fields.',
    source=_RULES,
    severity=WARNING,
    official=False,
)
def accelerators_contradict(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """A system with an accelerator and one without are never compared."""
    count = _whole(evidence.system.fields.get("accelerators_per_node"))
    for name in _OF_ACCELERATORS:
        said = evidence.system.fields.get(name)
        if count is None or not isinstance(said, str) or _PLACEHOLDER.fullmatch(said):
            continue
        is_none = _NONE.fullmatch(said) is not None
        if (count == 0) is not is_none and (said.strip() or count == 0):
            shown = f"'{said}'" if said.strip() else "empty"
            yield Violation(
                evidence.system.path, found=f"accelerators_per_node is {count}", expected=f"{name} is {shown}"
            )


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


@rule(
    "SYS-014",
    "count can't be",
    "{expected} is '{found}', which is no number of things that there are",
    fix="Write a whole number of 1 or more; only accelerators may be 0.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def count_impossible(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Totals are made from these counts, and results are compared by core and by socket."""
    for name in COUNTS:
        said = evidence.system.fields.get(name)
        if said and not _is_possible(name, str(said), evidence.system.fields):
            yield Violation(evidence.system.path, found=said, expected=name)


def _is_possible(name: str, said: str, fields: Mapping[str, Any]) -> bool:
    """Whether a text begins with a number of 1 or more: `2 (big); 4 (LITTLE)` does. Others are for other rules."""
    leading = re.match(r"\s*([+-]?\d+)", said)
    if leading is not None:
        return int(leading[1][:20]) >= (0 if name == "accelerators_per_node" else 1)
    has_another = name == "host_processor_core_count" and bool(fields.get("host_processor_vcpu_count"))
    return has_another or not name.startswith("host_") or _PLACEHOLDER.fullmatch(said) is not None


@rule(
    "SYS-015",
    "size without a unit",
    "{expected} is '{found}', without GB, TB or another unit",
    fix="Write the unit, such as GB, TB or GiB.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def unit_missing(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Whether 512 is GB or MB is a factor of a thousand."""
    for name in _SIZES:
        said = evidence.system.fields.get(name)
        text = str(said) if isinstance(said, (str, int, float)) and not isinstance(said, bool) else ""
        if re.search(r"[1-9]", text) and not _SIZE.search(text):
            yield Violation(evidence.system.path, found=said, expected=name)


@rule(
    "SYS-016",
    "field is misspelt",
    "'{found}' is no field of a description; did you mean '{expected}'?",
    fix="Correct the field's name; fields that no round knows are shipped as they are.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def field_misspelt(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """What is said in a misspelt field is missing in the right one, or was meant to be said over it."""
    fields, origins = evidence.system.fields, evidence.system.origins
    for name, meant in misspelt(fields):
        if not fields.get(meant) or (origins.get(name) == DECLARED and origins.get(meant) != DECLARED):
            yield Violation(evidence.system.path, found=name, expected=meant)


@rule(
    "SYS-017",
    "field is no plain text",
    "{expected} {found}",
    fix=f"Write a text on one line, of at most {_LONGEST} characters, or a number.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def not_plain(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """Descriptions end up in tables, which show a list as code and run what begins like a formula."""
    for name, value in evidence.system.fields.items():
        trouble = _trouble(value) if name not in (*_JUDGED_ELSEWHERE, *COUNTS) or isinstance(value, str) else None
        if trouble:
            yield Violation(evidence.system.path, found=trouble, expected=name)


def _trouble(value: Any) -> str | None:
    if isinstance(value, (list, dict, bool)) and value not in ([], {}, False):
        return f"is a {'list' if isinstance(value, list) else 'mapping' if isinstance(value, dict) else 'truth value'}"
    if not isinstance(value, str):
        return None
    if _CONTROL.search(value):
        return "has a line break or another control character in it"
    if _HALF.search(value):
        return "has half a character in it"
    if re.match(r"\s*[=@]", value):
        return f"begins with {value.strip()[0]}, which spreadsheets take for a formula"
    return f"has {len(value)} characters" if len(value) > _LONGEST else None


@rule(
    "SYS-018",
    "name and number of accelerators disagree",
    "the system's name says {found}; number_of_nodes times accelerators_per_node is {expected}",
    fix="Correct the counts, or the name.",
    source=_RULES,
    severity=WARNING,
    official=False,
)
def total_differs(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """The results table shows both side by side."""
    fields = evidence.system.fields
    nodes, each = _whole(fields.get("number_of_nodes")), _whole(fields.get("accelerators_per_node"))
    name, model = fields.get("system_name"), fields.get("accelerator_model_name")
    if not (nodes and each and isinstance(name, str) and isinstance(model, str)):
        return
    words = {word.lower() for word in re.findall(r"\w*[A-Za-z]\w*\d\w*|\w*\d\w*[A-Za-z]\w*", model)}
    said = [(int(times[:9]), what) for times, what in _TIMES.findall(name) if _names(what, words)]
    if len(said) == 1 and said[0][0] not in (nodes * each, each):
        yield Violation(evidence.system.path, found=f"{said[0][0]}x {said[0][1]}", expected=nodes * each)


def _names(what: str, words: set[str]) -> bool:
    """Whether a word of the system's name is one of the accelerator's: `B200-SXM` of NVIDIA B200."""
    return any(part in words for part in re.split(r"[-_/+]", what.lower()))


@rule(
    "SYS-019",
    "field of power systems is missing",
    "a system with power results, and fields missing: {found}",
    fix="Add them to the system description; they may be empty texts. For example: {expected}.",
    source="SYSTEM_DESC_REQUIRED_FIELDS_POWER in constants.py (which no check there uses)",
    severity=WARNING,
    official=False,
)
def power_field_absent(evidence: Evidence, _: Round) -> Iterator[Violation]:
    """What power was measured of, and with which settings, decides what it can be compared with."""
    if evidence.has_power and evidence.system.is_described:
        lacking = tuple(name for name in POWER if name not in evidence.system.fields)
        if lacking:
            yield Violation(evidence.system.path, found=lacking, expected=tuple(map(example_of, lacking)))


@rule(
    "SYS-020",
    "design power isn't said",
    "power was measured, and nothing says the design power",
    fix="Put <system>_power.yaml, the list of its power supplies, beside system_meta.json (or name it in"
    " `nameplate_power:`), or say system_power_capacity in the description.",
    source="SystemCheck.nameplate_power_check (a warning there too)",
    severity=WARNING,
    official=False,
)
def design_power_unsaid(evidence: Evidence, round_: Round) -> Iterator[Violation]:
    """What a system drew is published beside what it is designed for."""
    system = evidence.system
    is_said = system.nameplate.path is not None or "system_power_capacity" in system.fields
    if evidence.has_power and round_.nameplate_power and system.is_described and not is_said:
        yield Violation(system.path)
