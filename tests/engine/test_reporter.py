"""What doit says while it builds, to the letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import Outcome

Dodo = Callable[[str], Callable[..., Outcome]]


def test_each_task_that_runs_is_a_line_then_come_the_last_words(dodo: Dodo) -> None:
    doit = dodo("""
def task_first():
    return {"actions": [lambda: None]}

def task_group():
    yield {"name": "a", "actions": [lambda: None]}
    yield {"name": "b", "actions": [lambda: None]}
""")
    assert doit() == Outcome(
        0,
        "first\n"
        "group:a\n"
        "group:b\n"
        "\n"
        "selected ['first', 'group', 'group:a', 'group:b'], "
        "finished ['first', 'group', 'group:a', 'group:b'], failed []\n",
    )


def test_a_build_that_has_nothing_to_do_says_the_last_words_alone(dodo: Dodo) -> None:
    doit = dodo("""
def task_copy():
    return {"actions": ["cp source target"], "file_dep": ["source"], "targets": ["target"]}

def task_source():
    return {"actions": ["touch source"], "targets": ["source"], "uptodate": [True]}
""")
    assert doit().output.startswith("source\ncopy\n\n")
    assert doit() == Outcome(0, "selected ['copy', 'source'], finished ['copy', 'source'], failed []\n")


def test_a_failure_is_its_message_and_what_depends_on_it_is_not_mentioned(dodo: Dodo) -> None:
    doit = dodo("""
def task_bad():
    return {"actions": [lambda: TaskFailed("a.txt: found 1; expected 2")]}

def task_needs_bad():
    return {"actions": [lambda: None], "task_dep": ["bad"]}

def task_good():
    return {"actions": [lambda: None]}
""")
    assert doit() == Outcome(
        2,  # doit's own: a task was not tried
        "bad\n"
        "bad: a.txt: found 1; expected 2\n"
        "good\n"
        "\n"
        "selected ['bad', 'needs_bad', 'good'], finished ['good'], failed ['bad']\n",
    )
    assert doit("bad").code == 1


def test_a_failure_and_a_title_without_a_text_are_silent(dodo: Dodo) -> None:
    doit = dodo("""
def task_gate():
    return {"actions": [lambda: TaskFailed("")], "title": lambda _: ""}
""")
    assert doit() == Outcome(1, "selected ['gate'], finished [], failed ['gate']\n")


def test_no_fault_shows_a_traceback(dodo: Dodo) -> None:
    doit = dodo("""
def task_command():
    return {"actions": ["echo to stdout; echo to stderr >&2; exit 3"]}

def task_crash():
    return {"actions": [lambda: 1 / 0]}

def task_missing():
    return {"actions": [lambda: None], "file_dep": ["nowhere"]}
""")
    assert doit().output.splitlines()[:-2] == [
        "command",
        "to stderr",
        "command: Command failed: 'echo to stdout; echo to stderr >&2; exit 3' returned 3",
        "crash",
        "crash: PythonAction Error",
        "missing: ERROR: Task 'missing' checking dependencies: Dependent file 'nowhere' does not exist.",
    ]


def test_what_doit_objects_to_in_the_middle_of_a_run_is_said(dodo: Dodo) -> None:
    doit = dodo("""
import time

def task_good():
    return {"actions": [lambda: None]}

def task_not_an_action():
    return {"actions": [time.sleep]}
""")
    assert doit() == Outcome(
        2,
        "good\n"
        "<Task: not_an_action> PythonAction can not be a built-in got <built-in function sleep>.\n"
        "\n"
        "selected ['good', 'not_an_action'], finished ['good'], failed []\n",
    )


def test_a_task_that_the_user_ignores_is_marked(dodo: Dodo) -> None:
    doit = dodo("""
def task_first():
    return {"actions": [lambda: None]}

def task_second():
    return {"actions": [lambda: None]}
""")
    doit("ignore", "first")
    assert doit().output.splitlines()[:2] == ["!! first", "second"]


def test_with_several_processes_all_is_said_the_same(dodo: Dodo) -> None:
    doit = dodo("""
def task_first():
    return {"actions": [lambda: None]}

def task_bad():
    return {"actions": [lambda: TaskFailed("no")], "task_dep": ["first"]}

def task_last():
    return {"actions": [lambda: None], "task_dep": ["bad"]}
""")
    expected = "first\nbad\nbad: no\n\nselected ['first', 'bad', 'last'], finished ['first'], failed ['bad']\n"
    assert [doit(*options).output for options in ((), ("-n", "2"), ("-n", "2", "-P", "thread"))] == [expected] * 3


def test_without_last_words_nothing_is_added(dodo: Dodo) -> None:
    doit = dodo("""
def task_first():
    return {"actions": [lambda: None]}

DOIT_CONFIG["reporter"] = build_reporter(lambda: None, lambda progress: "")
""")
    assert doit() == Outcome(0, "first\n")


def test_a_build_that_may_not_begin_says_why_and_has_no_last_words(dodo: Dodo) -> None:
    doit = dodo("""
from doit.exceptions import InvalidCommand

def task_first():
    return {"actions": [lambda: None]}

def refuse():
    raise InvalidCommand("not now")

DOIT_CONFIG["reporter"] = build_reporter(refuse, end)
""")
    assert doit() == Outcome(3, "ERROR: not now\n")


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8:strict", "Müller/caf\\udce9"), ("ascii:strict", "M\\xfcller/caf\\udce9")]
)
def test_names_that_the_terminal_cannot_show_are_escaped(dodo: Dodo, encoding: str, said: str) -> None:
    doit = dodo("""
NAME = "Müller/" + os.fsdecode(b"caf\\xe9")

def task_check():
    yield {"name": NAME, "actions": [lambda: TaskFailed(f"{NAME}: no")]}
""")
    lines = doit("check", PYTHONIOENCODING=encoding).output.splitlines()
    assert lines[:2] == [f"check:{said}", f"check:{said}: {said}: no"]
