"""What `submission.yaml` may say, what becomes of it, and what each mistake is answered with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator

from rules.config.loader import load_submission
from rules.config.model import Preprocess, ResultsRoot, Submission
from rules.config.validation import SCHEMA_FILE, schema
from rules.domain import Category, Division, Run, RunKey, Scenario
from rules.errors import ConfigError

REPOSITORY = Path(__file__).parents[2]
MINIMAL = "round: v6.1\nsubmitter: ExampleLab\nresults: results\n"
#: What a name must be that becomes a folder of the tree.
FOLDER = (
    "a plain folder name of at most 200 characters (no slash, no space, no dot in front, none that Windows reserves)"
)
HOW_TO_START = """\
a workspace starts with a submission.yaml that says at least:

    round: v6.1
    submitter: YourOrganisation
    results: results

`doit init --results DIR` writes one from the results in DIR."""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str, overrides: Mapping[str, str] | None = None) -> Submission:
    Path("submission.yaml").write_text(text, encoding="utf-8")
    return load_submission(Path("submission.yaml"), overrides)


def load_minimal(more: str = "", overrides: Mapping[str, str] | None = None) -> Submission:
    """The minimal declaration with more keys from line 4 on."""
    return load(MINIMAL + more, overrides)


def message(text: str, overrides: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, overrides)
    return str(caught.value)


def message_minimal(more: str, overrides: Mapping[str, str] | None = None) -> str:
    return message(MINIMAL + more, overrides)


def make_run(folder: str, division: Division = Division.CLOSED, system: str = "edge-1") -> Run:
    return Run(RunKey(division, "ExampleLab", system, "resnet", Scenario.OFFLINE), Path(folder), {})


class TestValues:
    def test_minimal_declaration_has_documented_defaults(self) -> None:
        assert load_minimal() == Submission(
            round="v6.1",
            submitter="ExampleLab",
            division=Division.CLOSED,
            also_open=False,
            category=None,
            results=(ResultsRoot(Path("results"), Division.CLOSED, None, line=3),),
            systems={},
            output=Path("build"),
            implementation={},
            calibration=None,
            preprocess=Preprocess(),
            archive="submission.tar.gz",
            final=False,
            source=Path("submission.yaml"),
        )

    def test_every_key(self) -> None:
        submission = load_minimal(
            "division: open\n"
            "category: edge\n"
            "output: out\n"
            "compare_with: [../inference_results_v5.1, /published/summary.csv]\n"
            'implementation: {"*": code, resnet: code/resnet}\n'
            "power: {analyzer_table: power/analyzer.md, power_settings: power/settings.md}\n"
            "calibration: docs/calibration.md\n"
            "preprocess: {infer_scenarios: false, drop_failed: no}\n"
            "tar: {name: mine.tar.gz}\n"
            "final: true\n"
        )
        assert submission.division is Division.OPEN
        assert submission.category is Category.EDGE
        assert submission.output == Path("out")
        assert submission.compare_with == (Path("../inference_results_v5.1"), Path("/published/summary.csv"))
        assert submission.implementation == {"*": Path("code"), "resnet": Path("code/resnet")}
        assert submission.calibration == Path("docs/calibration.md")
        assert submission.power_documents == {
            "analyzer_table": Path("power/analyzer.md"),
            "power_settings": Path("power/settings.md"),
        }
        assert submission.preprocess == Preprocess(infer_scenarios=False, drop_failed=False)
        assert submission.archive == "mine.tar.gz"
        assert submission.final is True

    def test_compare_with_may_be_one_path(self) -> None:
        assert load_minimal("compare_with: old").compare_with == (Path("old"),)
        assert load_minimal("", {"compare_with": "old"}).compare_with == (Path("old"),)

    def test_every_key_of_a_system(self) -> None:
        system = load_minimal(
            "systems:\n"
            "  edge-1:\n"
            "    results: elsewhere/edge-1\n"
            "    division: network\n"
            "    category: datacenter,edge\n"
            "    status: rdi\n"
            "    description: {number_of_nodes: 1, is_network: false}\n"
            "    hw_name: Edge One\n"
            "    hw_notes_extra: capped\n"
            "    sw_notes_extra: patched\n"
            "    model_mapping: {bert-small: bert-99}\n"
            "    detected: {cooling: air}\n"
            "    nameplate_power: power.yaml\n"
            "    private_id: calm-otter\n"
        ).systems["edge-1"]
        assert (system.detected, system.nameplate_power) == ({"cooling": "air"}, Path("power.yaml"))
        assert (system.private_id, system.is_extended) == ("calm-otter", False)
        assert system.name == "edge-1"
        assert system.results == Path("elsewhere/edge-1")
        assert system.division is Division.NETWORK
        assert system.category is Category.DATACENTER_EDGE
        assert system.status == "rdi"
        assert system.description == {"number_of_nodes": 1, "is_network": False}
        assert system.description_file is None
        assert (system.hw_name, system.hw_notes_extra, system.sw_notes_extra) == ("Edge One", "capped", "patched")
        assert system.model_mapping == {"bert-small": "bert-99"}
        assert system.line == 5

    @pytest.mark.parametrize("key", ["systems", "implementation", "preprocess", "tar", "power"])
    def test_mapping_whose_entries_are_all_commented_out_is_an_absent_one(self, key: str) -> None:
        assert load_minimal(f"{key}:\n") == load_minimal(f"{key}: {{}}\n") == load_minimal()

    def test_system_that_says_nothing_is_still_declared(self) -> None:
        system = load_minimal("systems:\n  edge-1:\n").systems["edge-1"]
        assert (system.division, system.description, system.model_mapping) == (None, {}, {})

    def test_dates_and_system_names_of_digits_are_text(self) -> None:
        submission = load_minimal("systems:\n  2024: {hw_name: 2024-01-01}\n")
        assert submission.systems["2024"].hw_name == "2024-01-01"

    def test_byte_order_mark_is_no_part_of_the_first_key(self) -> None:
        assert load("\ufeff" + MINIMAL) == load_minimal()

    def test_alias_repeats_a_value(self) -> None:
        submission = load_minimal("systems:\n  a: &a {status: rdi}\n  b: *a\n")
        assert submission.systems["b"].status == "rdi"


class TestSharing:
    """What several systems have in common is said once: with YAML's anchors, or by `extends`."""

    def test_merge_key_takes_a_mapping_over_and_own_keys_win(self) -> None:
        systems = load_minimal(
            "systems:\n"
            "  a: {description: &air {cooling: air, framework: X}}\n"
            "  b: {description: {framework: Y, <<: *air}}\n"
            "  c: {description: {<<: [{cooling: water}, *air]}}\n"
        ).systems
        assert systems["b"].description == {"cooling": "air", "framework": "Y"}
        assert systems["c"].description == {"cooling": "water", "framework": "X"}

    def test_extends_takes_over_what_a_system_does_not_say_itself(self, workspace: Path) -> None:
        (workspace / "b.yaml").write_text("framework: Y\n")
        systems = load_minimal(
            "systems:\n"
            "  a: {status: rdi, category: edge, hw_notes_extra: capped, description: {cooling: air, framework: X},\n"
            "      detected: {operating_system: Linux}, model_mapping: {m: bert-99}}\n"
            "  b: {extends: a, status: available, description: b.yaml}\n"
            "  c: {extends: b, description: {cooling: water}, detected: {filesystem: ext4}}\n"
        ).systems
        assert (systems["b"].status, systems["b"].category, systems["b"].hw_notes_extra) == (
            "available",
            Category.EDGE,
            "capped",
        )
        assert systems["b"].description == {"cooling": "air", "framework": "Y"}
        assert systems["c"].description == {"cooling": "water", "framework": "Y"}
        assert systems["c"].detected == {"operating_system": "Linux", "filesystem": "ext4"}
        assert systems["c"].model_mapping == {"m": "bert-99"}
        assert [name for name, system in systems.items() if system.is_extended] == ["a", "b"]
        assert [system.line for system in systems.values()] == [5, 7, 8]

    def test_what_a_system_has_for_itself_is_not_taken_over(self) -> None:
        said = "results: r, division: open, nameplate_power: n.yaml, private_id: x"
        extended = load_minimal(f"systems: {{a: {{{said}}}, b: {{extends: a}}}}\n").systems["b"]
        assert extended == replace(load_minimal("systems: {b: }\n").systems["b"], line=4)

    def test_a_system_that_extends_one_with_a_circle_is_not_the_circle(self) -> None:
        said = message_minimal("systems:\n  a: {extends: b}\n  b: {extends: a}\n  c: {extends: a}\n")
        assert [line.partition(": ")[2] for line in said.splitlines()] == [
            "systems.a.extends: systems extend each other in a circle: a, b; take one out",
            "systems.b.extends: systems extend each other in a circle: b, a; take one out",
        ]


