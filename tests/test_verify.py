"""Checking a whole tree: what only a tree can have, and that a tree is judged as the runs that it was made of."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_files import MemoryFiles, load_tree
from rule_rows import TreeRow, clean_tree, codes, dirty_tree, tree_table
from support import CORPUS, EXAMPLE, ROUND, edited_log, make_workspace

from rules.domain import DETAIL_LOG, Division
from rules.finding import Finding
from rules.layout import Tree
from rules.sources import Archive, Disk
from rules.steps.stage import run_files
from rules.tasks.check import check_run
from rules.tasks.workspace import Workspace
from rules.verdict import Verdict
from rules.verification import Judged, Profile, Verification
from rules.verify import verify_tree

CLOSED, OPEN = "closed/ExampleLab", "open/ExampleLab"
RESNET = f"{CLOSED}/results/example-edge/resnet50"
BERT = f"{OPEN}/results/example-edge-int4/bert-small-int4"
OFFLINE, SINGLE_STREAM, MULTI_STREAM = (f"{RESNET}/{name}" for name in ("Offline", "SingleStream", "MultiStream"))
SYSTEM = f"{CLOSED}/systems/example-edge.json"
MAPPING = f"{OPEN}/model_mapping.json"

Change = Callable[[MemoryFiles], object]


@pytest.fixture
def tree(built_example: Path) -> MemoryFiles:
    """The example's tree, which passes, to change."""
    return load_tree(built_example / "build/submission")


def verified(tree: MemoryFiles, profile: Profile = Profile.STRICT, **options: object) -> Verification:
    return verify_tree(tree, tree.root, ROUND, profile, **options)  # type: ignore[arg-type]


def all_found(verification: Verification) -> list[Finding]:
    return [*verification.tree, *(found for each in verification.results for found in each.findings)]


def write(path: str, text: str) -> Change:
    return lambda tree: tree.write(path, text.encode())


def delete(path: str) -> Change:
    return lambda tree: tree.delete(path)


def move(path: str, to: str) -> Change:
    return lambda tree: tree.move(path, to)


def copy(path: str, to: str) -> Change:
    return lambda tree: tree.copy_to(path, to)


def describe(path: str, **fields: object) -> Change:
    return lambda tree: tree.write(path, json.dumps(json.loads(tree.read(path)) | fields).encode())


def log(folder: str, **entries: object) -> Change:
    """Change entries of a performance log."""
    path = f"{folder}/{DETAIL_LOG}"
    return lambda tree: tree.write(path, edited_log(tree.read(path).decode(), **entries).encode())


def both(*changes: Change) -> Change:
    return lambda tree: [change(tree) for change in changes]


ZERO = log(f"{BERT}/Offline", result_samples_per_second=0)

