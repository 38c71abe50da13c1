"""Machines that were recorded: outputs of real tools' form, and folders that stand for /proc and /sys."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rules.describe.facts import Facts
from rules.describe.machine import Machine

_RECORDED = Path(__file__).parent / "describe/recorded"


def recorded(name: str) -> str:
    """A tool's output."""
    return (_RECORDED / name).read_text(encoding="utf-8")


def values(facts: Facts) -> dict[str, str | int]:
    return {name: fact.value for name, fact in facts.items()}


def origins(facts: Facts) -> set[str]:
    return {fact.origin for fact in facts.values()}


def make_machine(
    folder: Path,
    *,
    files: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    tools: Mapping[str, str] | None = None,
    refusing: Mapping[str, str] | None = None,
    libraries: Mapping[str, Any] | None = None,
) -> Machine:
    """A machine with these files, links and libraries; tools that print what was recorded, and others that complain."""
    root, programs = folder / "root", folder / "bin"
    root.mkdir(parents=True)
    programs.mkdir()
    for path, text in (files or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path, target in (links or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    cases: dict[str, list[str]] = {}
    for command, name in (tools or {}).items():
        program, _, arguments = command.partition(" ")
        says = f"exec cat {shlex.quote(str(_RECORDED / name))}"
        cases.setdefault(program, []).append(f'[ "$*" = {shlex.quote(arguments)} ] && {says}')
    for program, complaint in (refusing or {}).items():
        cases.setdefault(program, []).append(f"echo {shlex.quote(complaint)} >&2")
    for program, lines in cases.items():
        (programs / program).write_text("\n".join(["#!/bin/sh", *lines, "exit 1", ""]))
        (programs / program).chmod(0o755)
    return Machine(root, str(programs), libraries or {})