class TestResults:
    def test_list_of_paths_and_mappings(self) -> None:
        results = load(
            "round: v6.1\nsubmitter: ExampleLab\ncategory: edge\nresults:\n"
            "- results/closed\n"
            "- path: results/open\n"
            "  division: open\n"
            "  category: datacenter\n"
        ).results
        assert results == (
            ResultsRoot(Path("results/closed"), Division.CLOSED, Category.EDGE, line=5),
            ResultsRoot(Path("results/open"), Division.OPEN, Category.DATACENTER, line=6),
        )

    def test_glob_is_the_folders_it_matches_sorted(self) -> None:
        for name in ("b", "a", "c"):
            Path("results", name, "closed").mkdir(parents=True)
        Path("results/README.md").touch()
        assert [root.path for root in load("round: v6.1\nsubmitter: X1\nresults: [results/*]").results] == [
            Path("results/a"),
            Path("results/b"),
            Path("results/c"),
        ]
        deep = load("round: v6.1\nsubmitter: X1\nresults: results/**/closed").results
        assert [str(root.path) for root in deep] == ["results/a/closed", "results/b/closed", "results/c/closed"]

    @pytest.mark.parametrize("pattern", ["nothing/*", "[z-a]/x*", "missing"])
    def test_what_matches_nothing_stays_as_written_for_the_scan_to_report(self, pattern: str) -> None:
        (root,) = load(f"round: v6.1\nsubmitter: X1\nresults: '{pattern}'").results
        assert root.path == Path(pattern)

    def test_folder_with_brackets_in_its_name_is_itself(self) -> None:
        for name in ("run[1]", "run1"):
            Path(name).mkdir()
        (root,) = load("round: v6.1\nsubmitter: X1\nresults: 'run[1]'").results
        assert root.path == Path("run[1]")


