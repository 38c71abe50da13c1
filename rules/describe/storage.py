"""Drives, from `lsblk`. Pure: text in, facts out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rules.describe.facts import Facts, counted, decimal_size, distinct, told, whole

#: Columns to ask lsblk for; sizes in bytes.
COLUMNS = "NAME,TYPE,SIZE,ROTA,TRAN,MODEL,RM"
#: Disks that are none: memory, network and virtual ones that stand for others.
_NOT_DRIVES = ("loop", "ram", "zram", "nbd", "md", "dm-", "sr", "fd", "rbd", "drbd", "zd")
_BUSES = {"sata": "SATA", "ata": "SATA", "sas": "SAS", "usb": "USB", "mmc": "MMC", "fc": "Fibre Channel", "spi": "SCSI"}


def parse_lsblk(text: str) -> Facts:
    """The output of `lsblk --json --bytes --nodeps` with `COLUMNS`: the drives in the machine."""
    try:
        rows = json.loads(text)["blockdevices"]
    except (ValueError, KeyError, TypeError):
        return {}
    drives = [row for row in rows if isinstance(row, dict) and _is_drive(row)]
    sizes = [decimal_size(int(row["size"])) for row in drives]
    return told(
        "lsblk",
        {
            "host_storage_capacity": counted(sizes),
            "host_storage_type": distinct(map(_type, drives)),
            "disk_drives": counted(f"{size} {_type(row)}" for row, size in zip(drives, sizes, strict=True)),
        },
    )


def _is_drive(row: Mapping[str, Any]) -> bool:
    name = str(row.get("name", ""))
    is_fixed = str(row.get("rm")).lower() not in ("true", "1")
    return row.get("type") == "disk" and is_fixed and not name.startswith(_NOT_DRIVES) and bool(whole(row.get("size")))


def _type(row: Mapping[str, Any]) -> str:
    """`NVMe SSD`, `SATA HDD`; a virtual disk's kind is its host's secret."""
    name, bus = str(row.get("name", "")), str(row.get("tran") or "").lower()
    if bus == "nvme" or name.startswith("nvme"):
        return "NVMe SSD"
    if name.startswith("vd") or bus == "virtio":
        return "virtual disk (virtio)"
    if name.startswith("mmcblk"):
        return "eMMC or SD card"
    kind = "HDD" if str(row.get("rota")).lower() in ("true", "1") else "SSD"
    return f"{_BUSES[bus]} {kind}" if bus in _BUSES else kind
