"""The JSON of mlperf-sysinfo, MLCommons' own collector, as facts. Pure.

It writes the fields of a description flat (profile inference) or nested by kind of node (profile endpoints).
What it could not detect it says in words, which are no values here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.describe.facts import Fact
from rules.errors import UserError
from rules.fields import FIELDS, OF_THE_SUBMISSION

ORIGIN = "mlperf-sysinfo"
#: The block that says how a file was made.
_STAMP = "mlperf_sysinfo"
_NODES = "node_types"
#: Nested names of fields that have another name in a description.
_RENAMED = {
    "system_category": "system_type",
    "system_availability_status": "status",
    "serving_framework": "framework",
    "system_node_ensemble_total": "number_of_nodes",
    "accelerator_memory_type": "accelerator_memory_configuration",
}
_CORES, _SOCKETS = "host_processor_core_count", "host_processors_per_node"
#: What it says where it found nothing, and what its older form put where a person should write.
_NOT_DETECTED = ("not detected", "not available", "n/a", "insert ", "changeme")


def is_sysinfo(data: Any) -> bool:
    return isinstance(data, dict) and (_STAMP in data or isinstance(data.get(_NODES), list))


def sysinfo_facts(data: Mapping[str, Any]) -> dict[str, Fact]:
    """What a capture tells. Raises UserError where it is marked as partial."""
    stamp = data.get(_STAMP)
    if isinstance(stamp, dict) and stamp.get("complete") is False:
        collected, expected = (stamp.get(f"nodes_{what}") for what in ("collected", "expected"))
        answered = f": {collected} of {expected} nodes answered" if collected is not None and expected else ""
        raise UserError(f"a partial capture{answered}; capture the system again")
    nodes = data.get(_NODES)
    fields = _nested(data, nodes) if isinstance(nodes, list) else dict(data)
    fields = {name: value for name, value in fields.items() if name in FIELDS and name not in OF_THE_SUBMISSION}
    facts = {name: Fact(value, ORIGIN) for name, value in fields.items() if _is_told(value)}
    if _CORES in facts and _SOCKETS in facts:
        facts[_CORES] = _of_one_processor(facts[_CORES], facts[_SOCKETS])
    return facts


def _is_told(value: Any) -> bool:
    """A text or number that says something; 0 is what it writes for a count that it doesn't know."""
    if isinstance(value, str):
        return bool(value.strip()) and not value.strip().lower().startswith(_NOT_DETECTED)
    return isinstance(value, int) and not isinstance(value, bool) and value != 0


def _of_one_processor(cores: Fact, sockets: Fact) -> Fact:
    """It counts the cores of all processors together; a description those of one."""
    try:
        each, rest = divmod(int(cores.value), int(sockets.value))
    except (ValueError, ZeroDivisionError):
        return cores
    return cores if rest else Fact(each, f"{ORIGIN} ({cores.value} cores of {sockets.value} processors)")


def _nested(data: Mapping[str, Any], nodes: Sequence[Any]) -> dict[str, Any]:
    """The fields of all kinds of nodes: equal values once, other texts side by side, other counts not."""
    rows = [{**node, **_accelerators(node)} for node in nodes if isinstance(node, dict)]
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = list(dict.fromkeys(row[name] for row in rows if _is_told(row.get(name))))
        if len(values) == 1:
            merged[name] = values[0]
        elif values and all(isinstance(value, str) for value in values):
            merged[name] = ", ".join(values)
    merged.pop("number_of_nodes", None)  # of each kind; the total is below
    everything = {**merged, **{name: value for name, value in data.items() if name != _NODES}}
    return {_RENAMED.get(name, name): value for name, value in everything.items()}


def _accelerators(node: Mapping[str, Any]) -> dict[str, Any]:
    """The accelerators of a node, if it has one kind of them."""
    kinds = [kind for kind in _list(node.get("accelerator_info")) if isinstance(kind, dict)]
    return dict(kinds[0]) if len(kinds) == 1 else {}


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
