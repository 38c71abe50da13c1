"""Operating system, firmware, and the machine's own name."""

from __future__ import annotations

import pytest
from recorded_machine import recorded, values

from rules.describe import software


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04.2 LTS"\n', "Ubuntu 24.04.2 LTS"),
        ("# comment\nPRETTY_NAME='Rocky Linux 9.4 (Blue Onyx)'\n", "Rocky Linux 9.4 (Blue Onyx)"),
        ('NAME=Fedora\nVERSION_ID="40"\n', "Fedora 40"),
        ('PRETTY_NAME="never closed\nNAME=x\n', "x"),
        ("", None),
    ],
)
def test_the_distributions_own_name(text: str, name: str | None) -> None:
    assert software.parse_os_release(text) == name


@pytest.mark.parametrize(
    ("name", "kernel", "libc", "said"),
    [
        ("Ubuntu 24.04", "Linux 6.8.0", "glibc 2.39", "Ubuntu 24.04 (Linux 6.8.0, glibc 2.39)"),
        ("Ubuntu 24.04", None, None, "Ubuntu 24.04"),
        (None, "Linux 6.8.0", None, "Linux 6.8.0"),
        (None, None, None, None),
    ],
)
def test_an_operating_system_with_kernel_and_c_library(
    name: str | None, kernel: str | None, libc: str | None, said: str | None
) -> None:
    assert values(software.operating_system("x", name, kernel, libc)).get("operating_system") == said


@pytest.mark.parametrize(
    ("text", "filesystem"),
    [
        ("/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n", "ext4"),
        ("rootfs / rootfs rw 0 0\n/dev/sda1 / xfs rw 0 0\n", "xfs"),
        ("overlay / overlay rw 0 0\n", None),
        ("", None),
    ],
)
def test_the_file_system_of_the_root(text: str, filesystem: str | None) -> None:
    assert values(software.parse_mounts(text)).get("filesystem") == filesystem


@pytest.mark.parametrize(
    ("maker", "product", "name"),
    [
        ("Lenovo", "ThinkSystem SR680a V3", "Lenovo ThinkSystem SR680a V3"),
        ("Dell Inc.", "Dell Inc. PowerEdge", "Dell Inc. PowerEdge"),
        (None, "PowerEdge XE9680", "PowerEdge XE9680"),
        ("To Be Filled By O.E.M.", "To Be Filled By O.E.M.", None),
        ("ASUS", "System Product Name", None),
        ("Supermicro", "Default string", None),
        ("x", "0000000000", None),
    ],
)
def test_a_machines_name_is_what_its_maker_wrote(maker: str | None, product: str, name: str | None) -> None:
    facts = software.firmware_facts({"sys_vendor": maker, "product_name": product, "bios_version": None})
    assert values(facts).get("system_name") == name


def test_firmware_versions() -> None:
    facts = software.firmware_facts({"sys_vendor": None, "product_name": None, "bios_version": " 2.4.1 "})
    assert values(facts) == {"boot_firmware_version": "2.4.1"}
    assert values(software.parse_ipmitool(recorded("ipmitool.txt"))) == {"management_firmware_version": "3.14"}
    assert software.parse_ipmitool("Could not open device\n") == {}


def test_power_supplies_that_are_present() -> None:
    assert values(software.parse_power_supplies(recorded("dmidecode-power.txt"))) == {
        "power_supply_quantity_and_rating_watts": "2x 2600 W",
        "power_supply_details": "PSU 2600W Titanium",
    }
    assert software.parse_power_supplies("") == {}
