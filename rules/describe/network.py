"""Network cards, from /sys. Pure: rows in, facts out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.describe.facts import Facts, counted, told

_ETHERNET = "1"
_INFINIBAND = "32"


@dataclass(frozen=True)
class Port:
    """A network interface that a piece of hardware is behind."""

    name: str
    #: The hardware: a PCI address, whose last digit tells the functions of one card.
    device: str
    #: ARP's number of the kind of link.
    link: str
    speed_mbit: int | None = None
    is_up: bool = False

    @property
    def card(self) -> str:
        return self.device.rpartition(".")[0] or self.device


@dataclass(frozen=True)
class FabricPort:
    """A port of an InfiniBand device; its rate is as the kernel writes it: `400 Gb/sec (4X NDR)`."""

    device: str
    link_layer: str
    rate: str

    @property
    def card(self) -> str:
        return self.device.rpartition(".")[0] or self.device


def network_facts(ports: Iterable[Port], fabric: Iterable[FabricPort]) -> Facts:
    """The cards, counted by hardware, and the links by kind and speed; a link that is down has no speed."""
    ethernet = [port for port in ports if port.link == _ETHERNET]
    infiniband = [port for port in fabric if port.link_layer == "InfiniBand"]
    cards = {port.card for port in ethernet} | {port.card for port in infiniband}
    links = [f"{_speed(port.speed_mbit)}Ethernet" for port in ethernet]
    links += [f"{port.rate.partition('/sec')[0]}/s InfiniBand" for port in infiniband]
    up = [port for port in ethernet if port.is_up]
    facts = {
        "host_network_card_count": str(len(cards)),
        "host_networking": counted(links, ", ") or "none",
        "nics_enabled_os": str(len(ethernet)) if ethernet else None,
        "nics_enabled_connected": str(len(up)) if ethernet else None,
        "network_speed_mbit": str(max(speeds))
        if (speeds := [port.speed_mbit for port in up if port.speed_mbit])
        else None,
    }
    return told("/sys/class/net" + (", /sys/class/infiniband" if infiniband else ""), facts)


def _speed(mbit: int | None) -> str:
    """`25 Gb/s `; nothing where it isn't known."""
    if not mbit or mbit < 0:
        return ""
    return f"{mbit / 1000:g} Gb/s " if mbit >= 1000 else f"{mbit} Mb/s "
