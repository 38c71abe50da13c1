"""What a submitter writes by hand: implementation code and the calibration document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rules.checks.catalogue import finding
from rules.config.model import Submission
from rules.finding import Finding, Severity

_README = "README.md"
_NOT_SOURCE = ("__pycache__",)


def code_of(submission: Submission, model: str, copy_of: str | None = None) -> Path | None:
    """The declared implementation of a model: its own entry, that of the model it is a copy of, or that of '*'."""
    names = (name for name in (model, copy_of, "*") if name in submission.implementation)
    return submission.implementation.get(next(names, ""))


def code_files(source: Path) -> list[tuple[PurePosixPath, Path]]:
    """The files of an implementation, by their path in its folder of the tree; dot-files stay out."""
    if source.is_file():
        return [(PurePosixPath(source.name), source)]
    return [
        (PurePosixPath(path.relative_to(source)), path)
        for path in sorted(source.rglob("*"))
        if path.is_file() and not any(_is_left_out(part) for part in path.relative_to(source).parts)
    ]


def _is_left_out(part: str) -> bool:
    return part.startswith(".") or part in _NOT_SOURCE


def has_readme(files: Iterable[tuple[PurePosixPath, Path]]) -> bool:
    return any(str(inside) == _README for inside, _ in files)


def document_findings(submission: Submission, models: Iterable[str]) -> list[Finding]:
    """What is still to be written for the models shipped: warnings, errors in the final build."""
    where = str(submission.source)
    severity = Severity.ERROR if submission.final else Severity.WARNING
    without_code = [model for model in sorted(set(models)) if code_of(submission, model) is None]
    findings = []
    if without_code:
        findings.append(replace(finding("TEXT-001", where, found=", ".join(without_code)), severity=severity))
    if submission.calibration is None:
        findings.append(replace(finding("TEXT-002", where), severity=severity))
    declared = [*submission.implementation.values(), *([submission.calibration] if submission.calibration else [])]
    declared += submission.power_documents.values()
    declared += [system.nameplate_power for system in submission.systems.values() if system.nameplate_power]
    findings += [finding("TEXT-003", where, found=path) for path in sorted(set(declared)) if not path.exists()]
    return findings
