"""The archive: one gzip member out of fragments that are compressed once and reused.

A fragment is the tar members of one unit as a raw deflate stream that ends on a byte boundary and
refers to nothing before it, so fragments can stand one after the other. The archive's checksum is
combined from theirs. Names sorted within a unit, units sorted; no times, no owners.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xxhash
from isal import isal_zlib

from rules.errors import UserError
from rules.steps.files import read_chunks, replacing, write_json

#: Level 3 packs logs at 150 MB/s to 1/7; level 6 takes three times as long for 1/8.
_LEVEL = 3
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_TAR_END = b"\0" * 2 * tarfile.BLOCKSIZE


def make_fragment(record: dict[str, Any], tree_root: Path, fragment: Path) -> None:
    """Compress the files that a unit's record names into its fragment.

    Raises UserError where a file is not the one that was staged.
    """
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum, size = 0, 0
    with replacing(fragment) as stream:
        for row in record["files"]:
            for piece in _member(row, tree_root):
                checksum = zlib.crc32(piece, checksum)
                size += len(piece)
                stream.write(compressor.compress(piece))
        if record["files"]:
            stream.write(compressor.flush(zlib.Z_FULL_FLUSH))
    write_json(fragment_info(fragment), {"crc32": checksum, "size": size})


def _member(row: dict[str, Any], tree_root: Path) -> Iterator[bytes]:
    """One file as a tar member: header, content, padding. The content must be what was staged."""
    path = tree_root / row["path"]
    yield _tar_header(row["path"], row["size"])
    digest, size = xxhash.xxh3_128(), 0
    for chunk in read_chunks(path):
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    if (size, digest.hexdigest()) != (row["size"], row["xxh3"]):
        raise UserError(f"{path} is not what was staged; the next `doit` stages it again")
    yield b"\0" * (-size % tarfile.BLOCKSIZE)


def fragment_info(fragment: Path) -> Path:
    """Where a fragment's checksum and uncompressed size (bytes) are."""
    return fragment.with_name(fragment.name + ".json")


def _tar_header(path: str, size: int) -> bytes:
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o644
    return member.tobuf(tarfile.GNU_FORMAT)


def join_fragments(fragments: Iterable[tuple[Path, dict[str, int]]], archive: Path) -> None:
    """Concatenate fragments into a single-member .tar.gz; `dict` holds each one's crc32 and size."""
    checksum, size = 0, 0
    with replacing(archive) as stream:
        stream.write(_GZIP_HEADER)
        for path, info in fragments:
            for chunk in read_chunks(path):
                stream.write(chunk)
            checksum = isal_zlib.crc32_combine(checksum, info["crc32"], info["size"])
            size += info["size"]
        ending = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        stream.write(ending.compress(_TAR_END) + ending.flush(zlib.Z_FINISH))
        checksum = isal_zlib.crc32_combine(checksum, zlib.crc32(_TAR_END), len(_TAR_END))
        size += len(_TAR_END)
        stream.write(checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little"))
