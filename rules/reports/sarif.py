"""findings.sarif: all findings in SARIF 2.1.0, within the limits of GitHub code scanning. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from rules import __version__
from rules.checks.catalogue import Rule, rule_of
from rules.finding import Finding
from rules.reports.escaping import name_bytes, printable, uri_path

#: GitHub refuses a run with more results than this; of these it shows the 5,000 gravest.
MOST_RESULTS = 25_000
#: GitHub cuts descriptions that are longer.
_LONGEST = 1024
#: `[text](1)` in a message is a link of SARIF's own.
_LINK = re.compile(r"[\[\]](?=[^\[\]]*\]\()|\](?=\()")
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """The SARIF log of a build; `findings` come errors first."""
    kept = findings[:MOST_RESULTS]
    rules = sorted({found.code for found in kept})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "mlperf-dodo",
                "semanticVersion": __version__,
                "rules": [_rule(rule_of(code)) for code in rules],
            }
        },
        "results": list(_results(kept, {code: index for index, code in enumerate(rules)})),
    }
    if len(kept) < len(findings):
        text = f"{len(findings) - len(kept)} more findings are in findings.json: GitHub takes {MOST_RESULTS} at most."
        notification = {"level": "warning", "message": {"text": text}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [notification]}]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    fix = rule.fix.format(found="…", expected="…")
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title[:_LONGEST]},
        "fullDescription": {"text": rule.why[:_LONGEST]},
        "help": {
            "text": f"{rule.why}\n\nFix: {fix}\n\nSource: {rule.source}",
            "markdown": f"{_prose(rule.why)}\n\n**Fix:** {_prose(fix)}\n\n**Source:** {_prose(rule.source)}",
        },
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {
            "tags": ["official" if rule.official else "ours", rule.code.split("-")[0]],
            "precision": "very-high",
            "problem.severity": str(rule.severity),
        },
    }


def _prose(text: str) -> str:
    """The catalogue's own text, whose back quotes are markup, in Markdown."""
    return text.replace("<", "\\<")


def _results(findings: Iterable[Finding], indices: Mapping[str, int]) -> Iterable[dict[str, Any]]:
    seen: Counter[tuple[str, str]] = Counter()
    for found in findings:
        place = (found.code, found.path)
        seen[place] += 1
        yield {
            "ruleId": found.code,
            "ruleIndex": indices[found.code],
            "level": str(found.severity),
            "message": {"text": _LINK.sub(r"\\\g<0>", printable(f"{found.message}\nFix: {found.fix}"))},
            "locations": [{"physicalLocation": _location(found)}],
            "partialFingerprints": {"primaryLocationLineHash": f"{_hash(place)}:{seen[place]}"},
        }


def _location(found: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(found.path)}
    if found.line is not None and found.line > 0:
        location["region"] = {"startLine": found.line}
    return location


def _artifact(path: str) -> dict[str, str]:
    """A path of the workspace as a URI relative to it; any other as `file:`."""
    quoted = uri_path(path)
    if path.startswith("/"):
        return {"uri": f"file://{quoted}"}
    return {"uri": quoted or ".", "uriBaseId": "%SRCROOT%"}


def _hash(place: tuple[str, str]) -> str:
    """Stands for a rule and a file: neither figures nor lines, so that another run's log is the same alert."""
    return sha256(name_bytes("\0".join(place))).hexdigest()[:16]
