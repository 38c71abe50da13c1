"""Accelerators: what NVIDIA's and AMD's own tools say, and what else the PCI bus holds. Pure: texts in, facts out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.describe.facts import Facts, counted, distinct, told

#: What to ask nvidia-smi for, as `--format=csv,noheader,nounits`.
NVIDIA_QUERY = "name,memory.total,clocks.max.sm,pcie.link.gen.max,pcie.link.width.max,driver_version"
#: PCI classes of display controllers, and of processing accelerators.
_DISPLAY, _ACCELERATOR = "0x03", "0x12"
_VENDORS = {
    "0x10de": "NVIDIA",
    "0x1002": "AMD",
    "0x8086": "Intel",
    "0x1da3": "Habana",
    "0x17cb": "Qualcomm",
    "0x1e52": "Tenstorrent",
    "0x19e5": "Huawei",
    "0x1ae0": "Google",
}
#: What only puts a console on a screen: management controllers, virtual machines.
_CONSOLES = ("0x1a03", "0x102b", "0x1234", "0x1af4", "0x1b36", "0x15ad", "0x1414", "0x80ee", "0x1013")
_MEMORY_TYPE = re.compile(r"\b(HBM\d?\w?|GDDR\d\w?)\b")
_BUILT_IN = re.compile(r"\b(\d+) ?GB\b")
#: Drivers and error correction take less of what is built in than the rest.
_LEAST_USABLE = 0.9
#: The marks of an answer that is none.
_NO_ANSWER = ("", "n/a", "[n/a]", "[not supported]", "not supported", "unknown", "unknown error")
#: Fields that say nothing of a system without accelerators.
_NOT_APPLICABLE = (
    "accelerator_model_name",
    "accelerator_memory_capacity",
    "accelerator_memory_configuration",
    "accelerator_host_interconnect",
    "accelerator_interconnect",
)


@dataclass(frozen=True)
class Accelerator:
    """One accelerator, as far as its tool tells."""

    name: str
    memory_mib: float | None = None
    memory_type: str = ""
    clock_mhz: str = ""
    pcie: str = ""


@dataclass(frozen=True)
class Stack:
    """What a tool says of all its accelerators together."""

    origin: str
    accelerators: Sequence[Accelerator]
    #: `18x NVLink, 26.562 GB/s each`; None where it isn't known.
    interconnect: str | None = None
    #: Versions of driver and runtime: `Driver 575.57.08`.
    software: Sequence[str] = ()


def stack_facts(stack: Stack | None) -> Facts:
    """Fields of the accelerators that a tool found; none where it found none."""
    if stack is None or not stack.accelerators:
        return {}
    found = stack.accelerators
    names = [each.name for each in found]
    types = [each.memory_type or _type_in(each.name) for each in found]
    is_one = len(found) == 1
    return told(
        stack.origin,
        {
            "accelerators_per_node": str(len(found)),
            "accelerator_model_name": names[0] if len(set(names)) == 1 else counted(names),
            "accelerator_memory_capacity": distinct(capacity for each in found if (capacity := _capacity(each))),
            "accelerator_memory_configuration": distinct(types) if all(types) else None,
            "accelerator_frequency": distinct(f"{each.clock_mhz} MHz" for each in found if each.clock_mhz),
            "accelerator_host_interconnect": distinct(each.pcie for each in found if each.pcie),
            "accelerator_interconnect": stack.interconnect or ("N/A" if is_one else None),
            "other_software_stack": ", ".join(part for part in stack.software if part),
        },
    )


def _capacity(accelerator: Accelerator) -> str:
    """What the name says is built in, unless it is a part of it; else what there is to use, which is less by some."""
    if accelerator.memory_mib is None:
        return ""
    usable = accelerator.memory_mib / 1024
    built_in = _BUILT_IN.search(accelerator.name)
    if built_in and usable > _LEAST_USABLE * int(built_in[1]):
        return f"{built_in[1]} GB"
    return f"{round(usable, 1):g} GiB usable"


def _type_in(name: str) -> str:
    kind = _MEMORY_TYPE.search(name)
    return kind[0] if kind else ""


def parse_nvidia_smi(text: str, nvlink: str | None = None, version: str | None = None) -> Stack | None:
    """`nvidia-smi --query-gpu=NVIDIA_QUERY`, with `nvidia-smi nvlink --status` and the head of plain `nvidia-smi`."""
    rows = [[_answer(cell) for cell in line.split(",")] for line in text.splitlines()]
    rows = [row for row in rows if len(row) == len(NVIDIA_QUERY.split(",")) and row[0]]
    found = [
        Accelerator(name, _number(memory), "", clock, f"PCIe Gen{generation} x{width}" if generation and width else "")
        for name, memory, clock, generation, width, _ in rows
    ]
    if not found:
        return None
    cuda = re.search(r"CUDA Version:\s*([\d.]+)", version or "")
    software = (f"CUDA {cuda[1]}" if cuda else "", f"Driver {rows[0][-1]}" if rows[0][-1] else "")
    return Stack("nvidia-smi", found, parse_nvlink(nvlink or "", len(found)), software)


def parse_nvlink(text: str, accelerators: int) -> str | None:
    """The links of each GPU in `nvidia-smi nvlink --status`. GPUs without any are joined by PCIe alone."""
    groups = re.split(r"^GPU \d+:", text, flags=re.MULTILINE)[1:]
    if not groups:
        return None
    links = [re.findall(r"^\s*Link \d+:\s*([\d.]+ GB/s)", group, re.MULTILINE) for group in groups]
    kinds = {tuple(sorted(each)) for each in links}
    if kinds == {()}:
        return "PCIe (no NVLink)" if accelerators > 1 else None
    return distinct(f"{len(kind)}x NVLink, {distinct(kind)} each" for kind in sorted(kinds) if kind)


def _answer(cell: str) -> str:
    said = cell.strip()
    return "" if said.lower() in _NO_ANSWER else said


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def parse_amd_smi(text: str, version: str | None = None) -> Stack | None:
    """`amd-smi static --json`: a list of GPUs, or in newer ones a mapping that holds it."""
    data = _json(text)
    rows = data.get("gpu_data") if isinstance(data, dict) else data
    found = []
    drivers = []
    for row in rows if isinstance(rows, list) else []:
        asic, board, vram, bus, driver = (_mapping(row, name) for name in ("asic", "board", "vram", "bus", "driver"))
        name = _amd_name(asic.get("market_name")) or _amd_name(board.get("product_name"))
        if name:
            size, unit = _quantity(vram.get("size"))
            mib = size * {"GB": 1024, "KB": 1 / 1024, "B": 1 / 1048576}.get(unit, 1) if size else None
            found.append(Accelerator(name, mib, _answer(str(vram.get("type") or "")), "", _amd_pcie(bus)))
            drivers.append(_answer(str(driver.get("version") or driver.get("driver_version") or "")))
    if not found:
        return None
    return Stack("amd-smi", found, None, _amd_software(version, drivers))


def _amd_name(said: Any) -> str:
    """A name; a number of the PCI bus, which older drivers say, is none."""
    name = _answer(str(said or ""))
    return "" if name.startswith("0x") else name


def _amd_pcie(bus: Mapping[str, Any]) -> str:
    generation = re.search(r"\d+", str(bus.get("pcie_interface_version") or ""))
    width = re.search(r"\d+", str(bus.get("max_pcie_width") or ""))
    return f"PCIe Gen{generation[0]} x{width[0]}" if generation and width else ""


def _amd_software(version: str | None, drivers: Sequence[str]) -> Sequence[str]:
    rocm = (version or "").strip()
    driver = distinct(each for each in drivers if each)
    return (f"ROCm {rocm}" if rocm else "", f"Driver {driver}" if driver else "")


def parse_rocm_smi(text: str, version: str | None = None) -> Stack | None:
    """`rocm-smi --showproductname --showmeminfo vram --showdriverversion --showtopotype --json`."""
    data = _json(text)
    cards = [card for name, card in data.items() if name.startswith("card")] if isinstance(data, dict) else []
    found = []
    for card in (card for card in cards if isinstance(card, dict)):
        said = {key.lower(): _answer(str(value)) for key, value in card.items()}
        name = said.get("card series") or said.get("card model")
        if name:
            size = _number(said.get("vram total memory (b)", ""))
            found.append(Accelerator(name, size / 1048576 if size else None))
    if not found:
        return None
    system = _mapping(data, "system")
    links = {str(value) for key, value in system.items() if "link type" in key.lower()}
    driver = next((str(value) for key, value in system.items() if key.lower() == "driver version"), "")
    return Stack("rocm-smi", found, distinct(sorted(links)) or None, _amd_software(version, [driver]))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _mapping(row: Any, name: str) -> Mapping[str, Any]:
    inner = row.get(name) if isinstance(row, dict) else None
    return inner if isinstance(inner, dict) else {}


def _quantity(said: Any) -> tuple[float | None, str]:
    """A size and its unit: `{"value": 196592, "unit": "MB"}`, or `196592 MB`."""
    if isinstance(said, dict):
        return _number(str(said.get("value"))), str(said.get("unit") or "MB").upper()
    number = re.match(r"([\d.]+)\s*(\w*)", str(said or ""))
    return (_number(number[1]), (number[2] or "MB").upper()) if number else (None, "")


@dataclass(frozen=True)
class PciDevice:
    """A device on the PCI bus, by its numbers."""

    address: str
    kind: str
    vendor: str

    @property
    def is_candidate(self) -> bool:
        """Whether it may be an accelerator, or a processor's own graphics."""
        return self.kind.startswith((_DISPLAY, _ACCELERATOR)) and self.vendor not in _CONSOLES

    def __str__(self) -> str:
        return f"{_VENDORS.get(self.vendor, f'vendor {self.vendor}')} at {self.address}"


def no_accelerator_facts(devices: Sequence[PciDevice]) -> Facts:
    """That there is none, where the bus holds nothing that may be one. A bus that can't be seen tells nothing."""
    if not devices or any(device.is_candidate for device in devices):
        return {}
    values: dict[str, str | int | None] = dict.fromkeys(_NOT_APPLICABLE, "N/A")
    return told("/sys/bus/pci: no accelerator", {"accelerators_per_node": "0", **values})


def untold_devices(devices: Iterable[PciDevice]) -> str:
    """The devices of which no tool told anything, for the one who fills the fields in."""
    return ", ".join(str(device) for device in devices if device.is_candidate)
