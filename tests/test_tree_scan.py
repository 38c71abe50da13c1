"""A finished tree's submitters, results and descriptions, by the names of its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_files import MemoryFiles

from rules.domain import Category, Division, Scenario
from rules.rounds.model import Layout
from rules.system import SystemDescription
from rules.tree import Submitter, TreeInventory, TreeResult
from rules.tree_scan import read_description, read_model_mapping, scan_tree

ROOT = Path("tree")
LAB = "closed/Lab"


def tree(*paths: str) -> MemoryFiles:
    """Empty files by their paths; a path that ends with a slash is a folder's."""
    files = MemoryFiles(ROOT)
    for path in paths:
        if path.endswith("/"):
            files.make_folder(path.rstrip("/"))
        else:
            files.write(path, b"")
    return files


def scan(*paths: str, layout: Layout = Layout.V6, only: str | None = None) -> TreeInventory:
    return scan_tree(tree(*paths), ROOT, layout, only)


def submitter(*paths: str, layout: Layout = Layout.V6) -> Submitter:
    """The one submitter of a tree, whose paths these are."""
    (found,) = scan(*(f"{LAB}/{path}" for path in paths), layout=layout).submitters
    return found


def results(*paths: str, layout: Layout = Layout.V6) -> list[TreeResult]:
    inventory = scan(*paths, layout=layout)
    return [result for each in inventory.submitters for result in inventory.results(each)]


class TestSubmitters:
    def test_are_the_folders_of_divisions_in_their_order(self) -> None:
        inventory = scan("open/B/x", "closed/B/x", "closed/A/x", "network/C/x", "closed/file", "Closed/D/x", "src/E/x")
        assert [each.folder for each in inventory.submitters] == ["closed/A", "closed/B", "network/C", "open/B"]

    def test_may_be_asked_for_by_name(self) -> None:
        inventory = scan("closed/A/x", "open/A/x", "closed/B/x", only="A")
        assert [each.folder for each in inventory.submitters] == ["closed/A", "open/A"]
        assert len(inventory.entries) == 8

    def test_are_not_sought_in_what_belongs_to_a_repository(self) -> None:
        paths = [entry.path for entry in scan(".git/config", ".github/x", "assets/x", "closed/A/.git/x").entries]
        assert paths == [".git", ".github", "assets", "closed", "closed/A", "closed/A/.git", "closed/A/.git/x"]

    def test_are_the_same_without_what_holds_no_results(self) -> None:
        files = tree(
            "x/y",
            f"{LAB}/src/resnet50/a",
            f"{LAB}/results/s/m/Offline/performance/run_1/mlperf_log_detail.txt",
            f"{LAB}/measurements/s/m/Offline/s.json",
            f"{LAB}/compliance/s/m/Offline/TEST01/verify_accuracy.txt",
            f"{LAB}/systems/s.json",
        )
        for layout in Layout:
            whole, part = (scan_tree(files, ROOT, layout, whole=whole) for whole in (True, False))
            assert part.submitters == whole.submitters
            assert [entry.path for entry in whole.entries if entry not in part.entries] == [
                f"{LAB}/src/resnet50",
                f"{LAB}/src/resnet50/a",
                "x/y",
            ]

    @pytest.mark.parametrize(
        ("path", "has_results", "has_code", "has_calibration", "has_mapping"),
        [
            ("results/", True, False, False, False),
            ("results", False, False, False, False),
            ("src/", False, True, False, False),
            ("src/a/code.py", False, True, False, False),
            ("code/", False, False, False, False),
            ("a/src/", False, False, False, False),
            ("calibration.md", False, False, True, False),
            ("documentation/calibration.md", False, False, True, False),
            ("src/resnet50/calibration.md", False, True, True, False),
            ("results/calibration.md", True, False, False, False),
            ("systems/calibration.md", False, False, False, False),
            ("model_mapping.json", False, False, False, True),
            ("model_mapping.json/", False, False, False, True),
            ("systems/model_mapping.json", False, False, False, False),
        ],
    )
    def test_have_what_lies_in_their_folder(
        self, path: str, has_results: bool, has_code: bool, has_calibration: bool, has_mapping: bool
    ) -> None:
        found = submitter(path)
        assert (found.has_results, found.has_code) == (has_results, has_code)
        assert (found.has_calibration, found.has_model_mapping) == (has_calibration, has_mapping)

    def test_of_older_rounds_call_their_code_so(self) -> None:
        assert submitter("code/a", layout=Layout.V5).has_code
        assert not submitter("src/a", layout=Layout.V5).has_code

    def test_have_systems_models_and_places_of_results(self) -> None:
        found = submitter("results/s1/m1/Offline/x", "results/s1/m2/", "results/s2/", "results/s3/file")
        assert found.systems == {"s1", "s2", "s3"}
        assert found.models == {("s1", "m1"), ("s1", "m2")}
        assert found.places == {("s1", "m1", "Offline")}

    def test_have_descriptions_of_systems(self) -> None:
        assert submitter("systems/a.json", "systems/b_power.yaml", "systems/old/c.json").descriptions == {
            "a.json",
            "b_power.yaml",
        }

    def test_have_files_in_whose_place_a_folder_stands_where_that_would_be_opened(self) -> None:
        assert submitter("systems/b_power.yaml/").descriptions == {"b_power.yaml"}
        found = submitter(*(f"results/s/m/Offline/{name}/" for name in ("TEST04/verify_accuracy.txt", "a.txt")))
        assert found.artefacts == {
            ("s", "m", "Offline"): {
                "TEST04/verify_accuracy.txt": f"tree/{LAB}/results/s/m/Offline/TEST04/verify_accuracy.txt"
            }
        }

    @pytest.mark.parametrize(
        ("path", "has_power"),
        [
            ("results/s/m/Offline/performance/power/client.json", True),
            ("results/s/m/Offline/performance/power/", True),
            ("results/s/m/Offline/performance/power", True),
            ("results/s/m/Offline/performance/run_1/spl.txt", False),
            ("results/s/m/Offline/power/x", False),
            ("src/s/m/Offline/performance/power/x", False),
        ],
    )
    def test_have_results_with_power(self, path: str, has_power: bool) -> None:
        assert submitter("results/s/m/Offline/x", path).with_power == ({("s", "m", "Offline")} if has_power else set())


