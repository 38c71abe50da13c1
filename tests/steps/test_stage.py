"""A unit's files in the tree: exactly those it has now, and never a file that nobody recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import pytest
import xxhash
from disk import contents, dies_before, each_death, full_disk, write_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from support import run_at

from rules.domain import ACCURACY_LOG, ACCURACY_REPORT, README, Division, Run, RunKey
from rules.layout import Tree
from rules.rounds.model import Layout
from rules.steps.files import read_json
from rules.steps.shorten import shorten, with_hash
from rules.steps.stage import TreeFile, recorded_paths, retire, run_files, stage_unit, unstage

LIMIT = 10 * 1024


class Build:
    """A build folder: its tree, and the record of a unit."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "submission"
        self.records = folder / "staged"
        self.record = self.records / "closed/edge-1/resnet50.json"

    def stage(self, files: Mapping[str, bytes | Path], **extra: Any) -> None:
        stage_unit(self._files(files), self.tree, self.record, extra)

    def _files(self, files: Mapping[str, bytes | Path]) -> Iterable[TreeFile]:
        return (TreeFile(PurePosixPath(path), content) for path, content in files.items())

    def unstage(self) -> None:
        unstage(self.record, self.tree, self.records)

    def retire(self, *folders: str) -> None:
        retire(self.record, self.tree, folders)

    def files(self) -> dict[str, bytes]:
        return {path: data for path, data in contents(self.tree).items() if data is not None}


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def with_folders(files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """What `contents` says of a folder with these files and no empty folder."""
    folders = {str(folder): None for path in files for folder in PurePosixPath(path).parents if folder.name}
    return {**folders, **files}


class TestStageUnit:
    def test_the_tree_holds_the_units_files(self, build: Build, tmp_path: Path) -> None:
        (tmp_path / "raw.txt").write_bytes(b"copied")
        build.stage({"closed/a/x.txt": b"x", "closed/b.txt": tmp_path / "raw.txt", "empty": b""})
        assert contents(build.tree) == with_folders({"closed/a/x.txt": b"x", "closed/b.txt": b"copied", "empty": b""})

    def test_the_record_names_every_file_with_its_size_and_hashes_sorted(self, build: Build) -> None:
        build.stage({"b": b"second", "a/b": b"first"}, origins={"number_of_nodes": "user"})
        assert read_json(build.record) == {
            "complete": True,
            "files": [
                {
                    "path": path,
                    "size": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "xxh3": xxhash.xxh3_128_hexdigest(data),
                }
                for path, data in (("a/b", b"first"), ("b", b"second"))
            ],
            "originals": [],
            "origins": {"number_of_nodes": "user"},
        }

    def test_a_shortened_log_is_recorded_with_what_it_was(self, build: Build, tmp_path: Path) -> None:
        (tmp_path / "log").write_bytes(b"[" * 20_000)
        short = shorten(tmp_path / "log")
        path = PurePosixPath("accuracy/mlperf_log_accuracy.json")
        stage_unit([TreeFile(path, short.data, short)], build.tree, build.record, {})
        assert read_json(build.record)["originals"] == [
            {
                "path": str(path),
                "sha256": hashlib.sha256(b"[" * 20_000).hexdigest(),
                "xxh3": xxhash.xxh3_128_hexdigest(b"[" * 20_000),
                "size": 20_000,
            }
        ]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"a/x": b"1"}, {"a/x": b"2"}),
            ({"a/x": b"1", "a/y": b"1"}, {"a/x": b"1"}),
            ({"old/deep/x": b"1"}, {"new/x": b"1"}),
            ({"a/x": b"1"}, {}),
            ({}, {"a/x": b"1"}),
            ({"code": b"a file"}, {"code/main.py": b"a folder"}),
            ({"code/main.py": b"a folder", "code/lib/x.py": b""}, {"code": b"a file"}),
        ],
    )
    def test_files_that_moved_or_went_leave_the_tree(
        self, build: Build, before: dict[str, bytes], after: dict[str, bytes]
    ) -> None:
        build.stage(before)
        build.stage(after)
        assert contents(build.tree) == with_folders(after) if after else build.files() == {}
        assert recorded_paths(build.record) == set(after)

    def test_a_file_that_no_record_names_is_never_touched(self, build: Build) -> None:
        foreign = {"closed/a/notes.txt": b"mine", "closed/.x.txt": b"mine too"}
        build.stage({"closed/a/x.txt": b"1", "closed/a/y.txt": b"1"})
        write_tree(build.tree, foreign)
        build.stage({"closed/a/x.txt": b"2"})
        build.retire("open/")
        build.unstage()
        assert contents(build.tree) == with_folders(foreign)

    def test_a_file_changed_or_removed_by_hand_is_put_right(self, build: Build) -> None:
        files = {"a/x": b"1", "a/y": b"1", "b/z": b"1"}
        build.stage(files)
        (build.tree / "a/x").write_bytes(b"changed")
        (build.tree / "a/y").unlink()
        (build.tree / "b/z").unlink()
        (build.tree / "b").rmdir()
        build.stage(files)
        assert contents(build.tree) == with_folders(files)

    def test_content_that_fails_to_come_changes_nothing(self, build: Build) -> None:
        def failing() -> Iterable[TreeFile]:
            yield TreeFile(PurePosixPath("new"), b"")
            raise ZeroDivisionError

        build.stage({"a/x": b"1"})
        before = contents(build.tree), build.record.read_bytes()
        with pytest.raises(ZeroDivisionError):
            stage_unit(failing(), build.tree, build.record, {})
        assert (contents(build.tree), build.record.read_bytes()) == before

    def test_a_source_that_vanished_is_named_and_healed_later(self, build: Build, tmp_path: Path) -> None:
        build.stage({"a": b"1", "z": b"1"})
        with pytest.raises(FileNotFoundError) as caught:
            build.stage({"a": b"2", "b": tmp_path / "vanished", "z": b"2"})
        assert caught.value.filename == str(tmp_path / "vanished")
        assert read_json(build.record)["complete"] is False
        build.stage({"a": b"3"})
        assert contents(build.tree) == {"a": b"3"}

    def test_on_a_full_disk_fails_and_heals_when_there_is_room(self, build: Build) -> None:
        build.stage({"a": b"1", "gone": b"1"})
        with pytest.raises(OSError, match="too large"), full_disk(10_000):
            build.stage({"a": b"2", "b": b"x" * 100_000})
        assert b"x" not in b"".join(build.files().values())
        build.stage({"b": b"3"})
        assert contents(build.tree) == {"b": b"3"}


_NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "a/b/c", "d/e/f"])


def _fit(paths: list[str]) -> list[str]:
    """Without paths that are folders of others: no disk holds both."""
    return [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]


_UNITS = st.dictionaries(_NAMES, st.binary(max_size=3)).map(
    lambda files: {path: files[path] for path in _fit(list(files))}
)


@settings(deadline=None, max_examples=50)
@given(st.lists(_UNITS, min_size=1, max_size=5))
def test_whatever_was_staged_before_the_tree_holds_exactly_the_last(
    tmp_path_factory: pytest.TempPathFactory, stagings: list[dict[str, bytes]]
) -> None:
    build = Build(tmp_path_factory.mktemp("build"))
    for files in stagings:
        build.stage(files)
        assert build.files() == files
        assert not files or contents(build.tree) == with_folders(files)
    build.unstage()
    assert build.files() == {} and not build.record.exists()


class TestKilled:
    """Killed before any of its file operations, a step leaves nothing that the next does not mend."""

    BEFORE: ClassVar[Mapping[str, bytes]] = {
        "a/kept": b"1",
        "a/changed": b"1",
        "old/deep/gone": b"1",
        "code": b"a file",
    }
    AFTER: ClassVar[Mapping[str, bytes]] = {
        "a/kept": b"1",
        "a/changed": b"2",
        "new/deep/x": b"2",
        "code/main.py": b"a folder",
    }
    FOREIGN: ClassVar[Mapping[str, bytes]] = {"notes.txt": b"mine"}

    @pytest.fixture(autouse=True)
    def staged(self, build: Build) -> None:
        self.reset(build)

    def reset(self, build: Build) -> None:
        build.stage(self.BEFORE)
        write_tree(build.tree, dict(self.FOREIGN))

    def holds(self, build: Build, files: Mapping[str, bytes]) -> bool:
        return contents(build.tree) == with_folders({**files, **self.FOREIGN})

    def test_the_record_names_all_that_the_unit_made(self, build: Build) -> None:
        for _ in each_death(lambda: build.stage(self.AFTER)):
            finished = {path for path in build.files() if not path.endswith(".tmp")}
            assert finished - set(self.FOREIGN) <= recorded_paths(build.record)
            record = read_json(build.record)
            if record["complete"]:
                assert self.holds(build, self.BEFORE) or self.holds(build, self.AFTER)
            self.reset(build)

    def test_staging_again_heals(self, build: Build) -> None:
        for _ in each_death(lambda: build.stage(self.AFTER)):
            build.stage(self.AFTER)
            assert self.holds(build, self.AFTER)
            assert read_json(build.record)["complete"] is True
            self.reset(build)
            assert self.holds(build, self.BEFORE)
        assert self.holds(build, self.AFTER)

    def test_staging_something_else_heals(self, build: Build) -> None:
        other = {"b": b"3"}
        for _ in each_death(lambda: build.stage(self.AFTER)):
            build.stage(other)
            assert self.holds(build, other)
            self.reset(build)

    def test_taking_the_unit_out_heals(self, build: Build) -> None:
        for _ in each_death(lambda: build.stage(self.AFTER)):
            build.unstage()
            assert self.holds(build, {})
            assert not build.records.exists() or contents(build.records) == {}
            self.reset(build)

    def test_twice_at_any_moment(self, build: Build) -> None:
        for first in each_death(lambda: build.stage(self.AFTER)):
            dies_before(first // 2, lambda: build.stage({"b": b"3"}))
            build.stage(self.AFTER)
            assert self.holds(build, self.AFTER)
            self.reset(build)

    def test_in_taking_the_unit_out(self, build: Build) -> None:
        for _ in each_death(build.unstage):
            build.unstage()
            assert self.holds(build, {})
            self.reset(build)
        assert self.holds(build, {})

    def test_in_retiring(self, build: Build) -> None:
        left = {path: data for path, data in self.BEFORE.items() if path.startswith("a/")}
        for _ in each_death(lambda: build.retire("a/")):
            build.retire("a/")
            assert self.holds(build, left)
            assert recorded_paths(build.record) == set(left)
            self.reset(build)
        assert self.holds(build, left)


class TestUnstage:
    def test_takes_out_files_record_and_the_folders_that_this_empties(self, build: Build) -> None:
        build.stage({"closed/a/x": b"", "closed/y": b""})
        (build.records / "closed/other.json").write_bytes(b"{}")
        build.unstage()
        assert contents(build.tree) == {}
        assert contents(build.records) == {"closed": None, "closed/other.json": b"{}"}

    def test_of_a_unit_that_was_never_staged(self, build: Build) -> None:
        build.unstage()
        assert not build.tree.exists()

    def test_with_a_torn_record_touches_nothing(self, build: Build) -> None:
        build.stage({"a": b""})
        build.record.write_bytes(build.record.read_bytes()[:-10])
        build.unstage()
        assert contents(build.tree) == {"a": b""}


class TestRetire:
    FILES: ClassVar[Mapping[str, bytes]] = {"closed/x/a": b"", "closed/x-2/a": b"", "open/x/a": b""}

    @pytest.mark.parametrize(
        ("folders", "left"),
        [
            (("closed/x/", "closed/x-2/", "open/x/"), {"closed/x/a", "closed/x-2/a", "open/x/a"}),
            (("closed/x/",), {"closed/x/a"}),
            (("open/", "network/"), {"open/x/a"}),
            ((), set()),
        ],
    )
    def test_takes_out_what_lies_outside_of_the_folders(
        self, build: Build, folders: tuple[str, ...], left: set[str]
    ) -> None:
        build.stage(self.FILES)
        build.retire(*folders)
        assert set(build.files()) == recorded_paths(build.record) == left

    def test_makes_the_unit_incomplete_only_if_it_took_something_out(self, build: Build) -> None:
        build.stage(self.FILES)
        before = build.record.read_bytes()
        build.retire("closed/", "open/")
        assert build.record.read_bytes() == before
        build.retire("open/")
        assert read_json(build.record)["complete"] is False

    def test_frees_a_place_for_another_unit(self, build: Build, tmp_path: Path) -> None:
        other = tmp_path / "staged/other.json"
        build.stage({"open/x/a": b"of the first"})
        build.retire("closed/")
        stage_unit([TreeFile(PurePosixPath("open/x/a"), b"of the other")], build.tree, other, {})
        build.stage({"closed/x/a": b"of the first"})
        assert build.files() == {"closed/x/a": b"of the first", "open/x/a": b"of the other"}


def readme_of(target: RunKey) -> bytes:
    return f"Generated for {target.division}.\n".encode()


def staged(run: Run, *targets: RunKey, layout: Layout = Layout.V6, limit: int = LIMIT) -> dict[str, TreeFile]:
    files = run_files(run, targets or (run.key,), Tree(layout), limit, readme_of)
    return {str(file.path): file for file in files}


class TestRunFiles:
    """The example's closed resnet50 Offline run."""

    PLACE = "closed/ExampleLab/results/example-edge/resnet50/Offline"

    @pytest.fixture
    def run(self, offline: Path) -> Run:
        """The run with an accuracy log as LoadGen leaves it; the example's is shortened already."""
        run = run_at(offline)
        row = b'{ "seq_id" : 0, "qsl_idx" : 26417, "data" : "6F020000" },\n'
        run.artefacts[ACCURACY_LOG].write_bytes(b"[\n" + row * 1000 + b"]\n")
        run.artefacts[ACCURACY_REPORT].write_bytes(b"accuracy=76.456%, good=38228, total=50000\n")
        return run

    def test_every_artefact_is_copied_from_the_raw_run_but_for_what_is_shortened(self, run: Run) -> None:
        files = staged(run)
        copied = {path: file.content for path, file in files.items() if isinstance(file.content, Path)}
        made = {path.removeprefix(f"{self.PLACE}/") for path in files if path not in copied}
        assert copied == {f"{self.PLACE}/{name}": path for name, path in run.artefacts.items() if name not in made}
        assert made == {
            ACCURACY_LOG,
            ACCURACY_REPORT,
            "TEST01/accuracy/mlperf_log_accuracy.json",
            "TEST01/accuracy/accuracy.txt",
            README,
        }

    def test_an_accuracy_log_is_shortened_and_its_report_says_the_hash(self, run: Run) -> None:
        original = run.artefacts[ACCURACY_LOG].read_bytes()
        log, report = (staged(run)[f"{self.PLACE}/{name}"] for name in (ACCURACY_LOG, ACCURACY_REPORT))
        assert log.original == shorten(run.artefacts[ACCURACY_LOG])
        assert log.content == log.original.data
        said = run.artefacts[ACCURACY_REPORT].read_bytes()
        assert report.content == with_hash(said, hashlib.sha256(original).hexdigest())

    def test_what_is_shortened_already_is_copied(self, offline: Path) -> None:
        run = run_at(offline)
        files = staged(run)
        assert files[f"{self.PLACE}/{ACCURACY_LOG}"].content == run.artefacts[ACCURACY_LOG]
        assert files[f"{self.PLACE}/{ACCURACY_REPORT}"].content == run.artefacts[ACCURACY_REPORT]

    def test_a_log_without_a_report_gets_one(self, run: Run) -> None:
        without = replace(run, artefacts={k: v for k, v in run.artefacts.items() if k != ACCURACY_REPORT})
        report = staged(without)[f"{self.PLACE}/{ACCURACY_REPORT}"]
        assert report.content == f"\nhash={shorten(run.artefacts[ACCURACY_LOG]).sha256}\n".encode()

    def test_each_place_gets_all_files_and_a_readme_of_its_own(self, run: Run) -> None:
        in_open = replace(run.key, division=Division.OPEN)
        files = staged(run, run.key, in_open)
        closed, open_ = ({path for path in files if path.startswith(folder)} for folder in ("closed/", "open/"))
        assert open_ == {path.replace("closed", "open", 1) for path in closed}
        assert files[f"{self.PLACE}/README.md"].content == b"Generated for closed.\n"
        assert files[f"{self.PLACE.replace('closed', 'open')}/README.md"].content == b"Generated for open.\n"

    @pytest.mark.parametrize(
        ("own", "expected"),
        [
            (b"", b"Generated for closed.\n"),
            (b" \n\n", b"Generated for closed.\n"),
            (b"# Mine\n\n\n", b"# Mine\n\nGenerated for closed.\n"),
            (b"# Mine", b"# Mine\n\nGenerated for closed.\n"),
        ],
    )
    def test_a_readme_of_the_run_stands_before_the_generated_one(
        self, run: Run, offline: Path, own: bytes, expected: bytes
    ) -> None:
        (offline / "README.md").write_bytes(own)
        assert staged(run_at(offline))[f"{self.PLACE}/README.md"].content == expected
        assert (offline / "README.md").read_bytes() == own

    def test_before_v6_compliance_and_measurements_lie_apart(self, run: Run) -> None:
        folders = {path.split("/")[2] for path in staged(run, layout=Layout.V5)}
        assert folders == {"results", "compliance", "measurements"}

    def test_a_raw_run_is_only_read(self, run: Run, offline: Path, build: Build) -> None:
        before = contents(offline)
        stage_unit(staged(run).values(), build.tree, build.record, {})
        assert contents(offline) == before
        assert set(build.files()) == set(staged(run))

    def test_an_artefact_that_vanished_is_named(self, run: Run) -> None:
        run.artefacts[ACCURACY_LOG].unlink()
        with pytest.raises(FileNotFoundError) as caught:
            staged(run)
        assert caught.value.filename == str(run.artefacts[ACCURACY_LOG])
