"""`explain` as users run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from doit.exceptions import InvalidCommand
from support import Outcome, run_program

from rules.checks.catalogue import RULES
from rules.commands.explain import Explain


def explain(capsys: pytest.CaptureFixture[str], *codes: str) -> str:
    assert Explain().parse_execute(list(codes)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("program", ["mlperf-dodo", "doit"])
def test_a_rule_says_what_why_and_how(program: str, tmp_path: Path) -> None:
    assert run_program(program, "explain", "PERF-016", folder=tmp_path) == Outcome(
        0,
        "PERF-016: LoadGen says INVALID (ours error)\n"
        "  why:    LoadGen judges each run by the constraints that it was given. The\n"
        "          official checker reads that and ignores it.\n"
        "  says:   LoadGen says the result is …\n"
        "  fix:    See mlperf_log_summary.txt for the constraint that failed; mend it and\n"
        "          run again.\n"
        "  source: inference rules: results must be VALID; get_performance_metric_check\n"
        "          reads and ignores it\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_codes_may_be_many_and_in_small_letters(capsys: pytest.CaptureFixture[str]) -> None:
    said = explain(capsys, "acc-001", "Perf-016")
    assert [line.split(":")[0] for line in said.splitlines() if not line.startswith(" ")] == ["ACC-001", "PERF-016"]


def test_a_code_may_be_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    said = explain(capsys, "comp")
    found = [line.split(":")[0] for line in said.splitlines() if line and not line.startswith(" ")]
    assert found == [code for code in RULES if code.startswith("COMP")]


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explain(capsys).splitlines()
    assert {line.split()[0] for line in lines} == set(RULES)
    assert "PERF-016  LoadGen says INVALID" in lines


@pytest.mark.parametrize(
    ("code", "hint"),
    [("PERF-999", "; did you mean PERF-0"), ("PREF-001", "; did you mean PERF-001?"), ("qqq", "")],
)
def test_an_unknown_code_is_told_with_the_nearest(code: str, hint: str) -> None:
    with pytest.raises(InvalidCommand) as refused:
        Explain().parse_execute([code])
    assert str(refused.value).startswith(f"explain: no rule has the code {code}{hint}")


def test_an_unknown_code_is_told_in_one_line(tmp_path: Path) -> None:
    assert run_program("mlperf-dodo", "explain", "qqq", folder=tmp_path) == Outcome(
        3, "ERROR: explain: no rule has the code qqq\n"
    )
