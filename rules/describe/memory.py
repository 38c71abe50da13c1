"""Memory, from the firmware's tables (dmidecode, udev, lshw), EDAC or the kernel. Pure: texts in, facts out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.describe.facts import Facts, counted, memory_size, told

_MIB = {"kb": 1 / 1024, "mb": 1, "gb": 1024, "tb": 1024 * 1024}
#: What firmware writes where it knows nothing.
_SAYS_NOTHING = re.compile(
    r"(?i)\s*(|unknown|undefined|none|n/?a|not (specified|provided|available)|no module.*|to be filled.*"
    r"|default string|(module )?part ?number.*|manufacturer ?\d*|<out of spec>|[0x ]+|0 ?mt/s)\s*"
)


@dataclass(frozen=True)
class Module:
    """A memory module. Its serial number is nobody's business."""

    size_mib: int
    type: str = ""
    speed: str = ""
    manufacturer: str = ""
    part: str = ""

    @property
    def description(self) -> str:
        parts = (memory_size(self.size_mib).replace(" ", ""), self._kind, self.manufacturer, self.part)
        return " ".join(part for part in parts if part)

    @property
    def _kind(self) -> str:
        """`DDR5-4800`."""
        rate = re.match(r"\d+", self.speed)
        return f"{self.type}-{rate[0]}" if self.type and rate else self.type


def _facts(origin: str, modules: Iterable[Module]) -> Facts:
    """Capacity and configuration. Without type or part of any module, the number and sizes are all there is."""
    found = list(modules)
    if not found:
        return {}
    return told(
        origin,
        {
            "host_memory_capacity": memory_size(sum(module.size_mib for module in found)),
            "host_memory_configuration": counted(module.description for module in found),
        },
    )


def parse_dmidecode(text: str) -> Facts:
    """The output of `dmidecode -t memory`: a block for each slot, of which some are empty."""
    blocks = [block for block in re.split(r"\n(?=Handle )", text) if "\nMemory Device\n" in f"{block}\n"]
    slots = [dict(re.findall(r"^\s+([^:\n]+):[ \t]*(.*)$", block, re.MULTILINE)) for block in blocks]
    return _facts("dmidecode -t memory", _modules(slots, "Configured Memory Speed", "Configured Clock Speed", "Speed"))


def _modules(slots: Iterable[Mapping[str, str]], *speeds: str) -> Iterable[Module]:
    for slot in slots:
        size = _size_mib(slot.get("Size", ""))
        if size:
            speed = next((said for name in speeds if (said := _told(slot.get(name)))), "")
            yield Module(
                size,
                _told(slot.get("Type")),
                speed,
                _told(slot.get("Manufacturer")),
                _told(slot.get("Part Number")),
            )


def _told(text: object) -> str:
    said = str(text or "").strip()
    return "" if _SAYS_NOTHING.fullmatch(said) else " ".join(said.split())


def _size_mib(text: str) -> int:
    """`64 GB`, `65536 MB`; 0 for an empty slot."""
    size = re.fullmatch(r"(\d+)\s*([kMGT]i?B)", text.strip())
    return int(int(size[1]) * _MIB[size[2].replace("i", "").lower()]) if size else 0


def parse_udev(text: str) -> Facts:
    """udev's record of the firmware's tables, which anyone may read: `MEMORY_DEVICE_0_SIZE=68719476736`."""
    slots: dict[str, dict[str, str]] = {}
    for slot, name, value in re.findall(r"^E:\s*MEMORY_DEVICE_(\d+)_(\w+)=(.*)$", text, re.MULTILINE):
        slots.setdefault(slot, {})[name] = value
    modules = [
        Module(
            int(said["SIZE"]) >> 20,
            _told(said.get("TYPE")),
            _told(said.get("CONFIGURED_SPEED_MTS") or said.get("SPEED_MTS")),
            _told(said.get("MANUFACTURER")),
            _told(said.get("PART_NUMBER")),
        )
        for said in slots.values()
        if said.get("SIZE", "").isdigit() and said.get("PRESENT") != "0"
    ]
    return _facts("udev's record of the firmware's tables", (module for module in modules if module.size_mib))


def parse_edac(rows: Iterable[Mapping[str, str | None]]) -> Facts:
    """EDAC's modules in /sys (sizes in MB), where the memory controller has a driver."""
    modules = [
        Module(int(row["size"] or 0), _edac_type(row.get("dimm_mem_type")))
        for row in rows
        if (row.get("size") or "").isdigit()
    ]
    return _facts("/sys/devices/system/edac/mc", (module for module in modules if module.size_mib))


def _edac_type(text: str | None) -> str:
    """`Registered-DDR4` -> `DDR4`."""
    kind = re.search(r"(LP)?DDR\d\w*", text or "")
    return kind[0] if kind else ""


def parse_lshw(text: str) -> Facts:
    """The output of `lshw -json -class memory`: banks that hold a module have a size."""
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    modules = [
        Module(
            node["size"] >> 20,
            _edac_type(str(node.get("description", ""))),
            str(node.get("clock", 0) // 10**6) if isinstance(node.get("clock"), int) else "",
            _told(node.get("vendor")),
            _told(node.get("product")),
        )
        for node in _nodes(data)
        if str(node.get("id", "")).startswith("bank") and isinstance(node.get("size"), int)
    ]
    return _facts("lshw -class memory", (module for module in modules if module.size_mib))


def _nodes(data: Any) -> Iterable[dict[str, Any]]:
    if isinstance(data, list):
        for each in data:
            yield from _nodes(each)
    elif isinstance(data, dict):
        yield data
        yield from _nodes(data.get("children", []))


def parse_meminfo(text: str) -> Facts:
    """/proc/meminfo: what the kernel may use, which is less than what is installed."""
    total = re.search(r"^MemTotal:\s*(\d+) kB$", text, re.MULTILINE)
    size = f"{int(total[1]) / (1 << 20):.1f} GiB usable" if total else None
    return told("/proc/meminfo", {"host_memory_capacity": size})
