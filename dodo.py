"""Make for MLPerf Inference submissions: the steps, in the order of the flow.

`doit list` shows them; `submission.yaml` in the current folder says what to build.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.tasks.build import WORKSPACE, doit_config
from rules.tasks.check import check_tasks
from rules.tasks.pack import pack_tasks
from rules.tasks.plan import plan_task
from rules.tasks.report import gate_task, report_task
from rules.tasks.stage import stage_tasks

DOIT_CONFIG = doit_config()


def task_check() -> Iterator[dict[str, Any]]:
    """judge every run by the round's rules"""
    yield from check_tasks(WORKSPACE)


def task_plan() -> dict[str, Any]:
    """decide where every run goes, and why"""
    return plan_task(WORKSPACE)


def task_stage() -> Iterator[dict[str, Any]]:
    """lay out the submission tree"""
    yield from stage_tasks(WORKSPACE)


def task_pack() -> Iterator[dict[str, Any]]:
    """pack the tree into the archive"""
    yield from pack_tasks(WORKSPACE)


def task_report() -> dict[str, Any]:
    """write the reports"""
    return report_task(WORKSPACE)


def task_gate() -> dict[str, Any]:
    """say what is shipped, and fail if the archive is not ready"""
    return gate_task(WORKSPACE)