ROWS = [
    *tree_table(
        "PLAN-001",
        clean_tree("an alias of the round", copy(RESNET, f"{OPEN}/results/example-edge-int4/mobilenet-x")),
        dirty_tree(
            "a closed benchmark that the round doesn't have",
            move(RESNET, f"{CLOSED}/results/example-edge/alexnet"),
            "alexnet is no benchmark of v6.1; not shipped",
            *(f"{CLOSED}/results/example-edge/alexnet/{name}" for name in ("MultiStream", "Offline", "SingleStream")),
        ),
        dirty_tree(
            "a custom model without a mapping",
            delete(MAPPING),
            "bert-small-int4 is no benchmark of v6.1; not shipped",
            f"{BERT}/Offline",
            f"{BERT}/SingleStream",
        ),
    ),
    *tree_table(
        "PLAN-002",
        clean_tree("open needs no scenario", delete(f"{BERT}/SingleStream")),
        dirty_tree(
            "one is missing",
            delete(MULTI_STREAM),
            "the benchmark lacks MultiStream, which closed submissions must have",
            OFFLINE,
            SINGLE_STREAM,
        ),
        dirty_tree(
            "two are",
            both(delete(MULTI_STREAM), delete(OFFLINE)),
            "the benchmark lacks MultiStream and Offline, which closed submissions must have",
            SINGLE_STREAM,
        ),
    ),
    *tree_table(
        "PLAN-003",
        clean_tree("in lower case", move(OFFLINE, f"{RESNET}/offline")),
        dirty_tree(
            "one more",
            copy(OFFLINE, f"{RESNET}/Server"),
            "Server is no scenario of this benchmark in the edge category",
            *(f"{RESNET}/{name}" for name in ("MultiStream", "Offline", "Server", "SingleStream")),
            besides="COMP-002 PERF-007 PERF-014",
        ),
    ),
    *tree_table(
        "PLAN-005",
        clean_tree(
            "open may be of any category", describe(f"{OPEN}/systems/example-edge-int4.json", system_type="datacenter")
        ),
        dirty_tree(
            "the benchmark is not of the system's",
            describe(SYSTEM, system_type="datacenter"),
            "resnet is no benchmark of the datacenter category; not shipped as closed",
            OFFLINE,
            SINGLE_STREAM,
            MULTI_STREAM,
        ),
    ),
    *tree_table(
        "TREE-011",
        clean_tree("closed has no mapping", write(f"{CLOSED}/model_mapping.json", "{")),
        dirty_tree(
            "the mapping is no JSON",
            write(MAPPING, "{"),
            "can't be read: invalid JSON: Expecting property name enclosed in double quotes",
            MAPPING,
            besides="PLAN-001",
        ),
        dirty_tree(
            "the mapping is a list", write(MAPPING, "[1]"), "can't be read: no JSON object", MAPPING, besides="PLAN-001"
        ),
    ),
    *tree_table(
        "TREE-012",
        clean_tree("in capitals and small letters", move(f"{BERT}/Offline", f"{BERT}/offline")),
        dirty_tree(
            "a letter is missing",
            move(f"{BERT}/Offline", f"{BERT}/Ofline"),
            "'Ofline' is not a scenario (nearest: Offline)",
            f"{BERT}/Ofline",
        ),
        dirty_tree(
            "of a closed benchmark",
            move(OFFLINE, f"{RESNET}/Performance"),
            "'Performance' is not a scenario (nearest: Interactive)",
            f"{RESNET}/Performance",
            besides="PLAN-002 PLAN-003",
        ),
        dirty_tree(
            "LoadGen knows no online",
            move(f"{BERT}/Offline", f"{BERT}/online"),
            "'online' is not a scenario (nearest: Offline)",
            f"{BERT}/online",
        ),
    ),
    *tree_table(
        "TREE-013",
        clean_tree("a small result", log(f"{BERT}/Offline", result_samples_per_second=1e-9)),
        clean_tree("a result that fails is none anyway", ZERO, besides="PERF-023"),
        dirty_tree(
            "a result of zero",
            ZERO,
            "the result is 0, which the official checker counts as none: it fails the submission as a whole",
            f"{BERT}/Offline",
            profile=Profile.OFFICIAL,
        ),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(row: TreeRow, tree: MemoryFiles) -> None:
    row.change(tree)
    row.assert_holds(all_found(verified(tree, row.profile)), tree.root)


class TestVerification:
    def test_of_the_example_passes(self, tree: MemoryFiles) -> None:
        verification = verified(tree)
        assert verification.passes
        assert all_found(verification) == []
        assert (verification.round, verification.profile) == (ROUND, Profile.STRICT)

    def test_names_each_result_in_the_order_of_the_tree(self, tree: MemoryFiles) -> None:
        places = [each.place for each in verified(tree).results]
        assert [str(place.folder.relative_to(tree.root)) for place in places] == [
            MULTI_STREAM,
            OFFLINE,
            SINGLE_STREAM,
            f"{BERT}/Offline",
            f"{BERT}/SingleStream",
        ]

    def test_knows_what_a_result_is(self, tree: MemoryFiles) -> None:
        result = verified(tree).results[3]
        assert result.place.division is Division.OPEN
        assert (result.place.submitter, result.place.system) == ("ExampleLab", "example-edge-int4")
        assert (result.place.model, result.benchmark, result.place.scenario) == (
            "bert-small-int4",
            "bert-99",
            "Offline",
        )
        assert result.system["system_name"] == "Example edge system, int4 (synthetic)"
        assert result.verdict is not None and result.verdict.metric == 284.579

    def test_checks_one_submitter_alone_if_asked(self, tree: MemoryFiles) -> None:
        tree.copy_to(CLOSED, "closed/OtherLab")
        verification = verified(tree, submitter="OtherLab")
        assert {each.place.submitter for each in verification.results} == {"OtherLab"}
        assert codes(all_found(verification)) == {"SYS-006"}
        assert {each.place.submitter for each in verified(tree, submitter="ExampleLab").results} == {"ExampleLab"}

    def test_finds_nothing_of_an_unknown_submitter(self, tree: MemoryFiles) -> None:
        assert codes(all_found(verified(tree, submitter="examplelab"))) == {"TREE-010"}

    @pytest.mark.parametrize(
        ("skipped", "left"),
        [
            ((), {"MEAS-001", "ACC-001", "TREE-002"}),
            (("MEAS",), {"ACC-001", "TREE-002"}),
            (("ACC-001", "TREE-0"), {"MEAS-001"}),
            (("",), set()),
        ],
    )
    def test_leaves_rules_out(self, skipped: tuple[str, ...], left: set[str], tree: MemoryFiles) -> None:
        tree.delete(f"{BERT}/Offline/user.conf")
        tree.delete(f"{BERT}/Offline/accuracy/accuracy.txt")
        tree.write("notes.txt", b"")
        verification = verified(tree, skipped=skipped)
        assert codes(all_found(verification)) == left
        assert verification.passes is not bool(left)

    def test_findings_are_sorted_by_place_and_line(self, tree: MemoryFiles) -> None:
        path = f"{BERT}/Offline/{DETAIL_LOG}"
        log(f"{BERT}/Offline", result_validity="INVALID", effective_min_duration_ms=1, effective_qsl_rng_seed=1)(tree)
        tree.delete(f"{BERT}/Offline/user.conf")
        found = verified(tree).results[3].findings
        assert [(each.code, each.line) for each in found] == [
            ("MEAS-001", None),
            ("PERF-010", 42),
            ("PERF-005", 47),
            ("PERF-016", 74),
        ]
        assert found[1].path == str(tree.root / path)

    def test_a_result_of_no_benchmark_is_measured_all_the_same(self, tree: MemoryFiles) -> None:
        tree.delete(MAPPING)
        result = verified(tree).results[3]
        assert not result.passes
        assert result.verdict is not None and result.verdict.metric == 284.579

    def test_nothing_in_a_folder_of_no_scenario_is_measured(self, tree: MemoryFiles) -> None:
        tree.move(f"{BERT}/Offline", f"{BERT}/Ofline")
        results = {each.place.scenario: each for each in verified(tree).results}
        assert results["Ofline"].verdict is None
        assert not results["Ofline"].passes

    def test_an_unlisted_benchmark_may_be_in_open_alone(self, tree: MemoryFiles) -> None:
        """Figures that a round keeps of a benchmark which it no longer calls for."""
        benchmarks = {**ROUND.benchmarks, "resnet": replace(ROUND.benchmarks["resnet"], listed=False)}
        round_ = replace(ROUND, benchmarks=benchmarks)
        tree.copy_to(RESNET, f"{OPEN}/results/example-edge-int4/resnet50")
        verification = verify_tree(tree, tree.root, round_)
        failing = {each.place.division for each in verification.results if "PLAN-001" in codes(each.findings)}
        assert failing == {Division.CLOSED}

    def test_an_undescribed_system_is_of_no_category(self, tree: MemoryFiles) -> None:
        tree.delete(SYSTEM)
        tree.delete(MULTI_STREAM)
        assert codes(all_found(verified(tree))) == {"SYS-001", "TREE-005", "TREE-008"}

    def test_results_without_a_code_folder(self, tree: MemoryFiles) -> None:
        tree.delete(f"{OPEN}/src")
        found = all_found(verified(tree))
        assert [each.path for each in found if each.code == "MEAS-005"] == [
            str(tree.root / f"{BERT}/{scenario}") for scenario in ("Offline", "SingleStream")
        ]
        assert codes(found) == {"MEAS-005"}

    def test_an_endpoints_result_in_a_folder_named_online_counts_as_server(self, tree: MemoryFiles) -> None:
        tree.move(f"{BERT}/Offline", f"{BERT}/online")
        for name in ("performance", "accuracy"):
            tree.delete(f"{BERT}/online/{name}")
        result = next(each for each in verified(tree).results if each.place.scenario == "online")
        assert result.verdict is not None and str(result.verdict.key.scenario) == "Server"
        assert codes(result.findings) == {"PERF-001"}


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_official_findings_are_the_strict_ones_that_are_official(data: st.DataObject, built_example: Path) -> None:
    tree = load_tree(built_example / "build/submission")
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(tree.files)))
        content = tree.read(path)
        end = data.draw(st.integers(0, len(content)))
        change = data.draw(
            st.sampled_from(
                [
                    write(path, ""),
                    write(path, content[:end].decode()),
                    delete(path),
                    move(path, f"{path}x"),
                    copy(path, "x"),
                ]
            )
        )
        change(tree)
    strict, official = verified(tree), verified(tree, Profile.OFFICIAL)
    # TREE-013 is about results that pass every other rule.
    expected = [each for each in all_found(strict) if each.official and each.code != "TREE-013"]
    assert [each for each in all_found(official) if each.code != "TREE-013"] == expected
    assert passing(strict) <= passing(official)


