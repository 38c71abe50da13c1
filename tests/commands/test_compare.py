"""`compare` as users run it: what it says, writes and returns."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.exceptions import InvalidCommand
from support import REPOSITORY, Outcome, declare_example, files_below, run_program

from rules.commands.compare import Compare

PROGRAMS = ("mlperf-dodo", "doit")
Run = Callable[..., Outcome]
#: What the documentation shows.
SHOWN = (REPOSITORY / "docs/reports.md").read_text().split("compare --with earlier.csv\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def earlier(built_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's table with every figure a tenth smaller."""
    with (built_example / "build/summary.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    table = tmp_path_factory.mktemp("earlier") / "earlier.csv"
    with table.open("w") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"Result": 0.9 * float(row["Result"])} for row in rows)
    return table


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    built_example: Path,
    earlier: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """The command without a process of its own, on the example's build, in a folder with earlier.csv."""
    (tmp_path / "earlier.csv").write_bytes(earlier.read_bytes())
    monkeypatch.chdir(tmp_path)

    def run(*options: str, build: Path | None = built_example / "build") -> Outcome:
        chosen = [] if build is None else ["--build", str(build)]
        try:
            code = Compare().parse_execute([*chosen, *options])
        except InvalidCommand as refusal:  # as doit's own main does
            return Outcome(3, f"ERROR: {refusal}\n")
        return Outcome(code, capsys.readouterr().out)

    return run


class TestOutcome:
    @pytest.mark.parametrize("program", PROGRAMS)
    def test_of_a_workspace_and_an_earlier_table(self, program: str, workspace: Path, earlier: Path) -> None:
        (workspace / "earlier.csv").write_bytes(earlier.read_bytes())
        before = files_below(workspace)
        outcome = run_program(program, "compare", "--with", "earlier.csv", folder=workspace)
        assert outcome == Outcome(0, SHOWN)
        assert files_below(workspace) == before

    def test_of_a_tree(self, run: Run, built_example: Path) -> None:
        outcome = run("--with", str(built_example / "build/submission"))
        assert outcome.code == 0
        assert outcome.output.count("same system, v6.1") == outcome.output.count("     1.000\n") == 5

    def test_where_nothing_is_the_same(self, run: Run) -> None:
        table = Path("earlier.csv").read_text().replace("resnet", "retinanet").replace("bert", "whisper")
        Path("other.csv").write_text(table)
        outcome = run("--with", "other.csv")
        assert outcome.code == 1
        assert "      no resnet; they have retinanet, whisper-99\n" in outcome.output
        assert outcome.output.endswith("\nCompared: 0 of 5 results of the build.\n")

    def test_of_several_sources(self, run: Run, built_example: Path) -> None:
        outcome = run("--with", "earlier.csv", "--with", str(built_example / "build/summary.json"))
        assert outcome.code == 0
        assert outcome.output.count("Compared: 5 of 5 results") == 2

    def test_is_with_what_the_declaration_names(self, workspace: Path, earlier: Path, run: Run) -> None:
        declare_example(workspace, compare_with=[str(earlier)])
        outcome = run_program("mlperf-dodo", "compare", folder=workspace)
        assert outcome.code == 0
        assert outcome.output.startswith(f"With {earlier}"[:60])

    def test_of_published_results(self, corpus: Path, run: Run, tmp_path: Path) -> None:
        build = tmp_path / "ours"
        build.mkdir()
        (build / "summary.csv").write_bytes((corpus / "oracle/raw_v61_built.v6.1.csv").read_bytes())
        outcome = run("--with", str(corpus / "slices/v51_pass"), "--json", build=build)
        assert outcome.code == 0
        (report,) = json.loads(outcome.output)["comparisons"]
        amd = [
            each for each in report["results"] if each["submitter"] == "AMD" and each["benchmark"] == "llama2-70b-99.9"
        ]
        assert {each["scenario"]: each["matches"][0]["ratio"] for each in amd} == {
            "Interactive": 1.0,
            "Offline": 1.0,
            "Server": 1.0,
        }


class TestFiles:
    def test_json_goes_where_it_is_asked_for(self, run: Run) -> None:
        outcome = run("--with", "earlier.csv", "--json", "--output", "out/comparison.json")
        assert outcome == Outcome(0, "")
        report: dict[str, Any] = json.loads(Path("out/comparison.json").read_bytes())
        assert run("--with", "earlier.csv", "--json").output == Path("out/comparison.json").read_text()
        ratios = [each["matches"][0]["ratio"] for each in report["comparisons"][0]["results"]]
        assert ratios == [pytest.approx(ratio) for ratio in (0.9, 1 / 0.9, 0.9, 1 / 0.9, 0.9)]

    def test_text_goes_where_it_is_asked_for(self, run: Run) -> None:
        assert run("--with", "earlier.csv", "--output", "comparison.txt") == Outcome(0, "")
        assert Path("comparison.txt").read_text() == SHOWN


class TestMisuse:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--with", "nowhere"], "nowhere: no such folder or archive; expected a summary.csv"),
            (["--with", "empty.csv"], "empty.csv: no table of results: it is empty"),
            (["--with", "people.csv"], "people.csv: no table of results: lacks Organization"),
            (["--with", "folder"], "folder: no results in it"),
            (["--with", "folder.csv"], "folder.csv"),
            (["--with", "earlier.csv", "more"], "compare takes no arguments (more); use --with PATH_OR_CSV"),
            (
                ["--with", "earlier.csv", "--build", "folder"],
                "folder: there is no build with its summary.json; run `doit`",
            ),
            (["--with", "earlier.csv", "--output", "folder"], "folder: Is a directory"),
            (["--with", "earlier.csv", "--output", "people.csv/x"], "people.csv"),
        ],
        ids=str,
    )
    def test_is_told_in_one_line(self, options: list[str], said: str, run: Run) -> None:
        Path("empty.csv").touch()
        Path("people.csv").write_text("name,age\nx,1\n")
        Path("folder").mkdir()
        Path("folder.csv").mkdir()
        outcome = run(*options)
        assert outcome.code == 3
        assert outcome.output.startswith(f"ERROR: {said}")
        assert outcome.output.count("\n") == 1

    def test_without_a_workspace(self, run: Run) -> None:
        outcome = run("--with", "earlier.csv", build=None)
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: submission.yaml: no such file; a workspace starts with")

    def test_with_nothing_to_compare_with(self, run: Run, tmp_path: Path) -> None:
        declare_example(tmp_path)
        assert run() == Outcome(
            3,
            "ERROR: compare needs --with, or compare_with in submission.yaml; for example:"
            " compare --with ../inference_results_v5.1\n",
        )

    def test_before_the_first_build(self, run: Run, tmp_path: Path) -> None:
        declare_example(tmp_path)
        outcome = run("--with", "earlier.csv", build=None)
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: build: there is no build with its summary.json; run `doit` first")
