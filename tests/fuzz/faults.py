"""What goes wrong with files, as random faults: with bytes, with lines, with values in JSON or YAML, with folders.

A fault changes a tree in memory and says what it did. The same seed gives the same faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from memory_files import MemoryFiles

#: Values that a reader may fall over, as JSON text.
JSON_VALUES = (
    "null", "true", "false", "0", "-1", "0.0", "-0.0", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity",
    "9" * 400, "9" * 5000, "-" + "9" * 4000, "0." + "3" * 5000, "18446744073709551616", "1E+2",
    '""', '" "', '"0"', '"NaN"', '"1e400"', '"\\ud800"', '"\\u0000"', '"é"', '"\\u0663"', '"%s"', '"{found}"',
    '"a\\nb"', '"' + "x" * 20_000 + '"', '"07-25-2025 15:30:43.020"', '"02-30-2025 25:61:61.9"', '"Server"',
    '"offline"', '"edge"',
    "[]", "[[]]", "[null]", '["a", 1]', "{}", '{"": {}}', '{"a": [1, {"b": null}]}', "[" * 50 + "]" * 50,
    "[" * 5000 + "]" * 5000, "[" * 100_000, "[" + "0," * 20_000 + "0]", "nul", "'a'", "1,", "\\", "",
)  # fmt: skip
#: The same for YAML.
YAML_VALUES = (
    *JSON_VALUES,
    ".nan", ".inf", "0x" + "f" * 6000, "0b" + "1" * 100, "1_000", "1:30", "2025-13-45", "2025-01-01", "~", "yes",
    "*none", "&a [*a]", "&a {x: *a}", "!!binary '///'", "!!python/object/apply:os.system [x]", "!!timestamp x",
    "!!set {a, b}",
    "{? [1]: 2}", "{<<: 1}", "{<<: [[]]}", "|", "> ", "- - -", "'", '"\\uD800"', "\t", "? a", "%", "@", "`",
)  # fmt: skip
#: A YAML document of 60 lines whose values would have 10 to the 18 parts, were they written out.
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
#: Lines that a log or a report may hold by accident or by intent.
LINES = (
    "", " ", "\t", "x", ":::MLLOG", ":::MLLOG {}", ":::MLLOG []", ":::MLLOG null", ":::MLLOG [[[[", ":::ENDPTS {}",
    ':::MLLOG {"key": "a"}', ':::MLLOG {"key": [1], "value": 1, "metadata": {"is_error": false}}',
    ':::MLLOG {"key": null, "value": {}, "metadata": {"is_error": "x"}}',
    ':::MLLOG {"key": "a", "value": 1, "metadata": {"is_error": true}}',
    ':::MLLOG {"key": "a", "value": 1, "metadata": 5}',
    "hash=", "hash=abc", "TEST PASS", "TEST FAIL", "accuracy=1.2.3", "accuracy=.", "accuracy" + " " * 5000,
    "{" + '"f1": 1 ' * 2000, "'rouge1': " + "9" * 500, "Time", "Time,", "Time,x,y,z", "Time,07-25-2025 15:30:43.020",
    "Time,07-25-2025 15:30:43.020,Watts,nan,Volts,1,Amps,1,PF,inf", "power_begin", "power_end 1-1-1 1:1:1.1",
    "99-99-9999 99:99:99.999: ERROR: x", "WARNING:", "ERROR:", "WARNING: Uncertainty " + "1" * 5000,
    "07-25-2025 15:30:43.020: Completed test", "Uncertainty checking for Yokogawa is activated",
    "Uncertainty checking for YokogawaX is activated", "\x00", "\ufeff", "\u2028", "\x85", "{", "}", '"', "'", "\\",
)  # fmt: skip
#: Names that a folder may hold.
NAMES = (
    "x", ".x", "a b", "x" * 255, "é", "\udcff", "a\nb", "a=b", "-", "%", "{found}", "TEST01", "test99", "run_1",
    "run_2", "power", "ranging", "accuracy", "performance", "audit", "images", "results", "systems", "src", "OFFLINE",
    "server",
    "config.yaml", "config.yml", "measurements.json", "accuracy.txt", "mlperf_log_detail.txt", "spl.txt", "README.md",
    "model_mapping.json", "user.conf", "verify_accuracy.txt", "accuracy_results.json", "result_summary.json",
    "audit_output_caching_test.json", "baseline_accuracy.txt", "captions.txt", "__pycache__", ".gitkeep",
)  # fmt: skip
_JSON_MEMBER = re.compile(rb'"[^"\\\n]{0,80}"\s*:\s*("(?:[^"\\\n]|\\.)*"|[-+.\w]+|\[\]|\{\})')
_YAML_MEMBER = re.compile(rb"^[ -]*[^:\n#]{1,80}:[ \t]*([^\n]*)$", re.MULTILINE)

#: Damages a file's content.
Damage = Callable[[Random, bytes], bytes]


def _cut(random: Random, data: bytes) -> tuple[bytes, bytes]:
    at = random.randint(0, len(data))
    return data[:at], data[at:]


def _inserting(*pieces: bytes) -> Damage:
    def damage(random: Random, data: bytes) -> bytes:
        before, after = _cut(random, data)
        return before + random.choice(pieces) + after

    return damage


def _in_utf16(_: Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode("utf-16")


def _without_middle(random: Random, data: bytes) -> bytes:
    before, after = _cut(random, data)
    return before + after[random.randint(0, len(after)) :]


def _flipped(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 20)) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


#: With the bytes of any file.
BYTES: dict[str, Damage] = {
    "empty": lambda _, data: b"",
    "cut short": lambda random, data: _cut(random, data)[0],
    "without its beginning": lambda random, data: _cut(random, data)[1],
    "without its middle": _without_middle,
    "bytes flipped": _flipped,
    "binary": lambda random, data: random.randbytes(random.choice((1, 10, 5000))),
    "zero bytes": _inserting(b"\0", b"\0" * 5000),
    "not UTF-8": _inserting(b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80"),
    "byte order mark": lambda random, data: b"\xef\xbb\xbf" + data,
    "UTF-16": _in_utf16,
    "CR LF": lambda _, data: data.replace(b"\n", b"\r\n"),
    "CR": lambda _, data: data.replace(b"\n", b"\r"),
    "one line": lambda _, data: data.replace(b"\n", b" "),
    "odd line ends": _inserting("\u2028\x85\x0b\x0c\x1c".encode(), b"\n\r", b"\r\r\n"),
    "long line": _inserting(b"x" * 500_000, b" " * 500_000, b"1" * 500_000, b"-" * 500_000),
    "many lines": _inserting(b"\n" * 100_000, b"\r" * 100_000),
    "twice": lambda _, data: data * 2,
    "many times": lambda _, data: data * min(30, 1 + 2_000_000 // (len(data) + 1)),
    "nested": _inserting(b"[" * 3_000, b"[" * 200_000, b'{"a":' * 50_000, b"- " * 5_000, b"(" * 5_000),
    "no end of line": lambda _, data: data.rstrip(b"\n"),
    "something behind": lambda random, data: data + random.choice((b"\n", b" ", b"}", b"\x1a", b"x\n")),
}


def _lines(change: Callable[[Random, list[bytes], int], object]) -> Damage:
    def damage(random: Random, data: bytes) -> bytes:
        lines = data.split(b"\n")
        change(random, lines, random.randrange(len(lines)))
        return b"\n".join(lines)

    return damage


def _insert(random: Random, lines: list[bytes], at: int) -> None:
    lines.insert(at, random.choice(LINES).encode())


def _move(random: Random, lines: list[bytes], at: int) -> None:
    lines.insert(random.randint(0, len(lines) - 1), lines.pop(at))


def _join(_: Random, lines: list[bytes], at: int) -> None:
    lines[at : at + 2] = [b"".join(lines[at : at + 2])]


def _garble(random: Random, lines: list[bytes], at: int) -> None:
    lines[at] = random.choice(
        (
            lines[at][::-1],
            lines[at].upper(),
            lines[at][: len(lines[at]) // 2],
            b" " + lines[at],
            lines[at] + b"\xc2\x85",
        )
    )


#: With the lines of a text.
TEXT: dict[str, Damage] = {
    "a line less": _lines(lambda _, lines, at: lines.pop(at)),
    "a line twice": _lines(lambda _, lines, at: lines.insert(at, lines[at])),
    "a line more": _lines(_insert),
    "a line elsewhere": _lines(_move),
    "two lines joined": _lines(_join),
    "a line garbled": _lines(_garble),
}


def _number_changed(random: Random, data: bytes) -> bytes:
    found = re.compile(rb"\d[\d.]*").search(data, random.randint(0, len(data)))
    if found is None:
        return data
    value = random.choice((b"0", b"-1", b"1.2.3", b"nan", b"1e999", b"9" * 400, "\u0663".encode(), b""))
    return data[: found.start()] + value + data[found.end() :]


def _value_changed(member: re.Pattern[bytes], values: tuple[str, ...]) -> Damage:
    def damage(random: Random, data: bytes) -> bytes:
        found = member.search(data, random.randint(0, len(data))) or member.search(data)
        value = random.choice(values).encode()
        return value if found is None else data[: found.start(1)] + value + data[found.end(1) :]

    return damage


def _member_twice(random: Random, data: bytes) -> bytes:
    found = _JSON_MEMBER.search(data, random.randint(0, len(data)))
    if found is None:
        return data
    value = random.choice(JSON_VALUES).encode()
    return b"%b%b, %b" % (
        data[: found.end()],
        b", " + data[found.start() : found.start(1)] + value,
        data[found.end() :],
    )


TEXT["a number changed"] = _number_changed
#: With the values of JSON, in a document or in the lines of a log.
JSON: dict[str, Damage] = {
    "a value changed": _value_changed(_JSON_MEMBER, JSON_VALUES),
    "a member twice": _member_twice,
    "another document": lambda random, _: random.choice(JSON_VALUES).encode(),
}
_aliased = _value_changed(_YAML_MEMBER, ("*a59",))
YAML: dict[str, Damage] = {
    "a value changed": _value_changed(_YAML_MEMBER, YAML_VALUES),
    "another document": lambda random, _: random.choice(YAML_VALUES).encode(),
    "an alias of aliases": lambda random, data: BOMB.encode() + _aliased(random, data),
}


def damage_file(random: Random, tree: MemoryFiles) -> str:
    """Damage one file; each kind of file is as likely as any other. Says what was done."""
    by_name: dict[str, list[str]] = {}
    for path in sorted(tree.files):
        by_name.setdefault(_kind(path), []).append(path)
    path = random.choice(by_name[random.choice(sorted(by_name))])
    damages = random.choice(_fitting(path))
    name = random.choice(sorted(damages))
    tree.write(path, damages[name](random, tree.read(path)))
    return f"{path}: {name}"


def _kind(path: str) -> str:
    """The place of a file: its name, with the folder where files of one name differ."""
    folder, _, name = path.rpartition("/")
    if folder.endswith("/systems"):
        return "systems/" + name.rpartition(".")[2]
    return "/".join((*folder.split("/")[6:], name))


def _fitting(path: str) -> tuple[dict[str, Damage], ...]:
    if path.endswith((".json", "mlperf_log_detail.txt")):
        return (BYTES, TEXT, JSON, JSON, JSON)
    if path.endswith((".yaml", ".yml")):
        return (BYTES, TEXT, YAML, YAML, YAML)
    return (BYTES, TEXT, TEXT)


def _delete(random: Random, tree: MemoryFiles) -> str:
    path = random.choice(sorted({*tree.files, *tree.folders} - {""}))
    tree.delete(path)
    return f"{path}: deleted"


def _put_elsewhere(random: Random, tree: MemoryFiles) -> str:
    """Rename or copy a file or folder, in its folder or into another."""
    path = random.choice(sorted({*tree.files, *tree.folders} - {""}))
    folder = random.choice((path.rpartition("/")[0], random.choice(sorted(tree.folders))))
    names = (random.choice(NAMES), path.rpartition("/")[2].swapcase(), path.rpartition("/")[2])
    target = f"{folder}/{random.choice(names)}".lstrip("/")
    if is_taken(tree, target) or f"{target}/".startswith(f"{path}/"):
        return "nothing"
    moves = random.random() < 0.5
    (tree.move if moves else tree.copy_to)(path, target)
    return f"{path}: {'moved' if moves else 'copied'} to {target!r}"


def _change_kind(random: Random, tree: MemoryFiles) -> str:
    """A folder where a file is, or the other way round."""
    path = random.choice(sorted({*tree.files, *tree.folders} - {""}))
    was_file = path in tree.files
    tree.delete(path)
    if was_file:
        tree.make_folder(path)
    else:
        tree.write(path, b"x")
    return f"{path}: {'a folder' if was_file else 'a file'} now"


def _add(random: Random, tree: MemoryFiles) -> str:
    path = f"{random.choice(sorted(tree.folders))}/{random.choice(NAMES)}".lstrip("/")
    if is_taken(tree, path):
        return "nothing"
    if random.random() < 0.5:
        tree.make_folder(path)
    else:
        tree.write(path, random.choice((b"", b"x", b"{}", b"[]")))
    return f"{path!r}: added"


def is_taken(tree: MemoryFiles, path: str) -> bool:
    return path in tree.files or path in tree.folders


def change_tree(random: Random, tree: MemoryFiles) -> str:
    return random.choice((_delete, _put_elsewhere, _change_kind, _add))(random, tree)


def plant(random: Random, tree: MemoryFiles) -> list[str]:
    """One to three faults. Says what was done."""
    return [
        (damage_file if tree.files and random.random() < 0.75 else change_tree)(random, tree)
        for _ in range(random.choice((1, 1, 2, 3)))
        if tree.files or len(tree.folders) > 1
    ]
