"""What scanning makes of results folders: systems and runs, and a finding for all that it can't take."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import CLOSED_SYSTEM, OPEN_SYSTEM, copy_of, make_workspace

from rules.config.loader import load_submission
from rules.domain import Category, Division, Run, RunKey, Scenario
from rules.scan import Inventory, scan, scan_run, system_name

not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root reads what no one may read")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*paths: str, text: str = "") -> None:
    """Make files, and the folders that they lie in; a path that ends in a slash is a folder."""
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            Path(path).mkdir(exist_ok=True)
        else:
            Path(path).write_text(text)


def link(path: str, target: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).symlink_to(target)


def scanned(results: Any = "results", **keys: Any) -> Inventory:
    """The inventory of a workspace that declares these results."""
    make_workspace(Path(), results, **keys)
    return scan(load_submission(Path("submission.yaml")))


def ids(inventory: Inventory) -> list[str]:
    return [run.key.id for run in inventory.runs]


def found(inventory: Inventory) -> list[tuple[str, str, str | None]]:
    """Code, path and what was found there, of every finding."""
    return [(each.code, each.path, each.found) for each in inventory.findings]


def only_run(inventory: Inventory) -> Run:
    (run,) = inventory.runs
    assert not inventory.findings
    return run


def taken(run: Run) -> dict[str, str]:
    """Each artefact and where it lies in the run's folder."""
    return {artefact: str(path.relative_to(run.folder)) for artefact, path in run.artefacts.items()}


RUN = "results/edge-1/resnet50/Offline"


class TestRawLayout:
    """`<SUT>/<benchmark>/<scenario>/…`, as LoadGen, the endpoints harness and the automation leave it."""

    def test_the_bundled_example(self) -> None:
        inventory = scanned([CLOSED_SYSTEM.parent, {"path": str(OPEN_SYSTEM.parent), "division": "open"}])
        assert [(system.division, system.name) for system in inventory.systems] == [
            (Division.CLOSED, "example-edge"),
            (Division.OPEN, "example-edge-int4"),
        ]
        assert ids(inventory) == [
            "closed/example-edge/resnet50/MultiStream",
            "closed/example-edge/resnet50/Offline",
            "closed/example-edge/resnet50/SingleStream",
            "open/example-edge-int4/bert-small-int4/Offline",
            "open/example-edge-int4/bert-small-int4/SingleStream",
        ]
        assert inventory.findings == ()
        assert all(run.left_out == () for run in inventory.runs)
        assert inventory.runs[1].compliance_tests() == ("TEST01", "TEST04")

    def test_files_of_a_system(self) -> None:
        put("results/edge-1/system_meta.json", "results/edge-1/mlc-sut-info.json", text="{}")
        put("results/edge-1/model_mapping.json", text='{"a": "bert-99"}')
        put(f"{RUN}/user.conf")
        (system,) = scanned().systems
        assert (system.division, system.submitter, system.name) == (Division.CLOSED, "ExampleLab", "edge-1")
        assert (system.folder, system.category) == (Path("results/edge-1"), None)
        assert system.meta == Path("results/edge-1/system_meta.json")
        assert system.sut_info == Path("results/edge-1/mlc-sut-info.json")
        assert system.model_mapping == Path("results/edge-1/model_mapping.json")

    def test_the_older_name_of_the_sut_info(self) -> None:
        put("results/edge-1/cm-sut-info.json", text="{}")
        put(f"{RUN}/user.conf")
        assert scanned().systems[0].sut_info == Path("results/edge-1/cm-sut-info.json")

    def test_a_run_is_keyed_by_its_folders(self) -> None:
        put(f"{RUN}/user.conf")
        run = only_run(scanned())
        assert run.key == RunKey(Division.CLOSED, "ExampleLab", "edge-1", "resnet50", Scenario.OFFLINE)
        assert run.folder == Path(RUN)

    def test_scenarios_and_modes_in_any_letter_case(self) -> None:
        put(
            "results/edge-1/ResNet50/singlestream/Performance/Run_1/mlperf_log_detail.txt",
            "results/edge-1/ResNet50/singlestream/ACCURACY/accuracy.txt",
            "results/edge-1/ResNet50/singlestream/test01/Accuracy/accuracy.txt",
        )
        run = only_run(scanned())
        assert (run.key.model, run.key.scenario) == ("ResNet50", Scenario.SINGLE_STREAM)
        assert list(run.artefacts) == [
            "TEST01/accuracy/accuracy.txt",
            "accuracy/accuracy.txt",
            "performance/run_1/mlperf_log_detail.txt",
        ]

    def test_online_is_a_server_run_of_the_endpoints_harness(self) -> None:
        put(
            "results/cloud/gpt-oss-120b/online/config.yaml",
            "results/cloud/gpt-oss-120b/online/performance/result_summary.json",
            "results/cloud/gpt-oss-120b/online/accuracy/accuracy_results.json",
        )
        run = only_run(scanned())
        assert run.key.scenario is Scenario.SERVER
        assert run.is_endpoints
        assert list(run.artefacts) == [
            "accuracy/accuracy_results.json",
            "config.yaml",
            "performance/result_summary.json",
        ]

    def test_a_power_run(self) -> None:
        put(f"{RUN}/performance/run_1/spl.txt", f"{RUN}/analyzer_table.md", f"{RUN}/power_settings.md")
        put(f"{RUN}/performance/power/client.json", f"{RUN}/performance/Ranging/mlperf_log_detail.txt")
        run = only_run(scanned())
        assert run.has_power
        assert list(run.artefacts) == [
            "analyzer_table.md",
            "performance/power/client.json",
            "performance/ranging/mlperf_log_detail.txt",
            "performance/run_1/spl.txt",
            "power_settings.md",
        ]

    def test_scenario_files_are_taken_from_the_run_where_the_scenario_folder_has_none(self) -> None:
        put(f"{RUN}/performance/run_1/user.conf", f"{RUN}/performance/run_1/measurements.json")
        put(f"{RUN}/user.conf")
        run = only_run(scanned())
        assert taken(run) == {"measurements.json": "performance/run_1/measurements.json", "user.conf": "user.conf"}
        assert run.left_out == ("performance/run_1/user.conf",)

    def test_other_files_are_left_out_and_named(self) -> None:
        put(f"{RUN}/README.md", f"{RUN}/system_info.txt", f"{RUN}/accuracy/images/4459.png")
        put(f"{RUN}/console.out", f"{RUN}/performance/run_1/mlperf_log_trace.json", f"{RUN}/__pycache__/x.pyc")
        put(f"{RUN}/a/b/c/d/too/deep.txt")
        run = only_run(scanned())
        assert list(run.artefacts) == ["README.md", "accuracy/images/4459.png", "system_info.txt"]
        assert run.left_out == (
            "__pycache__/x.pyc",
            "a/b/c/d/too",
            "console.out",
            "performance/run_1/mlperf_log_trace.json",
        )

    def test_hidden_files_and_folders_are_none(self) -> None:
        put(f"{RUN}/user.conf", f"{RUN}/.DS_Store", f"{RUN}/.git/config", "results/.cache/x/Offline/user.conf")
        put("results/edge-1/__pycache__/x.pyc", "results/edge-1/.tmp/Offline/user.conf")
        assert only_run(scanned()).left_out == ()


