"""Ctrl-C and a closed pipe (`doit list | head`) end a build without a traceback."""

from __future__ import annotations

import signal
import sys
from types import TracebackType


def end_quietly() -> None:
    """For this process, from now on. What was finished stays finished: state is written at once."""
    if hasattr(signal, "SIGPIPE"):  # not on Windows
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    previous = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            previous(kind, error, trace)

    sys.excepthook = hook
