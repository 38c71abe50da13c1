"""The archive is one gzip member that every reader reads whole, and the same bytes for the same files."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import pytest
from disk import contents, each_death, write_tree
from hypothesis import given, settings
from hypothesis import strategies as st
from isal.isal_zlib import crc32_combine

from rules.errors import UserError
from rules.steps.files import CHUNK_BYTES, read_json, remove_file
from rules.steps.pack import fragment_info, join_fragments, make_fragment
from rules.steps.stage import TreeFile, stage_unit

Files = Mapping[str, bytes]


class Build:
    """Units staged into a tree, packed into fragments, joined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "submission"
        self.archive = folder / "submission.tar.gz"

    def stage(self, unit: str, files: Files) -> dict[str, Any]:
        record = self.folder / f"{unit}.json"
        stage_unit((TreeFile(PurePosixPath(path), data) for path, data in files.items()), self.tree, record, {})
        said: dict[str, Any] = read_json(record)
        return said

    def fragment(self, unit: str) -> Path:
        return self.folder / f"{unit}.deflate"

    def pack(self, unit: str, files: Files) -> bytes:
        make_fragment(self.stage(unit, files), self.tree, self.fragment(unit))
        return self.fragment(unit).read_bytes()

    def join(self, units: Iterable[str]) -> bytes:
        fragments = [self.fragment(unit) for unit in units]
        join_fragments([(fragment, read_json(fragment_info(fragment))) for fragment in fragments], self.archive)
        return self.archive.read_bytes()

    def pack_all(self, units: Sequence[Files]) -> bytes:
        for number, files in enumerate(units):
            self.pack(str(number), files)
        return self.join(str(number) for number in range(len(units)))


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def members(archive: bytes, mode: Any = "r|gz") -> dict[str, bytes]:
    """An archive's files by name, in order, with Python's reader for streams or (r:gz) for files."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode=mode) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            assert stream is not None and member.name not in found
            found[member.name] = stream.read()
    return found


def joined(units: Iterable[Files]) -> dict[str, bytes]:
    return {path: data for files in units for path, data in files.items()}


#: What a unit may hold: long names, names that aren't ASCII, contents that don't compress.
SOME_UNITS: Sequence[Files] = (
    {"closed/Ex/a.txt": b"a" * 100_000, "closed/Ex/b.json": b"{}", "closed/Ex/empty": b""},
    {},
    {"open/Müller/日本語/résumé.md": "ü".encode() * 700, f"open/{'d' * 120}/{'e' * 120}/{'f' * 120}.log": b"long"},
    {},
    {"open/Ex/noise": hashlib.shake_128(b"seed").digest(CHUNK_BYTES + 1)},
    {},
)


class TestReaders:
    """Each reads all files out of the archive of several units, empty ones between them."""

    @pytest.fixture
    def archive(self, build: Build) -> Path:
        build.pack_all(SOME_UNITS)
        return build.archive

    @pytest.mark.parametrize("mode", ["r:gz", "r|gz", "r:*", "r|*"])
    def test_python_tarfile(self, archive: Path, mode: str) -> None:
        assert members(archive.read_bytes(), mode) == joined(SOME_UNITS)

    def test_python_gzip(self, archive: Path) -> None:
        with gzip.open(archive) as stream:
            tar = stream.read()
        assert len(tar) % tarfile.BLOCKSIZE == 0 and tar.endswith(b"\0" * 2 * tarfile.BLOCKSIZE)
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as opened:
            assert opened.getnames() == list(joined(SOME_UNITS))

    def test_python_zlib_sees_a_single_member_and_nothing_behind_it(self, archive: Path) -> None:
        inflator = zlib.decompressobj(zlib.MAX_WBITS | 16)
        inflator.decompress(archive.read_bytes())
        assert inflator.eof and inflator.unused_data == b""

    def test_tar(self, archive: Path, tmp_path: Path) -> None:
        listed = subprocess.run(["tar", "tzf", archive], capture_output=True, check=True)
        assert len(listed.stdout.splitlines()) == len(joined(SOME_UNITS)) and not listed.stderr
        target = tmp_path / "unpacked"
        target.mkdir()
        subprocess.run(["tar", "xzf", archive, "-C", target], check=True)
        assert {path: data for path, data in contents(target).items() if data is not None} == joined(SOME_UNITS)

    def test_gzip(self, archive: Path) -> None:
        subprocess.run(["gzip", "--test", archive], check=True)

    @pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
    def test_node_zlib(self, archive: Path) -> None:
        program = "process.stdout.write(require('zlib').gunzipSync(require('fs').readFileSync(process.argv[1])))"
        inflated = subprocess.run(["node", "-e", program, archive], capture_output=True, check=True).stdout
        assert inflated == gzip.decompress(archive.read_bytes())


class TestReproducible:
    FILES: ClassVar[Files] = {"b/x.txt": b"x" * 5000, "a.txt": b"a", "b/a.txt": b"", "B.txt": b"B"}

    def test_members_are_sorted_files_of_nobody_without_a_time(self, build: Build) -> None:
        build.pack_all([self.FILES])
        with tarfile.open(build.archive) as tar:
            found = tar.getmembers()
        assert [member.name for member in found] == ["B.txt", "a.txt", "b/a.txt", "b/x.txt"]
        facts = {(m.type, m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname, m.linkname) for m in found}
        assert facts == {(tarfile.REGTYPE, 0o644, 0, 0, 0, "", "", "")}

    def test_the_gzip_header_holds_no_time_and_no_name(self, build: Build) -> None:
        assert build.pack_all([self.FILES])[:10] == b"\x1f\x8b\x08\x00" + b"\0" * 4 + b"\x00\xff"

    def test_the_same_files_give_the_same_bytes(self, tmp_path: Path) -> None:
        first = Build(tmp_path / "first").pack_all([self.FILES, {"c": b"c"}])
        umask = os.umask(0o077)  # another user's habit
        try:
            other = Build(tmp_path / "another").pack_all([dict(reversed([*self.FILES.items()])), {"c": b"c"}])
        finally:
            os.umask(umask)
        assert first == other

    def test_only_what_changed_makes_other_fragments(self, build: Build) -> None:
        before = [build.pack("0", {"a": b"1"}), build.pack("1", {"b": b"1"})]
        after = [build.pack("0", {"a": b"1"}), build.pack("1", {"b": b"2"})]
        assert before[0] == after[0] and before[1] != after[1]


_PARTS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda part: part not in (".", "..")
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=8).map("/".join)
_DATA = st.binary(max_size=2000) | st.integers(0, 3000).map(lambda size: b"log line\n" * size)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.tuples(_PATHS, _DATA), max_size=3), max_size=4), st.randoms(use_true_random=False))
def test_what_was_packed_is_unpacked_whatever_it_is_and_in_whatever_order_units_are_joined(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple[str, bytes]]], shuffle: Any
) -> None:
    units = [{f"{u}/{f}/{path}": data for f, (path, data) in enumerate(unit)} for u, unit in enumerate(rows)]
    build = Build(tmp_path_factory.mktemp("build"))
    assert members(build.pack_all(units)) == members(build.archive.read_bytes(), "r:gz") == joined(units)
    order = list(range(len(units)))
    shuffle.shuffle(order)
    assert list(members(build.join(map(str, order)))) == [path for u in order for path in sorted(units[u])]


class TestNames:
    @pytest.mark.parametrize("length", [1, 99, 100, 101, 155, 156, 255, 256, 257, 1000])
    def test_of_any_length(self, build: Build, length: int) -> None:
        path = ("abcdefghi/" * 100)[: length - 1] + "x"
        assert members(build.pack_all([{path: b"content"}])) == {path: b"content"}

    def test_of_few_characters_and_many_bytes(self, build: Build) -> None:
        path = "日" * 34  # 102 bytes
        assert members(build.pack_all([{path: b"content"}])) == {path: b"content"}

    @pytest.mark.skipif(sys.platform != "linux", reason="file names are UTF-8 on this system")
    def test_that_are_not_utf_8(self, build: Build) -> None:
        path = b"caf\xe9/" * 30 + b"x"
        build.pack_all([{os.fsdecode(path): b"content"}])
        assert path in gzip.decompress(build.archive.read_bytes())
        assert members(build.archive.read_bytes()) == {os.fsdecode(path): b"content"}


class TestChangedBehindOurBack:
    """A staged file that isn't what the record says never gets into an archive."""

    @pytest.mark.parametrize("content", [b"", b"stage", b"stagex", b"staged+", b"s" * 2_000_000])
    def test_other_content_is_refused_by_name(self, build: Build, content: bytes) -> None:
        record = build.stage("0", {"a.txt": b"a", "b.txt": b"staged", "c.txt": b"c"})
        (build.tree / "b.txt").write_bytes(content)
        with pytest.raises(UserError) as caught:
            make_fragment(record, build.tree, build.fragment("0"))
        path = build.tree / "b.txt"
        assert str(caught.value) == f"{path} is not what was staged; the next `doit` stages it again"
        assert not build.fragment("0").exists() and not list(build.folder.glob(".*.tmp"))

    def test_a_missing_file_is_named(self, build: Build) -> None:
        record = build.stage("0", {"a.txt": b"a"})
        (build.tree / "a.txt").unlink()
        with pytest.raises(FileNotFoundError) as caught:
            make_fragment(record, build.tree, build.fragment("0"))
        assert caught.value.filename == str(build.tree / "a.txt")

    def test_files_beside_the_record_stay_out(self, build: Build) -> None:
        record = build.stage("0", {"a.txt": b"a"})
        write_tree(build.tree, {"notes.txt": b"mine"})
        make_fragment(record, build.tree, build.fragment("0"))
        assert list(members(build.join(["0"]))) == ["a.txt"]


