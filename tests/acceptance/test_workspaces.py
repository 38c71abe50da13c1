"""Workspaces as people have them: names, places and file systems that are not the example's."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from support import (
    EXAMPLE_RESULTS,
    EXAMPLE_RUNS,
    archive,
    archived,
    declare_example,
    doit,
    files_below,
    make_workspace,
    placements,
    report,
    tree,
)


class TestNames:
    @pytest.mark.parametrize("name", ["with space", "größe-☃", "a%s{0}$HOME", 'it\'s "quoted"'])
    def test_of_the_workspace_leave_no_trace(self, unbuilt: Path, built_example: Path, name: str) -> None:
        doit(unbuilt.rename(unbuilt.parent / name), check=True)
        assert archive(unbuilt.parent / name) == archive(built_example)

    @pytest.mark.parametrize(
        ("folder", "system"),
        [("My größe ☃", "My_größe_☃"), ("a%s{0}$HOME", "a%s{0}$HOME"), ("n" * 120, "n" * 120)],
    )
    def test_of_systems_are_those_of_the_tree(self, unbuilt: Path, folder: str, system: str) -> None:
        results = unbuilt / "results/closed"
        (results / "example-edge").rename(results / folder)
        doit(unbuilt, check=True)
        assert (unbuilt / f"build/submission/closed/ExampleLab/systems/{system}.json").is_file()
        assert archived(unbuilt) == tree(unbuilt)

    def test_that_the_terminal_can_t_show_end_no_build(self, unbuilt: Path) -> None:
        results = unbuilt / "results/closed"
        (results / "example-edge").rename(results / "größe-☃")
        assert "closed/gr" in doit(unbuilt, check=True, PYTHONIOENCODING="ascii").output
        assert "check:closed/gr" in doit(unbuilt, "list", "--all", check=True, PYTHONIOENCODING="ascii").output

    def test_that_are_not_text_are_named_and_left_out(self, unbuilt: Path) -> None:
        folder = unbuilt / "results/open/example-edge-int4/bert-small-int4/Offline/performance"
        (folder / os.fsdecode(b"\xff.txt")).touch()
        outcome = doit(unbuilt)
        assert outcome.code == 1
        assert "bert-small-int4/Offline/performance/\\xff.txt" in outcome.output
        assert len([run for run, _, target in placements(unbuilt) if target]) == 5

    def test_of_benchmarks_may_hold_what_doit_reserves(self, unbuilt: Path) -> None:
        """An equals sign means an override on doit's command line."""
        open_system = unbuilt / "results/open/example-edge-int4"
        (open_system / "bert-small-int4").rename(open_system / "bert=int4")
        (open_system / "model_mapping.json").write_text('{"bert=int4": "bert-99"}')
        doit(unbuilt, check=True)
        assert [target for _, _, target in placements(unbuilt)][3:] == [
            "open/example-edge-int4/bert=int4/Offline",
            "open/example-edge-int4/bert=int4/SingleStream",
        ]

    def test_of_scenarios_and_tests_may_be_in_lower_case(self, unbuilt: Path, built_example: Path) -> None:
        for path in sorted((unbuilt / "results").rglob("*"), reverse=True):
            if path.name in ("TEST01", "TEST04", "Offline", "MultiStream", "SingleStream"):
                path.rename(path.with_name(path.name.lower()))
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)


class TestDeclaration:
    def test_written_elsewhere(self, unbuilt: Path, built_example: Path) -> None:
        """With a byte order mark and line ends of Windows."""
        declaration = unbuilt / "submission.yaml"
        text = declaration.read_text().replace("\n", "\r\n")
        declaration.write_bytes(b"\xef\xbb\xbf" + text.encode())
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)

    def test_results_by_pattern(self, unbuilt: Path) -> None:
        make_workspace(unbuilt, "results/*", implementation={"*": "code"}, division="open")
        doit(unbuilt, check=True)
        assert [run for run, _, _ in placements(unbuilt)] == [
            run.replace("closed/", "open/", 1) for run in (*EXAMPLE_RUNS[:3], *EXAMPLE_RUNS[3:])
        ]

    def test_results_by_absolute_path(self, unbuilt: Path, built_example: Path) -> None:
        roots = [root | {"path": str(unbuilt / root["path"])} for root in EXAMPLE_RESULTS]
        make_workspace(unbuilt, roots, implementation={"*": "code"})
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)

    def test_results_of_one_system_elsewhere(self, unbuilt: Path, built_example: Path) -> None:
        (unbuilt / "results/closed/example-edge").rename(unbuilt / "moved")
        declare_example(unbuilt, systems={"example-edge": {"results": "moved"}})
        outcome = doit(unbuilt)
        assert "SCAN-002" in outcome.output  # the root is empty now
        assert tree(unbuilt) == tree(built_example)

    def test_results_over_links(self, unbuilt: Path, built_example: Path) -> None:
        store = unbuilt.parent / "store"
        (unbuilt / "results").rename(store)
        for path, data in files_below(store).items():
            link = unbuilt / "results" / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(store / path)
            assert data == link.read_bytes()
        doit(unbuilt, check=True)
        assert archive(unbuilt) == archive(built_example)
        assert not any(path.is_symlink() for path in (unbuilt / "build").rglob("*"))

    def test_links_that_lead_nowhere_or_in_circles_are_named(self, unbuilt: Path) -> None:
        results = unbuilt / "results/closed"
        (results / "circle").symlink_to(".")
        (results / "dangling").symlink_to("nowhere")
        os.mkfifo(results / "example-edge/resnet50/Offline/TEST04/verify_pipe.txt")
        outcome = doit(unbuilt)
        assert outcome.code == 1
        for name in ("circle", "dangling", "example-edge/resnet50/Offline/TEST04/verify_pipe.txt"):
            assert f"results/closed/{name}" in outcome.output
        assert len(report(unbuilt, "summary")["results"]) == 5


