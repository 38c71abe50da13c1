"""Network cards, from the kernel's list of interfaces."""

from __future__ import annotations

from recorded_machine import origins, values

from rules.describe.network import FabricPort, Port, network_facts


def test_the_ports_of_one_card_are_one_card() -> None:
    facts = network_facts(
        [
            Port("eth0", "0000:41:00.0", "1", 25000, is_up=True),
            Port("eth1", "0000:41:00.1", "1", None),
            Port("eth2", "0000:61:00.0", "1", 100, is_up=True),
        ],
        [],
    )
    assert values(facts) == {
        "host_network_card_count": "2",
        "host_networking": "1x 25 Gb/s Ethernet, 1x Ethernet, 1x 100 Mb/s Ethernet",
        "nics_enabled_os": "3",
        "nics_enabled_connected": "2",
        "network_speed_mbit": "25000",
    }
    assert origins(facts) == {"/sys/class/net"}


def test_infiniband_ports_are_those_of_its_own_list() -> None:
    """The interface for IP over InfiniBand is no card of its own."""
    facts = network_facts(
        [Port("ib0", "0000:18:00.0", "32", 400000, is_up=True), Port("eth0", "0000:41:00.0", "1", 1000, is_up=True)],
        [
            FabricPort("0000:18:00.0", "InfiniBand", "400 Gb/sec (4X NDR)"),
            FabricPort("0000:2a:00.0", "InfiniBand", "400 Gb/sec (4X NDR)"),
            FabricPort("0000:41:00.0", "Ethernet", "25 Gb/sec (1X EDR)"),
        ],
    )
    assert values(facts)["host_network_card_count"] == "3"
    assert values(facts)["host_networking"] == "2x 400 Gb/s InfiniBand, 1x 1 Gb/s Ethernet"


def test_no_card_is_an_answer() -> None:
    assert values(network_facts([], [])) == {"host_network_card_count": "0", "host_networking": "none"}