class TestResults:
    def test_are_in_the_order_of_their_folders(self) -> None:
        found = results(
            "closed/L/results/b/m/Offline/x", "closed/L/results/a/m/Server/x", "closed/L/results/a/m/Offline/"
        )
        assert [(each.system, each.scenario) for each in found] == [("a", "Offline"), ("a", "Server"), ("b", "Offline")]

    def test_are_runs_with_their_files(self) -> None:
        (result,) = results("open/L/results/s/m/offline/accuracy/accuracy.txt", "open/L/results/s/m/offline/user.conf")
        assert (result.division, result.submitter, result.system, result.model) == (Division.OPEN, "L", "s", "m")
        assert (result.scenario, result.folder) == ("offline", ROOT / "open/L/results/s/m/offline")
        run = result.run
        assert run is not None
        assert (run.key.scenario, run.scenario_folder, run.has_power) == (Scenario.OFFLINE, "offline", False)
        assert dict(run.artefacts) == {
            "accuracy/accuracy.txt": ROOT / "open/L/results/s/m/offline/accuracy/accuracy.txt",
            "user.conf": ROOT / "open/L/results/s/m/offline/user.conf",
        }
        assert len(run.artefacts) == 2 and "user.conf" in run.artefacts and "README.md" not in run.artefacts

    def test_have_power_by_its_folder(self) -> None:
        (result,) = results("closed/L/results/s/m/Offline/performance/power/")
        assert result.run is not None and result.run.has_power

    def test_of_no_scenario_have_no_run(self) -> None:
        (result,) = results("closed/L/results/s/m/Ofline/x")
        assert (result.scenario, result.run) == ("Ofline", None)

    def test_of_older_rounds_have_their_files_in_four_places(self) -> None:
        (result,) = results(
            "closed/L/results/s/m/Offline/performance/run_1/mlperf_log_detail.txt",
            "closed/L/results/s/m/Offline/TEST01/verify_accuracy.txt",
            "closed/L/measurements/s/m/Offline/s_trt_Offline.json",
            "closed/L/measurements/s/m/Offline/s_z.json",
            "closed/L/measurements/s/m/Offline/user.conf",
            "closed/L/compliance/s/m/Offline/TEST01/verify_performance.txt",
            "closed/L/code/m/README.md",
            layout=Layout.V5,
        )
        assert result.run is not None
        assert {name: str(path.relative_to(ROOT / "closed/L")) for name, path in result.run.artefacts.items()} == {
            "performance/run_1/mlperf_log_detail.txt": "results/s/m/Offline/performance/run_1/mlperf_log_detail.txt",
            "measurements.json": "measurements/s/m/Offline/s_trt_Offline.json",
            "user.conf": "measurements/s/m/Offline/user.conf",
            "TEST01/verify_performance.txt": "compliance/s/m/Offline/TEST01/verify_performance.txt",
        }

    @pytest.mark.parametrize(
        ("files", "spelled"),
        [(["config.yaml"], "server"), (["performance/run_1/mlperf_log_detail.txt"], None)],
    )
    def test_in_a_folder_named_online_are_of_the_endpoints_harness_alone(
        self, files: list[str], spelled: str | None
    ) -> None:
        (result,) = results(*(f"closed/L/results/s/m/online/{name}" for name in files))
        assert (result.run.spelled if result.run else None) == spelled


