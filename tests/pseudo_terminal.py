"""A command on a terminal of a given size, and what its user sees."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte

#: So that all that is said is still there at the end.
_LINES = 200
#: What moves is taken off line by line before it is written anew.
_BEFORE_ERASING = re.compile(rb"(?=\r\x1b\[(?:2K|1A))")


@dataclass
class Shown:
    """What a terminal showed of a command."""

    code: int = 0
    #: All that was sent.
    sent: bytes = b""
    #: The screen each time before something is taken off, and at the end.
    frames: list[list[str]] = field(default_factory=list)
    #: The colours at the end.
    colours: set[str] = field(default_factory=set)
    cursor_is_shown: bool = True

    @property
    def lines(self) -> list[str]:
        """The screen at the end."""
        return self.frames[-1]


def on_terminal(
    command: Sequence[str], folder: Path, *, columns: int = 80, interrupt_at: bytes = b"", **environment: str
) -> Shown:
    """Run it to its end; Ctrl-C is pressed once `interrupt_at` was sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=plain | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, screen = Shown(), pyte.Screen(columns, _LINES)
    stream = pyte.ByteStream(screen)
    while piece := _read(ours):
        shown.sent += piece
        for part in _BEFORE_ERASING.split(piece):
            stream.feed(part)
            shown.frames.append("\n".join(line.rstrip() for line in screen.display).rstrip().split("\n"))
        if interrupt_at and interrupt_at in shown.sent:
            os.killpg(process.pid, signal.SIGINT)
            interrupt_at = b""
    os.close(ours)
    shown.code = process.wait()
    shown.colours = {char.fg for row in screen.buffer.values() for char in row.values()} - {"default"}
    shown.cursor_is_shown = not screen.cursor.hidden
    return shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the last that had it open is gone
        return b""
