"""Published results, and those of another tool's own test, through whole builds."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support import CORPUS, Outcome, archived, doit, make_workspace, placements, report, tree

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published results is not at hand")

Row = dict[str, str]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The raw folders of the incumbent's submission-generation test."""
    roots = [{"path": str(CORPUS / "peer/closed")}, {"path": str(CORPUS / "peer/open"), "division": "open"}]
    workspace = make_workspace(tmp_path_factory.mktemp("peer"), roots, submitter="MLCommons")
    return workspace, doit(workspace)


@pytest.fixture(scope="module")
def v61(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """Published v5.1 results with the seeds of v6.1; two of the systems are open."""
    is_open = {system: {"division": "open"} for system in systems("raw/v61") if division_of(system) == "open"}
    workspace = make_workspace(
        tmp_path_factory.mktemp("v61"), [CORPUS / "raw/v61"], submitter="Corpus", systems=is_open
    )
    return workspace, doit(workspace)


@pytest.fixture(scope="module")
def v51(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    workspace = make_workspace(tmp_path_factory.mktemp("v51"), [CORPUS / "raw/v51"], submitter="Corpus", round="v5.1")
    return workspace, doit(workspace)


def systems(folder: str) -> list[str]:
    return [path.name for path in sorted((CORPUS / folder).iterdir())]


def division_of(system: str) -> str:
    return str(json.loads((CORPUS / "raw/v61" / system / "system_meta.json").read_bytes())["division"])


def scenario_folders(*roots: Path) -> set[tuple[str, str, str]]:
    """System, benchmark and scenario (in lower case) of every run below results roots."""
    found = (path.relative_to(root).parts for root in roots for path in root.glob("*/*/*/"))
    return {(system, model, scenario.lower()) for system, model, scenario in found}


def run_of(placement: str) -> tuple[str, str, str]:
    _, system, model, scenario = placement.split("/")
    return system, model, scenario.lower()


def assert_all_accounted_for(workspace: Path, *roots: Path) -> None:
    """Every run stands in the plan, shipped, or out with a reason and the finding behind it."""
    plan = report(workspace, "plan")["placements"]
    assert {run_of(row["run"]) for row in plan} == scenario_folders(*roots)
    found = {
        run_of(f"{r['division']}/{r['system']}/{r['benchmark']}/{r['scenario']}"): r
        for r in report(workspace)["results"]
    }
    for row in plan:
        if row["target"] is None:
            assert row["reason"]
            judged = found[run_of(row["run"])]["findings"]
            assert row["decided_by"] and all(each in judged for each in row["decided_by"])


def table(text: str) -> dict[tuple[str, ...], Row]:
    """A summary.csv by what identifies a row."""
    identity = ("Division", "Platform", "Model", "Scenario", "Units")
    return {tuple(row[name] for name in identity): row for row in csv.DictReader(io.StringIO(text))}


class TestPeer:
    def test_ships_what_the_official_checker_passes(self, peer: tuple[Path, Outcome]) -> None:
        results = report(peer[0], "summary")["results"]
        divisions = [result["division"] for result in results]
        assert (divisions.count("closed"), divisions.count("open")) == (5, 4)
        assert sum(result["power"] is not None for result in results) == 3

    def test_names_what_it_leaves_out(self, peer: tuple[Path, Outcome]) -> None:
        workspace, outcome = peer
        assert outcome.code == 1
        assert "error PLAN-001: llama2-70b-99 is no benchmark of v6.1; not shipped" in outcome.output
        assert "Not ready: 2 runs left out for broken input." in outcome.output
        assert [run for run, _, target in placements(workspace) if target is None] == [
            f"closed/SR680a_V3_B200SXMx8_TRT/llama2-70b-99/{scenario}" for scenario in ("Offline", "Server")
        ]

    def test_accounts_for_every_run(self, peer: tuple[Path, Outcome]) -> None:
        assert_all_accounted_for(peer[0], CORPUS / "peer/closed", CORPUS / "peer/open")

    def test_fills_the_table_as_the_official_checker_does(self, peer: tuple[Path, Outcome]) -> None:
        official = (CORPUS / "oracle/peer_built.v6.1.csv").read_text()
        ours = (peer[0] / "build/summary.csv").read_text()
        assert table(ours) == table(official)
        assert ours.splitlines()[0] == official.splitlines()[0]

    def test_packs_the_tree(self, peer: tuple[Path, Outcome]) -> None:
        assert archived(peer[0]) == tree(peer[0])


class TestRawV61:
    def test_ships_what_the_official_checker_passes(self, v61: tuple[Path, Outcome]) -> None:
        workspace, outcome = v61
        assert outcome.code == 0, outcome.output
        assert len(report(workspace, "summary")["results"]) == 16

    def test_accounts_for_every_run(self, v61: tuple[Path, Outcome]) -> None:
        assert_all_accounted_for(v61[0], CORPUS / "raw/v61")

    def test_fills_the_table_as_the_official_checker_does(self, v61: tuple[Path, Outcome]) -> None:
        """The official table is of trees by submitter, with scenarios spelled as they were."""
        official = (CORPUS / "oracle/raw_v61_built.v6.1.csv").read_text()
        ours = (v61[0] / "build/summary.csv").read_text()
        assert sorted(map(comparable, table(ours).values()), key=str) == sorted(
            map(comparable, table(official).values()), key=str
        )

    def test_shortens_accuracy_logs_as_the_official_tool_does(self, v61: tuple[Path, Outcome]) -> None:
        assert_shortened_as(v61[0], [row for row in truncations() if row["raw"].startswith("v61/")])


class TestRawV51:
    def test_accounts_for_every_run(self, v51: tuple[Path, Outcome]) -> None:
        assert_all_accounted_for(v51[0], CORPUS / "raw/v51")

    def test_lays_the_tree_out_as_that_round_asks(self, v51: tuple[Path, Outcome]) -> None:
        closed = {path.split("/")[2] for path in tree(v51[0]) if path.startswith("closed/Corpus/")}
        assert closed == {"calibration.md", "code", "compliance", "measurements", "results", "systems"}
        system = "C885A_M8_H200_SXM_141GBx16_TRT"
        assert f"closed/Corpus/measurements/{system}/llama3_1-405b/Offline/{system}.json" in tree(v51[0])

    def test_moves_to_open_what_lacks_the_compliance_tests(self, v51: tuple[Path, Outcome]) -> None:
        moved = [target for _, action, target in placements(v51[0]) if action == "move to open"]
        assert moved == [f"open/macbook_m1pro/resnet50/{scenario}" for scenario in ("Offline", "SingleStream")]

    def test_shortens_accuracy_logs_as_the_official_tool_does(self, v51: tuple[Path, Outcome]) -> None:
        assert_shortened_as(v51[0], [row for row in truncations() if row["raw"].startswith("v51/")])


def comparable(row: Row) -> Row:
    """A row without the submitter, with one spelling of scenarios, and without what rests on the spelling."""
    place = "/".join(row["Location"].split("/")[2:])
    return row | {"Organization": "", "Location": place.lower(), "Scenario": row["Scenario"].lower(), "inferred": ""}


def truncations() -> list[dict[str, Any]]:
    """What the official tool made of every accuracy log."""
    rows: list[dict[str, Any]] = json.loads((CORPUS / "oracle/raw_truncation.json").read_bytes())
    return rows


def assert_shortened_as(workspace: Path, rows: list[dict[str, Any]]) -> None:
    staged = {"/".join(path.lower().split("/")[3:]): data for path, data in tree(workspace).items()}
    originals = {row["path"]: row for row in report(workspace, "manifest")["original_accuracy_logs"]}
    for row in rows:
        folder = row["raw"].split("/", 1)[1].lower()
        log = staged[f"{folder}/mlperf_log_accuracy.json"]
        assert (len(log), sha256(log)) == (row["size_after"], row["sha256_after"]), folder
        if "sha256_accuracy_txt_after" in row:
            assert sha256(staged[f"{folder}/accuracy.txt"]) == row["sha256_accuracy_txt_after"], folder
    assert len(originals) == sum(row["truncated"] for row in rows)
    assert {row["sha256"] for row in originals.values()} == {r["sha256_before"] for r in rows if r["truncated"]}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