class TestOutput:
    @pytest.mark.parametrize("output", ["../elsewhere/deep", "."])
    def test_goes_where_it_is_told(self, unbuilt: Path, built_example: Path, output: str) -> None:
        declare_example(unbuilt, output=output)
        outcome = doit(unbuilt, check=True)
        made = unbuilt / output
        assert f"Ready: {Path(output) / 'submission.tar.gz'}\n" in outcome.output
        assert (made / "submission.tar.gz").read_bytes() == archive(built_example)
        assert not (unbuilt / "build").exists()
        assert doit(unbuilt, check=True).tasks == []
        before = set(unbuilt.iterdir())
        doit(unbuilt, "clean", check=True)
        assert not (made / "submission").exists()
        assert {unbuilt / "results", unbuilt / "code", unbuilt / "submission.yaml"} <= before & set(unbuilt.iterdir())

    @pytest.mark.parametrize("obstacle", ["build", "build/.state"])
    def test_that_can_t_be_written_is_named(self, unbuilt: Path, obstacle: str) -> None:
        (unbuilt / obstacle).parent.mkdir(exist_ok=True)
        (unbuilt / obstacle).write_text("mine")
        outcome = doit(unbuilt)
        assert outcome.code == 3
        assert outcome.output.startswith("ERROR: build/.state: can't be written: ")
        assert doit(unbuilt, "clean").code == 0
        assert (unbuilt / obstacle).read_text() == "mine"

    def test_whose_tree_can_t_be_written_is_not_called_ready(self, unbuilt: Path) -> None:
        (unbuilt / "build").mkdir()
        (unbuilt / "build/submission").write_text("mine")
        outcome = doit(unbuilt)
        assert outcome.code == 2
        assert "build/submission/closed/ExampleLab" in outcome.output
        assert "Planned but not packed, 5 results:" in outcome.output
        assert " ".join(outcome.output.rsplit("\n\n", 1)[-1].split()).startswith("Not ready: stage:")
        assert not (unbuilt / "build/submission.tar.gz").exists()
        assert (unbuilt / "build/submission").read_text() == "mine"


class TestDescriptions:
    def test_in_the_declaration_win_over_the_results(self, unbuilt: Path) -> None:
        said = {"hw_name": "Edge One", "status": "preview", "description": {"host_processor_model_name": "Other CPU"}}
        declare_example(unbuilt, systems={"example-edge": said})
        doit(unbuilt, check=True)
        system = json.loads(tree(unbuilt)["closed/ExampleLab/systems/example-edge.json"])
        assert (system["system_name"], system["status"]) == ("Edge One", "preview")
        assert system["host_processor_model_name"] == "Other CPU"
        origins = report(unbuilt, "manifest")["system_field_origins"]["closed/example-edge"]
        assert origins["system_name"] == origins["status"] == "declaration"

    def test_in_a_file_of_their_own_are_inputs(self, unbuilt: Path) -> None:
        meta = unbuilt / "results/closed/example-edge/system_meta.json"
        own = unbuilt / "systems.json"
        own.write_bytes(meta.read_bytes())
        meta.unlink()
        declare_example(unbuilt, systems={"example-edge": {"description": "systems.json"}})
        doit(unbuilt, check=True)
        own.write_text(own.read_text().replace("Synthetic processor", "Other processor"))
        doit(unbuilt, check=True)
        assert b"Other processor" in tree(unbuilt)["closed/ExampleLab/systems/example-edge.json"]
        assert b"Other processor" in (unbuilt / "build/summary.csv").read_bytes()


def test_one_root_for_both_divisions(unbuilt: Path) -> None:
    shutil.rmtree(unbuilt / "results/open")
    make_workspace(unbuilt, "results/closed", division="closed-open", implementation={"*": "code"})
    doit(unbuilt, check=True)
    assert [(action, target) for _, action, target in placements(unbuilt)] == [
        pair for run in EXAMPLE_RUNS[:3] for pair in (("also open", run.replace("closed", "open", 1)), ("keep", run))
    ]
    assert archived(unbuilt) == tree(unbuilt)
