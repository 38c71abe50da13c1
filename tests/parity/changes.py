"""The operations of which the corpus's single-fault mutations are made, on a tree in memory."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from memory_files import MemoryFiles

Operation = Mapping[str, Any]


def change(tree: MemoryFiles, operations: list[Operation]) -> None:
    """Apply them in order. One that finds nothing to change is an error, so that none passes unnoticed."""
    for operation in operations:
        _OPERATIONS[operation["op"]](tree, operation["path"], operation)


def _content(operation: Operation) -> bytes:
    data = base64.b64decode(operation["base64"]) if "base64" in operation else operation["text"].encode()
    return bytes(data * operation.get("repeat", 1))


def _replaced(text: str, operation: Operation) -> str:
    count = operation.get("count", 1)
    assert operation["old"] in text, operation
    return text.replace(operation["old"], operation["new"], count or -1)


def _with_member(text: str, operation: Operation) -> str:
    """A JSON document with one member set or removed."""
    document = holder = json.loads(text)
    *path, last = operation["keys"]
    for key in path:
        holder = holder[key]
    if operation.get("remove"):
        del holder[last]
    else:
        holder[last] = operation["value"]
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"


def _with_entry(text: str, operation: Operation) -> str:
    """A detail log with the value of one entry set, or the entry removed."""
    entry = re.compile(
        rf'^(?P<key>:::MLLOG {{"key": "{re.escape(operation["key"])}", "value": ).*?(?P<rest>, "time_ms": .*\n)',
        re.MULTILINE,
    )

    def changed(found: re.Match[str]) -> str:
        return "" if operation.get("remove") else f"{found['key']}{json.dumps(operation['value'])}{found['rest']}"

    edited, count = entry.subn(changed, text)
    assert count, operation
    return edited


def _edit(edited: Callable[[str, Operation], str]) -> Callable[[MemoryFiles, str, Operation], None]:
    def edit(tree: MemoryFiles, path: str, operation: Operation) -> None:
        tree.write(path, edited(tree.read(path).decode(), operation).encode())

    return edit


_OPERATIONS: dict[str, Callable[[MemoryFiles, str, Operation], None]] = {
    "delete": lambda tree, path, _: tree.delete(path),
    "mkdir": lambda tree, path, _: tree.make_folder(path),
    "move": lambda tree, path, operation: tree.move(path, operation["to"]),
    "copy": lambda tree, path, operation: tree.copy_to(path, operation["to"]),
    "write": lambda tree, path, operation: tree.write(path, _content(operation)),
    "append": lambda tree, path, operation: tree.write(path, tree.read(path) + _content(operation)),
    "truncate": lambda tree, path, operation: tree.write(path, tree.read(path)[: operation["size"]]),
    "replace": _edit(_replaced),
    "json_set": _edit(_with_member),
    "line_set": _edit(_with_entry),
}
