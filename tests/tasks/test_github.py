"""The end of a build in GitHub Actions: words, annotations, the job's summary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules.tasks.github import ANNOTATIONS, JOB_SUMMARY, shown
from rules.tasks.paths import Paths

ANNOTATION = {"level": "error", "file": "results/log", "line": 7, "title": "PERF-016", "message": "INVALID"}
WORDS = "error PERF-016\n\nNot ready: 1 error in the whole.\n"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """The workspace `mlperf` of a repository, built in GitHub Actions."""
    workspace = tmp_path / "repository/mlperf"
    made = Paths(Path("build"), "submission.tar.gz")
    for name, text in ((ANNOTATIONS, json.dumps([ANNOTATION])), (JOB_SUMMARY, "## Summary\n")):
        path = workspace / made.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "repository"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    return made


@pytest.fixture
def step(tmp_path: Path) -> Path:
    return tmp_path / "step.md"


@pytest.mark.parametrize("said", [None, "false", ""])
def test_elsewhere_a_build_just_says_its_words(
    said: str | None, paths: Paths, step: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS") if said is None else monkeypatch.setenv("GITHUB_ACTIONS", said)
    assert shown(WORDS, paths) == WORDS
    assert not step.exists()


def test_words_are_no_commands_whatever_is_in_them(paths: Paths) -> None:
    lines = shown("::error::a log's own\n", paths).splitlines()
    stop, token = lines[0].rsplit("::", 1)
    assert stop == "::stop-commands"
    assert lines[1:4] == ["::error::a log's own", "", f"::{token}::"]
    assert token not in shown("::error::a log's own\n", paths)  # nobody can guess the next


def test_annotations_come_last_at_their_place_in_the_repository(paths: Paths) -> None:
    assert shown(WORDS, paths).splitlines()[-1] == ("::error file=mlperf/results/log,line=7,title=PERF-016::INVALID")


@pytest.mark.parametrize("root", ["", "/nowhere"])
def test_elsewhere_than_in_the_repository_paths_stay(root: str, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", root)
    assert "file=results/log," in shown(WORDS, paths)


def test_the_summary_begins_with_how_it_ended_and_is_added_to_the_jobs(paths: Paths, step: Path) -> None:
    step.write_text("before\n")
    shown(WORDS, paths)
    assert step.read_text() == "before\n**Not ready: 1 error in the whole.**\n\n## Summary\n\n"


@pytest.mark.parametrize(("taken", "added"), [((1 << 20) - 100, False), ((1 << 20) - 10_000, True)])
def test_a_summary_is_cut_to_the_room_that_is_left(taken: int, added: bool, paths: Paths, step: Path) -> None:
    (paths.output / JOB_SUMMARY).write_text("a line\n" * 10_000)
    step.write_text("x" * taken)
    shown(WORDS, paths)
    assert taken + 9000 * added <= step.stat().st_size <= 1 << 20


def test_reports_of_another_build_are_not_shown(paths: Paths, step: Path) -> None:
    assert "::error" not in shown(WORDS, paths, is_reported=False)
    assert not step.exists()


def test_reports_that_are_gone_are_done_without(paths: Paths, step: Path) -> None:
    (paths.output / ANNOTATIONS).unlink()
    (paths.output / JOB_SUMMARY).unlink()
    assert WORDS in shown(WORDS, paths)


def test_a_summary_that_cannot_be_written_fails_no_build(paths: Paths, step: Path) -> None:
    step.mkdir()
    assert "::error" in shown(WORDS, paths)