class TestKilled:
    def test_while_packing_the_next_packs_the_same(self, build: Build) -> None:
        record, fragment = build.stage("0", {"a": b"a" * 5000, "b": b"b"}), build.fragment("0")
        make_fragment(record, build.tree, fragment)
        whole = contents(build.folder)
        remove_file(fragment, build.folder)
        for _ in each_death(lambda: make_fragment(record, build.tree, fragment)):
            assert not fragment.exists() or fragment.read_bytes() == whole[fragment.name]
            make_fragment(record, build.tree, fragment)
            assert contents(build.folder) == whole

    def test_while_joining_the_old_archive_or_the_new_is_there(self, build: Build) -> None:
        old = build.pack_all([{"a": b"a"}, {"b": b"b"}])
        new = build.join(["1"])
        build.join(["0", "1"])
        before = contents(build.folder)
        for _ in each_death(lambda: build.join(["1"])):
            assert build.archive.read_bytes() in (old, new)
            build.join(["0", "1"])
            assert contents(build.folder) == before


class TestChecksum:
    @given(st.lists(st.binary(max_size=3000), max_size=6))
    def test_of_the_whole_is_combined_from_the_pieces(self, pieces: list[bytes]) -> None:
        combined = 0
        for piece in pieces:
            combined = crc32_combine(combined, zlib.crc32(piece), len(piece))
        assert combined == zlib.crc32(b"".join(pieces))

    _CHECKSUMS, _SIZES = st.integers(0, 2**32 - 1), st.integers(0, 2**40)

    @given(_CHECKSUMS, _CHECKSUMS, _CHECKSUMS, _SIZES, _SIZES)
    def test_does_not_depend_on_how_the_whole_was_cut_at_sizes_of_terabytes(
        self, first: int, second: int, third: int, second_bytes: int, third_bytes: int
    ) -> None:
        from_the_left = crc32_combine(crc32_combine(first, second, second_bytes), third, third_bytes)
        from_the_right = crc32_combine(first, crc32_combine(second, third, third_bytes), second_bytes + third_bytes)
        assert from_the_left == from_the_right

    def test_a_size_beyond_4_gib_is_given_modulo_as_gzip_has_it(self, build: Build) -> None:
        build.pack("0", {})
        join_fragments([(build.fragment("0"), {"crc32": 0, "size": 2**32 + 512})], build.archive)
        assert int.from_bytes(build.archive.read_bytes()[-4:], "little") == 512 + 2 * tarfile.BLOCKSIZE

    def test_no_fragments_make_an_empty_archive(self, build: Build) -> None:
        assert members(build.join([])) == members(build.pack_all([{}, {}])) == {}
