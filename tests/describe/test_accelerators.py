"""Accelerators, from their makers' tools, and what the PCI bus says where there is none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_machine import origins, recorded, values

from rules.describe.accelerators import (
    PciDevice,
    no_accelerator_facts,
    parse_amd_smi,
    parse_nvidia_smi,
    parse_nvlink,
    parse_rocm_smi,
    stack_facts,
    untold_devices,
)
from rules.describe.libraries import nvml_stack

VGA_OF_BMC = PciDevice("0000:03:00.0", "0x030000", "0x1a03")
NETWORK = PciDevice("0000:41:00.0", "0x020000", "0x15b3")
GRAPHICS = PciDevice("0000:00:02.0", "0x030000", "0x8086")
GPU = PciDevice("0000:18:00.0", "0x030200", "0x10de")
GAUDI = PciDevice("0000:19:00.0", "0x120000", "0x1da3")
OTHER = PciDevice("0000:1a:00.0", "0x120000", "0xabcd")


def test_nvidia_smi() -> None:
    facts = stack_facts(
        parse_nvidia_smi(
            recorded("nvidia-smi-query.csv"), recorded("nvidia-smi-nvlink.txt"), recorded("nvidia-smi.txt")
        )
    )
    assert values(facts) == {
        "accelerators_per_node": "2",
        "accelerator_model_name": "NVIDIA H100 80GB HBM3",
        "accelerator_memory_capacity": "80 GB",
        "accelerator_memory_configuration": "HBM3",
        "accelerator_frequency": "1980 MHz",
        "accelerator_host_interconnect": "PCIe Gen5 x16",
        "accelerator_interconnect": "18x NVLink, 26.562 GB/s each",
        "other_software_stack": "CUDA 12.9, Driver 575.57.08",
    }
    assert origins(facts) == {"nvidia-smi"}


def test_a_single_gpu_has_nothing_to_be_joined_with() -> None:
    facts = stack_facts(parse_nvidia_smi("NVIDIA RTX 2000E Ada, 16380, [N/A], 4, 8, 575.57\n"))
    assert values(facts) == {
        "accelerators_per_node": "1",
        "accelerator_model_name": "NVIDIA RTX 2000E Ada",
        "accelerator_memory_capacity": "16 GiB usable",
        "accelerator_host_interconnect": "PCIe Gen4 x8",
        "accelerator_interconnect": "N/A",
        "other_software_stack": "Driver 575.57",
    }


def test_different_gpus_are_counted() -> None:
    facts = values(stack_facts(parse_nvidia_smi("A, 1024, , , , 1\nB, 2048, , , , 1\nA, 1024, , , , 1\n")))
    assert facts["accelerator_model_name"] == "2x A + 1x B"
    assert facts["accelerator_memory_capacity"] == "1 GiB usable, 2 GiB usable"
    assert "accelerator_interconnect" not in facts


@pytest.mark.parametrize(
    ("name", "mib", "capacity"),
    [
        ("NVIDIA H100 80GB HBM3", 81559, "80 GB"),
        ("NVIDIA A100-SXM4-40GB", 40960, "40 GB"),
        ("NVIDIA H200", 143771, "140.4 GiB usable"),
        ("NVIDIA L4", 23034, "22.5 GiB usable"),
        ("Tesla T4", 15360, "15 GiB usable"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", 4864, "4.8 GiB usable"),
    ],
)
def test_memory_is_what_the_name_says_or_what_the_driver_gives(name: str, mib: int, capacity: str) -> None:
    """What is built in is more than a driver gives: with error correction a sixteenth, on some."""
    facts = values(stack_facts(parse_nvidia_smi(f"{name}, {mib}, , , , 1\n")))
    assert facts["accelerator_memory_capacity"] == capacity


@pytest.mark.parametrize(
    ("text", "accelerators", "said"),
    [
        ("GPU 0: A (UUID: x)\n\t Link 0: 25 GB/s\n\t Link 1: 25 GB/s\n", 1, "2x NVLink, 25 GB/s each"),
        ("GPU 0: A (UUID: x)\nGPU 1: A (UUID: y)\n", 2, "PCIe (no NVLink)"),
        ("GPU 0: A (UUID: x)\n\t Link 0: <inactive>\nGPU 1: A (UUID: y)\n", 2, "PCIe (no NVLink)"),
        ("GPU 0: A (UUID: x)\n", 1, None),
        ("", 8, None),
    ],
)
def test_nvlinks(text: str, accelerators: int, said: str | None) -> None:
    assert parse_nvlink(text, accelerators) == said


@pytest.mark.parametrize("wrapped", [False, True], ids=["a list", "in gpu_data"])
def test_amd_smi(wrapped: bool) -> None:
    text = recorded("amd-smi.json")
    facts = stack_facts(parse_amd_smi(f'{{"gpu_data": {text}}}' if wrapped else text, "6.4.1-83\n"))
    assert values(facts) == {
        "accelerators_per_node": "2",
        "accelerator_model_name": "AMD Instinct MI300X",
        "accelerator_memory_capacity": "192 GiB usable",
        "accelerator_memory_configuration": "HBM3",
        "accelerator_host_interconnect": "PCIe Gen5 x16",
        "other_software_stack": "ROCm 6.4.1-83, Driver 6.10.5",
    }
    assert origins(facts) == {"amd-smi"}


def test_an_amd_gpu_without_a_market_name_is_called_like_its_board() -> None:
    row = '[{"asic": {"market_name": "0x74a1"}, "board": {"product_name": "AMD Instinct MI300X OAM"}}]'
    assert values(stack_facts(parse_amd_smi(row)))["accelerator_model_name"] == "AMD Instinct MI300X OAM"
    assert parse_amd_smi('[{"asic": {"market_name": "0x74a1"}}]') is None


def test_rocm_smi() -> None:
    facts = stack_facts(parse_rocm_smi(recorded("rocm-smi.json")))
    assert values(facts) == {
        "accelerators_per_node": "2",
        "accelerator_model_name": "AMD Instinct MI210",
        "accelerator_memory_capacity": "64 GiB usable",
        "accelerator_interconnect": "XGMI",
        "other_software_stack": "Driver 6.2.4",
    }


@pytest.mark.parametrize("text", ["", "No devices were found\n", "{}", "[]", "[{}]", '{"card0": {}}', "null", "1"])
def test_tools_that_find_none_tell_nothing(text: str) -> None:
    assert stack_facts(parse_nvidia_smi(text)) == {}
    assert stack_facts(parse_amd_smi(text)) == {}
    assert stack_facts(parse_rocm_smi(text)) == {}


@given(st.text(max_size=60))
def test_any_output_is_read(text: str) -> None:
    for parse in (parse_nvidia_smi, parse_amd_smi, parse_rocm_smi):
        assert all(fact.value for fact in stack_facts(parse(text)).values())


class Nvml:
    """The library of NVIDIA's driver, as a machine with two GPUs has it."""

    NVML_CLOCK_SM = 1
    NVML_NVLINK_MAX_LINKS = 3

    def __init__(self, links: tuple[int, ...] = (1, 1, 0)) -> None:
        self.is_open = False
        self._links = links

    def __getattr__(self, name: str) -> Any:
        return {
            "nvmlInit": lambda: self.__dict__.update(is_open=True),
            "nvmlShutdown": lambda: self.__dict__.update(is_open=False),
            "nvmlDeviceGetCount": lambda: 2,
            "nvmlDeviceGetHandleByIndex": lambda index: index,
            "nvmlDeviceGetName": lambda _: b"NVIDIA L40S",
            "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=48305799168),
            "nvmlDeviceGetMaxClockInfo": lambda _, kind: 2520 if kind == 1 else 0,
            "nvmlDeviceGetMaxPcieLinkGeneration": lambda _: 4,
            "nvmlDeviceGetMaxPcieLinkWidth": self._not_supported,
            "nvmlDeviceGetNvLinkState": lambda _, link: self._links[link],
            "nvmlSystemGetCudaDriverVersion": lambda: 12090,
            "nvmlSystemGetDriverVersion": lambda: "575.57.08",
        }[name]

    @staticmethod
    def _not_supported(_: int) -> int:
        raise RuntimeError("Not Supported")


