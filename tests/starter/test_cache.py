"""The results that the MLCommons automation has gathered, in the places where it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.errors import UserError
from rules.starter.cache import cached_results


def put(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True)


def test_those_of_cm_and_of_mlc(tmp_path: Path) -> None:
    cm = tmp_path / "CM/repos/local/cache/get-mlperf-inference-results-dir_1a/valid_results"
    mlc = [tmp_path / f"MLC/repos/local/cache/get-mlperf-inference-results-dir_{i}/valid_results" for i in (1, 2)]
    put(cm, *mlc, tmp_path / "MLC/repos/local/cache/get-mlperf-inference-results-dir_3/test_results")
    put(tmp_path / "MLC/repos/local/cache/get-mlperf-inference-submission-dir_4/valid_results")
    assert cached_results({"HOME": str(tmp_path)}) == [cm, *mlc]


def test_where_the_repositories_were_moved_to(tmp_path: Path) -> None:
    moved = tmp_path / "data/local/cache/get-mlperf-inference-results-dir_1/valid_results"
    put(moved)
    assert cached_results({"HOME": str(tmp_path), "MLC_REPOS": str(tmp_path / "data")}) == [moved]


def test_a_folder_that_is_linked_counts_once(tmp_path: Path) -> None:
    put(tmp_path / "MLC/repos/local/cache/get-mlperf-inference-results-dir_1/valid_results")
    (tmp_path / "CM").symlink_to("MLC")
    assert len(cached_results({"HOME": str(tmp_path)})) == 1


def test_of_another_run_style(tmp_path: Path) -> None:
    put(tmp_path / "MLC/repos/local/cache/get-mlperf-inference-results-dir_1/test_results")
    assert [folder.name for folder in cached_results({"HOME": str(tmp_path)}, "test")] == ["test_results"]


def test_without_home_it_is_the_users_by_the_system() -> None:
    with pytest.raises(UserError) as caught:
        cached_results({})
    assert "looked for CM" not in str(caught.value)


def test_without_any_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        cached_results({"HOME": str(tmp_path)})
    for place in ("CM", "MLC"):
        assert f"{tmp_path}/{place}/repos/local/cache/get-mlperf-inference-results-dir*/valid_results" in str(
            caught.value
        )
