"""Names and messages from logs and folders, made safe for the formats that they are written in. Pure."""

from __future__ import annotations

import re

#: What is no character of XML 1.0, and what a terminal obeys: controls but tab and line ends, halves of surrogate
#: pairs (how Python holds file names that aren't UTF-8), two that Unicode leaves unassigned for good.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What GitHub's Markdown reads as markup within a line or a table; an underscore within a word is none.
_MARKDOWN = re.compile(r"[\\`*|\[\]~]|(?<![^\W_])_|_(?![^\W_])")
#: What stands in the path of a URI as it is.
_IN_URI = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def printable(text: str) -> str:
    """Text with the rest shown as Python writes it: `\\x1b`, `\\udcff`."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def markdown(text: str) -> str:
    """Text as one line of Markdown that shows just that."""
    line = " ".join(printable(text).split())
    return _MARKDOWN.sub(r"\\\g<0>", line).translate(_HTML)


def uri_path(path: str) -> str:
    """A path as a URI has it, byte for byte, whatever its names hold."""
    return "".join(chr(byte) if byte in _IN_URI else f"%{byte:02X}" for byte in name_bytes(path))


def name_bytes(name: str) -> bytes:
    """A file's name as the file system has it; of a name that no file has, some bytes."""
    try:
        return name.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return name.encode(errors="backslashreplace")