class TestRunFolders:
    """One performance run is submitted: `run_1`."""

    @pytest.mark.parametrize("folder", ["run_1", "RUN_1", "run_2", "run_x"])
    def test_any_run_folder_stands_for_run_1(self, folder: str) -> None:
        put(f"{RUN}/performance/{folder}/mlperf_log_detail.txt")
        run = only_run(scanned())
        assert taken(run) == {
            "performance/run_1/mlperf_log_detail.txt": f"performance/{folder}/mlperf_log_detail.txt",
        }

    def test_run_1_wins_over_others(self) -> None:
        put(f"{RUN}/performance/run_0/mlperf_log_detail.txt", f"{RUN}/performance/run_1/mlperf_log_detail.txt")
        run = only_run(scanned())
        assert list(taken(run).values()) == ["performance/run_1/mlperf_log_detail.txt"]
        assert run.left_out == ("performance/run_0/mlperf_log_detail.txt",)

    def test_two_runs_are_never_mixed(self) -> None:
        """The power log of one with the result of the other would be a result that nobody measured."""
        put(f"{RUN}/performance/run_1/mlperf_log_detail.txt")
        put(f"{RUN}/performance/run_2/mlperf_log_detail.txt", f"{RUN}/performance/run_2/spl.txt")
        run = only_run(scanned())
        assert list(taken(run).values()) == ["performance/run_1/mlperf_log_detail.txt"]
        assert run.left_out == ("performance/run_2/mlperf_log_detail.txt", "performance/run_2/spl.txt")

    def test_each_compliance_test_has_a_run_of_its_own(self) -> None:
        logs = {f"TEST0{n}/performance/run_{n}/mlperf_log_detail.txt" for n in (1, 4)}
        put(*(f"{RUN}/{log}" for log in logs), f"{RUN}/performance/run_1/mlperf_log_detail.txt")
        assert logs <= {*taken(only_run(scanned())).values()}


