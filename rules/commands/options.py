"""Options of our commands, as doit wants them."""

from __future__ import annotations

from typing import Any


def option(name: str, help_: str, **more: Any) -> dict[str, Any]:
    """A long option that takes a text, unless `more` says otherwise."""
    return {"name": name, "long": name, "type": str, "default": "", "help": help_} | more
