"""Units: what one stage task and one pack task are about, and how they are named.

A run's unit is its id, `closed/<system>/<model>/<scenario>`; a system's `closed/<system>`; the files
that all share, `shared`.
"""

from __future__ import annotations

from rules.domain import SystemFolder
from rules.tasks.workspace import Workspace

SHARED = "shared"


def system_unit(system: SystemFolder) -> str:
    return f"{system.division}/{system.name}"


def task_name(unit: str) -> str:
    """A unit's name in doit, which takes `=` for an override of a key."""
    return unit.replace("=", "%3D")


def all_units(workspace: Workspace) -> list[str]:
    """Every unit of the build, in the order of the archive."""
    runs = [run.key.id for run in workspace.inventory.runs]
    return sorted([*runs, *(system_unit(system) for system in workspace.inventory.systems), SHARED])
