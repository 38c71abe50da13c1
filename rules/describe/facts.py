"""What sources tell of a machine: values of description fields, each with where it was read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

_DECIMAL = (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6))


@dataclass(frozen=True)
class Fact:
    """The value of one field of a description, and the source that told it."""

    value: str | int
    origin: str


#: Facts by the name of the field.
Facts: TypeAlias = "Mapping[str, Fact]"


def told(origin: str, values: Mapping[str, str | int | None]) -> dict[str, Fact]:
    """The facts of one source; what it has no value for is no fact."""
    return {name: Fact(value, origin) for name, value in values.items() if value not in (None, "")}


def first_told(*sources: Facts) -> dict[str, Fact]:
    """One fact a field: that of the first source which has one."""
    facts: dict[str, Fact] = {}
    for source in sources:
        for name, fact in source.items():
            facts.setdefault(name, fact)
    return facts


def counted(items: Iterable[str], join: str = " + ") -> str:
    """`2x 3.84 TB + 1x 480 GB`: equal items counted, most frequent first; a single one is itself."""
    found = list(items)
    return (
        found[0] if len(found) == 1 else join.join(f"{number}x {item}" for item, number in Counter(found).most_common())
    )


def distinct(items: Iterable[str], join: str = ", ") -> str:
    """Each item once, in the order of their coming."""
    return join.join(dict.fromkeys(items))


def decimal_size(size_bytes: int) -> str:
    """A size as drives are sold: `3.84 TB`."""
    unit, factor = next(((unit, factor) for unit, factor in _DECIMAL if size_bytes >= factor), _DECIMAL[-1])
    return f"{size_bytes / factor:.3g} {unit}"


def memory_size(size_mib: int) -> str:
    """A size as memory modules are sold, of whole GB where it is one: `1.5 TB` is said as `1536 GB`."""
    gigabytes, rest = divmod(size_mib, 1024)
    if rest:
        return f"{size_mib / 1024:.1f} GiB" if gigabytes else f"{size_mib} MB"
    return f"{gigabytes // 1024} TB" if gigabytes and gigabytes % 1024 == 0 else f"{gigabytes} GB"


def whole(text: str | None) -> int | None:
    """A whole number, or None where the text is none."""
    try:
        return int(str(text).strip())
    except ValueError:
        return None
