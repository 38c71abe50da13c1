"""The journal remembers what finished, whatever happens to the process or to the file."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from disk import full_disk
from doit.exceptions import InvalidCommand
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support import Outcome

from rules.engine.journal import JournalDB

#: What doit keeps of a task: its own keys end in a colon, the others are files and their states.
Record = dict[str, Any]
TASKS = ("check:closed/a", "stage:Müller", "caf\udce9")
FILES = ("a.txt", "b.txt", "caf\udce9")
KEYS = ("_values_:", "checker:", "deps:", "ignore:", *FILES)


def save(db: JournalDB, task: str, files: Mapping[str, str], values: Any = None) -> None:
    """What doit does when a task has succeeded (Dependency.save_success), in its order."""
    for key, value in saved(files, values).items():
        db.set(task, key, value)


def saved(files: Mapping[str, str], values: Any = None) -> Record:
    return {"_values_:": values, "checker:": "ContentChecker", **files, "deps:": list(files)}


def memory(db: JournalDB) -> dict[str, Record]:
    """All that a journal knows, asked as doit asks."""
    return {task: {key: db.get(task, key) for key in KEYS} for task in TASKS if db.in_(task)}


def all_keys(model: Mapping[str, Record]) -> dict[str, Record]:
    """A model as `memory` gives it: None for what is not known."""
    return {task: {key: record.get(key) for key in KEYS} for task, record in model.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state/journal"


@contextmanager
def journal(path: Path) -> Iterator[JournalDB]:
    """A journal for the length of one doit run."""
    db = JournalDB(str(path))
    yield db
    db.dump()


def reloaded(path: Path) -> dict[str, Record]:
    return memory(JournalDB(str(path)))


class JournalMachine(RuleBasedStateMachine):
    """A journal against a dict, through runs that end well, are killed, or are killed in the midst of a line."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "0"
        self.open = [JournalDB(str(self.path))]
        self.model: dict[str, Record] = {}

    @property
    def db(self) -> JournalDB:
        return self.open[-1]

    def teardown(self) -> None:
        for db in self.open:
            db.dump()
        shutil.rmtree(self.folder)

    @rule(
        task=st.sampled_from(TASKS),
        files=st.dictionaries(st.sampled_from(FILES), st.text(max_size=3), max_size=3),
        values=st.none() | st.dictionaries(st.text(max_size=3), st.booleans() | st.text(max_size=3), max_size=2),
    )
    def task_succeeds(self, task: str, files: dict[str, str], values: Any) -> None:
        save(self.db, task, files, values)
        kept = {key: value for key, value in self.model.get(task, {}).items() if key == "ignore:"}
        self.model[task] = kept | saved(files, values)

    @rule(task=st.sampled_from(TASKS))
    def task_is_ignored(self, task: str) -> None:
        self.db.set(task, "ignore:", "1")
        self.model.setdefault(task, {})["ignore:"] = "1"

    @rule(task=st.sampled_from(TASKS))
    def task_fails_or_is_forgotten(self, task: str) -> None:
        self.db.remove(task)
        self.model.pop(task, None)

    @rule()
    def all_is_forgotten(self) -> None:
        self.db.remove_all()
        self.model.clear()

    @rule()
    def run_ends(self) -> None:
        self.db.dump()
        self.open[-1] = JournalDB(str(self.path))

    @precondition(lambda self: self.path.exists())
    @rule(torn=st.sampled_from([b"", b"{", b'{"task":"a","record":{"deps:":[]', b"\0\0\0"]))
    def run_is_killed(self, torn: bytes) -> None:
        """The next run finds the file as it is at this moment."""
        left = self.path.read_bytes()
        self.path = self.folder / str(len(self.open))
        self.path.write_bytes(left + torn)
        self.open.append(JournalDB(str(self.path)))

    @invariant()
    def knows_what_the_dict_knows(self) -> None:
        assert memory(self.db) == all_keys(self.model)


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


