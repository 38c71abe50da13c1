"""Drives, from lsblk's output."""

from __future__ import annotations

import pytest
from recorded_machine import recorded, values

from rules.describe.storage import parse_lsblk


def test_drives_are_counted_by_size_and_kind_and_others_left_out() -> None:
    assert values(parse_lsblk(recorded("lsblk.json"))) == {
        "host_storage_capacity": "2x 3.84 TB + 1x 480 GB + 1x 16 TB",
        "host_storage_type": "SATA SSD, SAS HDD, NVMe SSD",
        "disk_drives": "2x 3.84 TB NVMe SSD + 1x 480 GB SATA SSD + 1x 16 TB SAS HDD",
    }


def test_older_versions_write_numbers_as_text() -> None:
    assert values(parse_lsblk(recorded("lsblk-older.json"))) == {
        "host_storage_capacity": "1x 107 GB + 1x 31.3 GB",
        "host_storage_type": "virtual disk (virtio), eMMC or SD card",
        "disk_drives": "1x 107 GB virtual disk (virtio) + 1x 31.3 GB eMMC or SD card",
    }


def test_a_single_drive_is_not_counted() -> None:
    text = '{"blockdevices": [{"name": "sda", "type": "disk", "size": 1000204886016, "rota": false, "rm": false}]}'
    assert values(parse_lsblk(text)) == {
        "host_storage_capacity": "1 TB",
        "host_storage_type": "SSD",
        "disk_drives": "1 TB SSD",
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"blockdevices": []}', '{"blockdevices": [1, {"type": "disk"}]}'])
def test_without_a_drive_nothing_is_told(text: str) -> None:
    assert parse_lsblk(text) == {}