class TestDescription:
    def describe(
        self, content: str | bytes | None, power: str | bytes | None = None, *, with_nameplate: bool = True
    ) -> SystemDescription:
        files = tree(f"{LAB}/results/s/m/Offline/x")
        for name, text in (("s.json", content), ("s_power.yaml", power)):
            if text is not None:
                files.write(f"{LAB}/systems/{name}", text if isinstance(text, bytes) else text.encode())
        inventory = scan_tree(files, ROOT, Layout.V6)
        return read_description(files, inventory, inventory.submitters[0], "s", with_nameplate=with_nameplate)

    def test_is_what_the_file_says(self) -> None:
        found = self.describe('{"system_type": "edge", "a": 1}')
        assert (found.fields, found.is_described, found.category) == (
            {"system_type": "edge", "a": 1},
            True,
            Category.EDGE,
        )
        assert (found.path, found.problem, found.overridden) == (f"tree/{LAB}/systems/s.json", None, {})

    def test_may_be_missing(self) -> None:
        found = self.describe(None)
        assert (found.fields, found.is_described) == ({}, False)
        assert (found.path, found.problem) == (f"tree/{LAB}/systems", "there is no systems/s.json")

    @pytest.mark.parametrize(
        ("content", "problem", "line"),
        [
            ("", "invalid JSON: Expecting value", 1),
            ('{\n"a": }', "invalid JSON: Expecting value", 2),
            pytest.param("[" * 100_000, "invalid JSON", None, id="deep"),
            ("[]", "no JSON object", None),
            (b'{\n"a": "\xff"}', "not UTF-8", 2),
            pytest.param(b"x" * (4 << 20) + b"x", "more than 4 MB", None, id="large"),
        ],
    )
    def test_may_be_unreadable(self, content: str | bytes, problem: str, line: int | None) -> None:
        found = self.describe(content)
        assert (found.fields, found.is_described, found.problem, found.line) == ({}, False, problem, line)

    @pytest.mark.parametrize(
        ("power", "data", "problem"),
        [
            ("a: [1, 2]", {"a": [1, 2]}, None),
            ("", None, None),
            ("a: [", None, "invalid YAML"),
            (b"\xff", None, "not UTF-8"),
        ],
    )
    def test_comes_with_a_nameplate(self, power: str | bytes, data: object, problem: str | None) -> None:
        nameplate = self.describe("{}", power).nameplate
        assert (nameplate.path, nameplate.data, nameplate.problem) == (
            f"tree/{LAB}/systems/s_power.yaml",
            data,
            problem,
        )

    def test_comes_without_one_where_there_is_none_or_the_round_asks_for_none(self) -> None:
        assert self.describe("{}").nameplate.path is None
        assert self.describe("{}", "a: 1", with_nameplate=False).nameplate.path is None


@pytest.mark.parametrize(
    ("division", "content", "mapping", "problem"),
    [
        ("open", '{"a": "resnet"}', {"a": "resnet"}, None),
        ("open", "{", {}, "invalid JSON: Expecting property name enclosed in double quotes"),
        ("open", '["a"]', {}, "no JSON object"),
        ("open", None, {}, None),
        ("closed", '{"a": "resnet"}', {}, None),
        ("closed", "{", {}, None),
    ],
)
def test_a_model_mapping_is_read_in_open(
    division: str, content: str | None, mapping: dict[str, str], problem: str | None
) -> None:
    files = tree(f"{division}/Lab/results/")
    if content is not None:
        files.write(f"{division}/Lab/model_mapping.json", content.encode())
    inventory = scan_tree(files, ROOT, Layout.V6)
    assert read_model_mapping(files, inventory, inventory.submitters[0]) == (mapping, problem)
