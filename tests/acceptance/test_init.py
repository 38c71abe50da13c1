"""`describe`, `init` and the first build: the walk of a new user, and of one who comes from cm or mlcr."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import CLOSED_SYSTEM, EXAMPLE, REPOSITORY, Outcome, doit, placements, report, run_program, tree

from rules.config.loader import load_submission
from rules.rounds import load_round

DESCRIBING = (REPOSITORY / "docs/describing.md").read_text(encoding="utf-8")
MIGRATING = (REPOSITORY / "docs/migrating.md").read_text(encoding="utf-8")


def init(folder: Path, *arguments: str) -> Outcome:
    return run_program("mlperf-dodo", "init", *arguments, folder=folder)


def describe(folder: Path, *arguments: str) -> Outcome:
    return run_program("mlperf-dodo", "describe", *arguments, folder=folder)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example's results, and no submission.yaml."""
    shutil.copytree(EXAMPLE / "results", tmp_path / "new/results")
    return tmp_path / "new"


class TestInit:
    def test_what_it_writes_builds_at_once(self, folder: Path, built_example: Path) -> None:
        outcome = init(folder, "--results", "results")
        assert outcome.code == 0
        assert outcome.output.endswith("It builds as it is: mlperf-dodo\n")
        assert doit(folder, check=True).output.endswith("Ready: build/submission.tar.gz\n")
        assert placements(folder) == placements(built_example)

    def test_an_existing_file_is_left_alone(self, folder: Path) -> None:
        (folder / "submission.yaml").write_text("mine")
        outcome = init(folder, "--results", "results")
        assert (outcome.code, outcome.output) == (
            3,
            "ERROR: submission.yaml is there already, and stays as it is; "
            "remove it or name another file with --output\n",
        )
        assert (folder / "submission.yaml").read_text() == "mine"

    def test_a_link_that_leads_nowhere_is_left_alone_too(self, folder: Path) -> None:
        (folder / "submission.yaml").symlink_to("elsewhere.yaml")
        assert init(folder, "--results", "results").code == 3
        assert not (folder / "elsewhere.yaml").exists()

    def test_results_are_only_read(self, folder: Path) -> None:
        before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
        init(folder, "--results", "results", "--output", "sub/submission.yaml")
        shutil.rmtree(folder / "sub")
        after = [(path, path.stat().st_mtime_ns) for path in folder.rglob("*")]
        assert sorted(each for each in after if each[0] != folder) == before

    def test_another_folder_is_the_workspace_of_the_file_there(self, folder: Path) -> None:
        init(folder, "--results", "results", "--output", "work/space/submission.yaml")
        assert doit(folder / "work/space").code == 0

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "init needs to know where the results are: --results DIR, or --from-cache"),
            (("--results", "nowhere"), "nowhere: no such folder"),
            (("--results", "results", "--round", "v9.9"), "unknown round 'v9.9'"),
            (("--results", "results", "--division", "clsed"), "--division clsed: no division; closed, open"),
            (("--results", "results", "--detected", "x.yaml"), "x.yaml: no such file"),
            (("--results", "~nobody-of-that-name/x"), "~nobody-of-that-name/x: no such folder"),
            (("--results", "a=b"), "a=b: no such folder"),
            (("--results",), "init: option --results requires argument"),
            (("--resutls", "results"), "init: option --resutls not recognized"),
            (("results",), "init takes no arguments (results); use --results DIR"),
            (("--from-command", "mlperf-dodo --x=y"), "mlperf-dodo is no command of the automation"),
            (("--from-command", "CM_QUIET=yes mlperf-dodo x"), "mlperf-dodo is no command of the automation"),
        ],
    )
    def test_what_it_can_t_do_is_said_in_a_line(self, folder: Path, arguments: tuple[str, ...], message: str) -> None:
        (folder / "results/open/example-edge-int4/system_meta.json").unlink()
        outcome = init(folder, *arguments)
        assert outcome.code == 3
        assert outcome.output.startswith(f"ERROR: {message}"), outcome.output
        assert outcome.output.count("\n") == 1
        assert not (folder / "submission.yaml").exists()

    def test_a_wished_description_has_to_be_there_though_none_needs_it(self, folder: Path) -> None:
        outcome = init(folder, "--results", "results", "--detected", "x.yaml")
        assert (outcome.code, outcome.output) == (3, "ERROR: x.yaml: no such file\n")

    def test_what_can_t_be_read_is_named_with_what_is_to_fill_in(self, folder: Path) -> None:
        (folder / "results/closed/example-edge/system_meta.json").write_text("{")
        said = init(folder, "--results", "results", "--submitter", "ExampleLab").output
        assert "\n  results/closed/example-edge/system_meta.json:1: can't be read: invalid JSON\n" in said

    def test_names_are_written_so_that_they_are_read_back(self, folder: Path) -> None:
        (folder / "results/closed").rename(folder / "results/a: *b #c")
        shutil.rmtree(folder / "results/open")
        (folder / "results/a: *b #c/example-edge").rename(folder / "results/a: *b #c/yes")
        init(folder, "--results", "results")
        said = yaml.safe_load((folder / "submission.yaml").read_text())
        assert said["results"] == [{"path": "results/a: *b #c"}]
        assert said["systems"] == {"yes": None}
        assert doit(folder).code == 0

    def test_a_mark_stands_at_everything_that_is_listed(self, folder: Path) -> None:
        (folder / "results/closed/example-edge/system_meta.json").unlink()
        listed = init(folder, "--results", "results", "--submitter", "ExampleLab").output
        text = (folder / "submission.yaml").read_text()
        for name in ("cooling", "framework", "status", "system_type"):
            assert name in listed
            assert re.search(rf"^#      {name}:$", text, re.MULTILINE)
        built = doit(folder)
        assert built.output.endswith("Not ready: 3 runs left out for broken input.\n")
        assert ("SYS-001", "error") in system_findings(folder)
        assert {path.split("/")[0] for path in tree(folder)} == {"open"}


