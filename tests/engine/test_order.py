"""Whatever is done first, it is said in the order of one process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Outcome

from rules.engine.order import InOrder

Dodo = Callable[[str], Callable[..., Outcome]]

NAMES = "abcdef"

#: Those that are asked for first take longest; several fail, and some wait for others.
UNEVEN = """
def work(number, fails):
    def action():
        time.sleep(0.03 * (5 - number))
        return TaskFailed("no") if fails else None
    return action

def task_check():
    for number in range(5):
        yield {"name": str(number), "actions": [work(number, number % 2)]}

def task_plan():
    return {"actions": [lambda: None], "task_dep": ["check:0", "check:2"]}

def task_stage():
    for number in range(5):
        yield {"name": str(number), "actions": [work(number, number == 1)], "task_dep": ["plan"]}

def task_pack():
    for number in range(5):
        yield {"name": str(number), "actions": [work(number, False)], "task_dep": [f"stage:{number}"]}
"""


@pytest.mark.parametrize("options", [("-n", "2"), ("-n", "3"), ("-n", "3", "-P", "thread")])
def test_several_workers_say_what_one_says(dodo: Dodo, options: tuple[str, ...]) -> None:
    doit = dodo(UNEVEN)
    alone = doit()
    assert alone.output.startswith(
        "check:0\ncheck:1\ncheck:1: no\ncheck:2\ncheck:3\ncheck:3: no\ncheck:4\n"
        "plan\n"
        "stage:0\nstage:1\nstage:1: no\nstage:2\nstage:3\nstage:4\n"
        "pack:0\npack:2\npack:3\npack:4\n\n"
    )
    assert alone.output.endswith("failed ['check:1', 'check:3', 'stage:1']\n")
    assert doit(*options) == alone


def test_a_task_that_is_needed_by_the_way_is_said_at_once(dodo: Dodo) -> None:
    doit = dodo("""
def task_main():
    return {"actions": [lambda: None], "setup": ["needed"]}

def task_needed():
    return {"actions": [lambda: None]}

DOIT_CONFIG["default_tasks"] = ["main"]
""")
    assert doit("-n", "2").output.splitlines()[:2] == ["needed", "main"]


@given(st.permutations(NAMES), st.permutations(NAMES))
def test_the_order_of_the_work_does_not_show(said: list[str], settled: list[str]) -> None:
    heard: list[str] = []
    lines = InOrder(NAMES, (), heard.append)
    for name in said:
        lines.say(name, f"{name} begins")
    for name in settled:
        lines.say(name, f"{name} ends")
        lines.settle(name)
    assert heard == [f"{name} {what}" for name in NAMES for what in ("begins", "ends")]


def test_the_first_is_heard_at_once() -> None:
    heard: list[str] = []
    lines = InOrder("ab", (), heard.append)
    lines.say("b", "b begins")
    lines.say("a", "a begins")
    assert heard == ["a begins"]


def test_what_was_settled_before_is_not_waited_for() -> None:
    heard: list[str] = []
    InOrder("ab", {"a"}, heard.append).say("b", "b begins")
    assert heard == ["b begins"]


def test_at_the_end_all_is_heard() -> None:
    heard: list[str] = []
    lines = InOrder("abc", (), heard.append)
    lines.say("c", "c begins")
    lines.say("b", "b begins")
    lines.end()
    lines.say("c", "c ends")
    assert heard == ["b begins", "c begins", "c ends"]