class TestNames:
    INFO: dict[str, Any] = {  # noqa: RUF012 - read only
        "system_name": "My Edge",
        "implementation": "reference",
        "device": "cpu",
        "framework": "onnxruntime v1",
        "run_config": "default",
    }

    @pytest.mark.parametrize(
        ("folder", "info", "name"),
        [
            ("edge-1", {}, "edge-1"),
            ("My Edge  1", {}, "My_Edge__1"),
            ("edge-1", INFO, "My_Edge-reference-cpu-onnxruntime_v1-default"),
            ("edge-1", INFO | {"run_config": 1}, "My_Edge-reference-cpu-onnxruntime_v1-1"),
            ("edge-1", INFO | {"device": ""}, "edge-1"),
            ("edge-1", INFO | {"device": None}, "edge-1"),
            ("edge-1", {key: value for key, value in INFO.items() if key != "framework"}, "edge-1"),
        ],
    )
    def test_the_sut_info_names_the_system_if_it_is_complete(
        self, folder: str, info: dict[str, Any], name: str
    ) -> None:
        put(f"results/{folder}/mlc-sut-info.json", text=json.dumps(info))
        put(f"results/{folder}/resnet50/Offline/user.conf")
        assert [system.name for system in scanned().systems] == [name]

    @pytest.mark.parametrize(
        ("device", "name"),
        [
            ("../../../etc", ".._.._.._etc"),
            ("a\\b", "a_b"),
            ("batch=8", "batch=8"),
            ("a\nb\tc", "a_b_c"),
            ("a\0b", "a_b"),
            ("\ud800", "_"),
            ("Ünï®", "Ünï®"),
        ],
    )
    def test_what_fits_no_folder_name_becomes_an_underscore(self, device: str, name: str) -> None:
        assert system_name("edge-1", self.INFO | {"device": device}) == (
            f"My_Edge-reference-{name}-onnxruntime_v1-default"
        )

    @given(st.text(min_size=1), st.dictionaries(st.sampled_from(list(INFO)), st.text() | st.integers()))
    def test_a_name_is_one_folder_that_can_be_made(self, folder: str, info: dict[str, Any]) -> None:
        name = system_name(folder, info)
        assert name.encode("utf-8")
        assert not {*name} & {*"/\\\0\n\r\t "}

    def test_a_folder_that_the_declaration_knows_keeps_its_name(self) -> None:
        put("results/My Edge/mlc-sut-info.json", text=json.dumps(self.INFO))
        put("results/My Edge/resnet50/Offline/user.conf")
        inventory = scanned(systems={"My_Edge": {"division": "open", "hw_name": "My Edge (1x Accelerator)"}})
        assert ids(inventory) == ["open/My_Edge/resnet50/Offline"]
        assert inventory.findings == ()

    def test_a_declaration_may_use_the_composed_name(self) -> None:
        put("results/edge-1/mlc-sut-info.json", text=json.dumps(self.INFO))
        put(f"{RUN}/user.conf")
        name = "My_Edge-reference-cpu-onnxruntime_v1-default"
        inventory = scanned(systems={name: {"division": "open"}})
        assert ids(inventory) == [f"open/{name}/resnet50/Offline"]
        assert inventory.findings == ()