class TestTorn:
    """A kill, or a crash of the machine, can cut the file at any byte."""

    def test_at_any_byte_all_whole_lines_count_and_the_next_are_added_to_them(self, path: Path) -> None:
        states: list[tuple[int, dict[str, Record]]] = []

        def remember(model: dict[str, Record]) -> None:
            states.append((path.stat().st_size, dict(model)))

        with journal(path) as db:
            model = {TASKS[0]: saved({"a.txt": "1"})}
            save(db, TASKS[0], {"a.txt": "1"})
            remember(model)
            model[TASKS[1]] = saved({"b.txt": "ü"}, {"targets": {"x": None}})
            save(db, TASKS[1], {"b.txt": "ü"}, {"targets": {"x": None}})
            remember(model)
            db.remove(TASKS[0])
            del model[TASKS[0]]
            remember(model)
        whole = path.read_bytes()
        for size in range(len(whole) + 1):
            path.write_bytes(whole[:size])
            # A line that lacks nothing but its end counts as well.
            expected = next((model for end, model in reversed(states) if end - 1 <= size), {})
            assert reloaded(path) == all_keys(expected)
            with journal(path) as db:
                save(db, TASKS[2], {"a.txt": "2"})
            assert reloaded(path) == all_keys(expected | {TASKS[2]: saved({"a.txt": "2"})})

    def test_an_unfinished_task_does_not_count(self, path: Path) -> None:
        with journal(path) as db:
            db.set(TASKS[0], "_values_:", {})
            db.set(TASKS[0], "a.txt", "1")
        assert reloaded(path) == {}

    def test_a_damaged_line_in_the_middle_is_passed_over(self, path: Path) -> None:
        with journal(path) as db:
            for task in TASKS:
                save(db, task, {})
        head, first, second, third, _ = path.read_bytes().split(b"\n")
        for damaged in (second[:20], b"\0" * 20, b"null", b'{"task":[]}', b'{"task":"x","record":5}', b"[" * 100_000):
            path.write_bytes(b"\n".join([head, first, damaged, third, b""]))
            assert list(reloaded(path)) == [TASKS[0], TASKS[2]]


class TestForeign:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\n\n",
            b"\0" * 100,
            b"SQLite format 3\0\x10\0\x01\x01",
            json.dumps({TASKS[0]: saved({"a.txt": "1"})}).encode(),  # doit's JsonDB
            b'{"journal":0}\n{"task":"check:closed/a","record":{"deps:":[]}}\n',
            b'{"journal":1}\n{"task":"check:closed/a","record":{"deps:":[]}}\n',
            b'{"journal":3}\n{"task":"check:closed/a","record":{"files":{}}}\n',
            b'{"task":"check:closed/a","record":{"deps:":[]}}\n',
            b"[" * 100_000,
        ],
    )
    def test_another_programs_file_or_an_older_form_is_begun_anew(self, path: Path, content: bytes) -> None:
        path.parent.mkdir()
        path.write_bytes(content)
        assert reloaded(path) == {}
        with journal(path) as db:
            save(db, TASKS[1], {"a.txt": "1"})
        assert reloaded(path) == all_keys({TASKS[1]: saved({"a.txt": "1"})})
        assert path.read_bytes().startswith(b'{"journal":2}\n')

    def test_it_is_left_alone_by_who_only_reads(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"another program's")
        with journal(path) as db:
            assert not db.in_(TASKS[0])
            db.remove(TASKS[0])
        assert path.read_bytes() == b"another program's"


class TestGrowth:
    def test_is_bounded_over_many_runs(self, path: Path) -> None:
        sizes = []
        for run in range(60):
            with journal(path) as db:
                for task in TASKS:
                    save(db, task, {"a.txt": str(run % 10)})
            sizes.append(len(path.read_bytes().splitlines()))
        assert max(sizes) <= 2 * len(TASKS) + 100 + 1
        assert sizes[-1] < max(sizes)  # it was rewritten at least once
        assert reloaded(path) == all_keys({task: saved({"a.txt": "9"}) for task in TASKS})

    def test_files_that_a_task_no_longer_reads_are_dropped(self, path: Path) -> None:
        with journal(path) as db:
            save(db, TASKS[0], {"a.txt": "1", "b.txt": "1"})
            save(db, TASKS[0], {"b.txt": "2"})
            assert db.get(TASKS[0], "a.txt") is None
        assert reloaded(path) == all_keys({TASKS[0]: saved({"b.txt": "2"})})

    def test_a_run_that_changed_nothing_writes_nothing(self, path: Path) -> None:
        """It may be one that the lock refused, while another process is writing."""
        with journal(path) as writer:
            for _ in range(200):
                save(writer, TASKS[0], {})
            with journal(path) as reader:
                assert reader.in_(TASKS[0])
            save(writer, TASKS[1], {})
        assert list(reloaded(path)) == [TASKS[0], TASKS[1]]

    def test_no_other_files_are_left(self, path: Path) -> None:
        with journal(path) as db:
            for _ in range(200):
                save(db, TASKS[0], {})
            db.remove_all()
        assert list(path.parent.iterdir()) == [path]


