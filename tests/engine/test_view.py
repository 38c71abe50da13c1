"""One picture of the disk: what was looked at once stays so, and any change to what is watched shows in a digest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.view import SETTLED_NS, View, Watched
from rules.folders import Stat, stat_of

HOUR_NS = 3_600 * 10**9
IN_2020_NS = 1_600_000_000 * 10**9


def write(path: Path, text: str = "log", modified_ns: int = IN_2020_NS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(modified_ns, modified_ns))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    write(root / "log.txt")
    write(root / "run/detail.txt")
    (root / "run/empty").mkdir()
    return root


def look(root: Path, *files: Path) -> tuple[View, Watched]:
    """A view that has looked at all in a folder, and at single files."""
    view = View()
    for _ in view.walk(Watched([str(root)])):
        pass
    for file in files:
        view.stat(str(file))
    return view, view.watched([str(root)])


class TestPicture:
    def test_a_file_stays_as_it_was_first_seen(self, root: Path) -> None:
        view = View()
        before = view.stat(str(root / "log.txt"))
        write(root / "log.txt", "longer")
        assert view.stat(str(root / "log.txt")) == before
        assert View().stat(str(root / "log.txt")) != before

    def test_a_folder_stays_as_it_was_first_seen_with_the_stats_of_its_files(self, root: Path) -> None:
        view = View()
        view.folder(str(root))
        before = stat_of(str(root / "log.txt"))
        write(root / "log.txt", "longer")
        write(root / "new.txt")
        assert view.folder(str(root)).files == ("log.txt",)
        assert view.stat(str(root / "log.txt")) == before

    def test_a_file_that_is_not_there_has_no_stat_also_when_it_comes(self, root: Path) -> None:
        view = View()
        assert view.stat(str(root / "new.txt")) is None
        write(root / "new.txt")
        assert view.stat(str(root / "new.txt")) is None

    def test_what_the_build_wrote_is_looked_at_again(self, root: Path) -> None:
        view = View()
        view.stat(str(root / "log.txt"))
        write(root / "log.txt", "longer")
        view.refresh([str(root / "log.txt")])
        assert view.stat(str(root / "log.txt")) == stat_of(str(root / "log.txt"))

    def test_folders_that_the_build_changed_are_looked_at_again_and_no_others(self, root: Path) -> None:
        view = View()
        inner, outer = str(root / "run/detail.txt"), str(root / "log.txt")
        before = view.stat(inner), view.stat(outer)
        write(root / "run/detail.txt", "longer")
        write(root / "log.txt", "longer")
        view.forget([str(root / "run")])
        assert (view.stat(inner), view.stat(outer)) == (stat_of(inner), before[1])


class TestGoingOn:
    def test_takes_what_another_picture_of_just_now_shows(self, root: Path) -> None:
        before, _ = look(root, root / "run/detail.txt")
        shown = before.stat(str(root / "log.txt"))
        write(root / "log.txt", "longer")
        view = View()
        view.go_on_from(before, but=str(root / "build"))
        assert view.folder(str(root)).files == ("log.txt",)
        assert view.stat(str(root / "log.txt")) == shown

    def test_looks_anew_at_what_others_may_have_been_changing(self, root: Path) -> None:
        before, _ = look(root, root / "run/detail.txt")
        write(root / "run/detail.txt", "longer")
        write(root / "run/new.txt")
        view = View()
        view.go_on_from(before, but=str(root / "run"))
        assert view.folder(str(root / "run")).files == ("detail.txt", "new.txt")
        assert view.stat(str(root / "run/detail.txt")) == stat_of(str(root / "run/detail.txt"))

    def test_takes_nothing_of_a_workspace_that_is_all_output(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(root)
        before = View()
        before.stat("log.txt")
        write(root / "log.txt", "longer")
        view = View()
        view.go_on_from(before, but=".")
        assert view.stat("log.txt") == stat_of("log.txt")


class TestWatched:
    def test_is_what_was_looked_at(self, root: Path) -> None:
        write(root / "skipped/deep/log.txt")
        (root / "link").symlink_to("run")
        view = View()
        for path in ("", "/run", "/run/empty", "/link"):
            view.folder(f"{root}{path}")
        view.stat(str(root / "log.txt"))
        view.stat(str(root / "missing.txt"))
        watched = view.watched([str(root)])
        assert watched == Watched(
            folders=[str(root)],
            skipped=[f"{root}/link/empty", f"{root}/skipped"],
            links=[f"{root}/link"],
            files={str(root): ["missing.txt"]},
        )
        assert sorted(view.files(watched)) == [
            f"{root}/{each}" for each in ("link/detail.txt", "log.txt", "run/detail.txt")
        ]

    def test_a_file_named_as_a_folder_to_watch_is_a_file(self, root: Path) -> None:
        path = str(root / "log.txt")
        view = View()
        view.folder(path)
        view.stat(path)
        assert list(view.files(view.watched([path]))) == [path]


def replace_by(path: Path, make: Callable[[Path], object]) -> None:
    """Something else in the place of what is there, which is kept elsewhere."""
    path.rename(path.parent.parent / f"kept-{path.name}")
    make(path)


#: What may be done to what is watched, and must show: in names, or in stats alone.
IN_NAMES: dict[str, Callable[[Path], object]] = {
    "a file added": lambda root: write(root / "new.txt"),
    "a file added further down": lambda root: write(root / "run/new.txt"),
    "an empty folder added": lambda root: (root / "run/new").mkdir(),
    "a file removed": lambda root: (root / "log.txt").unlink(),
    "an empty folder removed": lambda root: (root / "run/empty").rmdir(),
    "a file renamed": lambda root: (root / "log.txt").rename(root / "log2.txt"),
    "a file moved": lambda root: (root / "log.txt").rename(root / "run/log.txt"),
    "a folder renamed": lambda root: (root / "run").rename(root / "run2"),
    "a folder in a file's place": lambda root: replace_by(root / "log.txt", Path.mkdir),
    "a file in a folder's place": lambda root: replace_by(root / "run/empty", write),
    "a link in a folder's place": lambda root: replace_by(root / "run", lambda run: run.symlink_to("../kept-run")),
    "a dangling link added": lambda root: (root / "link").symlink_to("nowhere"),
    "all removed": shutil.rmtree,
    "a single file that comes": lambda root: write(root.parent / "missing.txt"),
    "a single file that goes": lambda root: (root.parent / "single.txt").unlink(),
}
IN_STATS: dict[str, Callable[[Path], object]] = {
    "another time": lambda root: os.utime(root / "log.txt", ns=(1, IN_2020_NS + 1)),
    "another size": lambda root: write(root / "run/detail.txt", "longer"),
    "another inode": lambda root: replace_by(root / "log.txt", write),
    "a single file": lambda root: write(root.parent / "single.txt", "longer"),
}


class TestDigests:
    @pytest.fixture
    def watched(self, root: Path) -> Watched:
        write(root.parent / "single.txt")
        return look(root, root.parent / "single.txt", root.parent / "missing.txt")[1]

    def test_of_the_same_are_the_same(self, root: Path, watched: Watched) -> None:
        assert View().digests(watched) == View().digests(watched)

    @pytest.mark.parametrize("change", IN_NAMES.values(), ids=IN_NAMES)
    def test_another_name_shows(self, root: Path, watched: Watched, change: Callable[[Path], object]) -> None:
        before = View().digests(watched)
        change(root)
        assert View().digests(watched).names != before.names

    @pytest.mark.parametrize("change", IN_STATS.values(), ids=IN_STATS)
    def test_another_stat_shows(self, root: Path, watched: Watched, change: Callable[[Path], object]) -> None:
        before = View().digests(watched)
        change(root)
        after = View().digests(watched)
        assert after.names == before.names
        assert after.stats != before.stats

    def test_what_was_not_looked_at_is_no_matter(self, root: Path) -> None:
        write(root / "skipped/log.txt")
        view = View()
        view.folder(str(root))
        watched = view.watched([str(root)])
        before = View().digests(watched)
        write(root / "skipped/log.txt", "longer")
        write(root / "skipped/new.txt")
        write(root.parent / "beside.txt")
        assert View().digests(watched) == before

    @given(st.data())
    @settings(max_examples=60, deadline=None)
    def test_are_equal_where_names_and_stats_are_and_nowhere_else(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        root = tmp_path_factory.mktemp("random")
        _edit(root, data, 6)
        watched = Watched([str(root)])
        before, digests = _picture(root), View().digests(watched)
        _edit(root, data, 2)
        after = View().digests(watched)
        same = _picture(root)
        assert (after.names == digests.names) == (same.keys() == before.keys())
        if same.keys() == before.keys():
            assert (after.stats == digests.stats) == (same == before)


PATHS = st.sampled_from(["a", "b", "a/a", "a/b", "b/a", "a/a/a"])


def _edit(root: Path, data: st.DataObject, most: int) -> None:
    for kind, name, size in data.draw(
        st.lists(st.tuples(st.sampled_from(["file", "folder", "remove"]), PATHS, st.integers(0, 2)), max_size=most)
    ):
        path = root / name
        if kind == "remove" and path.is_dir():
            shutil.rmtree(path)
        elif kind == "remove" and path.exists():
            path.unlink()
        elif kind != "remove" and not path.is_dir() and path.parent.is_dir():
            if kind == "file":
                write(path, "." * size, IN_2020_NS + size)
            elif not path.exists():
                path.mkdir()


def _picture(root: Path) -> dict[tuple[str, bool], Stat | None]:
    """Another way to see the same: each path with whether it's a folder, and the stat of files."""
    return {(str(path), path.is_dir()): None if path.is_dir() else stat_of(str(path)) for path in root.rglob("*")}


class TestSettled:
    def test_files_of_long_ago_are(self, root: Path) -> None:
        view, watched = look(root, root / "log.txt")
        assert view.is_settled(watched)

    @pytest.mark.parametrize("path", ["root/run/detail.txt", "single.txt"])
    @pytest.mark.parametrize("off_ns", [-SETTLED_NS // 2, 0, HOUR_NS], ids=["a second ago", "now", "in an hour"])
    def test_a_file_of_just_now_or_later_is_not(self, root: Path, path: str, off_ns: int) -> None:
        """It may change again and show the same time."""
        write(root.parent / path)
        now_ns = View()._since_ns
        os.utime(root.parent / path, ns=(0, now_ns + off_ns))
        view, watched = look(root, root.parent / "single.txt")
        assert not view.is_settled(watched)

    def test_a_file_written_since_an_earlier_look_is_not_settled_by_a_later_one(self, root: Path) -> None:
        view = View()
        write(root / "log.txt", modified_ns=view._since_ns - SETTLED_NS)
        os.utime(root / "log.txt", ns=(0, view._since_ns - SETTLED_NS))
        later, watched = look(root)
        later._since_ns += HOUR_NS
        view.go_on_from(later, but=str(root / "build"))
        assert not view.is_settled(watched)
