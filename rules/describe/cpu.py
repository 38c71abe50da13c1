"""Processors, from `lscpu`, or from /proc/cpuinfo and /sys where that is not installed. Pure: texts in, facts out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rules.describe.facts import Facts, distinct, told, whole

#: lscpu's names of a processor that it doesn't know.
_UNKNOWN = ("", "-", "unknown")
_CACHES = ("L1d", "L1i", "L2", "L3", "L4")


def parse_lscpu(text: str) -> Facts:
    """The output of `lscpu` in English. Model, sockets, cores of one socket, clock rate, caches, interconnect."""
    said = _colon_lines(text)
    models = list(dict.fromkeys(name for name in map(_model, _all_of("Model name", text)) if name))
    if len(models) > 1:  # counts and rates are of one kind of core each, and don't say of which processor
        return told("lscpu", {"host_processor_model_name": " + ".join(models)})
    caches = {level: said.get(f"{level} cache") or said.get(level) for level in _CACHES}
    return told(
        "lscpu",
        {
            "host_processor_model_name": models[0] if models else None,
            "host_processors_per_node": whole(said.get("Socket(s)")),
            "host_processor_core_count": whole(said.get("Core(s) per socket")),
            "host_processor_frequency": _frequency(said.get("CPU min MHz"), said.get("CPU max MHz")),
            "host_processor_caches": ", ".join(f"{level}: {size}" for level, size in caches.items() if size),
        },
    )


def _colon_lines(text: str) -> dict[str, str]:
    """The first value of each `key: value` line."""
    pairs = (line.partition(":") for line in text.splitlines())
    said: dict[str, str] = {}
    for key, colon, value in pairs:
        if colon:
            said.setdefault(key.strip(), value.strip())
    return said


def _all_of(wanted: str, text: str) -> list[str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return [value.strip() for key, _, value in pairs if key.strip() == wanted]


def _model(name: str | None) -> str | None:
    return None if name is None or name.lower() in _UNKNOWN else " ".join(name.split())


def _frequency(low: str | None, high: str | None) -> str | None:
    """`400 MHz to 3800 MHz` of the clock rates in MHz, which lscpu knows of bare metal only."""
    rates = [f"{float(rate):.0f} MHz" for rate in (low, high) if rate and re.fullmatch(r"\d+([.,]\d+)?", rate)]
    return " to ".join(dict.fromkeys(rates)) if high and rates else None


def parse_cpuinfo(text: str) -> Facts:
    """/proc/cpuinfo: model, sockets and cores of one socket, as far as the architecture tells them."""
    blocks = [_colon_lines(block) for block in re.split(r"\n\s*\n", text) if block.strip()]
    models = [name for block in blocks if (name := _model(block.get("model name") or block.get("cpu model")))]
    sockets = {block["physical id"] for block in blocks if "physical id" in block}
    cores = {whole(block.get("cpu cores")) for block in blocks} - {None}
    return told(
        "/proc/cpuinfo",
        {
            "host_processor_model_name": distinct(models, " + "),
            "host_processors_per_node": len(sockets) or None,
            "host_processor_core_count": cores.pop() if len(cores) == 1 else None,
        },
    )


def parse_clock(folder: str, said: Mapping[str, str | None]) -> Facts:
    """cpufreq in /sys: its rates are in kHz."""
    low, high = (whole(said.get(name)) for name in ("cpuinfo_min_freq", "cpuinfo_max_freq"))
    rates = [f"{rate / 1000:.0f}" if rate else None for rate in (low, high)]
    governor = said.get("scaling_governor")
    return told(
        folder,
        {
            "host_processor_frequency": _frequency(*rates),
            "power_management": f"{said.get('scaling_driver') or 'cpufreq'}, governor {governor}" if governor else None,
        },
    )


def parse_caches(folder: str, rows: Iterable[Mapping[str, str | None]]) -> Facts:
    """The caches of one processor core in /sys, a row for each index."""
    kinds = {"Data": "d", "Instruction": "i", "Unified": ""}
    sizes = [
        f"L{row['level']}{kinds.get(row.get('type') or '', '')}: {row['size']}"
        for row in rows
        if row.get("level") and row.get("size")
    ]
    return told(folder, {"host_processor_caches": f"{', '.join(sizes)} (as seen by one core)" if sizes else None})
