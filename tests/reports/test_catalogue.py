"""The catalogue as text: in the terminal and as docs/checks.md."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import REPOSITORY

from rules.checks.catalogue import RULES
from rules.reports.catalogue import FAMILY_TITLES, format_document, format_list, format_rule, matching, rules


def test_the_page_of_rules_is_current() -> None:
    """If not: python -m rules.reports.catalogue > docs/checks.md"""
    assert (REPOSITORY / "docs/checks.md").read_text(encoding="utf-8") == format_document()


def test_the_page_is_what_the_module_prints() -> None:
    command = [sys.executable, "-m", "rules.reports.catalogue"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == format_document()


def test_rules_are_in_the_order_of_their_families_and_codes() -> None:
    order = list(FAMILY_TITLES)
    codes = [rule.code for rule in rules()]
    assert set(codes) == set(RULES)
    assert codes == sorted(codes, key=lambda code: (order.index(code.split("-")[0]), code))


class TestDocument:
    def test_has_a_table_for_each_family(self) -> None:
        lines = format_document().splitlines()
        assert [line[3:] for line in lines if line.startswith("## ")] == list(FAMILY_TITLES.values())

    def test_has_a_row_of_four_cells_for_each_rule(self) -> None:
        rows = [
            line for line in format_document().splitlines() if line.startswith("| ") and not line.startswith("| code")
        ]
        assert len(rows) == len(RULES)
        assert all(len(row.replace("\\|", "").split("|")) == 6 for row in rows)

    def test_shows_a_rule_with_why_and_fix(self) -> None:
        assert (
            "| PERF-016 | **LoadGen says INVALID**<br>LoadGen judges each run by the constraints that it was given."
            " The official checker reads that and ignores it.<br>Fix: See mlperf_log_summary.txt for the constraint"
            " that failed; mend it and run again. | ours error | inference rules: results must be VALID;"
            " get_performance_metric_check reads and ignores it |\n"
        ) in format_document()

    def test_spells_out_marks_of_html(self) -> None:
        text = format_document()
        assert "&lt;SUT&gt;" in text
        assert "<SUT>" not in text


class TestRule:
    @pytest.mark.parametrize("code", RULES)
    def test_fits_the_terminal(self, code: str) -> None:
        text = format_rule(RULES[code])
        lines = text.splitlines()
        assert " ".join(text.split()).startswith(f"{code}: {RULES[code].title} (")
        long = [line for line in lines if len(line) > 80]
        assert all(" " not in line.strip() for line in long), long

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("PERF-005", "official error"),
            ("PERF-016", "ours error"),
            ("PERF-021", "ours warning"),
            ("POW-012", "official warning"),
        ],
    )
    def test_says_whose_it_is(self, code: str, kind: str) -> None:
        assert format_rule(RULES[code]).splitlines()[0].endswith(f"({kind})")

    def test_stands_with_dots_for_what_is_found(self) -> None:
        assert "  says:   performance sample count is …, must be at least …\n" in format_rule(RULES["PERF-004"])
        assert "{path: <this folder>, division:" in " ".join(format_rule(RULES["SCAN-006"]).split())


def test_the_list_has_a_line_for_each_rule() -> None:
    lines = format_list().splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in rules()]
    assert lines[0] == "PERF-001  no performance run"


@pytest.mark.parametrize(
    ("code", "found", "nearest"),
    [
        ("ACC-001", ["ACC-001"], None),
        ("acc-001", ["ACC-001"], None),
        ("PLAN-00", [code for code in RULES if code.startswith("PLAN-00")], None),
        ("TEXT", ["TEXT-001", "TEXT-002", "TEXT-003"], None),
        ("ACC-0011", [], "ACC-011"),
        ("qqq", [], None),
    ],
)
def test_a_code_matches_the_rules_that_begin_so(code: str, found: list[str], nearest: str | None) -> None:
    matches, hint = matching(code)
    assert ([rule.code for rule in matches], hint) == (found, nearest)
