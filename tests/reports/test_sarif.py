"""findings.sarif, read by a model that was generated from the official JSON schema."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from any_text import ANY_TEXT
from hypothesis import given
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from rules.checks.catalogue import RULES, finding
from rules.finding import Finding
from rules.reports.sarif import MOST_RESULTS, sarif
from rules.steps.files import json_bytes

INVALID = finding("PERF-016", "results/a/mlperf_log_detail.txt", line=7, found="INVALID")
WARNING = finding("TEXT-002", "submission.yaml")


def run_of(*findings: Finding) -> dict[str, Any]:
    """The one run of the log, once it is known for SARIF."""
    data = json_bytes(sarif(findings))
    SarifLog.model_validate_json(data)
    (run,) = json.loads(data)["runs"]
    return dict(run)


def result_of(found: Finding) -> dict[str, Any]:
    (result,) = run_of(found)["results"]
    return dict(result)


def uri_of(path: str) -> dict[str, str]:
    location = result_of(replace(INVALID, path=path))["locations"][0]["physicalLocation"]
    return dict(location["artifactLocation"])


def test_a_finding_is_a_result_of_its_rule() -> None:
    assert result_of(INVALID) == {
        "ruleId": "PERF-016",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": f"{INVALID.message}\nFix: {INVALID.fix}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "results/a/mlperf_log_detail.txt", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 7},
                }
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": result_of(INVALID)["partialFingerprints"]["primaryLocationLineHash"]
        },
    }


def test_a_build_without_findings_is_a_log_as_well() -> None:
    run = run_of()
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_rules_are_those_of_the_catalogue_that_found_something() -> None:
    rules = run_of(INVALID, INVALID, WARNING)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PERF-016", "TEXT-002"]
    assert rules[0]["shortDescription"]["text"] == RULES["PERF-016"].title
    assert RULES["PERF-016"].why in rules[0]["help"]["text"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "warning"]
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules)  # GitHub shows no more


def test_every_rule_can_be_told() -> None:
    rules = run_of(*(finding(code, "file") for code in RULES))["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == set(RULES)


def test_every_result_points_at_its_rule() -> None:
    run = run_of(INVALID, WARNING, replace(INVALID, path="b"))
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("results/a b/100%/ä#1?.txt", "results/a%20b/100%25/%C3%A4%231%3F.txt"),
        ("a:b/c", "a%3Ab/c"),  # else `a` would be a scheme
        ("name\udcff", "name%FF"),  # a file name that isn't UTF-8, byte for byte
        ("../elsewhere/x", "../elsewhere/x"),
        ("", "."),
    ],
)
def test_a_path_in_the_workspace_is_relative_to_it(path: str, uri: str) -> None:
    assert uri_of(path) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_a_path_elsewhere_is_a_file_uri() -> None:
    assert uri_of("/data/run 1") == {"uri": "file:///data/run%201"}


@pytest.mark.parametrize("line", [None, 0])
def test_without_a_line_there_is_no_region(line: int | None) -> None:
    assert "region" not in result_of(replace(INVALID, line=line))["locations"][0]["physicalLocation"]


class TestFingerprints:
    def of(self, *findings: Finding) -> list[str]:
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run_of(*findings)["results"]]

    def test_stay_where_figures_and_lines_change(self) -> None:
        moved = replace(INVALID, line=99, message="another figure", found="1")
        assert self.of(INVALID) == self.of(moved)

    def test_stay_where_other_findings_come_and_go(self) -> None:
        assert self.of(INVALID)[0] in self.of(finding("PERF-001", "x"), INVALID, WARNING)

    def test_tell_rules_files_and_places_in_a_file_apart(self) -> None:
        other_rule, other_file = replace(INVALID, code="PERF-001"), replace(INVALID, path="b")
        assert len(set(self.of(INVALID, other_rule, other_file, replace(INVALID, line=8)))) == 4


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("\x1b[31m\0\udcff", "\\x1b[31m\\x00\\udcff"),
        ("see [this](1)", "see \\[this\\](1)"),  # no link of SARIF's own
        ("found [1, 2] (two)", "found [1, 2] (two)"),
        ("<script>x</script>", "<script>x</script>"),  # plain text to its readers
    ],
)
def test_messages_are_plain_text(message: str, shown: str) -> None:
    text = result_of(replace(INVALID, message=message))["message"]["text"]
    assert text.splitlines()[0] == shown


@given(ANY_TEXT)
def test_any_path_and_message_is_sarif(text: str) -> None:
    result = result_of(replace(INVALID, path=text, message=text, fix=text))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()
    result["message"]["text"].encode()


def test_of_more_findings_than_github_takes_the_gravest_are_kept() -> None:
    many = [replace(INVALID, path=f"results/{number}") for number in range(MOST_RESULTS)]
    run = run_of(*many, WARNING, WARNING)
    assert len(run["results"]) == MOST_RESULTS
    assert {result["level"] for result in run["results"]} == {"error"}
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("2 more findings are in findings.json")
    assert len(gzip.compress(json_bytes(sarif(many)), compresslevel=1)) < 10 << 20


def test_the_schemas_model_can_refuse() -> None:
    log = sarif([INVALID])
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValueError, match="level"):
        SarifLog.model_validate(log)
