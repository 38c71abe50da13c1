"""Accuracy logs are cut by bytes, in constant memory, and the original's hash is the report's one hash line."""

from __future__ import annotations

import hashlib
import json
import os
import tracemalloc
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain import Artefact
from rules.layout import shortened_logs
from rules.steps.files import CHUNK_BYTES
from rules.steps.shorten import KEPT_BYTES, is_shortened, shorten, with_hash

GAP = b"\n\n...\n\n"
SHA256 = "0123456789abcdef" * 4
OTHER_SHA256 = "f" * 64


def make_log(folder: Path, data: bytes) -> Path:
    path = folder / "mlperf_log_accuracy.json"
    path.write_bytes(data)
    return path


def varied(size: int) -> bytes:
    """Bytes of which no two stretches are alike."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


class TestShorten:
    @pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 8191, 8192])
    def test_two_ends_or_less_stay_whole(self, tmp_path: Path, size: int) -> None:
        data = varied(size)
        short = shorten(make_log(tmp_path, data))
        assert (short.data, short.size) == (data, size)
        assert short.sha256 == hashlib.sha256(data).hexdigest()

    @pytest.mark.parametrize(
        "size", [8193, 8199, 100_000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, CHUNK_BYTES + 4097, 3_000_000]
    )
    def test_of_more_the_first_and_last_4096_bytes_are_kept(self, tmp_path: Path, size: int) -> None:
        data = varied(size)
        short = shorten(make_log(tmp_path, data))
        assert short.data == data[:4096] + b"\n\n...\n\n" + data[-4096:]
        assert (short.sha256, short.size) == (hashlib.sha256(data).hexdigest(), size)

    def test_text_is_cut_by_bytes_also_within_a_character(self, tmp_path: Path) -> None:
        data = ("x" + "ü" * 10_000).encode()
        short = shorten(make_log(tmp_path, data))
        assert short.data == data[:4096] + GAP + data[-4096:]
        with pytest.raises(UnicodeDecodeError):
            short.data.decode()

    @given(st.binary(min_size=1, max_size=40), st.integers(0, 3 * KEPT_BYTES))
    def test_twice_is_as_once(self, tmp_path_factory: pytest.TempPathFactory, seed: bytes, size: int) -> None:
        folder = tmp_path_factory.getbasetemp()
        once = shorten(make_log(folder, (seed * (size // len(seed) + 1))[:size])).data
        assert shorten(make_log(folder, once)).data == once

    def test_the_original_is_untouched(self, tmp_path: Path) -> None:
        path = make_log(tmp_path, varied(100_000))
        path.chmod(0o400)
        before = path.stat()
        shorten(path)
        after = path.stat()
        assert (after.st_mtime_ns, after.st_ino, after.st_mode) == (before.st_mtime_ns, before.st_ino, before.st_mode)
        assert path.read_bytes() == varied(100_000)
        assert list(tmp_path.iterdir()) == [path]

    def test_memory_does_not_grow_with_the_log(self, tmp_path: Path) -> None:
        path = make_log(tmp_path, b"[")
        os.truncate(path, 256 * CHUNK_BYTES)  # sparse: no disk is used
        tracemalloc.start()
        try:
            short = shorten(path)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (short.size, len(short.data)) == (256 * CHUNK_BYTES, 2 * KEPT_BYTES + len(GAP))
        assert peak_bytes < 8 * CHUNK_BYTES

    def test_a_log_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="No such file"):
            shorten(tmp_path / "mlperf_log_accuracy.json")


class TestHashLine:
    @pytest.mark.parametrize(
        "report",
        [
            "accuracy=76.5%\n",
            "accuracy=76.5%",
            "accuracy=76.5%\n\n\n",
            f"accuracy=76.5%\n\nhash={SHA256}\n",
            f"accuracy=76.5%\nhash={OTHER_SHA256}\n",
            f"hash={OTHER_SHA256}\naccuracy=76.5%\nhash=\nhash=not a hash",
        ],
    )
    def test_stands_last_behind_an_empty_line_and_alone(self, report: str) -> None:
        assert with_hash(report.encode(), SHA256) == f"accuracy=76.5%\n\nhash={SHA256}\n".encode()

    @pytest.mark.parametrize("report", ["", "\n", f"hash={OTHER_SHA256}\n"])
    def test_of_an_empty_report(self, report: str) -> None:
        assert with_hash(report.encode(), SHA256) == f"\nhash={SHA256}\n".encode()

    def test_other_lines_stay_as_they_are(self) -> None:
        report = b"  hash=indented\r\n\xff not UTF-8\r\n# my hash=x\n"
        assert with_hash(report, SHA256) == report + f"\nhash={SHA256}\n".encode()

    @given(st.lists(st.sampled_from([b"hash=", b"hash=1a", b"\n", b"\r\n", b"acc=1", b" ", b"\xff"])).map(b"".join))
    def test_law(self, report: bytes) -> None:
        done = with_hash(report, SHA256)
        assert with_hash(done, SHA256) == done
        assert [line for line in done.split(b"\n") if line.startswith(b"hash=")] == [f"hash={SHA256}".encode()]
        others = [line for line in report.split(b"\n") if line and not line.startswith(b"hash=")]
        assert [line for line in done.split(b"\n") if line and not line.startswith(b"hash=")] == others


class TestIsShortened:
    """Raw results that another tool has shortened already keep the hash of the log that they had."""

    HASHED = f"acc=1\n\nhash={SHA256}\n".encode()

    @pytest.mark.parametrize(
        ("size", "report", "expected"),
        [
            (8199, HASHED, True),
            (10_239, HASHED, True),
            (10_240, HASHED, False),
            (0, HASHED, True),
            (8199, HASHED.replace(b"\n", b"\r\n"), True),
            (8199, HASHED.removesuffix(b"\n"), True),
            (8199, b"acc=1\n", False),
            (8199, b"acc=1\nhash=\n", False),
            (8199, b"acc=1\n hash=1a\n", False),
            (8199, b"", False),
            (8199, None, False),
        ],
    )
    def test_needs_a_small_log_and_a_report_with_a_hash(self, size: int, report: bytes | None, expected: bool) -> None:
        assert is_shortened(size, report, limit=10_240) is expected


class TestAgainstTheOfficialTruncation:
    def test_every_accuracy_folder_comes_out_byte_for_byte(self, corpus: Path) -> None:
        outcomes = json.loads((corpus / "oracle/raw_truncation.json").read_bytes())
        assert {outcome["truncated"] for outcome in outcomes} == {True, False}
        for outcome in outcomes:
            folder = corpus / "raw" / outcome["raw"]
            log, report = folder / "mlperf_log_accuracy.json", folder / "accuracy.txt"
            text = report.read_bytes() if report.exists() else None
            _, _, _, _, *in_run = PurePosixPath(outcome["raw"], log.name).parts
            if not shortened_logs([Artefact("/".join(in_run))]) or is_shortened(log.stat().st_size, text, 10 * 1024):
                assert not outcome["truncated"], folder
                continue
            short = shorten(log)
            assert outcome["truncated"], folder
            assert short.sha256 == outcome["sha256_before"]
            assert hashlib.sha256(short.data).hexdigest() == outcome["sha256_after"]
            report_after = with_hash(text or b"", short.sha256)
            assert hashlib.sha256(report_after).hexdigest() == outcome["sha256_accuracy_txt_after"]
