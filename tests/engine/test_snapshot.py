"""A snapshot is read back as it was kept, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.snapshot import Snapshot
from rules.engine.view import Digests, Watched

SNAPSHOT = Snapshot(
    facts={"python": "3", "results": {"results/*": ["results/a"]}},
    state={"build/.state/state.jsonl": ((1, 2, 3), "abc"), "build/.state/outcome.json": (None, None)},
    watched=Watched(["results"], ["results/skipped"], ["results/link"], {"build": ["plan.json", "caf\udce9"]}),
    digests=Digests("names", "stats"),
    is_settled=True,
    words="Ready: caf\u00e9 \udce9\n",
    status=0,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshot.json"


def test_is_read_back_as_it_was_kept(path: Path) -> None:
    SNAPSHOT.save(path)
    assert Snapshot.load(path) == SNAPSHOT
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_where_there_is_none_none_is_found(path: Path) -> None:
    assert Snapshot.load(path) is None
    path.mkdir()
    assert Snapshot.load(path) is None


def test_where_it_cannot_be_kept_nothing_is_said(path: Path) -> None:
    SNAPSHOT.save(path / "nowhere/snapshot.json")
    path.mkdir()
    SNAPSHOT.save(path)
    assert Snapshot.load(path) is None


def test_torn_anywhere_it_is_none(path: Path) -> None:
    SNAPSHOT.save(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert Snapshot.load(path) is None


@settings(deadline=None)
@given(st.data())
def test_with_any_other_byte_it_is_none(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("damaged") / "snapshot.json"
    SNAPSHOT.save(path)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    assert Snapshot.load(path) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"null", b"{}", b"\xff\xfe\n{}", b"[" * 100_000, b"abc\n{}"])
def test_another_programs_file_is_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert Snapshot.load(path) is None


def test_one_that_was_edited_by_hand_is_none(path: Path) -> None:
    SNAPSHOT.save(path)
    digest, text = path.read_text().split("\n")
    path.write_text(f"{digest}\n{json.dumps(json.loads(text) | {'status': 1}, separators=(',', ':'))}")
    assert Snapshot.load(path) is None
