"""What is said on a terminal and nowhere else: colour, and lines that move. Imported at every start."""

from __future__ import annotations

import os
import re
from typing import Any

_RESET = "\x1b[0m"
#: Colours, as ECMA-48 numbers them, of what they match.
_STYLES = {
    "1;31": r"^(?:error [A-Z]+-\d{3}(?=:)|Not ready|Interrupted|Fails\b)|(?<=  )failing(?=  |$)",
    "31": r"^drop(?=  )|(?<=  )dropped(?=  |$)",
    "33": r"^(?:warning [A-Z]+-\d{3}(?=:)|move to open(?=  ))|(?<=  )(?:moved|to run)(?=  |$)",
    "1;32": r"^(?:Ready|Passes)\b",
    "32": r"(?<=  )pass(?=  |$)",
    "36": r"^(?:infer|copy down|also open)(?=  )|^ +fix:|(?<=  )(?:inferred|copied)(?=  |$)",
    "1": r"\b[A-Z]{3,5}-\d{3}\b",
}
_PATTERN = "|".join(f"({pattern})" for pattern in _STYLES.values())


def is_terminal(stream: Any) -> bool:
    """Whether a stream leads to a terminal that obeys more than line ends."""
    try:
        return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):  # no stream of a file, or closed
        return False


def in_colour(text: str, stream: Any) -> str:
    """Our words for a stream: severities, codes and verdicts in colour where it shows any."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    styles = tuple(_STYLES)

    def styled(found: re.Match[str]) -> str:
        return f"\x1b[{styles[(found.lastindex or 1) - 1]}m{found[0]}{_RESET}"

    return re.sub(_PATTERN, styled, text, flags=re.MULTILINE)
