"""Writing files so that a reader, or the next build after a kill, never sees half of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rules.errors import UserError

CHUNK_BYTES = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream under a temporary name beside `path`, which it becomes at the end. Makes the folders."""
    temporary = _temporary(path)
    opened = _opened(temporary)
    try:
        with opened as stream:
            yield stream
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _opened(path: Path) -> BinaryIO:
    """A new file. Most folders are there already, so they are made only where it shows that they aren't."""
    try:
        return path.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


def _temporary(path: Path) -> Path:
    """The same name each time, so that what a kill left there goes with the next writing or removal."""
    return path.with_name(f".{path.name}.tmp")


def write_file(path: Path, data: bytes) -> None:
    with replacing(path) as stream:
        stream.write(data)


def write_new_file(path: Path, text: str) -> None:
    """A file for people to go on with: one that is there already is left alone, and told in a UserError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = path.open("xb")
    except FileExistsError:
        raise UserError(f"{path} is there already, and stays as it is; remove it or name another file") from None
    try:
        with stream:
            stream.write(text.encode(errors="backslashreplace"))
    except OSError:
        path.unlink(missing_ok=True)
        raise


def read_chunks(content: bytes | Path) -> Iterator[bytes]:
    """Bytes, or a file's bytes in pieces of bounded size."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def write_json(path: Path, data: Any) -> None:
    write_file(path, json_bytes(data))


def write_json_if_changed(path: Path, data: Any) -> None:
    """Leave an equal file alone, so that its users see no change."""
    content = json_bytes(data)
    try:
        if path.read_bytes() == content:
            return
    except OSError:
        pass
    write_file(path, content)


def json_bytes(data: Any) -> bytes:
    """The same bytes for the same data: two-space indent, keys as given, UTF-8, newline at the end.

    What isn't UTF-8 in the name of a file is written as JSON's own escape, and read back as it was.
    """
    # Imported here: a build that writes nothing is done before this is loaded.
    import msgspec

    try:
        # Python's own indenting takes three times as long.
        text = json.dumps(data, ensure_ascii=False).encode(errors="backslashreplace")
        return msgspec.json.format(text, indent=2) + b"\n"
    except msgspec.DecodeError:  # half a surrogate pair, or no JSON to the letter (NaN)
        return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def read_json(path: Path) -> Any:
    """A file of ours; None where it is missing or torn."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def read_object(path: Path | None) -> dict[str, Any] | None:
    """A JSON object, or None where there is none to be read."""
    data = read_json(path) if path else None
    return data if isinstance(data, dict) else None


def remove_file(path: Path, root: Path) -> None:
    """Remove a file or what a kill left of it, and the folders above that this empties, up to `root`."""
    for each in (path, _temporary(path)):
        if each.is_symlink() or each.is_file():  # else it's gone, or a folder has its place
            each.unlink()
    remove_empty_folders(path.parent, root)


def remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except FileNotFoundError:  # gone already, which may have emptied the one above
            pass
        except OSError:
            return
        folder = folder.parent
