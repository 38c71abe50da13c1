"""The inputs of the MLCommons automation's submission generation, and what each is here. Pure.

Source: the input mappings in meta.yaml of generate-mlperf-inference-submission, and of the steps that it runs, in
mlcommons/mlperf-automations. docs/migrating.md shows this table, as `python -m rules.starter.flags` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from rules.starter.wishes import Wishes

#: Wishes with a flag's value; or a text that says why the value can't be carried over.
Take: TypeAlias = "Callable[[Wishes, str], Wishes | str]"
_YES = ("yes", "true", "on", "1", "y")
#: Switches of `preprocess:`, all of which the automation's preprocessing has.
SWITCHES = ("infer_scenarios", "copy_down_accuracy_variants", "move_failed_to_open", "drop_failed")


@dataclass(frozen=True)
class Flag:
    """One input, by its names on the command line and its environment keys (without CM_ or MLC_)."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    #: What it is here: a key of submission.yaml, a command, or nothing.
    here: str
    #: What is to know of it; all that is said of a flag that can't be carried over.
    note: str
    take: Take | None = None

    @property
    def needs_value(self) -> bool:
        """Whether the bare flag says nothing."""
        return self.take is not None and not isinstance(self.take, _Switch)


def is_yes(value: str) -> bool:
    return value.strip().lower() in _YES


def _text(name: str) -> Take:
    def take(wishes: Wishes, value: str) -> Wishes:
        said: dict[str, Any] = {name: value.strip()}
        return replace(wishes, **said)

    return take


def take_division(wishes: Wishes, value: str) -> Wishes | str:
    spelled = "closed-open" if value in ("open-closed", "closed-open") else value
    if spelled not in ("closed", "open", "network", "closed-open"):
        return "no division; closed, open, network or closed-open"
    return replace(wishes, division=spelled)


def _category(wishes: Wishes, value: str) -> Wishes | str:
    parts = sorted(value.replace("-", ",").split(","))
    if not parts or any(part not in ("datacenter", "edge") for part in parts):
        return "no category; datacenter, edge or datacenter,edge"
    return replace(wishes, category=",".join(dict.fromkeys(parts)))


def _status(wishes: Wishes, value: str) -> Wishes | str:
    if value.lower() not in ("available", "preview", "rdi"):
        return "no status; available, preview or rdi"
    return replace(wishes, status=value.lower())


def _round(wishes: Wishes, value: str) -> Wishes:
    return replace(wishes, round=value if value.startswith("v") else f"v{value.removeprefix('r')}")


def _results(wishes: Wishes, value: str) -> Wishes:
    return replace(wishes, results=(*wishes.results, value))


def _archive(wishes: Wishes, value: str) -> Wishes | str:
    name = PurePosixPath(value).name
    if not name.endswith(".tar.gz"):
        return "the archive's name must end in .tar.gz"
    return replace(wishes, archive=name)


@dataclass(frozen=True)
class _Switch:
    """Switches something off where the value is `when`; it is on anyway."""

    names: tuple[str, ...]
    when: bool = True

    def __call__(self, wishes: Wishes, value: str) -> Wishes:
        off = dict.fromkeys(self.names, False) if is_yes(value) is self.when else {}
        return replace(wishes, preprocess={**wishes.preprocess, **off})


def _switch(*names: str, when: bool = True) -> Take:
    return _Switch(names, when)


def _power(stem: str) -> Take:
    return lambda wishes, value: replace(wishes, power={**wishes.power, stem: value})


#: What the preprocessing's own options are called, with any of the words for "no" in front.
_PREPROCESSING: Mapping[str, str] = {
    "infer-scenario-results": "infer_scenarios",
    "infer-low-accuracy-results": "copy_down_accuracy_variants",
    "move-failed-to-open": "move_failed_to_open",
    "delete-failed": "drop_failed",
}


