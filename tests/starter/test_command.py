"""Command lines of the MLCommons automation: what is carried over, and what is said of the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import REPOSITORY

from rules.errors import UserError
from rules.starter.command import Command, parse_command
from rules.starter.flags import FLAGS, SWITCHES, format_table
from rules.starter.wishes import Wishes

#: As MLCommons' documentation has it.
DOCUMENTED = r"""
mlcr generate,inference,submission \
  --clean \
  --preprocess_submission=yes \
  --run-checker=yes \
  --submitter=MLCommons \
  --division=closed \
  --env.MLC_DETERMINE_MEMORY_CONFIGURATION=yes \
  --quiet
"""
ALL_OFF = dict.fromkeys(SWITCHES, False)


def parsed(flags: str) -> Command:
    return parse_command(f"mlcr generate,inference,submission --preprocess_submission=yes {flags}")


def wishes(flags: str) -> Wishes:
    return parsed(flags).wishes


def refusals(flags: str) -> dict[str, str]:
    return dict(parsed(flags).not_carried)


def test_the_documented_command() -> None:
    command = parse_command(DOCUMENTED)
    assert command.wishes == Wishes(submitter="MLCommons", division="closed")
    assert command.carried == ("--preprocess_submission", "--submitter=MLCommons", "--division=closed")
    assert [flag for flag, _ in command.not_carried] == [
        "--clean",
        "--run-checker",
        "--env.MLC_DETERMINE_MEMORY_CONFIGURATION",
        "--quiet",
    ]
    assert "mlperf-dodo clean" in dict(command.not_carried)["--clean"]


@pytest.mark.parametrize(
    "line",
    [
        "cm run script --tags=generate,inference,submission --submitter=X",
        "cm run script --tags=generate,inference,submission,_wg-inference --submitter=X",
        "cmr 'generate inference submission' --submitter=X",
        "mlc run script --tags=generate,mlperf,inference,submission --submitter=X",
        "mlc docker script --tags=generate,inference,submission --submitter=X",
        "$ mlcr generate,inference,submission --submitter=X",
        "/opt/venv/bin/mlcr generate,inference,submission --submitter=X",
        "mlcr generate,inference,submission --submitter 'X'".replace(" 'X'", "=' X '"),
        "CM_MLPERF_SUBMITTER=X cm run script --tags=generate,inference,submission",
        "mlcr generate,inference,submission --env.MLC_MLPERF_SUBMITTER=X",
        "mlcr generate,inference,submission --env.CM_MLPERF_SUBMITTER=X",
    ],
)
def test_each_way_to_call_it(line: str) -> None:
    assert parse_command(line).wishes.submitter == "X"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("--division=open", {"division": "open"}),
        ("--division=open-closed", {"division": "closed-open"}),
        ("--division=closed-open", {"division": "closed-open"}),
        ("--category=datacenter-edge", {"category": "datacenter,edge"}),
        ("--category=edge", {"category": "edge"}),
        ("--env.MLC_MLPERF_SUBMISSION_SYSTEM_TYPE=edge,datacenter", {"category": "datacenter,edge"}),
        ("--status=Available", {"status": "available"}),
        ("--hw_name='My system'", {"hw_name": "My system"}),
        ("--hw_notes_extra='Result taken by X' ", {"hw_notes_extra": "Result taken by X"}),
        ("--sw-notes-extra=patched", {"sw_notes_extra": "patched"}),
        ("--results_dir=/data/r", {"results": ("/data/r",)}),
        ("--env.MLC_MLPERF_INFERENCE_RESULTS_DIR=/data", {"results": ("/data/valid_results",)}),
        (
            "--env.MLC_MLPERF_INFERENCE_RESULTS_DIR=/data --run_style=test",
            {"results": ("/data/test_results",), "style": "test"},
        ),
        ("--submission_dir=/out", {"output": "/out"}),
        ("--submission_base_dir=/base", {"output": "/base"}),
        ("--env.CM_TAR_OUTFILE=/a/mine.tar.gz", {"archive": "mine.tar.gz"}),
        ("--submission_tar_file=mine.tar.gz", {"archive": "mine.tar.gz"}),
        ("--version=v5.1", {"round": "v5.1"}),
        ("--version=6.0", {"round": "v6.0"}),
        ("--src_version=r6.1", {"round": "v6.1"}),
        ("--noinfer_scenario_results=yes", {"preprocess": {"infer_scenarios": False}}),
        ("--noinfer_scenario_results=no", {"preprocess": {}}),
        ("--noinfer_low_accuracy_results", {"preprocess": {"copy_down_accuracy_variants": False}}),
        ("--env.MLC_MLPERF_NOMOVE_FAILED_TO_OPEN=True", {"preprocess": {"move_failed_to_open": False}}),
        ("--env.MLC_MLPERF_NODELETE_FAILED=1", {"preprocess": {"drop_failed": False}}),
        (
            "--submission_preprocessor_args='--noinfer-scenario-results,--nodelete-failed'",
            {"preprocess": {"infer_scenarios": False, "drop_failed": False}},
        ),
        ("--power_settings_file=p.md", {"power": {"power_settings": "p.md"}}),
        ("--analyzer_settings_file=a.md", {"power": {"analyzer_table": "a.md"}}),
        ("--extra_model_benchmark_map='a:bert-99;b:resnet'", {"model_mapping": {"a": "bert-99", "b": "resnet"}}),
        ("--platform_prefix=lab", {"prefix": "lab"}),
    ],
)
def test_a_flag_becomes_a_key(flags: str, expected: Mapping[str, Any]) -> None:
    assert wishes(flags) == Wishes(**expected)
    assert parsed(flags).not_carried == ()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("--division=clsed", "no division"),
        ("--category=server", "no category"),
        ("--status=on-premise", "no status"),
        ("--submission_tar_file=mine.zip", "must end in .tar.gz"),
        ("--submission_preprocessor_args=--keep-it", "--keep-it has no counterpart"),
        ("--extra_model_benchmark_map=a", "model:benchmark"),
        ("--skip_truncation=yes", "always shortened"),
        ("--submitter_id=1234", "step of its own"),
        ("--dashboard", "summary.json"),
        ("--get_platform_details=yes", "system_info.txt"),
        ("--device=cuda", "accelerators by itself"),
        ("--skip_compliance", "moved to open"),
        ("--tags=_wg-automotive", "variation"),
        ("--adr.compiler.tags=gcc", "machinery"),
        ("--docker_it", "machinery"),
        ("-v", "machinery"),
        ("--submiter=X", "--submitter is"),
        ("--env.MLC_MLPERF_SUBMITTR=X", "--env.MLC_MLPERF_SUBMITTER is"),
        ("--colour=grey", "no input"),
        ("--submitter X", "has no value; write --submitter=VALUE"),
        ("--results_dir=", "has no value"),
    ],
)
def test_a_flag_that_can_t_be_carried_over_is_told_why(flags: str, why: str) -> None:
    assert wishes(flags) == Wishes()
    (said,) = refusals(flags).values()
    assert why in said


def test_without_preprocessing_nothing_is_done_to_results() -> None:
    command = parse_command("mlcr generate,inference,submission")
    assert command.wishes.preprocess == ALL_OFF
    assert "no --preprocess_submission" in dict(command.not_carried)
    assert parse_command("mlcr generate,inference,submission --preprocess=no").wishes.preprocess == ALL_OFF


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "nothing is no command of the automation"),
        ("mlperf-dodo init", "mlperf-dodo is no command of the automation"),
        ("KEY=value", "nothing is no command of the automation"),
        ("mlcr run,mlperf-inference,_full --model=bert-99", "this is no generation of a submission"),
        ("mlcr", "this is no generation of a submission (tags none)"),
        ("mlcr generate,inference,submission --submitter='X", "no closing quotation; copy all of it"),
        (
            "mlcr run,inference,submission,checker --submission_dir='my tree' --src_version=v6.0",
            "mlperf-dodo verify --tree 'my tree' --round v6.0",
        ),
    ],
)
def test_another_command_is_named(line: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_command(line)
    assert message in str(caught.value)


@given(st.text(max_size=80) | st.text(max_size=60).map(lambda text: f"mlcr generate,inference,submission {text}"))
def test_any_line_is_a_command_or_a_message(line: str) -> None:
    try:
        assert isinstance(parse_command(line), Command)
    except UserError as problem:
        assert str(problem)


class TestTable:
    def test_no_name_and_no_key_stands_twice(self) -> None:
        for column in ("names", "keys"):
            every = [each for flag in FLAGS for each in getattr(flag, column)]
            assert len(every) == len({*every})

    def test_every_flag_says_what_it_is_here(self) -> None:
        for flag in FLAGS:
            assert flag.names or flag.keys
            assert flag.here
            assert flag.take or flag.note.endswith(".")

    def test_the_guide_shows_it(self) -> None:
        assert format_table() in GUIDE

    def test_it_has_every_input_of_the_generation(self) -> None:
        assert {*INPUTS} <= {name for flag in FLAGS for name in flag.names}

    def test_it_has_every_input_that_the_automation_publishes(self) -> None:
        known_names = {name for flag in FLAGS for name in flag.names}
        known_keys = {key for flag in FLAGS for key in flag.keys}
        published = dict(published_inputs())
        assert {*INPUTS} <= {*published}
        for name, key in published.items():
            assert name in known_names, name
            assert re.sub("^(CM|MLC)_", "", key) in known_keys, key


GUIDE = (REPOSITORY / "docs/migrating.md").read_text(encoding="utf-8")


#: As of July 2026, by name.
_INPUT_LIST = (
    "analyzer_settings_file category clean dashboard dashboard_wb_project device division extra_checker_args "
    "get_platform_details hw_name hw_notes_extra noinfer_low_accuracy_results noinfer_scenario_results "
    "power_settings_file preprocess preprocess_submission results_dir run_checker run_style skip_compliance "
    "skip_truncation status submission_base_dir submission_dir submission_preprocessor_args submitter submitter_id "
    "sw_notes_extra tar version"
)
INPUTS = _INPUT_LIST.split()
#: The generation, and what it runs.
SCRIPTS = (
    "generate-mlperf-inference-submission",
    "get-mlperf-inference-sut-description",
    "preprocess-mlperf-inference-submission",
    "run-mlperf-inference-submission-checker",
)


def published_inputs() -> Iterator[tuple[str, str]]:
    """Inputs and their keys, by the automation's own metadata, where a checkout of it is at hand."""
    checkout = os.environ.get("MLPERF_AUTOMATIONS")
    if not checkout:
        pytest.skip("MLPERF_AUTOMATIONS names no checkout of mlcommons/mlperf-automations")
    for script in SCRIPTS:
        meta = yaml.safe_load((Path(checkout) / "script" / script / "meta.yaml").read_text())
        yield from meta["input_mapping"].items()
