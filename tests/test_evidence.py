"""What the rules may know of a run: its files as values, and what can't be read as findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fitted_run import Kind, evidence_at, fit
from memory_files import MemoryFiles, load_tree
from power_run import add_power
from support import description

from rules.domain import ACCURACY_LOG, README, USER_CONF, Artefact, Category, Division, Run, RunKey, Scenario
from rules.evidence import Evidence, Unreadable, load_evidence

KIND = Kind()
ENDPOINTS = Kind("llama3.1-8b", Scenario.INTERACTIVE, is_endpoints=True)
DETAIL, REPORT = "performance/run_1/mlperf_log_detail.txt", "accuracy/accuracy.txt"
MB = 1 << 20


@pytest.fixture(scope="module")
def files_of_a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit(KIND, tmp_path_factory.mktemp("run"))


@pytest.fixture
def files(files_of_a_run: Path) -> MemoryFiles:
    return load_tree(files_of_a_run)


def load(files: MemoryFiles, *gone: str, is_staged: bool = False) -> Evidence:
    """The evidence of a run of which these files vanish before they are read."""
    key = RunKey(Division.CLOSED, "ExampleLab", "example-edge", "resnet50", Scenario.OFFLINE)
    run = Run(key, files.root, {Artefact(path): files.root / path for path in sorted(files.files)})
    for path in gone:
        del files.files[path]
    return load_evidence(run, KIND.round, KIND.benchmark, description(), files, is_staged=is_staged)


class TestReading:
    def test_gives_every_part_its_value(self, files: MemoryFiles) -> None:
        evidence = load(files)
        assert evidence.performance is not None and evidence.performance.get("effective_scenario") == "Offline"
        assert evidence.accuracy is not None and evidence.accuracy.get("effective_test_mode") == "AccuracyOnly"
        assert evidence.accuracy_report is not None and len(evidence.accuracy_report.scores) == 1
        assert evidence.measurements is not None and evidence.measurements["retraining"] == "No"
        assert evidence.compliance_logs.keys() == {"TEST01", "TEST04"}
        assert evidence.power is None
        assert evidence.unreadable == ()
        assert not evidence.is_endpoints and not evidence.has_power and not evidence.is_staged and evidence.has_code

    def test_takes_sizes_of_what_is_judged_by_it(self, files: MemoryFiles) -> None:
        files.write(USER_CONF, b"12345")
        assert load(files).sizes == {ACCURACY_LOG: len(files.read(ACCURACY_LOG)), USER_CONF: 5, README: 15}

    def test_takes_the_small_texts_of_compliance_runs(self, files: MemoryFiles) -> None:
        for path in ("TEST01/accuracy/baseline_accuracy.txt", "TEST01/accuracy/accuracy.txt", "audit/audit_x.json"):
            files.write(path, b"x")
        files.write("audit/log.txt", b"x")
        assert load(files).texts.keys() == {
            "TEST01/verify_accuracy.txt",
            "TEST01/verify_performance.txt",
            "TEST01/accuracy/baseline_accuracy.txt",
            "TEST04/verify_performance.txt",
            "audit/audit_x.json",
        }

    @pytest.mark.parametrize("text", [b"a\nTEST PASS\n", b"a\r\nTEST PASS\r\n", b"a\rTEST PASS\r"])
    def test_takes_line_ends_of_any_kind(self, text: bytes, files: MemoryFiles) -> None:
        files.write("TEST01/verify_accuracy.txt", text)
        assert load(files).text("TEST01/verify_accuracy.txt") == "a\nTEST PASS\n"

    def test_takes_power_where_there_is_some(self, files_of_a_run: Path, tmp_path: Path) -> None:
        evidence = evidence_at(KIND, add_power(fit(KIND, tmp_path)))
        assert evidence.has_power and evidence.power is not None

    def test_takes_a_config_in_either_spelling(self, tmp_path: Path) -> None:
        folder = fit(ENDPOINTS, tmp_path)
        (folder / "config.yaml").rename(folder / "config.yml")
        evidence = evidence_at(ENDPOINTS, folder)
        assert evidence.performance is not None and evidence.performance.get("effective_scenario") == "online"

    def test_prefers_the_usual_one(self, tmp_path: Path) -> None:
        folder = fit(ENDPOINTS, tmp_path)
        (folder / "config.yml").write_text("type: offline\n")
        evidence = evidence_at(ENDPOINTS, folder)
        assert evidence.performance is not None and evidence.performance.get("effective_scenario") == "online"


class TestUnreadable:
    @pytest.mark.parametrize(
        ("path", "content", "line", "reason"),
        [
            (DETAIL, b"", 1, "the file is empty"),
            (DETAIL, b":::MLLOG {\n", 1, "not a LoadGen entry (invalid JSON)"),
            (DETAIL, b"x\n:::MLLOG {\n", 1, "the first line doesn't start with ':::MLLOG'"),
            (REPORT, b"a\nb\xff", 2, "byte 0xff is not UTF-8"),
            ("measurements.json", b"", 1, "the file is empty"),
            ("measurements.json", b"{\n]", 2, "invalid JSON: Expecting property name enclosed in double quotes"),
            ("measurements.json", b'"x"', None, "holds str, not an object"),
            ("measurements.json", b"[" * 100_000, None, "invalid JSON"),
            ("measurements.json", b" " * (8 * MB + 1), None, "more than 8 MB"),
        ],
        ids=lambda value: None if isinstance(value, bytes) else str(value),
    )
    def test_is_named_with_its_reason_once(
        self, path: str, content: bytes, line: int | None, reason: str, files: MemoryFiles
    ) -> None:
        files.write(path, content)
        (found,) = load(files).unreadable
        assert (found.artefact, found.line, found.closed_only) == (path, line, False)
        assert found.reason.startswith(reason)

    @pytest.mark.parametrize(
        "path",
        [
            *(DETAIL, REPORT, ACCURACY_LOG, USER_CONF, README, "measurements.json", "accuracy/mlperf_log_detail.txt"),
            *(
                f"TEST01/{DETAIL}",
                "TEST01/accuracy/mlperf_log_accuracy.json",
                "performance/run_1/mlperf_log_summary.txt",
            ),
        ],
    )
    def test_is_any_file_that_vanishes(self, path: str, files: MemoryFiles) -> None:
        assert load(files, path).unreadable == (Unreadable(Artefact(path), None, "no such file"),)

    def test_of_a_tree_are_those_that_the_rules_read(self, files: MemoryFiles) -> None:
        unread = "TEST01/accuracy/mlperf_log_accuracy.json"
        assert load(files, unread, is_staged=True).unreadable == ()

    def test_are_in_a_fixed_order(self, files: MemoryFiles) -> None:
        gone = sorted(path for path in files.files if path.endswith(("_summary.txt", "_accuracy.json")))
        assert len(gone) > 4
        first, *others = [what.artefact for what in load(files, *gone).unreadable]
        assert (first, others) == (ACCURACY_LOG, [path for path in gone if path != ACCURACY_LOG])

    @pytest.mark.parametrize(
        ("path", "closed_only"),
        [
            ("TEST01/verify_accuracy.txt", False),
            ("TEST09/verify_output_len.txt", False),
            ("TEST01/verify_performance.txt", True),
            ("TEST01/accuracy/baseline_accuracy.txt", True),
            ("audit/audit_x.json", False),
        ],
    )
    def test_matters_in_the_divisions_that_read_it(self, path: str, closed_only: bool, files: MemoryFiles) -> None:
        files.write(path, b"\xff")
        assert load(files).unreadable == (Unreadable(Artefact(path), 1, "byte 0xff is not UTF-8", closed_only),)


class TestEvidence:
    def test_knows_where_an_artefact_lies(self, files: MemoryFiles) -> None:
        evidence = load(files)
        assert evidence.path(README) == str(files.root / "README.md")
        assert evidence.path(Artefact("nothing")) == evidence.folder == str(files.root)
        assert evidence.has("README.md") and not evidence.has("nothing")

    def test_knows_the_names_in_a_folder(self, files: MemoryFiles) -> None:
        files.write("accuracy/images/1.png", b"")
        assert load(files).names_in("accuracy") == {
            "accuracy.txt",
            "mlperf_log_accuracy.json",
            "mlperf_log_detail.txt",
            "mlperf_log_summary.txt",
        }
        assert load(files).names_in("accuracy/images") == {"1.png"}
        assert load(files).names_in("acc") == set()

    @pytest.mark.parametrize(
        ("division", "is_closed"), [(Division.CLOSED, True), (Division.NETWORK, True), (Division.OPEN, False)]
    )
    def test_is_judged_by_closed_rules_but_in_open(
        self, division: Division, is_closed: bool, files: MemoryFiles
    ) -> None:
        evidence = load(files).in_division(division)
        assert evidence.is_closed is is_closed
        assert (evidence.key.division, evidence.system.fields["division"]) == (division, str(division))

    def test_counts_an_unknown_category_as_datacenter(self, files: MemoryFiles) -> None:
        key = RunKey(Division.CLOSED, "ExampleLab", "example-edge", "resnet50", Scenario.OFFLINE)
        system = replace(description(), fields={})
        evidence = load_evidence(Run(key, files.root, {}), KIND.round, KIND.benchmark, system, files)
        assert evidence.category is Category.DATACENTER
        assert evidence.is_endpoints

    @pytest.mark.parametrize(
        ("kind", "spelling", "scenario"),
        [
            (KIND, "Offline", Scenario.OFFLINE),
            (Kind(scenario=Scenario.SERVER), "Server", Scenario.SERVER),
            (Kind("llama2-70b-99.9", Scenario.INTERACTIVE), "Server", Scenario.SERVER),
            (ENDPOINTS, "Interactive", Scenario.INTERACTIVE),
            (Kind("llama3.1-8b", Scenario.SERVER, is_endpoints=True), "Server", Scenario.SERVER),
            (Kind("llama3.1-8b", is_endpoints=True), "offline", Scenario.OFFLINE),
        ],
        ids=str,
    )
    def test_knows_the_scenario_that_was_run(
        self, kind: Kind, spelling: str, scenario: Scenario, tmp_path: Path
    ) -> None:
        evidence = evidence_at(kind, fit(kind, tmp_path))
        assert (evidence.logged_spelling, evidence.logged_scenario) == (spelling, scenario)
        assert evidence.scenario is kind.scenario

    def test_knows_no_scenario_without_a_log(self, files: MemoryFiles) -> None:
        evidence = load(files, DETAIL)
        assert evidence.logged_spelling is evidence.logged_scenario is None