class TestIncomplete:
    """What is no run is reported, never skipped in silence."""

    def test_a_run_that_lacks_files_is_a_run(self) -> None:
        """What it lacks is for the checks to say."""
        put(f"{RUN}/")
        assert only_run(scanned()).artefacts == {}

    @pytest.mark.parametrize(
        ("files", "code", "path", "what"),
        [
            (["results/edge-1/"], "SCAN-003", "results/edge-1", "no benchmark folders"),
            (["results/edge-1/notes.txt"], "SCAN-003", "results/edge-1", "no benchmark folders"),
            (["results/edge-1/resnet50/"], "SCAN-003", "results/edge-1/resnet50", "no folders"),
            (["results/edge-1/resnet50/user.conf"], "SCAN-003", "results/edge-1/resnet50", "no folders"),
            (
                ["results/edge-1/resnet50/Ofline/x", "results/edge-1/resnet50/Sever/x"],
                "SCAN-003",
                "results/edge-1/resnet50",
                "Ofline, Sever",
            ),
            # A SUT folder as results folder: its benchmarks are taken for SUTs.
            (["results/resnet50/Offline/performance/run_1/x"], "SCAN-003", "results/resnet50/Offline", "performance"),
        ],
    )
    def test_a_folder_without_scenarios(self, files: list[str], code: str, path: str, what: str) -> None:
        put(*files)
        inventory = scanned()
        assert inventory.runs == ()
        assert found(inventory) == [(code, path, what)]
        assert not inventory.findings[0].is_error

    def test_a_folder_without_benchmarks_or_a_description_is_no_system(self) -> None:
        put("results/edge-1/notes.txt")
        assert scanned().systems == ()

    @pytest.mark.parametrize(("meta", "codes"), [("{}", ["SCAN-003"]), ("{", ["SCAN-003", "SCAN-010"])])
    def test_a_described_system_without_runs(self, meta: str, codes: list[str]) -> None:
        put("results/edge-1/system_meta.json", text=meta)
        inventory = scanned()
        assert [system.name for system in inventory.systems] == ["edge-1"]
        assert [each.code for each in inventory.findings] == codes

    def test_a_misspelt_scenario_beside_others_names_the_nearest(self) -> None:
        put(f"{RUN}/user.conf", "results/edge-1/resnet50/SigleStream/user.conf")
        inventory = scanned()
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]
        (finding,) = inventory.findings
        assert (finding.code, finding.is_error) == ("SCAN-004", True)
        assert finding.path == "results/edge-1/resnet50/SigleStream"
        assert (finding.found, finding.expected) == ("SigleStream", "SingleStream")

    @pytest.mark.parametrize("name", ["system_meta.json", "mlc-sut-info.json", "model_mapping.json"])
    @pytest.mark.parametrize(
        ("content", "line", "what"),
        [
            (b"{,}", 1, "invalid JSON"),
            (b'{\n"a": 1\n', 3, "invalid JSON"),
            (b'{"a": "\xff"}', None, "invalid JSON"),
            (b"[" * 100_000, None, "invalid JSON"),
            (b"[1]", None, "no JSON object"),
        ],
        ids=["syntax", "unfinished", "bytes", "depth", "list"],
    )
    def test_a_systems_file_that_is_no_json_object(self, name: str, content: bytes, line: int, what: str) -> None:
        put(f"{RUN}/user.conf")
        Path("results/edge-1", name).write_bytes(content)
        inventory = scanned()
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]
        assert found(inventory) == [("SCAN-010", f"results/edge-1/{name}", what)]
        assert inventory.findings[0].line == line


class TestRoots:
    @pytest.mark.parametrize("path", ["missing", "a/file", "r" * 260, "a/file/x"])
    def test_a_root_that_is_no_folder(self, path: str) -> None:
        put("a/file", f"{RUN}/user.conf")
        inventory = scanned(["results", {"path": path}])
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]
        assert found(inventory) == [("SCAN-001", "submission.yaml", path)]
        assert inventory.findings[0].is_error
        assert inventory.findings[0].line == 7  # of submission.yaml

    @pytest.mark.parametrize("files", [["results/"], ["results/notes.txt"], ["results/.cache/x"]])
    def test_an_empty_root(self, files: list[str]) -> None:
        put(*files)
        inventory = scanned()
        assert found(inventory) == [("SCAN-002", "results", None)]
        assert not inventory.findings[0].is_error

    def test_a_division_folder_in_a_root_is_asked_to_be_a_root(self) -> None:
        put(f"{RUN}/user.conf", "results/open/edge-2/resnet50/Offline/user.conf")
        inventory = scanned()
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]
        assert found(inventory) == [("SCAN-006", "results/open", None)]
        assert inventory.findings[0].is_error

    def test_a_roots_division_and_category_hold_for_its_systems(self) -> None:
        put("a/edge-1/resnet50/Offline/user.conf", "b/edge-2/resnet50/Offline/user.conf")
        inventory = scanned([{"path": "a", "division": "open", "category": "edge"}, "b"], category="datacenter")
        assert [(system.name, system.division, system.category) for system in inventory.systems] == [
            ("edge-2", Division.CLOSED, Category.DATACENTER),
            ("edge-1", Division.OPEN, Category.EDGE),
        ]

    def test_roots_that_overlap_count_once(self) -> None:
        put(f"{RUN}/user.conf", "results/edge-1/notes/readme.txt")
        once = scanned()
        assert scanned(["results", "results", "resul*"]) == once

    def test_one_folder_may_be_submitted_to_two_divisions(self) -> None:
        put(f"{RUN}/user.conf")
        inventory = scanned(["results", {"path": "results", "division": "open"}])
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline", "open/edge-1/resnet50/Offline"]
        assert inventory.findings == ()

    def test_a_root_of_any_name_is_reported_in_utf_8(self) -> None:
        os.makedirs(b"res\xff/edge-1/resnet50/Offline")  # noqa: PTH103 - pathlib takes no bytes
        inventory = scanned("res*")
        assert found(inventory) == [("SCAN-008", "res\\xff", "its name is not UTF-8")]