def passing(verification: Verification) -> set[Path]:
    return {each.place.folder for each in verification.results if each.passes}


def test_an_archive_is_judged_as_the_folder_that_it_was_made_of(built_example: Path) -> None:
    folder, archive = built_example / "build/submission", built_example / "build/submission.tar.gz"
    of_folder = verify_tree(Disk(), folder, ROUND)
    of_archive = verify_tree(Archive.read(archive), archive, ROUND)
    assert of_folder.passes
    assert outcomes(of_archive, archive) == outcomes(of_folder, folder)


def test_so_is_an_archive_that_fails(built_example: Path, tmp_path: Path) -> None:
    tree = load_tree(built_example / "build/submission")
    tree.delete(f"{OFFLINE}/performance")
    tree.write(f"{SINGLE_STREAM}/.DS_Store", b"x")
    tree.make_folder(f"{MULTI_STREAM}/empty")
    folder, archive = tmp_path / "tree", tmp_path / "tree.tar"
    unpack(tree, folder)
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, ".")
    of_folder = verify_tree(Disk(), folder, ROUND)
    assert codes(all_found(of_folder)) == {"PERF-001", "PLAN-002", "TREE-004", "TREE-005"} - {"PLAN-002"}
    assert outcomes(verify_tree(Archive.read(archive), archive, ROUND), archive) == outcomes(of_folder, folder)
    assert outcomes(verify_tree(tree, tree.root, ROUND), tree.root) == outcomes(of_folder, folder)