class TestNvml:
    def test_tells_what_its_devices_answer(self) -> None:
        library = Nvml()
        facts = stack_facts(nvml_stack(library))
        assert values(facts) == {
            "accelerators_per_node": "2",
            "accelerator_model_name": "NVIDIA L40S",
            "accelerator_memory_capacity": "45 GiB usable",
            "accelerator_frequency": "2520 MHz",
            "accelerator_interconnect": "2x NVLink",
            "other_software_stack": "CUDA 12.9, Driver 575.57.08",
        }
        assert origins(facts) == {"nvidia-ml-py"}
        assert not library.is_open

    def test_gpus_without_nvlink_are_joined_by_pcie(self) -> None:
        assert values(stack_facts(nvml_stack(Nvml((0, 0, 0)))))["accelerator_interconnect"] == "PCIe (no NVLink)"

    def test_a_device_that_is_lost_leaves_it_to_other_sources(self) -> None:
        library = Nvml()
        library.__dict__["nvmlDeviceGetName"] = Nvml._not_supported
        assert nvml_stack(library) is None
        assert not library.is_open

    def test_without_the_library_or_a_driver_there_is_none(self) -> None:
        library = Nvml()
        library.__dict__["nvmlInit"] = lambda: Nvml._not_supported(0)
        assert nvml_stack(None) is None
        assert nvml_stack(library) is None


class TestBus:
    def test_a_bus_without_any_says_that_there_is_none(self) -> None:
        facts = no_accelerator_facts([VGA_OF_BMC, NETWORK])
        assert values(facts) == {
            "accelerators_per_node": "0",
            "accelerator_model_name": "N/A",
            "accelerator_memory_capacity": "N/A",
            "accelerator_memory_configuration": "N/A",
            "accelerator_host_interconnect": "N/A",
            "accelerator_interconnect": "N/A",
        }

    @pytest.mark.parametrize("device", [GRAPHICS, GPU, GAUDI, OTHER])
    def test_what_may_be_one_is_left_to_the_user(self, device: PciDevice) -> None:
        assert no_accelerator_facts([VGA_OF_BMC, device]) == {}

    def test_a_bus_that_can_t_be_seen_says_nothing(self) -> None:
        assert no_accelerator_facts([]) == {}

    def test_devices_without_a_tool_are_named(self) -> None:
        assert untold_devices([VGA_OF_BMC, GPU, NETWORK, GAUDI, OTHER]) == (
            "NVIDIA at 0000:18:00.0, Habana at 0000:19:00.0, vendor 0xabcd at 0000:1a:00.0"
        )