class TestSeveralRoots:
    """One system may lie in several roots: runs of Monday, runs of Tuesday."""

    def test_its_runs_are_joined(self) -> None:
        put("a/edge-1/resnet50/Offline/user.conf", "b/edge-1/resnet50/SingleStream/user.conf")
        put("b/edge-1/system_meta.json", text="{}")
        inventory = scanned(["a", "b"])
        assert len(inventory.runs) == 2
        (system,) = inventory.systems
        assert (system.folder, system.meta) == (Path("a/edge-1"), Path("b/edge-1/system_meta.json"))

    @pytest.mark.parametrize(("other", "differs"), [('{"a": 1}', False), ('{"a": 2}', True)])
    def test_its_descriptions_must_not_differ(self, other: str, differs: bool) -> None:
        put("a/edge-1/resnet50/Offline/user.conf", "b/edge-1/resnet50/SingleStream/user.conf")
        put("a/edge-1/system_meta.json", text='{"a": 1}')
        put("b/edge-1/system_meta.json", text=other)
        inventory = scanned(["a", "b"])
        expected = [("SCAN-009", "b/edge-1/system_meta.json", "a/edge-1/system_meta.json")] if differs else []
        assert found(inventory) == expected
        assert inventory.systems[0].meta == Path("a/edge-1/system_meta.json")


