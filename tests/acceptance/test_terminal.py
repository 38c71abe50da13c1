"""A build on a terminal, and elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pseudo_terminal import on_terminal
from support import doit, doit_command, edit_log, run_program

#: What selects a foreground or background colour.
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")


@pytest.mark.parametrize("columns", [80, 120])
def test_shows_its_progress_then_the_words_of_any_build(unbuilt: Path, columns: int) -> None:
    shown = on_terminal(doit_command(unbuilt), unbuilt, columns=columns)
    assert any(re.search(r"check +━+ 5/5", line) for frame in shown.frames for line in frame)
    assert "\n".join(shown.lines) + "\n" == doit(unbuilt).output
    assert {"brown", "green"} <= shown.colours  # a warning; Ready
    assert shown.cursor_is_shown
    assert max(map(len, shown.lines)) <= 80


def test_has_no_colour_where_none_is_wanted(unbuilt: Path) -> None:
    shown = on_terminal(doit_command(unbuilt), unbuilt, NO_COLOR="1")
    assert any("5/5" in line for frame in shown.frames for line in frame)
    assert not COLOUR.findall(shown.sent)


def test_with_nothing_to_do_says_the_same_in_colour_and_loads_no_display(workspace: Path) -> None:
    run_program("mlperf-dodo", folder=workspace)
    shown = on_terminal([sys.executable, "-X", "importtime", *doit_command(workspace)[1:]], workspace)
    sent = shown.sent.decode().replace("\r\n", "\n")
    words = "".join(line for line in sent.splitlines(keepends=True) if not line.startswith("import time:"))
    assert re.sub(r"\x1b\[[\d;]*m", "", words) == doit(workspace).output
    assert COLOUR.search(shown.sent)
    assert "rules.engine.terminal" in sent
    assert not re.search(r"\| +rich", sent)


def test_quiet_says_the_last_words_alone_and_is_no_other_build(unbuilt: Path) -> None:
    quiet, again, loud = (
        run_program("mlperf-dodo", *options, folder=unbuilt) for options in (("--quiet",), ("-q",), ())
    )
    assert quiet.tasks == []
    assert quiet.output.endswith("\nReady: build/submission.tar.gz\n")
    assert quiet == again == loud


def test_quiet_is_refused_where_tasks_know_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "dodo.py").write_text("def task_one():\n    return {'actions': []}\n")
    done = subprocess.run([sys.executable, "-m", "doit", "--quiet"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "ERROR: --quiet: the tasks of this dodo.py know nothing of it\n")


def test_several_workers_say_what_one_says(unbuilt: Path, tmp_path: Path) -> None:
    run = unbuilt / "results/closed/example-edge/resnet50/Offline"
    edit_log(run / "performance/run_1/mlperf_log_detail.txt", result_validity="INVALID")
    outcomes = []
    for number, options in enumerate(((), ("-n", "2"), ("-n", "2", "-P", "thread"))):
        one = Path(shutil.copytree(unbuilt, tmp_path / str(number)))
        outcomes.append(doit(one, *options))
    assert outcomes[0].tasks
    assert outcomes[1:] == outcomes[:1] * 2
