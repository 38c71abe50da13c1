"""Path algebra: what each file of a raw run folder is, and where each tree layout keeps it."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.domain import Artefact, Division, RunKey, Scenario
from rules.layout import Tree, is_run_folder, recognise, shortened_logs, tree_artefact
from rules.rounds.model import Layout

#: Every kind of artefact, once or more; paths are those of a v6 tree.
ARTEFACTS = [
    "user.conf",
    "mlperf.conf",
    "measurements.json",
    "README.md",
    "README-extra.md",
    "system_info.txt",
    "mlc-version-info.json",
    "os_info.json",
    "cpu_info.json",
    "pip_freeze.json",
    "analyzer_table.md",
    "power_settings.txt",
    "config.yaml",
    "config.yml",
    "audit/audit_TEST09.json",
    "performance/run_1/mlperf_log_summary.txt",
    "performance/run_1/mlperf_log_detail.txt",
    "performance/run_1/mlperf_log_accuracy.json",
    "performance/run_1/spl.txt",
    "performance/result_summary.json",
    "performance/power/client.json",
    "performance/power/ptd_logs.txt",
    "performance/ranging/mlperf_log_detail.txt",
    "accuracy/mlperf_log_summary.txt",
    "accuracy/mlperf_log_detail.txt",
    "accuracy/mlperf_log_accuracy.json",
    "accuracy/accuracy.txt",
    "accuracy/accuracy_results.json",
    "accuracy/captions.txt",
    "accuracy/images/4459.png",
    "accuracy/videos/130.mp4",
    "TEST01/verify_accuracy.txt",
    "TEST04/verify_performance.txt",
    "TEST09/verify_output_len.txt",
    "TEST01/performance/run_1/mlperf_log_summary.txt",
    "TEST01/performance/run_1/mlperf_log_detail.txt",
    "TEST04/performance/run_1/mlperf_log_accuracy.json",
    "TEST01/accuracy/mlperf_log_accuracy.json",
    "TEST01/accuracy/accuracy.txt",
    "TEST01/accuracy/baseline_accuracy.txt",
    "TEST01/accuracy/compliance_accuracy.txt",
]
IN_RUN_FOLDER = [name for name in ARTEFACTS if "/run_1/" in name]

artefacts = st.sampled_from([Artefact(name) for name in ARTEFACTS])
#: What a file system takes as a name.
names = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)
keys = st.builds(RunKey, st.sampled_from(Division), names, names, names, st.sampled_from(Scenario))
trees = st.sampled_from([Tree(layout) for layout in Layout])


@st.composite
def in_other_case(draw: st.DrawFn, path: str) -> PurePosixPath:
    """The same path with its folders' names in some letter case."""
    *folders, name = path.split("/")
    cased = ["".join(draw(st.sampled_from([c.lower(), c.upper()])) for c in folder) for folder in folders]
    return PurePosixPath(*cased, name)


class TestRecognise:
    @pytest.mark.parametrize("name", ARTEFACTS)
    def test_a_file_in_its_place_is_its_artefact(self, name: str) -> None:
        found = recognise(PurePosixPath(name))
        assert found is not None
        assert found.artefact == name

    @given(st.data(), artefacts)
    def test_folder_names_count_in_any_letter_case(self, data: st.DataObject, artefact: Artefact) -> None:
        found = recognise(data.draw(in_other_case(artefact)))
        assert found is not None
        assert found.artefact == artefact

    @pytest.mark.parametrize(
        ("path", "artefact"),
        [
            ("performance/run_1/user.conf", "user.conf"),
            ("performance/user.conf", "user.conf"),
            ("performance/run_1/measurements.json", "measurements.json"),
            ("accuracy/measurements.json", "measurements.json"),
            ("accuracy/README.md", "README.md"),
            ("performance/run_1/system_info.txt", "system_info.txt"),
            ("performance/run_1/os_info.json", "os_info.json"),
        ],
    )
    def test_scenario_files_may_lie_in_the_folder_of_a_run(self, path: str, artefact: str) -> None:
        found = recognise(PurePosixPath(path))
        assert found is not None
        assert found.artefact == artefact

    @pytest.mark.parametrize(
        "path",
        [
            "notes.txt",
            "measurements.JSON",
            "readme.md",
            "mlperf_log_detail.txt",
            "performance/mlperf_log_detail.txt",
            "performance/run_1/mlperf_log_trace.json",
            "performance/run_1/console.out",
            "performance/run_1/run_2/mlperf_log_detail.txt",
            "performance/power/old/client.json",
            "accuracy/run_1/mlperf_log_detail.txt",
            "accuracy/results.json",
            "images/4459.png",
            "TEST1/verify_accuracy.txt",
            "TEST001/verify_accuracy.txt",
            "TEST01/measurements.json",
            "TEST01/TEST01/verify_accuracy.txt",
            "backup/performance/run_1/mlperf_log_detail.txt",
        ],
    )
    def test_other_files_are_no_artefact(self, path: str) -> None:
        assert recognise(PurePosixPath(path)) is None

    @given(st.lists(names, min_size=1, max_size=5))
    def test_any_path_is_an_artefact_that_is_its_own_or_none(self, parts: list[str]) -> None:
        found = recognise(PurePosixPath(*parts))
        again = recognise(PurePosixPath(found.artefact)) if found else None
        assert found is None or (again is not None and again.artefact == found.artefact)