class TestFromCommand:
    def test_as_the_guide_shows_it(self, folder: Path) -> None:
        (command,) = [block for block in blocks(MIGRATING, "sh") if "--from-command" in block]
        line = command.split("'", 1)[1].rsplit("'", 1)[0]
        (shown,) = blocks(MIGRATING, "text")
        assert init(folder, "--from-command", line).output == shown
        submission = yaml.safe_load((folder / "submission.yaml").read_text())
        assert submission["tar"] == {"name": "mine.tar.gz"}
        assert submission["systems"] == {"example-edge": {"hw_notes_extra": "Result taken by X"}}
        assert doit(folder, check=True).output.endswith("Ready: build/mine.tar.gz\n")
        system = json.loads(tree(folder)["closed/ExampleLab/systems/example-edge.json"])
        assert system["hw_notes"].endswith(". Result taken by X")

    def test_every_key_that_a_flag_becomes_is_declared(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "a.md").touch()
        init(
            folder,
            "--from-command=mlcr generate,inference,submission --preprocess=yes --noinfer_scenario_results=yes"
            " --results_dir=results/open --division=open --category=datacenter-edge --status=rdi --hw_name='My Edge'"
            " --sw_notes_extra='a: b' --submission_base_dir=out --version=v6.1 --analyzer_settings_file=a.md"
            " --extra_model_benchmark_map='bert-small-int4:bert-99' --platform_prefix=lab --submitter=Lab",
        )
        monkeypatch.chdir(folder)
        submission = load_submission(Path("submission.yaml"))
        system = submission.systems["lab-example-edge-int4"]
        assert (submission.round, submission.submitter, str(submission.division)) == ("v6.1", "Lab", "open")
        assert submission.output == Path("out")
        assert submission.power_documents == {"analyzer_table": Path("a.md")}
        assert submission.preprocess.infer_scenarios is False
        assert submission.preprocess.drop_failed is True
        assert (str(system.category), system.status, system.sw_notes_extra) == ("datacenter,edge", "rdi", "a: b")
        assert system.results == Path("results/open/example-edge-int4")
        assert system.model_mapping == {"bert-small-int4": "bert-99"}
        assert system.hw_name is None  # its description has a name, which there wins

    def test_its_paths_are_what_the_shell_would_have_made_of_them(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.setenv("OUT", "made")
        line = (
            "mlcr generate,inference,submission --results_dir=$HOME/results --submission_dir=$HOME/$OUT"
            " --power_settings_file=~/power.md"
        )
        assert init(folder, "--from-command", line).code == 0
        said = yaml.safe_load((folder / "submission.yaml").read_text())
        assert said["output"] == f"{folder}/made"
        assert said["power"] == {"power_settings": f"{folder}/power.md"}

    def test_without_a_results_folder_the_automations_cache_is_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gathered = tmp_path / "MLC/repos/local/cache/get-mlperf-inference-results-dir_1a/valid_results"
        sut = gathered / "example-edge-folder"
        shutil.copytree(CLOSED_SYSTEM / "resnet50", sut / "resnet50")
        # The automation leaves a description with each run, and the parts of the name with the SUT.
        for scenario in ("MultiStream", "Offline", "SingleStream"):
            shutil.copy(CLOSED_SYSTEM / "system_meta.json", sut / "resnet50" / scenario / "performance/run_1")
        info = {
            "system_name": "host",
            "implementation": "cpp",
            "device": "cpu",
            "framework": "tf v2",
            "run_config": "c",
        }
        (sut / "mlc-sut-info.json").write_text(json.dumps(info))
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "work").mkdir()
        line = "mlcr generate,inference,submission --preprocess=yes --hw_name='My Edge'"
        for number, arguments in enumerate((["--from-cache"], ["--from-command", line])):
            output = f"{number}/submission.yaml"
            assert init(tmp_path / "work", *arguments, "--output", output).code == 0
            assert doit(tmp_path / "work" / str(number)).code == 0
        names = [
            {path.split("/")[3] for path in tree(tmp_path / "work" / str(n)) if "/results/" in path} for n in (0, 1)
        ]
        assert names == [{"host-cpp-cpu-tf_v2-c"}, {"My_Edge-cpp-cpu-tf_v2-c"}]


