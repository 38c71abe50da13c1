"""Content decides; a stat that stayed the same spares the reading, once the file has settled."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import xxhash
from support import Outcome

from rules.engine.hashes import HashCache, content_checker, hash_file
from rules.folders import stat_of

HOUR_NS = 3_600_000_000_000
IN_2020_NS = 1_600_000_000 * 10**9
IN_2100_NS = 4_102_444_800 * 10**9


def write(path: Path, data: bytes, modified_ns: int = IN_2020_NS) -> None:
    """Write a file in place, and set when it was modified."""
    path.write_bytes(data)
    os.utime(path, ns=(modified_ns, modified_ns))


def digest_of(data: bytes) -> str:
    return xxhash.xxh3_128_hexdigest(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.txt"
    write(path, b"first")
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "state/files.json"


@pytest.fixture
def cache(kept: Path) -> HashCache:
    return HashCache(kept)


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_file_of_any_size_is_hashed_whole(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"." * (size % 256)
    (tmp_path / "log").write_bytes(data)
    assert hash_file(tmp_path / "log") == digest_of(data)


class TestWithinABuild:
    def test_other_content_of_the_same_size_is_seen_by_its_time(self, cache: HashCache, path: Path) -> None:
        assert cache.digest(str(path)) == digest_of(b"first")
        write(path, b"other", IN_2020_NS + 10**9)
        assert cache.digest(str(path)) == digest_of(b"other")

    def test_other_content_of_the_same_size_and_time_is_seen_by_its_inode(self, cache: HashCache, path: Path) -> None:
        assert cache.digest(str(path)) == digest_of(b"first")
        write(path.with_name("new"), b"other")
        path.with_name("new").replace(path)
        assert cache.digest(str(path)) == digest_of(b"other")

    def test_other_content_of_the_same_time_and_inode_is_seen_by_its_size(self, cache: HashCache, path: Path) -> None:
        assert cache.digest(str(path)) == digest_of(b"first")
        write(path, b"second")
        assert cache.digest(str(path)) == digest_of(b"second")

    def test_a_touched_file_is_hashed_to_the_same(self, cache: HashCache, path: Path) -> None:
        before = cache.digest(str(path))
        path.touch()
        assert cache.digest(str(path)) == before

    def test_what_cannot_be_read_is_for_the_caller(self, cache: HashCache, tmp_path: Path) -> None:
        for missing in (tmp_path / "nowhere", tmp_path):
            with pytest.raises(OSError, match=r"No such file|Is a directory"):
                cache.digest(str(missing))


class TestBetweenBuilds:
    """A later build is another cache over the same file."""

    def test_an_unchanged_stat_spares_the_reading(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.digest(str(path))
        cache.save()
        write(path, b"other")  # what no stat can show, to see that nothing was read
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")

    @pytest.mark.parametrize("change", ["time", "size", "inode"])
    def test_a_changed_stat_does_not(self, cache: HashCache, kept: Path, path: Path, change: str) -> None:
        cache.digest(str(path))
        cache.save()
        data = b"longer" if change == "size" else b"other"
        target = path.with_name("new") if change == "inode" else path
        write(target, data, IN_2020_NS + 10**9 * (change == "time"))
        target.replace(path)
        assert HashCache(kept).digest(str(path)) == digest_of(data)

    def test_a_file_just_written_is_read_again(self, cache: HashCache, kept: Path, path: Path) -> None:
        """Its clock may not tick between this writing and the next."""
        path.write_bytes(b"fresh")
        written = path.stat().st_mtime_ns
        cache.digest(str(path))
        cache.save()
        write(path, b"again", written)
        assert HashCache(kept).digest(str(path)) == digest_of(b"again")

    def test_a_file_hashed_when_just_written_is_read_again_also_after_a_long_build(
        self, cache: HashCache, kept: Path, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.write_bytes(b"fresh")
        written = path.stat().st_mtime_ns
        cache.digest(str(path))
        monkeypatch.setattr(time, "time_ns", lambda: written + HOUR_NS)
        cache.save()
        write(path, b"again", written)
        assert HashCache(kept).digest(str(path)) == digest_of(b"again")

    def test_a_file_from_the_future_is_never_trusted(self, cache: HashCache, kept: Path, path: Path) -> None:
        write(path, b"first", IN_2100_NS)
        cache.digest(str(path))
        cache.save()
        write(path, b"other", IN_2100_NS)
        assert HashCache(kept).digest(str(path)) == digest_of(b"other")

    def test_what_nothing_was_added_to_is_not_written_again(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.digest(str(path))
        cache.save()
        inode = kept.stat().st_ino
        later = HashCache(kept)
        later.digest(str(path))
        later.save()
        assert kept.stat().st_ino == inode

    @pytest.mark.skipif(sys.platform != "linux", reason="file names are UTF-8 on this system")
    def test_a_name_that_is_not_utf_8_is_kept(self, cache: HashCache, kept: Path, tmp_path: Path) -> None:
        path = tmp_path / os.fsdecode(b"caf\xe9")
        write(path, b"first")
        cache.digest(str(path))
        cache.save()
        write(path, b"other")
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")

    def test_where_it_cannot_be_kept_the_build_goes_on(self, cache: HashCache, kept: Path, path: Path) -> None:
        kept.parent.write_text("a file where the state should be")
        assert cache.digest(str(path)) == digest_of(b"first")
        cache.save()
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")


class TestWhatIsKnownWithoutReading:
    def test_what_a_step_has_read_is_learned(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.learn(str(path), digest_of(b"first"))
        cache.save()
        write(path, b"other")
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")

    def test_what_a_step_has_read_is_not_learned_of_a_file_that_is_gone(self, cache: HashCache, path: Path) -> None:
        path.unlink()
        cache.learn(str(path), digest_of(b"first"))
        with pytest.raises(FileNotFoundError):
            cache.digest(str(path))

    def test_what_was_written_is_expected_but_read(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.expect(str(path), digest_of(b"first"))
        cache.save()
        assert HashCache(kept).confirm([str(path)])
        write(path, b"other")
        assert HashCache(kept).digest(str(path)) == digest_of(b"other")
        assert not HashCache(kept).confirm([str(path)])

    def test_a_cache_that_is_distrusted_reads_again(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.digest(str(path))
        cache.save()
        write(path, b"other")
        distrustful = HashCache(kept)
        distrustful.distrust()
        assert distrustful.digest(str(path)) == digest_of(b"other")


class TestConfirming:
    """Whether files are what an earlier build knew, whatever their stats are."""

    @pytest.fixture
    def later(self, cache: HashCache, kept: Path, path: Path) -> HashCache:
        cache.digest(str(path))
        cache.save()
        return HashCache(kept)

    def test_the_same_content_is(self, later: HashCache, path: Path) -> None:
        path.touch()
        assert later.confirm([str(path)])

    def test_other_content_is_not(self, later: HashCache, path: Path) -> None:
        write(path, b"other", IN_2020_NS + 1)
        assert not later.confirm([str(path)])

    def test_a_file_that_was_not_known_is_not(self, later: HashCache, path: Path) -> None:
        write(path.with_name("new"), b"first")
        assert not later.confirm([str(path), str(path.with_name("new"))])

    def test_a_file_that_is_gone_is_not(self, later: HashCache, path: Path) -> None:
        path.unlink()
        assert not later.confirm([str(path)])

    def test_a_file_that_changes_once_it_was_looked_at_is_not(self, later: HashCache, kept: Path, path: Path) -> None:
        path.touch()
        seen = stat_of(str(path))
        write(path, b"other")
        assert not HashCache(kept, look=lambda _: seen).confirm([str(path)])

    @pytest.mark.parametrize("change", [None, b"other"], ids=["the same", "one other"])
    def test_many_files_are_read_ahead(self, kept: Path, tmp_path: Path, change: bytes | None) -> None:
        paths = [tmp_path / f"many/{number}" for number in range(2_000)]
        paths[0].parent.mkdir()
        cache = HashCache(kept)
        for path in paths:
            path.write_bytes(path.name.encode())
            cache.digest(str(path))
        cache.save()
        if change:
            write(paths[1234], change)
        later = HashCache(kept)
        assert later.read_ahead()
        assert later.confirm(map(str, paths)) == (change is None)
        assert later.digest(str(paths[1234])) == digest_of(change or b"1234")


class TestDamagedCache:
    def test_torn_anywhere_it_only_costs_the_reading(self, cache: HashCache, kept: Path, path: Path) -> None:
        cache.digest(str(path))
        cache.save()
        whole = kept.read_bytes()
        write(path, b"other")
        for size in range(len(whole)):
            kept.write_bytes(whole[:size])
            assert HashCache(kept).digest(str(path)) == digest_of(b"other")
        kept.write_bytes(whole)
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "\0" * 100,
            "\xff\xfe\xfd",
            "null",
            "[]",
            "5",
            '"text"',
            '{"FOLDER": null}',
            '{"FOLDER": [1, 2, 3, "x"]}',
            '{"FOLDER": {"log.txt": null}}',
            '{"FOLDER": {"log.txt": []}}',
            '{"FOLDER": {"log.txt": [1, 2, 3]}}',
            '{"FOLDER": {"log.txt": {"size": 1}}}',
            '{"FOLDER": {"log.txt": "abcd"}}',
            '{"FOLDER": {"log.txt": [[1], {}, "x", 5]}}',
            '{"FOLDER/log.txt": [5, 1600000000000000000, 1, "x"]}',
            "[" * 100_000,
        ],
    )
    def test_another_programs_file_is_ignored_and_replaced(self, kept: Path, path: Path, content: str) -> None:
        kept.parent.mkdir()
        kept.write_bytes(content.replace("FOLDER", str(path.parent)).encode("latin-1"))
        cache = HashCache(kept)
        assert cache.digest(str(path)) == digest_of(b"first")
        cache.save()
        assert HashCache(kept).digest(str(path)) == digest_of(b"first")
        assert json.loads(kept.read_bytes())[str(path.parent)]["log.txt"][3] == digest_of(b"first")


class TestContentChecker:
    """As doit asks it: whether a dependency changed, and what state to remember."""

    def test_a_dependency_changed_when_its_bytes_did(self, cache: HashCache, path: Path) -> None:
        checker = content_checker(cache)()
        state = checker.get_state(str(path), None)
        path.touch()
        assert not checker.check_modified(str(path), checker.info(str(path)), state)
        write(path, b"other")
        assert checker.check_modified(str(path), checker.info(str(path)), state)

    def test_a_state_is_only_given_when_it_is_new(self, cache: HashCache, path: Path) -> None:
        checker = content_checker(cache)()
        state = checker.get_state(str(path), None)
        assert state == digest_of(b"first")
        assert checker.get_state(str(path), state) is None
        write(path, b"other", IN_2020_NS + 10**9)
        assert checker.get_state(str(path), state) == digest_of(b"other")

    def test_what_cannot_be_read_has_a_state_too_for_its_task_to_meet(self, cache: HashCache, tmp_path: Path) -> None:
        checker = content_checker(cache)()
        assert checker.get_state(str(tmp_path / "nowhere"), None) == "unreadable: No such file or directory"
        assert checker.check_modified(str(tmp_path), checker.info(str(tmp_path)), digest_of(b"first"))

    def test_in_doit_only_other_content_runs_a_task(
        self, dodo: Callable[[str], Callable[..., Outcome]], path: Path
    ) -> None:
        doit = dodo("""
def task_read():
    return {"actions": [lambda: None], "file_dep": ["log.txt"]}
""")
        assert doit().output.startswith("read\n")
        path.touch()
        assert not doit().output.startswith("read\n")
        write(path, b"other")
        assert doit().output.startswith("read\n")
