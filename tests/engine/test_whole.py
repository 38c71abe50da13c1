"""A file of the state is whole, or as it was before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from disk import contents

from rules.engine.whole import write_whole


def test_it_holds_all_pieces(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", [b"one", b"two"])
    assert contents(tmp_path) == {"file": b"onetwo"}


def test_it_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    for data in (b"long before", b"now"):
        write_whole(tmp_path / "file", [data])
    assert contents(tmp_path) == {"file": b"now"}


def test_where_it_fails_all_is_as_before(tmp_path: Path) -> None:
    def torn() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    write_whole(tmp_path / "file", [b"before"])
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", torn())
    assert contents(tmp_path) == {"file": b"before"}


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "file", [b"data"])
    assert contents(tmp_path) == {"file": None}
