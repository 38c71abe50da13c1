"""What the libraries of the extra `[describe]` tell: NVML's GPUs, and the basics where Linux's own files are missing.

Each of them may be absent (None), and each may fail on a machine that it wasn't made for: then it tells nothing.
"""

from __future__ import annotations

from typing import Any

from rules.describe.accelerators import Accelerator, Stack
from rules.describe.facts import Facts, told


def nvml_stack(nvml: Any) -> Stack | None:
    """The GPUs that NVIDIA's management library sees (nvidia-ml-py)."""
    if nvml is None:
        return None
    try:
        nvml.nvmlInit()
    except Exception:  # no driver
        return None
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        found = [_nvml_accelerator(nvml, handle) for handle in handles]
        cuda = _asked(nvml.nvmlSystemGetCudaDriverVersion)
        driver = _asked(nvml.nvmlSystemGetDriverVersion)
        software = (
            f"CUDA {cuda // 1000}.{cuda % 1000 // 10}" if cuda else "",
            f"Driver {_text(driver)}" if driver else "",
        )
        return Stack("nvidia-ml-py", found, _nvml_links(nvml, handles), software)
    except Exception:  # a GPU that has fallen off the bus
        return None
    finally:
        _asked(nvml.nvmlShutdown)


def _nvml_accelerator(nvml: Any, handle: Any) -> Accelerator:
    memory = _asked(nvml.nvmlDeviceGetMemoryInfo, handle)
    clock = _asked(nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_SM)
    generation = _asked(nvml.nvmlDeviceGetMaxPcieLinkGeneration, handle)
    width = _asked(nvml.nvmlDeviceGetMaxPcieLinkWidth, handle)
    return Accelerator(
        _text(nvml.nvmlDeviceGetName(handle)),
        memory.total / (1 << 20) if memory else None,
        clock_mhz=str(clock or ""),
        pcie=f"PCIe Gen{generation} x{width}" if generation and width else "",
    )


def _nvml_links(nvml: Any, handles: list[Any]) -> str | None:
    """How many NVLinks of a GPU are up. Those without any are joined by PCIe alone."""
    counts = set()
    for handle in handles:
        states = (_asked(nvml.nvmlDeviceGetNvLinkState, handle, link) for link in range(nvml.NVML_NVLINK_MAX_LINKS))
        counts.add(sum(state == 1 for state in states))
    if counts == {0}:
        return "PCIe (no NVLink)" if len(handles) > 1 else None
    return ", ".join(f"{count}x NVLink" for count in sorted(counts) if count)


def _asked(question: Any, *arguments: Any) -> Any:
    """The answer to a question that not every device has one to."""
    try:
        return question(*arguments)
    except Exception:
        return None


def _text(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def cpuinfo_facts(library: Any) -> Facts:
    """The processor's name (py-cpuinfo), on systems that have neither lscpu nor /proc."""
    said = _asked(lambda: library.get_cpu_info()) or {}
    return told("py-cpuinfo", {"host_processor_model_name": said.get("brand_raw")})


def psutil_facts(library: Any) -> Facts:
    """The memory that the system may use (psutil), on systems without /proc."""
    memory = _asked(lambda: library.virtual_memory())
    return told("psutil", {"host_memory_capacity": f"{memory.total / (1 << 30):.1f} GiB usable" if memory else None})


def distribution(library: Any) -> str | None:
    """The system's name and version (distro)."""
    said = _asked(lambda: library.name(pretty=True))
    return str(said) if said else None
