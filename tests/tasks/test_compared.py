"""`compare_with`: other results beside ours on the page, and inputs of the report like any."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from support import declare_example, doit

#: What another declaration leads to: the plan may depend on any of it.
NAMED = ["plan", "report"]
PAGE = "build/report/index.html"


@pytest.fixture
def workspace(workspace: Path) -> Path:
    """The built example with a copy of its own table to compare with, which no build has read yet."""
    (workspace / "earlier").mkdir()
    shutil.copy(workspace / "build/summary.csv", workspace / "earlier")
    return declare_example(workspace, compare_with="earlier")


def page(workspace: Path) -> str:
    return (workspace / PAGE).read_text(encoding="utf-8")


def change_offline(table: Path, result: str) -> None:
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    with table.open("w") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | ({"Result": result} if row["Scenario"] == "Offline" else {}) for row in rows)


def test_only_the_report_is_made_anew_when_it_is_named_or_changes(workspace: Path) -> None:
    assert doit(workspace, check=True).tasks == NAMED
    assert "Beside other results" in page(workspace)
    assert page(workspace).count("same system, v6.1") == 5
    assert doit(workspace, check=True).tasks == []
    change_offline(workspace / "earlier/summary.csv", "142.3895")
    assert doit(workspace, check=True).tasks == ["report"]
    assert "2.000" in page(workspace)


def test_a_table_that_appears_is_read_in_the_place_of_a_tree(workspace: Path) -> None:
    table = (workspace / "earlier/summary.csv").rename(workspace / "aside.csv")
    shutil.copytree(workspace / "build/submission", workspace / "earlier", dirs_exist_ok=True)
    assert doit(workspace, check=True).tasks == NAMED
    assert page(workspace).count("same system, v6.1") == 5
    assert doit(workspace, check=True).tasks == []
    table.rename(workspace / "earlier/summary.csv")
    assert doit(workspace, check=True).tasks == ["report"]


def test_a_tree_that_comes_into_an_empty_folder_is_read(workspace: Path) -> None:
    (workspace / "later").mkdir()
    declare_example(workspace, compare_with="later")
    doit(workspace, check=True)
    assert doit(workspace, check=True).tasks == []
    shutil.copytree(workspace / "build/submission", workspace / "later", dirs_exist_ok=True)
    assert doit(workspace, check=True).tasks == ["report"]
    assert page(workspace).count("same system, v6.1") == 5


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere", "nowhere: no such folder or archive; expected a summary.csv"),
        ("nowhere.csv", "nowhere.csv: can&#39;t be read: No such file or directory"),
        ("code/generate.py", "code/generate.py: no readable tar archive"),
        ("build", "build: this build writes it; keep a copy elsewhere"),
    ],
)
def test_what_cannot_be_read_is_told_on_the_page_and_stops_nothing(named: str, said: str, workspace: Path) -> None:
    declare_example(workspace, compare_with=[named, "earlier"])
    assert doit(workspace, check=True).tasks == NAMED
    assert said in page(workspace)
    assert page(workspace).count("same system, v6.1") == 5
    assert doit(workspace, check=True).tasks == []


def test_names_from_elsewhere_stay_text(workspace: Path) -> None:
    table = workspace / "earlier/summary.csv"
    table.write_text(table.read_text().replace("ExampleLab", "<img src=x onerror=alert(1)>\x1b"))
    doit(workspace, check=True)
    assert "<img" not in page(workspace)
    assert r"&lt;img src=x onerror=alert(1)&gt;\x1b/example-edge" in page(workspace)


def test_without_it_the_page_has_no_such_section(workspace: Path) -> None:
    declare_example(workspace)
    doit(workspace, check=True)
    assert "Beside other results" not in page(workspace)
