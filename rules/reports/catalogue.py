"""The catalogue of rules as text: one rule for the terminal, all of them as docs/checks.md. Pure."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches
from itertools import groupby

from rules.checks.catalogue import RULES, Rule
from rules.checks.judge import FAMILIES

_WIDTH = 80
#: What each family of codes is about, in the order of the document.
FAMILY_TITLES = {
    "PERF": "Performance runs",
    "ACC": "Accuracy runs",
    "COMP": "Compliance runs",
    "POW": "Power",
    "MEAS": "Descriptions of runs",
    "SYS": "System descriptions",
    "SCAN": "Results folders",
    "PLAN": "Benchmarks and scenarios",
    "TEXT": "What the submitter writes",
    "TREE": "The tree as a whole",
}
_HEAD = """\
# Rules

Every rule by its code, as `mlperf-dodo explain CODE` prints it. Made from the catalogue in
`rules/checks/`: don't edit this page, run `python -m rules.reports.catalogue > docs/checks.md`.

*Official* rules decide the verdict of MLCommons' own submission checker; the others are what the
published rules ask for besides, or what only a build can find. `verify --profile official` applies
the official ones alone.
"""


def rules() -> list[Rule]:
    """All rules, family by family, by their codes."""
    assert FAMILIES  # importing them is what fills the catalogue
    order = list(FAMILY_TITLES)
    return sorted(RULES.values(), key=lambda rule: (order.index(_family(rule)), rule.code))


def _family(rule: Rule) -> str:
    return rule.code.split("-")[0]


def matching(code: str) -> tuple[list[Rule], str | None]:
    """The rules whose code is, or begins with, `code`; and the nearest code where there is none."""
    wanted = code.upper()
    exact = [rule for rule in rules() if rule.code == wanted]
    found = exact or [rule for rule in rules() if rule.code.startswith(wanted)]
    nearest = get_close_matches(wanted, RULES, n=1)
    return found, None if found or not nearest else nearest[0]


def format_rule(rule: Rule) -> str:
    """One rule for the terminal."""
    parts = (
        ("", f"{rule.code}: {rule.title} ({_kind(rule)})"),
        ("why", rule.why),
        ("says", _plain(rule.message)),
        ("fix", _plain(rule.fix)),
        ("source", rule.source),
    )
    return "".join(_part(name, text) for name, text in parts)


def _part(name: str, text: str) -> str:
    first = f"  {name + ':':8}" if name else ""
    indent = " " * 10 if name else "  "
    lines = textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) + "\n"


def format_list() -> str:
    """All codes with their titles, a line each."""
    return "".join(f"{rule.code:8}  {rule.title}\n" for rule in rules())


def format_document() -> str:
    """docs/checks.md."""
    sections = [_HEAD]
    for family, same in groupby(rules(), key=_family):
        rows = "".join(f"| {rule.code} | {_cell(rule)} | {_kind(rule)} | {_escaped(rule.source)} |\n" for rule in same)
        head = "| code | rule | kind | source |\n|---|---|---|---|\n"
        sections.append(f"## {FAMILY_TITLES[family]}\n\n{head}{rows}")
    return "\n".join(sections)


def _cell(rule: Rule) -> str:
    return "<br>".join((f"**{_escaped(rule.title)}**", _escaped(rule.why), f"Fix: {_escaped(_plain(rule.fix))}"))


def _kind(rule: Rule) -> str:
    return f"{'official' if rule.official else 'ours'} {rule.severity}"


def _plain(template: str) -> str:
    """A message's template as a reader sees it: `…` stands for what is found or expected."""
    return template.format(found="…", expected="…")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


if __name__ == "__main__":
    print(format_document(), end="")
