"""Every source asked, best first, and put together. Nothing here needs root; some sources tell more to it."""

from __future__ import annotations

import platform

from rules.describe import accelerators, cpu, libraries, memory, network, software, storage
from rules.describe.accelerators import PciDevice, Stack
from rules.describe.facts import Fact, Facts, first_told
from rules.describe.machine import Machine
from rules.describe.network import FabricPort, Port

_CPU = "/sys/devices/system/cpu/cpu0"
_EDAC = "/sys/devices/system/edac/mc"
_PCI = "/sys/bus/pci/devices"
_NET = "/sys/class/net"
_INFINIBAND = "/sys/class/infiniband"
_DMI = "/sys/class/dmi/id"
_DMI_DEVICE = "/sys/devices/virtual/dmi/id"


def detect(machine: Machine) -> Facts:
    """All that can be told of a machine without asking anybody."""
    return first_told(
        {"number_of_nodes": Fact("1", "this machine alone")},
        _firmware(machine),
        _processors(machine),
        _memory(machine),
        storage.parse_lsblk(
            machine.output("lsblk", "--json", "--bytes", "--nodeps", "--output", storage.COLUMNS) or ""
        ),
        _network(machine),
        _accelerators(machine),
        _system(machine),
    )


def untold_accelerators(machine: Machine) -> str:
    """Devices on the bus that may be accelerators; of interest where no tool told of any."""
    return accelerators.untold_devices(_pci(machine))


def _firmware(machine: Machine) -> Facts:
    return first_told(
        software.firmware_facts(machine.texts(_DMI, "sys_vendor", "product_name", "bios_version")),
        software.parse_power_supplies(machine.output("dmidecode", "-t", "39") or ""),
        software.parse_ipmitool(machine.output("ipmitool", "mc", "info") or ""),
    )


def _processors(machine: Machine) -> Facts:
    indices = [name for name in machine.names(f"{_CPU}/cache") if name.startswith("index")]
    caches = [machine.texts(f"{_CPU}/cache/{name}", "level", "type", "size") for name in indices]
    clock = ("cpuinfo_min_freq", "cpuinfo_max_freq", "scaling_driver", "scaling_governor")
    facts = first_told(
        cpu.parse_lscpu(machine.output("lscpu") or ""),
        cpu.parse_cpuinfo(machine.text("/proc/cpuinfo") or ""),
        cpu.parse_clock(f"{_CPU}/cpufreq", machine.texts(f"{_CPU}/cpufreq", *clock)),
        cpu.parse_caches(f"{_CPU}/cache", caches),
    )
    return (
        facts
        if "host_processor_model_name" in facts
        else first_told(facts, libraries.cpuinfo_facts(machine.library("cpuinfo")))
    )


def _memory(machine: Machine) -> Facts:
    """Modules from the first source that may be read; without any, what the kernel says it has."""
    facts: Facts = (
        memory.parse_dmidecode(machine.output("dmidecode", "-t", "memory") or "")
        or memory.parse_udev(_udev(machine))
        or memory.parse_edac(_edac(machine))
        or memory.parse_lshw(machine.output("lshw", "-quiet", "-json", "-class", "memory") or "")
        or memory.parse_meminfo(machine.text("/proc/meminfo") or "")
    )
    return facts or libraries.psutil_facts(machine.library("psutil"))


def _udev(machine: Machine) -> str:
    """udev's record of the firmware's tables; machines without such tables have none."""
    return (machine.output("udevadm", "info", _DMI_DEVICE) or "") if machine.names(_DMI_DEVICE) else ""


def _edac(machine: Machine) -> list[dict[str, str | None]]:
    folders = [
        f"{_EDAC}/{controller}/{name}"
        for controller in machine.names(_EDAC)
        for name in machine.names(f"{_EDAC}/{controller}")
        if name.startswith(("dimm", "rank"))
    ]
    return [machine.texts(folder, "size", "dimm_mem_type") for folder in folders]


def _network(machine: Machine) -> Facts:
    if not machine.names(_NET):
        return {}
    ports = []
    for name in machine.names(_NET):
        device = machine.link(f"{_NET}/{name}/device")
        if device is not None:  # others are bridges, tunnels and their like
            said = machine.texts(f"{_NET}/{name}", "type", "speed", "operstate")
            speed = said["speed"]
            is_known = speed is not None and speed.isdigit()
            ports.append(
                Port(name, device, said["type"] or "", int(speed or 0) if is_known else None, said["operstate"] == "up")
            )
    fabric = []
    for name in machine.names(_INFINIBAND):
        device = machine.link(f"{_INFINIBAND}/{name}/device") or name
        for port in machine.names(f"{_INFINIBAND}/{name}/ports"):
            said = machine.texts(f"{_INFINIBAND}/{name}/ports/{port}", "link_layer", "rate")
            fabric.append(FabricPort(device, said["link_layer"] or "", said["rate"] or ""))
    return network.network_facts(ports, fabric)


def _accelerators(machine: Machine) -> Facts:
    return first_told(
        accelerators.stack_facts(_nvidia(machine)),
        accelerators.stack_facts(_amd(machine)),
        accelerators.no_accelerator_facts(_pci(machine)),
    )


def _nvidia(machine: Machine) -> Stack | None:
    stack = libraries.nvml_stack(machine.library("pynvml"))
    if stack is not None and stack.accelerators:
        return stack
    rows = machine.output("nvidia-smi", f"--query-gpu={accelerators.NVIDIA_QUERY}", "--format=csv,noheader,nounits")
    if not rows:
        return None
    return accelerators.parse_nvidia_smi(
        rows, machine.output("nvidia-smi", "nvlink", "--status"), machine.output("nvidia-smi")
    )


def _amd(machine: Machine) -> Stack | None:
    version = machine.text("/opt/rocm/.info/version")
    stack = accelerators.parse_amd_smi(machine.output("amd-smi", "static", "--json") or "", version)
    if stack is not None:
        return stack
    options = ("--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--showtopotype", "--json")
    return accelerators.parse_rocm_smi(machine.output("rocm-smi", *options) or "", version)


def _pci(machine: Machine) -> list[PciDevice]:
    devices = []
    for address in machine.names(_PCI):
        said = machine.texts(f"{_PCI}/{address}", "class", "vendor")
        devices.append(PciDevice(address, said["class"] or "", said["vendor"] or ""))
    return devices


def _system(machine: Machine) -> Facts:
    release = machine.text("/etc/os-release") or machine.text("/usr/lib/os-release")
    kernel = machine.text("/proc/sys/kernel/osrelease")
    name = software.parse_os_release(release) if release else libraries.distribution(machine.library("distro"))
    facts = software.operating_system(
        "/etc/os-release, kernel" if release else "distro, kernel" if name else "platform",
        name or (None if kernel else platform.platform()),
        f"Linux {kernel}" if kernel else None,
        (machine.output("getconf", "GNU_LIBC_VERSION") or "").strip() or None,
    )
    return first_told(facts, software.parse_mounts(machine.text("/proc/mounts") or ""))
