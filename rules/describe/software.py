"""Operating system, firmware and the machine's own name. Pure: texts in, facts out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from rules.describe.facts import Facts, told

#: What manufacturers leave in the firmware's tables where a name should be.
_NO_NAME = re.compile(
    r"(?i)\s*(|to be filled.*|system (product name|manufacturer|version)|default string|not (specified|applicable)"
    r"|none|unknown|o\.?e\.?m\.?|all series|sku|[x0 ]+|empty)\s*"
)
#: File systems of the kernel's own, which hold no data.
_VIRTUAL = ("proc", "sysfs", "devtmpfs", "tmpfs", "devpts", "cgroup", "cgroup2", "overlay", "rootfs")


def parse_os_release(text: str) -> str | None:
    """The name that a distribution gives itself."""
    said: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            try:
                said[key.strip()] = " ".join(shlex.split(value))
            except ValueError:
                continue
    return (
        said.get("PRETTY_NAME") or " ".join(part for part in (said.get("NAME"), said.get("VERSION_ID")) if part) or None
    )


def operating_system(origin: str, name: str | None, kernel: str | None, libc: str | None) -> Facts:
    """`Ubuntu 24.04.2 LTS (Linux 6.8.0-41-generic, glibc 2.39)`."""
    inside = ", ".join(part for part in (kernel, libc) if part)
    said = f"{name} ({inside})" if name and inside else name or inside
    return told(origin, {"operating_system": said})


def parse_mounts(text: str) -> Facts:
    """/proc/mounts: the file system of /; that of a container tells nothing of the machine."""
    kinds = [parts[2] for line in text.splitlines() if len(parts := line.split()) > 2 and parts[1] == "/"]
    kind = kinds[-1] if kinds else None
    return told("/proc/mounts", {"filesystem": None if kind in _VIRTUAL else kind})


def firmware_facts(said: Mapping[str, str | None]) -> Facts:
    """/sys/class/dmi/id: maker and product, and the version of the BIOS. Serial numbers aren't read."""
    maker, product = (_named(said.get(name)) for name in ("sys_vendor", "product_name"))
    name = product if maker and product.lower().startswith(maker.lower()) else f"{maker} {product}".strip()
    return told(
        "/sys/class/dmi/id",
        {"system_name": name if product else None, "boot_firmware_version": _named(said.get("bios_version"))},
    )


def _named(text: str | None) -> str:
    said = " ".join((text or "").split())
    return "" if _NO_NAME.fullmatch(said) else said


def parse_ipmitool(text: str) -> Facts:
    """`ipmitool mc info`, which only root may run."""
    version = re.search(r"^Firmware Revision\s*:\s*(\S+)", text, re.MULTILINE)
    return told("ipmitool mc info", {"management_firmware_version": version[1] if version else None})


def parse_power_supplies(text: str) -> Facts:
    """`dmidecode -t 39`: the power supplies that are present, with what they give at most."""
    blocks = [block for block in re.split(r"\n(?=Handle )", text) if "\nSystem Power Supply\n" in f"{block}\n"]
    present = [block for block in blocks if re.search(r"Status:\s*Present", block)]
    ratings = [rating[1] for block in present if (rating := re.search(r"Max Power Capacity:\s*(\d+ W)", block))]
    names = [name for block in present if (name := _named(_line(block, "Name")))]
    return told(
        "dmidecode -t 39",
        {
            "power_supply_quantity_and_rating_watts": ", ".join(
                f"{ratings.count(each)}x {each}" for each in dict.fromkeys(ratings)
            ),
            "power_supply_details": ", ".join(dict.fromkeys(names)),
        },
    )


def _line(block: str, key: str) -> str | None:
    found = re.search(rf"^\s+{key}:[ \t]*(.*)$", block, re.MULTILINE)
    return found[1] if found else None