class TestRank:
    """Of several files for one artefact, the least rank is taken."""

    @pytest.mark.parametrize(
        ("better", "worse"),
        [
            ("performance/run_1/spl.txt", "performance/run_2/spl.txt"),
            ("performance/RUN_1/spl.txt", "performance/run_0/spl.txt"),
            ("performance/run_2/spl.txt", "performance/run_3/spl.txt"),
            ("TEST01/performance/run_1/mlperf_log_detail.txt", "TEST01/performance/run_x/mlperf_log_detail.txt"),
            ("user.conf", "performance/user.conf"),
            ("performance/user.conf", "performance/run_1/user.conf"),
            ("accuracy/user.conf", "performance/user.conf"),
        ],
    )
    def test_order(self, better: str, worse: str) -> None:
        first, second = recognise(PurePosixPath(better)), recognise(PurePosixPath(worse))
        assert first and second
        assert first.artefact == second.artefact
        assert first.rank < second.rank

    @given(st.sampled_from(IN_RUN_FOLDER), st.from_regex(r"run_\w{1,5}", fullmatch=True))
    def test_run_1_is_best_of_all(self, name: str, folder: str) -> None:
        assume(folder.lower() != "run_1")
        first, other = recognise(PurePosixPath(name)), recognise(PurePosixPath(name.replace("run_1", folder)))
        assert first and other
        assert first.artefact == other.artefact == name
        assert first.rank < other.rank

    @pytest.mark.parametrize(
        ("name", "expected"),
        [("run_1", True), ("RUN_12", True), ("run_final", True), ("run_", False), ("run1", False), ("rerun_1", False)],
    )
    def test_run_folders(self, name: str, expected: bool) -> None:
        assert is_run_folder(name) is expected


class TestShortenedLogs:
    def test_the_report_beside_a_log_gets_its_hash(self) -> None:
        logs = ["accuracy/mlperf_log_accuracy.json", "TEST01/accuracy/mlperf_log_accuracy.json"]
        assert shortened_logs(map(Artefact, logs)) == {
            logs[0]: "accuracy/accuracy.txt",
            logs[1]: "TEST01/accuracy/accuracy.txt",
        }

    @pytest.mark.parametrize(
        ("log", "is_shortened"),
        [
            ("TEST07/accuracy/mlperf_log_accuracy.json", True),
            ("TEST09/accuracy/mlperf_log_accuracy.json", True),
            ("TEST04/accuracy/mlperf_log_accuracy.json", False),
            ("TEST06/accuracy/mlperf_log_accuracy.json", False),
            ("performance/run_1/mlperf_log_accuracy.json", False),
            ("TEST01/performance/run_1/mlperf_log_accuracy.json", False),
            ("accuracy/accuracy.txt", False),
        ],
    )
    def test_only_what_the_official_truncation_shortens(self, log: str, is_shortened: bool) -> None:
        assert bool(shortened_logs([Artefact(log)])) is is_shortened


