"""Make for MLPerf Inference submissions: the steps, in the order of the flow.

`doit list` shows them; `submission.yaml` in the current folder says what to build. Each step is
imported when its tasks are made, for a build that has nothing to do makes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.tasks.build import WORKSPACE, doit_config

DOIT_CONFIG = doit_config()


def task_check() -> Iterator[dict[str, Any]]:
    """judge every run by the round's rules"""
    from rules.tasks.check import check_tasks

    yield from check_tasks(WORKSPACE)


def task_plan() -> dict[str, Any]:
    """decide where every run goes, and why"""
    from rules.tasks.plan import plan_task

    return plan_task(WORKSPACE)


def task_stage() -> Iterator[dict[str, Any]]:
    """lay out the submission tree"""
    from rules.tasks.stage import stage_tasks

    yield from stage_tasks(WORKSPACE)


def task_pack() -> Iterator[dict[str, Any]]:
    """pack the tree into the archive"""
    from rules.tasks.pack import pack_tasks

    yield from pack_tasks(WORKSPACE)


def task_report() -> dict[str, Any]:
    """write the reports"""
    from rules.tasks.report import report_task

    return report_task(WORKSPACE)


def task_gate() -> dict[str, Any]:
    """say what is shipped, and fail if the archive is not ready"""
    from rules.tasks.report import gate_task

    return gate_task(WORKSPACE)