class TestConflicts:
    """Which of two runs for one place counts is not ours to guess: neither."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a/edge-1/resnet50/Offline", "b/edge-1/resnet50/Offline"),
            ("a/edge-1/resnet50/Offline", "a/edge-1/resnet50/offline"),
            ("a/edge-1/ResNet50/Offline", "a/edge-1/resnet50/Offline"),
            ("a/Edge-1/resnet50/Offline", "b/edge-1/resnet50/Offline"),
            ("a/my edge/resnet50/Offline", "a/my_edge/resnet50/Offline"),
            ("a/edge-1/gpt-oss-120b/Online", "a/edge-1/gpt-oss-120b/Server"),
        ],
    )
    def test_claims_on_one_place(self, one: str, other: str) -> None:
        put(f"{one}/user.conf", f"{other}/user.conf", "a/edge-9/resnet50/Offline/user.conf", "b/")
        inventory = scanned(["a", "b"])
        assert ids(inventory) == ["closed/edge-9/resnet50/Offline"]
        conflicts = [each for each in inventory.findings if each.code == "SCAN-005"]
        assert [(each.path, each.found, each.is_error) for each in conflicts] == [(one, other, True)]

    def test_three_claims_are_one_finding(self) -> None:
        put(*(f"{root}/edge-1/resnet50/Offline/user.conf" for root in "abc"))
        inventory = scanned(["a", "b", "c"])
        where = [f"{root}/edge-1/resnet50/Offline" for root in "abc"]
        assert found(inventory) == [("SCAN-005", where[0], f"{where[1]}, {where[2]}")]

    def test_a_link_to_a_run_is_the_run_again(self) -> None:
        put(f"{RUN}/user.conf")
        link("results/edge-1/resnet50/offline", "Offline")
        assert only_run(scanned()).folder == Path(RUN)


class TestDeclaredSystems:
    def test_a_folder_elsewhere(self) -> None:
        put("elsewhere/2024-05-01/resnet50/Offline/user.conf", "results/")
        declared = {"edge-1": {"results": "elsewhere/2024-05-01"}}
        inventory = scanned(division="open", category="edge", systems=declared)
        assert ids(inventory) == ["open/edge-1/resnet50/Offline"]
        assert inventory.systems[0].category is Category.EDGE
        assert [each.code for each in inventory.findings] == ["SCAN-002"]

    def test_a_folder_that_is_not_there(self) -> None:
        put(f"{RUN}/user.conf")
        inventory = scanned(systems={"edge-2": {"results": "elsewhere"}})
        assert found(inventory) == [("SCAN-001", "submission.yaml", "elsewhere")]
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]

    @pytest.mark.parametrize("name", ["edge-1", "renamed"])
    def test_a_folder_in_a_root_is_the_systems_alone_with_the_roots_word(self, name: str) -> None:
        put(f"{RUN}/user.conf")
        root = {"path": "results", "division": "open", "category": "edge"}
        inventory = scanned([root], systems={name: {"results": "results/edge-1"}})
        assert ids(inventory) == [f"open/{name}/resnet50/Offline"]
        assert inventory.systems[0].category is Category.EDGE
        assert inventory.findings == ()

    def test_its_own_division_wins_over_the_roots(self) -> None:
        put(f"{RUN}/user.conf")
        assert ids(scanned(systems={"edge-1": {"division": "open"}})) == ["open/edge-1/resnet50/Offline"]

    @pytest.mark.parametrize(("name", "nearest"), [("edge_1", "edge-1"), ("somewhere-else", None)])
    def test_a_system_without_results_names_the_nearest(self, name: str, nearest: str | None) -> None:
        put(f"{RUN}/user.conf")
        inventory = scanned(systems={name: {"status": "rdi"}})
        (finding,) = inventory.findings
        assert (finding.code, finding.is_error) == ("SCAN-007", False)
        assert (finding.path, finding.found, finding.expected) == ("submission.yaml", name, nearest)
        text = Path("submission.yaml").read_text().splitlines()
        assert finding.line and name in text[finding.line - 1]


class TestBesidesRuns:
    """What lies in a SUT folder beside its runs, and what the declaration adds to them."""

    def test_the_automations_description_in_a_performance_run(self) -> None:
        """Its cache has no other; the accuracy run's would do as well, but it takes this one."""
        put(f"{RUN}/accuracy/system_meta.json", f"{RUN}/performance/run_1/system_meta.json", text="{}")
        assert scanned().systems[0].meta == Path(RUN, "performance/run_1/system_meta.json")

    def test_a_description_of_the_sut_wins_over_those_of_runs(self) -> None:
        put("results/edge-1/system_meta.json", f"{RUN}/performance/run_1/system_meta.json", text="{}")
        assert scanned().systems[0].meta == Path("results/edge-1/system_meta.json")

    def test_an_unreadable_description_of_a_run_is_named(self) -> None:
        put(f"{RUN}/performance/run_1/system_meta.json", text="[")
        assert found(scanned()) == [("SCAN-010", f"{RUN}/performance/run_1/system_meta.json", "invalid JSON")]

    @pytest.mark.parametrize("name", ["edge-1_power.yaml", "redfish_nameplate_power.yaml"])
    def test_a_list_of_power_supplies(self, name: str) -> None:
        put(f"{RUN}/user.conf", f"results/edge-1/{name}")
        assert scanned().systems[0].nameplate == Path("results/edge-1", name)

    def test_a_declared_list_of_power_supplies_wins(self) -> None:
        put(f"{RUN}/user.conf", "results/edge-1/edge-1_power.yaml")
        (system,) = scanned(systems={"edge-1": {"nameplate_power": "mine.yaml"}}).systems
        assert system.nameplate == Path("mine.yaml")

    POWER = f"{RUN}/performance/power/client.json"

    def test_declared_documents_are_for_runs_with_power_that_have_none(self) -> None:
        put("docs/analyzer.md", "docs/settings.txt", self.POWER, f"{RUN}/power_settings.md")
        put("results/edge-1/resnet50/Server/user.conf")
        declared = {"analyzer_table": "docs/analyzer.md", "power_settings": "docs/settings.txt"}
        offline, server = scanned(power=declared).runs
        artefacts = {str(name): str(path) for name, path in offline.artefacts.items()}
        assert artefacts["analyzer_table.md"] == "docs/analyzer.md"
        assert artefacts["power_settings.md"] == f"{RUN}/power_settings.md"
        assert "power_settings.txt" not in artefacts
        assert list(server.artefacts) == ["user.conf"]

    def test_a_document_that_is_not_there_is_not_taken(self) -> None:
        put(self.POWER)
        (run,) = scanned(power={"analyzer_table": "docs/analyzer.md"}).runs
        assert list(run.artefacts) == ["performance/power/client.json"]

    def test_a_system_that_others_extend_needs_no_results(self) -> None:
        put(f"{RUN}/user.conf")
        assert not scanned(systems={"base": {"status": "rdi"}, "edge-1": {"extends": "base"}}).findings

    @pytest.mark.parametrize("name", ["my model", "a\\b", "tab\there"])
    def test_a_benchmark_folder_whose_name_fits_no_tree(self, name: str) -> None:
        put(f"results/edge-1/{name}/Offline/user.conf", f"{RUN}/user.conf")
        inventory = scanned()
        assert found(inventory) == [("SCAN-011", f"results/edge-1/{name}", name)]
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]

    @pytest.mark.parametrize("system", ["..", "../../etc", "."])
    def test_a_sut_info_can_t_name_a_system_out_of_the_tree(self, system: str) -> None:
        info = {"system_name": system, "implementation": "i", "device": "d", "framework": "f", "run_config": "r"}
        name = system_name("edge-1", info)
        assert "/" not in name
        assert not name.startswith(".")