def _preprocessor_args(wishes: Wishes, value: str) -> Wishes | str:
    off = {}
    for word in value.replace(",", " ").split():
        name = word.strip("-").replace("_", "-").removeprefix("no")
        if name not in _PREPROCESSING:
            return f"{word} has no counterpart in `preprocess:`"
        off[_PREPROCESSING[name]] = False
    return replace(wishes, preprocess={**wishes.preprocess, **off})


def _style(wishes: Wishes, value: str) -> Wishes:
    return replace(wishes, style=value)


def _model_map(wishes: Wishes, value: str) -> Wishes | str:
    pairs = [pair.split(":") for pair in value.split(";") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        return "write it as model:benchmark;model:benchmark"
    named = {model.strip(): benchmark.strip() for model, benchmark in pairs}
    return replace(wishes, model_mapping={**wishes.model_mapping, **named})


_DESCRIBE = "`mlperf-dodo describe`"
_NOT_YET = "Uploading is a step of its own; nothing of it is kept in submission.yaml."
FLAGS: tuple[Flag, ...] = (
    Flag(("submitter",), ("MLPERF_SUBMITTER",), "`submitter:`", "", _text("submitter")),
    Flag(
        ("division",),
        ("MLPERF_SUBMISSION_DIVISION",),
        "`division:`",
        "`closed-open` (or `open-closed`) submits to both; `network` works too.",
        take_division,
    ),
    Flag(
        ("category",),
        ("MLPERF_SUBMISSION_CATEGORY", "MLPERF_SUBMISSION_SYSTEM_TYPE"),
        "`systems: <system>: category:`",
        "`datacenter-edge` is spelled `datacenter,edge`. As there, it wins over system_meta.json.",
        _category,
    ),
    Flag(
        ("status",),
        ("MLPERF_SUBMISSION_SYSTEM_STATUS",),
        "`systems: <system>: status:`",
        "As there, it wins over system_meta.json.",
        _status,
    ),
    Flag(
        ("hw_name", "name"),
        ("HW_NAME",),
        "`systems: <system>: hw_name:`",
        "Here it wins over system_meta.json; there it doesn't, so `init --from-command` writes it for systems whose"
        " description has no name. With mlc-sut-info.json it is the first part of the system's name, as there.",
        _text("hw_name"),
    ),
    Flag(
        ("hw_notes_extra",),
        ("MLPERF_SUT_HW_NOTES_EXTRA",),
        "`systems: <system>: hw_notes_extra:`",
        "Added to the notes of system_meta.json, which the automation drops.",
        _text("hw_notes_extra"),
    ),
    Flag(
        ("sw_notes_extra",),
        ("MLPERF_SUT_SW_NOTES_EXTRA",),
        "`systems: <system>: sw_notes_extra:`",
        "Added to the notes of system_meta.json, which the automation drops.",
        _text("sw_notes_extra"),
    ),
    Flag(
        ("results_dir",),
        ("MLPERF_INFERENCE_RESULTS_DIR_",),
        "`results:`",
        "Any number of folders. Without it: `init --from-cache`, which finds those that the automation gathered.",
        _results,
    ),
    Flag(
        (),
        ("MLPERF_INFERENCE_RESULTS_DIR",),
        "`results:`",
        "The folder `valid_results` (or that of --run_style) in it.",
        lambda wishes, value: _results(wishes, f"{value}/{wishes.style}_results"),
    ),
    Flag(
        ("run_style",),
        ("MLPERF_RUN_STYLE",),
        "`results:`",
        "Chooses `<style>_results` of the gathered results; test runs are too short for a submission.",
        _style,
    ),
    Flag(
        ("submission_dir", "input"),
        ("MLPERF_INFERENCE_SUBMISSION_DIR",),
        "`output:`",
        "The tree is `<output>/submission`.",
        _text("output"),
    ),
    Flag(
        ("submission_base_dir",),
        ("MLPERF_INFERENCE_SUBMISSION_BASE_DIR",),
        "`output:`",
        "The tree is `<output>/submission`, and the archive lies beside it.",
        _text("output"),
    ),
    Flag(
        ("submission_tar_file",),
        ("TAR_OUTFILE", "MLPERF_INFERENCE_SUBMISSION_TAR_FILE"),
        "`tar: name:`",
        "In `output`.",
        _archive,
    ),
    Flag(
        ("version", "src_version"),
        ("MLPERF_SUBMISSION_CHECKER_VERSION",),
        "`round:`",
        "Without it: the round whose seeds the logs have.",
        _round,
    ),
    Flag(
        ("preprocess_submission", "preprocess"),
        ("RUN_MLPERF_SUBMISSION_PREPROCESSOR", "TMP_MLPERF_INFERENCE_PREPROCESS_SUBMISSION"),
        "`preprocess:`",
        "On by default; the automation does nothing of it unless told so.",
        _switch(*SWITCHES, when=False),
    ),
    Flag(
        ("noinfer_scenario_results",),
        ("MLPERF_NOINFER_SCENARIO_RESULTS",),
        "`preprocess: infer_scenarios: false`",
        "",
        _switch("infer_scenarios"),
    ),
    Flag(
        ("noinfer_low_accuracy_results",),
        ("MLPERF_NOINFER_LOW_ACCURACY_RESULTS",),
        "`preprocess: copy_down_accuracy_variants: false`",
        "",
        _switch("copy_down_accuracy_variants"),
    ),
    Flag(
        (),
        ("MLPERF_NOMOVE_FAILED_TO_OPEN",),
        "`preprocess: move_failed_to_open: false`",
        "",
        _switch("move_failed_to_open"),
    ),
    Flag((), ("MLPERF_NODELETE_FAILED",), "`preprocess: drop_failed: false`", "", _switch("drop_failed")),
    Flag(
        ("submission_preprocessor_args",),
        ("MLPERF_PREPROCESS_SUBMISSION_EXTRA_ARGS",),
        "`preprocess:`",
        "The options that have a switch there.",
        _preprocessor_args,
    ),
    Flag(
        ("power_settings_file",),
        ("MLPERF_POWER_SETTINGS_FILE_PATH",),
        "`power: power_settings:`",
        "For runs that have none of their own; there is no standard text.",
        _power("power_settings"),
    ),
    Flag(
        ("analyzer_settings_file",),
        ("MLPERF_POWER_ANALYZER_SETTINGS_FILE_PATH",),
        "`power: analyzer_table:`",
        "For runs that have none of their own; there is no standard text.",
        _power("analyzer_table"),
    ),
    Flag(
        ("extra_model_benchmark_map",),
        ("MLPERF_EXTRA_MODEL_MAPPING",),
        "`systems: <system>: model_mapping:`",
        "Open division.",
        _model_map,
    ),
    Flag(
        ("platform_prefix",),
        (),
        "the system's name in `systems:`",
        "With `results:`, its folder.",
        _text("prefix"),
    ),
    Flag(
        ("clean",),
        ("MLPERF_CLEAN_SUBMISSION_DIR",),
        "nothing",
        "A build removes what it no longer makes; `mlperf-dodo clean` removes all that it made.",
    ),
    Flag(
        ("run_checker",),
        ("RUN_SUBMISSION_CHECKER",),
        "nothing",
        "Every build checks; `mlperf-dodo check` does that alone.",
    ),
    Flag(("tar",), ("TAR_SUBMISSION_DIR",), "nothing", "Every build packs the archive."),
    Flag((), ("TAR_OUTPUT_DIR",), "`output:`", "The archive is written to `output`."),
    Flag(("quiet",), ("QUIET",), "nothing", "Nothing is ever asked."),
    Flag(
        ("memory",),
        ("DETERMINE_MEMORY_CONFIGURATION",),
        _DESCRIBE,
        "As root on the system itself; `systems: <system>: detected:` names the file that it writes.",
    ),
    Flag(
        ("device",),
        ("MLPERF_DEVICE",),
        _DESCRIBE,
        "It finds accelerators by itself; the machine that packs says nothing of the system.",
    ),
    Flag(
        ("get_platform_details",),
        ("GET_PLATFORM_DETAILS",),
        "nothing",
        "A run's system_info.txt is submitted; none is made from the machine that packs.",
    ),
    Flag(
        ("skip_truncation",),
        ("SKIP_TRUNCATE_ACCURACY",),
        "nothing",
        "Accuracy logs that are too long for a submission are always shortened, in the tree alone.",
    ),
    Flag(
        ("skip_compliance",),
        ("MLPERF_SKIP_COMPLIANCE",),
        "`division: open`",
        "Closed results can't do without compliance runs; those that lack them are moved to open.",
    ),
    Flag(
        ("extra_checker_args", "extra_args"),
        ("MLPERF_SUBMISSION_CHECKER_EXTRA_ARGS",),
        "`mlperf-dodo verify --skip-…`",
        "The official checker's own switches work there; a build checks everything.",
    ),
    Flag(
        ("skip_power_check", "power"),
        ("MLPERF_SKIP_POWER_CHECK", "MLPERF_POWER"),
        "`mlperf-dodo verify --skip-power-check`",
        "A build checks power wherever it was measured.",
    ),
    Flag(
        ("skip_calibration_check",),
        ("MLPERF_SKIP_CALIBRATION_CHECK",),
        "`calibration:`",
        "Without it a generated document says that there is none.",
    ),
    Flag(("submitter_id",), ("MLPERF_SUBMITTER_ID",), "nothing", _NOT_YET),
    Flag(
        ("push_to_github", "repo_name", "repo_owner", "repo_branch"),
        (
            "MLPERF_RESULT_PUSH_TO_GITHUB",
            "MLPERF_RESULTS_GIT_REPO_NAME",
            "MLPERF_RESULTS_GIT_REPO_OWNER",
            "MLPERF_RESULTS_GIT_REPO_BRANCH",
        ),
        "nothing",
        _NOT_YET,
    ),
    Flag(
        ("dashboard", "dashboard_wb_project"),
        ("MLPERF_DASHBOARD", "MLPERF_DASHBOARD_WANDB_PROJECT"),
        "nothing",
        "`build/summary.json` and `build/summary.csv` are for dashboards to read.",
    ),
    Flag(
        (),
        ("MLPERF_INFERENCE_SUBMISSION_SUMMARY",),
        "nothing",
        "The tables are `summary.csv` and `summary.json` in `output`.",
    ),
    Flag(
        (),
        (
            "ML_MODEL_INPUTS_DATA_TYPE",
            "ML_MODEL_RETRAINING",
            "ML_MODEL_STARTING_WEIGHTS_FILENAME",
            "ML_MODEL_WEIGHTS_DATA_TYPE",
            "ML_MODEL_WEIGHT_TRANSFORMATIONS",
        ),
        "measurements.json of each run",
        "A run that lacks the file fails; nothing is put in its place.",
    ),
    Flag((), ("SUT_SW_NOTES",), "`systems: <system>: sw_notes_extra:`", "", _text("sw_notes_extra")),
    Flag(
        ("pull_changes", "pull_inference_changes"),
        ("MLPERF_INFERENCE_PULL_SRC_CHANGES",),
        "nothing",
        "The rules of all rounds come with the program; it needs no network.",
    ),
    Flag(
        (),
        ("MLPERF_NODELETE_EMPTY_DIRS", "MLPERF_SUBMISSION_DIR_SHARED", "RUN_MLPERF_ACCURACY", "MLPERF_SHORT_RUN"),
        "nothing",
        "There is nothing like it here.",
    ),
)


def format_table() -> str:
    """The table in docs/migrating.md."""
    rows = (f"| {_spelled(flag)} | {flag.here} | {flag.note} |\n" for flag in FLAGS)
    return "| flag, and environment key behind `CM_` or `MLC_` | here | to know |\n|---|---|---|\n" + "".join(rows)


def _spelled(flag: Flag) -> str:
    return "<br>".join([*(f"`--{name}`" for name in flag.names), *(f"`{key}`" for key in flag.keys)])


if __name__ == "__main__":
    print(format_table(), end="")