class TestPaths:
    def test_relative_to_the_file(self, workspace: Path) -> None:
        folder = workspace / "inner"
        (folder / "results/a").mkdir(parents=True)
        (folder / "submission.yaml").write_text("round: v6.1\nsubmitter: X1\nresults: results/*\ncalibration: c.md\n")
        submission = load_submission(Path("inner/submission.yaml"))
        assert submission.results[0].path == Path("inner/results/a")
        assert submission.output == Path("inner/build")
        assert submission.calibration == Path("inner/c.md")

    def test_absolute_file_in_current_folder_gives_relative_paths(self, workspace: Path) -> None:
        assert load_minimal() == load_submission(workspace / "submission.yaml")

    def test_absolute_file_elsewhere_gives_absolute_paths(
        self, workspace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_minimal()
        (workspace / "elsewhere").mkdir()
        monkeypatch.chdir(workspace / "elsewhere")
        submission = load_submission(workspace / "submission.yaml")
        assert submission.results[0].path == workspace / "results"


class TestClosedOpen:
    """`closed-open`: both divisions are planned, each for itself."""

    def test_is_closed_and_also_open(self) -> None:
        submission = load_minimal("division: closed-open\n")
        assert (submission.division, submission.also_open) == (Division.CLOSED, True)
        assert submission.divisions_of(make_run("results/edge-1/resnet/Offline")) == (Division.CLOSED, Division.OPEN)

    def test_closed_is_closed_only(self) -> None:
        assert load_minimal().divisions_of(make_run("results/edge-1/resnet/Offline")) == (Division.CLOSED,)

    def test_folder_overrides_submission_and_system_overrides_folder(self) -> None:
        submission = load(
            "round: v6.1\nsubmitter: ExampleLab\ndivision: closed-open\n"
            "results: [{path: results/both}, {path: results/both/not, division: closed}]\n"
            "systems: {edge-2: {division: closed}, edge-3: {division: closed-open}}\n"
        )
        both = (Division.CLOSED, Division.OPEN)
        assert submission.divisions_of(make_run("results/both/edge-1")) == both
        assert submission.divisions_of(make_run("results/both/not/edge-1")) == (Division.CLOSED,)
        assert submission.divisions_of(make_run("results/both/edge-2", system="edge-2")) == (Division.CLOSED,)
        assert submission.divisions_of(make_run("results/both/not/edge-3", system="edge-3")) == both
        assert submission.divisions_of(make_run("elsewhere/edge-1")) == both

    def test_open_run_stays_open_only(self) -> None:
        submission = load_minimal("division: closed-open\n")
        assert submission.divisions_of(make_run("results/edge-1", Division.OPEN)) == (Division.OPEN,)


class TestDescriptionFile:
    @pytest.mark.parametrize("key", ["description", "detected"])
    @pytest.mark.parametrize(
        "content",
        [
            {"cooling": "air"},
            {"fields": {"cooling": "air"}, "origins": {"cooling": "by hand"}},
            {"cooling": "air", "host_memory_capacity": "N/A", "mlperf_sysinfo": {"complete": True}},
        ],
        ids=["fields", "of describe", "of mlperf-sysinfo"],
    )
    def test_may_be_any_that_tools_write(self, key: str, content: dict[str, Any]) -> None:
        Path("edge.json").write_text(json.dumps(content))
        system = load_minimal(f"systems: {{edge-1: {{{key}: edge.json}}}}\n").systems["edge-1"]
        assert getattr(system, key) == {"cooling": "air"}

    def test_of_a_part_of_the_system_is_none(self) -> None:
        stamp = {"complete": False, "nodes_collected": 1, "nodes_expected": 2}
        Path("edge.json").write_text(json.dumps({"mlperf_sysinfo": stamp}))
        assert message_minimal("systems: {edge-1: {detected: edge.json}}\n") == (
            "submission.yaml:4: systems.edge-1.detected: edge.json: "
            "a partial capture: 1 of 2 nodes answered; capture the system again"
        )

    @pytest.mark.parametrize(
        ("name", "text"), [("edge.json", '{"number_of_nodes": 1}'), ("edge.yaml", "number_of_nodes: 1\n")]
    )
    def test_is_read_beside_the_declaration(self, workspace: Path, name: str, text: str) -> None:
        (workspace / "inner").mkdir()
        (workspace / "inner" / name).write_text(text)
        (workspace / "inner/submission.yaml").write_text(MINIMAL + f"systems: {{edge-1: {{description: {name}}}}}\n")
        system = load_submission(Path("inner/submission.yaml")).systems["edge-1"]
        assert system.description == {"number_of_nodes": 1}
        assert system.description_file == Path("inner", name)

    @pytest.mark.parametrize("key", ["description", "detected"])
    def test_is_one_of_the_paths_that_a_declaration_names(self, workspace: Path, key: str) -> None:
        (workspace / "edge.json").write_text('{"number_of_nodes": 1}')
        submission = load_minimal(f"systems: {{edge-1: {{{key}: edge.json}}}}\n")
        assert Path("edge.json") in submission.paths()

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("edge.json", None, "edge.json: no such file"),
            ("edge.json", b"[1]", "edge.json: found a list; allowed: a mapping"),
            ("edge.yaml", b"", "edge.yaml: found nothing; allowed: a mapping"),
            ("edge.yaml", b"just text", "edge.yaml: found one value; allowed: a mapping"),
            ("edge.json", b'{\n "a": }', "edge.json:2:7: not valid JSON: Expecting value"),
            ("edge.yaml", b"a: b: c", "edge.yaml:1:5: not valid YAML: mapping values are not allowed in this context; "
             "put text that holds ': ' in quotes, and check the indentation"),
            ("edge.yaml", b"a: 1\na: 2", "edge.yaml:2: a: duplicate key, first on line 1; keep one of the two"),
            ("edge.json", b'{"a": "\xff"}', "edge.json:1: byte 0xff is not UTF-8 text; save the file as UTF-8"),
        ],
    )  # fmt: skip
    def test_that_is_of_no_use_is_named_with_the_line_that_names_it(
        self, name: str, content: bytes | None, said: str
    ) -> None:
        if content is not None:
            Path(name).write_bytes(content)
        assert message_minimal(f"systems:\n  edge-1:\n    description: {name}\n") == (
            f"submission.yaml:6: systems.edge-1.description: {said}"
        )

    def test_that_is_a_folder(self) -> None:
        Path("edge").mkdir()
        assert message_minimal("systems: {edge-1: {description: edge}}\n") == (
            "submission.yaml:4: systems.edge-1.description: edge: can't be read: Is a directory"
        )


