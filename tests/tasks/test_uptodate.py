"""When a task of ours is up to date: the same facts, and targets as the task made them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from doit.task import Task
from support import make_workspace

from rules.tasks.uptodate import Unchanged, unchanged
from rules.tasks.workspace import Workspace

FACTS = ("division", "open")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_workspace(tmp_path))
    Path("one.json").write_text("one")
    Path("two.json").write_text("two")


def a_task(targets: list[str]) -> Task:
    return Task("stage", [], targets=targets)


def judged(targets: list[str], *facts: object, is_intact: Callable[[], bool] = lambda: True) -> Unchanged:
    """The rule of a later build."""
    (rule,) = unchanged(Workspace(), *facts, is_intact=is_intact)
    assert isinstance(rule, Unchanged)
    return rule


def done(targets: list[str]) -> dict[str, str]:
    """What doit keeps of a task that was done with these facts."""
    task = a_task(targets)
    judged(targets, *FACTS).configure_task(task)
    (saver,) = task.value_savers
    return dict(saver())


BOTH = ["one.json", "two.json"]


@pytest.mark.parametrize("targets", [[], ["one.json"], BOTH, ["one.json", "missing.json"]], ids=str)
def test_the_same_facts_and_targets_are_up_to_date(targets: list[str]) -> None:
    values = done(targets)
    rule = judged(targets, *FACTS)
    assert rule(a_task(targets), values)
    assert repr(rule) == "changed: nothing"


def test_what_was_never_done_is_not() -> None:
    assert not judged(BOTH, *FACTS)(a_task(BOTH), {})


def test_other_facts_are_not() -> None:
    values = done(BOTH)
    rule = judged(BOTH, "division", "closed")
    assert not rule(a_task(BOTH), values)
    assert "what submission.yaml and the names of files say" in repr(rule)


@pytest.mark.parametrize(
    "change",
    [lambda path: path.write_text("2"), Path.unlink, lambda path: (path.unlink(), path.mkdir())],
    ids=["edited", "removed", "a folder"],
)
def test_another_target_is_not(change: Callable[[Path], object]) -> None:
    values = done(BOTH)
    change(Path("two.json"))
    rule = judged(BOTH, *FACTS)
    assert not rule(a_task(BOTH), values)
    assert repr(rule) == "changed: a target, since it was made"


def test_targets_that_changed_places_are_not() -> None:
    values = done(BOTH)
    Path("one.json").write_text("two")
    Path("two.json").write_text("one")
    assert not judged(BOTH, *FACTS)(a_task(BOTH), values)


def test_what_else_it_made_has_to_be_whole() -> None:
    values = done(BOTH)
    rule = judged(BOTH, *FACTS, is_intact=lambda: False)
    assert not rule(a_task(BOTH), values)
    assert "a file in the submission tree" in repr(rule)


class TestManyDependencies:
    """doit asks of each file whether its maker is among the tasks that a task depends on."""

    @pytest.fixture
    def task(self) -> Task:
        task = Task("archive", [], file_dep=[f"{number}.json" for number in range(100)], task_dep=["a", "b"])
        judged([], *FACTS).configure_task(task)
        return task

    def test_are_a_list_in_the_order_of_their_coming(self, task: Task) -> None:
        task.task_dep.append("c")
        task.task_dep.extend(["d", "a"])
        assert list(task.task_dep) == ["a", "b", "c", "d", "a"]
        assert all(name in task.task_dep for name in "abcd")
        assert "e" not in task.task_dep

    def test_go_to_another_process_as_a_list(self, task: Task) -> None:
        assert pickle.loads(pickle.dumps(task.task_dep)) == ["a", "b"]
