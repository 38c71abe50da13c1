"""Wrapping a step's function as a doit action: failures become messages, changing input is caught."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from doit.exceptions import TaskFailed

from rules.engine.hashes import Look
from rules.errors import UserError
from rules.folders import stat_of

Step = Callable[[], None]


def action(
    step: Step, inputs: Iterable[str] = (), crash_log: Path | None = None, look: Look = stat_of
) -> Callable[[], TaskFailed | None]:
    """A doit action that runs `step`.

    It fails, with a message and no traceback, where the step raises, or where a file of `inputs`
    changes while the step reads it: what was made of it must not count. `look` says how a file was
    before, which may be when the build first saw it: then all steps have read the same.
    """
    watched = tuple(inputs)

    def run() -> TaskFailed | None:
        before = {path: look(path) for path in watched}
        try:
            step()
        except UserError as error:
            return TaskFailed(str(error))
        except OSError as error:
            return TaskFailed(f"{error.filename2 or error.filename or 'a file'}: {error.strerror or error}")
        except Exception as error:  # a fault of ours: keep the details, spare the user the traceback
            return TaskFailed(_keep(error, crash_log))
        changed = [path for path, stat in before.items() if stat_of(path) != stat]
        if changed:
            more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
            return TaskFailed(f"{changed[0]}{more} changed while it was read; run `doit` again")
        return None

    return run


def _keep(error: Exception, crash_log: Path | None) -> str:
    what = f"internal error: {type(error).__name__}: {error}"
    if crash_log is None:
        return what
    try:
        crash_log.parent.mkdir(parents=True, exist_ok=True)
        crash_log.write_text(traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return what
    return f"{what}\nThis is a fault of mlperf-dodo; please report it with {crash_log}"
