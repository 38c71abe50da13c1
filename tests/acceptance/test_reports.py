"""The reports of whole builds, opened by the readers of their formats."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from junitparser import JUnitXml
from openpyxl import load_workbook
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog
from support import doit, edit_log, report

from rules.tasks.report import REPORTS

HOSTILE = "<script>|=cmd"
HOSTILE_MODEL = "=bert-small|<b>'int4"


@pytest.fixture(scope="module")
def hostile(built_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with a model and results that no format likes, built."""
    workspace = Path(shutil.copytree(built_example, tmp_path_factory.mktemp("hostile") / "workspace"))
    model = workspace / "results/open/example-edge-int4/bert-small-int4"
    renamed = model.rename(model.with_name(HOSTILE_MODEL))
    (renamed.parent / "model_mapping.json").write_text(json.dumps({HOSTILE_MODEL: "bert-99"}))
    meta = renamed.parent / "system_meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_bytes()) | {"system_name": HOSTILE, "framework": "+1"}))
    log = workspace / "results/closed/example-edge/resnet50/Offline/performance/run_1/mlperf_log_detail.txt"
    edit_log(log, result_validity="\x1b[31m::error::<script>\ud800")
    doit(workspace)
    return workspace


@pytest.mark.parametrize("built", ["built_example", "hostile"])
class TestEveryBuild:
    @pytest.fixture
    def output(self, built: str, request: pytest.FixtureRequest) -> Path:
        return Path(request.getfixturevalue(built)) / "build"

    def test_makes_every_report(self, output: Path) -> None:
        assert [name for name in REPORTS if not (output / name).is_file()] == []

    def test_makes_json_that_any_reader_takes(self, output: Path) -> None:
        for path in (output / name for name in REPORTS if name.endswith((".json", ".sarif"))):
            json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)

    def test_has_every_finding_in_sarif(self, output: Path) -> None:
        text = (output / "findings.sarif").read_text()
        SarifLog.model_validate_json(text)
        findings = json.loads((output / "findings.json").read_bytes())
        found = [*findings["tree"], *(each for result in findings["results"] for each in result["findings"])]
        results = json.loads(text)["runs"][0]["results"]
        assert {result["ruleId"] for result in results} == {each["code"] for each in found}

    def test_has_a_case_for_every_run(self, output: Path) -> None:
        suites = {suite.name: list(suite) for suite in JUnitXml.fromfile(str(output / "junit.xml"))}
        results = json.loads((output / "findings.json").read_bytes())["results"]
        failing = [case for suite, cases in suites.items() for case in cases if suite != "submission" and case.result]
        assert len(failing) >= sum(result["verdict"] == "fail" for result in results)
        assert {f"{result['division']}/{result['system']}" for result in results} <= set(suites)

    def test_has_every_shipped_result_in_the_spreadsheet(self, output: Path) -> None:
        book = load_workbook(output / "summary.xlsx")
        numbers = [
            cell.value
            for sheet in book.worksheets
            for line in sheet.iter_rows(min_row=6, min_col=18)
            for cell in line
            if isinstance(cell.value, float)
        ]
        shipped = json.loads((output / "summary.json").read_bytes())["results"]
        assert sorted(numbers) == sorted(each["metric"] for each in shipped)

    def test_has_text_of_utf8_without_controls(self, output: Path) -> None:
        for name in ("summary.md", "junit.xml"):
            assert "\x1b" not in (output / name).read_text(encoding="utf-8")


def test_names_with_markup_are_only_names(hostile: Path) -> None:
    output = hostile / "build"
    assert any(row["benchmark"] == HOSTILE_MODEL for row in report(hostile)["results"])
    assert "<script>" not in (output / "summary.md").read_text()
    assert "<b>" not in (output / "summary.md").read_text()
    book = load_workbook(output / "summary.xlsx")
    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells if cell.value in (HOSTILE, "+1")} == {"s"}
    assert not any(cell.data_type == "f" for cell in cells)


def test_a_build_in_github_actions_shows_its_findings_and_so_does_the_next(hostile: Path, tmp_path: Path) -> None:
    said = []
    for name in ("first", "second"):  # which has nothing to do
        step = tmp_path / name
        environment = {"GITHUB_WORKSPACE": str(hostile), "GITHUB_STEP_SUMMARY": str(step)}
        lines = doit(hostile, check=False, GITHUB_ACTIONS="true", **environment).output.splitlines()
        commands = [line for line in lines if line.startswith(("::error ", "::warning "))]
        said.append((commands, step.read_text()))
    assert said[0] == said[1]
    assert said[0][0][0].startswith("::error file=results/closed/example-edge/resnet50/Offline/performance/run_1/")
    assert "## MLPerf Inference v6.1" in said[0][1]