class TestUnusable:
    """What is neither a readable file nor a readable folder is reported where it lies, and the rest goes on."""

    DANGLING = "neither a file nor a folder, or a dangling link"

    @pytest.mark.parametrize(
        "path",
        [
            "results/edge-2",
            "results/edge-1/bert-99",
            "results/edge-1/resnet50/Server",
            "results/edge-1/system_meta.json",
            f"{RUN}/measurements.json",
            f"{RUN}/performance",
        ],
    )
    def test_a_dangling_link_at_any_level(self, path: str) -> None:
        put(f"{RUN}/user.conf")
        link(path, "/no/such/place")
        inventory = scanned()
        assert found(inventory) == [("SCAN-008", path, self.DANGLING)]
        assert inventory.findings[0].is_error
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]

    def test_a_dangling_link_alone_is_one_finding(self) -> None:
        link(RUN, "/no/such/place")
        assert found(scanned()) == [("SCAN-008", RUN, self.DANGLING)]

    def test_a_pipe_is_not_waited_for(self) -> None:
        put(f"{RUN}/user.conf")
        os.mkfifo(f"{RUN}/measurements.json")
        assert found(scanned()) == [("SCAN-008", f"{RUN}/measurements.json", self.DANGLING)]

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("results/all", "."),
            ("results/edge-1/back", ".."),
            ("results/edge-1/resnet50/Server", "."),
            (f"{RUN}/loop", "."),
            (f"{RUN}/performance/up", "../.."),
        ],
    )
    def test_a_link_to_a_folder_that_it_lies_in_is_not_followed(self, path: str, target: str) -> None:
        put(f"{RUN}/user.conf", f"{RUN}/performance/run_1/spl.txt")
        link(path, target)
        inventory = scanned()
        assert found(inventory) == [("SCAN-008", path, "a link to a folder that it lies in")]
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]
        assert inventory.runs[0].left_out == ()

    def test_a_link_to_itself_is_no_folder(self) -> None:
        put(f"{RUN}/user.conf")
        link("results/edge-1/resnet50/Server", "Server")
        assert [each[:2] for each in found(scanned())] == [("SCAN-008", "results/edge-1/resnet50/Server")]

    def test_links_around_each_other_end(self) -> None:
        put(f"{RUN}/one/", f"{RUN}/two/")
        link(f"{RUN}/one/other", "../two")
        link(f"{RUN}/two/other", "../one")
        run = only_run(scanned())
        assert run.left_out == ("one/other/other/other/other", "two/other/other/other/other")

    def test_links_elsewhere_are_followed(self) -> None:
        copy_of(CLOSED_SYSTEM, Path())
        link("results/edge-1", "../example-edge")
        link("example-edge/resnet50/Server", "Offline")
        inventory = scanned()
        assert len(inventory.runs) == 4
        assert inventory.findings == ()

    def test_names_that_are_not_utf_8(self) -> None:
        put(f"{RUN}/user.conf")
        paths = [
            b"results/\xff/resnet50/Offline",
            b"results/edge-1/\xff/Offline",
            f"{RUN}/accuracy/\xff".encode("latin-1"),
        ]
        for path in paths:
            os.makedirs(path)  # noqa: PTH103 - pathlib takes no bytes
        inventory = scanned()
        assert found(inventory) == [
            ("SCAN-008", path, "its name is not UTF-8")
            for path in ("results/\\xff", "results/edge-1/\\xff", f"{RUN}/accuracy/\\xff")
        ]
        assert ids(inventory) == ["closed/edge-1/resnet50/Offline"]

    @not_as_root
    @pytest.mark.parametrize("path", ["results", "results/edge-1", "results/edge-1/resnet50", RUN, f"{RUN}/accuracy"])
    def test_an_unreadable_folder(self, path: str) -> None:
        put(f"{RUN}/user.conf", f"{RUN}/accuracy/accuracy.txt")
        Path(path).chmod(0)
        try:
            inventory = scanned()
        finally:
            Path(path).chmod(0o755)
        assert found(inventory) == [("SCAN-008", path, "Permission denied")]

    @not_as_root
    def test_an_unreadable_description(self) -> None:
        put(f"{RUN}/user.conf", "results/edge-1/system_meta.json", text="{}")
        Path("results/edge-1/system_meta.json").chmod(0)
        assert found(scanned()) == [("SCAN-010", "results/edge-1/system_meta.json", "Permission denied")]


# Paths with all that matters to a scan, right and wrong, at every level.
_LEVELS = [
    ["edge-1", "Edge-1", "edge 1", "edge_1", "closed", "__x", "system_meta.json"],
    ["resnet50", "ResNet50", "model_mapping.json", "system_meta.json", "mlc-sut-info.json", "notes.txt"],
    ["Offline", "offline", "Server", "Online", "Ofline", "performance", "user.conf"],
    ["performance", "Performance", "accuracy", "TEST01", "test01", "user.conf", "console.out"],
    ["run_1", "run_2", "RUN_1", "power", "images", "performance", "accuracy.txt", "user.conf"],
    ["mlperf_log_detail.txt", "spl.txt", "run_1", "user.conf", "deep"],
    ["mlperf_log_detail.txt", "deep"],
    ["file"],
]
_PATHS = st.integers(1, len(_LEVELS)).flatmap(lambda depth: st.tuples(*map(st.sampled_from, _LEVELS[:depth])))
_TREES = st.lists(_PATHS, max_size=25)
_settings = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plant(paths: list[tuple[str, ...]]) -> None:
    """Make files of these paths; where a path goes on from another, the other is a folder."""
    shutil.rmtree("results", ignore_errors=True)
    Path("results").mkdir()
    for parts in sorted(paths, key=len, reverse=True):
        path = Path("results", *parts)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}")