class TestUnwritable:
    """One line, by doit's own kind of error; what was known before is still known."""

    def test_a_full_disk(self, path: Path) -> None:
        with journal(path) as db:
            save(db, TASKS[0], {"a.txt": "1"})
            for free_bytes in (path.stat().st_size + 10, 0):
                with pytest.raises(InvalidCommand) as caught, full_disk(free_bytes):
                    save(db, TASKS[1], {"a.txt": "1" * 1000})
                assert str(caught.value) == f"{path}: can't be written: File too large"
                assert reloaded(path) == all_keys({TASKS[0]: saved({"a.txt": "1"})})
            save(db, TASKS[2], {})
        assert TASKS[0] in reloaded(path) and TASKS[2] in reloaded(path)
        assert list(path.parent.iterdir()) == [path]

    def test_a_full_disk_at_the_end_of_the_run_leaves_the_long_journal(self, path: Path) -> None:
        db = JournalDB(str(path))
        for _ in range(200):
            save(db, TASKS[0], {})
        with full_disk(0):
            db.dump()
        assert list(reloaded(path)) == [TASKS[0]]

    def test_a_file_where_the_folder_should_be(self, path: Path) -> None:
        path.parent.write_text("")
        db = JournalDB(str(path))
        for write in (partial(save, db, TASKS[0], {}), db.remove_all):
            with pytest.raises(InvalidCommand) as caught:
                write()
            assert str(caught.value) == f"{path}: can't be written: File exists"


class TestAsDoitsBackEnd:
    @pytest.fixture
    def doit(self, dodo: Callable[[str], Callable[..., Outcome]], tmp_path: Path) -> Callable[..., Outcome]:
        (tmp_path / "source").write_text("1")
        return dodo("""
def task_copy():
    return {"actions": ["cp source copy"], "file_dep": ["source"], "targets": ["copy"]}

def task_count():
    return {"actions": ["wc -l < copy > count"], "file_dep": ["copy"], "targets": ["count"]}
""")

    def ran(self, outcome: Outcome) -> list[str]:
        assert outcome.code == 0
        return outcome.output.splitlines()[:-1]

    def test_a_second_run_runs_nothing_and_another_content_all(
        self, doit: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        assert self.ran(doit()) == ["copy", "count", ""]
        assert self.ran(doit()) == []
        (tmp_path / "source").write_text("2")
        assert self.ran(doit()) == ["copy", "count", ""]

    def test_forget_ignore_reset_and_clean_work(self, doit: Callable[..., Outcome]) -> None:
        doit()
        doit("forget", "count")
        assert self.ran(doit()) == ["count", ""]
        doit("ignore", "count")
        assert self.ran(doit("-a")) == ["copy", "!! count", ""]
        doit("forget", "--all")
        assert self.ran(doit()) == ["copy", "count", ""]
        assert doit("reset-dep").code == 0
        assert self.ran(doit()) == []
        doit("clean", "--forget")
        assert self.ran(doit()) == ["copy", "count", ""]

    def test_a_failed_task_runs_again(self, doit: Callable[..., Outcome], tmp_path: Path) -> None:
        doit()
        (tmp_path / "source").unlink()
        assert doit().code == 2
        (tmp_path / "source").write_text("1")
        assert self.ran(doit()) == ["copy", "count", ""]

    def test_doit_can_show_it(self, doit: Callable[..., Outcome]) -> None:
        doit()
        assert "status     : up-to-date" in doit("info", "copy").output.splitlines()
        assert [line.split()[0] for line in doit("list", "--status").output.splitlines()] == ["U", "U"]
