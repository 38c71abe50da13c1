"""What a folder holds, as one look shows it."""

from __future__ import annotations

import os
from array import array
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.folders import Folder, PathsIn, inside, is_within, stat_key, stat_of

YEAR_2300_NS = 10_413_792_000 * 10**9


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A folder with one of everything."""
    folder = tmp_path / "full"
    (folder / "below").mkdir(parents=True)
    (folder / "b.txt").write_text("b")
    (folder / "a.txt").write_text("longer")
    (folder / "file-link").symlink_to("a.txt")
    (folder / "folder-link").symlink_to("below")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "fifo")
    return folder


class TestFolder:
    def test_sorts_what_it_holds_by_kind_and_name(self, full: Path) -> None:
        found = Folder(str(full))
        assert found.files == ("a.txt", "b.txt", "file-link")
        assert found.folders == ("below", "folder-link")
        assert found.links == ("folder-link",)
        assert [name for name, _ in found.others] == ["circle", "dangling", "fifo"]
        assert found.problem is None

    def test_has_the_stat_of_each_file_and_of_what_a_link_leads_to(self, full: Path) -> None:
        found = Folder(str(full))
        assert found.stats == {name: stat_of(f"{full}/{name}") for name in found.files}
        assert found.stats["file-link"] == found.stats["a.txt"]

    def test_says_why_it_cannot_be_listed(self, full: Path) -> None:
        assert Folder(str(full / "nowhere")).problem == "No such file or directory"
        assert Folder(str(full / "a.txt")).problem == "Not a directory"
        assert Folder(f"{full}/nul\0").problem == "embedded null byte"

    def test_is_plain_where_there_is_nothing_to_think_about(self, full: Path) -> None:
        assert not Folder(str(full)).is_plain
        assert not Folder(str(full / "nowhere")).is_plain
        (full / "below/log.txt").write_text("log")
        assert Folder(str(full / "below")).is_plain
        (full / "below/caf\u00e9").write_text("log")
        assert not Folder(str(full / "below")).is_plain

    def test_knows_its_youngest_file(self, full: Path) -> None:
        os.utime(full / "b.txt", ns=(YEAR_2300_NS // 2, YEAR_2300_NS // 2))
        assert Folder(str(full)).newest_ns() == YEAR_2300_NS // 2
        assert Folder(str(full / "below")).newest_ns() == 0


class TestNumbersThatFitNoSignedWord:
    def test_a_file_from_the_far_future_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_text("log")
        try:
            os.utime(tmp_path / "log", ns=(YEAR_2300_NS, YEAR_2300_NS))
        except (OSError, OverflowError):
            pytest.skip("this file system ends before the year 2300")
        found = Folder(str(tmp_path))
        assert found.files == ("log",)
        assert found.stats["log"] == stat_of(f"{tmp_path}/log")

    @given(st.integers(0, 2**64 - 1))
    def test_an_inode_may_take_all_64_bits(self, inode: int) -> None:
        size, mtime_ns, kept = stat_key(os.stat_result((0o100644, inode, 0, 1, 0, 0, 5, 0, 7, 0), {"st_mtime_ns": 7}))
        assert (size, mtime_ns) == (5, 7)
        assert array("q", [kept])[0] % 2**63 == inode % 2**63


#: Few names, so that pictures come to be nearly the same.
NAMES = st.sampled_from(["a", "b", "ab", "a b", "(", "\udce9"])


class TestNames:
    """As bytes, which go one after the other into a digest."""

    @settings(deadline=None)
    @given(
        st.lists(
            st.dictionaries(NAMES, st.sampled_from(["file", "folder", "link", "dangling"]), max_size=3), max_size=2
        )
    )
    def test_are_the_same_bytes_for_the_same_names_alone(
        self, tmp_path_factory: pytest.TempPathFactory, pictures: list[dict[str, str]]
    ) -> None:
        made = [_made(tmp_path_factory.mktemp("names"), picture) for picture in pictures]
        for first, second in pairwise(zip(pictures, made, strict=True)):
            assert (first[0] == second[0]) == (first[1].names() == second[1].names())

    def test_one_list_never_runs_into_the_next(self, tmp_path: Path) -> None:
        files = _made(tmp_path / "files", {"a": "file", "b": "file"}).names()
        folders = _made(tmp_path / "folders", {"a": "file", "b": "folder"}).names()
        assert files != folders
        assert not folders.startswith(files)
        assert not files.startswith(folders)

    def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(self, tmp_path: Path) -> None:
        assert Folder(str(tmp_path)).names() != Folder(str(tmp_path / "nowhere")).names()


def _made(folder: Path, picture: dict[str, str]) -> Folder:
    folder.mkdir(exist_ok=True)
    for name, kind in picture.items():
        if kind == "file":
            (folder / name).touch()
        elif kind == "folder":
            (folder / name).mkdir()
        else:
            (folder / name).symlink_to("/" if kind == "link" else "nowhere")
    return Folder(str(folder))


class TestPathsIn:
    FILES = MappingProxyType({"log": "run_1/log.txt", "conf": "user.conf"})

    def test_gives_the_paths_of_what_it_has(self) -> None:
        paths = PathsIn(Path("results"), self.FILES)
        assert dict(paths) == {"log": Path("results/run_1/log.txt"), "conf": Path("results/user.conf")}
        assert ("log" in paths, "nothing" in paths, len(paths)) == (True, False, 2)
        assert paths.get("nothing") is None

    @pytest.mark.parametrize("root", [".", "/", "results", "/results/a b"])
    def test_spells_paths_as_pathlib_does(self, root: str) -> None:
        paths = PathsIn(Path(root), self.FILES)
        assert paths.texts() == [str(path) for path in paths.values()]


@given(st.sampled_from([".", "/", "a", "/a/b", "a b"]), st.sampled_from(["c", "c/d", ".e"]))
def test_a_path_is_joined_as_pathlib_does(folder: str, name: str) -> None:
    assert inside(folder, name) == str(Path(folder) / name)


class TestIsWithin:
    def test_a_folder_is_within_itself_and_what_lies_in_it_too(self, tmp_path: Path) -> None:
        assert is_within(tmp_path, tmp_path)
        assert is_within(tmp_path / "a/b", tmp_path / "a")
        assert not is_within(tmp_path / "ab", tmp_path / "a")
        assert not is_within(tmp_path / "a/../b", tmp_path / "a")

    def test_links_are_followed_on_either_side(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("folder")
        assert is_within(tmp_path / "link/file", tmp_path / "folder")
        assert is_within(tmp_path / "folder/file", tmp_path / "link")

    def test_what_is_no_path_of_this_system_is_taken_as_it_is_spelled(self, tmp_path: Path) -> None:
        (tmp_path / "round").symlink_to("round")
        assert is_within(tmp_path / "nul\0/file", tmp_path / "nul\0")
        assert not is_within(tmp_path / "round/file", tmp_path / "folder")
