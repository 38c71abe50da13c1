"""Results read from a tree, a table or a build: the same, whichever it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support import copy_of, edit_log

from rules.errors import UserError
from rules.published import inputs_of, read_build, read_results
from rules.reports.comparison import Measured, Results

OFFLINE = "closed/ExampleLab/results/example-edge/resnet50/Offline"
LOG = "performance/run_1/mlperf_log_detail.txt"


@pytest.fixture(scope="module")
def build(built_example: Path) -> Path:
    """The example's build, not to be changed."""
    return built_example / "build"


@pytest.fixture
def tree(build: Path, tmp_path: Path) -> Path:
    """A copy of the example's tree, to break."""
    return copy_of(build / "submission", tmp_path)


def measured(path: Path) -> list[Measured]:
    return sorted(read_results(path).measured, key=lambda each: (each.owner, each.model, each.scenario))


class TestReading:
    @pytest.mark.parametrize("name", ["", "summary.json", "submission", "submission.tar.gz"])
    def test_gives_the_same_results_wherever_a_build_has_them(self, name: str, build: Path) -> None:
        assert len(measured(build / "summary.csv")) == 5
        assert measured(build / name) == measured(build / "summary.csv")

    def test_of_a_summary_alone_lacks_what_the_systems_compute_with(self, build: Path, tmp_path: Path) -> None:
        shutil.copy(build / "summary.json", tmp_path)
        alone = [replace(each, hardware=None, system_name="") for each in measured(build)]
        assert measured(tmp_path) == measured(tmp_path / "summary.json") == alone

    def test_takes_the_table_of_a_repository_that_has_one(self, build: Path, tree: Path) -> None:
        lines = (build / "summary.csv").read_text().splitlines(keepends=True)
        (tree / "summary.csv").write_text("".join(lines[:2]))
        assert len(measured(tree)) == 1

    def test_of_a_tree_says_whose_seeds_a_log_has(self, tree: Path) -> None:
        edit_log(tree / OFFLINE / LOG, effective_qsl_rng_seed=1780908523862526354)
        rounds = {each.scenario: each.round for each in measured(tree) if each.division == "closed"}
        assert rounds == {"MultiStream": "v6.1", "Offline": "v5.1", "SingleStream": "v6.1"}

    def test_of_a_tree_says_no_round_where_it_knows_none(self, tree: Path) -> None:
        edit_log(tree / OFFLINE / LOG, effective_qsl_rng_seed=1)
        (offline,) = (each for each in measured(tree) if each.scenario == "Offline" and each.division == "closed")
        assert (offline.round, offline.metric, offline.units) == ("", 284.779, "Samples/s")

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\xfe", b":::MLLOG {", None], ids=["empty", "binary", "torn", "none"]
    )
    def test_of_a_tree_counts_the_results_without_figures(self, content: bytes | None, tree: Path) -> None:
        (tree / OFFLINE / LOG).unlink()
        if content is not None:
            (tree / OFFLINE / LOG).write_bytes(content)
        results = read_results(tree)
        assert (len(results.measured), results.unmeasured) == (4, 1)

    def test_of_a_tree_without_descriptions_knows_no_hardware(self, tree: Path) -> None:
        shutil.rmtree(tree / "closed/ExampleLab/systems")
        hardware = {each.division: each.hardware is not None for each in measured(tree)}
        assert hardware == {"closed": False, "open": True}


class TestInputs:
    def test_of_a_table_are_the_table(self, build: Path) -> None:
        assert inputs_of(build) == inputs_of(build / "summary.csv") == [str(build / "summary.csv")]

    def test_of_a_tree_are_the_files_that_hold_figures_and_descriptions(self, tree: Path) -> None:
        found = [path.removeprefix(f"{tree}/") for path in inputs_of(tree)]
        assert found == sorted(found)
        assert f"{OFFLINE}/{LOG}" in found
        assert "closed/ExampleLab/systems/example-edge.json" in found
        assert "open/ExampleLab/model_mapping.json" in found
        assert len(found) == 5 + 2 + 1

    def test_of_nothing_are_none(self, tmp_path: Path) -> None:
        assert inputs_of(tmp_path / "nowhere") == []


class TestRefusal:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("nowhere", "nowhere: no such folder or archive; expected a summary.csv, the folder of a build, or"),
            ("nowhere.json", "nowhere.json: no such file; expected"),
            ("folder", "folder: no results in it; expected"),
            ("list.json", "list.json: no summary of a build; expected"),
            ("torn.json", "torn.json: no summary of a build; expected"),
            ("text.txt", "text.txt: no readable tar archive"),
            ("other.csv", "other.csv: no table of results: lacks Organization, "),
            ("empty.csv", "empty.csv: no table of results: it is empty; expected"),
        ],
    )
    def test_names_what_was_expected(
        self, name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("folder").mkdir()
        for file, text in {"list.json": "[1]", "torn.json": "{", "text.txt": "x", "other.csv": "a,b\n1,2\n"}.items():
            Path(file).write_text(text)
        Path("empty.csv").touch()
        with pytest.raises(UserError) as refusal:
            read_results(Path(name))
        assert str(refusal.value).startswith(said)

    def test_of_a_build_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"there is no build with its summary\.json; run `doit` first"):
            read_build(tmp_path)

    @pytest.mark.parametrize("results", [[None, 1, "x"], [{}], [{"metric": "x", "scenario": 1, "power": 2}]])
    def test_is_not_for_single_results(self, results: list[object], tmp_path: Path) -> None:
        (tmp_path / "summary.json").write_text(json.dumps({"results": results}))
        objects = [each for each in results if isinstance(each, dict)]
        assert read_results(tmp_path) == Results(str(tmp_path), (), len(objects))


class TestCorpus:
    @pytest.mark.parametrize("name", ["v51_pass.v5.1", "v61_pass.v6.1", "v51_edge.v5.1", "v51_open.v5.1"])
    def test_of_a_tree_gives_what_the_official_checker_writes(self, name: str, corpus: Path) -> None:
        tree = read_results(corpus / "slices" / name.split(".")[0])
        official = read_results(corpus / f"oracle/{name}.csv")
        found = {(each.owner, each.model, each.scenario): each for each in tree.measured}
        for each in official.measured:
            same = found[each.owner, each.model, each.scenario]
            assert same.metric == pytest.approx(each.metric, rel=1e-9)
            assert (same.units, same.benchmark, same.hardware) == (each.units, each.benchmark, each.hardware)
            assert same.power == (None if each.power is None else pytest.approx(each.power))