class TestOverrides:
    def test_replace_what_the_file_says(self) -> None:
        submission = load_minimal(
            "division: closed\n", {"division": "open", "final": "yes", "submitter": "2024", "results": "mine"}
        )
        assert submission.division is Division.OPEN
        assert submission.final is True
        assert submission.submitter == "2024"
        assert submission.results == (ResultsRoot(Path("mine"), Division.OPEN, None, line=None),)

    def test_supply_what_the_file_lacks_or_has_wrong(self) -> None:
        submission = load("submitter: ExampleLab\nresults: x\ndivision: closd\n", {"round": "v6.0", "division": "open"})
        assert (submission.round, submission.division) == ("v6.0", Division.OPEN)

    @pytest.mark.parametrize(
        ("key", "value", "said"),
        [
            ("divison", "open", "divison: unknown key; did you mean 'division'?"),
            ("zzz", "open", "zzz: unknown key"),
            (
                "division",
                "opn",
                "division: found 'opn'; allowed: closed, open, network, closed-open; did you mean 'open'?",
            ),
            ("round", "6.1", "round: found '6.1'; allowed: v5.0, v5.1, v6.0, v6.1; did you mean 'v6.1'?"),
            ("final", "maybe", "final: found 'maybe'; allowed: true, false"),
            ("tar", "x.tar.gz", "tar: found 'x.tar.gz'; allowed: a mapping"),
            (
                "submitter",
                "",
                f"submitter: found ''; allowed: {FOLDER}",
            ),
        ],
    )
    def test_mistakes_are_named_as_the_command_lines(self, key: str, value: str, said: str) -> None:
        assert message_minimal("", {key: value}) == f"command line: {said}"


