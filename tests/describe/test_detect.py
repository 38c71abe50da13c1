"""Whole machines, recorded: which source each fact is taken from, and what a machine tells that has none of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from recorded_machine import make_machine, values

from rules.describe import libraries
from rules.describe.detect import detect, untold_accelerators
from rules.describe.machine import Machine
from rules.describe.storage import COLUMNS

LSBLK = f"lsblk --json --bytes --nodeps --output {COLUMNS}"
SMI = "nvidia-smi --query-gpu=name,memory.total,clocks.max.sm,pcie.link.gen.max,pcie.link.width.max,driver_version"
CPU = "sys/devices/system/cpu/cpu0"
PCI = "sys/bus/pci/devices"
#: What any Linux has.
BASICS = {
    "etc/os-release": 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\n',
    "proc/sys/kernel/osrelease": "6.8.0-41-generic\n",
    "proc/meminfo": "MemTotal:       65675924 kB\n",
    "proc/mounts": "/dev/sda1 / ext4 rw 0 0\n",
    "sys/class/net/lo/type": "772\n",
    f"{PCI}/0000:03:00.0/class": "0x030000\n",
    f"{PCI}/0000:03:00.0/vendor": "0x1a03\n",
}


class TestServer:
    """Everything installed, and run as root."""

    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        files = {
            **BASICS,
            "sys/class/dmi/id/sys_vendor": "Acme\n",
            "sys/class/dmi/id/product_name": "GPU Server 2\n",
            "sys/class/dmi/id/bios_version": "2.4.1\n",
            f"{PCI}/0000:18:00.0/class": "0x030200\n",
            f"{PCI}/0000:18:00.0/vendor": "0x10de\n",
            "sys/class/net/eth0/type": "1\n",
            "sys/class/net/eth0/speed": "100000\n",
            "sys/class/net/eth0/operstate": "up\n",
            "sys/class/infiniband/mlx5_0/ports/1/link_layer": "InfiniBand\n",
            "sys/class/infiniband/mlx5_0/ports/1/rate": "400 Gb/sec (4X NDR)\n",
            f"{CPU}/cpufreq/scaling_governor": "performance\n",
        }
        links = {
            "sys/class/net/eth0/device": "../../../0000:41:00.0",
            "sys/class/infiniband/mlx5_0/device": "../../../0000:2a:00.0",
        }
        tools = {
            "lscpu": "lscpu-server.txt",
            "dmidecode -t memory": "dmidecode-memory.txt",
            "dmidecode -t 39": "dmidecode-power.txt",
            "ipmitool mc info": "ipmitool.txt",
            LSBLK: "lsblk.json",
            f"{SMI} --format=csv,noheader,nounits": "nvidia-smi-query.csv",
            "nvidia-smi nvlink --status": "nvidia-smi-nvlink.txt",
            "nvidia-smi": "nvidia-smi.txt",
        }
        return make_machine(tmp_path, files=files, links=links, tools=tools)

    def test_tells_all_but_what_only_a_person_knows(self, machine: Machine) -> None:
        facts = values(detect(machine))
        assert facts["system_name"] == "Acme GPU Server 2"
        assert facts["number_of_nodes"] == "1"
        assert facts["host_processor_core_count"] == 64
        assert facts["host_memory_capacity"] == "192 GB"
        assert facts["host_storage_capacity"] == "2x 3.84 TB + 1x 480 GB + 1x 16 TB"
        assert facts["host_networking"] == "1x 100 Gb/s Ethernet, 1x 400 Gb/s InfiniBand"
        assert facts["host_network_card_count"] == "2"
        assert facts["accelerators_per_node"] == "2"
        assert facts["operating_system"] == "Ubuntu 24.04.2 LTS (Linux 6.8.0-41-generic)"
        assert facts["power_management"] == "cpufreq, governor performance"
        assert facts["power_supply_quantity_and_rating_watts"] == "2x 2600 W"
        assert (facts["boot_firmware_version"], facts["management_firmware_version"]) == ("2.4.1", "3.14")
        assert not {*facts} & {"cooling", "framework", "hw_notes", "sw_notes", "status", "system_type", "submitter"}

    def test_every_field_says_where_it_came_from(self, machine: Machine) -> None:
        origins = {name: fact.origin for name, fact in detect(machine).items()}
        assert origins["host_processor_model_name"] == "lscpu"
        assert origins["host_memory_configuration"] == "dmidecode -t memory"
        assert origins["accelerator_model_name"] == "nvidia-smi"
        assert origins["host_networking"] == "/sys/class/net, /sys/class/infiniband"
        assert origins["operating_system"] == "/etc/os-release, kernel"
        assert all(origins.values())

    def test_what_failed_to_answer_is_nothing_that_was_there(self, machine: Machine) -> None:
        detect(machine)
        assert machine.failures == {}


class TestWithoutRoot:
    def test_udev_is_not_asked_for_tables_that_the_firmware_has_not(self, tmp_path: Path) -> None:
        machine = make_machine(tmp_path, files=BASICS, refusing={"udevadm": "Unknown device"})
        detect(machine)
        assert machine.failures == {}

    def test_memory_is_told_by_the_next_source_that_may_be_read(self, tmp_path: Path) -> None:
        refusing = {"dmidecode": "/sys/firmware/dmi/tables/smbios_entry_point: Permission denied"}
        tools = {"udevadm info /sys/devices/virtual/dmi/id": "udevadm.txt"}
        files = {**BASICS, "sys/devices/virtual/dmi/id/uevent": ""}
        machine = make_machine(tmp_path, files=files, tools=tools, refusing=refusing)
        facts = detect(machine)
        assert facts["host_memory_configuration"].origin == "udev's record of the firmware's tables"
        assert "Permission denied" in machine.failures["dmidecode"]

    @pytest.mark.parametrize(
        ("files", "tools", "origin"),
        [
            ({"sys/devices/system/edac/mc/mc0/dimm0/size": "32768"}, {}, "/sys/devices/system/edac/mc"),
            ({}, {"lshw -quiet -json -class memory": "lshw-memory.json"}, "lshw -class memory"),
            ({}, {}, "/proc/meminfo"),
        ],
    )
    def test_each_source_of_memory_stands_in_for_the_ones_before(
        self, tmp_path: Path, files: Mapping[str, str], tools: Mapping[str, str], origin: str
    ) -> None:
        facts = detect(make_machine(tmp_path, files={**BASICS, **files}, tools=tools))
        assert facts["host_memory_capacity"].origin == origin

    def test_without_tools_the_kernels_files_tell_the_rest(self, tmp_path: Path) -> None:
        files = {
            **BASICS,
            "proc/cpuinfo": "processor : 0\nmodel name : CPU X\nphysical id : 0\ncpu cores : 4\n",
            f"{CPU}/cpufreq/cpuinfo_max_freq": "3000000\n",
            f"{CPU}/cache/index0/level": "1",
            f"{CPU}/cache/index0/type": "Data",
            f"{CPU}/cache/index0/size": "32K",
        }
        facts = values(detect(make_machine(tmp_path, files=files)))
        assert facts["host_processor_model_name"] == "CPU X"
        assert facts["host_processor_frequency"] == "3000 MHz"
        assert facts["host_processor_caches"] == "L1d: 32K (as seen by one core)"
        assert facts["accelerators_per_node"] == "0"
        assert facts["host_network_card_count"] == "0"
        assert "host_storage_capacity" not in facts


class TestAccelerators:
    def test_those_of_amd_by_either_tool(self, tmp_path: Path) -> None:
        options = "--showproductname --showmeminfo vram --showdriverversion --showtopotype --json"
        new = make_machine(tmp_path / "new", files=BASICS, tools={"amd-smi static --json": "amd-smi.json"})
        old = make_machine(tmp_path / "old", files=BASICS, tools={f"rocm-smi {options}": "rocm-smi.json"})
        assert detect(new)["accelerator_model_name"].value == "AMD Instinct MI300X"
        assert detect(old)["accelerator_model_name"].value == "AMD Instinct MI210"

    def test_one_without_its_tool_is_left_open_and_named(self, tmp_path: Path) -> None:
        files = {**BASICS, f"{PCI}/0000:18:00.0/class": "0x030200", f"{PCI}/0000:18:00.0/vendor": "0x10de"}
        machine = make_machine(tmp_path, files=files, refusing={"nvidia-smi": "couldn't communicate with the driver"})
        assert "accelerators_per_node" not in detect(machine)
        assert untold_accelerators(machine) == "NVIDIA at 0000:18:00.0"
        assert machine.failures["nvidia-smi"] == "couldn't communicate with the driver"


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    facts = detect(make_machine(tmp_path))
    assert {*facts} == {"number_of_nodes", "operating_system"}
    assert facts["operating_system"].origin == "platform"


def test_libraries_tell_the_basics_where_linux_has_no_files(tmp_path: Path) -> None:
    installed = {
        "psutil": SimpleNamespace(virtual_memory=lambda: SimpleNamespace(total=16 << 30)),
        "cpuinfo": SimpleNamespace(get_cpu_info=lambda: {"brand_raw": "Apple M1 Pro"}),
        "distro": SimpleNamespace(name=lambda pretty: "Some System 1"),
    }
    facts = detect(make_machine(tmp_path, libraries=installed))
    assert (facts["host_memory_capacity"].value, facts["host_memory_capacity"].origin) == ("16.0 GiB usable", "psutil")
    assert (facts["host_processor_model_name"].value, facts["host_processor_model_name"].origin) == (
        "Apple M1 Pro",
        "py-cpuinfo",
    )
    assert facts["operating_system"].value == "Some System 1"


@pytest.mark.parametrize("name", ["psutil", "cpuinfo", "distro", "pynvml"])
def test_this_environments_libraries_answer_or_are_absent(name: str) -> None:
    library = pytest.importorskip(name)
    answers = {
        "psutil": libraries.psutil_facts,
        "cpuinfo": libraries.cpuinfo_facts,
        "distro": libraries.distribution,
        "pynvml": libraries.nvml_stack,
    }
    assert Machine().library(name) is library
    assert answers[name](library) or name == "pynvml"


class TestMachine:
    def test_a_tool_that_takes_too_long_is_stopped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rules.describe.machine._TIMEOUT_S", 0.05)
        machine = make_machine(tmp_path, refusing={"lscpu": "x"})
        Path(machine.search_path, "lscpu").write_text("#!/bin/sh\nexec sleep 60\n")
        assert machine.output("lscpu") is None
        assert machine.failures == {"lscpu": "no answer within 0.05 s"}

    def test_a_tool_that_can_t_be_run_is_none(self, tmp_path: Path) -> None:
        machine = make_machine(tmp_path, refusing={"lscpu": "x"})
        Path(machine.search_path, "lscpu").write_bytes(b"\x7fELF of another kind")
        assert machine.output("lscpu") is None
        assert "lscpu" in machine.failures

    def test_files_that_can_t_be_read_are_absent(self, tmp_path: Path) -> None:
        machine = make_machine(tmp_path, files={"a/empty": "", "a/binary": "x\0\n"})
        assert machine.text("/a/empty") is None
        assert machine.text("/a/binary") == "x"
        assert machine.text("/a") is None
        assert machine.text("/nowhere") is None
        assert machine.names("/nowhere") == []
        assert machine.link("/a/empty") is None

    def test_of_this_machine_the_kernels_own_files_can_be_read(self) -> None:
        assert Machine().text("/proc/sys/kernel/osrelease") or not Path("/proc/sys/kernel/osrelease").exists()
