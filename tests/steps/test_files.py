"""Files are whole or not there, and removing one stops at what isn't ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from disk import contents, each_death, full_disk, write_tree
from hypothesis import given
from hypothesis import strategies as st

from rules.steps.files import (
    CHUNK_BYTES,
    json_bytes,
    read_chunks,
    read_json,
    remove_empty_folders,
    remove_file,
    replacing,
    write_file,
    write_json,
    write_json_if_changed,
)

_FILE_NAMES = st.binary(max_size=10).map(lambda name: name.decode(errors="surrogateescape"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | _FILE_NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


class TestWriting:
    def test_makes_the_folders_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        write_file(tmp_path / "a/b/c.txt", b"whole")
        assert contents(tmp_path) == {"a": None, "a/b": None, "a/b/c.txt": b"whole"}

    def test_takes_the_place_of_the_old_file(self, tmp_path: Path) -> None:
        write_file(tmp_path / "c.txt", b"old, and longer")
        write_file(tmp_path / "c.txt", b"new")
        assert contents(tmp_path) == {"c.txt": b"new"}

    def test_is_not_seen_before_the_end(self, tmp_path: Path) -> None:
        path = tmp_path / "c.txt"
        path.write_bytes(b"old")
        with replacing(path) as stream:
            stream.write(b"new")
            stream.flush()
            assert path.read_bytes() == b"old"
        assert path.read_bytes() == b"new"

    def test_that_fails_leaves_the_old_file_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "c.txt"
        path.write_bytes(b"old")
        with pytest.raises(ZeroDivisionError), replacing(path) as stream:
            stream.write(b"half of the n")
            raise ZeroDivisionError
        assert contents(tmp_path) == {"c.txt": b"old"}

    def test_on_a_full_disk_leaves_the_old_file_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "c.txt"
        path.write_bytes(b"old")
        with pytest.raises(OSError, match="too large"), full_disk(1000):
            write_file(path, b"x" * 100_000)
        assert contents(tmp_path) == {"c.txt": b"old"}

    def test_that_is_killed_at_any_moment_leaves_a_whole_file_and_is_made_good_by_the_next(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "c.txt"
        write_file(path, b"old")
        for _ in each_death(lambda: write_file(path, b"new")):
            assert path.read_bytes() in (b"old", b"new")
            write_file(path, b"old")
            assert contents(tmp_path) == {"c.txt": b"old"}
        assert contents(tmp_path) == {"c.txt": b"new"}


class TestReading:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
    def test_pieces_are_bounded_and_make_up_the_file(self, tmp_path: Path, size: int) -> None:
        path = tmp_path / "log"
        path.write_bytes(bytes(range(251)) * (size // 251) + b"." * (size % 251))
        pieces = list(read_chunks(path))
        assert b"".join(pieces) == path.read_bytes()
        assert all(0 < len(piece) <= CHUNK_BYTES for piece in pieces)

    def test_bytes_are_given_as_they_are(self) -> None:
        assert list(read_chunks(b"text")) == [b"text"]


class TestJson:
    def test_is_for_people_too(self) -> None:
        assert json_bytes({"b": [1], "a": "ü"}) == '{\n  "b": [\n    1\n  ],\n  "a": "ü"\n}\n'.encode()

    @given(_JSON)
    def test_is_read_as_it_was_written(self, data: Any) -> None:
        assert json.loads(json_bytes(data)) == data

    def test_a_file_name_that_is_not_utf_8_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        name = b"caf\xe9.txt".decode(errors="surrogateescape")
        write_json(tmp_path / "x.json", [name])
        assert (tmp_path / "x.json").read_text(encoding="utf-8") == '[\n  "caf\\udce9.txt"\n]\n'
        assert read_json(tmp_path / "x.json") == [name]

    def test_torn_anywhere_is_as_if_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        whole = json_bytes({"complete": True, "files": [{"path": "ü"}]})
        for size in range(len(whole) - 1):  # without its last newline it is still whole
            path.write_bytes(whole[:size])
            assert read_json(path) is None
        path.write_bytes(whole)
        assert read_json(path) == json.loads(whole)

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"\0" * 100, b"[" * 100_000])
    def test_foreign_is_as_if_missing(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.json").write_bytes(content)
        assert read_json(tmp_path / "x.json") is None

    def test_missing(self, tmp_path: Path) -> None:
        assert read_json(tmp_path / "x.json") is None
        assert read_json(tmp_path) is None

    def test_an_equal_file_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        write_json_if_changed(path, {"a": 1})
        first = path.stat()
        write_json_if_changed(path, {"a": 1})
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
        write_json_if_changed(path, {"a": 2})
        assert read_json(path) == {"a": 2}
        assert path.stat().st_ino != first.st_ino


class TestRemoving:
    def test_takes_the_folders_that_it_empties(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"root/a/b/c.txt": b"", "root/a/kept.txt": b"", "root/x/y/z.txt": b""})
        root = tmp_path / "root"
        remove_file(root / "a/b/c.txt", root)
        remove_file(root / "x/y/z.txt", root)
        assert contents(root) == {"a": None, "a/kept.txt": b""}

    def test_stops_at_the_root(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"outer/top/a/c.txt": b""})
        remove_file(tmp_path / "outer/top/a/c.txt", tmp_path / "outer/top")
        assert contents(tmp_path) == {"outer": None, "outer/top": None}

    def test_never_touches_folders_outside_of_the_root(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"elsewhere/a/c.txt": b""})
        (tmp_path / "root").mkdir()
        remove_file(tmp_path / "elsewhere/a/c.txt", tmp_path / "root")
        remove_empty_folders(tmp_path / "root", tmp_path / "root")
        assert contents(tmp_path) == {"elsewhere": None, "elsewhere/a": None, "root": None}

    def test_of_what_is_gone_still_takes_the_empty_folders(self, tmp_path: Path) -> None:
        (tmp_path / "root/a").mkdir(parents=True)
        remove_file(tmp_path / "root/a/b/c.txt", tmp_path / "root")
        assert contents(tmp_path) == {"root": None}

    def test_takes_what_a_killed_writer_left(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        for _ in each_death(lambda: write_file(root / "a/c.txt", b"new")):
            remove_file(root / "a/c.txt", root)
            assert not root.exists() or contents(root) == {}

    def test_takes_a_link_and_not_what_it_leads_to(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"elsewhere/kept.txt": b""})
        (tmp_path / "root").mkdir()
        (tmp_path / "root/link").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "root/dangling").symlink_to(tmp_path / "nowhere")
        remove_file(tmp_path / "root/link", tmp_path / "root")
        remove_file(tmp_path / "root/dangling", tmp_path / "root")
        assert contents(tmp_path) == {"elsewhere": None, "elsewhere/kept.txt": b"", "root": None}

    def test_leaves_a_folder_that_has_the_place_of_the_file(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"root/a/kept.txt": b""})
        remove_file(tmp_path / "root/a", tmp_path / "root")
        assert contents(tmp_path / "root") == {"a": None, "a/kept.txt": b""}

    def test_of_a_file_below_a_file(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"root/a": b"kept"})
        remove_file(tmp_path / "root/a/c.txt", tmp_path / "root")
        assert contents(tmp_path / "root") == {"a": b"kept"}