class TestMistakes:
    def test_all_are_listed_in_order_of_lines(self) -> None:
        text = (
            "round: v9.9\n"
            "submitter: ExampleLab\n"
            "division: closd\n"
            "results: results\n"
            "systems:\n"
            "  edge-1:\n"
            "    divison: open\n"
        )
        assert message(text, {"finl": "true"}).splitlines() == [
            "command line: finl: unknown key; did you mean 'final'?",
            "submission.yaml:1: round: found 'v9.9'; allowed: v5.0, v5.1, v6.0, v6.1; did you mean 'v6.1'?",
            "submission.yaml:3: division: found 'closd'; allowed: closed, open, network, closed-open; "
            "did you mean 'closed'?",
            "submission.yaml:7: systems.edge-1.divison: unknown key; did you mean 'division'?",
        ]

    def test_missing_keys(self) -> None:
        assert message("# nothing yet\ndivision: open\n").splitlines() == [
            "submission.yaml:2: results: missing; write for example 'results: results'",
            "submission.yaml:2: round: missing; write for example 'round: v6.1'",
            "submission.yaml:2: submitter: missing; write for example 'submitter: YourOrganisation'",
        ]
        assert message("round: v6.1\nsubmitter: X1\nresults:\n- division: open\n") == (
            "submission.yaml:4: results[0].path: missing; write for example 'path: results/closed'"
        )

    @pytest.mark.parametrize("value", ["6.1", "V6.1", "'v6.1\\n'", "[v6.1]", "v6", "yes"])
    def test_wrong_round_is_one_problem(self, value: str) -> None:
        said = message(f"round: {value}\nsubmitter: X1\nresults: x\n")
        assert said.startswith("submission.yaml:1: round: found ")
        assert "; allowed: v5.0, v5.1, v6.0, v6.1" in said
        assert "\n" not in said

    def test_round_without_its_v(self) -> None:
        assert message("round: 6.1\nsubmitter: X1\nresults: x\n") == (
            "submission.yaml:1: round: found 6.1; allowed: v5.0, v5.1, v6.0, v6.1; did you mean 'v6.1'?"
        )

    @pytest.mark.parametrize(
        "name",
        [
            *("a/b", "''", "..", ".hidden", "'a\\b'", "' a'", '"a\\n"', "Example Lab", "CON", "nul.x", "lpt1"),
            *("x" * 201, r'"a\x7f"', "../../etc", "/etc", r"C:\x"),
        ],
    )
    def test_submitter_is_a_plain_folder_name(self, name: str) -> None:
        """A name becomes a folder of the tree, which it can't leave, and which others check out on any system."""
        said = message(f"round: v6.1\nsubmitter: {name}\nresults: x\n")
        assert re.fullmatch(r"submission\.yaml:2: submitter: found '.*'; allowed: " + re.escape(FOLDER), said)

    @pytest.mark.parametrize("name", ["X", "Example-Lab", "Ex.Lab_2-3", "Müller", "Console", "null1", "x" * 200])
    def test_submitter_may_be(self, name: str) -> None:
        assert load(f"round: v6.1\nsubmitter: {name}\nresults: x\n").submitter == name

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ("final: maybe", "final: found 'maybe'; allowed: true, false"),
            ("final: 'true'", "final: found 'true'; allowed: true, false"),
            ("calibration: NO", "calibration: found NO (in YAML: false); allowed: a path; put it in quotes"),
            ("output: 1.50", "output: found 1.50; allowed: a path; put it in quotes"),
            ("output:", "output: found nothing; allowed: a path"),
            ("output: ''", "output: found ''; allowed: a path"),
            ("category: both", "category: found 'both'; allowed: datacenter, edge, datacenter,edge"),
            ("category: [edge]", "category: found a list; allowed: datacenter, edge, datacenter,edge"),
            ("systems: [edge-1]", "systems: found a list; allowed: a mapping"),
            ("systems: {a/b: }", f"systems.a/b: found the name 'a/b'; allowed: {FOLDER}"),
            ("systems: {my system: }", f"systems.my system: found the name 'my system'; allowed: {FOLDER}"),
            ("systems: {a: {private_id: ''}}", "systems.a.private_id: found ''; allowed: an ID"),
            ("systems: {a: {extends: b}, c: }", "systems.a.extends: found 'b'; allowed: c"),
            ("systems: {edge-1: {extends: edge_2}, edge-2: }",
             "systems.edge-1.extends: found 'edge_2'; allowed: edge-2; did you mean 'edge-2'?"),
            ("systems: {a: {extends: a}}", "systems.a.extends: systems extend each other in a circle: a; take one out"),
            ("systems: {a: {status: Available}}", "systems.a.status: found 'Available'; "
             "allowed: available, preview, rdi; did you mean 'available'?"),
            ("systems: {a: {description: [x]}}", "systems.a.description: found a list; allowed: a mapping or a path"),
            ("preprocess: {drop_fails: true}", "preprocess.drop_fails: unknown key; did you mean 'drop_failed'?"),
            ("implementation: {resnet: {}}", "implementation.resnet: found a mapping; allowed: a path"),
            ("compare_with: {path: x}", "compare_with: found a mapping; allowed: a path or a list"),
            ("compare_with: [1]", "compare_with[0]: found 1; allowed: a path; put it in quotes"),
            ("tar: {name: a/b.tar.gz}", "tar.name: found 'a/b.tar.gz'; allowed: a file name that ends in .tar.gz"),
            ("tar: {name: 5}", "tar.name: found 5; allowed: a file name that ends in .tar.gz; put it in quotes"),
            ("system_type: edge", "system_type: unknown key; did you mean 'systems'?"),
            (f"final: {'x' * 100}", f"final: found '{'x' * 60}…'; allowed: true, false"),
            ("output: !!python/name:os.system x", "output: tag '!!python/name:os.system' is not supported; remove it"),
            ("systems: !!set {a}", "systems: tag '!!set' is not supported; remove it"),
            ("systems: {b: {<<: rdi}}",
             "systems.b: '<<' takes a mapping over, or a list of them; found something else"),
            ("systems: {a: &a {status: rid}, b: {<<: *a, status: rdi}}",
             "systems.a.status: found 'rid'; allowed: available, preview, rdi; did you mean 'rdi'?"),
            ("[a, b]: c", "a key that is a list or mapping; keys are text"),
        ],
    )  # fmt: skip
    def test_one_mistake(self, more: str, said: str) -> None:
        assert message_minimal(more) == f"submission.yaml:4: {said}"

    def test_results_of_the_wrong_kind(self) -> None:
        text = "round: v6.1\nsubmitter: X1\nresults:\n- path: 1\n- true\n- path: x\n  divison: open\n"
        assert message(text).splitlines() == [
            "submission.yaml:4: results[0].path: found 1; allowed: a path; put it in quotes",
            "submission.yaml:5: results[1]: found true; allowed: a path or a mapping; put it in quotes",
            "submission.yaml:7: results[2].divison: unknown key; did you mean 'division'?",
        ]
        assert message("round: v6.1\nsubmitter: X1\nresults: {path: x}\n") == (
            "submission.yaml:3: results: found a mapping; allowed: a path or a list"
        )

    def test_duplicate_keys_name_both_lines(self) -> None:
        assert message_minimal("systems:\n  edge-1:\n    status: rdi\n  edge-1: {}\nround: v6.0\n").splitlines() == [
            "submission.yaml:7: systems.edge-1: duplicate key, first on line 5; keep one of the two",
            "submission.yaml:8: round: duplicate key, first on line 1; keep one of the two",
        ]


