"""Processors, from lscpu's output and from the kernel's files."""

from __future__ import annotations

import pytest
from recorded_machine import origins, recorded, values

from rules.describe.cpu import parse_caches, parse_clock, parse_cpuinfo, parse_lscpu


def test_lscpu_of_a_server() -> None:
    facts = parse_lscpu(recorded("lscpu-server.txt"))
    assert values(facts) == {
        "host_processor_model_name": "AMD EPYC 9575F 64-Core Processor",
        "host_processors_per_node": 2,
        "host_processor_core_count": 64,
        "host_processor_frequency": "1500 MHz to 5012 MHz",
        "host_processor_caches": "L1d: 6 MiB (128 instances), L1i: 4 MiB (128 instances), "
        "L2: 128 MiB (128 instances), L3: 512 MiB (16 instances)",
    }
    assert origins(facts) == {"lscpu"}


def test_lscpu_of_two_kinds_of_cores_counts_neither() -> None:
    """Its counts are of one kind each, and `Socket(s): -` says that nobody knows the number of chips."""
    assert values(parse_lscpu(recorded("lscpu-board.txt"))) == {"host_processor_model_name": "Cortex-A53 + Cortex-A72"}


@pytest.mark.parametrize("text", ["", "lscpu: failed\n", "Model name: -\nSocket(s): -\n", "Model name:\n"])
def test_lscpu_that_knows_nothing(text: str) -> None:
    assert parse_lscpu(text) == {}


def test_caches_as_older_versions_name_them() -> None:
    facts = parse_lscpu("L1d cache:           32K\nL2 cache:            1024K\n")
    assert values(facts) == {"host_processor_caches": "L1d: 32K, L2: 1024K"}


def test_cpuinfo_counts_sockets_and_the_cores_of_one() -> None:
    assert values(parse_cpuinfo(recorded("cpuinfo.txt"))) == {
        "host_processor_model_name": "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
        "host_processors_per_node": 2,
        "host_processor_core_count": 32,
    }


def test_cpuinfo_without_a_topology() -> None:
    assert values(parse_cpuinfo("processor : 0\nBogoMIPS : 50.00\nFeatures : fp asimd\n")) == {}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"cpuinfo_min_freq": "800000", "cpuinfo_max_freq": "5100000"},
            {"host_processor_frequency": "800 MHz to 5100 MHz"},
        ),
        (
            {"scaling_driver": "intel_pstate", "scaling_governor": "performance"},
            {"power_management": "intel_pstate, governor performance"},
        ),
        ({"cpuinfo_max_freq": "2000000"}, {"host_processor_frequency": "2000 MHz"}),
        ({"cpuinfo_min_freq": "800000"}, {}),
        ({"scaling_governor": "powersave"}, {"power_management": "cpufreq, governor powersave"}),
        ({}, {}),
    ],
)
def test_clock_rates_of_the_kernel(said: dict[str, str | None], expected: dict[str, str]) -> None:
    facts = parse_clock("/sys/cpufreq", said)
    assert values(facts) == expected
    assert origins(facts) <= {"/sys/cpufreq"}


def test_caches_of_the_kernel_are_those_of_a_core() -> None:
    rows: list[dict[str, str | None]] = [
        {"level": "1", "type": "Data", "size": "48K"},
        {"level": "1", "type": "Instruction", "size": "32K"},
        {"level": "2", "type": "Unified", "size": "1280K"},
        {"level": None, "type": "Unified", "size": "1K"},
    ]
    assert values(parse_caches("/sys/cache", rows)) == {
        "host_processor_caches": "L1d: 48K, L1i: 32K, L2: 1280K (as seen by one core)"
    }
    assert parse_caches("/sys/cache", []) == {}
