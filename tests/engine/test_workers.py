"""With several processes every task runs once, after all that it depends on, and the run ends."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

Dodo = Callable[[str], Callable[..., Outcome]]

#: Each task notes its name in one file, which a single write of a few bytes only ever adds to.
NOTE = """
def note(name):
    with open("order", "a") as stream:
        stream.write(name + "\\n")

def graph(dependencies, failing=()):
    for name, needed in dependencies.items():
        actions = [(note, [name])] + [lambda: TaskFailed("no")] * (name in failing)
        yield {"name": name, "actions": actions, "task_dep": [f"all:{each}" for each in needed]}
"""


def random_graph(size: int, seed: int) -> dict[str, list[str]]:
    """Tasks that depend on up to three of those before them; some on none, some on the same."""
    chance = random.Random(seed)
    names = [f"t{number:02}" for number in range(size)]
    return {name: chance.sample(names[:at], min(at, chance.randint(0, 3))) for at, name in enumerate(names)}


def order(folder: Path) -> list[str]:
    return (folder / "order").read_text().split()


@pytest.mark.parametrize("workers", [2, 40])
@pytest.mark.parametrize("size", [1, 3, 30])
def test_every_task_runs_once_and_after_its_dependencies(dodo: Dodo, tmp_path: Path, workers: int, size: int) -> None:
    graph = random_graph(size, seed=size * 100 + workers)
    doit = dodo(NOTE + f"def task_all():\n    yield from graph({graph})\n")
    outcome = doit("-n", str(workers))
    assert outcome.code == 0, outcome.output
    ran = order(tmp_path)
    assert sorted(ran) == sorted(graph)
    assert all(ran.index(needed) < ran.index(name) for name in graph for needed in graph[name])


def test_what_depends_on_a_failure_is_left_out_and_the_rest_is_done(dodo: Dodo, tmp_path: Path) -> None:
    graph = {"bad": [], "after": ["bad"], "later": ["after"], **{f"free{number}": [] for number in range(20)}}
    doit = dodo(NOTE + f"def task_all():\n    yield from graph({graph}, ['bad'])\n")
    code = doit("-n", "3").code
    assert sorted(order(tmp_path)) == sorted(set(graph) - {"after", "later"})
    assert code == doit().code != 0


def test_without_continue_a_failure_ends_the_run(dodo: Dodo, tmp_path: Path) -> None:
    graph = {"bad": [], **{f"t{number}": [f"t{number - 1}" if number else "bad"] for number in range(20)}}
    doit = dodo(NOTE + f"def task_all():\n    yield from graph({graph}, ['bad'])\nDOIT_CONFIG['continue'] = False\n")
    assert doit("-n", "2").code == 1
    assert order(tmp_path) == ["bad"]


def test_where_there_is_nothing_to_do_it_ends(dodo: Dodo) -> None:
    doit = dodo("def task_all():\n    return {'actions': ['touch made'], 'targets': ['made'], 'uptodate': [True]}\n")
    assert [doit("-n", "4").code for _ in range(2)] == [0, 0]