class TestUnreadable:
    def test_missing_file_says_how_to_start(self) -> None:
        with pytest.raises(ConfigError) as caught:
            load_submission(Path("submission.yaml"))
        assert str(caught.value) == f"submission.yaml: no such file; {HOW_TO_START}"

    def test_how_to_start_is_a_start(self) -> None:
        assert load("\n".join(line[4:] for line in HOW_TO_START.splitlines() if line.startswith("    ")))

    @pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n"])
    def test_empty_file(self, text: str) -> None:
        assert message(text) == f"submission.yaml: the file is empty; {HOW_TO_START}"

    @pytest.mark.parametrize(
        ("text", "found"), [("- a\n- b\n", "a list"), ("just text\n", "a single value"), ("5", "a single value")]
    )
    def test_not_a_mapping(self, text: str, found: str) -> None:
        assert message(text) == f"submission.yaml:1: found {found}; allowed: a mapping; {HOW_TO_START}"

    def test_not_utf_8(self) -> None:
        Path("submission.yaml").write_bytes(b"round: v6.1\nsubmitter: M\xfcller\n")
        with pytest.raises(ConfigError) as caught:
            load_submission(Path("submission.yaml"))
        assert str(caught.value) == "submission.yaml:2: byte 0xfc is not UTF-8 text; save the file as UTF-8"

    def test_folder(self) -> None:
        Path("submission.yaml").mkdir()
        with pytest.raises(ConfigError) as caught:
            load_submission(Path("submission.yaml"))
        assert str(caught.value) == "submission.yaml: can't be read: Is a directory"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("round: v6.1\nresults: a: b\n",
             "submission.yaml:2:11: not valid YAML: mapping values are not allowed in this context; "
             "put text that holds ': ' in quotes, and check the indentation"),
            ("results:\n\t- a\n",
             "submission.yaml:2:1: not valid YAML: found character that cannot start any token "
             "(while scanning for the next token, begun on line 2); "
             "indent with spaces, not tabs; put text that starts with @, % or ` in quotes"),
            ("implementation: {*: code}\n",
             "submission.yaml:1:19: not valid YAML: did not find expected alphabetic or numeric character "
             "(while scanning an alias, begun on line 1); put * in quotes: '*'"),
            ("results: *.d\n", "submission.yaml:1:11: not valid YAML: "
             "did not find expected alphabetic or numeric character "
             "(while scanning an alias, begun on line 1); put * in quotes: '*'"),
            ("results: [a,\nb\n",
             "submission.yaml:3:1: not valid YAML: did not find expected ',' or ']' "
             "(while parsing a flow sequence, begun on line 1)"),
            ("a: 1\n---\nb: 2\n",
             "submission.yaml:2:1: not valid YAML: but found another document "
             "(expected a single document in the stream, begun on line 1); "
             "a file holds one document; remove the '---'"),
            ("a:\n  b\x07\n", "submission.yaml:2:4: not valid YAML: control character '\\x07'; remove it"),
            ("a: &a [*a]\n", "submission.yaml: more than 100 levels; does an alias name itself?"),
            ("a: &a {<<: *a}\n", "submission.yaml: more than 100 levels; does an alias name itself?"),
            ("a: &a [x, x, x, x, x, x, x, x, x, x]\n"
             + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 6)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)),
             "submission.yaml: more than 100000 values; does an alias name itself?"),
        ],
    )  # fmt: skip
    def test_syntax_error(self, text: str, said: str) -> None:
        assert message(text) == said

    def test_deep_nesting(self) -> None:
        assert message("[" * 100_000) == (
            "submission.yaml:1:1001: not valid YAML: exceeded maximum nesting depth "
            "(while increasing flow level, begun on line 1)"
        )


