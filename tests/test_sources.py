"""A tree of files is the same on disk and in an archive, whatever lies in it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from disk import write_tree
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import UserError
from rules.sources import Archive, Disk, Entry, Files, Kind, open_tree

FILES = {"a/b.txt": b"b" * 3, "a/c/d.log": b"d\n", "a-b/e": b"", "f": b"x" * 100_000}
ENTRIES = [
    Entry("a", Kind.FOLDER),
    Entry("a/b.txt", Kind.FILE, 3),
    Entry("a/c", Kind.FOLDER),
    Entry("a/c/d.log", Kind.FILE, 2),
    Entry("a-b", Kind.FOLDER),
    Entry("a-b/e", Kind.FILE),
    Entry("f", Kind.FILE, 100_000),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tree(tmp_path / "tree", FILES)
    return tmp_path / "tree"


def packed(folder: Path, mode: str = "w:gz", name: str = ".") -> Path:
    path = folder.with_name("tree.tar")
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        tar.add(folder, name)
    return path


def of_disk(folder: Path) -> tuple[Files, Path]:
    return Disk(), folder


def of_archive(folder: Path) -> tuple[Files, Path]:
    path = packed(folder)
    return Archive.read(path), path


Source = Callable[[Path], tuple[Files, Path]]
sources = pytest.mark.parametrize("source", [of_disk, of_archive])


class TestEither:
    @sources
    def test_lists_all_that_there_is_parents_first(self, source: Source, folder: Path) -> None:
        files, root = source(folder)
        assert list(files.entries(root)) == ENTRIES

    @sources
    def test_lists_a_folder_of_it(self, source: Source, folder: Path) -> None:
        files, root = source(folder)
        assert list(files.entries(root / "a/c")) == [Entry("d.log", Kind.FILE, 2)]

    @sources
    def test_lists_empty_folders(self, source: Source, folder: Path) -> None:
        (folder / "a/empty").mkdir()
        files, root = source(folder)
        assert Entry("a/empty", Kind.FOLDER) in files.entries(root)

    @sources
    def test_lists_nothing_in_a_folder_that_is_not_entered(self, source: Source, folder: Path) -> None:
        write_tree(folder, {"x/y/z": b"", "a/x/y": b""})
        files, root = source(folder)
        paths = [entry.path for entry in files.entries(root, lambda path: path not in ("x", "a/c"))]
        assert paths == ["a", "a/b.txt", "a/c", "a/x", "a/x/y", "a-b", "a-b/e", "f", "x"]

    @sources
    def test_lists_the_same_without_sizes(self, source: Source, folder: Path) -> None:
        files, root = source(folder)
        assert [entry[:2] for entry in files.entries(root, sizes=False)] == [entry[:2] for entry in ENTRIES]

    @sources
    def test_calls_what_is_neither_file_nor_folder_other(self, source: Source, folder: Path) -> None:
        (folder / "a/dangling").symlink_to("nowhere")
        os.mkfifo(folder / "a/pipe")
        files, root = source(folder)
        assert [entry for entry in files.entries(root) if entry.kind is Kind.OTHER] == [
            Entry("a/dangling", Kind.OTHER),
            Entry("a/pipe", Kind.OTHER),
        ]

    @sources
    def test_reads_a_file_in_pieces(self, source: Source, folder: Path) -> None:
        files, root = source(folder)
        with files.open(root / "f") as stream:
            assert stream.read(10) == b"x" * 10
            rest = b""
            while piece := stream.read(50_000):
                rest += piece
        assert rest == b"x" * 99_990
        assert (files.size(root / "f"), files.size(root / "a-b/e")) == (100_000, 0)

    @sources
    @pytest.mark.parametrize("path", ["nothing", "a/nothing", "f/nothing"])
    def test_raises_where_there_is_no_file(self, source: Source, path: str, folder: Path) -> None:
        files, root = source(folder)
        with pytest.raises(OSError):
            files.open(root / path)
        with pytest.raises(OSError):
            files.size(root / path)


class TestDisk:
    def test_follows_links(self, folder: Path) -> None:
        (folder / "link").symlink_to("a/b.txt")
        (folder / "folder").symlink_to("a/c")
        entries = Disk().entries(folder)
        assert Entry("link", Kind.FILE, 3) in entries
        assert Entry("folder/d.log", Kind.FILE, 2) in entries

    def test_follows_no_link_into_a_folder_that_holds_it(self, folder: Path) -> None:
        (folder / "a/c/up").symlink_to("..")
        (folder / "a/c/self").symlink_to("self")
        others = [entry.path for entry in Disk().entries(folder) if entry.kind is Kind.OTHER]
        assert others == ["a/c/self", "a/c/up"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
    def test_names_a_folder_that_cant_be_listed(self, folder: Path) -> None:
        (folder / "a/c").chmod(0)
        try:
            assert Entry("a/c", Kind.OTHER) in Disk().entries(folder)
        finally:
            (folder / "a/c").chmod(0o755)

    def test_opens_no_pipe(self, folder: Path) -> None:
        """Reading it would never end."""
        os.mkfifo(folder / "pipe")
        writer = os.open(folder / "pipe", os.O_RDWR)
        try:
            with pytest.raises(OSError, match="not a regular file"):
                Disk().open(folder / "pipe")
        finally:
            os.close(writer)

    def test_raises_for_its_root_alone(self, folder: Path) -> None:
        with pytest.raises(FileNotFoundError):
            Disk().entries(folder / "nothing")


class TestArchive:
    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    def test_may_be_compressed_in_any_way(self, mode: str, folder: Path) -> None:
        path = packed(folder, mode)
        assert list(Archive.read(path).entries(path)) == ENTRIES

    def test_may_lack_its_folders(self, folder: Path) -> None:
        path = folder.with_name("files.tar")
        with tarfile.open(path, "w") as tar:
            for name in FILES:
                tar.add(folder / name, name)
        assert list(Archive.read(path).entries(path)) == ENTRIES

    def test_of_two_members_of_one_name_holds_the_last(self, folder: Path) -> None:
        path = packed(folder, "w")
        with tarfile.open(path, "a") as tar:
            tar.addfile(member("./f", 3), io.BytesIO(b"new"))
        archive = Archive.read(path)
        assert archive.open(path / "f").read() == b"new"
        assert archive.size(path / "f") == 3

    @pytest.mark.parametrize("name", ["../f", "a/../../f", "/etc/f", "a/.."])
    def test_may_not_leave_its_folder(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / "bad.tar"
        with tarfile.open(path, "w") as tar:
            tar.addfile(member(name))
        with pytest.raises(UserError, match="would leave the folder that it is unpacked in"):
            Archive.read(path)

    @pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00", bytes(100)])
    def test_is_read_only_where_it_is_one(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "x.tar.gz"
        path.write_bytes(content)
        with pytest.raises(UserError, match=f"{path}: no readable tar archive"):
            Archive.read(path)

    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    def test_is_read_only_where_it_is_whole(self, mode: str, folder: Path) -> None:
        write_tree(folder, {"noise": os.urandom(50_000)})
        path = packed(folder, mode)
        whole = path.read_bytes()
        for share in (0.3, 0.6, 0.9):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(UserError, match="no readable tar archive"):
                Archive.read(path)

    @settings(deadline=None, max_examples=100)
    @given(data=st.data())
    def test_is_read_or_refused_whatever_it_holds(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        content = bytearray(data.draw(st.sampled_from(archives())))
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 1] = data.draw(st.binary(max_size=4))
        path = tmp_path_factory.getbasetemp() / "spoilt.tar"
        path.write_bytes(content)
        try:
            archive = Archive.read(path)
        except UserError as problem:
            assert str(problem).startswith(str(path))
        else:
            assert all(isinstance(entry, Entry) for entry in archive.entries(path))


def archives() -> list[bytes]:
    """A small archive, compressed in each way."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(member("a/b", 4), io.BytesIO(b"text"))
    plain = stream.getvalue()[:2048]
    return [plain, gzip.compress(plain, mtime=0), bz2.compress(plain), lzma.compress(plain)]


def member(name: str, size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size = size
    return made


class TestOpenTree:
    def test_takes_a_folder(self, folder: Path) -> None:
        assert isinstance(open_tree(folder), Disk)

    def test_takes_an_archive(self, folder: Path) -> None:
        assert isinstance(open_tree(packed(folder)), Archive)

    def test_says_where_there_is_neither(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="nothing: no such folder or archive"):
            open_tree(tmp_path / "nothing")