def outcomes(verification: Verification, root: Path) -> list[object]:
    """All that a verification says, without the place of the tree."""

    def placed(found: tuple[Finding, ...]) -> list[Finding]:
        return [replace(each, path=each.path.removeprefix(str(root))) for each in found]

    results = [(placed(each.findings), figures(each.verdict), each.system) for each in verification.results]
    return [*results, placed(verification.tree)]


def unpack(tree: MemoryFiles, folder: Path) -> None:
    for path in sorted(tree.folders):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, data in tree.files.items():
        (folder / path).write_bytes(data)


def figures(verdict: Verdict | None) -> tuple[object, ...] | None:
    """What was measured."""
    if verdict is None:
        return None
    v = verdict
    return (v.benchmark, v.category, v.metric, v.units, v.accuracy, v.power, v.inferred, v.logged, v.weight_data_types)


# check(raw run) == check(the tree staged from it)

#: Rules of what a build adds or replaces: hashes, READMEs and code; who says what a system is.
BUILT = {"ACC-005", "ACC-006", "ACC-014", "MEAS-004", "MEAS-005", "SYS-005", "SYS-006"}
#: Rules of a benchmark's results as a whole.
OF_ALL = {"PLAN-002", "PLAN-003", "PLAN-005", "TREE-013"}