class TestTree:
    KEY = RunKey(Division.CLOSED, "ExampleLab", "edge-1", "resnet50", Scenario.OFFLINE)

    @pytest.mark.parametrize(
        ("artefact", "v5", "v6"),
        [
            ("performance/run_1/spl.txt", "results/{run}/performance/run_1/spl.txt", "results/{run}/{same}"),
            ("performance/power/client.json", "results/{run}/performance/power/client.json", "results/{run}/{same}"),
            ("accuracy/accuracy.txt", "results/{run}/accuracy/accuracy.txt", "results/{run}/{same}"),
            ("TEST01/verify_accuracy.txt", "compliance/{run}/TEST01/verify_accuracy.txt", "results/{run}/{same}"),
            ("measurements.json", "measurements/{run}/edge-1.json", "results/{run}/{same}"),
            ("user.conf", "measurements/{run}/user.conf", "results/{run}/{same}"),
            ("README.md", "measurements/{run}/README.md", "results/{run}/{same}"),
            ("analyzer_table.md", "measurements/{run}/analyzer_table.md", "results/{run}/{same}"),
        ],
    )
    def test_places_of_a_runs_artefacts(self, artefact: str, v5: str, v6: str) -> None:
        for layout, place in ((Layout.V5, v5), (Layout.V6, v6)):
            expected = "closed/ExampleLab/" + place.format(run="edge-1/resnet50/Offline", same=artefact)
            assert Tree(layout).artefact(self.KEY, Artefact(artefact)) == PurePosixPath(expected)

    @pytest.mark.parametrize(("layout", "code"), [(Layout.V5, "code"), (Layout.V6, "src")])
    def test_places_of_what_runs_share(self, layout: Layout, code: str) -> None:
        tree, base = Tree(layout), PurePosixPath("open/ExampleLab")
        assert tree.submitter(Division.OPEN, "ExampleLab") == base
        assert tree.system(Division.OPEN, "ExampleLab", "edge-1") == base / "systems/edge-1.json"
        assert tree.system_readme(Division.OPEN, "ExampleLab", "edge-1") == base / "results/edge-1/README.md"
        assert tree.code(Division.OPEN, "ExampleLab", "bert-99") == base / code / "bert-99"
        assert tree.calibration(Division.OPEN, "ExampleLab") == base / "calibration.md"
        assert tree.model_mapping(Division.OPEN, "ExampleLab") == base / "model_mapping.json"

    def test_folders_of_a_run(self) -> None:
        run = PurePosixPath("edge-1/resnet50/Offline")
        base = PurePosixPath("closed/ExampleLab")
        assert Tree(Layout.V6).run_folders(self.KEY) == (base / "results" / run,)
        assert Tree(Layout.V5).run_folders(self.KEY) == tuple(
            base / part / run for part in ("compliance", "measurements", "results")
        )

    @given(trees, keys, artefacts)
    def test_no_path_leaves_the_submitters_folder(self, tree: Tree, key: RunKey, artefact: Artefact) -> None:
        base = tree.submitter(key.division, key.submitter)
        paths = [
            tree.artefact(key, artefact),
            *tree.run_folders(key),
            tree.system(key.division, key.submitter, key.system),
            tree.system_readme(key.division, key.submitter, key.system),
            tree.code(key.division, key.submitter, key.model),
            tree.calibration(key.division, key.submitter),
            tree.model_mapping(key.division, key.submitter),
        ]
        assert base.parts == (key.division.value, key.submitter)
        assert all(path.is_relative_to(base) and ".." not in path.parts for path in paths)

    @given(trees, keys)
    def test_every_artefact_has_a_place_of_its_own_in_the_runs_folders(self, tree: Tree, key: RunKey) -> None:
        assume(f"{key.system}.json" not in ARTEFACTS)
        places = {tree.artefact(key, Artefact(name)) for name in ARTEFACTS}
        assert len(places) == len(ARTEFACTS)
        folders = tree.run_folders(key)
        assert all(any(place.is_relative_to(folder) for folder in folders) for place in places)

    @given(trees, keys, keys, artefacts, artefacts)
    def test_no_two_runs_share_a_place(
        self, tree: Tree, one: RunKey, other: RunKey, artefact: Artefact, another: Artefact
    ) -> None:
        assume(one != other)
        assert tree.artefact(one, artefact) != tree.artefact(other, another)

    @given(keys, artefacts)
    def test_the_v6_layout_keeps_a_run_as_its_raw_folder_does(self, key: RunKey, artefact: Artefact) -> None:
        tree = Tree(Layout.V6)
        (folder,) = tree.run_folders(key)
        found = recognise(tree.artefact(key, artefact).relative_to(folder))
        assert found is not None
        assert found.artefact == artefact


class TestTreeArtefact:
    """A finished tree is read back: the other way round."""

    @given(trees, keys, artefacts)
    def test_a_place_tells_its_artefact(self, tree: Tree, key: RunKey, artefact: Artefact) -> None:
        assume(not artefact.startswith(key.system))  # `<system>*.json` is measurements.json
        place = tree.artefact(key, artefact).relative_to(tree.submitter(key.division, key.submitter))
        area, *inside = place.parts
        assert tree_artefact(tree.layout, area, inside) == artefact

    @pytest.mark.parametrize(
        ("layout", "path", "artefact"),
        [
            (Layout.V6, "results/s/m/Offline/measurements.json", "measurements.json"),
            (Layout.V6, "results/s/README.md", None),
            (Layout.V6, "measurements/s/m/Offline/user.conf", None),
            (Layout.V5, "measurements/s/m/Offline/s.json", "measurements.json"),
            (Layout.V5, "measurements/s/m/Offline/s_m_Offline.json", "measurements.json"),
            (Layout.V5, "measurements/s/m/Offline/more/user.conf", None),
            (Layout.V5, "results/s/m/Offline/user.conf", None),
            (Layout.V5, "results/s/m/Offline/TEST01/verify_accuracy.txt", None),
            (Layout.V5, "compliance/s/m/Offline/verify_accuracy.txt", None),
            (Layout.V5, "systems/s/m/Offline/user.conf", None),
        ],
    )
    def test_what_counts_in_each_area(self, layout: Layout, path: str, artefact: str | None) -> None:
        area, *inside = path.split("/")
        assert tree_artefact(layout, area, inside) == artefact