# Texts that get further than noise does: keys of the schema, values good and bad, YAML's own marks.
_WORD_LIST = (
    "round submitter results division category systems description path output final tar name preprocess "
    "v6.1 v9.9 ExampleLab closed closed-open open edge true no null 1 0x 0b_ 1:1.0 .inf 2024-99-99 a/* [z-a] ** "
    "edge.json !!int !!bool !x !!binary & &a *a << = ? | > - : : : , { } [ ] ' \" # % @ ` \\ --- ... ~"
)
_WORDS = st.sampled_from(_WORD_LIST.split())
_SPACES = st.sampled_from([" ", "\n", "\n  ", "\n- ", ": ", ""])
_YAML_LIKE = st.lists(st.tuples(_WORDS, _SPACES).map("".join), max_size=40).map("".join)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS
_TREES = st.recursive(_SCALARS, lambda tree: st.lists(tree, max_size=3) | st.dictionaries(_WORDS, tree, max_size=4))


@st.composite
def _declarations(draw: st.DrawFn) -> str:
    """Values of any kind under the keys that there are."""
    fields = {"round": "v6.1", "submitter": "X1", "results": "x"}
    return yaml.safe_dump({**fields, **draw(st.dictionaries(st.sampled_from(list(schema()["properties"])), _TREES))})


class TestAnything:
    """Whatever the file holds: a Submission, or a ConfigError with a text."""

    def _load(self, content: bytes) -> None:
        path = Path("submission.yaml")
        path.write_bytes(content)
        try:
            assert isinstance(load_submission(path), Submission)
        except ConfigError as problem:
            assert str(problem).startswith("submission.yaml:")

    _settings = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

    @_settings
    @given(st.binary(max_size=200))
    @example(b"\xff\xfer\x00o\x00")
    @example(b'a: "\\UFFFFFFFF"')
    def test_bytes(self, content: bytes) -> None:
        self._load(content)

    @_settings
    @given(st.text(max_size=200) | _YAML_LIKE | _YAML_LIKE.map(MINIMAL.__add__))
    @example(MINIMAL + "output: !!int x")
    @example(MINIMAL + "final: !!bool x")
    @example(MINIMAL + "output: !!int ''")
    @example(MINIMAL + "output: " + "1:" * 300 + "1.0")
    @example(MINIMAL + "output: " + "9" * 5000)
    @example('round: v6.1\nsubmitter: X1\nresults: "a\\0*"')
    @example("round: v6.1\nsubmitter: X1\nresults: " + "a" * 300 + "*")
    @example(MINIMAL + 'systems: {a: {description: "a\\0"}}')
    @example(MINIMAL + f"systems: {{a: {{description: {'a' * 300}}}}}")
    def test_text(self, text: str) -> None:
        self._load(text.encode("utf-8", "surrogatepass"))

    @_settings
    @given(_declarations())
    def test_values(self, text: str) -> None:
        self._load(text.encode("utf-8", "surrogatepass"))

    @_settings
    @given(st.sampled_from(list(schema()["properties"])), st.text(max_size=20) | _WORDS)
    def test_overrides(self, key: str, value: str) -> None:
        Path("submission.yaml").write_text(MINIMAL)
        try:
            load_submission(Path("submission.yaml"), {key: value})
        except ConfigError as problem:
            assert str(problem).startswith(f"command line: {key}: ")