ROOTS = {
    "the example": (EXAMPLE / "results", "v6.1", {"closed": Division.CLOSED, "open": Division.OPEN}),
    "published results of v5.1": (CORPUS / "raw", "v5.1", {"v51": Division.CLOSED}),
    "published results with the seeds of v6.1": (CORPUS / "raw", "v6.1", {"v61": Division.CLOSED}),
    "those in open": (CORPUS / "raw", "v6.1", {"v61": Division.OPEN}),
    "those of another round": (CORPUS / "raw", "v6.0", {"v61": Division.CLOSED}),
    "another tool's test": (CORPUS / "peer", "v6.1", {"closed": Division.CLOSED, "open": Division.OPEN}),
}


@pytest.mark.parametrize(("folder", "round_name", "roots"), ROOTS.values(), ids=ROOTS)
def test_a_run_is_judged_alike_raw_and_in_the_tree_that_is_made_of_it(
    folder: Path, round_name: str, roots: dict[str, Division], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not folder.is_dir():
        pytest.skip("the corpus of published results is not at hand")
    results = [{"path": str(folder / name), "division": str(division)} for name, division in roots.items()]
    monkeypatch.chdir(make_workspace(tmp_path / "workspace", results, round=round_name))
    workspace = Workspace()
    tree = MemoryFiles(tmp_path / "tree")
    raw = {verdict.key: verdict for verdict in staged(workspace, tree)}
    verification = verify_tree(tree, tree.root, workspace.round)
    judged = {each.verdict.key: each for each in verification.results if each.verdict}
    assert judged.keys() == raw.keys()
    assert raw
    for key, verdict in raw.items():
        assert said(judged[key]) == said(Judged(judged[key].place, "", {}, verdict.findings, verdict)), key


def said(judged: Judged) -> tuple[object, ...]:
    """The figures of a result and what its run is found to break, but for what only one side can have."""
    assert judged.verdict is not None
    found = [(each.code, each.severity, each.message) for each in judged.findings if each.code not in BUILT | OF_ALL]
    is_judged = "PLAN-001" not in codes(judged.findings)
    return (figures(judged.verdict) if is_judged else None, sorted(found) if is_judged else ["PLAN-001"])


def staged(workspace: Workspace, tree: MemoryFiles) -> Iterator[Verdict]:
    """Stage all runs of a workspace; their verdicts from before."""
    layout = Tree(workspace.round.layout)
    for system in workspace.inventory.systems:
        place = layout.system(system.division, system.submitter, system.name)
        tree.write(str(place), json.dumps(dict(workspace.describe(system).fields)).encode())
        tree.make_folder(str(layout.submitter(system.division, system.submitter) / layout.layout.code_folder))
    mapping: dict[str, str] = {}
    for run in workspace.inventory.runs:
        for file in run_files(run, [run.key], layout, workspace.round.max_accuracy_log_bytes, lambda _: b"text\n"):
            content = file.content if isinstance(file.content, bytes) else file.content.read_bytes()
            tree.write(str(file.path), content)
        if run.key.division is Division.OPEN:
            for _, said in workspace.model_mappings(workspace.system_of(run), run):
                mapping |= said
            tree.write(str(layout.model_mapping(Division.OPEN, run.key.submitter)), json.dumps(mapping).encode())
        yield check_run(workspace, run)[0]