def unaccounted(inventory: Inventory, root: Path) -> list[Path]:
    """Files of a results root that are in no run, not left out, no system's, and under no finding."""
    files = {path for path in root.rglob("*") if path.is_file()}
    files -= {path for run in inventory.runs for path in run.artefacts.values()}
    files -= {path for each in inventory.systems for path in (each.meta, each.sut_info, each.model_mapping) if path}
    named = [run.folder / name for run in inventory.runs for name in run.left_out]
    named += [Path(each.path) for each in inventory.findings]
    named += [Path(other) for each in inventory.findings if each.code == "SCAN-005" for other in each.found.split(", ")]  # type: ignore[union-attr]
    return sorted(path for path in files if not any(path.is_relative_to(place) for place in named))


@pytest.fixture
def shuffled(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every folder list its entries in another order, as another disk would."""
    scandir = os.scandir

    class Shuffled:
        def __init__(self, path: Any, seed: int) -> None:
            with scandir(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name)
            random.Random(f"{seed} {path}").shuffle(self.entries)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self.entries)

        def __exit__(self, *_: object) -> None:
            pass

    return lambda seed: monkeypatch.setattr(os, "scandir", lambda path: Shuffled(path, seed))


class TestLaws:
    @_settings
    @given(_TREES)
    @example([])
    def test_every_file_in_a_folder_of_a_scenario_is_accounted_for(self, paths: list[tuple[str, ...]]) -> None:
        plant(paths)
        inventory = scanned()
        in_scenarios = [path for path in unaccounted(inventory, Path("results")) if len(path.parts) > 4]
        assert [path for path in in_scenarios if not path.parts[1].startswith("__")] == []

    @_settings
    @given(_TREES, st.integers(0, 3))
    def test_the_order_on_disk_changes_nothing(
        self, shuffled: Callable[[int], None], paths: list[tuple[str, ...]], seed: int
    ) -> None:
        plant(paths)
        shuffled(seed)
        one = scanned()
        shuffled(seed + 1)
        assert scanned() == one

    @_settings
    @given(_TREES)
    def test_inventories_are_sorted_and_hold_each_place_once(self, paths: list[tuple[str, ...]]) -> None:
        plant(paths)
        inventory = scanned(["results", {"path": "results", "division": "open"}])
        assert list(inventory.runs) == sorted(inventory.runs, key=lambda run: run.key)
        assert list(inventory.findings) == sorted(set(inventory.findings))
        assert len({run.key.id.lower() for run in inventory.runs}) == len(inventory.runs)
        assert {(run.key.division, run.key.system) for run in inventory.runs} <= {
            (system.division, system.name) for system in inventory.systems
        }

    @_settings
    @given(_TREES)
    def test_an_artefact_is_a_file_of_its_run(self, paths: list[tuple[str, ...]]) -> None:
        plant(paths)
        for run in scanned().runs:
            assert all(path.is_file() and path.is_relative_to(run.folder) for path in run.artefacts.values())
            assert not {str(path.relative_to(run.folder)) for path in run.artefacts.values()} & {*run.left_out}
            assert list(run.left_out) == sorted(set(run.left_out))

    def test_scanning_leaves_no_trace(self, offline: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in [offline, *offline.rglob("*")]}
        run, findings = scan_run(RunKey(Division.CLOSED, "L", "s", "m", Scenario.OFFLINE), offline)
        assert run.artefacts and not findings
        assert {path: path.stat().st_mtime_ns for path in [offline, *offline.rglob("*")]} == before


@pytest.mark.parametrize(
    ("root", "systems", "runs"),
    [("raw/v51", 2, 4), ("raw/v61", 6, 16), ("peer/closed", 2, 7), ("peer/open", 2, 4)],
)
def test_published_raw_folders_are_taken_whole(corpus: Path, root: str, systems: int, runs: int) -> None:
    inventory = scanned(str(corpus / root))
    assert (len(inventory.systems), len(inventory.runs)) == (systems, runs)
    assert inventory.findings == ()
    assert unaccounted(inventory, corpus / root) == []
    assert [name for run in inventory.runs for name in run.left_out] == []