class TestDescribe:
    def test_prints_what_can_be_read_back(self, tmp_path: Path) -> None:
        said = yaml.safe_load(describe(tmp_path).output)
        same = json.loads(describe(tmp_path, "--format", "json").output)
        assert {*said} == {*same["fields"]} == {*same["origins"]}
        assert said["number_of_nodes"] == "1"
        asked = {*load_round("v6.1").system_fields} - {"division", "submitter"}
        assert asked <= {*said, *same["to_fill_in"], *same["may_stay_empty"]}

    def test_writes_a_file_once(self, tmp_path: Path) -> None:
        assert describe(tmp_path, "--output", "machine.json").output.startswith("Wrote machine.json: ")
        before = (tmp_path / "machine.json").read_bytes()
        assert json.loads(before)["fields"]
        again = describe(tmp_path, "--output", "machine.json")
        assert (again.code, again.output) == (
            3,
            "ERROR: machine.json is there already, and stays as it is; remove it or name another file\n",
        )
        assert (tmp_path / "machine.json").read_bytes() == before

    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    @pytest.mark.parametrize("format_", ["yaml", "json"])
    def test_any_text_is_printed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, format_: str
    ) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", encoding)
        (tmp_path / "desc.json").write_text('{"cooling": "a \\ud800 \\u00fc", "mlperf_sysinfo": {"complete": true}}')
        outcome = describe(tmp_path, "--sysinfo", "desc.json", "--format", format_)
        assert outcome.code == 0
        assert "cooling" in outcome.output

    def test_takes_a_capture_of_mlperf_sysinfo(self, tmp_path: Path) -> None:
        capture = {"cooling": "air", "host_networking": "N/A", "mlperf_sysinfo": {"complete": True}}
        (tmp_path / "system_desc.json").write_text(json.dumps(capture))
        outcome = describe(tmp_path, "--sysinfo", "system_desc.json")
        assert yaml.safe_load(outcome.output) == {"cooling": "air"}
        assert "# mlperf-sysinfo" in outcome.output

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("--format", "xml"), "--format xml: allowed: yaml, json"),
            (("--sysinfo", "nowhere.json"), "nowhere.json: no such file"),
            (("--sysinfo", "other.json"), "other.json: no capture of mlperf-sysinfo"),
            (("--sysinfo", "part.json"), "part.json: a partial capture: 1 of 2 nodes answered"),
            (("--round", "v1.0"), "unknown round 'v1.0'"),
            (("--output",), "describe: option --output requires argument"),
            (("x.yaml",), "describe takes no arguments (x.yaml); use --output FILE"),
            (("--output", "other.json/x.yaml"), "other.json"),
        ],
    )
    def test_what_it_can_t_do_is_said_in_a_line(self, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
        (tmp_path / "other.json").write_text("{}")
        stamp = {"complete": False, "nodes_collected": 1, "nodes_expected": 2}
        (tmp_path / "part.json").write_text(json.dumps({"mlperf_sysinfo": stamp}))
        outcome = describe(tmp_path, *arguments)
        assert (outcome.code, outcome.output.count("\n")) == (3, 1)
        assert outcome.output.startswith(f"ERROR: {message}"), outcome.output


class TestWalk:
    """docs/describing.md: from results without a description to an archive."""

    def test_as_the_guide_shows_it(self, tmp_path: Path) -> None:
        described, written_out, _ = blocks(DESCRIBING, "yaml")
        _, initialised, built = blocks(DESCRIBING, "console")
        shutil.copytree(CLOSED_SYSTEM / "resnet50", tmp_path / "results/my-system/resnet50")
        (tmp_path / "describe.yaml").write_text(described)
        command, _, shown = initialised.partition("\n")
        assert init(tmp_path, *command.removeprefix("$ mlperf-dodo init ").split()).output == shown
        assert doit(tmp_path).code != 0
        (tmp_path / "submission.yaml").write_text(filled_in((tmp_path / "submission.yaml").read_text(), written_out))
        assert doit(tmp_path, check=True).output.endswith(built.partition("…\n")[2])

    def test_what_systems_share_as_the_guide_shows_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        shared = blocks(DESCRIBING, "yaml")[2]
        Path("submission.yaml").write_text(f"round: v6.1\nsubmitter: X\nresults: r\n{shared}")
        systems = load_submission(Path("submission.yaml")).systems
        for name, number in (("rack-8gpu", 8), ("rack-4gpu", 4)):
            expected = {"cooling": "Liquid-cooled", "framework": "vLLM 0.9.0", "accelerators_per_node": number}
            assert (systems[name].description, systems[name].status) == (expected, "available")


def filled_in(text: str, written_out: str) -> str:
    """The declaration with its lines to fill in replaced by those that are written out."""
    lines = text.splitlines()
    for line in written_out.splitlines():
        key = line.partition(":")[0]
        place = lines.index(f"#{key}:")
        lines[place] = line
    return "\n".join(lines) + "\n"


class TestCorpus:
    """Published results, as if they were one's own."""

    @pytest.mark.parametrize(
        ("results", "submitter", "runs", "codes"),
        [
            ("raw/v61", "YourOrganisation", 16, {"SYS-005", "SYS-012", "SYS-013", "SYS-019", "SYS-020"}),
            ("raw/v51", "YourOrganisation", 4, {"SYS-005", "SYS-012"}),
            ("peer", "YourOrganisation", 11, {"SYS-005", "SYS-020"}),
        ],
    )
    def test_its_systems_pass(
        self, corpus: Path, tmp_path: Path, results: str, submitter: str, runs: int, codes: set[str]
    ) -> None:
        outcome = init(tmp_path, "--results", str(corpus / results))
        assert outcome.output.startswith(f"Wrote submission.yaml: {runs} runs of ")
        doit(tmp_path)
        assert yaml.safe_load((tmp_path / "submission.yaml").read_text())["submitter"] == submitter
        assert {code for code, severity in system_findings(tmp_path) if severity == "error"} == set()
        assert {code for code, _ in system_findings(tmp_path)} <= codes
        assert any(path.endswith(".json") and "/systems/" in path for path in tree(tmp_path))

    @pytest.mark.parametrize("results", ["raw/v61", "peer/closed", "peer/open"])
    def test_without_their_descriptions_what_lacks_is_listed_by_name(
        self, corpus: Path, tmp_path: Path, results: str
    ) -> None:
        for sut in sorted((corpus / results).iterdir()):
            shutil.copytree(sut, tmp_path / "results" / sut.name, ignore=shutil.ignore_patterns("system_meta.json"))
        assert describe(tmp_path, "--output", "machine.yaml").code == 0
        listed = init(tmp_path, "--results", "results", "--detected", "machine.yaml").output
        said = yaml.safe_load((tmp_path / "machine.yaml").read_text())
        missing = {*load_round("v6.1").system_fields_meaningful} - {"division", "submitter", *said}
        suts = sorted(path.name for path in (tmp_path / "results").iterdir())
        for name in suts:
            (row,) = re.findall(
                rf"^  systems\.{re.escape(name)}\.description:((?:.*)(?:\n      .*)*)$", listed, re.MULTILINE
            )
            assert {*re.split(r",\s+", row.strip())} == missing
        assert doit(tmp_path).code != 0
        assert {code for code, severity in system_findings(tmp_path) if severity == "error"} == {
            "SYS-002",
            "SYS-003",
            "SYS-004",
        }


def system_findings(workspace: Path) -> Iterable[tuple[str, str]]:
    said: Any = report(workspace)
    findings = (found for result in said["results"] for found in result["findings"])
    return {(found["code"], found["severity"]) for found in findings if found["code"].startswith("SYS")}