def _properties(rule: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a schema documents, by its key path."""
    for name, inner in rule.get("properties", {}).items():
        yield f"{path}{name}", inner
        yield from _properties(inner, f"{path}{name}.")
    for keyword in ("items", "additionalProperties"):
        if isinstance(rule.get(keyword), dict):
            yield from _properties(rule[keyword], path)


PROPERTIES = dict(_properties(schema()))


class TestAutomation:
    """Words of the MLCommons automation are answered with ours."""

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("infer_scenario_results", "infer_scenarios"),
            ("infer_low_accuracy_results", "copy_down_accuracy_variants"),
            ("delete_failed", "drop_failed"),
        ],
    )
    def test_a_switch_of_its_name_is_told_ours(self, theirs: str, ours: str) -> None:
        said = message_minimal(f"preprocess: {{{theirs}: true}}\n")
        assert said == f"submission.yaml:4: preprocess.{theirs}: unknown key; it is named {ours!r} here"

    def test_a_switch_that_is_named_alike_is_known(self) -> None:
        assert load_minimal("preprocess: {move_failed_to_open: false}\n").preprocess.move_failed_to_open is False


class TestSchema:
    """`schema.json` is what editors complete and explain; the root `submission.yaml` is its reference."""

    def test_is_a_valid_schema(self) -> None:
        Draft202012Validator.check_schema(schema())

    @pytest.mark.parametrize("path", PROPERTIES)
    def test_every_property_is_described_with_its_default(self, path: str) -> None:
        rule = PROPERTIES[path]
        assert re.search(r"\. (Required|Default: .+)\.$", rule["description"])
        if isinstance(rule.get("default"), (bool, str)):
            spelled = json.dumps(rule["default"]).strip('"')
            assert rule["description"].endswith(f" Default: {spelled}.")

    def test_defaults_are_those_of_the_loader(self) -> None:
        defaults = {path: rule.get("default") for path, rule in PROPERTIES.items()}
        said = {path: value for path, value in defaults.items() if isinstance(value, (bool, str))}
        declared = yaml.safe_load(MINIMAL)
        for path, value in said.items():
            *outer, key = path.split(".")
            (declared.setdefault(outer[0], {}) if outer else declared)[key] = value
        spelled_out, silent = load(yaml.safe_dump(declared, sort_keys=False)), load_minimal()
        assert spelled_out == silent
        assert len(said) == 9  # else the loop above compares less than it seems to

    @pytest.mark.parametrize("path", PROPERTIES)
    def test_every_property_stands_in_the_reference(self, path: str) -> None:
        assert re.search(rf"^#?[ -]*{path.rsplit('.')[-1]}:", _reference(), re.MULTILINE)

    def test_every_example_of_the_reference_is_valid(self) -> None:
        switched_on = re.sub(r"^#(?=\w|  )", "", _reference(), flags=re.MULTILINE)
        submission = load(switched_on)
        assert submission.systems["my-system"].model_mapping == {"bert-small-int4": "bert-99"}
        assert submission.calibration == Path("docs/calibration.md")
        used = set(_keys(yaml.safe_load(switched_on)))
        assert {path.rsplit(".")[-1] for path in PROPERTIES} <= used

    def test_reference_points_editors_to_the_schema(self) -> None:
        first = _reference().splitlines()[0]
        assert first == "# yaml-language-server: $schema=rules/config/schema.json"
        assert REPOSITORY / "rules/config/schema.json" == SCHEMA_FILE

    def test_reference_declares_the_bundled_example(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(REPOSITORY)
        submission = load_submission(Path("submission.yaml"))
        assert (submission.round, submission.submitter, submission.division) == ("v6.1", "ExampleLab", Division.CLOSED)
        assert [(str(root.path), root.division) for root in submission.results] == [
            ("examples/results/closed", Division.CLOSED),
            ("examples/results/open", Division.OPEN),
        ]
        assert submission.systems == {}
        assert submission.implementation == {"*": Path("examples/generate.py")}
        assert submission.final is False


def _reference() -> str:
    return (REPOSITORY / "submission.yaml").read_text(encoding="utf-8")


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)
