"""A step as a doit action: it succeeds, or it fails with a message."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Outcome

from rules.engine.actions import action
from rules.errors import ConfigError, UserError


def failure(step: Callable[[], object], *inputs: Path, crash_log: Path | None = None) -> str | None:
    """The message of a step's failure; None where it succeeds."""
    failed = action(lambda: (step(), None)[1], map(str, inputs), crash_log)()
    return failed.message if failed else None


def raising(error: BaseException) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


class TestSuccess:
    def test_says_nothing(self) -> None:
        assert failure(lambda: None) is None

    def test_may_come_again(self, tmp_path: Path) -> None:
        """doit calls an action once a run; each call looks at the inputs anew."""
        path = tmp_path / "in"
        path.write_text("1")
        run = action(lambda: None, [str(path)])
        assert run() is None
        path.write_text("22")
        assert run() is None


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (UserError("a.txt: found 1; expected 2"), "a.txt: found 1; expected 2"),
            (ConfigError("submission.yaml:3: no"), "submission.yaml:3: no"),
            (FileNotFoundError(2, "No such file or directory", "a/b.txt"), "a/b.txt: No such file or directory"),
            (OSError(28, "No space left on device"), "a file: No space left on device"),
            (OSError("something odd"), "a file: something odd"),
            (ValueError("odd"), "internal error: ValueError: odd"),
            (RecursionError(), "internal error: RecursionError: "),
        ],
    )
    def test_is_a_message(self, error: Exception, message: str) -> None:
        assert failure(raising(error)) == message

    def test_that_is_a_fault_of_ours_keeps_the_details_for_a_report(self, tmp_path: Path) -> None:
        crash_log = tmp_path / "state/crash.txt"
        assert failure(raising(ValueError("odd")), crash_log=crash_log) == (
            f"internal error: ValueError: odd\nThis is a fault of mlperf-dodo; please report it with {crash_log}"
        )
        details = crash_log.read_text()
        assert details.startswith("Traceback") and details.endswith("ValueError: odd\n")

    def test_of_a_user_keeps_no_details(self, tmp_path: Path) -> None:
        failure(raising(UserError("no")), crash_log=tmp_path / "crash.txt")
        failure(raising(OSError("no")), crash_log=tmp_path / "crash.txt")
        assert not (tmp_path / "crash.txt").exists()

    def test_about_a_name_that_is_not_utf_8_keeps_the_details_too(self, tmp_path: Path) -> None:
        said = failure(raising(ValueError(os.fsdecode(b"caf\xe9"))), crash_log=tmp_path / "crash.txt")
        assert said and said.endswith(f"please report it with {tmp_path / 'crash.txt'}")
        assert (tmp_path / "crash.txt").read_text(encoding="utf-8").endswith("ValueError: caf\\udce9\n")

    def test_whose_details_cannot_be_kept_is_still_a_message(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file where the folder should be")
        said = failure(raising(ValueError("odd")), crash_log=tmp_path / "state/crash.txt")
        assert said == "internal error: ValueError: odd"

    def test_is_not_what_a_user_does_with_ctrl_c(self) -> None:
        with pytest.raises(KeyboardInterrupt):
            failure(raising(KeyboardInterrupt()))

    def test_in_doit_shows_the_message_alone(self, dodo: Callable[[str], Callable[..., Outcome]]) -> None:
        doit = dodo("""
def crash():
    raise ValueError("odd")

def task_crash():
    return {"actions": [action(crash, (), STATE / "crash.txt")]}
""")
        assert doit() == Outcome(
            1,
            "crash\n"
            "crash: internal error: ValueError: odd\n"
            "This is a fault of mlperf-dodo; please report it with state/crash.txt\n"
            "\n"
            "selected ['crash'], finished [], failed ['crash']\n",
        )


class TestInputsThatChange:
    """What is made of a file that changed while it was read must not count."""

    @pytest.fixture
    def inputs(self, tmp_path: Path) -> list[Path]:
        paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
        for path in paths:
            path.write_text("as it was")
            os.utime(path, (0, 0))  # long ago, so that the clock has ticked
        return paths

    @pytest.mark.parametrize(
        "change",
        [
            lambda path: path.write_text("longer than it was"),
            lambda path: path.write_text("just new "),
            lambda path: (path.with_name("new").write_text("as it was"), path.with_name("new").replace(path)),
            lambda path: os.utime(path, (1, 1)),
            lambda path: path.unlink(),
        ],
        ids=["grew", "same size", "replaced", "touched", "removed"],
    )
    def test_fail_the_step_by_name(self, inputs: list[Path], change: Callable[[Path], object]) -> None:
        said = failure(lambda: change(inputs[1]), *inputs)
        assert said == f"{inputs[1]} changed while it was read; run `doit` again"

    def test_are_counted_when_there_are_more(self, inputs: list[Path]) -> None:
        def step() -> None:
            for path in inputs:
                path.unlink()

        said = failure(step, *inputs)
        assert said == f"{inputs[0]} (and 2 more) changed while it was read; run `doit` again"

    def test_that_come_into_being_changed_too(self, inputs: list[Path]) -> None:
        new = inputs[0].with_name("new.txt")
        assert failure(new.touch, *inputs, new) == f"{new} changed while it was read; run `doit` again"

    def test_that_only_others_changed_are_fine(self, inputs: list[Path]) -> None:
        assert failure(inputs[0].unlink, *inputs[1:]) is None

    def test_that_were_never_there_are_the_steps_own_business(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing"
        assert failure(lambda: None, missing) is None
        assert failure(missing.read_bytes, missing) == f"{missing}: No such file or directory"

    def test_matter_less_than_what_the_step_says(self, inputs: list[Path]) -> None:
        def step() -> None:
            inputs[0].unlink()
            raise UserError("b.txt: not a log")

        assert failure(step, *inputs) == "b.txt: not a log"

    def test_in_doit_make_the_task_run_again(
        self, dodo: Callable[[str], Callable[..., Outcome]], inputs: list[Path]
    ) -> None:
        doit = dodo("""
def read():
    if Path("a.txt").read_text() == "as it was":
        Path("a.txt").write_text("written by a benchmark that is still running")

def task_read():
    return {"actions": [action(read, ["a.txt"])], "file_dep": ["a.txt"]}
""")
        assert doit().output.splitlines()[1] == "read: a.txt changed while it was read; run `doit` again"
        assert [doit().output.splitlines()[0] for _ in range(2)] == [
            "read",
            "selected ['read'], finished ['read'], failed []",
        ]
