"""The fields of a system description: what each says, and an example as published submissions have it. Pure.

Which of them a round asks for is the round's to say; this table holds for all of them. Sources: the table in
`submission_rules.adoc` of mlcommons/policies, and the lists in constants.py of the official checker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from rules.rounds.model import Round

IS_NETWORK = "is_network"
#: Fields that say who submits what, where: `submission.yaml` says so, for every system.
OF_THE_SUBMISSION = ("division", "submitter")


@dataclass(frozen=True)
class Field:
    """One field of a system description."""

    meaning: str
    example: str


FIELDS: dict[str, Field] = {
    "division": Field("closed, open or network", "closed"),
    "submitter": Field("the submitting organisation", "YourOrganisation"),
    "status": Field("available, preview or rdi (research, development or internal)", "available"),
    "system_type": Field("datacenter, edge, or 'datacenter,edge'", "datacenter"),
    "system_type_detail": Field("cloud, on-premise, edge-server or edge-device", "on-premise"),
    "system_name": Field("the name in the results table", "ThinkSystem SR680a V3 (8x B200-SXM-180GB)"),
    "number_of_nodes": Field("machines in the system", "1"),
    "host_processors_per_node": Field("processors (sockets) in each node", "2"),
    "host_processor_model_name": Field("the processor", "AMD EPYC 9575F"),
    "host_processor_core_count": Field("cores of one processor", "64"),
    "host_processor_vcpu_count": Field("virtual cores, for a cloud's instance", "96"),
    "host_processor_frequency": Field("clock rate", "2.0 GHz, turbo 5.1 GHz"),
    "host_processor_caches": Field("caches by level", "L1d: 416 KiB, L1i: 640 KiB, L2: 26 MiB, L3: 24 MiB"),
    "host_processor_interconnect": Field("what joins the processors", "3x 10.6 GT/s UPI"),
    "host_memory_capacity": Field("memory of one node, with its unit", "1.5 TB"),
    "host_memory_configuration": Field("memory modules: how many of which", "24x 64GB MTC40F2046S1RC64BD2"),
    "host_storage_type": Field("kind of drives", "NVMe SSD"),
    "host_storage_capacity": Field("storage of one node, with its unit", "2x 3.84 TB"),
    "host_networking": Field("kind of network", "Gig Ethernet"),
    "host_network_card_count": Field("network cards of one node", "1x 100GbE + 1x 10GbE"),
    "host_networking_topology": Field("how nodes are joined; N/A for a single one", "N/A"),
    "accelerators_per_node": Field("accelerators in each node; 0 in quotes for none", "8"),
    "accelerator_model_name": Field("the accelerator; N/A for none", "NVIDIA H200-SXM-141GB"),
    "accelerator_host_interconnect": Field("what joins accelerator and host; N/A for none", "PCIe Gen5 x16"),
    "accelerator_frequency": Field("the accelerator's clock rate", "1980 MHz"),
    "accelerator_on-chip_memories": Field("the accelerator's on-chip memories", "L1: 80x 128 KB, L2: 6 MB per chip"),
    "accelerator_memory_configuration": Field("the accelerator's kind of memory; N/A for none", "HBM3e"),
    "accelerator_memory_capacity": Field("memory of one accelerator, with its unit; N/A for none", "141 GB"),
    "accelerator_interconnect": Field("what joins accelerators; N/A for none", "18x 4th Gen NVLink, 900 GB/s"),
    "accelerator_interconnect_topology": Field("how accelerators are joined", "Mesh"),
    "cooling": Field("how the system is cooled", "Air-cooled"),
    "hw_notes": Field("what else is to know of the hardware", "H200 TGP 700W"),
    "framework": Field("the inference framework, with its version", "TensorRT 10.8, CUDA 12.8"),
    "other_software_stack": Field("other software that matters, with versions", "cuDNN 8.9.7, Driver 570.86.15"),
    "operating_system": Field("the operating system, with its version", "Ubuntu 24.04"),
    "sw_notes": Field("what else is to know of the software", "Built from source"),
    # Of the network division.
    IS_NETWORK: Field('"true", in quotes, for a system measured over a network; absent for others', "true"),
    "network_type": Field("kind of network between LoadGen and the system", "Ethernet"),
    "network_media": Field("what it runs on", "Copper"),
    "network_rate": Field("its rate", "100G"),
    "nic_loadgen": Field("LoadGen's network card", "NVIDIA CX7"),
    "number_nic_loadgen": Field("network cards at LoadGen's side", "1"),
    "net_software_stack_loadgen": Field("LoadGen's network software", "Linux kernel TCP stack 6.8"),
    "network_protocol": Field("the protocol", "TCP/IPv4 over Ethernet"),
    "number_connections": Field("connections used", "1"),
    "nic_sut": Field("the system's network card", "NVIDIA CX7"),
    "number_nic_sut": Field("network cards at the system's side", "1"),
    "net_software_stack_sut": Field("the system's network software", "Linux kernel TCP stack 6.8"),
    "network_topology": Field("what lies between the two", "LoadGen connected through a switch"),
    # Of systems with power results.
    "power_management": Field("power settings of firmware and operating system", "governor performance"),
    "filesystem": Field("the file system of the data", "ext4"),
    "boot_firmware_version": Field("version of the BIOS", "2.4.1"),
    "management_firmware_version": Field("version of the management controller", "1.14"),
    "other_hardware": Field("other parts that draw power", "8x 80 mm fans"),
    "number_of_type_nics_installed": Field("network cards installed", "2x 1GbE"),
    "nics_enabled_firmware": Field("network ports enabled in the firmware", "2"),
    "nics_enabled_os": Field("network ports enabled in the operating system", "1"),
    "nics_enabled_connected": Field("network ports connected", "1"),
    "network_speed_mbit": Field("speed of the connected port in Mbit/s", "1000"),
    "power_supply_quantity_and_rating_watts": Field("power supplies and their rating", "x2, 140W"),
    "power_supply_details": Field("the power supplies", "140 W, external, 115 V/230 V"),
    "disk_drives": Field("drives installed", "1x 960 GB NVMe SSD"),
    "disk_controllers": Field("disk controllers", "NVMe"),
    "system_power_only": Field("what of the system isn't measured", "none"),
    "system_power_capacity": Field("design power in W, in the place of a nameplate file", "3000"),
}
#: Fields that the official checker lists for systems with power results, but for what isn't measured.
POWER = (
    "power_management", "filesystem", "boot_firmware_version", "management_firmware_version", "other_hardware",
    "number_of_type_nics_installed", "nics_enabled_firmware", "nics_enabled_os", "nics_enabled_connected",
    "network_speed_mbit", "power_supply_quantity_and_rating_watts", "power_supply_details", "disk_drives",
    "disk_controllers",
)  # fmt: skip
#: Fields whose value is a count: a whole number, though some say more behind it.
COUNTS = ("number_of_nodes", "host_processors_per_node", "host_processor_core_count", "accelerators_per_node")


def asked_fields(round_: Round, *, is_network: bool) -> tuple[str, ...]:
    """The fields that a round asks of a system."""
    return (*round_.system_fields, *(round_.system_fields_network if is_network else ()))


def unfilled_fields(fields: Mapping[str, Any], round_: Round, *, is_network: bool) -> Iterator[str]:
    """The fields that the official checker would miss: absent, or empty where they must mean something.

    It tests for truth, so that the number 0 is empty.
    """
    for name in asked_fields(round_, is_network=is_network):
        if name not in fields or (name in round_.system_fields_meaningful and not fields[name]):
            yield name


def example_of(name: str) -> str:
    """A field as one would write it: `cooling: Air-cooled`."""
    return f"{name}: {FIELDS[name].example}" if name in FIELDS else name


def hint(name: str) -> str:
    """What a field says, for the one who fills it in."""
    return f"{FIELDS[name].meaning}; for example {FIELDS[name].example}" if name in FIELDS else "as the round has it"


def misspelt(fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Fields that no round knows, each with the known field whose spelling is nearest, if one is near."""
    for name in fields:
        if name not in FIELDS:
            nearest = _nearest(name)
            if nearest:
                yield name, nearest


@lru_cache(maxsize=1000)
def _nearest(name: str) -> str | None:
    """A submission's systems have the same fields of their own, over and over."""
    return next(iter(get_close_matches(name, FIELDS, n=1, cutoff=0.85)), None)
