"""`doit -n`: workers that always have a job at hand."""

from __future__ import annotations

import gc
from typing import Any

import doit.cmd_run
from doit.runner import MRunner


class BusyRunner(MRunner):  # type: ignore[misc]
    """doit's runner for several processes, with a second job in the queue for each of them.

    doit gives a worker its next job when it has taken in the result of the last one, for which the
    worker waits: with tasks of a few milliseconds, a quarter of its time.
    """

    def _run_start_processes(self, job_q: Any, result_q: Any) -> list[Any]:
        gc.freeze()  # else the collector writes to all the memory that a worker shares with its parent
        processes = super()._run_start_processes(job_q, result_q)
        ahead = []
        for process in processes:
            job = self.get_next_job(None)
            if job is None:
                break
            job_q.put(job)
            ahead.append(process)
        # One entry for each job that is out: doit counts them down when no more are left.
        return [*processes, *ahead]


def keep_workers_busy() -> None:
    """Have doit's `run` use it: there is no option for that."""
    doit.cmd_run.MRunner = BusyRunner
