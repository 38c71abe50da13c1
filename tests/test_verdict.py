"""A verdict and its findings survive the JSON that a check leaves; what they decide."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import verdict

from rules.checks.catalogue import RULES, finding
from rules.domain import Category, Division, RunKey, Scenario
from rules.finding import Finding, Severity
from rules.verdict import Inference, Power, Verdict

NUMBERS = st.integers() | st.floats(allow_nan=False)
TEXTS = st.text(max_size=5)
JSON = st.none() | NUMBERS | TEXTS | st.lists(TEXTS, max_size=2)
FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(sorted(RULES)),
    severity=st.sampled_from(Severity),
    path=TEXTS,
    message=TEXTS,
    fix=TEXTS,
    line=st.none() | st.integers(1),
    expected=st.none() | TEXTS,
    found=st.none() | TEXTS,
    official=st.booleans(),
)
POWERS = st.none() | st.builds(Power, metric=NUMBERS, units=TEXTS, efficiency=NUMBERS)
VERDICTS = st.builds(
    Verdict,
    key=st.builds(RunKey, st.sampled_from(Division), TEXTS, TEXTS, TEXTS, st.sampled_from(Scenario)),
    folder=TEXTS,
    benchmark=st.none() | TEXTS,
    category=st.none() | st.sampled_from(Category),
    metric=st.none() | NUMBERS,
    units=st.none() | TEXTS,
    accuracy=st.dictionaries(TEXTS, TEXTS, max_size=2),
    power=POWERS,
    inferred=st.booleans(),
    logged=st.none() | TEXTS,
    inferable=st.dictionaries(st.sampled_from(Scenario), st.builds(Inference, metric=NUMBERS, power=POWERS)),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    findings_in_open=st.lists(FINDINGS, max_size=2).map(tuple),
    left_out=st.lists(TEXTS, max_size=2).map(tuple),
    weight_data_types=TEXTS,
    design_power_watts=JSON,
)
ERROR, WARNING = finding("PERF-016", "log", found="INVALID"), finding("PERF-021", "log", found=3)
POWER_ERROR, POWER_WARNING = finding("POW-001", "log"), finding("POW-012", "log")


@given(VERDICTS)
def test_a_verdict_survives_its_json(given_verdict: Verdict) -> None:
    assert Verdict.from_json(json.loads(json.dumps(given_verdict.to_json()))) == given_verdict


@given(FINDINGS)
def test_a_finding_survives_its_json(found: Finding) -> None:
    assert Finding.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("findings", "passes", "passes_without_power"),
    [
        ((), True, True),
        ((WARNING, POWER_WARNING), True, True),
        ((POWER_ERROR, WARNING), False, True),
        ((ERROR,), False, False),
        ((POWER_ERROR, ERROR), False, False),
    ],
)
def test_errors_decide(findings: tuple[Finding, ...], passes: bool, passes_without_power: bool) -> None:
    judged = verdict(findings=findings)
    assert (judged.passes, judged.passes_without_power) == (passes, passes_without_power)
    assert judged.errors == tuple(each for each in findings if each in (ERROR, POWER_ERROR))
    assert judged.to_json()["verdict"] == ("pass" if passes else "fail")


def test_in_open_a_run_has_its_findings_there() -> None:
    closed = verdict(findings=(ERROR, POWER_ERROR), findings_in_open=(WARNING,))
    in_open = closed.in_open()
    assert in_open.key == RunKey(Division.OPEN, *("ExampleLab", "example-edge", "resnet50"), Scenario.OFFLINE)
    assert (in_open.findings, in_open.findings_in_open) == ((WARNING,), ())
    assert in_open.metric == closed.metric
