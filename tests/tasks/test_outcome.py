"""The last words of a whole build are worked out once, for as long as all that they follow from stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import declare_example

from rules.engine.reporter import Progress
from rules.tasks.outcome import is_whole, known_outcome, last_words
from rules.tasks.workspace import Workspace

OUTCOME = Path("build/.state/outcome.json")


@pytest.fixture(autouse=True)
def _here(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a built workspace."""
    monkeypatch.chdir(workspace)


def not_needed() -> str:
    raise AssertionError("was worked out again")


def progress(finished: set[str], failed: list[str]) -> Progress:
    return Progress(tasks=dict.fromkeys(("plan", "report", "gate")), finished=finished, failed=failed)


@pytest.mark.parametrize(
    ("finished", "failed", "whole"),
    [
        ({"plan", "report", "gate"}, [], True),
        ({"plan", "report"}, ["gate"], True),
        ({"plan", "report"}, [], False),
        ({"plan", "gate"}, ["report"], False),
        ({"plan"}, ["gate"], False),
        (set(), [], False),
    ],
)
def test_a_build_is_whole_where_every_task_is_done_but_for_a_gate_that_says_no(
    finished: set[str], failed: list[str], whole: bool
) -> None:
    assert is_whole(progress(finished, failed)) == whole


class TestLastWords:
    def test_are_those_of_the_build_before_where_nothing_changed(self) -> None:
        assert last_words(Workspace(), Progress(), not_needed).endswith("Ready: build/submission.tar.gz\n")

    @pytest.mark.parametrize("file", ["plan.json", ".state/checks/closed/example-edge/resnet50/Offline.json"])
    def test_are_others_where_the_plan_or_a_verdict_is_another(self, file: str) -> None:
        path = Path("build", file)
        path.write_text(path.read_text() + "\n")
        assert known_outcome(Workspace()) is None
        assert last_words(Workspace(), Progress(), lambda: "others\n") == "others\n"
        assert last_words(Workspace(), Progress(), not_needed) == "others\n"

    def test_are_others_where_the_declaration_is_another(self) -> None:
        declare_example(Path(), final=True)
        assert known_outcome(Workspace()) is None

    def test_of_less_than_a_whole_build_are_its_own(self) -> None:
        before = OUTCOME.read_bytes()
        assert last_words(Workspace(), progress({"plan"}, []), lambda: "of a part\n") == "of a part\n"
        assert OUTCOME.read_bytes() == before

    @pytest.mark.parametrize(
        "content", ["", "null", "[]", "5", '{"key": "x"}', '{"key": 1, "words": 2, "is_ready": 3}']
    )
    def test_that_cannot_be_read_are_worked_out(self, content: str) -> None:
        OUTCOME.write_text(content)
        assert last_words(Workspace(), progress({"plan", "report"}, ["gate"]), lambda: "anew\n") == "anew\n"
        assert not json.loads(OUTCOME.read_bytes())["is_ready"]

    def test_are_said_also_where_they_cannot_be_kept(self) -> None:
        OUTCOME.unlink()
        OUTCOME.mkdir()
        assert last_words(Workspace(), Progress(), lambda: "said\n") == "said\n"
