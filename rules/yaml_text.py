"""Values as YAML text, for files that people go on writing. Pure."""

from __future__ import annotations

import re
from typing import Any

import yaml

#: Texts that need no quotes anywhere in block YAML, if YAML takes them for text at all.
_PLAIN = re.compile(r"[A-Za-z0-9/][\w./+-]*( [\w(][\w./+()-]*,?)*")


def yaml_scalar(value: Any) -> str:
    """A text, number or truth value on one line; in quotes where YAML would read anything else without them."""
    if isinstance(value, str):
        text = value.encode(errors="replace").decode()  # half a character, which YAML can't say
        if _PLAIN.fullmatch(text) and text.isascii() and yaml.safe_load(text) == text:
            return text
        return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))).rstrip("\n")
    return str(yaml.safe_dump(value, width=float("inf"))).removesuffix("\n").removesuffix("\n...")
